"""Says, before many calls are made, how long the limits make that take."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress

from reconciler.http.pacing import CallBudget, CallClass, ClientContext
from reconciler.model.configuration import Account
from reconciler.model.diagnostic import UrlError
from reconciler.model.plan import Action, Plan


def announce_lists(accounts: Iterable[Account], context: ClientContext) -> None:
    """Say how long it takes to list accounts; what their pages add is said when their first one is there."""
    _announce(((account, CallClass.LIST, 1) for account in accounts), "listing the webhooks", context)


def announce_changes(plan: Plan, context: ClientContext) -> None:
    """Say how long it takes to make the changes of a plan: each webhook that is there is read before and after."""
    calls: list[tuple[Account, CallClass, int]] = []
    for planned in plan.planned:
        there = sum(change.action is not Action.CREATE for change in planned.changes)
        if planned.changes:
            calls += [
                (planned.account, CallClass.WRITE, len(planned.changes)),
                (planned.account, CallClass.GET, 2 * there),
            ]
    _announce(calls, "making the changes", context)


def _announce(calls: Iterable[tuple[Account, CallClass, int]], what: str, context: ClientContext) -> None:
    found: defaultdict[tuple[CallBudget, CallClass], tuple[int, list[str]]] = defaultdict(lambda: (0, []))
    for account, call_class, number in calls:
        with suppress(UrlError):  # no call is made then
            budget = context.budget(context.destination(account).origin, account)
            before, names = found[budget, call_class]
            found[budget, call_class] = before + number, [*names[:1], account.name]
    for (budget, call_class), (number, names) in found.items():
        context.announce(budget, call_class, number, names[0] if len(names) == 1 else "several accounts", what)
