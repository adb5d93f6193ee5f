"""`--report`: beside what the terminal gets, files of other formats, each with what its format would print."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from io import StringIO
from pathlib import Path

from reconciler.model.diagnostic import Diagnostic, ExitCode
from reconciler.model.report import Event, Report
from reconciler.output.formats import Context, Reporter, reporter
from reconciler.output.terminal import Streams
from reconciler.view.documents import PlanView
from reconciler.view.outcome import CommandResult
from reconciler.view.results import ResultMask

FileWriter = Callable[[Path, str], str]
"""Writes a text to a path; gives why it could not, or nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileReport:
    """A report on its way to its file."""

    path: Path
    text: StringIO  #: What its reporter has printed so far.
    reporter: Reporter


def with_reports(shown: Reporter, context: Context, reports: Mapping[Path, str], write: FileWriter) -> Reporter:
    """A reporter for the terminal that writes reports, too: the format of each path."""
    files = []
    for path, name in reports.items():
        text = StringIO()
        streams = Streams(
            out=text, err=StringIO(), out_color=False, err_color=False, interactive=False, live=False, width=80
        )
        files.append(FileReport(path=path, text=text, reporter=reporter(name, replace(context, streams=streams))))
    return WithReports(shown, files, context.streams, write)


class WithReports(Reporter):
    """Tells the terminal and each report the same. The files are written once, at the end of the run."""

    def __init__(self, shown: Reporter, reports: Sequence[FileReport], streams: Streams, write: FileWriter) -> None:
        self._shown, self._reports, self._streams, self._write = shown, reports, streams, write
        self._all = (shown, *(report.reporter for report in reports))
        self.can_ask = shown.can_ask
        self.is_brief = all(one.is_brief for one in self._all)
        self._is_written = False

    def __call__(self, event: Event) -> None:
        for one in self._all:
            one(event)

    @contextmanager
    def live(self, mask: ResultMask | None = None) -> Iterator[None]:
        with ExitStack() as stack:
            for one in self._all:
                stack.enter_context(one.live(mask))
            yield

    def begin(self, diagnostics: Iterable[Diagnostic]) -> None:
        said = [*diagnostics]
        for one in self._all:
            one.begin(said)

    def heading(self, text: str) -> None:
        for one in self._all:
            one.heading(text)

    def validation(self, diagnostics: Sequence[Diagnostic]) -> None:
        for one in self._all:
            one.validation(diagnostics)

    def plan(self, view: PlanView) -> None:
        for one in self._all:
            one.plan(view)

    def drift(self, view: PlanView) -> None:
        for one in self._all:
            one.drift(view)

    def end(self, result: CommandResult, report: Report | None = None) -> int:
        return self._written(lambda one: one.end(result, report))

    def fail(self, diagnostics: Sequence[Diagnostic], code: int) -> int:
        return self._written(lambda one: one.fail(diagnostics, code))

    def _written(self, end: Callable[[Reporter], int]) -> int:
        """End each; the terminal's code, or 1 where a report can't be written and nothing worse happened."""
        code = end(self._shown)
        if self._is_written:
            return code
        self._is_written = True
        for report in self._reports:
            end(report.reporter)
            if problem := self._write(report.path, report.text.getvalue()):
                self._streams.print_message(f"error: {problem}\nhelp: Give `--report` another path.")
                code = ExitCode.ERROR if code in (ExitCode.DONE, ExitCode.CHANGES) else code
        return code
