"""Progress redrawn in place on a terminal. Loads `rich`, so it is imported only where there is one."""

from __future__ import annotations

from collections.abc import Callable

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TimeElapsedColumn,
)
from rich.table import Column
from rich.text import Text

from reconciler.output.terminal import Streams


class _Doing(ProgressColumn):
    """What is done now; of a wait as much as is left of it."""

    def render(self, task: Task) -> Text:
        words: Callable[[], str] | None = task.fields.get("words")
        return Text(task.description if words is None else words(), justify="left")


_COLUMNS = (SpinnerColumn(), _Doing(Column(no_wrap=True)), BarColumn(bar_width=20))


class LiveDisplay(Progress):
    """A spinner while accounts are listed, a bar while so many changes are made, gone at the end.

    Raises:
        RuntimeError: the system gives no thread to redraw it.
    """

    def __init__(self, streams: Streams, changes: int | None) -> None:
        console = Console(file=streams.err, no_color=not streams.err_color, highlight=False, markup=False, emoji=False)
        columns = (*_COLUMNS, MofNCompleteColumn(), TimeElapsedColumn())
        super().__init__(*columns, console=console, transient=True, redirect_stdout=False, redirect_stderr=False)
        self._shown = "listing webhooks" if changes is None else "applying"
        self.work = self.add_task(self._shown, total=changes)
        try:
            self.start()
        except RuntimeError:
            self.stop()
            raise

    def show(self, text: str = "", completed: int | None = None) -> None:
        """What is done now, and how much of it; without a text what was done before a wait."""
        self._shown = text or self._shown
        self.update(self.work, description=self._shown, completed=completed, words=None)

    def wait(self, seconds: float, words: Callable[[float], str]) -> None:
        """Say a wait, by the seconds that are left of it, until something else is shown."""
        ends = self.get_time() + seconds
        self.update(self.work, words=lambda: words(max(ends - self.get_time(), 0.0)))

    def note(self, text: str) -> None:
        """A line above it, which stays."""
        self.console.print(Text.from_ansi(text), soft_wrap=True)
