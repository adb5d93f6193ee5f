"""Configuration and readings to a plan, step by step: claim, match, filter, then count what would be lost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from reconciler.model.configuration import Account, Configuration, OnUnmanaged
from reconciler.model.plan import AccountPlan, Action, Change, Claim, Filters, NotPlanned, Pair, Plan
from reconciler.model.reading import ErrorKind, NotRead, ProviderError, Reading
from reconciler.model.url import Url
from reconciler.model.webhook import Address, Desired, Remote
from reconciler.planning.changes import Matched, match_account
from reconciler.planning.claim import Claims
from reconciler.planning.hints import Hints
from reconciler.planning.losses import Deliveries, losses_of, max_losses_of, verdict_on
from reconciler.planning.overlap import UnreadKeys, overlaps
from reconciler.planning.successors import with_successors
from reconciler.planning.targets import matches_address, unmatched_targets


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What was asked for beside the files.

    Attributes:
        filters: what narrows the plan.
        destroy: delete what the configuration describes.
        allowed_losses: what `--allow-losses` said; None where it said nothing.
        fail_on_unmanaged: `--fail-on-unmanaged`: whatever the files say, unmanaged webhooks are drift.
    """

    filters: Filters = field(default_factory=Filters)
    destroy: bool = False
    allowed_losses: int | None = None
    fail_on_unmanaged: bool = False

    @property
    def loss_limit(self) -> int | None:
        """How many losses an account may have, None leaving it to the file: `--destroy` always asks for its own."""
        return 0 if self.destroy and self.allowed_losses is None else self.allowed_losses


def plan(
    configuration: Configuration, readings: Mapping[str, Reading | NotRead], wish: Wish, created: datetime
) -> Plan:
    """Decide everything that would be done.

    Args:
        configuration: what is wanted.
        readings: what the accounts have, by name; those that the filters leave out aren't there.
        wish: filters, destroy, allowed losses.
        created: the time of the plan (UTC); for display only.
    Returns:
        The plan. The same for any order of what was listed.
    """
    desired = _by_account(configuration)
    read = [
        (account, reading)
        for account in configuration.accounts
        if isinstance(reading := readings.get(account.name), Reading)
    ]
    claims = {account.name: Claims(account, desired[account.name]) for account, _ in read}
    claimed = {account.name: _claimed(claims[account.name], reading.remotes) for account, reading in read}
    stopped = dict(
        overlaps(
            (account, [*claimed[account.name][Claim.OWNED], *claimed[account.name][Claim.ABSENT]])
            for account, _ in read
        )
    )
    stopped |= {account.name: error for account, reading in read if (error := _unclear(claims[account.name], reading))}
    unread = UnreadKeys(configuration, claimed)
    accounts: list[AccountPlan | NotPlanned] = []
    for account in configuration.accounts:
        reading = readings.get(account.name)
        if isinstance(reading, NotRead):
            accounts.append(NotPlanned(account=account, error=reading.error))
        elif account.name in stopped:
            accounts.append(NotPlanned(account=account, error=stopped[account.name]))
        elif reading is not None:
            planned = _plan_account(account, desired[account.name], claims[account.name], claimed[account.name], wish)
            planned = replace(planned, count=reading.count)
            conflict = unread.conflict(account, planned.changes)
            accounts.append(planned if conflict is None else NotPlanned(account=account, error=conflict))
    planned_accounts = [one for one in accounts if isinstance(one, AccountPlan)]
    unmatched = unmatched_targets(frozenset().union(*(one.addresses for one in planned_accounts)), wish.filters.targets)
    return Plan(
        configuration=replace(configuration, showing=configuration.showing.seeing(_urls_seen(read))),
        accounts=tuple(accounts),
        created=created,
        filters=wish.filters,
        destroy=wish.destroy,
        allowed_losses=wish.allowed_losses,
        unmatched_targets=unmatched if len(planned_accounts) == len(accounts) else (),
    )


def _urls_seen(read: Iterable[tuple[Account, Reading]]) -> Iterator[Url]:
    """The URLs that were listed, in an order that hangs neither on the file's nor on the list's."""
    for account, reading in sorted(read, key=lambda one: one[0].name):
        for remote in sorted(reading.remotes, key=lambda remote: remote.age):
            url = remote.fields[account.provider.url_field]
            if isinstance(url, Url):
                yield url


def _by_account(configuration: Configuration) -> dict[str, list[Desired]]:
    found: dict[str, list[Desired]] = {account.name: [] for account in configuration.accounts}
    for wanted in configuration.desired:
        found[wanted.address.account].append(wanted)
    return found


def _claimed(claims: Claims, remotes: Iterable[Remote]) -> Mapping[Claim, tuple[Remote, ...]]:
    """The account's webhooks by whose they are, each group by age."""
    found: dict[Claim, list[Remote]] = {claim: [] for claim in Claim}
    for remote in sorted(remotes, key=lambda remote: remote.age):
        found[claims.of(remote)].append(remote)
    return {claim: tuple(group) for claim, group in found.items()}


def _unclear(claims: Claims, reading: Reading) -> ProviderError | None:
    """Why an account can't be planned: one of its webhooks is ours by its URL, and can't be read."""
    unclear = next((remote for remote in reading.remotes if claims.may_be_ours(remote)), None)
    if unclear is None:
        return None
    names = " and ".join(f"`{name}`" for name in unclear.unreadable)
    return ProviderError(
        kind=ErrorKind.GARBLED,
        message=f"the webhook @{unclear.id} is at a URL that this configuration owns, and its {names} can't be read",
        help="Nothing is changed in this account meanwhile. Correct or delete that webhook at the provider.",
    )


def _plan_account(
    account: Account,
    desired: Sequence[Desired],
    claims: Claims,
    claimed: Mapping[Claim, tuple[Remote, ...]],
    wish: Wish,
) -> AccountPlan:
    matched = match_account(account, desired, claimed, destroy=wish.destroy)
    kept = _filtered(matched.changes, wish.filters.targets)
    changes = with_successors(account.provider, kept, matched.pairs)
    changed = {change.address for change in matched.changes}
    deliveries = Deliveries(
        owned=claimed[Claim.OWNED],
        protected=tuple(
            remote for remote in claimed[Claim.PROTECTED] if remote.key is not None and claims.owns(remote.key)
        ),
        changes=changes,
    )
    losses = losses_of(account, desired, deliveries)
    # What moves is not missing: its webhook is the move's other half.
    missing = (change for change in matched.changes if change.action is Action.CREATE and change.move is None)
    hints = Hints(account, desired, [change.desired for change in missing if change.desired is not None])
    targets = wish.filters.targets
    return AccountPlan(
        account=account,
        changes=changes,
        unchanged=_pairs((pair for pair in matched.pairs if pair.desired.address not in changed), targets),
        protected=_pairs(matched.protected, targets),
        protected_others=_remotes(account, sorted(matched.protected_others, key=lambda remote: remote.age), targets),
        unmanaged=tuple(hints.on(remote) for remote in _remotes(account, claimed[Claim.NONE], targets)),
        on_unmanaged=OnUnmanaged.FAIL if wish.fail_on_unmanaged else account.on_unmanaged,
        known=_remotes(account, claimed[Claim.KNOWN], targets),
        kept=claims.kept(
            _remotes(account, (*claimed[Claim.OWNED], *claimed[Claim.KNOWN]), targets) if account.absent else ()
        ),
        duplicates=tuple(
            found
            for found in sorted(matched.duplicates, key=lambda found: found.address)
            if _is_meant(found.address, targets)
        ),
        losses=losses,
        max_losses=max_losses_of(account, deliveries.owned),
        loss_limit=wish.loss_limit,
        protected_owned=deliveries.protected,
        addresses=_addresses(account, matched, claimed),
        claimed=claimed,
        verdict=verdict_on(account, losses, deliveries, wish.loss_limit),
    )


def _addresses(account: Account, matched: Matched, claimed: Mapping[Claim, tuple[Remote, ...]]) -> frozenset[Address]:
    """Every address of an account: of changes, entries, and webhooks that are neither."""
    others = (*matched.protected_others, *claimed[Claim.KNOWN], *claimed[Claim.NONE])
    return frozenset(
        (
            *(change.address for change in matched.changes),
            *(pair.desired.address for pair in (*matched.pairs, *matched.protected)),
            *(Address.of_remote(account.name, remote.id) for remote in others),
        )
    )


def _filtered(changes: Sequence[Change], targets: Sequence[str]) -> tuple[Change, ...]:
    """The changes that the targets mean. A move of which one half is left is no move any more."""
    kept = [change for change in changes if _is_meant(change.address, targets)]
    gone = {change.address for change in changes} - {change.address for change in kept}
    return tuple(replace(change, move=None) if change.move in gone else change for change in kept)


def _pairs(pairs: Iterable[Pair], targets: Sequence[str]) -> tuple[Pair, ...]:
    """The pairs that the targets mean, by address."""
    meant = (pair for pair in pairs if _is_meant(pair.desired.address, targets))
    return tuple(sorted(meant, key=lambda pair: pair.desired.address))


def _remotes(account: Account, remotes: Iterable[Remote], targets: Sequence[str]) -> tuple[Remote, ...]:
    """The webhooks without an entry that the targets mean."""
    return tuple(remote for remote in remotes if _is_meant(Address.of_remote(account.name, remote.id), targets))


def _is_meant(address: Address, targets: Sequence[str]) -> bool:
    return not targets or any(matches_address(target, address) for target in targets)
