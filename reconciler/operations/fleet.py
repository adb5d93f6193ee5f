"""Before a fleet is written to: whether the provider heeds the header that tells its accounts apart.

One create is made alone, and must be in its own account and not in the list of another one. Where only updates or
deletes are to be made, two lists are compared: `planning.fleet` has done that where the plan read more than one.
Later, what accounts got is compared (`MadeIn`): a service may mix up only some of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Protocol, TypeVar, cast

from msgspec.structs import replace

from reconciler.model.configuration import Account
from reconciler.model.plan import AccountPlan, Action, Plan
from reconciler.model.reading import ErrorKind, ProviderError
from reconciler.model.report import Outcome, Result
from reconciler.model.secret import SecretText
from reconciler.model.webhook import Fields, Remote
from reconciler.operations.creates import Created
from reconciler.operations.reading import Clients
from reconciler.operations.signals import Stop
from reconciler.operations.taking_back import Seen, found_by_id, is_there, taken_back, there
from reconciler.planning.fleet import header_ignored, identity, not_in_own
from reconciler.providers.registry import Reader, Writer

_Api = tuple[str, str, SecretText]
_Identity = tuple[str, datetime | None]
_Found = TypeVar("_Found")
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
        self,
        plan: Plan,
        planned: Sequence[AccountPlan],
        clients: Mapping[str, Writer | ProviderError],
        stop: Stop,
        sleep: Callable[[float], bool],
    ) -> None:
        self._plan, self._planned, self._clients, self._stop, self._sleep = plan, planned, clients, stop, sleep
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
            if result.is_done:
                error, seen = self._of_create(planned.account, run.writer, created, result.object_id)
                if error is None:
                    return None, None
                return error, taken_back(planned, run.writer, created, result, self._sleep, seen)
            if self._stop.is_asked():
                return None, None  # nothing more is begun
        return _unchecked("the first create failed in each account in which it was tried"), None

    def _of_create(
        self, account: Account, writer: Writer, created: Created, object_id: str
    ) -> tuple[ProviderError | None, Seen]:
        """Why the fleet must be left alone, if so, and in which other accounts the webhook was seen."""
        is_listed = any(remote.id == object_id for remote in created.listing or ())
        known = {identity(remote) for remote in (*created.answers.values(), *(created.listing or ()))}
        try:
            is_own = is_listed or is_there(writer, object_id, self._sleep)
        except ProviderError as error:
            return _unchecked(f"what was created first can't be read back: {error.message}", error), ()
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
        return last and _unchecked(f"no other account can be listed: {last.message}", last)

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
        group = self._group
        counted = sum(one.places for one in self._plan.in_step if one.account.group == group)
        if counted + sum(one.account.group == group for one in self._plan.planned) > 1:
            return None
        account = self._planned[0].account
        ids = {identity(remote) for remote in self._planned[0].listed()}

        def shared_with(sibling: Account, other: Writer) -> ProviderError | None:
            same = ids.intersection(map(identity, other.list().remotes))
            return header_ignored(account, (account.name, sibling.name), min(same)[0]) if same else None

        return self._asked(account, shared_with)

    def _others(self, account: Account) -> Iterator[Account]:
        """Other accounts that the provider must tell from one, whether or not the run is about them, its fleet's first.

        Those that could not be read come last: without any nobody knows.
        """
        unread = {one.account.name for one in self._plan.not_planned}
        can_open = isinstance(self._clients, Clients)
        alike = [
            one
            for one in self._plan.configuration.accounts
            if _api(one) == _api(account) and not one.is_pattern and (can_open or one.name in self._clients)
        ]
        others = (one for one in alike if one.name != account.name)
        return islice(sorted(others, key=lambda one: (one.name in unread, one.group != self._group)), MOST_TRIES)

    def _client(self, account: Account) -> Writer:
        clients = self._clients
        found = clients.client_of(account) if isinstance(clients, Clients) else clients[account.name]
        if isinstance(found, ProviderError):
            raise found
        return found


class MadeIn:
    """Which account got which new webhook, of those that a header tells apart; asked from several threads.

    It is told of each answer at once: what looks like an account's own duplicate may be another one's.
    """

    def __init__(self, planned: Sequence[AccountPlan]) -> None:
        apis = {_api(one.account) for one in planned if one.account.is_of_fleet}
        self._accounts = {one.account.name: one.account for one in planned if _api(one.account) in apis}
        self._makers: dict[tuple[_Api, _Identity], str] = {}  # the account that got a webhook first
        self._mixed: set[_Api] = set()

    def watched(self, account: Account, writer: Writer) -> Writer:
        """An account's client, of whose creates note is taken."""
        is_alike = account.name in self._accounts
        return cast("Writer", _Watched(writer, partial(self._note, account))) if is_alike else writer

    def is_mixed(self, account: Account) -> bool:
        """Whether the provider turned out not to tell an account from others."""
        return _api(account) in self._mixed

    def mix_up(
        self, account: Account, writer: Writer, created: Created, sleep: Callable[[float], bool]
    ) -> tuple[ProviderError | None, frozenset[str]]:
        """Why nothing more is done in an account and its like, and which of its creates are wrong.

        It got or lists what another one got, or hasn't got its own.
        """
        done = [one.object_id for one in created.results.values() if one.is_done]
        if account.name not in self._accounts:
            return None, frozenset()
        listed = {remote.id: remote for remote in created.listing or ()}
        for object_id in done:
            if object_id in listed:
                self._note(account, listed[object_id])
        error = self.error_of(account, (*created.answers.values(), *listed.values()))
        if error is not None:
            return error, frozenset(done)
        missing = [one for one in done if one not in listed and _is_missing(writer, one, sleep)]
        if missing and account.is_of_fleet:
            self._mixed.add(_api(account))
            return not_in_own(account, missing[0]), frozenset(missing)
        return None, frozenset()

    def error_of(self, account: Account, remotes: Iterable[Remote]) -> ProviderError | None:
        """Why nothing is done about these webhooks: another account got one of them."""
        for remote in remotes if account.name in self._accounts else ():
            if (maker := self._maker(account, remote)) != account.name:
                self._mixed.add(_api(account))
                of_fleet = account if account.is_of_fleet else self._accounts[maker]
                return header_ignored(of_fleet, (account.name, maker), remote.id)
        return None

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
        got = (*created.answers.values(), *(created.listing or ()))
        others = {one.id for one in got if self._maker(planned.account, one) != planned.account.name}
        for result in created.results.values():
            if result.object_id not in wrong:
                yield result
            elif result.object_id in others:
                yield replace(result, outcome=Outcome.LEFT_BEHIND, error=error)
            else:
                yield taken_back(planned, writer, created, result, sleep)

    def _maker(self, account: Account, remote: Remote) -> str:
        return self._makers.get((_api(account), identity(remote)), account.name)

    def _note(self, account: Account, remote: Remote) -> None:
        self._makers.setdefault((_api(account), identity(remote)), account.name)


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


def _api(account: Account) -> _Api:
    """What accounts have in common that only a header tells apart."""
    return account.provider.name, account.base_url, account.token


def _is_missing(reader: Reader, object_id: str, sleep: Callable[[float], bool]) -> bool:
    """Whether nothing is there by the id, after some time, as far as anybody can say."""
    try:
        return not is_there(reader, object_id, sleep)
    except ProviderError:
        return False


def _first_is_live(planned: AccountPlan) -> bool:
    create = next(row for row in planned.changes if row.action is Action.CREATE)
    return planned.account.provider.is_live(create.wanted)


def _unchecked(why: str, cause: ProviderError | None = None) -> ProviderError:
    message = f"nobody knows whether the provider tells the accounts of this fleet apart: {why}"
    is_stopped = cause is not None and cause.kind is ErrorKind.INTERRUPTED
    kind = ErrorKind.INTERRUPTED if is_stopped else ErrorKind.REFUSED
    return ProviderError(kind, message, "Fix what failed, then apply again.")


def unstarted(planned: AccountPlan, known: Iterable[Result]) -> tuple[Result, ...]:
    """The results of an account that is left alone, but for what is known."""
    results = {result.change.address: result for result in known}
    return tuple(
        results.get(change.address, Result(change=change, outcome=Outcome.NOT_STARTED)) for change in planned.changes
    )
