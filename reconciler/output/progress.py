"""What happens while a run is under way, for people: a line per finished change, and waits as they come."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Lock
from typing import Protocol

from reconciler.model.plan import Action, Change
from reconciler.model.report import Answered, Called, Event, Finished, Listed, Outcome, Started, ThreadsLimited, Waiting
from reconciler.model.webhook import Address
from reconciler.output.formats import Reporter
from reconciler.output.style import SIGNS, Style
from reconciler.output.terminal import Streams, visible
from reconciler.view.report_view import ResultMask, ResultRow

_WAITS_SHOWN_FROM = 1
"""The verbosity from which each wait is logged; below it, the first for each reason."""
_CALLS_SHOWN_FROM = 2
"""The verbosity from which each call is logged."""


class Display(Protocol):
    """Something on the terminal that is redrawn in place."""

    def page(self, account: str, webhooks: int) -> None:
        """So many webhooks of an account were listed."""

    def expect(self, changes: int) -> None:
        """So many changes will be made."""

    def begin(self, text: str) -> None:
        """A change begins."""

    def advance(self) -> None:
        """A change has come to its end."""

    def wait(self, text: str) -> None:
        """Say in its own line what is waited for; nothing where the wait is over."""

    def note(self, text: str) -> None:
        """Say a line above it."""

    def stop(self) -> None:
        """Leave the terminal as it was."""


class Progress(Reporter):
    """A listener that tells people what happens. Safe to call from several threads.

    Args:
        streams: finished changes go to `out`, all else to `err`.
        verbosity: below 0 only finished changes show, from 1 on every wait, from 2 on every call.
        make_display: makes what is redrawn in place; None where there is no terminal for it.
    """

    def __init__(
        self, streams: Streams, verbosity: int, make_display: Callable[[], Display | None] | None = None
    ) -> None:
        self._streams = streams
        self._style = Style(streams.out_color)
        self._verbosity = verbosity
        self._make_display = make_display
        self._display: Display | None = None
        self._mask: ResultMask | None = None
        self._seen: set[tuple[Address, Action]] = set()
        self._waited_for: set[tuple[str, str]] = set()
        self._lock = Lock()

    @contextmanager
    def live(self, mask: ResultMask | None = None, changes: int = 0) -> Iterator[None]:
        """Meanwhile something is under way that may take long.

        Args:
            mask: how the changes of a plan are written, where one is carried out.
            changes: how many it has.
        """
        self._mask = mask
        self._display = self._make_display() if self._make_display is not None else None
        try:
            if self._display is not None and changes:
                self._display.expect(changes)
            yield
        finally:
            if self._display is not None:
                self._display.stop()
            self._display = None

    def __call__(self, event: Event) -> None:
        """Tell of an event. A stream that can't be written to stops no change that is under way."""
        with self._lock, suppress(OSError):
            self._tell(event)

    def _tell(self, event: Event) -> None:
        if self._display is not None and not isinstance(event, Waiting):
            self._display.wait("")
        match event:
            case Listed() if self._display is not None:
                self._display.page(event.account, event.webhooks)
            case Started() if self._display is not None and self._mask is not None:
                self._display.begin(visible(self._mask.address(event.change.address)))
            case Answered() if self._display is not None:
                self._advance(event.result.change)
            case Finished() if self._mask is not None and event.result.outcome is not Outcome.NOT_STARTED:
                self._finished(self._mask.row(event.result))
            case Waiting() if self._verbosity >= 0:
                self._wait(event)
            case ThreadsLimited() if self._verbosity >= 0:
                self._note(
                    f"The system allows no more threads: changes are made {event.threads} at a time, not "
                    f"{event.wanted}."
                )
            case Called() if self._verbosity >= _CALLS_SHOWN_FROM:
                status = event.status or "no answer"
                self._note(
                    f"{visible(event.account)}: {event.method} {visible(event.path)} {status} "
                    f"in {event.seconds * 1000:.0f} ms, attempt {event.attempt}"
                )

    def _finished(self, row: ResultRow) -> None:
        text = result_text(row, self._style)
        # On a terminal the line goes above what is redrawn; a file or a pipe gets it as it is.
        if self._display is not None and self._streams.out.isatty():
            self._display.note(text)
        else:
            self._streams.print_result(text)

    def _advance(self, change: Change) -> None:
        """A change was made as far as anybody can see yet; one that is sent again counts once."""
        known = (change.address, change.action)
        if self._display is not None and known not in self._seen:
            self._display.advance()
        self._seen.add(known)

    def _wait(self, event: Waiting) -> None:
        """In a line that changes on a terminal; in a log once for each reason."""
        text = f"{visible(event.account)}: waiting {event.seconds:.0f} s: {visible(event.reason)}"
        first = (event.account, event.reason) not in self._waited_for
        self._waited_for.add((event.account, event.reason))
        if self._display is not None and self._verbosity < _WAITS_SHOWN_FROM:
            self._display.wait(text)
        elif first or self._verbosity >= _WAITS_SHOWN_FROM:
            self._note(text)

    def _note(self, text: str) -> None:
        if self._display is not None:
            self._display.note(text)
        else:
            self._streams.print_message(text)


def result_text(row: ResultRow, style: Style) -> str:
    """One finished change in a line, with what went wrong under it."""
    color = "green" if row.done else "red"
    object_id = f" ({visible(row.object_id)})" if row.object_id and not row.address.endswith(row.object_id) else ""
    lines = [f"{style.paint(SIGNS[row.action], color)} {visible(row.address)}{object_id}: {row.action}: {row.words}"]
    if row.error:
        lines.append(f"    {style.paint('error', 'red')}: {visible(row.error)}")
    if row.help and not row.done:
        lines.append(f"    help: {visible(row.help)}")
    return "\n".join(lines)


def display_for(streams: Streams, verbosity: int) -> Callable[[], Display | None] | None:
    """What makes the display that is redrawn in place, or None where none is wanted or possible."""
    if not streams.live or verbosity < 0:
        return None

    def make() -> Display | None:
        from reconciler.output.live import LiveDisplay  # noqa: PLC0415 - loads rich

        try:
            return LiveDisplay(streams)
        except RuntimeError:
            return None

    return make
