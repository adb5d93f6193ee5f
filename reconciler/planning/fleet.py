"""Accounts of a fleet, which differ in a header alone: what is counted of those in step, and whether the header counts.

Source of the danger: a service that ignored the header would give every account the webhooks of all.
"""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterable

from msgspec.structs import replace

from reconciler.model.configuration import Account
from reconciler.model.plan import AccountPlan, PlacesInStep, Verdict
from reconciler.model.reading import ErrorKind, ProviderError, Reading

FEWEST_COUNTED = 4
"""From so many places of an account on, nothing but a count stays of those in step."""
_EACH, _UNTOLD = 5, -1


def is_quiet(planned: AccountPlan) -> bool:
    """Whether nothing is said of an account but that it is in step."""
    is_fine = planned.verdict is Verdict.FINE and not planned.losses
    return bool(planned.account.listed_by) and is_fine and not any(row.is_told for row in planned.rows)


class Tally:
    """Counts the places of one account that are in step. Only the first few are kept, as long as there aren't more.

    Of each place that is counted its numbers stay: it may turn out to be none of its own.
    """

    def __init__(self) -> None:
        self._first: list[AccountPlan] = []
        self._last: AccountPlan | None = None  # of those that are counted
        self._names: list[str] = []
        self._numbers = array("l")  # so many for each name; `_UNTOLD` where the provider doesn't say how many there are

    def add(self, planned: AccountPlan) -> Iterable[str]:
        """Count another place; gives the names of those that need not be kept any more."""
        self._first.append(planned)
        if self._last is None and len(self._first) < FEWEST_COUNTED:
            return ()
        names = [one.account.name for one in self._first]
        for one in self._first:
            listed = sum(row.remote is not None for row in (*one.rows, *one.left_out))
            count = _UNTOLD if one.count is None else one.count
            self._numbers.extend((listed, count, one.unchanged, one.protected, one.max_losses))
        self._names += names
        self._first, self._last = [], replace(planned, rows=(), left_out=())
        return names

    def counted(self, others: Collection[str]) -> PlacesInStep | None:
        """What was counted, without those that turned out to be no places of their own."""
        mine = [number for number, name in enumerate(self._names) if name not in others]
        if self._last is None or not mine:
            return None
        listed, counts, unchanged, protected, max_losses = (
            [self._numbers[_EACH * number + which] for number in mine] for which in range(_EACH)
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
    """Whether accounts that differ in a header alone have the same webhooks: compared with the first that has any."""

    def __init__(self) -> None:
        self._first: dict[str, tuple[str, frozenset[str]]] = {}  # by group
        self.errors: dict[str, ProviderError] = {}  # by group

    def add(self, account: Account, reading: Reading) -> None:
        """Look at what was listed in an account."""
        if not account.is_of_fleet or not reading.remotes:
            return
        ids = frozenset(remote.id for remote in reading.remotes)
        name, others = self._first.setdefault(account.group, (account.name, ids))
        if name != account.name and (same := ids & others):
            self.errors[account.group] = header_ignored(account, (name, account.name), min(same))


def header_ignored(account: Account, names: tuple[str, str], object_id: str) -> ProviderError:
    """Two accounts of a fleet have the same webhook: nothing is changed in any of them."""
    headers = ", ".join(f"`{setting.header}`" for setting, _ in account.header_settings)
    one, other = sorted(names)
    return ProviderError(
        kind=ErrorKind.INVALID,
        message=f"{account.provider.title} has the webhook {object_id} both in `{one}` and in `{other}`: it ignores "
        f"{headers}, so every account would get the webhooks of all",
        help="Nothing is changed in any of these accounts. Check that the token may act for them, and that no proxy "
        "removes the header.",
    )
