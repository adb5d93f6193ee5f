"""Accounts of a fleet, which differ in a header alone: what is counted of those in step, and whether the header counts.

Source of the danger: a service that ignored the header would give every account the webhooks of all.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime

from msgspec.structs import replace

from reconciler.model.accounts import Accounts
from reconciler.model.configuration import Account
from reconciler.model.plan import FEWEST_TOGETHER, AccountPlan, PlacesInStep, Verdict
from reconciler.model.reading import ErrorKind, ProviderError, Reading
from reconciler.model.webhook import Remote
from reconciler.planning.overlap import Sightings, claim_of
from reconciler.planning.places import Wanted

_EACH, _UNTOLD = 5, -1


def is_quiet(planned: AccountPlan) -> bool:
    """Whether nothing is said of an account but that it is in step."""
    is_fine = planned.verdict is Verdict.FINE and not planned.losses
    return bool(planned.account.listed_by) and is_fine and not any(row.is_told for row in planned.rows)


class InStepCounter:
    """Counts the places of one account that are in step. Only the first few are kept, as long as there aren't more.

    Of each place that is counted its numbers stay: it may turn out to be none of its own.
    """

    def __init__(self) -> None:
        self._first: list[tuple[int, AccountPlan]] = []
        self._last: AccountPlan | None = None  # of those that are counted
        self._numbers = array("I")  # of the accounts that are counted
        self._counts = array("i")  # so many of each; `_UNTOLD` where the provider doesn't say how many there are

    def add(self, number: int, planned: AccountPlan) -> Iterable[str]:
        """Count another place, by its account's number; gives the names of those that need not be kept any more."""
        self._first.append((number, planned))
        if self._last is None and len(self._first) < FEWEST_TOGETHER:
            return ()
        names = [one.account.name for _, one in self._first]
        for its, one in self._first:
            listed = sum(row.remote is not None for row in (*one.rows, *one.left_out))
            count = _UNTOLD if one.count is None else one.count
            self._numbers.append(its)
            self._counts.extend((listed, count, one.unchanged, one.protected, one.max_losses))
        self._first, self._last = [], replace(planned, rows=(), left_out=())
        return names

    def counted(self, others: Collection[int]) -> PlacesInStep | None:
        """What was counted, without those that turned out to be no places of their own."""
        mine = [index for index, number in enumerate(self._numbers) if number not in others]
        if self._last is None or not mine:
            return None
        listed, counts, unchanged, protected, max_losses = (
            [self._counts[_EACH * index + which] for index in mine] for which in range(_EACH)
        )
        return PlacesInStep(
            account=self._last.account,
            on_unmanaged=self._last.on_unmanaged,
            loss_limit=self._last.loss_limit,
            places=len(mine),
            listed=sum(listed),
            count=None if _UNTOLD in counts else sum(counts),
            unchanged=sum(unchanged),
            protected=sum(protected),
            max_losses=sum(max_losses),
        )


class Siblings:
    """Whether accounts that differ in a header alone have the same webhooks, whosever these are."""

    def __init__(self, accounts: Accounts, wanted: Wanted) -> None:
        self._accounts, self._wanted = accounts, wanted
        self._seen: dict[str, Sightings] = defaultdict(lambda: Sightings(accounts))  # by group
        self._first: dict[str, Mapping[int, Remote]] = {}  # of the first account that has any, by group

    def add(self, number: int, account: Account, reading: Reading, claim: Callable[[Remote], int]) -> None:
        """Take note of what was listed in an account, numbered as by `claim_of`. For one thread at a time."""
        if account.is_of_fleet and reading.remotes:
            found = {claim(remote): remote for remote in reading.remotes}
            self._first.setdefault(account.group, found)
            self._seen[account.group].add(number, found)

    def errors(self, kept: Mapping[str, Iterable[Remote]]) -> Mapping[str, ProviderError]:
        """The error of each fleet, by its group, in which two accounts have the same webhook.

        One that neither the first account nor one that is kept has is not named.
        """
        errors: dict[str, ProviderError] = {}
        for group, seen in self._seen.items():
            twice = seen.twice()
            if twice:
                names = {name for these in twice.values() for name in these}
                whose = [(self._accounts.named(name), one) for name in names for one in kept.get(name, ())]
                listed = {claim_of(account, one): one for account, one in whose}
                known = {**listed, **self._first[group]}
                one = min(twice, key=lambda each: (each not in known, known[each].id if each in known else ""))
                first, second, *_ = sorted({*twice[one]})
                account, remote = self._accounts.named(first), known.get(one)
                is_wanted = remote is not None and any(remote.key == each.key for each in self._wanted.of(account))
                object_id = "" if remote is None else remote.id
                errors[group] = header_ignored(account, (first, second), object_id, is_wanted=is_wanted)
        return errors


def identity(remote: Remote) -> tuple[str, datetime | None]:
    """What two accounts can't have both: ids may be counted anew in each, and then the moment differs."""
    return remote.id, remote.created


def header_ignored(
    account: Account, names: tuple[str, str], object_id: str, *, is_wanted: bool = False
) -> ProviderError:
    """Two accounts of a fleet have the same webhook: nothing is changed in any of them."""
    one, other = sorted(names)
    what = f"the webhook {object_id}" if object_id else "the same webhook"
    error = _mixed_up(
        f"{account.provider.title} has {what} both in `{one}` and in `{other}`: it ignores {_headers(account)}"
    )
    if is_wanted:
        error.help += (
            " An entry of the file describes this webhook, so an apply that was stopped may have left it there: delete "
            "it at the provider, as no apply will while several accounts have it."
        )
    return error


def not_in_own(account: Account, object_id: str) -> ProviderError:
    """What was created in an account of a fleet isn't there: nothing more is changed in any of them."""
    message = (
        f"{account.provider.title} created the webhook {object_id} for `{account.name}`, which doesn't have it: it "
        f"ignores {_headers(account)} in some requests"
    )
    return _mixed_up(message)


def _mixed_up(why: str) -> ProviderError:
    return ProviderError(
        kind=ErrorKind.INVALID,
        message=f"{why}, so every account could get the webhooks of all",
        help="Nothing else is changed in any of these accounts. Check that the token may act for them, and that no "
        "proxy removes the header.",
    )


def _headers(account: Account) -> str:
    return ", ".join(f"`{setting.header}`" for setting, _ in account.header_settings)
