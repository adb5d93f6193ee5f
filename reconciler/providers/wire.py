"""Webhooks as an API writes them: its answers to `Remote`, and fields to what is sent; all by the declaration."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import Any
from urllib.parse import urlencode

from reconciler.http.exchange import UnexpectedAnswerError
from reconciler.model.characters import is_masked
from reconciler.model.diagnostic import UrlError
from reconciler.model.field import Field, FieldType, ReadsBack, Sent
from reconciler.model.known_urls import KnownUrls
from reconciler.model.provider import Provider
from reconciler.model.rest import Body, Rest
from reconciler.model.secret import SecretText
from reconciler.model.update import UpdateCall, can_send
from reconciler.model.url import Url, parse_url
from reconciler.model.webhook import Fields, Headers, Masked, Remote, Settings, Value

_UNREADABLE = object()
_LONGEST_HEALTH = 200
_LONGEST_ID = 200
_LONGEST_URL = 10_000  # a longer one would take much memory in its parts, and nobody can have asked for it
_MOST_UNKNOWN = 100
_HALF = re.compile(r"[\ud800-\udfff]")
_HIGHEST_ID = 10**30
_LAST_SECOND = 10**11  # since 1970: in the year 5138
_FLAGS = {"true": True, "false": False, "1": True, "0": False, "1.0": True, "0.0": False}
_SENT_AT_FIRST = (Sent.ALWAYS, Sent.CREATE)
_NEEDED = (FieldType.URL, FieldType.EVENT, FieldType.EVENTS)


def object_of(value: object) -> Mapping[str, object]:
    """A JSON object; `UnexpectedAnswerError` where it isn't one."""
    if not isinstance(value, dict):
        raise UnexpectedAnswerError("contains something other than a webhook where one is expected")
    return value


class RemoteReader:
    """Reads the webhooks of an API. What is the same for all of them is worked out once."""

    def __init__(
        self, provider: Provider, api: Rest, secret_params: frozenset[str], known: KnownUrls | None = None
    ) -> None:
        self.provider, self._secret_params, self._known = provider, secret_params, known or KnownUrls()
        self._fields = [
            (spec, spec.name, self._place_of(spec), self._read_by(spec), spec.type in _NEEDED)
            for spec in provider.fields
            if spec.reads_back is not ReadsBack.NEVER and not spec.is_made
        ]
        self._made = next((spec for spec in provider.fields if spec.is_made), None)
        # Whether values have their normal form already, where each has one.
        is_any_odd = any(spec.type in (FieldType.EVENTS, FieldType.SETTINGS) for spec in provider.fields)
        self._is_plain = len(self._fields) == len(provider.fields) and not is_any_odd
        self._id, self._created, self._updated = places = api.id, api.created, api.updated
        self._is_flat = "." not in "".join(places)  # so that each place is a name
        self._paths = _known_paths(provider, api)
        self._names = frozenset(path[0] for path in self._paths)
        self._outer = frozenset(path[0] for path in self._paths if len(path) > 1)
        self._last: tuple[str, ...] = ()  # all names of the last webhook that had none but those that are known

    def read(self, document: Mapping[str, object]) -> Remote:
        """One webhook as the provider shows it; where a field of it can't be read, one without a key that says which.

        `UnexpectedAnswerError` where nothing says which one it is.
        """
        provider = self.provider
        value_at = document.get if self._is_flat else partial(at, document)
        number = value_at(self._id)
        object_id = _object_id(number, self._id)
        said: dict[str, Value] = {}
        unreadable: list[str] = []
        health = ""
        is_whole = self._is_plain
        for spec, name, place, read_by, is_needed in self._fields:
            value = document.get(place) if place else _answered(provider, spec, document)
            if value is None and not is_needed:
                said[name] = spec.missing
                is_whole = False
                continue
            said[name] = read = read_by(value)
            if read is None:
                is_whole = False
                if spec.type is not FieldType.SECRET or value != "":
                    unreadable.append(name)
            elif read is False and spec.says:
                health = _health(spec, document)
        fields = said if is_whole else provider.normalise(said)
        if unreadable:
            fields = {**fields, **dict.fromkeys(unreadable)}
        made, begun, updated = self._made, value_at(self._created), value_at(self._updated)
        created = _time(begun)
        return Remote(
            id=object_id,
            number=number if isinstance(number, int) else 0,
            key=None if unreadable else provider.key_of(fields),
            unreadable=tuple(unreadable),
            fields=fields,
            created=created,
            updated=created if updated == begun and type(updated) is str else _time(updated),
            unknown=self._unknown(document),
            health=health,
            made_secret=None if made is None else _made_secret(_answered(provider, made, document)),
        )

    def _unknown(self, document: Mapping[str, object]) -> tuple[str, ...]:
        """Names that neither the declaration nor the API's description has, those inside of its parts too."""
        names = tuple(document)
        if names == self._last:
            return ()
        if not self._outer and self._names.issuperset(names):
            self._last = names
            return ()
        return tuple(sorted(self._unknown_in(document)))[:_MOST_UNKNOWN]

    def _unknown_in(self, document: Mapping[str, object]) -> Iterator[str]:
        for name, value in document.items():
            if name not in self._names:
                yield _writable(name)
            elif name in self._outer and isinstance(value, dict):
                yield from (_writable(f"{name}.{inner}") for inner in value if (name, inner) not in self._paths)

    @staticmethod
    def _place_of(spec: Field) -> str:
        """The one name under which an answer has a field as it is to be read; empty where it takes more to find it."""
        place = spec.read_at or spec.place
        return "" if "." in place or spec.flags or spec.all_at or spec.read is not None else place

    def _read_by(self, spec: Field) -> Callable[[Any], Value]:
        """How a field's value is read; it gives None where it can't be."""
        match spec.type:
            case FieldType.URL:
                return self._url
            case FieldType.FLAG if spec.read_wire:
                return partial(_is, spec.read_wire[1])
            case FieldType.FLAG:
                return partial(_flag, spec.wire) if spec.wire else _json_flag
            case FieldType.SECRET:
                return partial(_secret_text, spec.reads_back)
            case FieldType.HEADERS:
                return partial(_headers, spec.reads_back)
        return _READ_BY[spec.type]

    def _url(self, value: object) -> Url | SecretText | None:
        if not isinstance(value, str):
            return None
        if len(value) <= _LONGEST_URL and (known := self._known.find(value)) is not None:
            return known
        text = SecretText.provider(_writable(value))
        if text.reveal() == value and len(value) <= _LONGEST_URL:
            with suppress(UrlError):
                return parse_url(text, self._secret_params)
        return text


def _known_paths(provider: Provider, api: Rest) -> frozenset[tuple[str, ...]]:
    """The places that the declaration or the API's description has, and all that they are in."""
    places = [place for spec in provider.fields for place in (spec.place, spec.read_at, *spec.says)]
    places += [place for spec in provider.fields for place in (spec.all_at, *spec.flags.values())]
    places += [place for setting in provider.places for place in setting.values]
    places += [api.id, api.created, api.updated, *api.kept, *api.constant, *api.gone]
    paths = [tuple(place.split(".")) for place in places]
    return frozenset(path[:length] for path in paths for length in range(1, len(path) + 1))


def _made_secret(value: object) -> SecretText | None:
    """A secret that the provider has made, and shows whole."""
    text = _text(value)
    return None if not text or is_masked(text) or not text.isprintable() else SecretText.provider(text)


def says(document: object, values: Mapping[str, object]) -> bool:
    """Whether an answer has all of these values, by their places; numbers may be texts."""
    return all(_same(at(document, place), value) for place, value in values.items())


def _same(found: object, value: object) -> bool:
    return found == value or (isinstance(value, str) and isinstance(found, int) and str(found) == value)


def at(document: object, place: str) -> object:
    """What stands at a place, inner names after dots; None where nothing does."""
    if "." not in place:
        return document.get(place) if isinstance(document, dict) else None
    for name in place.split("."):
        document = document.get(name) if isinstance(document, dict) else None
    return document


def create_body(provider: Provider, api: Rest, fields: Fields, place: Mapping[str, object]) -> bytes:
    """What makes a webhook with these values of its place: every field that has a value, and is sent then."""
    sent = (
        spec
        for spec in provider.fields
        if spec.sent in _SENT_AT_FIRST and _has_value(fields[spec.name]) and can_send(spec, fields)
    )
    document: dict[str, Any] = {}
    for name, value in (*api.constant.items(), *place.items(), *_places(provider, sent, fields)):
        _put(document, name, value)
    around = api.one if api.wraps else api.create_in
    return _encoded({around: document} if around else document, api.body)


def _has_value(value: Value) -> bool:
    return value is not None and not (isinstance(value, Headers) and not value.items)


def update_body(provider: Provider, api: Rest, call: UpdateCall, fields: Fields) -> bytes:
    """What one call of an update sends."""
    if call.own is not None:
        name, (spec,) = call.own.name, call.fields
        return _encoded({name: _written(spec, fields[spec.name])} if name else {}, api.body)
    document: dict[str, Any] = {}
    constant = api.constant.items() if api.update.constants and not call.unit else ()
    for name, value in (*constant, *_places(provider, call.fields, fields)):
        if value is not None or not api.update.mask:  # there, what is left out goes
            _put(document, name, value)
    kept = (spec for spec in provider.fields if api.update.mask and fields[spec.name] is Masked.SET)
    for spec in kept:
        _put(document, spec.place, api.update.mask)
    if call.unit:
        return _encoded(document[call.unit], api.body)
    return _encoded({api.one: document} if api.wraps else document, api.body)


def _answered(provider: Provider, spec: Field, document: Mapping[str, object]) -> object:
    """What an answer has of a field, in plain JSON terms."""
    if spec.flags:
        return [event for event, place in spec.flags.items() if at(document, place) is True]
    if spec.all_at and at(document, spec.all_at) is True:
        return [provider.catch_all]
    value = at(document, spec.read_at or spec.place)
    if spec.read is None:
        return value
    try:
        return spec.read(value)
    except (AttributeError, LookupError, TypeError, ValueError):
        return _UNREADABLE


def _health(spec: Field, document: Mapping[str, object]) -> str:
    """Why the service switched a webhook off, in its own words and numbers."""
    found = ((place, at(document, place)) for place in spec.says)
    said = (f"{place.rpartition('.')[2]}: {value}" for place, value in found if isinstance(value, str | int | float))
    return _writable(", ".join(said))[:_LONGEST_HEALTH]


def _is(wanted: object, value: object) -> bool:
    return value == wanted


def _texts(value: object) -> frozenset[str] | None:
    texts = [_text(item) for item in value] if isinstance(value, list) else [None]
    return None if None in texts else frozenset(text for text in texts if text is not None)


def _secret(text: str, reads_back: ReadsBack) -> SecretText | Masked:
    """A secret; a mask is none, whatever the declaration says: it would be sent back else."""
    is_shown = reads_back in (ReadsBack.CLEAR, ReadsBack.SOMETIMES) and not is_masked(text)
    return SecretText.provider(text) if is_shown else Masked.SET


def _secret_text(reads_back: ReadsBack, value: object) -> SecretText | Masked | None:
    text = _text(value)
    return _secret(text, reads_back) if text else None


def _headers(reads_back: ReadsBack, value: object) -> Headers | None:
    """Headers; None where they can't be read. One that reads back without a value isn't set."""
    found: dict[str, SecretText | Masked] = {}
    if not isinstance(value, dict):
        return None
    for name, text in value.items():
        said = "" if text is None else _text(text)
        if not _text(name) or said is None:
            return None
        if said or reads_back is ReadsBack.KEYS:
            found[name] = _secret(said, reads_back)
    return Headers.of(found)


def _object_id(value: object, name: str) -> str:
    if type(value) is str and value.isascii() and len("..") < len(value) <= _LONGEST_ID:  # most are
        return value
    if value is None:
        raise UnexpectedAnswerError(f"has a webhook without `{name}`")
    text = _text(str(value) if type(value) is int and abs(value) < _HIGHEST_ID else value)
    if text is None:
        raise UnexpectedAnswerError(f"has a webhook whose `{name}` is not text")
    if not text or len(text) > _LONGEST_ID or text in (".", ".."):
        raise UnexpectedAnswerError(f"has an `{name}` that isn't valid")
    return text


def _text(value: object) -> str | None:
    """A text that can be written; None where it is none."""
    return value if isinstance(value, str) and (value.isascii() or _writable(value) == value) else None


def _shared_text(value: object) -> str | None:
    """The same of what is the same for many webhooks, which share it."""
    text = _text(value)
    return None if text is None else sys.intern(str(text))


def _number(value: object) -> int | float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _settings(value: object) -> Settings | None:
    return value if isinstance(value, dict) else None


def _event(value: object) -> str | None:
    """The same of an event, which has a name."""
    return _shared_text(value) or None


_READ_BY: Mapping[FieldType, Callable[[object], Value]] = {
    FieldType.EVENT: _event,
    FieldType.CHOICE: _shared_text,
    FieldType.TEXT: _text,
    FieldType.EVENTS: _texts,
    FieldType.SET: _texts,
    FieldType.NUMBER: _number,
    FieldType.SETTINGS: _settings,
}


def _json_flag(value: object) -> bool | None:
    """True or false, which services also spell as texts and numbers; None where it is neither."""
    if value is True or value is False:
        return value
    return _FLAGS.get(str(value).lower()) if isinstance(value, str | int | float) else None


def _flag(wire: tuple[object, ...], value: object) -> bool | None:
    """The same of a service that has words of its own for them."""
    return value == wire[1] if value in wire else _json_flag(value)


def _writable(text: str) -> str:
    """The text without halves of surrogate pairs, which JSON can spell and nothing can write."""
    return _HALF.sub("\N{REPLACEMENT CHARACTER}", text)


def _time(value: object) -> datetime | None:
    """A time in UTC, or None: no decision but which duplicate is older hangs on it.

    A number is of seconds since 1970, or of milliseconds where it would else be in a far future.
    """
    try:
        if isinstance(value, str):
            time = datetime.fromisoformat(value)
            return time if time.tzinfo is UTC else time.replace(tzinfo=time.tzinfo or UTC).astimezone(UTC)
        if isinstance(value, int) and not isinstance(value, bool):
            return datetime.fromtimestamp(value / 1000 if value > _LAST_SECOND else value, UTC)
    except (ValueError, OverflowError, OSError):
        pass
    return None


def _places(provider: Provider, fields: Iterable[Field], values: Fields) -> Iterator[tuple[str, object]]:
    """What the API is sent of fields, by its places."""
    for spec in fields:
        value, place = values[spec.name], spec.place
        events = value if isinstance(value, frozenset) else frozenset()
        if spec.flags:
            yield from ((where, event in events) for event, where in spec.flags.items())
            continue
        if spec.all_at:
            yield spec.all_at, provider.catch_all in events
            value = events - {provider.catch_all}
        yield place, _written(spec, value)
        if isinstance(value, Url) and spec.told_at:
            yield spec.told_at, value.told


def _put(document: dict[str, Any], place: str, value: object) -> None:
    if "." in place:
        *outer, place = place.split(".")
        for name in outer:
            document = document.setdefault(name, {})
    document[place] = value


def _written(spec: Field, value: Value) -> object:
    written: object = value
    match value:
        case Url() | SecretText() | Headers():
            written = value.reveal()
        case frozenset():
            written = sorted(value)
        case bool() if spec.wire:
            written = spec.wire[value]
    return written if spec.write is None else spec.write(written)


def _encoded(document: Mapping[str, object], body: Body) -> bytes:
    text = json.dumps(document) if body is Body.JSON else urlencode(list(_flat(document)))
    return text.encode("ascii")


def _flat(document: Mapping[str, object], outer: str = "") -> Iterator[tuple[str, str]]:
    """A form's names and values: `inner` of `outer` is `outer[inner]`, each item of a list `name[]`."""
    for key, value in document.items():
        name = f"{outer}[{key}]" if outer else key
        if isinstance(value, Mapping):
            yield from _flat(value, name)
        elif isinstance(value, list):
            yield from ((f"{name}[]", str(item)) for item in value)
        elif isinstance(value, bool):
            yield name, str(value).lower()
        else:
            yield name, "" if value is None else str(value)
