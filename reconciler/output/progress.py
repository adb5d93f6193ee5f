"""What happens while a run is under way, for people: a line per finished change, and waits as they come."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from threading import Lock
from typing import TYPE_CHECKING

from reconciler.model.report import (
    Answered,
    Called,
    Finished,
    Listed,
    Outcome,
    Started,
    ThreadsLimited,
    Waiting,
)
from reconciler.output.escaping import visible
from reconciler.output.fitting import fitted
from reconciler.output.formats import Reporter
from reconciler.output.terminal import SIGNS, Style
from reconciler.view.outcome import count_text

if TYPE_CHECKING:
    from reconciler.model.plan import Action, Change
    from reconciler.model.report import (
        Event,
        Result,
    )
    from reconciler.model.webhook import Address
    from reconciler.output.formats import Context
    from reconciler.output.live import LiveDisplay
    from reconciler.view.results import ResultMask

_CALLS_SHOWN_FROM = 2
"""The verbosity from which each call is logged; from 1 on each wait is, and below only the first for each reason."""
_LONG = 5.0
"""From how many seconds on a change says what it took."""
_MOST_NAMES = 5
"""How many accounts that are listed are named."""
_SHORT = 10.0


class Progress(Reporter):
    """Tells people what happens. Safe to call from several threads."""

    _changes_are_results = True  # else a line for a finished change would stand in a document

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
        self._now = context.now
        self._began, self._calls = context.now(), 0  # of what is under way
        self._started: dict[tuple[Address, Action], datetime] = {}
        self._took: dict[tuple[Address, Action], float] = {}

    @contextmanager
    def live(self, mask: ResultMask | None = None) -> Iterator[None]:
        from reconciler.view.results import ResultMask  # noqa: PLC0415 - only where there are results

        self._mask = None if mask is None else ResultMask(mask.plan, shortens_ids=self._verbosity <= 0)
        self._listed = {}
        self._began, self._calls = self._now(), 0
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
            self._measure(event)
            if self._display is not None:
                self._redraw(event, self._display)
            self._log(event)

    def _measure(self, event: Event) -> None:
        match event:
            case Called():
                self._calls += 1
            case Started():
                self._started.setdefault(_known(event.change), self._now())
            case Answered() if (began := self._started.get(_known(event.result.change))) is not None:
                self._took[_known(event.result.change)] = (self._now() - began).total_seconds()

    def _effort_text(self) -> str:
        """What making the changes took."""
        seconds = (self._now() - self._began).total_seconds()
        return self._style.paint(f"{count_text(self._calls, 'request')} in {seconds_text(seconds)}.", "dim")

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
                if len(self._listed) > _MOST_NAMES:
                    names = f"{len(self._listed)} accounts"
                display.show(f"listing {names}", sum(self._listed.values()))
            case Started() if self._mask is not None:
                display.show(visible(self._mask.address(event.change.address)))
            case Answered():  # as far as anybody can see yet; a change that is sent again counts once
                if _known(event.result.change) not in self._seen:
                    display.advance(display.work)
                self._seen.add(_known(event.result.change))
        display.show()  # a wait is over

    def _log(self, event: Event) -> None:
        match event:
            case Finished() if self._mask is not None and event.result.outcome is not Outcome.NOT_STARTED:
                took = self._took.get(_known(event.result.change), 0.0)
                text = result_text(self._mask, event.result, self._style, took, self._streams.line_width)
                # On a terminal the line goes above what is redrawn; a file or a pipe gets it as it is.
                redrawn = self._display is not None and self._streams.out.isatty()
                beside = redrawn or not self._changes_are_results
                (self._note if beside else self._streams.print_result)(text)
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


def _known(change: Change) -> tuple[Address, Action]:
    return change.address, change.action


def seconds_text(seconds: float) -> str:
    """A duration, in whole minutes and seconds, and tenths where it is short."""
    if seconds < _SHORT:
        return f"{seconds:.1f} s"
    minutes, seconds = divmod(round(seconds), 60)
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"


def _wait_text(event: Waiting) -> str:
    return f"{visible(event.account)}: waiting {event.seconds:.0f} s: {visible(event.reason)}"


def result_text(mask: ResultMask, result: Result, style: Style, took: float = 0.0, width: int | None = None) -> str:
    """One finished change in a line, with the seconds that it took, if many, and what went wrong under it."""
    mask = mask if result.is_done else mask.with_whole_ids
    address, action = mask.address(result.change.address), result.change.action.value
    color = "green" if result.is_done else "red"
    object_id = mask.object_id(result.object_id)
    named = f" ({visible(object_id)})" if object_id and not address.endswith(object_id) else ""
    after = style.paint(f" ({seconds_text(took)})", "dim") if took >= _LONG else ""
    sign = style.paint(SIGNS[action], color)
    lines = [f"{sign} {visible(address)}{named}: {action}: {mask.words(result)}{after}"]
    if result.error is not None:
        lines.append(f"    {style.paint('error', 'red')}: {visible(result.error.message)}")
    if not result.is_done and (help_ := mask.help(result)):
        lines.append(f"    help: {visible(help_)}")
    return "\n".join(part for line in lines for part in fitted(line, width))
