"""One account's entries and claimed webhooks to changes: the rules of who is who, nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from reconciler.model.configuration import Account
from reconciler.model.plan import Action, Change, Claim, Duplicates, Pair, Phase, Reason
from reconciler.model.provider import Provider
from reconciler.model.webhook import Address, Desired, Fields, Key, Remote
from reconciler.planning.compare import differences, sent_fields, wanted_fields
from reconciler.planning.match import by_key, choose_for, moves

Claimed = Mapping[Claim, Sequence[Remote]]


@dataclass(slots=True, kw_only=True)
class Matched:
    """What matching found in one account.

    Attributes:
        changes: in the order in which they are made.
        pairs: every entry with the owned webhook that it is, changed or not.
        protected: entries whose webhook is protected, with what differs.
        protected_others: protected webhooks without an entry, or beside the one that an entry is.
        duplicates: keys that several owned webhooks have.
    """

    changes: list[Change] = field(default_factory=list)
    pairs: list[Pair] = field(default_factory=list)
    protected: list[Pair] = field(default_factory=list)
    protected_others: list[Remote] = field(default_factory=list)
    duplicates: list[Duplicates] = field(default_factory=list)


def match_account(account: Account, desired: Sequence[Desired], claimed: Claimed, *, destroy: bool) -> Matched:
    """Pair entries with webhooks and say what must change.

    Args:
        account: where.
        desired: the account's entries.
        claimed: the account's webhooks by whose they are.
        destroy: delete what is owned or named absent, whatever the entries say.
    """
    matched = Matched()
    owned, protected = by_key(claimed[Claim.OWNED]), by_key(claimed[Claim.PROTECTED])
    if destroy:
        matched.changes.extend(_destroyed(account, desired, owned))
    else:
        for wanted in desired:
            if wanted.key in protected:
                _match_protected(matched, account.provider, wanted, protected.pop(wanted.key))
            elif wanted.key in owned:
                _match_owned(matched, account.provider, wanted, owned.pop(wanted.key))
            else:
                _match_missing(matched, account.provider, wanted)
        left = [_delete(account.name, remote, Reason.NOT_IN_FILE) for remote in _all(owned)]
        matched.changes = _with_moves(account.provider, matched, left)
    matched.changes.extend(_delete(account.name, remote, Reason.NAMED_ABSENT) for remote in claimed[Claim.ABSENT])
    matched.protected_others.extend(_all(protected))
    matched.protected_others.extend(remote for remote in claimed[Claim.PROTECTED] if remote.key is None)
    matched.changes = _ordered(matched.changes)
    return matched


def update_of(provider: Provider, desired: Desired, remote: Remote) -> Change | None:
    """The update that makes a webhook as wanted, or None where it is."""
    wanted = wanted_fields(desired, remote.fields)
    fields = differences(provider, remote.fields, wanted)
    if not fields:
        return None
    switched_on = provider.is_live(wanted) and not provider.is_live(remote.fields)
    return Change(
        action=Action.UPDATE,
        phase=Phase.NARROW if _narrows(provider, remote.fields, wanted) else Phase.WIDEN,
        reason=Reason.SWITCHED_OFF if switched_on else Reason.DIFFERS,
        address=desired.address,
        desired=desired,
        remote=remote,
        wanted=sent_fields(desired, remote.fields),
        fields=fields,
    )


def duplicate_of(survivor: Address, remote: Remote) -> Change:
    """The delete of a webhook that delivers again what the survivor delivers."""
    return replace(_delete(survivor.account, remote, Reason.DUPLICATE), duplicate_of=survivor)


def _narrows(provider: Provider, before: Fields, after: Fields) -> bool:
    """Whether an update takes events away: by switching off, or by dropping some of several."""
    if not provider.is_live(before):
        return False
    named = provider.events_of(after)
    return not provider.is_live(after) or any(
        not provider.carries(named, event) for event in provider.events_of(before)
    )


def _match_protected(matched: Matched, provider: Provider, wanted: Desired, found: list[Remote]) -> None:
    choice = choose_for(provider, wanted, found)
    fields = differences(provider, choice.survivor.fields, wanted_fields(wanted, choice.survivor.fields))
    matched.protected.append(Pair(desired=wanted, remote=choice.survivor, fields=fields))
    matched.protected_others.extend(choice.duplicates)


def _match_owned(matched: Matched, provider: Provider, wanted: Desired, found: list[Remote]) -> None:
    choice = choose_for(provider, wanted, found)
    matched.pairs.append(Pair(desired=wanted, remote=choice.survivor))
    change = update_of(provider, wanted, choice.survivor)
    if change is not None:
        matched.changes.append(change)
    if choice.duplicates:
        matched.duplicates.append(
            Duplicates(address=wanted.address, survivor=choice.survivor, others=choice.duplicates)
        )
        matched.changes.extend(duplicate_of(wanted.address, remote) for remote in choice.duplicates)


def _match_missing(matched: Matched, provider: Provider, wanted: Desired) -> None:
    # Where a provider may hide what is switched off, off and absent deliver the same: creating it would never end.
    if not provider.is_live(wanted.fields) and not provider.lists_inactive:
        matched.pairs.append(Pair(desired=wanted, remote=None))
        return
    matched.changes.append(
        Change(
            action=Action.CREATE,
            phase=Phase.WIDEN,
            reason=Reason.MISSING,
            address=wanted.address,
            desired=wanted,
            wanted=wanted.fields,
        )
    )


def _destroyed(account: Account, desired: Iterable[Desired], owned: Mapping[Key, list[Remote]]) -> Iterable[Change]:
    """Deletes of everything owned, under the entries' addresses where there are entries."""
    entries = {wanted.key: wanted for wanted in desired}
    for key, found in owned.items():
        changes = {remote.id: _delete(account.name, remote, Reason.DESTROY) for remote in found}
        if key in entries:
            named = choose_for(account.provider, entries[key], found).survivor.id
            changes[named] = replace(changes[named], address=entries[key].address)
        yield from changes.values()


def _delete(account: str, remote: Remote, reason: Reason) -> Change:
    return Change(
        action=Action.DELETE,
        phase=Phase.NARROW,
        reason=reason,
        address=Address.of_remote(account, remote.id),
        remote=remote,
    )


def _with_moves(provider: Provider, matched: Matched, left: Sequence[Change]) -> list[Change]:
    """The entries' changes and the deletes of what is left, the two halves of a move told of each other."""
    created = [change.desired for change in matched.changes if change.action is Action.CREATE]
    off = {pair.desired.address: pair.desired for pair in matched.pairs if pair.remote is None}
    halves = moves(provider, (wanted for wanted in created if wanted is not None), off.values(), left)
    deletes = [
        replace(change, reason=Reason.REPLACED_BY_OFF) if halves.get(change.address) in off else change
        for change in left
    ]
    return [replace(change, move=halves.get(change.address)) for change in (*matched.changes, *deletes)]


_PHASES = {phase: rank for rank, phase in enumerate(Phase)}
_ACTIONS = {action: rank for rank, action in enumerate(Action)}


def _ordered(changes: Iterable[Change]) -> list[Change]:
    """Widening changes first; within a phase by action, then by address."""
    return sorted(changes, key=lambda change: (_PHASES[change.phase], _ACTIONS[change.action], change.address))


def _all(groups: Mapping[Key, Sequence[Remote]]) -> list[Remote]:
    return sorted((remote for group in groups.values() for remote in group), key=lambda remote: remote.age)
