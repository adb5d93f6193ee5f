"""Threads that make do with what the system gives, and the point where those of an account give up."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from queue import Empty, SimpleQueue
from typing import Generic, Self, TypeVar

from reconciler.model.plan import Action, Change
from reconciler.model.reading import ErrorKind, ProviderError
from reconciler.model.report import Answered, Finished, Listener, Outcome, Result, Started
from reconciler.model.webhook import Address
from reconciler.operations.signals import STOP_SIGNALS

_Item = TypeVar("_Item")
_Found = TypeVar("_Found")
_FINAL = (ErrorKind.DENIED, ErrorKind.LIMITED)


class Workers:
    """Does work side by side for whoever asks; all of it is done at the end of a `with`.

    An executor of the standard library fails where a thread can't be started (a container's limit, say) and loses the
    answer to what it had accepted by then; here the work waits for the threads that there are, or for the caller's own.
    `on_limit` is told how many things are worked on at once where that is fewer than `most`.
    """

    def __init__(self, most: int, name: str, on_limit: Callable[[int], None] | None = None) -> None:
        self._most = most
        self._name = name
        self._on_limit = on_limit
        self._threads: list[threading.Thread] = []
        self._growing = threading.Lock()
        self._alone = threading.Lock()
        self._tasks: SimpleQueue[Callable[[], None] | None] = SimpleQueue()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._tasks.put(None)
        for thread in self._threads:
            thread.join()

    def map(self, work: Callable[[_Item], _Found], items: Iterable[_Item]) -> list[_Found]:
        """Do the work on every item; what was found, in the order of the items.

        Raises:
            Exception: what the work on the first such item raised; what was not begun by then is left.
        """
        batch = _Batch(work, items)
        try:
            for number in range(len(batch.items)):
                self._tasks.put(partial(batch.do, number))
                self._grow()
            if not self._threads:
                with self._alone, suppress(Empty):
                    while (task := self._tasks.get_nowait()) is not None:
                        task()
            return batch.wait()
        finally:
            batch.is_over = True

    def _grow(self) -> None:
        with self._growing:
            if len(self._threads) >= self._most:
                return
            thread = threading.Thread(target=self._run, name=f"{self._name}-{len(self._threads)}")
            try:
                thread.start()
            except RuntimeError:  # the system gives no more: it would give the next no sooner
                self._most = len(self._threads)
                if self._on_limit is not None:
                    self._on_limit(max(self._most, 1))
            else:
                self._threads.append(thread)

    def _run(self) -> None:
        # A signal that this thread got would not wake the main thread, which takes them.
        if hasattr(signal, "pthread_sigmask"):
            signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
        while (task := self._tasks.get()) is not None:
            task()
        # Handed on: a signal may have come between a thread's start and its entry in the list, so nobody counts them.
        self._tasks.put(None)


class _Batch(Generic[_Item, _Found]):
    """The items of one call, and what was found: who waits for it is woken once, and not for each of them."""

    def __init__(self, work: Callable[[_Item], _Found], items: Iterable[_Item]) -> None:
        self._work = work
        self.items = [*items]
        self.is_over = False  # what is not begun is left
        self._found: dict[int, _Found] = {}
        self._errors: dict[int, BaseException] = {}
        self._left = len(self.items)
        self._counting = threading.Lock()
        self._done = threading.Event()

    def do(self, number: int) -> None:
        try:
            if not self.is_over:
                self._found[number] = self._work(self.items[number])
        except BaseException as error:  # noqa: BLE001 - the caller gets it
            self._errors[number], self.is_over = error, True
        with self._counting:
            self._left -= 1
            if not self._left:
                self._done.set()

    def wait(self) -> list[_Found]:
        if self.items:
            self._done.wait()
        if self._errors:
            raise self._errors[min(self._errors)]
        return [self._found[number] for number in range(len(self.items))]


class WorkerPool:
    """Works on one account's changes side by side, tells what happens, and starts nothing once that is pointless."""

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
        """Do the work on every change, in whose order the results are. Their ends are told by `end`."""
        return self._workers.map(partial(self._one, work), changes)

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
