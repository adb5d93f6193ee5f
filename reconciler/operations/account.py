"""Carries a plan out in each account: widen, read back, judge again, narrow, read back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from reconciler.model.plan import AccountPlan, Action, Change, Phase, Plan, Successor, Verdict
from reconciler.model.provider import Provider
from reconciler.model.reading import ErrorKind, ProviderError
from reconciler.model.report import AccountReport, Listener, Outcome, Report, Result, ThreadsLimited
from reconciler.model.webhook import Address, Remote
from reconciler.operations.change import LOOK_AGAIN_AFTER, is_result, look, refused_by_404, verified, write
from reconciler.operations.creates import Created, make_creates
from reconciler.operations.fleet import FleetCheck, MadeIn
from reconciler.operations.reading import AT_ONCE
from reconciler.operations.signals import Stop
from reconciler.operations.workers import WorkerPool, Workers
from reconciler.planning.fleet_writes import fleets, unstarted
from reconciler.planning.match import fitting
from reconciler.planning.settle import refused_narrowing, settle_created
from reconciler.planning.successors import Widening
from reconciler.providers.registry import Writer

if TYPE_CHECKING:
    from reconciler.operations.secret_sinks import Sink


def apply(  # noqa: PLR0913 - whom it works with
    plan: Plan,
    writers: Mapping[str, Writer | ProviderError],
    stop: Stop,
    sleep: Callable[[float], bool],
    listener: Listener,
    parallelism: int,
    *,
    sink: Sink | None = None,
) -> Report:
    """Do what the plan says, under its promises, in all accounts side by side: so many changes at once over all.

    `sleep` is False where the run was asked to stop meanwhile; the listener is called from several threads, and so is
    the sink, which takes the secrets that providers make.

    Raises:
        ValueError: a guard refuses the plan, or it needs a sink, which the caller should have seen.
    """
    if plan.made_secrets and sink is None:
        raise ValueError("apply() was given a plan that makes secrets, and nobody to take them")
    if plan.is_refused:
        raise ValueError("apply() was given a plan that a guard refuses")
    planned = [account for account in plan.planned if account.changes]

    def tell_limit(threads: int) -> None:
        listener(ThreadsLimited(threads=threads, wanted=parallelism))

    def run_of(one: AccountPlan) -> AccountRun:
        name = one.account.name
        if name not in begun:
            writer = writers[name]
            assert not isinstance(writer, ProviderError)  # it could be listed  # noqa: S101
            pool = WorkerPool(name, workers, listener, lambda: stop.is_asked() or made.is_mixed(one.account))
            writer = made.watched(one.account, writer)
            begun[name] = AccountRun(plan=one, writer=writer, pool=pool, sleep=sleep, sink=sink, made=made)
        return begun[name]

    def run(one: AccountPlan) -> AccountReport:
        group = one.account.group
        error, result = refused.get(group, (None, None))
        if error is None:
            return run_of(one).run()
        return run_of(one).end(error if fleet_of[group][0] is one else None, result)

    begun: dict[str, AccountRun] = {}
    made = MadeIn(planned)
    fleet_of = fleets(plan)
    most = min(len(planned), AT_ONCE)
    with Workers(parallelism, "change", tell_limit) as workers, Workers(most, "account") as accounts:
        refused = {group: FleetCheck(plan, of, writers, stop, sleep).made(run_of) for group, of in fleet_of.items()}
        reports = accounts.map(run, planned)
    return Report(plan=plan, accounts=tuple(reports), stopped_by=stop.signal)


class AccountRun(Struct, kw_only=True):
    """Carries out the plan of one account."""

    plan: AccountPlan
    writer: Writer
    pool: WorkerPool
    sleep: Callable[[float], bool]
    sink: Sink | None
    made: MadeIn
    results: dict[Address, Result] = field(default_factory=dict)  # of the planned changes, so far
    listed: dict[str, Remote] = field(default_factory=dict)  # after the creates, by id; empty where none was made
    first: Created = field(default_factory=Created)  # of the creates that were made alone, if any

    def begin(self, create: Change) -> Created:
        """Make a create alone, before the others."""
        made = make_creates(self.plan, self.writer, self.pool, [create], self.sink)
        self.first = made.after(self.first)
        return made

    def end(self, error: ProviderError | None, result: Result | None) -> AccountReport:
        """Leave the account alone; the result is what became of a create that was made alone.

        The error is about a fleet, and so is said of one account in it.
        """
        results = {**self.first.results}
        if result is not None and result.change.address in results:
            results[result.change.address] = result
        ended = unstarted(self.plan, results.values())
        self.pool.end(ended)
        return AccountReport(account=self.plan.account.name, results=ended, error=error)

    def run(self) -> AccountReport:
        """Do it all; every failure ends up in the report."""
        widening = [change for change in self.plan.changes if change.phase is Phase.WIDEN]
        # Updates and switch-ons first, so that the list after the creates shows both.
        updates = (change for change in widening if change.action is Action.UPDATE)
        self._note(self.pool.each(partial(write, self.writer, self._provider), updates))
        creates = [change for change in widening if change.action is Action.CREATE]
        left = [change for change in creates if change.address not in self.first.results]
        created = make_creates(self.plan, self.writer, self.pool, left, self.sink).after(self.first)
        error, wrong = self.made.mix_up(self.plan.account, self.writer, created, self.sleep)
        if error is not None:
            self._note(self.made.unmade(self.plan, self.writer, created, wrong, error, self.sleep))
            ended = unstarted(self.plan, self.results.values())
            self.pool.end(ended)
            return AccountReport(account=self.plan.account.name, results=ended, error=error)
        self._note(created.results.values())
        self.listed = {remote.id: remote for remote in created.listing or ()}
        repairs, found = self._settle_creates(created)
        self._read_back(created.own)
        repaired = self._said_once(repairs)
        self.pool.end((*(self.results[change.address] for change in widening), *repaired))
        # Another account may have got one meanwhile that looked like a duplicate here.
        error = self.made.error_of(self.plan.account, (one.remote for one in found if one.remote is not None))
        narrowed = self._narrow(widening, found)  # nothing, where there is an error
        planned = (self.results[change.address] for change in self.plan.changes)
        return AccountReport(
            account=self.plan.account.name, results=(*planned, *repaired, *narrowed), error=error or created.error
        )

    def _settle_creates(self, created: Created) -> tuple[list[Result], list[Change]]:
        """The duplicate rule for the keys that were created: the results of updates that widen, and what narrows."""
        is_new = self.plan.tells_unlisted()
        found: list[Change] = []
        for result in created.results.values():
            desired = result.change.desired
            if desired is None or not result.is_done:
                continue
            group, answer = fitting(self._provider, desired, created.there), created.answers.get(desired.address)
            if not group and answer is not None:
                group = [answer]  # which may be of a webhook that was there, and that the list hides
            if group and not is_new(group[0]):  # what the list has there is new, all of it
                message = f"it answered with the webhook {group[0].id}, which was there before, instead of a new one"
                error = ProviderError(ErrorKind.GARBLED, message)
                self.results[desired.address] = replace(result, outcome=Outcome.FAILED, error=error)
            elif group:
                survivor, changes = settle_created(self.plan.account, desired, group, created.own)
                found += changes
                stays = result if result.object_id == survivor.id else replace(result, object_id=survivor.id)
                # Another run made the one that stays, and has its secret.
                is_lost = bool(result.change.secret_to) and survivor.id not in created.kept
                if is_lost:
                    stays = replace(stays, outcome=Outcome.SECRET_LOST)
                    if answer is not None and answer.id in created.kept:
                        message = f"another run made it, too: {self._without_own(result.change.secret_to)}"
                        stays = replace(stays, error=ProviderError(ErrorKind.REFUSED, message))
                self.results[desired.address] = stays
        repairs = [change for change in found if change.phase is Phase.WIDEN]
        narrowing = [change for change in found if change.phase is Phase.NARROW]
        return self._verified(self.pool.each(partial(write, self.writer, self._provider), repairs)), narrowing

    def _without_own(self, name: str) -> str:
        """What a name holds after all, whose secret this run has passed on for a webhook that goes."""
        from reconciler.operations.secret_sinks import SecretFile  # few runs need it  # noqa: PLC0415

        if isinstance(self.sink, SecretFile):
            with suppress(ProviderError):
                self.sink.put_back(name)
                return f"`{name}` holds that one's secret, or what it held before"
        return f"`{name}` may now hold the secret of a webhook that is gone"

    def _read_back(self, own: AbstractSet[str]) -> None:
        """See that what was widened is there: in the list after the creates, or else by id."""

        def is_seen(result: Result) -> bool:
            if result.change.action is Action.CREATE and result.object_id not in own:
                return False  # only a list knows it, which may lag, and ours would go for one that is gone
            found = self.listed.get(result.object_id)
            return result.is_done and found is not None and is_result(self._provider, result.change, found)

        self._note(self._verified([result for result in self.results.values() if not is_seen(result)]))

    def _said_once(self, repairs: Iterable[Result]) -> list[Result]:
        """The repairs of creates that are done. A create that none made right is said once, with what that one met."""
        told: list[Result] = []
        for repair in repairs:
            made = self.results[repair.change.address]
            if made.is_done:
                told.append(repair)
            else:
                self.results[repair.change.address] = replace(made, error=repair.error or made.error)
        return told

    def _narrow(self, widening: Sequence[Change], found: Sequence[Change]) -> list[Result]:
        """Updates, then deletes, each only once all that is to carry its events has been seen to be there.

        In this order, because an update that drops an event may add one that a delete waits for. Gives the results of
        what the creates were found to need narrowed.
        """
        planned = [change for change in self.plan.changes if change.phase is Phase.NARROW]
        updates, deletes = ([one for one in planned if one.action is kind] for kind in (Action.UPDATE, Action.DELETE))
        unfinished = self._unfinished(widening)
        ready = [change for change in (*planned, *found) if unfinished.holding(change) is None]
        changes = (*(change for change in widening if self.results[change.address].is_done), *ready)
        refused = refused_narrowing(self.plan, changes, self._stands) if ready and not self.pool.is_over else {}
        self._note(self._narrowed(updates, unfinished, refused))
        unfinished = self._unfinished((*widening, *updates))
        self._note(self._narrowed(deletes, unfinished, refused))
        return self._narrowed(found, unfinished, refused)

    def _unfinished(self, changes: Iterable[Change]) -> Widening:
        return Widening(self._provider, (change for change in changes if not self.results[change.address].is_done))

    def _stands(self, remote: Remote) -> bool | None:
        """Whether a webhook is there and delivers; None where nobody knows. What was widened has just been seen."""
        found = self._look(remote.id)
        if isinstance(found, ProviderError):
            return None
        return found is not None and self._provider.is_live(found.fields)

    def _narrowed(
        self, changes: Sequence[Change], unfinished: Widening, refused: Mapping[str, Verdict]
    ) -> list[Result]:
        successors = {successor.address: successor for change in changes for successor in change.depends_on}
        # Once it is over nobody asks.
        seen = [] if self.pool.is_over else self.pool.every(self._is_standing, successors.values())
        missing = {address: found for address, found in zip(successors, seen, strict=False) if found is not True}

        def narrow(change: Change) -> Result:
            assert change.remote is not None  # only changes of remote webhooks narrow  # noqa: S101
            held = Result(change=change, outcome=Outcome.HELD, object_id=change.remote.id)
            waits_for = unfinished.holding(change)
            if waits_for is not None:
                new = self.results[waits_for]
                is_lost = bool(new.change.secret_to) and new.outcome in (Outcome.SECRET_LOST, Outcome.UNKNOWN)
                return replace(held, waits_for=waits_for, has_only_secret=is_lost)
            gone = [one.address for one in change.depends_on if one.address in missing]
            if gone:
                errors = (found for one in gone if isinstance(found := missing[one], ProviderError))
                return replace(held, waits_for=gone[0], error=next(errors, None))
            if change.remote.id in refused:
                return replace(held, verdict=refused[change.remote.id])
            return write(self.writer, self._provider, change)

        sent = self.pool.each(narrow, changes)
        read = [replace(one, error=None) if one.is_done else one for one in self._verified(sent)]
        pairs = list(zip(sent, read, strict=True))
        listed = self._still_listed([one for one, after in pairs if one.error and one.is_done and after.is_done])
        results = [refused_by_404(self.plan.account, one) if one.object_id in listed else after for one, after in pairs]
        self.pool.end(results)
        return results

    def _still_listed(self, doubted: Sequence[Result]) -> AbstractSet[str]:
        """The ids of webhooks that a 404 says are gone, and a list shows: a token may list what it may not see."""
        changes = {result.object_id: result.change for result in doubted}
        for seconds in (0.0, *LOOK_AGAIN_AFTER):
            if not changes or (seconds and not self.sleep(seconds)):
                break
            try:
                remotes = self.writer.list().remotes
            except ProviderError:
                return frozenset()  # nothing says otherwise
            left = [one for one in remotes if one.id in changes and not is_result(self._provider, changes[one.id], one)]
            changes = {remote.id: changes[remote.id] for remote in left}
        return changes.keys()

    def _is_standing(self, successor: Successor) -> bool | ProviderError:
        """Whether a successor is there, by this run's result or else by a look; or why nobody knows."""
        result = self.results.get(successor.address)
        if result is not None:
            return result.is_done
        found = self._look(successor.object_id)
        if not isinstance(found, Remote):
            return found or False
        provider = self._provider
        named, needed = provider.events_of(found.fields), provider.events_of(successor.fields)
        same = found.key is not None and found.key == provider.key_of(successor.fields)
        return same and not provider.uncarried(needed, named) and provider.is_live(found.fields)

    def _look(self, object_id: str) -> Remote | ProviderError | None:
        """A webhook as the list after the creates has it, or else as it reads now."""
        return self.listed.get(object_id) or look(self.writer, object_id)

    def _verified(self, results: Iterable[Result]) -> list[Result]:
        return self.pool.every(lambda result: verified(self.writer, self.plan.account, result, self.sleep), results)

    def _note(self, results: Iterable[Result]) -> None:
        self.results.update((result.change.address, result) for result in results)

    @property
    def _provider(self) -> Provider:
        return self.plan.account.provider
