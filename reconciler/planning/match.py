"""Which remote webhook is which wanted one, by key and by nothing else; and what is done to each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from reconciler.model.configuration import Account
from reconciler.model.plan import Action, Change, Claim, Phase, Reason
from reconciler.model.provider import Provider
from reconciler.model.webhook import Address, Desired, Fields, Key, Remote
from reconciler.planning.compare import differences, sent_fields, wanted_fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The remote webhook that stays, those that deliver the same again, and those that deliver more; best first."""

    survivor: Remote
    duplicates: tuple[Remote, ...]
    others: tuple[Remote, ...] = ()


def choose(candidates: Iterable[Remote], *, prefer_live: Provider | None = None) -> Choice:
    """Of one key's webhooks the oldest stays, then that with the lowest id; the rest are duplicates.

    Where their provider is given as `prefer_live` a live one comes first, as for an entry that ignores `active`.
    """
    # The file has no other say: runs of different commits must keep the same webhook, or each deletes the other's.
    found = sorted(candidates, key=lambda remote: remote.age)
    if prefer_live is not None:
        found.sort(key=lambda remote: not prefer_live.is_live(remote.fields))
    return Choice(survivor=found[0], duplicates=tuple(found[1:]))


def choose_for(provider: Provider, desired: Desired, candidates: Iterable[Remote]) -> Choice:
    """`choose` as a wanted webhook asks for it.

    One that delivers an event which the survivor will not deliver is no duplicate: nobody could say what it is for.
    """
    choice = choose(candidates, prefer_live=provider if "active" in desired.ignored else None)
    return without_others(provider, choice, provider.events_of(desired.fields))


def without_others(provider: Provider, choice: Choice, named: Collection[str]) -> Choice:
    """The choice, of whose duplicates those that deliver other events than these are none."""
    groups: dict[bool, list[Remote]] = {False: [], True: []}
    for remote in choice.duplicates:
        delivers_more = provider.is_live(remote.fields) and provider.uncarried(provider.events_of(remote.fields), named)
        groups[bool(delivers_more)].append(remote)
    return Choice(survivor=choice.survivor, duplicates=tuple(groups[False]), others=tuple(groups[True]))


def by_key(remotes: Iterable[Remote]) -> dict[Key, list[Remote]]:
    """Remote webhooks by key, each key's by age; those without one are left out."""
    found: dict[Key, list[Remote]] = defaultdict(list)
    for remote in sorted(remotes, key=lambda remote: remote.age):
        if remote.key is not None:
            found[remote.key].append(remote)
    return dict(found)


def likenesses(provider: Provider, fields: Fields) -> tuple[tuple[object, ...], ...]:
    """What a webhook and one that it may have become have in common, the best first: path or host, events and kind."""
    # A key's event says nothing where a webhook takes several.
    events, scope, endpoint = provider.events_of(fields), provider.scope_of(fields), provider.endpoint_of(fields)
    if endpoint is None:
        return ()
    return (events, scope, "path", endpoint.path), (events, scope, "host", endpoint.host)


def moves(provider: Provider, rows: Sequence[Change], deletes: Sequence[Change]) -> dict[Address, Address]:
    """Entries' rows and deletes of what no entry stands for that are one move, each half's address to the other's.

    Each is the other's only candidate: a move that could be read two ways is none. What is off and not at the provider
    replaces only what nothing that is created may replace. Source: contract, section 3.
    """
    created = [row for row in rows if row.action is Action.CREATE]
    off = [row for row in rows if row.reason is Reason.OFF]
    candidates = _by_likeness(provider, created)
    rest = [change for change in deletes if not _alike(provider, change, candidates)]
    return _only_pairs(provider, created, deletes) | _only_pairs(provider, off, rest)


def _only_pairs(provider: Provider, new: Sequence[Change], old: Sequence[Change]) -> dict[Address, Address]:
    by_new, by_old = _by_likeness(provider, new), _by_likeness(provider, old)
    pairs: dict[Address, Address] = {}
    for row in new:
        found = _alike(provider, row, by_old)
        if len(found) == 1 and len(_alike(provider, found[0], by_new)) == 1:
            pairs[row.address], pairs[found[0].address] = found[0].address, row.address
    return pairs


def _by_likeness(provider: Provider, rows: Iterable[Change]) -> Mapping[tuple[object, ...], Sequence[Change]]:
    found: dict[tuple[object, ...], list[Change]] = defaultdict(list)
    for row in rows:
        for likeness in likenesses(provider, _fields(row)):
            found[likeness].append(row)
    return found


def _alike(
    provider: Provider, row: Change, others: Mapping[tuple[object, ...], Sequence[Change]]
) -> tuple[Change, ...]:
    """The other halves that are alike; two or three stand for more, so that many take no longer."""
    found = (one for likeness in likenesses(provider, _fields(row)) for one in others.get(likeness, ())[:2])
    return tuple({one.address: one for one in found}.values())


def _fields(row: Change) -> Fields:
    there = row.desired or row.remote
    assert there is not None  # a row has a side  # noqa: S101
    return there.fields


def match_account(
    account: Account, desired: Sequence[Desired], claimed: Mapping[Claim, Sequence[Remote]], *, destroy: bool
) -> tuple[Change, ...]:
    """Say of each entry and each webhook of an account what is done to it: changes first, in the order of work.

    With `destroy` what is owned or named absent is deleted, whatever the entries say.
    """
    owned, protected = by_key(claimed[Claim.OWNED]), by_key(claimed[Claim.PROTECTED])
    rows: list[Change] = []
    if destroy:
        rows.extend(_destroyed(account, desired, owned))
    else:
        for wanted in desired:
            if wanted.key in protected:
                remote = choose_for(account.provider, wanted, protected[wanted.key]).survivor
                fields = differences(account.provider, remote.fields, wanted_fields(wanted, remote.fields))
                row = replace(_row_of(wanted, remote), claim=Claim.PROTECTED, reason=Reason.PROTECTED, fields=fields)
                rows.append(row)
            elif wanted.key in owned:
                rows.extend(_owned(account.provider, wanted, owned.pop(wanted.key)))
            else:
                rows.append(_missing(account.provider, wanted))
        left = [_delete(account.name, remote, Reason.NOT_IN_FILE) for group in owned.values() for remote in group]
        rows = list(_with_moves(account.provider, rows, left))
    rows.extend(_delete(account.name, remote, Reason.NAMED_ABSENT, Claim.ABSENT) for remote in claimed[Claim.ABSENT])
    seen = {row.remote.id for row in rows if row.remote is not None}
    rows.extend(
        _left_alone(account.name, remote, claim)
        for claim in (Claim.PROTECTED, Claim.KNOWN, Claim.NONE)
        for remote in claimed[claim]
        if remote.id not in seen
    )
    return tuple(sorted(rows, key=_order))


def update_of(provider: Provider, desired: Desired, remote: Remote) -> Change | None:
    """The update that makes a webhook as wanted, or None where it is."""
    wanted = wanted_fields(desired, remote.fields)
    fields = differences(provider, remote.fields, wanted)
    if not fields:
        return None
    was_live, is_live = provider.is_live(remote.fields), provider.is_live(wanted)
    # It takes events away by switching off, or by dropping some of several.
    dropped = provider.uncarried(provider.events_of(remote.fields), provider.events_of(wanted))
    narrows = was_live and (bool(dropped) or not is_live)
    return replace(
        _row_of(desired, remote),
        action=Action.UPDATE,
        phase=Phase.NARROW if narrows else Phase.WIDEN,
        reason=Reason.SWITCHED_OFF if is_live and not was_live else Reason.DIFFERS,
        wanted=sent_fields(desired, remote.fields),
        fields=fields,
    )


def duplicate_of(survivor: Address, remote: Remote) -> Change:
    """The delete of a webhook that delivers again what the survivor delivers."""
    return replace(_delete(survivor.account, remote, Reason.DUPLICATE), partner=survivor)


def _row_of(wanted: Desired, remote: Remote | None = None) -> Change:
    return Change(action=Action.NONE, address=wanted.address, desired=wanted, remote=remote)


def _owned(provider: Provider, wanted: Desired, found: Sequence[Remote]) -> Iterator[Change]:
    choice = choose_for(provider, wanted, found)
    yield update_of(provider, wanted, choice.survivor) or _row_of(wanted, choice.survivor)
    yield from (duplicate_of(wanted.address, remote) for remote in choice.duplicates)
    for remote in choice.others:
        yield replace(_left_alone(wanted.address.account, remote, Claim.OWNED), partner=wanted.address)


def _missing(provider: Provider, wanted: Desired) -> Change:
    # Where a provider may hide what is switched off, off and absent deliver the same: creating it would never end.
    if not provider.is_live(wanted.fields) and not provider.lists_inactive:
        return replace(_row_of(wanted), reason=Reason.OFF)
    made = _row_of(wanted)
    return replace(made, action=Action.CREATE, phase=Phase.WIDEN, reason=Reason.MISSING, wanted=wanted.fields)


def _left_alone(account: str, remote: Remote, claim: Claim) -> Change:
    """What becomes of a webhook that no entry stands for, and that is nobody's to change here."""
    reason = Reason.PROTECTED if claim is Claim.PROTECTED else None
    address = Address.of_remote(account, remote.id)
    return Change(action=Action.NONE, reason=reason, address=address, claim=claim, remote=remote)


def _delete(account: str, remote: Remote, reason: Reason, claim: Claim = Claim.OWNED) -> Change:
    return replace(_left_alone(account, remote, claim), action=Action.DELETE, phase=Phase.NARROW, reason=reason)


def _destroyed(account: Account, desired: Iterable[Desired], owned: Mapping[Key, list[Remote]]) -> Iterator[Change]:
    """Deletes of everything owned, under the entries' addresses where there are entries."""
    entries = {wanted.key: wanted for wanted in desired}
    for key, found in owned.items():
        wanted = entries.get(key)
        named = None if wanted is None else choose_for(account.provider, wanted, found).survivor
        for remote in found:
            change = _delete(account.name, remote, Reason.DESTROY)
            yield change if wanted is None or remote is not named else replace(change, address=wanted.address)


def _with_moves(provider: Provider, rows: Sequence[Change], left: Sequence[Change]) -> Iterator[Change]:
    """The entries' rows and the deletes of what is left, the two halves of a move told of each other."""
    halves = moves(provider, rows, left)
    off = {row.address for row in rows if row.reason is Reason.OFF}
    for row in (*rows, *left):
        other = halves.get(row.address)
        if other is None or row.action is Action.NONE:
            yield row
        else:
            yield replace(row, partner=other, reason=Reason.REPLACED_BY_OFF if other in off else row.reason)


_LEFT = (Claim.OWNED, Claim.ABSENT, Claim.PROTECTED, Claim.KNOWN, Claim.NONE)
_RANK = {one: rank for rank, one in enumerate((*Phase, None, *Action, *_LEFT))}


def _order(row: Change) -> tuple[object, ...]:
    """Widening changes first; within a phase by action, then by address; then what is left as it is.

    That is ordered by whose it is: entries' by address, then others by age.
    """
    if row.action is not Action.NONE:
        return (_RANK[row.phase], _RANK[row.action], row.address)
    if row.desired is None and row.remote is not None:
        return (_RANK[None], _RANK[row.claim], 1, row.remote.age)
    return (_RANK[None], _RANK[row.claim], 0, row.address)
