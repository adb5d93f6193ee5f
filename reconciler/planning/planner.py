"""Configuration and readings to a plan, step by step: claim, match, filter, then count what would be lost."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from reconciler.model.configuration import Account, Configuration, OnUnmanaged
from reconciler.model.pattern import matches_name
from reconciler.model.plan import AccountPlan, Action, Change, Claim, Filters, NotPlanned, Plan
from reconciler.model.provider import lost_secrets
from reconciler.model.reading import ErrorKind, ProviderError, Reading
from reconciler.model.url import Url
from reconciler.model.webhook import Address, Desired, Masked
from reconciler.planning.claim import Claims, Hints, UnreadKeys, overlaps
from reconciler.planning.losses import Deliveries, losses_of, max_losses_of, verdict_on, with_successors
from reconciler.planning.match import match_account


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanOptions:
    """What was asked for beside the files."""

    filters: Filters = field(default_factory=Filters)
    destroy: bool = False
    allowed_losses: int | None = None  # what `--allow-losses` said
    fail_on_unmanaged: bool = False  # unmanaged webhooks are drift, whatever the files say

    @property
    def loss_limit(self) -> int | None:
        """How many losses an account may have, None leaving it to the file: `--destroy` always asks for its own."""
        return 0 if self.destroy and self.allowed_losses is None else self.allowed_losses


def plan(
    configuration: Configuration,
    readings: Mapping[str, Reading | ProviderError],
    options: PlanOptions,
    created: datetime,
) -> Plan:
    """Decide everything that would be done; the same for any order of what was listed.

    The readings are by account name, without those that the filters leave out; `created` (UTC) is for display only.
    """
    desired: dict[str, list[Desired]] = defaultdict(list)
    for wanted in configuration.desired:
        desired[wanted.address.account].append(wanted)
    read = [
        _Listed(account=account, desired=desired[account.name], reading=reading)
        for account in configuration.accounts
        if isinstance(reading := readings.get(account.name), Reading)
    ]
    listed = {one.account.name: one for one in read}
    errors = {name: error for name, error in readings.items() if isinstance(error, ProviderError)}
    errors |= overlaps((one.account, (*one.claimed[Claim.OWNED], *one.claimed[Claim.ABSENT])) for one in read)
    errors |= {name: error for name, one in listed.items() if (error := _unclear(one))}
    unread = UnreadKeys(configuration, listed)
    accounts: list[AccountPlan | NotPlanned] = []
    for account in configuration.accounts:
        error, planned = errors.get(account.name), None
        if error is None and account.name in listed:
            planned = _plan_account(listed[account.name], options)
            error = unread.conflict(account, planned.changes) or _unsafe(planned)
        if error is not None:
            accounts.append(NotPlanned(account=account, error=error))
        elif planned is not None:
            accounts.append(planned)
    every = [one for one in accounts if isinstance(one, AccountPlan)]
    addresses = {row.address for one in every for row in (*one.rows, *one.left_out)}
    unmatched = Filters(
        targets=_unmatched(addresses, options.filters.targets), excludes=_unmatched(addresses, options.filters.excludes)
    )
    # In an order that hangs neither on the file's nor on the list's.
    by_name = sorted(read, key=lambda one: one.account.name)
    seen = [one.fields["url"] for each in by_name for one in sorted(each.reading.remotes, key=lambda one: one.age)]
    redaction = configuration.redaction.seeing(url for url in seen if isinstance(url, Url))
    return Plan(
        configuration=replace(configuration, redaction=redaction),
        accounts=tuple(accounts),
        created=created,
        filters=options.filters,
        destroy=options.destroy,
        allowed_losses=options.allowed_losses,
        unmatched=unmatched if len(every) == len(accounts) else Filters(),
    )


class _Listed:
    """An account with its entries, and with what was listed there by whose it is."""

    def __init__(self, account: Account, desired: Sequence[Desired], reading: Reading) -> None:
        self.account, self.desired, self.reading = account, desired, reading
        self.claims = Claims(account, desired)
        self.claimed = self.claims.on_all(reading.remotes)


def _unclear(listed: _Listed) -> ProviderError | None:
    """Why an account can't be planned: one of its webhooks is ours by its URL, and can't be read."""
    unclear = next(filter(listed.claims.may_be_ours, listed.reading.remotes), None)
    if unclear is None:
        return None
    names = " and ".join(f"`{name}`" for name in unclear.unreadable)
    return ProviderError(
        kind=ErrorKind.GARBLED,
        message=f"the webhook @{unclear.id} is at a URL that this configuration owns, but its {names} can't be read",
        help="Nothing is changed in this account until you fix or delete that webhook at the provider.",
    )


def _unsafe(planned: AccountPlan) -> ProviderError | None:
    """Why an account's plan would do harm: an owned webhook is nobody's, or a secret would be lost."""
    provider = planned.account.provider
    rows = {row.address: row for row in (*planned.rows, *planned.left_out)}
    for row in rows.values():
        partner = None if row.partner is None else rows.get(row.partner)
        if row.remote is None:
            continue
        if row.claim is Claim.OWNED and row.action is Action.NONE and row.desired is None:
            named = provider.events_of(partner.desired.fields) if partner is not None and partner.desired else ()
            events = ", ".join(sorted(provider.uncarried(provider.events_of(row.remote.fields), named)))
            return ProviderError(
                kind=ErrorKind.REFUSED,
                message=f"the webhook {row.address} has the same URL as {row.partner}, but other events ({events})",
                help="Add these events to the entry, or delete that webhook at the provider.",
            )
        lost: Iterable[str] = ()
        if row.action is Action.UPDATE:
            lost = lost_secrets(provider, row.wanted, row.remote.fields)
        elif row.action is Action.DELETE and partner is not None:
            # What takes over has none, and nobody else would any more.
            after = partner.wanted or ({} if partner.remote is None else partner.remote.fields)
            lost = (
                name for name, value in row.remote.fields.items() if value is Masked.SET and after.get(name) is None
            )
        for name in lost:
            return ProviderError(
                kind=ErrorKind.REFUSED,
                message=f"the {row.action.value} of {row.address} would remove its `{name}`, which isn't in the file",
                help=f"Add `{name}: ${{NAME}}` to the entry; its value is sent with every create and update.",
            )
    return None


def _plan_account(listed: _Listed, options: PlanOptions) -> AccountPlan:
    account, claimed = listed.account, listed.claimed
    every = match_account(account, listed.desired, claimed, destroy=options.destroy)
    rows, left_out = _filtered(every, options.filters)
    changes = with_successors(account.provider, [row for row in rows if row.action is not Action.NONE], every)
    unchanged = (row for row in rows if row.action is Action.NONE)
    owns = listed.claims.owns
    protected = tuple(one for one in claimed[Claim.PROTECTED] if one.key is not None and owns(one.key))
    deliveries = Deliveries(
        owned=claimed[Claim.OWNED], protected=protected, changes=changes, unmanaged=claimed[Claim.NONE]
    )
    losses = losses_of(account, listed.desired, deliveries)
    # What moves is not missing: its webhook is the move's other half.
    missing = [row.desired for row in every if row.action is Action.CREATE and row.move is None and row.desired]
    hints = Hints(account, listed.desired, missing)
    return AccountPlan(
        account=account,
        rows=tuple(map(hints.on, (*changes, *unchanged))),
        left_out=left_out,
        on_unmanaged=OnUnmanaged.FAIL if options.fail_on_unmanaged else account.on_unmanaged,
        protected_owned=protected,
        losses=losses,
        max_losses=max_losses_of(account, deliveries.owned),
        loss_limit=options.loss_limit,
        verdict=verdict_on(account, losses, deliveries, options.loss_limit),
        count=listed.reading.count,
    )


def _filtered(every: Sequence[Change], filters: Filters) -> tuple[list[Change], tuple[Change, ...]]:
    """The rows that the filters mean, and the others. A move of which one half is left is no move any more."""
    if not filters.targets and not filters.excludes:
        return [*every], ()
    rows = [
        row
        for row in every
        if (not filters.targets or any(matches_address(target, row.address) for target in filters.targets))
        and not any(matches_address(excluded, row.address) for excluded in filters.excludes)
    ]
    addresses = {row.address for row in rows}
    left_out = tuple(row for row in every if row.address not in addresses)
    gone = {row.address for row in left_out if row.action is not Action.NONE}
    return [replace(row, partner=None) if row.move in gone else row for row in rows], left_out


def matches_address(target: str, address: Address) -> bool:
    """Whether a target means an address: `orders` means all its events in all accounts."""
    group, _, place = address.account.partition(":")
    accounts = (address.account, group) if place else (address.account,)
    short = address.text(long=False)
    long = (f"{account}/{name}" for account in accounts for name in (address.name, short))
    return any(matches_name(target, name) for name in (address.name, short, *long))


def selected_accounts(configuration: Configuration, patterns: Sequence[str]) -> tuple[Account, ...]:
    """The accounts that `--account` lets through, by their own names or by those of all their places; all without."""
    return tuple(
        account
        for account in configuration.accounts
        if not patterns
        or any(matches_name(pattern, name) for pattern in patterns for name in (account.name, account.group))
    )


def _unmatched(addresses: Collection[Address], targets: Iterable[str]) -> tuple[str, ...]:
    """The targets that mean none of these addresses."""
    return tuple(target for target in targets if not any(matches_address(target, address) for address in addresses))
