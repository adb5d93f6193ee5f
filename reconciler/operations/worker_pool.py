"""The threads that work on one account's changes, and the point where they give up."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from reconciler.model.plan import Action, Change
from reconciler.model.reading import ErrorKind, ProviderError
from reconciler.model.report import Answered, Finished, Listener, Outcome, Result, Started
from reconciler.model.webhook import Address
from reconciler.operations.workers import Workers

_Item = TypeVar("_Item")
_Found = TypeVar("_Found")
_FINAL = (ErrorKind.DENIED, ErrorKind.LIMITED)


class WorkerPool:
    """Works on changes side by side, tells what happens, and starts nothing more once that is pointless.

    Args:
        account: the account's name, for the events.
        workers: the threads, shared by all accounts.
        listener: is told.
        stopping: whether the run was asked to stop.
    """

    def __init__(self, account: str, workers: Workers, listener: Listener, stopping: Callable[[], bool]) -> None:
        self._account = account
        self._workers = workers
        self._listener = listener
        self._stopping = stopping
        self._final: ProviderError | None = None
        self._begun: set[tuple[Address, Action]] = set()

    @property
    def is_over(self) -> bool:
        """Whether it starts nothing more."""
        return self._final is not None or self._stopping()

    def each(self, work: Callable[[Change], Result], changes: Iterable[Change]) -> list[Result]:
        """Do the work on every change; the results in the order of the changes. Their ends are told by `end`."""
        return self._workers.map(lambda change: self._one(work, change), changes)

    def every(self, work: Callable[[_Item], _Found], items: Iterable[_Item]) -> list[_Found]:
        """Do other work on every item, with nothing told; in the order of the items."""
        return self._workers.map(work, items)

    def end(self, results: Iterable[Result]) -> None:
        """Tell what has become of changes, once nothing is left to be looked at or sent again."""
        for result in results:
            self._listener(Finished(account=self._account, result=result))

    def _one(self, work: Callable[[Change], Result], change: Change) -> Result:
        if self.is_over:
            return Result(change=change, outcome=Outcome.NOT_STARTED, error=self._final)
        known = (change.address, change.action)
        if known not in self._begun:
            self._begun.add(known)
            self._listener(Started(account=self._account, change=change))
        result = work(change)
        # A credential that is refused, or a limit that is used up, is so for every other change as well.
        if result.error is not None and result.error.kind in _FINAL:
            self._final = result.error
        self._listener(Answered(account=self._account, result=result))
        return result
