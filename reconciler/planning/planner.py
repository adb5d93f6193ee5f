"""Configuration and readings to a plan, step by step: claim, match, filter, then count what would be lost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from reconciler.model.configuration import Account, Configuration, OnUnmanaged
from reconciler.model.plan import AccountPlan, Action, Change, Claim, Filters, Hint, NotPlanned, Plan
from reconciler.model.reading import ErrorKind, NotRead, ProviderError, Reading
from reconciler.model.update import lost_secrets
from reconciler.model.url import Url
from reconciler.model.webhook import Desired, Masked, Remote
from reconciler.planning.changes import match_account
from reconciler.planning.claim import Claims
from reconciler.planning.hints import Hints
from reconciler.planning.losses import Deliveries, losses_of, max_losses_of, verdict_on
from reconciler.planning.overlap import UnreadKeys, overlaps
from reconciler.planning.successors import with_successors
from reconciler.planning.targets import matches_address, unmatched_targets


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanOptions:
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
    configuration: Configuration, readings: Mapping[str, Reading | NotRead], options: PlanOptions, created: datetime
) -> Plan:
    """Decide everything that would be done.

    Args:
        configuration: what is wanted.
        readings: what the accounts have, by name; those that the filters leave out aren't there.
        options: filters, destroy, allowed losses.
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
            planned = _plan_account(
                account, desired[account.name], claims[account.name], claimed[account.name], options
            )
            planned = replace(planned, count=reading.count)
            conflict = unread.conflict(account, planned.changes) or _unsafe(account, planned)
            accounts.append(planned if conflict is None else NotPlanned(account=account, error=conflict))
    planned_accounts = [one for one in accounts if isinstance(one, AccountPlan)]
    addresses = {row.address for one in planned_accounts for row in (*one.rows, *one.left_out)}
    unmatched = unmatched_targets(addresses, options.filters.targets)
    return Plan(
        configuration=replace(configuration, redaction=configuration.redaction.seeing(_urls_seen(read))),
        accounts=tuple(accounts),
        created=created,
        filters=options.filters,
        destroy=options.destroy,
        allowed_losses=options.allowed_losses,
        unmatched_targets=unmatched if len(planned_accounts) == len(accounts) else (),
    )


def _urls_seen(read: Iterable[tuple[Account, Reading]]) -> Iterator[Url]:
    """The URLs that were listed, in an order that hangs neither on the file's nor on the list's."""
    for _, reading in sorted(read, key=lambda one: one[0].name):
        for remote in sorted(reading.remotes, key=lambda remote: remote.age):
            url = remote.fields["url"]
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
        message=f"the webhook @{unclear.id} is at a URL that this configuration owns, but its {names} can't be read",
        help="Nothing is changed in this account until you fix or delete that webhook at the provider.",
    )


def _unsafe(account: Account, planned: AccountPlan) -> ProviderError | None:
    """Why an account's plan would do harm: an owned webhook is nobody's, or a secret would be lost."""
    rows = {row.address: row for row in (*planned.rows, *planned.left_out)}
    for row in (*planned.rows, *planned.left_out):
        partner = rows.get(row.partner) if row.partner is not None else None
        is_owned = row.claim is Claim.OWNED and row.action is Action.NONE
        if is_owned and row.desired is None and row.remote is not None:
            named = (
                () if partner is None or partner.desired is None else account.provider.events_of(partner.desired.fields)
            )
            own = account.provider.events_of(row.remote.fields)
            events = ", ".join(sorted(event for event in own if not account.provider.carries(named, event)))
            return ProviderError(
                kind=ErrorKind.REFUSED,
                message=f"the webhook {row.address} has the URL of {row.partner}, but other events ({events})",
                help="Add these events to the entry, or delete that webhook at the provider.",
            )
        lost = _lost_secrets(account, row, partner)
        if lost:
            what = "update" if row.action is Action.UPDATE else "delete"
            return ProviderError(
                kind=ErrorKind.REFUSED,
                message=f"the {what} of {row.address} would lose its `{lost[0]}`, which isn't in the file",
                help=f"Add `{lost[0]}: ${{NAME}}` to the entry; its value is sent with every create and update.",
            )
    return None


def _lost_secrets(account: Account, row: Change, partner: Change | None) -> tuple[str, ...]:
    """The secrets that nobody would have any more: an update wipes them, or what takes over has none."""
    if row.remote is None:
        return ()
    if row.action is Action.UPDATE:
        return lost_secrets(account.provider, row.wanted, row.remote.fields)
    if row.action is not Action.DELETE or partner is None:
        return ()
    after = partner.wanted or ({} if partner.remote is None else partner.remote.fields)
    masked = (name for name, value in row.remote.fields.items() if value is Masked.SET)
    return tuple(name for name in masked if after.get(name) is None)


def _plan_account(
    account: Account,
    desired: Sequence[Desired],
    claims: Claims,
    claimed: Mapping[Claim, tuple[Remote, ...]],
    options: PlanOptions,
) -> AccountPlan:
    every = match_account(account, desired, claimed, destroy=options.destroy)
    rows, left_out = _filtered(every, options.filters.targets)
    changes = with_successors(account.provider, [row for row in rows if row.action is not Action.NONE], every)
    unchanged = (row for row in rows if row.action is Action.NONE)
    deliveries = Deliveries(
        owned=claimed[Claim.OWNED],
        protected=tuple(
            remote for remote in claimed[Claim.PROTECTED] if remote.key is not None and claims.owns(remote.key)
        ),
        changes=changes,
    )
    losses = losses_of(account, desired, deliveries)
    return AccountPlan(
        account=account,
        rows=tuple(_with_hints(account, desired, claims, (*changes, *unchanged), every)),
        left_out=left_out,
        on_unmanaged=OnUnmanaged.FAIL if options.fail_on_unmanaged else account.on_unmanaged,
        protected_owned=deliveries.protected,
        losses=losses,
        max_losses=max_losses_of(account, deliveries.owned),
        loss_limit=options.loss_limit,
        verdict=verdict_on(account, losses, deliveries, options.loss_limit),
    )


def _with_hints(
    account: Account, desired: Sequence[Desired], claims: Claims, rows: Iterable[Change], every: Iterable[Change]
) -> Iterator[Change]:
    """The rows, with what is to be said of what is left as it is."""
    # What moves is not missing: its webhook is the move's other half.
    missing = (row.desired for row in every if row.action is Action.CREATE and row.move is None)
    hints = Hints(account, desired, [wanted for wanted in missing if wanted is not None])
    for row in rows:
        if row.claim is Claim.NONE:
            yield hints.on(row)
        elif account.absent and (hint := claims.hint_on(row)) is not None:
            yield replace(row, hint=hint, near=row.address if hint is Hint.KEPT_FOR_ENTRY else None)
        else:
            yield row


def _filtered(every: Sequence[Change], targets: Sequence[str]) -> tuple[list[Change], tuple[Change, ...]]:
    """The rows that the targets mean, and the others. A move of which one half is left is no move any more."""
    if not targets:
        return [*every], ()
    rows = [row for row in every if any(matches_address(target, row.address) for target in targets)]
    addresses = {row.address for row in rows}
    left_out = tuple(row for row in every if row.address not in addresses)
    gone = {row.address for row in left_out if row.action is not Action.NONE}
    return [replace(row, partner=None) if row.move in gone else row for row in rows], left_out
