"""Carries a plan out: every account by itself, side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from reconciler.model.plan import Plan
from reconciler.model.report import AccountReport, Listener, Report, ThreadsLimited
from reconciler.operations.account import AccountRun
from reconciler.operations.run import Stop
from reconciler.operations.worker_pool import WorkerPool
from reconciler.operations.workers import Workers
from reconciler.providers.client import Writer


def apply(
    plan: Plan,
    writers: Mapping[str, Writer],
    stop: Stop,
    sleep: Callable[[float], bool],
    listener: Listener,
    parallelism: int,
) -> Report:
    """Do what the plan says, under its promises.

    Args:
        plan: what no guard refuses. Accounts that could not be planned are left alone.
        writers: a client for each planned account, by its name.
        stop: when asked, running calls end and nothing new starts.
        sleep: waits so many seconds; False where the run was asked to stop meanwhile.
        listener: is told what happens; called from several threads.
        parallelism: how many changes are worked on at once, over all accounts.
    Raises:
        ValueError: a guard refuses the plan, which the caller should have seen.
    """
    if plan.is_refused:
        raise ValueError("apply() was given a plan that a guard refuses")
    planned = [account for account in plan.planned if account.changes]
    if not planned:
        return Report(plan=plan, accounts=())

    def tell_limit(threads: int) -> None:
        listener(ThreadsLimited(threads=threads, wanted=parallelism))

    with (
        Workers(parallelism, "change", tell_limit) as workers,
        Workers(len(planned), "account") as accounts,
    ):
        runs = [
            AccountRun(
                plan=account,
                writer=writers[account.account.name],
                pool=WorkerPool(account.account.name, workers, listener, stop.is_asked),
                sleep=sleep,
            )
            for account in planned
        ]
        reports: list[AccountReport] = accounts.map(AccountRun.run, runs)
    return Report(plan=plan, accounts=tuple(reports), stopped_by=stop.signal)
