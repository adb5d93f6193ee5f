"""Before a fleet is written to: whether the provider heeds the header that tells its accounts apart.

One create is made alone, and must be in its own account and not in the list of another one. Where only updates or
deletes are to be made, two lists are compared: `planning.fleet` has done that where the plan read more than one.
Later, what accounts got is compared (`MadeIn`): a service may mix up only some of them. What follows from all that is
decided in `planning.fleet_writes`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Protocol, TypeVar, cast

from msgspec.structs import replace

from reconciler.model.configuration import Account
from reconciler.model.plan import AccountPlan, Change, Plan
from reconciler.model.reading import ProviderError
from reconciler.model.report import Outcome, Result
from reconciler.model.webhook import Fields, Remote
from reconciler.operations.creates import Created
from reconciler.operations.reading import Clients
from reconciler.operations.signals import Stop
from reconciler.operations.taking_back import Seen, found_by_id, is_there, taken_back, there
from reconciler.planning.fleet import header_ignored, identity, not_in_own
from reconciler.planning.fleet_writes import (
    Makers,
    are_all_refused,
    are_compared,
    next_alone,
    others_like,
    shared,
    unchecked,
)
from reconciler.providers.registry import Reader, Writer

_Found = TypeVar("_Found")
Refused = tuple[ProviderError | None, Result | None]
"""Why nothing is written to a fleet, if so, and what became of the create that was made alone, if any was."""


class FirstWriter(Protocol):
    """What carries out the plan of one account."""

    writer: Writer

    def begin(self, create: Change) -> Created:
        """Make a create alone; what became of it."""


class FleetCheck:
    """Checks one fleet, whose accounts have these clients."""

    def __init__(
        self,
        plan: Plan,
        planned: Sequence[AccountPlan],
        clients: Mapping[str, Writer | ProviderError],
        stop: Stop,
        sleep: Callable[[float], bool],
    ) -> None:
        self._plan, self._planned, self._clients, self._stop, self._sleep = plan, planned, clients, stop, sleep

    def made(self, run_of: Callable[[AccountPlan], FirstWriter]) -> Refused:
        """Make a create alone, or compare lists."""
        tried: list[Result] = []
        while (found := next_alone(self._planned, tried)) is not None:
            planned, change = found
            run = run_of(planned)
            created = run.begin(change)
            result = created.results[change.address]
            if result.is_done:
                error, seen = self._of_create(planned.account, run.writer, created, result.object_id)
                if error is None:
                    return None, None
                return error, taken_back(planned, run.writer, created, result, self._sleep, seen)
            if self._stop.is_asked():
                return None, None  # nothing more is begun
            tried.append(result)
        if are_all_refused(self._planned, tried):  # also where there are none
            return self._compared(), None
        return unchecked("the first create failed in each account in which it was tried"), None

    def _of_create(
        self, account: Account, writer: Writer, created: Created, object_id: str
    ) -> tuple[ProviderError | None, Seen]:
        """Why the fleet must be left alone, if so, and in which other accounts the webhook was seen."""
        is_listed = any(remote.id == object_id for remote in created.listing or ())
        known = {identity(remote) for remote in (*created.answers.values(), *(created.listing or ()))}
        try:
            is_own = is_listed or is_there(writer, object_id, self._sleep)
        except ProviderError as error:
            return unchecked(f"what was created first can't be read back: {error.message}", error), ()
        if not is_own:
            return not_in_own(account, object_id), self._having(account, object_id)

        def seen_in(sibling: Account, other: Writer) -> tuple[ProviderError | None, Seen]:
            found = next((remote for remote in other.list().remotes if remote.id == object_id), None)
            if found is None and not is_listed:
                found = found_by_id(other, object_id)
            if found is None or identity(found) not in known:
                return None, ()
            return header_ignored(account, (account.name, sibling.name), object_id), [(sibling, other)]

        found = self._asked(account, seen_in)
        return found if isinstance(found, tuple) else (found, ())

    def _asked(self, account: Account, look: Callable[[Account, Writer], _Found]) -> _Found | ProviderError | None:
        """What is found in the first other account that can be looked at; why none can, or None where there is none."""
        last: ProviderError | None = None
        for sibling in self._others(account):
            try:
                return look(sibling, self._client(sibling))
            except ProviderError as error:
                last = error
        return last and unchecked(f"no other account can be listed: {last.message}", last)

    def _having(self, account: Account, object_id: str) -> Seen:
        """The other accounts that have a webhook, as far as they can be looked at."""
        found = []
        for sibling in self._others(account):
            try:
                other = self._client(sibling)
                if there(other, object_id) is not None:
                    found.append((sibling, other))
            except ProviderError:
                continue
        return found

    def _compared(self) -> ProviderError | None:
        """By two lists, where the plan has read only one."""
        first = self._planned[0]
        if are_compared(self._plan, first.account.group):
            return None
        return self._asked(
            first.account,
            lambda sibling, other: shared(first.account, first.listed(), sibling, other.list().remotes),
        )

    def _others(self, account: Account) -> Sequence[Account]:
        clients = self._clients
        return others_like(self._plan, account, lambda one: isinstance(clients, Clients) or one.name in clients)

    def _client(self, account: Account) -> Writer:
        clients = self._clients
        found = clients.client_of(account) if isinstance(clients, Clients) else clients[account.name]
        if isinstance(found, ProviderError):
            raise found
        return found


class MadeIn:
    """Sees, while accounts are written to, that each has what it got, and no other account's.

    It is told of each answer at once: what looks like an account's own duplicate may be another one's. Asked from
    several threads.
    """

    def __init__(self, planned: Sequence[AccountPlan]) -> None:
        self._makers = Makers(planned)
        self.is_mixed, self.error_of = self._makers.is_mixed, self._makers.error_of

    def watched(self, account: Account, writer: Writer) -> Writer:
        """An account's client, of whose creates note is taken."""
        if not self._makers.is_watched(account):
            return writer
        return cast("Writer", _Watched(writer, partial(self._makers.note, account)))

    def mix_up(
        self, account: Account, writer: Writer, created: Created, sleep: Callable[[float], bool]
    ) -> tuple[ProviderError | None, frozenset[str]]:
        """Why nothing more is done in an account and its like, and which of its creates are wrong.

        It got or lists what another one got, or hasn't got its own.
        """
        done = [one.object_id for one in created.results.values() if one.is_done]
        if not self._makers.is_watched(account):
            return None, frozenset()
        listed = {remote.id: remote for remote in created.listing or ()}
        for object_id in done:
            if object_id in listed:
                self._makers.note(account, listed[object_id])
        error = self.error_of(account, (*created.answers.values(), *listed.values()))
        if error is not None:
            return error, frozenset(done)
        missing = [one for one in done if one not in listed and _is_missing(writer, one, sleep)]
        if missing and account.is_of_fleet:
            self._makers.mix_up(account)
            return not_in_own(account, missing[0]), frozenset(missing)
        return None, frozenset()

    def unmade(
        self,
        planned: AccountPlan,
        writer: Writer,
        created: Created,
        wrong: Collection[str],
        error: ProviderError,
        sleep: Callable[[float], bool],
    ) -> Iterator[Result]:
        """What becomes of creates some of which are wrong: these are deleted again, but for another account's."""
        account = planned.account
        got: Iterable[Remote] = (*created.answers.values(), *(created.listing or ()))
        others = {one.id for one in got if self._makers.maker(account, one) != account.name}
        for result in created.results.values():
            if result.object_id not in wrong:
                yield result
            elif result.object_id in others:
                yield replace(result, outcome=Outcome.LEFT_BEHIND, error=error)
            else:
                yield taken_back(planned, writer, created, result, sleep)


class _Watched:
    """A client that tells what its creates were answered with."""

    def __init__(self, writer: Writer, note: Callable[[Remote], None]) -> None:
        self._writer, self._note = writer, note

    def create(self, fields: Fields, made: Callable[[Remote], None] | None = None) -> Remote:
        found = self._writer.create(fields) if made is None else self._writer.create(fields, made)
        self._note(found)
        return found

    def __getattr__(self, name: str) -> object:
        return getattr(self._writer, name)


def _is_missing(reader: Reader, object_id: str, sleep: Callable[[float], bool]) -> bool:
    """Whether nothing is there by the id, after some time, as far as anybody can say."""
    try:
        return not is_there(reader, object_id, sleep)
    except ProviderError:
        return False
