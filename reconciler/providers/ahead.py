"""Reads the pages of a list side by side, where it can be told how the list probably goes on."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import Generic, Self, TypeVar

from reconciler.http.pacing import READERS

T = TypeVar("T")

AT_ONCE = 0.01
"""Seconds: a page that comes sooner is read before the threads for others have begun."""
_NUMBER = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)


class PagesAhead(Generic[T]):
    """Fetches pages, and those that probably follow meanwhile: none is more than asked for early.

    What a page says of where the next one is decides whether that is one that was asked for; where it is another, the
    list is read one page after the other, as where pages come at once anyway. What went wrong with a page is told when
    it is that page's turn. At the end of a `with` nothing is under way any more.
    """

    def __init__(
        self, fetch: Callable[[str], T], readers: threading.Semaphore | None, now: Callable[[], float]
    ) -> None:
        self._fetch = fetch
        self._readers = readers  # what all lists of a run share; None for one page after the other
        self._now = now
        self._is_quick = False  # whether the last page that was waited for came at once
        self._found: dict[str, Future[T]] = {}  # by target, in the list's probable order
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for thread in self._threads:
            thread.join()

    def page(self, target: str) -> T:
        """The page at a target, asked for earlier or now."""
        found = self._found.pop(target, None)
        if found is not None:
            return found.result()
        began = self._now()
        page = self._fetch(target)
        self._is_quick = self._now() - began < AT_ONCE
        return page

    def expect(self, target: str, following: str, pages: int) -> None:
        """Ask for what probably follows a page: so many pages, of which it names the first."""
        if self._found and following not in self._found:
            self._found, self._readers = {}, None
        if pages <= 1 or self._readers is None or self._is_quick:
            return
        probable = [*_numbered(target, following, min(pages, READERS) - 1)]
        for one in (following, *probable) if probable else ():
            if one not in self._found and not self._ask(one):
                break

    def _ask(self, target: str) -> bool:
        """Ask for a page, if there is a reader left, and the system gives a thread."""
        readers = self._readers
        if readers is None or not readers.acquire(blocking=False):
            return False
        future: Future[T] = Future()
        thread = threading.Thread(target=self._read, args=(target, future, readers), name="page")
        try:
            thread.start()
        except RuntimeError:
            readers.release()
            return False
        self._threads = [*(one for one in self._threads if one.is_alive()), thread]
        self._found[target] = future
        return True

    def _read(self, target: str, future: Future[T], readers: threading.Semaphore) -> None:
        try:
            future.set_result(self._fetch(target))
        except BaseException as error:  # noqa: BLE001 - whose turn it is gets it
            future.set_exception(error)
        finally:
            readers.release()


def _numbered(target: str, following: str, pages: int) -> Iterator[str]:
    """So many targets behind the following one, if it is one page on by a number, and differs by nothing else."""
    path, _, query = following.partition("?")
    old_path, _, old_query = target.partition("?")
    parts = query.split("&")
    new, old = (dict(part.partition("=")[::2] for part in one) for one in (parts, old_query.split("&")))
    changed = [name for name, value in new.items() if old.get(name) != value]
    if path != old_path or len(changed) != 1 or len(new) != len(parts) or not old.keys() <= new.keys():
        return
    name = changed[0]
    number, before = new[name], old.get(name, "1")  # the first page need not say which one it is
    if _NUMBER.fullmatch(number) and _NUMBER.fullmatch(before) and int(number) == int(before) + 1:
        for one in range(int(number) + 1, int(number) + 1 + pages):
            yield f"{path}?{'&'.join(f'{name}={one}' if part == f'{name}={number}' else part for part in parts)}"
