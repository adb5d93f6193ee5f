"""Progress redrawn in place on a terminal. Loads `rich`, so it is imported only where there is one."""

from __future__ import annotations

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

from reconciler.output.terminal import Streams, visible


class LiveDisplay:
    """A spinner while accounts are listed, a bar while changes are made, gone at the end.

    Raises:
        RuntimeError: the system gives no thread to redraw it.
    """

    def __init__(self, streams: Streams) -> None:
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
        self._task = self._progress.add_task("listing webhooks", total=None)
        self._listed: dict[str, int] = {}
        self._applying = False
        self._description = "listing webhooks"
        self._waits = False
        try:
            self._progress.start()
        except RuntimeError:  # no thread for it
            self._progress.stop()
            raise

    def page(self, account: str, webhooks: int) -> None:
        """So many webhooks of an account were listed; while changes are made, the bar is theirs."""
        if self._applying:
            return
        self._listed[account] = webhooks
        names = ", ".join(visible(name) for name in self._listed)
        self._describe(f"listing {names}")
        self._progress.update(self._task, completed=sum(self._listed.values()))

    def expect(self, changes: int) -> None:
        """So many changes will be made."""
        self._applying = True
        self._progress.reset(self._task, total=changes, description="applying")
        self._description = "applying"

    def begin(self, text: str) -> None:
        """A change begins."""
        self._describe(text)

    def wait(self, text: str) -> None:
        """Say in its own line what is waited for; nothing where the wait is over."""
        if text or self._waits:
            self._waits = bool(text)
            self._progress.update(self._task, description=text or self._description)

    def _describe(self, text: str) -> None:
        self._description = text
        self._progress.update(self._task, description=text)

    def advance(self) -> None:
        """A change has come to its end."""
        self._progress.advance(self._task)

    def note(self, text: str) -> None:
        """Say a line above it."""
        self._progress.console.print(Text.from_ansi(text), soft_wrap=True)

    def stop(self) -> None:
        """Leave the terminal as it was."""
        self._progress.stop()
