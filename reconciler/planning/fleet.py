"""Accounts of a fleet, which differ in a header alone: what is counted of those in step, and whether the header counts.

Source of the danger: a service that ignored the header would give every account the webhooks of all.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from reconciler.model.configuration import Account
from reconciler.model.plan import AccountPlan, Action, Claim, PlacesInStep, Reason, Verdict
from reconciler.model.reading import ErrorKind, ProviderError, Reading

FEWEST_COUNTED = 4
"""From so many places of an account on, nothing but a count stays of those in step."""
_SAID = (Claim.KNOWN, Claim.UNSET, Claim.NONE)


def is_quiet(planned: AccountPlan) -> bool:
    """Whether nothing is said of an account but that it is in step."""
    return (
        bool(planned.account.listed_by)
        and planned.verdict is Verdict.FINE
        and not planned.losses
        and all(
            row.action is Action.NONE
            and not (row.fields or row.hint or row.claim in _SAID or (row.remote is not None and row.remote.health))
            for row in planned.rows
        )
    )


class Tally:
    """Counts the places of one account that are in step. Only the first few are kept, as long as there aren't more."""

    def __init__(self) -> None:
        self._first: list[AccountPlan] = []
        self._counted: PlacesInStep | None = None

    def add(self, planned: AccountPlan) -> Iterable[str]:
        """Count another place; gives the names of those that need not be kept any more."""
        self._first.append(planned)
        if self._counted is None and len(self._first) < FEWEST_COUNTED:
            return ()
        names = [one.account.name for one in self._first]
        for one in self._first:
            self._counted = _counted(one, self._counted)
        self._first = []
        return names

    def counted(self, others: int) -> PlacesInStep | None:
        """What was counted; so many of them turned out to be no places of their own."""
        found = self._counted
        return found if found is None or not others else _less(found, others)


def _counted(planned: AccountPlan, before: PlacesInStep | None) -> PlacesInStep:
    reasons = [row.reason for row in planned.rows]
    in_step, protected = sum(one in (None, Reason.OFF) for one in reasons), reasons.count(Reason.PROTECTED)
    listed = len(planned.listed())
    if before is None:
        before = PlacesInStep(account=planned.account, count=0)
    has_count = before.count is not None and planned.count is not None
    return PlacesInStep(
        account=before.account,
        on_unmanaged=planned.on_unmanaged,
        loss_limit=planned.loss_limit,
        places=before.places + 1,
        listed=before.listed + listed,
        count=(before.count or 0) + (planned.count or 0) if has_count else None,
        unchanged=before.unchanged + in_step,
        protected=before.protected + protected,
        max_losses=before.max_losses + planned.max_losses,
    )


def _less(found: PlacesInStep, others: int) -> PlacesInStep | None:
    left = found.places - others
    return replace(found, places=left) if left > 0 else None


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
