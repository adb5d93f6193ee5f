"""Threads that make do with what the system gives: with fewer than wanted, or with none but the caller's own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Self, TypeVar

from reconciler.operations.run import leave_signals_to_the_main_thread

_Item = TypeVar("_Item")
_Found = TypeVar("_Found")


class Workers:
    """Does work side by side for whoever asks; all of it is done at the end of a `with`.

    An executor of the standard library fails where a thread can't be started (a container's limit, say) and loses the
    answer to what it had accepted by then; here the work waits for the threads that there are.

    Args:
        most: how many things are worked on at once, at most.
        name: what the threads are called.
        on_limit: is told how many things are worked on at once where that is fewer.
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

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._tasks.put(None)
        for thread in self._threads:
            thread.join()

    def map(self, work: Callable[[_Item], _Found], items: Iterable[_Item]) -> list[_Found]:
        """Do the work on every item.

        Returns:
            What was found, in the order of the items.
        Raises:
            Exception: what the work on the first such item raised; what was not begun by then is left.
        """
        futures: list[Future[_Found]] = []
        try:
            for item in items:
                futures.append(Future())
                self._submit(work, item, futures[-1])
            if not self._threads:
                self._work_alone()
            return [future.result() for future in futures]
        finally:
            for future in futures:
                future.cancel()

    def _submit(self, work: Callable[[_Item], _Found], item: _Item, future: Future[_Found]) -> None:
        def task() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                found = work(item)
            except BaseException as error:  # noqa: BLE001 - the caller gets it
                future.set_exception(error)
            else:
                future.set_result(found)

        self._tasks.put(task)
        self._grow()

    def _grow(self) -> None:
        """Start another thread where there may be one more."""
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
        leave_signals_to_the_main_thread()
        while (task := self._tasks.get()) is not None:
            task()
        # Handed on: a signal may have come between a thread's start and its entry in the list, so nobody counts them.
        self._tasks.put(None)

    def _work_alone(self) -> None:
        """Do in this thread what is to be done, one after another."""
        with self._alone:
            while (task := self._next()) is not None:
                task()

    def _next(self) -> Callable[[], None] | None:
        try:
            return self._tasks.get_nowait()
        except Empty:
            return None
