"""Remote webhooks to the entries that describe them: secrets become variables, of which a text has the names alone."""

from __future__ import annotations

import itertools
import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from reconciler.model.configuration import Account
from reconciler.model.diagnostic import UrlError
from reconciler.model.redaction import Redaction
from reconciler.model.secret import SecretText
from reconciler.model.url import Endpoint, Url, check_wanted
from reconciler.model.url_characters import escaped, escaped_url, fits_as_value
from reconciler.model.webhook import Masked, Remote, Scope, is_event_name, revealed
from reconciler.planning.match import by_key, choose
from reconciler.view.codec import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An entry of a file to be written; its texts are as a file writes them.

    Attributes:
        owner: the item of `owns` for it: its URL without the query.
        said: what it must say beside URL and events: that it is off, its kind, the provider's own fields.
    """

    name: str
    endpoint: Endpoint
    kind: Scope
    owner: Json
    url: str
    events: tuple[str, ...]
    said: Mapping[str, Json]


class LeftOut(NamedTuple):
    """A webhook that no entry can describe, and why."""

    remote: Remote
    why: str


class Names:
    """Names of entries and variables, each given once over all accounts of a file.

    A variable that is set in the environment keeps its name for its value. `variables` has the values of those that
    were named; None where the provider doesn't return it.
    """

    def __init__(self, entries: Iterable[str] = (), environment: Mapping[str, str] | None = None) -> None:
        self._taken = set(entries)  # entries have lower-case names, variables upper-case ones
        self._environment = environment or {}
        self._lowest: dict[str, int] = {}
        self.variables: dict[str, str | None] = {}

    def entry(self, wish: str) -> str:
        """The name wished for, made of what names may hold, with a number where it is taken."""
        return self._free(re.sub(r"[^a-z0-9_-]+", "-", wish.lower()).strip("-") or "webhook", "-", lambda _: True)

    def variable(self, value: str | None, *words: str) -> str:
        """A variable of this value named after these words, as a file writes it: `${HOOK_WORDS}`."""
        wish = re.sub(r"[^A-Z0-9_]+", "_", "_".join(("HOOK", *words)).upper())
        name = self._free(wish, "_", lambda name: self._environment.get(name, value) == value)
        self.variables[name] = value
        return f"${{{name}}}"

    def _free(self, wish: str, separator: str, fits: Callable[[str], bool]) -> str:
        """The name wished for, or the one with the lowest number, that is free and fits; it is taken then."""

        def numbered(number: int) -> str:
            return wish if number == 1 else f"{wish}{separator}{number}"

        lowest = self._lowest.get(wish, 1)  # all below are taken: ten thousand may ask for the same
        while numbered(lowest) in self._taken:
            lowest += 1
        self._lowest[wish] = lowest
        found = next(name for name in map(numbered, itertools.count(lowest)) if name not in self._taken and fits(name))
        self._taken.add(found)
        return found


def describe(
    account: Account, remotes: Sequence[Remote], names: Names, redaction: Redaction, *, duplicates_stay: bool
) -> tuple[list[Entry], list[LeftOut]]:
    """Entries for an account's webhooks, by URL; and what can't be described, and why.

    That is duplicates, URLs that can't be read or would be refused, and whatever would have to be owned together with
    such a webhook. What `redaction` may show is what may be written in clear. Where `duplicates_stay`, the next plan
    must leave duplicates alone, so that nothing of their URL may be owned; else only the survivor is described.
    """
    left_out = [LeftOut(remote, _refusal(account, remote, redaction)) for remote in remotes if remote.key is None]
    describable: list[Remote] = []
    blocked: set[tuple[object, ...]] = set()
    for found in by_key(remotes).values():
        # Where duplicates stay none is described. Which one would survive is the plan's to say: entries have a say.
        candidates, several = found, f"{len(found)} webhooks have this URL and event"
        if not duplicates_stay:
            # The way back must lead to what was received, so of duplicates the one that delivers is described.
            choice = choose(account.provider, found, prefer_live=True)
            candidates = [choice.survivor, *choice.others]
            left_out += [LeftOut(remote, _DUPLICATE) for remote in choice.duplicates]
        refusals = {remote.id: _refusal(account, remote, redaction) for remote in candidates}
        # Those that are alike but for their events are described by one entry with all of these.
        is_one = len(candidates) == 1 or (not duplicates_stay and len(_groups(account, candidates)) == 1)
        if not is_one or any(refusals.values()):
            left_out += [LeftOut(remote, refusals[remote.id] or several) for remote in candidates]
            blocked.add(_place(account, candidates[0]))
        else:
            describable += candidates
    entries: list[Entry] = []
    for group in _groups(account, describable):
        if _place(account, group[0]) in blocked:
            left_out += [LeftOut(remote, _BESIDE) for remote in group]
        else:
            entries.append(_entry(account, group, names, redaction))
    return entries, left_out


_DUPLICATE = "it is a duplicate: another webhook has the same URL and event"
_BESIDE = "owning its URL would delete another webhook there that can't be described"
_UNSPEAKABLE = "its path contains characters that aren't allowed in a variable's value"


def _place(account: Account, remote: Remote) -> tuple[object, ...]:
    """What an item of `owns` without a wildcard tells apart."""
    endpoint, kind = _url(remote).endpoint, account.provider.scope_of(remote.fields)
    # Where nothing says the account's kind, its patterns are about every kind.
    return (endpoint.origin, endpoint.path, kind if account.scope else ())


def _url(remote: Remote) -> Url:
    url = remote.fields["url"]
    assert isinstance(url, Url)  # webhooks without a key were left out  # noqa: S101
    return url


def _refusal(account: Account, remote: Remote, redaction: Redaction) -> str:
    """Why no entry may describe this webhook; nothing where one may."""
    if remote.unreadable:
        return f"its {' and '.join(f'`{name}`' for name in remote.unreadable)} can't be read"
    if remote.key is None:
        return "its URL can't be read, or has user info in it"
    if not all(map(is_event_name, account.provider.events_of(remote.fields))):
        return "its event's name can't be written in a file"
    try:
        check_wanted(_url(remote), account.provider.url_limit)
    except UrlError as error:
        return error.message
    is_speakable = all(fits_as_value(text) for text, hides in _segments(_url(remote), redaction) if hides)
    return "" if is_speakable else _UNSPEAKABLE


def _segments(url: Url, redaction: Redaction) -> list[tuple[str, bool]]:
    """The path's segments as a file may write them, and whether a variable must hold them."""
    texts = (escaped(segment.reveal()) for segment in url.segments)
    return [
        (text, hides and text != "") for text, hides in zip(texts, redaction.segments_for_variables(url), strict=True)
    ]


def _groups(account: Account, remotes: Iterable[Remote]) -> list[list[Remote]]:
    """The webhooks that make one entry: same URL, secrets too, same kind, all on or all off. In the order of URLs."""
    provider = account.provider
    groups: dict[tuple[object, ...], list[Remote]] = defaultdict(list)
    for remote in remotes:
        own = revealed({spec.name: remote.fields[spec.name] for spec in provider.own_fields})
        groups[_url(remote), json.dumps(own, sort_keys=True), provider.is_live(remote.fields)].append(remote)

    def order(group: list[Remote]) -> tuple[object, ...]:
        endpoint, fields = _url(group[0]).endpoint, group[0].fields
        place = (endpoint.host, endpoint.origin, endpoint.path, endpoint.query)
        return (*place, provider.scope_of(fields), not provider.is_live(fields), group[0].age)

    return sorted(groups.values(), key=order)


def _entry(account: Account, group: Sequence[Remote], names: Names, redaction: Redaction) -> Entry:
    provider, fields, url = account.provider, group[0].fields, _url(group[0])
    segments = _segments(url, redaction)
    words = [text for text, hides in segments if text and not hides]
    name = names.entry(words[-1] if words else url.endpoint.host.partition(".")[0])
    written = (names.variable(text, name, "PATH") if hides else literal(text) for text, hides in segments)
    base = "/".join((literal(url.endpoint.origin), *written))
    kind = provider.scope_of(fields)
    said: dict[str, Json] = {} if provider.is_live(fields) else {"active": False}
    said |= {} if kind == account.scope else dict(kind)
    return Entry(
        name=name,
        endpoint=url.endpoint,
        kind=kind,
        owner=owner(base, None if kind == account.scope else kind),
        url=_with_query(base, url, name, names, redaction),
        events=tuple(sorted({literal(event) for remote in group for event in provider.events_of(remote.fields)})),
        said=said | _own_fields(account, group[0], name, names),
    )


def owner(url: str, kind: Scope | None) -> Json:
    """An item of `owns`, with the kind that it says, if any."""
    return url if kind is None else {"url": url, **dict(kind)}


def _with_query(base: str, url: Url, name: str, names: Names, redaction: Redaction) -> str:
    """The URL with its query, secrets as variables; the whole as one where a value can't stand inside a URL."""
    items = []
    for item in url.items:
        text = escaped(item.text.reveal())
        clear = redaction.clear_part(url, item, text)
        items.append((clear, text.removeprefix(clear), clear.partition("=")[0] or "QUERY"))
    if not all(fits_as_value(value) for _, value, _ in items):
        return names.variable(escaped_url(url.reveal()), name, "URL")
    written = (literal(clear) + (names.variable(value, name, word) if value else "") for clear, value, word in items)
    return f"{base}?{'&'.join(written)}" if items else base


def _own_fields(account: Account, remote: Remote, name: str, names: Names) -> dict[str, Json]:
    """The provider's own fields that an entry must say: those that aren't as a file means without saying them."""
    said: dict[str, Json] = {}
    for spec in account.provider.own_fields:
        value = remote.fields[spec.name]
        if spec.scope or value == spec.default or value is None:
            continue
        if isinstance(value, Masked | SecretText):
            secret = value.reveal() if isinstance(value, SecretText) else None
            said[spec.name] = names.variable(secret, name, spec.name)
        else:
            said[spec.name] = _written(value)
    return said


def literal(text: str) -> str:
    """Text as a file writes it: a `$` of its own is doubled."""
    return text.replace("$", "$$")


def _written(value: object) -> Json:
    """A field's value as a file writes it."""
    match value:
        case str():
            return literal(value)
        case frozenset():
            return tuple(map(literal, sorted(value)))
        case Mapping():
            return {str(name): _written(inner) for name, inner in value.items()}
        case list():
            return tuple(map(_written, value))
        case bool() | int() | float() | None:
            return value
    raise ValueError("a URL or a secret must become a variable first")
