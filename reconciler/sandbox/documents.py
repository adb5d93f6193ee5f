"""A declared provider's webhooks as its API writes them: what requests hold, what is kept, and what answers show.

Values are kept as they were sent, by the API's places (`config.url`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from msgspec import Struct

from reconciler.model.field import Field, FieldType, ReadsBack, Sent
from reconciler.model.provider import Provider
from reconciler.model.rest import Body, Rest
from reconciler.sandbox.messages import RequestError

MASK: Final = "********"
_REASON: Final = "switched off after failed deliveries"
_NAME: Final = re.compile(r"\[([^\]]*)\]")
_LISTS: Final = (FieldType.EVENTS, FieldType.SET)

Values = Mapping[str, object]


class Row(Struct, frozen=True, kw_only=True):
    """A webhook that is kept."""

    id: str
    owner: str  # the collection that it is in
    values: Values  # by place; secrets in clear
    created: str
    updated: str
    is_gone: bool = False  # deleted, where deleted ones stay in the list
    is_off: bool = False  # switched off by the service itself

    def __repr__(self) -> str:
        return f"Row({self.id!r})"


class Documents:
    """Reads and writes the documents of one provider."""

    def __init__(self, provider: Provider, api: Rest) -> None:
        self.provider = provider
        self.api = api
        self._fields = {place: spec for spec in provider.fields for place in places_of(spec)}

    def read(self, body: bytes, *, sent: Iterable[Sent], more: Iterable[str] = (), outer: str = "") -> Values:
        """What a request says, by place: of fields that are sent at `sent`, and of the places `more`.

        `outer` is the part that it is about; empty for the whole webhook. RequestError: with all that is wrong.
        """
        when = (*sent,)
        known = {
            place
            for place, spec in self._fields.items()
            if spec.sent in when and (spec.call is None or Sent.CREATE in when)
        }
        document = decoded(body, self.api.body)
        around = self.api.one if self.api.wraps else self.api.create_in if Sent.CREATE in when else ""
        if around and not outer:
            document = _object(document.get(around))
        found = dict(_flat(document, known | {*more}, f"{outer}." if outer else ""))
        problems = {place: self._problem(place, value, known | {*more}) for place, value in found.items()}
        if any(problems.values()):
            raise RequestError(422, {"errors": {place: [said] for place, said in problems.items() if said}})
        return {place: self._typed(place, value) for place, value in found.items()}

    def shown(self, row: Row, *, id_: object) -> dict[str, Any]:
        """A webhook as an answer shows it: secrets as declared, sets in an order of their own."""
        document: dict[str, Any] = {}
        for name in self.api.kept:
            put(document, name, "set by the service")
        times = {self.api.created: row.created, self.api.updated: row.updated}
        for name in filter(None, times):
            put(document, name, times[name])
        for spec in self.provider.fields:
            for place, value in self._answered(spec, row):
                put(document, place, value)
        for place, value in row.values.items():
            if place not in self._fields:  # constants, and what says where it is
                put(document, place, value)
        if row.is_gone:
            for place, value in self.api.gone.items():
                put(document, place, value)
        put(document, self.api.id, id_)
        return document

    def merged(self, before: Values, sent: Values) -> Values:
        """What an update sends, with the names that it leaves where names are merged; an empty text takes one away."""
        merged = dict(sent)
        for place, value in sent.items():
            old, spec = before.get(place), self._fields.get(place)
            if spec is not None and spec.merges and isinstance(value, dict):
                both = {**(old if isinstance(old, dict) else {}), **value}
                merged[place] = {name: text for name, text in both.items() if text != ""}
        return merged

    def kept_by_updates(self, values: Values, sent: Values) -> Values:
        """What an update that sends everything can't send, and so leaves."""
        place = next(".".join(spec.path) for spec in self.provider.fields if spec.type is FieldType.URL)
        update = self.api.update
        is_moved = update.url_takes_secrets and sent.get(place) != values.get(place)
        keeps_secrets = update.keeps_secrets and not is_moved
        return {
            place: value
            for place, value in values.items()
            if (spec := self._fields.get(place)) is None
            or spec.sent in (Sent.CREATE, Sent.NEVER)
            or spec.call is not None
            or (spec.is_secret and keeps_secrets)
            or spec.is_made
        }

    def _answered(self, spec: Field, row: Row) -> Iterator[tuple[str, object]]:
        where = spec.read_at or ".".join(spec.path)
        value = row.values.get(".".join(spec.path), self._default(spec))
        if spec.says and row.is_off:
            yield from ((place, _REASON) for place in spec.says)
            yield where, spec.read_wire[0]
        elif spec.reads_back in (ReadsBack.NEVER, ReadsBack.ON_CREATE) or (
            spec.sent is Sent.NEVER and spec.read is not None
        ):
            return
        elif spec.flags:
            yield from ((place, row.values.get(place) is True) for place in spec.flags.values())
        elif spec.told_at:
            yield from [(".".join(spec.path), MASK), (where, row.values.get(where))]
        elif spec.type is FieldType.HEADERS:
            yield where, _headers(spec, value or ({} if spec.write is None else spec.write({})))
        elif spec.type is FieldType.SECRET and spec.read_at:
            yield spec.read_at, bool(value)
        elif spec.type is FieldType.SECRET:
            yield from [(where, MASK if spec.reads_back is ReadsBack.MASKED else value)] if value else []
        elif spec.type is FieldType.FLAG:
            is_on = spec.sent is Sent.NEVER or value == (spec.wire or (False, True))[1]
            shown = (spec.read_wire or spec.wire or (False, True))[is_on]
            yield from [(where, shown)] if shown is not None else []
        else:
            if spec.all_at:
                yield spec.all_at, row.values.get(spec.all_at) is True
            yield from [(where, _as_shown(spec, value))] if value is not None else []

    def _default(self, spec: Field) -> object:
        """What it means, and how it is kept, that nobody sends a value; None where an answer leaves it out."""
        if spec.missing is not None or spec.is_secret:
            return None
        value: object = spec.default
        if isinstance(value, frozenset):
            value = sorted(value)
        if spec.type is FieldType.FLAG:
            return (spec.wire or (False, True))[value is True]
        return value if spec.write is None or value is None else spec.write(value)

    def _typed(self, place: str, value: object) -> object:
        """A value as JSON has it, also where a form has only texts."""
        spec = self._fields.get(place)
        if spec is None or not isinstance(value, str) or self.api.body is Body.JSON:
            return value
        if spec.type is FieldType.NUMBER:
            return float(value) if "." in value else int(value)
        if spec.type is FieldType.FLAG or place in (*spec.flags.values(), spec.all_at):
            written = {str(one).lower() if isinstance(one, bool) else one: one for one in spec.wire or (False, True)}
            return written[value]
        return value

    def _problem(self, place: str, value: object, known: set[str]) -> str:
        spec = self._fields.get(place)
        if place not in known:
            return "is not known, or can't be sent with this request"
        if spec is None or value is None:
            return ""
        form = self.api.body is Body.FORM
        if spec.type is FieldType.URL and place != spec.read_at:
            return _url_problem(value, self.provider.url_limit)
        if spec.type is FieldType.FLAG or place in (*spec.flags.values(), spec.all_at):
            allowed = spec.wire or (False, True)
            fits = value in ([str(one).lower() for one in allowed] if form else allowed)
            return "" if fits else "is not on or off"
        if spec.type is FieldType.CHOICE:
            return "" if value in spec.choices else "is not a valid choice"
        if spec.type is FieldType.NUMBER:
            number = re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", str(value)) and not isinstance(
                value, str if not form else bool
            )
            return "" if number else "is not a number"
        if spec.write is None and spec.type in _LISTS:
            fits = isinstance(value, list) and all(isinstance(item, str) for item in value)
            return "" if fits else "is not a list of texts"
        if spec.type is FieldType.SETTINGS:
            return "" if isinstance(value, dict) else "is not an object"
        if spec.type in (FieldType.TEXT, FieldType.SECRET, FieldType.EVENT) and spec.write is None:
            return "" if isinstance(value, str) else "is not a text"
        return ""


def places_of(spec: Field) -> tuple[str, ...]:
    """Where the API has what a field says."""
    if spec.flags:
        return tuple(spec.flags.values())
    return (".".join(spec.path), *filter(None, [spec.all_at, spec.told_at]))


def _headers(spec: Field, value: object) -> object:
    """Headers as a service gives them back: maybe without their values."""
    said = spec.read(value) if spec.read is not None else value
    if spec.reads_back is ReadsBack.CLEAR or not isinstance(said, dict):
        return value
    hidden = dict.fromkeys(said, MASK)
    return hidden if spec.write is None else spec.write(hidden)


def _as_shown(spec: Field, value: object) -> object:
    """A value as a service gives it back: sets in an order of its own, nested settings filled in."""
    if isinstance(value, list) and spec.type in _LISTS:
        return sorted(value, key=json.dumps, reverse=True)
    if isinstance(value, dict) and isinstance(spec.default, Mapping):
        return _filled(spec.default, value)
    return value


def _filled(usual: Mapping[str, object], said: Mapping[str, object]) -> dict[str, object]:
    filled = {**usual, **said}
    for name, inner in usual.items():
        given = filled[name]
        if isinstance(inner, Mapping) and isinstance(given, Mapping):
            filled[name] = _filled(inner, given)
    return filled


def _url_problem(value: object, limit: int) -> str:
    try:
        parts = urlsplit(value) if isinstance(value, str) else None
        sound = parts is not None and parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        sound = False
    if not sound:
        return "is not a valid URL"
    return "" if len(str(value)) < limit else f"must have less than {limit} characters"


def decoded(body: bytes, form: Body) -> Mapping[str, object]:
    """What a body holds; RequestError where it isn't an object."""
    if form is Body.FORM:
        return _of_form(body.decode("ascii", "replace"))
    try:
        return _object(json.loads(body or b"{}"))
    except (ValueError, RecursionError):
        raise RequestError(400, "The body is not valid JSON.") from None


def _object(value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise RequestError(400, "Expected an object.")
    return value


def _of_form(text: str) -> dict[str, object]:
    """A form's names and values as an object: `a[b]` is `b` of `a`, and `a[]` an item of the list `a`."""
    document: dict[str, object] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        outer, *inner = name.partition("[")[0], *_NAME.findall(name)
        target: Any = document
        *path, last = outer, *inner
        if last == "":
            *path, last = path
            for step in path:
                target = target.setdefault(step, {})
            target.setdefault(last, []).append(value)
            continue
        for step in path:
            target = target.setdefault(step, {})
        target[last] = value
    return document


def _flat(document: Mapping[str, object], known: set[str], outer: str) -> Iterator[tuple[str, object]]:
    """What an object holds by place, as deep as places are known."""
    for name, value in document.items():
        place = f"{outer}{name}"
        if isinstance(value, dict) and any(one.startswith(f"{place}.") for one in known):
            yield from _flat(value, known, f"{place}.")
        else:
            yield place, value


def put(document: dict[str, Any], place: str, value: object) -> None:
    """Let a document have a value at a place."""
    *outer, last = place.split(".")
    for name in outer:
        if not isinstance(document.get(name), dict):
            document[name] = {}
        document = document[name]
    document[last] = value
