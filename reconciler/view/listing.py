"""The remote webhooks of the accounts, each with whose it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from reconciler.model.plan import AccountPlan, Claim, Plan, Reason
from reconciler.view.masking import AccountMask
from reconciler.view.plan_view import AccountRow, RemoteRow


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedRow:
    """A remote webhook and its status.

    Attributes:
        status: `managed`, `not_in_file` (owned), `duplicate`, `absent` (named there), `protected`, `known` or
            `unmanaged`.
        webhook: the webhook, under its entry's address where it has one.
    """

    status: str
    webhook: RemoteRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """All accounts and their webhooks."""

    accounts: tuple[AccountRow, ...]
    rows: tuple[ListedRow, ...]


_STATUS = {
    Reason.NOT_IN_FILE: "not_in_file",
    Reason.DUPLICATE: "duplicate",
    Reason.NAMED_ABSENT: "absent",
    Reason.PROTECTED: "protected",
}
_OTHERS = {Claim.KNOWN: "known", Claim.NONE: "unmanaged"}


def view_listing(plan: Plan, accounts: tuple[AccountRow, ...]) -> Listing:
    """Every webhook that was listed, in the order of URLs and events.

    Args:
        plan: what its filters leave out is not listed.
        accounts: the accounts' rows of the plan's view.
    """
    rows = [row for account in plan.planned for row in _rows(plan, account)]
    return Listing(accounts=accounts, rows=tuple(sorted(rows, key=_order)))


def _rows(plan: Plan, account: AccountPlan) -> Iterator[ListedRow]:
    mask = AccountMask.of(plan, account)
    for row in account.rows:
        if row.remote is not None:
            status = _OTHERS.get(row.claim, _STATUS.get(row.reason, "managed") if row.reason else "managed")
            yield ListedRow(status=status, webhook=replace(mask.remote(row), address=mask.text(row.address)))


def _order(row: ListedRow) -> tuple[object, ...]:
    return (row.webhook.account, row.webhook.url, row.webhook.events, row.webhook.object_id)
