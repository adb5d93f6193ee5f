"""What is decided of a fleet's accounts before and while they are written to: see `planning.fleet` for the danger."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime

from reconciler.model.configuration import Account
from reconciler.model.plan import AccountPlan, Action, Change, Plan
from reconciler.model.reading import ErrorKind, ProviderError
from reconciler.model.report import Outcome, Result
from reconciler.model.secret import SecretText
from reconciler.model.webhook import Remote
from reconciler.planning.fleet import header_ignored, identity

MOST_TRIES = 5
"""How many accounts are tried, should they fail: one that may not be looked at must not stop the others for ever."""
_Api = tuple[str, str, SecretText]


def fleets(plan: Plan) -> Mapping[str, Sequence[AccountPlan]]:
    """The accounts of each fleet that are to be written to."""
    found: dict[str, list[AccountPlan]] = defaultdict(list)
    for planned in plan.planned:
        if planned.changes and planned.account.is_of_fleet:
            found[planned.account.group].append(planned)
    return found


def next_alone(planned: Iterable[AccountPlan], tried: Sequence[Result]) -> tuple[AccountPlan, Change] | None:
    """The create that is made alone next, where those that were tried failed; None where it isn't worth it.

    What the provider refuses for what is asked for says nothing of the account, nor of another URL's create; all other
    failures say something of their account.
    """
    refused = [one for one in tried if _is_refused(one)]
    failing = {one.change.address.account for one in tried} - {one.change.address.account for one in refused}
    if len(failing) >= MOST_TRIES:
        return None
    endpoints = {one.change.desired.key.endpoint for one in refused if one.change.desired is not None}
    known, tries = {one.change.address for one in tried}, Counter(one.change.address.account for one in tried)

    def rank(pair: tuple[AccountPlan, Change]) -> tuple[bool, bool, int]:
        one, change = pair
        # One that is off may be in no list.
        return is_like_refused(change), not one.account.provider.is_live(change.wanted), tries[one.account.name]

    def is_like_refused(change: Change) -> bool:
        return change.desired is not None and change.desired.key.endpoint in endpoints

    left = (
        (one, change)
        for one in planned
        if one.account.name not in failing
        for change in one.changes
        if change.action is Action.CREATE and change.address not in known
    )
    best = min(left, key=rank, default=None)
    return None if best is None or (is_like_refused(best[1]) and len(tried) >= MOST_TRIES) else best


def are_all_refused(planned: Iterable[AccountPlan], tried: Iterable[Result]) -> bool:
    """Whether all creates were tried, and refused for what they are: there is none left that could go astray."""
    refused = {one.change.address for one in tried if _is_refused(one)}
    creates = (change for one in planned for change in one.changes if change.action is Action.CREATE)
    return all(change.address in refused for change in creates)


def _is_refused(result: Result) -> bool:
    return result.outcome is Outcome.FAILED and result.error is not None and result.error.kind is ErrorKind.INVALID


def others_like(plan: Plan, account: Account, can_open: Callable[[Account], bool]) -> Sequence[Account]:
    """Other accounts that the provider must tell from one, whether or not the run is about them, its fleet's first.

    Those that could not be read come last: without any nobody knows. No more than are tried.
    """
    unread = {one.account.name for one in plan.not_planned}
    others = [
        one
        for one in plan.configuration.accounts
        if one.name != account.name and _api(one) == _api(account) and not one.is_pattern and can_open(one)
    ]
    return sorted(others, key=lambda one: (one.name in unread, one.group != account.group))[:MOST_TRIES]


def are_compared(plan: Plan, group: str) -> bool:
    """Whether the plan has read more than one account of a fleet, so that `planning.fleet` has compared them."""
    counted = sum(one.places for one in plan.in_step if one.account.group == group)
    return counted + sum(one.account.group == group for one in plan.planned) > 1


def shared(account: Account, mine: Iterable[Remote], sibling: Account, its: Iterable[Remote]) -> ProviderError | None:
    """The error of two accounts whose lists have a webhook in common."""
    same = {*map(identity, mine)}.intersection(map(identity, its))
    return header_ignored(account, (account.name, sibling.name), min(same)[0]) if same else None


class Makers:
    """Which account got which new webhook first, of those that a header tells apart; asked from several threads."""

    def __init__(self, planned: Sequence[AccountPlan]) -> None:
        apis = {_api(one.account) for one in planned if one.account.is_of_fleet}
        self._accounts = {one.account.name: one.account for one in planned if _api(one.account) in apis}
        self._makers: dict[tuple[_Api, tuple[str, datetime | None]], str] = {}
        self._mixed: set[_Api] = set()

    def is_watched(self, account: Account) -> bool:
        """Whether there is an account that a header alone tells from this one."""
        return account.name in self._accounts

    def note(self, account: Account, remote: Remote) -> None:
        """An account got this webhook."""
        self._makers.setdefault((_api(account), identity(remote)), account.name)

    def mix_up(self, account: Account) -> None:
        """The provider doesn't tell an account from others."""
        self._mixed.add(_api(account))

    def is_mixed(self, account: Account) -> bool:
        """Whether the provider turned out not to tell an account from others."""
        return _api(account) in self._mixed

    def maker(self, account: Account, remote: Remote) -> str:
        """The account that got a webhook first."""
        return self._makers.get((_api(account), identity(remote)), account.name)

    def error_of(self, account: Account, remotes: Iterable[Remote]) -> ProviderError | None:
        """Why nothing is done about these webhooks: another account got one of them."""
        for remote in remotes if self.is_watched(account) else ():
            if (maker := self.maker(account, remote)) != account.name:
                self.mix_up(account)
                of_fleet = account if account.is_of_fleet else self._accounts[maker]
                return header_ignored(of_fleet, (account.name, maker), remote.id)
        return None


def unchecked(why: str, cause: ProviderError | None = None) -> ProviderError:
    """Why a fleet is left alone about which nobody knows."""
    message = f"nobody knows whether the provider tells the accounts of this fleet apart: {why}"
    is_stopped = cause is not None and cause.kind is ErrorKind.INTERRUPTED
    kind = ErrorKind.INTERRUPTED if is_stopped else ErrorKind.REFUSED
    return ProviderError(kind, message, "Fix what failed, then apply again.")


def unstarted(planned: AccountPlan, known: Collection[Result]) -> tuple[Result, ...]:
    """The results of an account that is left alone, but for what is known."""
    results = {result.change.address: result for result in known}
    return tuple(
        results.get(change.address, Result(change=change, outcome=Outcome.NOT_STARTED)) for change in planned.changes
    )


def _api(account: Account) -> _Api:
    """What accounts have in common that only a header tells apart."""
    return account.provider.name, account.base_url, account.token
