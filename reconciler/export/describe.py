"""Turns remote webhooks into the entries that describe them, in which secrets are variables, by name only."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import NamedTuple
from urllib.parse import unquote

from msgspec import Struct

from reconciler.export.names import Names, Place, wishes
from reconciler.model.configuration import Account
from reconciler.model.diagnostic import UrlError
from reconciler.model.endpoint import Endpoint
from reconciler.model.field import SECRET_TO
from reconciler.model.provider import Provider
from reconciler.model.redaction import Redaction, is_wordless
from reconciler.model.secret import SecretText
from reconciler.model.secret_digest import unmarked
from reconciler.model.url import Url, check_wanted
from reconciler.model.url_characters import escaped, escaped_url, fits_as_value
from reconciler.model.webhook import Fields, Headers, Key, Masked, Remote, Scope, hides_secret, is_event_name, revealed
from reconciler.planning.match import Choice, by_key, choose
from reconciler.view.codec import Json


class Entry(Struct, frozen=True, kw_only=True):
    """An entry of a file to be written; its texts are as a file writes them.

    Attributes:
        owner: the item of `owns` for it alone: its URL without the query.
        has_secret_path: whether variables hold some of its path.
        said: what it must say beside URL and events: that it is off, its kind, the provider's own fields.
    """

    name: str
    endpoint: Endpoint
    kind: Scope
    owner: Json
    url: str
    events: tuple[str, ...]
    said: Mapping[str, Json]
    has_secret_path: bool = False


class LeftOut(NamedTuple):
    """A webhook that no entry can describe, and why."""

    remote: Remote
    why: str


class Duplicate(NamedTuple):
    """A webhook that delivers again what an older one delivers, which the next plan keeps as its entry says."""

    remote: Remote
    kept: Remote
    has_other_secret: bool  # in its URL


class Description(Struct, frozen=True):
    """What became of an account's webhooks.

    Attributes:
        updates: how many webhooks the next plan changes first, since they don't deliver what their duplicates do.
    """

    entries: Sequence[Entry]  # by URL
    left_out: Sequence[LeftOut]
    duplicates: Sequence[Duplicate]
    updates: int
    webhooks: int  # how many there were


def describe(
    account: Account,
    remotes: Sequence[Remote],
    names: Names,
    redaction: Redaction,
    *,
    known: Collection[Key | None] = (),
    label: str = "",
) -> Description:
    """Entries for an account's webhooks. What `redaction` may show is what may be written in clear.

    What is received now is received after the next plan, too. So of duplicates the one that delivers is described; as
    a rule it is the oldest, which the plan keeps as it is.
    No entry may be of a key of `known`, whose webhooks would be owned then. The `label` tells the entries' names from
    those of other accounts.
    """
    left_out = [LeftOut(remote, _refusal(account, remote)) for remote in remotes if remote.key is None]
    describable: list[Remote] = []
    duplicates: list[Duplicate] = []
    updates = 0
    for key, found in by_key(remotes).items():
        is_protected = key.endpoint in account.protect  # no plan changes which one stays
        choice = choose(account.provider, found, prefer_live=not is_protected)
        candidates = [choice.survivor, *(() if is_protected else choice.others)]
        why = _ONE_IS_KNOWN if key in known else next(filter(None, (_refusal(account, one) for one in candidates)), "")
        # Those that are alike but for their events are described by one entry with all of these.
        if not why and (len(_groups(account, candidates)) > 1 or _hides_a_secret(choice)):
            why = f"{len(found)} webhooks have its URL, with different settings"
        if why:
            left_out += [LeftOut(remote, why) for remote in found]
            continue
        describable += candidates
        if not is_protected:
            url = choice.survivor.fields["url"]
            duplicates += [Duplicate(remote, found[0], remote.fields["url"] != url) for remote in found[1:]]
            updates += choice.survivor is not found[0] or len(candidates) > 1
    # By age, so that what has a name keeps it when others come.
    groups = sorted(_groups(account, describable), key=lambda group: min(remote.age for remote in group))
    entries = [(_order(account, group), _entry(account, group, names, redaction, label)) for group in groups]
    in_order = [entry for _, entry in sorted(entries, key=itemgetter(0))]
    return Description(in_order, left_out, duplicates, updates, len(remotes))


_ONE_IS_KNOWN = "another webhook with the same URL and event is listed under `known`"


def _hides_a_secret(choice: Choice) -> bool:
    """Whether a duplicate has a secret that nobody can read, and that would be gone with it."""
    fields = (pair for remote in choice.duplicates for pair in remote.fields.items())
    return any(hides_secret(value) and not choice.survivor.fields.get(name) for name, value in fields)


def _url(remote: Remote) -> Url:
    url = remote.fields["url"]
    assert isinstance(url, Url)  # webhooks without a key were left out  # noqa: S101
    return url


def _refusal(account: Account, remote: Remote) -> str:
    """Why no entry may describe this webhook; nothing where one may."""
    if remote.unreadable:
        return f"its {' and '.join(f'`{name}`' for name in remote.unreadable)} can't be read"
    if remote.key is None:
        return "its URL can't be read, or has user info in it"
    if not all(map(is_event_name, account.provider.events_of(remote.fields))):
        return "its event's name can't be written in a file"
    url = _url(remote)
    texts = (*url.segments, *(item.text for item in url.items))
    values = {unquote(text.reveal().rpartition("=")[2]) for text in texts} - {""}
    if account.token.reveal() in values or any(map(account.provider.is_token, values)):
        return f"its URL contains a {account.provider.title} token: replace that token, and remove it from the URL"
    try:
        check_wanted(url, account.provider.url_limit)
    except UrlError as error:
        return error.message
    return ""


def _segments(url: Url, redaction: Redaction) -> list[tuple[str, bool]]:
    """The path's segments as a file may write them, and whether a variable must hold them."""
    texts = (escaped(segment.reveal()) for segment in url.segments)
    return [
        (text, hides and text != "") for text, hides in zip(texts, redaction.segments_for_variables(url), strict=True)
    ]


def _items(url: Url, redaction: Redaction) -> list[tuple[str, str, str]]:
    """The query's items: what of each a file may say in clear, what a variable must hold, and a word for that."""
    texts = [escaped(item.text.reveal()) for item in url.items]
    clear = [redaction.clear_part(url, item, text) for item, text in zip(url.items, texts, strict=True)]
    return [
        (part, text.removeprefix(part), part.partition("=")[0] or "QUERY")
        for part, text in zip(clear, texts, strict=True)
    ]


def _groups(account: Account, remotes: Iterable[Remote]) -> list[list[Remote]]:
    """The webhooks that make one entry: same URL, secrets too, same kind, all on or all off."""
    provider = account.provider
    groups: dict[tuple[object, ...], list[Remote]] = defaultdict(list)
    for remote in remotes:
        own = revealed({spec.name: remote.fields[spec.name] for spec in provider.own_fields})
        groups[_url(remote), json.dumps(own, sort_keys=True), provider.is_live(remote.fields)].append(remote)
    return list(groups.values())


def _order(account: Account, group: Sequence[Remote]) -> tuple[object, ...]:
    """Where an entry stands: by host and URL."""
    endpoint, fields = _url(group[0]).endpoint, group[0].fields
    place = (endpoint.host, endpoint.origin, endpoint.path, endpoint.query)
    is_off = not account.provider.is_live(fields)
    return (*place, account.provider.scope_of(fields), is_off, min(remote.age for remote in group))


def _entry(account: Account, group: Sequence[Remote], names: Names, redaction: Redaction, label: str) -> Entry:
    provider, fields, url = account.provider, group[0].fields, _url(group[0])
    segments, items = _segments(url, redaction), _items(url, redaction)
    kind, is_live = provider.scope_of(fields), provider.is_live(fields)
    kind_names = [one.name for one in provider.auth.kinds if one.scope == kind != account.scope]
    oldest = min(group, key=lambda remote: remote.age)
    place = Place(
        host=url.endpoint.host,
        segments=[text for text, hides in segments if text and not hides],
        values=[clear.partition("=")[2] for clear, value, _ in items if not value],
        kind=next(iter(kind_names if account.scope else ()), ""),
        marks=(
            label,
            "" if is_live else "off",
            "http" if url.endpoint.scheme == "http" else "",
            str(url.endpoint.port or ""),
            *sorted(provider.events_of(oldest.fields))[:1],
        ),
    )
    name = names.entry(wishes(place, provider.name))
    written = (_in_variables(text, name, names) if hides else literal(text) for text, hides in segments)
    base = "/".join((literal(url.endpoint.origin), *written))
    said: dict[str, Json] = {"active": False} if _is_switched_off(provider, fields) else {}
    said |= {} if kind == account.scope else dict(kind)
    said |= _called_public(url, segments, items)
    return Entry(
        name=name,
        endpoint=url.endpoint,
        kind=kind,
        owner=owner(base, None if kind == account.scope else kind),
        url=_with_query(base, url, items, name, names),
        events=tuple(sorted({literal(event) for remote in group for event in provider.events_of(remote.fields)})),
        said=said | _own_fields(account, group[0], name, names),
        has_secret_path=any(hides for _, hides in segments),
    )


def _is_switched_off(provider: Provider, fields: Fields) -> bool:
    """Whether somebody has switched it off; that a service did so by itself is nothing that a file says."""
    return fields.get("active") is False and not any(spec.says for spec in provider.fields if spec.name == "active")


def _called_public(
    url: Url, segments: Iterable[tuple[str, bool]], items: Iterable[tuple[str, str, str]]
) -> dict[str, Json]:
    """What an entry must say to hold in clear what may look like a secret, as the present file does."""
    clear = zip(url.items, (clear for clear, _, _ in items), strict=True)
    names = [literal(unquote(item.name)) for item, text in clear if item.secret and text.partition("=")[2]]
    said: dict[str, Json] = {"public_params": tuple(names)} if names else {}
    return said | ({"public_path": True} if any(is_wordless(text) for text, hides in segments if not hides) else {})


_CUTS = "&+'"
"""What a variable's value may not hold, or not at its ends: it stands between variables."""


def _in_variables(text: str, name: str, names: Names) -> str:
    pieces = [text] if fits_as_value(text) else re.split(f"([{_CUTS}])", text)
    return "".join(piece if piece in _CUTS else names.variable(piece, name, "PATH") for piece in pieces)


def owner(url: str, kind: Scope | None) -> Json:
    """An item of `owns`, with the kind that it says, if any."""
    return url if kind is None else {"url": url, **dict(kind)}


def _with_query(base: str, url: Url, items: Sequence[tuple[str, str, str]], name: str, names: Names) -> str:
    """The URL with its query, secrets as variables; the whole as one where a value can't stand inside a URL."""
    if not all(fits_as_value(value) for _, value, _ in items):
        return names.variable(escaped_url(url.reveal()), name, "URL")
    written = (literal(clear) + (names.variable(value, name, word) if value else "") for clear, value, word in items)
    return f"{base}?{'&'.join(written)}" if items else base


def _own_fields(account: Account, remote: Remote, name: str, names: Names) -> dict[str, Json]:
    """The provider's own fields that an entry must say: those that aren't as a file means without saying them."""
    said: dict[str, Json] = {}
    for spec in account.provider.own_fields:
        value = remote.fields[spec.name]
        if spec.name == account.provider.digest_in and isinstance(value, str):
            value = unmarked(value)  # of a secret that the entry's webhook may not have
        if spec.scope or spec.says or value == spec.default or value is None:
            continue
        if isinstance(value, Masked | SecretText):
            secret = value.reveal() if isinstance(value, SecretText) else None
            said[spec.name] = names.variable(secret, name, spec.name)
        elif isinstance(value, Headers):
            said[spec.name] = {
                literal(header): names.variable(
                    secret.reveal() if isinstance(secret, SecretText) else None, name, spec.name, header
                )
                for header, secret in value.items
            }
        else:
            said[spec.name] = _written(value)
    if account.provider.makes_secrets:
        said[SECRET_TO.name] = names.made_secret(name, "SECRET")
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
