"""What happens while a run is under way, for people: a line per finished change, and waits as they come."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Lock
from typing import TYPE_CHECKING

from reconciler.model.plan import Action
from reconciler.model.report import (
    Answered,
    Called,
    Event,
    Finished,
    Listed,
    Outcome,
    Result,
    Started,
    ThreadsLimited,
    Waiting,
)
from reconciler.model.webhook import Address
from reconciler.output.escaping import visible
from reconciler.output.formats import Context, Reporter
from reconciler.output.terminal import SIGNS, Style
from reconciler.view.results import ResultMask

if TYPE_CHECKING:
    from reconciler.output.live import LiveDisplay

_CALLS_SHOWN_FROM = 2
"""The verbosity from which each call is logged; from 1 on each wait is, and below only the first for each reason."""


class Progress(Reporter):
    """Tells people what happens. Safe to call from several threads."""

    def __init__(self, context: Context) -> None:
        self._streams = context.streams
        self._style = Style(context.streams.out_color)
        self._verbosity = context.verbosity
        self._display: LiveDisplay | None = None
        self._mask: ResultMask | None = None
        self._listed: dict[str, int] = {}
        self._seen: set[tuple[Address, Action]] = set()
        self._waited_for: set[tuple[str, str]] = set()
        self._lock = Lock()

    @contextmanager
    def live(self, mask: ResultMask | None = None) -> Iterator[None]:
        self._mask, self._listed = mask, {}
        if self._streams.live and self._verbosity >= 0:
            from reconciler.output.live import LiveDisplay  # noqa: PLC0415 - loads rich

            with suppress(RuntimeError):  # the system gives no thread to redraw it
                self._display = LiveDisplay(self._streams, None if mask is None else mask.changes)
        try:
            yield
        finally:
            if self._display is not None:
                self._display.stop()
            self._display = None

    def __call__(self, event: Event) -> None:
        """Tell of an event. A stream that can't be written to stops no change that is under way."""
        with self._lock, suppress(OSError):
            if self._display is not None:
                self._redraw(event, self._display)
            self._log(event)

    def _redraw(self, event: Event, display: LiveDisplay) -> None:
        """What changes on a terminal. While changes are made, what is listed beside leaves their bar alone."""
        match event:
            case Waiting():
                if self._verbosity == 0:
                    display.update(display.work, description=_wait_text(event))
                return
            case Listed() if self._mask is None:
                self._listed[event.account] = event.webhooks
                names = ", ".join(map(visible, self._listed))
                display.show(f"listing {names}", sum(self._listed.values()))
            case Started() if self._mask is not None:
                display.show(visible(self._mask.address(event.change.address)))
            case Answered():  # as far as anybody can see yet; a change that is sent again counts once
                known = (event.result.change.address, event.result.change.action)
                if known not in self._seen:
                    display.advance(display.work)
                self._seen.add(known)
        display.show()  # a wait is over

    def _log(self, event: Event) -> None:
        match event:
            case Finished() if self._mask is not None and event.result.outcome is not Outcome.NOT_STARTED:
                text = result_text(self._mask, event.result, self._style)
                # On a terminal the line goes above what is redrawn; a file or a pipe gets it as it is.
                redrawn = self._display is not None and self._streams.out.isatty()
                (self._note if redrawn else self._streams.print_result)(text)
            case Waiting() if self._verbosity >= 0:
                first = (event.account, event.reason) not in self._waited_for
                self._waited_for.add((event.account, event.reason))
                if self._verbosity > 0 or (first and self._display is None):
                    self._note(_wait_text(event))
            case ThreadsLimited() if self._verbosity >= 0:
                made = f"changes are made {event.threads} at a time, not {event.wanted}"
                self._note(f"The system allows no more threads: {made}.")
            case Called() if self._verbosity >= _CALLS_SHOWN_FROM:
                answer = f"{event.status or 'no response'} in {event.seconds * 1000:.0f} ms, attempt {event.attempt}"
                self._note(f"{visible(event.account)}: {event.method} {visible(event.path)} {answer}")

    def _note(self, text: str) -> None:
        (self._streams.print_message if self._display is None else self._display.note)(text)


def _wait_text(event: Waiting) -> str:
    return f"{visible(event.account)}: waiting {event.seconds:.0f} s: {visible(event.reason)}"


def result_text(mask: ResultMask, result: Result, style: Style) -> str:
    """One finished change in a line, with what went wrong under it."""
    address, action = mask.address(result.change.address), result.change.action.value
    color = "green" if result.is_done else "red"
    object_id = f" ({visible(result.object_id)})" if result.object_id and not address.endswith(result.object_id) else ""
    lines = [f"{style.paint(SIGNS[action], color)} {visible(address)}{object_id}: {action}: {mask.words(result)}"]
    if result.error is not None:
        lines.append(f"    {style.paint('error', 'red')}: {visible(result.error.message)}")
    if not result.is_done and (help_ := mask.help(result)):
        lines.append(f"    help: {visible(help_)}")
    return "\n".join(lines)
