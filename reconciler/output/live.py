"""Progress redrawn in place on a terminal. Loads `rich`, so it is imported only where there is one."""

from __future__ import annotations

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

from reconciler.output.terminal import Streams


class LiveDisplay:
    """A spinner while accounts are listed, a bar while so many changes are made, gone at the end.

    Raises:
        RuntimeError: the system gives no thread to redraw it.
    """

    def __init__(self, streams: Streams, changes: int | None) -> None:
        console = Console(file=streams.err, no_color=not streams.err_color, highlight=False, markup=False, emoji=False)
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=20),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._text = "listing webhooks" if changes is None else "applying"
        self._task = self._progress.add_task(self._text, total=changes)
        try:
            self._progress.start()
        except RuntimeError:
            self._progress.stop()
            raise

    def show(self, text: str = "", completed: int | None = None) -> None:
        """What is done now, and how much of it; without a text what was done before a wait."""
        self._text = text or self._text
        self._progress.update(self._task, description=self._text, completed=completed)

    def wait(self, text: str) -> None:
        """What is waited for, until the next `show`."""
        self._progress.update(self._task, description=text)

    def advance(self) -> None:
        self._progress.advance(self._task)

    def note(self, text: str) -> None:
        """A line above it, which stays."""
        self._progress.console.print(Text.from_ansi(text), soft_wrap=True)

    def stop(self) -> None:
        self._progress.stop()
