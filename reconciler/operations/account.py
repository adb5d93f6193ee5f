"""The phases of one account's apply: widen, read back, judge again, narrow, read back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace

from reconciler.model.plan import AccountPlan, Action, Change, Claim, Phase, Successor, Verdict
from reconciler.model.provider import Provider
from reconciler.model.reading import ProviderError
from reconciler.model.report import AccountReport, Outcome, Result
from reconciler.model.webhook import Address, Remote
from reconciler.operations.change import delete, is_as_wanted, look, update, verified
from reconciler.operations.creates import Created, make_creates
from reconciler.operations.worker_pool import WorkerPool
from reconciler.planning.changes import duplicate_of, update_of
from reconciler.planning.losses import Deliveries, losses_of, verdict_on
from reconciler.planning.match import by_key, choose_for
from reconciler.planning.successors import Widening
from reconciler.providers.client import Writer


@dataclass(frozen=True, slots=True, kw_only=True)
class Holds:
    """What keeps narrowing changes from being made.

    Attributes:
        unfinished: what was to widen and isn't seen to be there as wanted.
        refused: ids of the webhooks whose loss the guard refuses, on what is really there.
        verdict: the guard's.
        standing: which successors are there, or why nobody knows.
    """

    unfinished: Widening
    refused: frozenset[str] = frozenset()
    verdict: Verdict = Verdict.FINE
    standing: Mapping[Address, bool | ProviderError] = field(default_factory=dict)

    def on(self, change: Change) -> Result | None:
        """Why a change is held back, as its result; None where it isn't."""
        assert change.remote is not None  # only changes of remote webhooks narrow  # noqa: S101
        held = Result(change=change, outcome=Outcome.HELD, object_id=change.remote.id)
        waits_for = self.unfinished.holding(change)
        if waits_for is not None:
            return replace(held, waits_for=waits_for)
        missing = {one.address: found for one in change.depends_on if (found := self.standing[one.address]) is not True}
        if missing:
            error = next((found for found in missing.values() if isinstance(found, ProviderError)), None)
            return replace(held, waits_for=next(iter(missing)), error=error)
        return replace(held, verdict=self.verdict) if change.remote.id in self.refused else None


@dataclass(slots=True, kw_only=True)
class AccountRun:
    """Carries out the plan of one account.

    Attributes:
        plan: what is to be done.
        writer: the account's client.
        pool: the threads.
        sleep: waits so many seconds; False where the run was asked to stop meanwhile.
        results: what became of the planned changes so far, by address.
        repairs: what became of updates that made the survivor of a created key right, by address.
        found: what became of what the creates were found to need narrowed: duplicates, mostly.
    """

    plan: AccountPlan
    writer: Writer
    pool: WorkerPool
    sleep: Callable[[float], bool]
    results: dict[Address, Result] = field(default_factory=dict)
    repairs: dict[Address, Result] = field(default_factory=dict)
    found: list[Result] = field(default_factory=list)

    def run(self) -> AccountReport:
        """Do it all; every failure ends up in the report."""
        created = self._widen()
        listed = {remote.id: remote for remote in created.listing or ()}
        found = self._settle_creates(created)
        self._read_back(listed, created.own)
        self.pool.end((*map(self._said_once, self._widening), *self._repaired()))
        self._narrow(found, listed)
        return AccountReport(
            account=self.plan.account.name,
            results=(*map(self._said_once, self.plan.changes), *self._repaired(), *self.found),
            error=created.error,
        )

    def _said_once(self, change: Change) -> Result:
        """What became of a planned change; of a create that no update made right, with what that one met."""
        result, repair = self.results[change.address], self.repairs.get(change.address)
        return result if result.is_done or repair is None else replace(result, error=repair.error or result.error)

    def _repaired(self) -> Iterator[Result]:
        """The updates that made a created webhook right, or failed to beside a create that is done."""
        return (repair for address, repair in self.repairs.items() if self.results[address].is_done)

    def _widen(self) -> Created:
        """Updates in place and switch-ons, then creates, so that the list after the creates shows both."""
        widening = self._widening
        self._note(self.pool.each(self._update, (change for change in widening if change.action is Action.UPDATE)))
        creates = [change for change in widening if change.action is Action.CREATE]
        if not creates:
            return Created()
        created = make_creates(self.plan, self.writer, self.pool, creates)
        self._note(created.results.values())
        return created

    def _settle_creates(self, created: Created) -> list[Change]:
        """The duplicate rule for the keys that were created; the survivor is made right at once.

        Returns:
            What narrows, for that phase: deletes of duplicates, and updates of what was there before.
        """
        there = by_key(created.listing or ())
        repairs: list[Change] = []
        narrowing: list[Change] = []
        for result in list(created.results.values()):
            desired = result.change.desired
            if desired is None or not result.is_done:
                continue
            # A provider may answer with a webhook of this key that was there, and that its list hides.
            answer = created.answers.get(desired.address)
            group = there.get(desired.key) or ([answer] if answer is not None else [])
            if not group:
                continue
            choice = choose_for(self._provider, desired, group)
            protected = desired.key.endpoint in self.plan.account.protect
            repair = update_of(self._provider, desired, choice.survivor)
            own = choice.survivor.id in created.own
            if repair is not None and (not protected or own) and not (own and self._would_repeat(repair)):
                (repairs if repair.phase is Phase.WIDEN else narrowing).append(repair)
            narrowing.extend(
                duplicate_of(desired.address, other)
                for other in choice.duplicates
                if not protected or other.id in created.own
            )
            self.results[desired.address] = replace(result, object_id=choice.survivor.id)
        repaired = self._verified(self.pool.each(self._update, repairs))
        self.repairs.update((result.change.address, result) for result in repaired)
        return narrowing

    def _would_repeat(self, repair: Change) -> bool:
        """Whether an update of what this run made would send what its create sent: a URL kept with other secrets."""
        return [field.name for field in repair.fields] == ["url"]

    def _read_back(self, listed: Mapping[str, Remote], own: AbstractSet[str]) -> None:
        """See that what was widened is there: in the list after the creates, or else by id.

        A webhook that only a list knows is read by id: the list may lag, and ours would go for one that is gone.
        """
        unseen = [result for result in self.results.values() if not self._is_seen(result, listed, own)]
        self._note(self._verified(unseen))

    def _is_seen(self, result: Result, listed: Mapping[str, Remote], own: AbstractSet[str]) -> bool:
        if result.change.action is Action.CREATE and result.object_id not in own:
            return False
        found = listed.get(result.object_id)
        return result.is_done and found is not None and is_as_wanted(self._provider, result.change, found)

    def _narrow(self, found: Sequence[Change], listed: Mapping[str, Remote]) -> None:
        """Updates, then deletes, each only once all that is to carry its events has been seen to be there.

        In this order, because an update that drops an event may add one that a delete waits for.
        """
        planned = [change for change in self.plan.changes if change.phase is Phase.NARROW]
        updates = [change for change in planned if change.action is Action.UPDATE]
        holds = self._holds([*planned, *found], listed)
        self._note(self._narrowed(updates, holds, listed))
        holds = replace(holds, unfinished=self._unfinished([*self._widening, *updates]))
        self._note(self._narrowed([change for change in planned if change.action is Action.DELETE], holds, listed))
        self.found = self._narrowed(found, holds, listed)

    def _holds(self, planned: Sequence[Change], listed: Mapping[str, Remote]) -> Holds:
        """What failed, and what the guards say to that: judged before anything narrows, on what is really there."""
        unfinished = self._unfinished(self._widening)
        finished = [change for change in self._widening if self._is_finished(change.address)]
        ready = [change for change in planned if unfinished.holding(change) is None]
        if not ready or self.pool.is_over:
            return Holds(unfinished=unfinished)
        account, limit = self.plan.account, self.plan.loss_limit
        deliveries = Deliveries(
            owned=self.plan.listed(Claim.OWNED),
            protected=self.plan.protected_owned,
            changes=(*finished, *ready),
        )
        losses = losses_of(account, (), deliveries)
        verdict = verdict_on(account, losses, deliveries, limit)
        if verdict is Verdict.FINE and losses and limit is None and not self._something_stays(deliveries, listed):
            verdict = Verdict.NOTHING_LEFT
        lost = (remote.id for loss in losses for remote in loss.remotes)
        return Holds(
            unfinished=unfinished,
            refused=frozenset(lost if verdict is not Verdict.FINE else ()),
            verdict=verdict,
        )

    @property
    def _widening(self) -> list[Change]:
        return [change for change in self.plan.changes if change.phase is Phase.WIDEN]

    def _unfinished(self, changes: Iterable[Change]) -> Widening:
        """What of these changes is not seen to be there as wanted."""
        return Widening(self._provider, (change for change in changes if not self._is_finished(change.address)))

    def _is_finished(self, address: Address) -> bool:
        """Whether what was to widen has been seen to be there as wanted."""
        return (self.repairs.get(address) or self.results[address]).is_done

    def _something_stays(self, deliveries: Deliveries, listed: Mapping[str, Remote]) -> bool:
        """Whether one owned webhook that is to stay delivers still. What was widened has just been seen."""
        is_live = self._provider.is_live
        if any(change.phase is Phase.WIDEN and is_live(change.wanted) for change in deliveries.changes):
            return True
        narrowed = {
            change.remote.id
            for change in deliveries.changes
            if change.remote is not None and (change.action is Action.DELETE or not is_live(change.wanted))
        }
        for remote in (*deliveries.owned, *deliveries.protected):
            if remote.id in narrowed or not is_live(remote.fields):
                continue
            found = self._look(remote.id, listed)
            if isinstance(found, ProviderError):
                return False  # nobody knows, and the others would be asked in vain
            if found is not None and is_live(found.fields):
                return True
        return False

    def _narrowed(self, changes: Sequence[Change], holds: Holds, listed: Mapping[str, Remote]) -> list[Result]:
        holds = replace(holds, standing=self._standing(changes, listed))
        results = self._verified(self.pool.each(lambda change: holds.on(change) or self._narrow_one(change), changes))
        self.pool.end(results)
        return results

    def _narrow_one(self, change: Change) -> Result:
        return delete(self.writer, change) if change.action is Action.DELETE else self._update(change)

    def _standing(
        self, changes: Iterable[Change], listed: Mapping[str, Remote]
    ) -> Mapping[Address, bool | ProviderError]:
        """Which successors of these changes are there: those of this run by their results, all others by a look."""
        if self.pool.is_over:
            return {}  # nobody will ask
        successors = {successor.address: successor for change in changes for successor in change.depends_on}
        seen = self.pool.every(lambda successor: self._is_standing(successor, listed), successors.values())
        return dict(zip(successors, seen, strict=True))

    def _is_standing(self, successor: Successor, listed: Mapping[str, Remote]) -> bool | ProviderError:
        """Whether a successor is there, or why nobody knows."""
        result = self.results.get(successor.address)
        if result is not None:
            return result.is_done
        found = self._look(successor.object_id, listed)
        if not isinstance(found, Remote):
            return found is not None and found
        provider = self._provider
        named = provider.events_of(found.fields)
        same = found.key is not None and found.key == provider.key_of(successor.fields)
        carried = all(provider.carries(named, event) for event in provider.events_of(successor.fields))
        return same and carried and provider.is_live(found.fields)

    def _look(self, object_id: str, listed: Mapping[str, Remote]) -> Remote | ProviderError | None:
        """A webhook as the list after the creates has it, or else as it reads now."""
        return listed.get(object_id) or look(self.writer, object_id)

    def _update(self, change: Change) -> Result:
        return update(self.writer, self._provider, change)

    def _verified(self, results: Iterable[Result]) -> list[Result]:
        """Read back what was written, by id."""
        return self.pool.every(lambda result: verified(self.writer, self._provider, result, self.sleep), results)

    def _note(self, results: Iterable[Result]) -> None:
        self.results.update((result.change.address, result) for result in results)

    @property
    def _provider(self) -> Provider:
        return self.plan.account.provider
