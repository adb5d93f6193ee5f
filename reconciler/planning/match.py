"""Which remote webhook is which wanted one, by key and by nothing else; and what is done to each."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from msgspec import Struct
from msgspec.structs import replace

from reconciler.model.configuration import Account
from reconciler.model.plan import NO_ACTION, Action, Change, Claim, FieldChange, Phase, Reason
from reconciler.model.provider import Provider
from reconciler.model.webhook import Address, Desired, Fields, Key, Remote, hides_secret
from reconciler.planning.compare import differences, fits, sent_fields, wanted_fields
from reconciler.planning.moves import with_moves
from reconciler.planning.resend import resent, secrets_made_anew

_NEVER = datetime.min.replace(tzinfo=UTC)
_NO_FIELDS: Fields = {}  # the one of all rows to which nothing is sent


class Choice(Struct, frozen=True, kw_only=True):
    """The remote webhook that stays, those that deliver the same again, and those that deliver more; best first.

    Replaced are those that no update can make as wanted, where one stays that an update can. Others there are of both
    kinds.
    """

    survivor: Remote
    duplicates: tuple[Remote, ...]
    others: tuple[Remote, ...] = ()
    replaced: tuple[Remote, ...] = ()


def choose(
    provider: Provider,
    candidates: Iterable[Remote],
    *,
    prefer_live: bool = False,
    events: Collection[str] | None = None,
) -> Choice:
    """Of one key's webhooks the oldest stays, then that with the lowest id; the rest are duplicates.

    Where new secrets take other webhooks it is the youngest: it was made for the newest one. Those without a date come
    last. One that delivers another event than these, or without any than the survivor does, is no duplicate: nobody
    could say what it is for. With `prefer_live` a live one comes first, as for an entry that ignores `active`.
    """
    # The file has no other say: runs of different commits must keep the same webhook, or each deletes the other's.
    by_age = sorted(candidates, key=lambda one: one.age)
    if provider.replaces_for_secrets:
        by_age = sorted(
            sorted(by_age, key=lambda one: one.age[1:]), key=lambda one: one.created or _NEVER, reverse=True
        )
    survivor, *rest = sorted(by_age, key=lambda one: prefer_live and not provider.is_live(one.fields))
    named = provider.delivered(survivor.fields) if events is None else events
    others = [remote for remote in rest if provider.uncarried(provider.delivered(remote.fields), named)]
    duplicates = tuple(remote for remote in rest if remote not in others)
    return Choice(survivor=survivor, duplicates=duplicates, others=tuple(others))


def choose_for(provider: Provider, desired: Desired, candidates: Iterable[Remote]) -> Choice:
    """`choose` as a wanted webhook asks for it: of those that an update can make as wanted, if there is one."""
    every = sorted(candidates, key=lambda one: one.age)
    if len(every) == 1:
        return Choice(survivor=every[0], duplicates=())
    events = provider.events_of(desired.fields)
    fitting = [remote for remote in every if fits(provider, desired, remote)] or every
    choice = choose(provider, fitting, prefer_live="active" in desired.ignored, events=events)
    unfit = [remote for remote in every if remote not in fitting]
    more = [remote for remote in unfit if provider.uncarried(provider.delivered(remote.fields), events)]
    replaced = tuple(remote for remote in unfit if remote not in more)
    return replace(choice, replaced=replaced, others=(*choice.others, *more))


def by_key(remotes: Iterable[Remote]) -> dict[Key, Sequence[Remote]]:
    """Remote webhooks by key, each key's by age; those without one are left out."""
    return _by_key(sorted(remotes, key=lambda remote: remote.age))


def _by_key(by_age: Iterable[Remote]) -> dict[Key, Sequence[Remote]]:
    found: dict[Key, Sequence[Remote]] = {}
    several: dict[Key, list[Remote]] = {}
    for remote in by_age:
        key = remote.key
        if key is None:
            continue
        if key in found:
            several.setdefault(key, [*found[key]]).append(remote)
        else:
            found[key] = (remote,)
    return {**found, **several} if several else found


def fitting(provider: Provider, desired: Desired, there: Mapping[Key, Sequence[Remote]]) -> list[Remote]:
    """The webhooks, of those by key, that are a wanted one, or that an update can make so."""
    return [remote for remote in there.get(desired.key, ()) if fits(provider, desired, remote)]


def match_account(
    account: Account,
    desired: Sequence[Desired],
    claimed: Mapping[Claim, Sequence[Remote]],
    *,
    destroy: bool,
    unset: Collection[Key] = (),
    resend: Callable[[Desired, Remote], bool] = lambda *_: False,
) -> tuple[Change, ...]:
    """Say of each entry and each webhook of an account what is done to it: changes first, in the order of work.

    What is claimed is by age. With `destroy` what is owned or named absent is deleted, whatever the entries say.
    Entries of `unset` keys are not compared, and `resend` says whether the secrets that can't be read back are sent
    again.
    """
    owned, protected = _by_key(claimed[Claim.OWNED]), _by_key(claimed[Claim.PROTECTED])
    rows: list[Change] = []
    if destroy:
        rows.extend(_destroyed(account, desired, owned))
    else:
        for wanted in desired:
            if unset and wanted.key in unset:
                rows.append(replace(_row_of(wanted), reason=Reason.NOT_COMPARED))
            elif protected and wanted.key in protected:
                remote = choose_for(account.provider, wanted, protected[wanted.key]).survivor
                fields = differences(account.provider, remote.fields, wanted_fields(wanted, remote.fields))
                row = replace(_row_of(wanted, remote), claim=Claim.PROTECTED, reason=Reason.PROTECTED, fields=fields)
                rows.append(row)
            elif (found := owned.pop(wanted.key, None)) is not None:
                if len(found) == 1 and wanted.fields == found[0].fields and not resend(wanted, found[0]):
                    rows.append(_row_of(wanted, found[0]))  # as most are; the long way says the same
                else:
                    rows.extend(_owned(account.provider, wanted, found, resend))
            else:
                rows.append(_missing(account.provider, wanted))
        left = [_delete(account.name, remote, Reason.NOT_IN_FILE) for group in owned.values() for remote in group]
        rows = with_moves(account.provider, rows, left) if left else rows
    rows.extend(_delete(account.name, remote, Reason.NAMED_ABSENT, Claim.ABSENT) for remote in claimed[Claim.ABSENT])
    others = (Claim.PROTECTED, Claim.KNOWN, Claim.UNSET, Claim.NONE)
    if any(claimed[claim] for claim in others):
        seen = {row.remote.id for row in rows if row.remote is not None}
        rows.extend(
            _left_alone(account.name, remote, claim)
            for claim in others
            for remote in claimed[claim]
            if remote.id not in seen
        )
    return tuple(_in_order(rows))


def update_of(provider: Provider, desired: Desired, remote: Remote) -> Change | None:
    """The update that makes a webhook as wanted, or None where it is."""
    if desired.fields == remote.fields:  # what is the same is so whatever is ignored, or can't be read back
        return None
    wanted = wanted_fields(desired, remote.fields)
    fields = differences(provider, remote.fields, wanted)
    if not fields:
        return None
    # It takes events away by switching off, or by dropping some of several.
    narrows = provider.uncarried(provider.delivered(remote.fields), provider.delivered(wanted))
    is_switched_on = provider.is_live(wanted) and not provider.is_live(remote.fields)
    return replace(
        _row_of(desired, remote),
        action=Action.UPDATE,
        phase=Phase.NARROW if narrows else Phase.WIDEN,
        reason=Reason.SWITCHED_OFF if is_switched_on else Reason.DIFFERS,
        wanted=sent_fields(desired, remote.fields),
        fields=fields,
    )


def duplicate_of(survivor: Address, remote: Remote) -> Change:
    """The delete of a duplicate."""
    return replace(_delete(survivor.account, remote, Reason.DUPLICATE), duplicate_of=survivor)


def _row_of(wanted: Desired, remote: Remote | None = None) -> Change:
    return Change(action=NO_ACTION, address=wanted.address, desired=wanted, remote=remote, wanted=_NO_FIELDS)


def _owned(
    provider: Provider, wanted: Desired, found: Sequence[Remote], resend: Callable[[Desired, Remote], bool]
) -> Iterator[Change]:
    choice = choose_for(provider, wanted, found)
    is_due = resend(wanted, choice.survivor)
    new = secrets_made_anew(provider, wanted) if is_due else ()
    is_replaced = bool(new) or not fits(provider, wanted, choice.survivor)
    if is_replaced:
        yield from _replacement(provider, wanted, choice.survivor, new)
    else:
        row = update_of(provider, wanted, choice.survivor) or _row_of(wanted, choice.survivor)
        yield resent(provider, row) if is_due else row
    # Where nobody can see which one's secret the receiver has, all go together for one that it will have.
    goes = is_replaced and provider.makes_secrets
    for remote in choice.duplicates:
        yield _replaced_by(wanted.address, remote) if goes else duplicate_of(wanted.address, remote)
    # Maybe left behind by a run that was stopped.
    yield from (_replaced_by(wanted.address, remote) for remote in choice.replaced)
    for remote in choice.others:
        yield replace(_left_alone(wanted.address.account, remote, Claim.OWNED), conflicts_with=wanted.address)


def _replacement(provider: Provider, wanted: Desired, old: Remote, new: Iterable[FieldChange]) -> Iterator[Change]:
    """Another webhook in place of one that no update can make as wanted: made first, and the old one deleted last.

    So it is where it is to have new secrets. What the file leaves as it is, the new one has, too, as far as it shows;
    but it isn't switched off.
    """
    made = _missing(provider, wanted)
    left = sent_fields(wanted, old.fields)
    shown = {spec.name for spec in provider.fields if not spec.says and not hides_secret(left[spec.name])}
    differs = differences(provider, old.fields, wanted_fields(wanted, old.fields))
    yield replace(
        made,
        wanted=made.wanted and {name: left[name] if name in shown else value for name, value in made.wanted.items()},
        reason=Reason.REPLACES,
        fields=(*differs, *(field for field in new if field.name not in {other.name for other in differs})),
        replacement=Address.of_remote(wanted.address.account, old.id),
    )
    yield _replaced_by(wanted.address, old)


def _replaced_by(address: Address, old: Remote) -> Change:
    return replace(_delete(address.account, old, Reason.REPLACED), replacement=address)


def _missing(provider: Provider, wanted: Desired) -> Change:
    # Where a provider may hide what is switched off, off and absent deliver the same: creating it would never end.
    if not provider.is_live(wanted.fields) and not provider.lists_inactive:
        return replace(_row_of(wanted), reason=Reason.OFF)
    made = _row_of(wanted)
    return replace(made, action=Action.CREATE, phase=Phase.WIDEN, reason=Reason.MISSING, wanted=wanted.fields)


def _left_alone(account: str, remote: Remote, claim: Claim) -> Change:
    reason = Reason.PROTECTED if claim is Claim.PROTECTED else None
    address = Address.of_remote(account, remote.id)
    return Change(action=Action.NONE, reason=reason, address=address, claim=claim, remote=remote, wanted=_NO_FIELDS)


def _delete(account: str, remote: Remote, reason: Reason, claim: Claim = Claim.OWNED) -> Change:
    return replace(_left_alone(account, remote, claim), action=Action.DELETE, phase=Phase.NARROW, reason=reason)


def _destroyed(account: Account, desired: Iterable[Desired], owned: Mapping[Key, Sequence[Remote]]) -> Iterator[Change]:
    """Deletes of everything owned, of what would stay under the entries' addresses."""
    stays = {
        choose_for(account.provider, wanted, owned[wanted.key]).survivor.id: wanted.address
        for wanted in desired
        if wanted.key in owned
    }
    for remote in itertools.chain.from_iterable(owned.values()):
        change = _delete(account.name, remote, Reason.DESTROY)
        yield replace(change, address=stays.get(remote.id, change.address))


_LEFT = (Claim.OWNED, Claim.ABSENT, Claim.PROTECTED, Claim.KNOWN, Claim.UNSET, Claim.NONE)
_PHASES, _ACTIONS = (*Phase, None), (*Action,)


def _in_order(rows: Iterable[Change]) -> Iterator[Change]:
    """Changes by phase, action, address; then what is left as it is, by claim: entries' by address, others by age."""
    changes: list[Change] = []
    entries: dict[Claim, list[Change]] = {claim: [] for claim in _LEFT}
    others: dict[Claim, list[Change]] = {claim: [] for claim in _LEFT}
    for row in rows:
        if row.action is not NO_ACTION:
            changes.append(row)
        elif row.desired is None and row.remote is not None:
            others[row.claim].append(row)
        else:
            entries[row.claim].append(row)
    yield from sorted(changes, key=lambda row: (_PHASES.index(row.phase), _ACTIONS.index(row.action), row.address))
    for claim in _LEFT:
        entries[claim].sort(key=lambda row: row.address)
        others[claim].sort(key=_age)
        yield from entries[claim]
        yield from others[claim]


def _age(row: Change) -> tuple[object, ...]:
    assert row.remote is not None  # an entry's row else  # noqa: S101
    return row.remote.age
