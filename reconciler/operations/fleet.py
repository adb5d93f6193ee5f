"""Before a fleet is written to: whether the provider heeds the header that tells its accounts apart.

One create is made alone and looked for in the list of another account. Where only updates or deletes are to be made,
two lists are compared: `planning.fleet` has done that where the plan read more than one of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Protocol

from msgspec.structs import replace

from reconciler.model.configuration import Account
from reconciler.model.plan import AccountPlan, Action, Plan
from reconciler.model.reading import ErrorKind, ProviderError
from reconciler.model.report import Outcome, Result
from reconciler.operations.creates import Created
from reconciler.operations.reading import Clients
from reconciler.operations.signals import Stop
from reconciler.planning.fleet import header_ignored
from reconciler.providers.registry import Reader, Writer

MOST_TRIES = 5
"""How many accounts are tried, should they fail: one that may not be looked at must not stop the others for ever."""
Refused = tuple[ProviderError | None, Result | None]
"""Why nothing is written to a fleet, if so, and what became of the create that was made alone, if any was."""


class Run(Protocol):
    """The run of one account."""

    writer: Writer

    def begin(self) -> Created:
        """Make its first create alone."""


def fleets(plan: Plan) -> Mapping[str, Sequence[AccountPlan]]:
    """The accounts of each fleet that are to be written to."""
    found: dict[str, list[AccountPlan]] = defaultdict(list)
    for planned in plan.planned:
        if planned.changes and planned.account.is_of_fleet:
            found[planned.account.group].append(planned)
    return found


class FleetCheck:
    """Checks one fleet, whose accounts have these clients."""

    def __init__(
        self, plan: Plan, planned: Sequence[AccountPlan], clients: Mapping[str, Writer | ProviderError], stop: Stop
    ) -> None:
        self._plan, self._planned, self._clients, self._stop = plan, planned, clients, stop
        self._group = planned[0].account.group

    def made(self, run_of: Callable[[AccountPlan], Run]) -> Refused:
        """Make a create alone, or compare lists."""
        creating = [one for one in self._planned if any(row.action is Action.CREATE for row in one.changes)]
        # One that is off may be in no list.
        creating.sort(key=lambda one: not _first_is_live(one))
        if not creating:
            return self._compared(), None
        for planned in creating[:MOST_TRIES]:
            run = run_of(planned)
            created = run.begin()
            result = next(iter(created.results.values()))
            if self._stop.is_asked():
                return None, None  # nothing more is begun
            if result.is_done:
                error = self._of_create(planned.account, result, created)
                return error, None if error is None else _taken_back(run.writer, result)
        return _unchecked("the first create failed in each account in which it was tried"), None

    def _of_create(self, account: Account, result: Result, created: Created) -> ProviderError | None:
        is_listed = any(remote.id == result.object_id for remote in created.listing or ())
        last: ProviderError | None = None
        others = self._others(account)
        for sibling in others:
            try:
                reader = self._reader(sibling)
                is_there = any(remote.id == result.object_id for remote in reader.list().remotes)
                if not is_there and not is_listed:
                    is_there = _has(reader, result.object_id)
            except ProviderError as error:
                last = error
                continue
            if not is_there:
                return None
            return header_ignored(account, (account.name, sibling.name), result.object_id)
        return last and _unchecked(f"no other account can be listed: {last.message}")

    def _compared(self) -> ProviderError | None:
        """By two lists, where the plan has read only one."""
        group = self._group
        counted = sum(one.places for one in self._plan.in_step if one.account.group == group)
        if counted + sum(one.account.group == group for one in self._plan.planned) > 1:
            return None
        account, last = self._planned[0].account, None
        ids = {remote.id for remote in self._planned[0].listed()}
        for sibling in self._others(account):
            try:
                same = ids.intersection(remote.id for remote in self._reader(sibling).list().remotes)
            except ProviderError as error:
                last = error
                continue
            return header_ignored(account, (account.name, sibling.name), min(same)) if same else None
        return last and _unchecked(f"no other account can be listed: {last.message}")

    def _others(self, account: Account) -> Iterator[Account]:
        """Other accounts of the fleet, first those that could be read, whether or not the run is about them."""
        unread = {one.account.name for one in self._plan.not_planned}
        can_open = isinstance(self._clients, Clients)
        every = self._plan.configuration.accounts
        of_fleet = (one for one in every if one.group == self._group and (can_open or one.name in self._clients))
        others = (one for one in of_fleet if one.name not in (account.name, *unread))
        return islice(others, MOST_TRIES)

    def _reader(self, account: Account) -> Reader:
        clients = self._clients
        found = clients.client_of(account) if isinstance(clients, Clients) else clients[account.name]
        if isinstance(found, ProviderError):
            raise found
        return found


def _first_is_live(planned: AccountPlan) -> bool:
    create = next(row for row in planned.changes if row.action is Action.CREATE)
    return planned.account.provider.is_live(create.wanted)


def _has(reader: Reader, object_id: str) -> bool:
    try:
        reader.get(object_id)
    except ProviderError as error:
        if error.kind is ErrorKind.GONE:
            return False
        raise
    return True


def _taken_back(writer: Writer, result: Result) -> Result:
    """The create that every account would have got, deleted again."""
    try:
        writer.delete(result.object_id)
    except ProviderError as error:
        if error.kind is not ErrorKind.GONE:
            message = f"it could not be deleted again: {error.message}"
            failed = ProviderError(error.kind, message, "Delete it at the provider.")
            return replace(result, outcome=Outcome.IN_SIBLING_STAYS, error=failed)
    return replace(result, outcome=Outcome.IN_SIBLING)


def _unchecked(why: str) -> ProviderError:
    message = f"nobody knows whether the provider tells the accounts of this fleet apart: {why}"
    return ProviderError(ErrorKind.REFUSED, message, "Fix what failed, then apply again.")


def unstarted(planned: AccountPlan, known: Iterable[Result]) -> tuple[Result, ...]:
    """The results of an account that is left alone, but for what is known."""
    results = {result.change.address: result for result in known}
    return tuple(
        results.get(change.address, Result(change=change, outcome=Outcome.NOT_STARTED)) for change in planned.changes
    )
