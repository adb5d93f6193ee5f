"""Accounts of a fleet, which differ in a header alone: what is counted of those in step, and whether the header counts.

Source of the danger: a service that ignored the header would give every account the webhooks of all.
"""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from msgspec.structs import replace

from reconciler.model.accounts import Accounts
from reconciler.model.configuration import Account
from reconciler.model.plan import FEWEST_TOGETHER, AccountPlan, PlacesInStep, Verdict
from reconciler.model.reading import ErrorKind, ProviderError
from reconciler.model.webhook import Remote
from reconciler.planning.overlap import Twice, kept_by_claim, several
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
        self._counts = array("q")  # so many of each; `_UNTOLD` where the provider doesn't say how many there are

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


def mixed_up(
    accounts: Accounts, twice: Twice, kept: Mapping[str, Iterable[Remote]], wanted: Wanted
) -> Mapping[str, ProviderError]:
    """The error of each fleet, by its group, in which two accounts have the same webhook, whosever it is.

    Of webhooks only those that are kept, by account, are named.
    """
    errors: dict[str, ProviderError] = {}
    for group in {account.group for account in accounts.said if account.is_of_fleet} if twice else ():
        names_of = {one: [name for name, _ in these if name.partition(":")[0] == group] for one, these in twice.items()}
        claims = several(names_of)
        if claims:
            known = kept_by_claim(accounts, claims, kept)
            ids = {each: remote.id for each, remote in known.items()}
            one = min(claims, key=lambda each: (each not in ids, ids.get(each, ""), claims[each]))
            first, second, *_ = sorted({*claims[one]})
            account, remote = accounts.named(first), known.get(one)
            is_wanted = remote is not None and any(remote.key == each.key for each in wanted.of(account))
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
