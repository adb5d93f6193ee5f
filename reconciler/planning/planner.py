"""Configuration and readings to a plan, step by step: claim, match, filter, then count what would be lost."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from msgspec import Struct, field
from msgspec.structs import replace

from reconciler.model.configuration import Account, Configuration, OnUnmanaged
from reconciler.model.plan import NO_ACTION, AccountPlan, Action, Claim, Filters, NotPlanned, Plan
from reconciler.model.reading import ProviderError, Reading
from reconciler.model.url import Url
from reconciler.model.webhook import Address, Desired, Remote
from reconciler.planning.claim import Claims
from reconciler.planning.fleet import InStepCounter, is_quiet, mixed_up
from reconciler.planning.hints import Hints
from reconciler.planning.losses import Deliveries, losses_of, max_losses_of, verdict_on
from reconciler.planning.match import match_account
from reconciler.planning.overlap import Sightings, UnreadKeys, claimed_twice
from reconciler.planning.places import Wanted, same_webhooks
from reconciler.planning.refusals import harm, unclear_webhook, unknown_secret
from reconciler.planning.resend import is_due
from reconciler.planning.shards import shard_of
from reconciler.planning.successors import with_successors
from reconciler.planning.targets import filtered, unmatched_filters, with_own_addresses, with_whole_ids


class PlanOptions(Struct, frozen=True, kw_only=True):
    """What was asked for beside the files."""

    filters: Filters = field(default_factory=Filters)
    destroy: bool = False
    allowed_losses: int | None = None  # what `--allow-losses` said
    resend_secrets: bool = False  # secrets that can't be read back are sent again
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

    The readings are by account name, without those that the filters leave out. `created` (UTC) is for display, and
    tells whether a `secret_since` has come.
    """
    planning = Planning(configuration, options, created)
    for name, reading in readings.items():
        planning.add(name, reading)
    return planning.plan()


class Planning:
    """Plans accounts one by one, as they are listed, in any order.

    Where `lets_go`, of places in which there is nothing to say only a count stays: there may be thousands.
    """

    def __init__(
        self, configuration: Configuration, options: PlanOptions, created: datetime, *, lets_go: bool = False
    ) -> None:
        self._configuration, self._created, self._lets_go = configuration, created, lets_go
        self._asked = options
        self._options = replace(options, filters=with_own_addresses(options.filters, configuration))
        self._accounts = configuration.accounts
        self._wanted = Wanted(configuration)
        self._errors: dict[str, ProviderError] = {}
        self._kept: dict[str, _Planned] = {}
        self._counters: dict[str, InStepCounter] = defaultdict(InStepCounter)
        self._sightings = Sightings(self._accounts)
        self._first: dict[str, tuple[int, Reading]] = {}  # of each fleet, of the first account that has webhooks
        self._unmatched = self._options.filters
        self._is_read = bytearray(len(self._accounts))  # by the accounts' numbers
        # The beginnings of ids mean what they mean in all accounts.
        filters = self._options.filters
        self._later: list[Reading] | None = None
        if any("@" in one for one in (*filters.targets, *filters.excludes)):
            self._later = []

    def add(self, name: str, reading: Reading | ProviderError) -> bool:
        """Plan an account by what was listed, or by why it could not be; whether more than a count of it stays."""
        if isinstance(reading, ProviderError):
            self._errors[name] = reading
            return True
        if self._later is not None:
            self._later.append(reading)
            return True
        number = self._accounts.number_of(name)
        account = self._accounts[number]
        listed = _AccountInput(account, self._wanted.of(account), reading)
        found = _Planned(listed, self._options, self._created)
        self._is_read[number] = True
        self._sightings.add(number, account, listed.claimed)
        if account.is_of_fleet and reading.remotes:
            first = self._first.setdefault(account.group, (number, reading))
            if number < first[0]:
                self._first[account.group] = number, reading
        if self._unmatched.targets or self._unmatched.excludes:
            addresses = {row.address for row in (*found.plan.rows, *found.plan.left_out)}
            self._unmatched = unmatched_filters(addresses, self._unmatched)
        self._kept[name] = found
        if self._lets_go and found.error is None and is_quiet(found.plan):
            for counted in self._counters[account.group].add(number, found.plan):
                del self._kept[counted]
        return name in self._kept

    def plan(self) -> Plan:
        """The plan of all accounts that were added, in the files' order."""
        if self._later is not None:
            later, self._later = self._later, None
            remotes = {Address.of_remote(one.account, remote.id) for one in later for remote in one.remotes}
            self._options = replace(self._options, filters=with_whole_ids(self._options.filters, remotes))
            self._unmatched = self._options.filters
            for reading in later:
                self.add(reading.account, reading)
        configuration, kept = self._configuration, self._kept
        remotes_of = {one.account: one.remotes for _, one in self._first.values()}
        remotes_of |= {name: one.reading.remotes for name, one in kept.items()}
        twice = self._sightings.twice()
        errors = {**self._errors, **claimed_twice(self._accounts, twice, remotes_of)}
        fleet_errors = mixed_up(self._accounts, twice, remotes_of, self._wanted)
        narrows = any(row.action is Action.DELETE for one in kept.values() for row in one.plan.changes)
        is_shard = self._asked.filters.shard is not None
        left = (one for one, is_read in zip(self._accounts, self._is_read, strict=True) if not is_read)
        unread = UnreadKeys(configuration, self._wanted, left, is_shard=is_shard) if narrows else None
        accounts: list[AccountPlan | NotPlanned] = []
        others: set[int] = set()  # that were counted as in step, and aren't
        for number, (account, is_read) in enumerate(zip(self._accounts, self._is_read, strict=True)):
            found = kept.get(account.name)
            error = fleet_errors.get(account.group) if is_read else None
            error = error or errors.get(account.name)
            if found is not None:
                conflict = None if unread is None else unread.conflict(account, found.plan.changes)
                error = found.unclear or error or conflict or found.error
            elif error is not None and is_read:
                others.add(number)
            if error is not None:
                accounts.append(NotPlanned(account=account, error=error))
            elif found is not None:
                accounts.append(found.plan)
        is_whole = not any(isinstance(one, NotPlanned) for one in accounts)
        seen = _Seen([kept[name].reading for name in sorted(kept)])
        counted = (counter.counted(others) for counter in self._counters.values())
        return Plan(
            configuration=replace(configuration, redaction=configuration.redaction.seeing(seen)),
            accounts=tuple(accounts),
            in_step=tuple(one for one in counted if one is not None),
            created=self._created,
            filters=self._options.filters,
            destroy=self._options.destroy,
            allowed_losses=self._options.allowed_losses,
            resend_secrets=self._options.resend_secrets,
            shard=shard_of(configuration, self._asked),
            unmatched=replace(self._unmatched, accounts=(), shard=None) if is_whole else Filters(),
        )


class _Planned:
    """What was decided in an account by itself, and what speaks against it."""

    __slots__ = ("error", "plan", "reading", "unclear")

    def __init__(self, listed: _AccountInput, options: PlanOptions, created: datetime) -> None:
        self.reading = listed.reading
        self.unclear = (same_webhooks(listed.desired) if listed.account.listed_by else None) or unclear_webhook(
            listed.reading, listed.claims
        )
        self.plan = _plan_account(listed, options, created)
        self.error = self.unclear or unknown_secret(self.plan) or harm(self.plan)


class _Seen:
    """The URLs that were listed, in an order that hangs neither on the file's nor on the list's."""

    def __init__(self, readings: Sequence[Reading]) -> None:
        self._readings = readings

    def __iter__(self) -> Iterator[Url]:
        for reading in self._readings:
            for remote in sorted(reading.remotes, key=lambda one: one.age):
                if isinstance(url := remote.fields["url"], Url):
                    yield url


class _AccountInput:
    """An account's entries, and what was listed there by whose it is."""

    def __init__(self, account: Account, desired: Sequence[Desired], reading: Reading) -> None:
        self.account, self.desired, self.reading = account, desired, reading
        self.claims = Claims(account, desired)
        self.claimed = self.claims.on_all(reading.remotes)


def _plan_account(listed: _AccountInput, options: PlanOptions, now: datetime) -> AccountPlan:
    account, claimed = listed.account, listed.claimed

    def resend(desired: Desired, remote: Remote) -> bool:
        return options.resend_secrets or is_due(desired, remote, now)

    unset = listed.claims.unset
    every = match_account(account, listed.desired, claimed, destroy=options.destroy, unset=unset, resend=resend)
    rows, left_out = filtered(every, options.filters)
    create = Action.CREATE
    changes = with_successors(account.provider, [row for row in rows if row.action is not NO_ACTION], every)
    rows = [*changes, *[row for row in rows if row.action is NO_ACTION]]
    owns = listed.claims.owns
    kept = (*claimed[Claim.PROTECTED], *claimed[Claim.UNSET])
    protected = tuple(one for one in kept if one.key is not None and owns(one.key))
    deliveries = Deliveries(
        owned=claimed[Claim.OWNED], protected=protected, changes=changes, unmanaged=claimed[Claim.NONE]
    )
    losses = losses_of(account, listed.desired, deliveries)
    # What moves, or is replaced, is not missing: its webhook is the other half.
    missing = [row.desired for row in every if row.action is create and row.partner is None and row.desired]
    if claimed[Claim.NONE] or claimed[Claim.KNOWN] or account.absent:
        rows = [*map(Hints(account, listed.desired, missing).on, rows)]
    return AccountPlan(
        account=account,
        rows=tuple(rows),
        left_out=left_out,
        on_unmanaged=OnUnmanaged.FAIL if options.fail_on_unmanaged else account.on_unmanaged,
        protected_owned=protected,
        losses=losses,
        max_losses=max_losses_of(account, (*deliveries.owned, *claimed[Claim.UNSET])),
        loss_limit=options.loss_limit,
        verdict=verdict_on(account, losses, deliveries, options.loss_limit),
        count=listed.reading.count,
    )
