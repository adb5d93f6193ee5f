"""Remote webhooks to the entries that describe them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from reconciler.export.description import Description, ExportedEntry, LeftOut
from reconciler.export.names import Names
from reconciler.model.characters import escaped, escaped_url, fits_as_value
from reconciler.model.configuration import Account
from reconciler.model.diagnostic import UrlError
from reconciler.model.provider import Provider
from reconciler.model.redaction import Hidden, Redaction
from reconciler.model.secret import Origin, Part, SecretText
from reconciler.model.url import Url, check_wanted
from reconciler.model.webhook import Fields, Masked, Remote, Scope, Value, is_event_name
from reconciler.planning.match import by_key, choose


def describe(
    account: Account,
    remotes: Sequence[Remote],
    names: Names,
    redaction: Redaction,
    *,
    duplicates_stay: bool,
) -> Description:
    """Entries for an account's webhooks.

    Args:
        account: where they are.
        remotes: which.
        names: what names are left; those given are taken from it.
        redaction: what may be shown, which is what may be written in clear.
        duplicates_stay: whether the next plan must leave duplicates alone, so that nothing of their URL may be owned;
            else only the survivor is described.
    Returns:
        The entries, by URL; and what can't be described: duplicates, URLs that can't be read or would be refused, and
        whatever would have to be owned together with such a webhook.
    """
    sorted_out = _sort_out(account, remotes, duplicates_stay=duplicates_stay)
    left_out = list(sorted_out.left_out)
    entries: list[ExportedEntry] = []
    for group in _groups(account, sorted_out.describable):
        blocked = _place(account, group[0]) in sorted_out.blocked
        entry = None if blocked else _entry(account, group, names, redaction)
        if entry is None:
            why = _BESIDE if blocked else _UNSPEAKABLE
            left_out += [LeftOut(remote=remote, why=why) for remote in group]
        else:
            entries.append(entry)
    return Description(account=account, entries=tuple(entries), left_out=tuple(left_out))


_Place = tuple[str, str, Scope]
"""What an item of `owns` without a wildcard tells apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _SortedOut:
    """What an entry can describe, what none can, and the places that must not be owned for its sake."""

    describable: tuple[Remote, ...]
    left_out: tuple[LeftOut, ...]
    blocked: frozenset[_Place]


def _sort_out(account: Account, remotes: Sequence[Remote], *, duplicates_stay: bool) -> _SortedOut:
    left_out = {remote.id: (remote, _unreadable(remote)) for remote in remotes if remote.key is None}
    blocked: set[_Place] = set()
    describable: list[Remote] = []
    for found in by_key(remotes).values():
        # Where duplicates stay none is described. Which one would survive is the plan's to say: entries have a say.
        candidates = found
        if not duplicates_stay:
            # The way back must lead to what was received, so of duplicates the one that delivers is described.
            choice = choose(found, prefer_live=account.provider)
            candidates = [choice.survivor]
            left_out |= {remote.id: (remote, _DUPLICATE) for remote in choice.duplicates}
        several = f"it is one of {len(found)} webhooks with its URL and event" if len(candidates) > 1 else ""
        refused = {remote.id: (remote, why) for remote in candidates if (why := _refusal(account, remote) or several)}
        if not refused:
            describable += candidates
            continue
        left_out |= refused
        blocked.add(_place(account, candidates[0]))
    return _SortedOut(
        describable=tuple(describable),
        left_out=tuple(LeftOut(remote=remote, why=why) for remote, why in left_out.values()),
        blocked=frozenset(blocked),
    )


def _place(account: Account, remote: Remote) -> _Place:
    assert remote.key is not None  # webhooks without a key were left out  # noqa: S101
    # Where nothing says the account's kind, its patterns are about every kind.
    return (remote.key.endpoint.origin, remote.key.endpoint.path, remote.key.scope if account.scope else ())


def _unreadable(remote: Remote) -> str:
    if not remote.unreadable:
        return "its URL can't be read, or has user info in it"
    return f"its {' and '.join(f'`{name}`' for name in remote.unreadable)} can't be read"


_DUPLICATE = "it is a duplicate: another webhook has its URL and event"
_BESIDE = "if its URL were owned, another webhook there that can't be described would be deleted"
_UNSPEAKABLE = "its path contains characters that aren't allowed in a variable's value"


def _refusal(account: Account, remote: Remote) -> str:
    """Why no entry may describe this webhook; nothing where one may."""
    if not all(map(is_event_name, account.provider.events_of(remote.fields))):
        return "its event's name can't be written in a file"
    url = remote.fields["url"]
    assert isinstance(url, Url)  # webhooks without a key were left out  # noqa: S101
    try:
        check_wanted(url, account.provider.url_limit)
    except UrlError as error:
        return error.message
    return ""


def _groups(account: Account, remotes: Iterable[Remote]) -> Iterator[list[Remote]]:
    """The webhooks that make one entry: same URL, secrets too, same kind, all on or all off. In the order of URLs."""
    groups: dict[tuple[object, ...], list[Remote]] = defaultdict(list)
    for remote in remotes:
        url = remote.fields["url"]
        said = tuple(repr(remote.fields[spec.name]) for spec in account.provider.own_fields)
        groups[url, said, account.provider.is_live(remote.fields)].append(remote)
    yield from sorted(groups.values(), key=lambda group: _order(account, group[0]))


def _order(account: Account, remote: Remote) -> tuple[object, ...]:
    assert remote.key is not None  # webhooks without a key were left out  # noqa: S101
    endpoint = remote.key.endpoint
    live = account.provider.is_live(remote.fields)
    return (endpoint.host, endpoint.origin, endpoint.path, endpoint.query, remote.key.scope, not live, remote.age)


def _entry(account: Account, group: Sequence[Remote], names: Names, redaction: Redaction) -> ExportedEntry | None:
    """The entry of a group, or None where its path can't be written."""
    provider = account.provider
    url = group[0].fields["url"]
    assert isinstance(url, Url)  # webhooks without a key were left out  # noqa: S101
    segments = tuple(zip(map(_written, url.segments), redaction.hidden_segments(url), strict=True))
    if not all(map(fits_as_value, (text for text, secret in segments if secret))):
        return None
    words = [text for text, secret in segments if not secret and text]
    name = names.entry(words[-1] if words else url.endpoint.host.partition(".")[0])
    path = [
        SecretText.environment(names.variable(text, name, "PATH"), text)
        if secret and text
        else SecretText.literal(text)
        for text, secret in segments
    ]
    owner = SecretText.joined([SecretText.literal(url.endpoint.origin), *path], "/")
    return ExportedEntry(
        name=name,
        endpoint=url.endpoint,
        url=_with_query(owner, url, name, names, redaction),
        owner=owner,
        events=tuple(sorted({event for remote in group for event in provider.events_of(remote.fields)})),
        active=provider.is_live(group[0].fields),
        kind=None if (kind := provider.scope_of(group[0].fields)) == account.scope else kind,
        said=_said(provider, group[0].fields, name, names),
    )


def _with_query(owner: SecretText, url: Url, name: str, names: Names, redaction: Redaction) -> SecretText:
    """The URL with its query, secrets as variables; the whole as one where a value can't stand inside a URL."""
    if not url.items:
        return owner
    written: list[SecretText] = []
    for item in url.items:
        hides = redaction.hidden_in(url, item)
        text = _written(item.text)
        head, equals, _ = text.partition("=")
        start = 0 if hides is Hidden.ALL else len(head) + len(equals)
        value = text[start:]
        if hides is Hidden.NOTHING or not value:
            written.append(SecretText.literal(text))
            continue
        if not fits_as_value(value):
            whole = escaped_url(url.reveal())
            return SecretText.environment(names.variable(whole, name, "URL"), whole)
        variable = names.variable(value, name, "QUERY" if hides is Hidden.ALL else head)
        texts = (SecretText.literal(text[:start]), SecretText.environment(variable, value))
        written.append(SecretText.joined(texts))
    return SecretText.joined([owner, SecretText.joined(written, "&")], "?")


def _written(text: SecretText) -> str:
    """A provider's characters as a file may write them."""
    return escaped(text.reveal())


def _said(provider: Provider, fields: Fields, name: str, names: Names) -> dict[str, Value]:
    """The provider's own fields that an entry must say; secrets as variables."""
    said: dict[str, Value] = {}
    for spec in provider.own_fields:
        value = fields[spec.name]
        if spec.scope or value == spec.default or value is None:
            continue
        if isinstance(value, Masked):
            variable = names.variable(f"{name}.{spec.name}", name, spec.name)
            value = SecretText((Part(variable, Origin.PLACEHOLDER, variable),))
        elif isinstance(value, SecretText):
            value = SecretText.environment(names.variable(value.reveal(), name, spec.name), value.reveal())
        said[spec.name] = value
    return said
