"""The phases of one account's apply: widen, read back, narrow, read back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace

from reconciler.model.plan import AccountPlan, Action, Carrier, Change, Phase
from reconciler.model.provider import Provider
from reconciler.model.reading import ProviderError
from reconciler.model.report import AccountReport, Outcome, Result
from reconciler.model.webhook import Address, Remote
from reconciler.operations.change import delete, is_as_wanted, look, update, verified
from reconciler.operations.creates import Created, make_creates
from reconciler.operations.crew import Crew
from reconciler.planning.changes import duplicate_of, update_of
from reconciler.planning.match import by_key, choose_for
from reconciler.providers.client import Writer


@dataclass(slots=True, kw_only=True)
class AccountRun:
    """Carries out the plan of one account.

    Attributes:
        plan: what is to be done.
        writer: the account's client.
        crew: the threads.
        results: what became of the planned changes so far, by address.
        repairs: what became of updates that made the survivor of a created key right, by address.
        duplicates: what became of deletes that the duplicate rule asked for after creates.
    """

    plan: AccountPlan
    writer: Writer
    crew: Crew
    results: dict[Address, Result] = field(default_factory=dict)
    repairs: dict[Address, Result] = field(default_factory=dict)
    duplicates: list[Result] = field(default_factory=list)

    def run(self) -> AccountReport:
        """Do it all; every failure ends up in the report."""
        created = self._widen()
        listed = {remote.id: remote for remote in created.listing or ()}
        duplicates = self._settle_creates(created)
        self._read_back(listed, created.own)
        self._narrow(duplicates, listed)
        planned = (self.results[change.address] for change in self.plan.changes)
        return AccountReport(
            account=self.plan.account.name,
            results=(*planned, *self.repairs.values(), *self.duplicates),
            error=created.error,
        )

    def _widen(self) -> Created:
        """Updates in place and switch-ons, then creates, so that the list after the creates shows both."""
        widening = [change for change in self.plan.changes if change.phase is Phase.WIDEN]
        self._note(self.crew.each(self._update, (change for change in widening if change.action is Action.UPDATE)))
        creates = [change for change in widening if change.action is Action.CREATE]
        if not creates:
            return Created()
        created = make_creates(self.plan, self.writer, self.crew, creates)
        self._note(created.results.values())
        return created

    def _settle_creates(self, created: Created) -> list[Change]:
        """The duplicate rule for the keys that were created; the survivor is made right at once.

        Returns:
            The deletes of duplicates, for the narrowing phase.
        """
        there = by_key(created.listing or ())
        repairs: list[Change] = []
        duplicates: list[Change] = []
        for result in list(created.results.values()):
            desired = result.change.desired
            group = there.get(desired.key) if desired is not None else None
            if desired is None or not group or not result.is_done:
                continue
            choice = choose_for(self._provider, desired, group)
            protected = desired.key.endpoint in self.plan.account.protect
            repair = update_of(self._provider, desired, choice.survivor)
            own = choice.survivor.id in created.own
            if repair is not None and (not protected or own) and not (own and self._would_repeat(repair)):
                repairs.append(repair)
            carrier = Carrier(address=desired.address, fields=result.change.wanted, object_id=choice.survivor.id)
            duplicates.extend(
                replace(duplicate_of(desired.address, other), carriers=(carrier,))
                for other in choice.duplicates
                if not protected or other.id in created.own
            )
            self.results[desired.address] = replace(result, object_id=choice.survivor.id)
        repaired = self._verified(self.crew.each(self._update, repairs))
        self.repairs.update((result.change.address, result) for result in repaired)
        return duplicates

    def _would_repeat(self, repair: Change) -> bool:
        """Whether an update of what this run made would send what its create sent: a URL kept with other secrets."""
        return [field.name for field in repair.fields] == [self._provider.url_field]

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

    def _narrow(self, duplicates: Sequence[Change], listed: Mapping[str, Remote]) -> None:
        """Updates, then deletes, each only once all that is to carry its events has been seen to be there.

        In this order, because an update that drops an event may add one that a delete waits for.
        """
        planned = [change for change in self.plan.changes if change.phase is Phase.NARROW]
        self._note(self._narrowed([change for change in planned if change.action is Action.UPDATE], listed))
        self._note(self._narrowed([change for change in planned if change.action is Action.DELETE], listed))
        self.duplicates = self._narrowed(duplicates, listed)

    def _narrowed(self, changes: Sequence[Change], listed: Mapping[str, Remote]) -> list[Result]:
        standing = self._standing(changes, listed)
        return self._verified(self.crew.each(lambda change: self._narrow_one(change, standing), changes))

    def _narrow_one(self, change: Change, standing: Mapping[Address, bool | ProviderError]) -> Result:
        missing = [found for carrier in change.carriers if (found := standing[carrier.address]) is not True]
        if missing:
            error = next((found for found in missing if isinstance(found, ProviderError)), None)
            object_id = change.remote.id if change.remote is not None else ""
            return Result(change=change, outcome=Outcome.HELD, object_id=object_id, error=error)
        return delete(self.writer, change) if change.action is Action.DELETE else self._update(change)

    def _standing(
        self, changes: Iterable[Change], listed: Mapping[str, Remote]
    ) -> Mapping[Address, bool | ProviderError]:
        """Which carriers of these changes are there: those of this run by their results, all others by a look."""
        if self.crew.is_over:
            return {}  # nobody will ask
        carriers = {carrier.address: carrier for change in changes for carrier in change.carriers}
        seen = self.crew.every(lambda carrier: self._is_standing(carrier, listed), carriers.values())
        return dict(zip(carriers, seen, strict=True))

    def _is_standing(self, carrier: Carrier, listed: Mapping[str, Remote]) -> bool | ProviderError:
        """Whether a carrier is there, or why nobody knows."""
        result = self.repairs.get(carrier.address) or self.results.get(carrier.address)
        if result is not None:
            return result.is_done
        found = listed.get(carrier.object_id) or look(self.writer, carrier.object_id)
        if not isinstance(found, Remote):
            return found is not None and found
        provider = self._provider
        named = provider.events_of(found.fields)
        same = found.key is not None and found.key == provider.key_of(carrier.fields)
        carried = all(provider.carries(named, event) for event in provider.events_of(carrier.fields))
        return same and carried and provider.is_live(found.fields)

    def _update(self, change: Change) -> Result:
        return update(self.writer, self._provider, change)

    def _verified(self, results: Iterable[Result]) -> list[Result]:
        """Read back what was written, by id."""
        return self.crew.check(lambda result: verified(self.writer, self._provider, result), results)

    def _note(self, results: Iterable[Result]) -> None:
        self.results.update((result.change.address, result) for result in results)

    @property
    def _provider(self) -> Provider:
        return self.plan.account.provider
