"""`--report`: beside what the terminal gets, files of other formats, each with what its format would print."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from io import StringIO
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from reconciler.model.diagnostic import Diagnostic, ExitCode
from reconciler.model.report import Event
from reconciler.output.formats import SAY_THE_CODE, Context, Reporter, Target, reporter
from reconciler.output.terminal import Streams
from reconciler.view.documents import PlanView
from reconciler.view.outcome import CommandResult
from reconciler.view.results import ReportView, ResultMask


class _End(Protocol):
    def __call__(self, one: Reporter, /, code: int) -> int: ...


class FileReport(Struct, kw_only=True):
    """A report on its way to its file."""

    reporter: Reporter
    text: StringIO  #: What its reporter has printed so far.
    target: Target
    _is_written: bool = False

    def written(self, end: Callable[[Reporter], int]) -> str:
        """End it, and write it, once; gives why that could not be done, or nothing."""
        if self._is_written:
            return ""
        try:
            end(self.reporter)
        except Exception:  # a bug, which is said once
            self._is_written = True
            raise
        self._is_written = True
        return self.target.write(self.text.getvalue())


def with_reports(shown: Reporter, context: Context, targets: Sequence[Target]) -> WithReports:
    """A reporter for the terminal that makes reports, too."""
    files = []
    for target in sorted(targets, key=lambda target: target.format in SAY_THE_CODE):
        text = StringIO()
        err = text if target.format == "text" else StringIO()
        streams = Streams(out=text, err=err, out_color=False, err_color=False, interactive=False, live=False, width=80)
        made = reporter(target.format, replace(context, streams=streams, is_report=True, before=target.before))
        files.append(FileReport(reporter=made, text=text, target=target))
    return WithReports(shown, files, context.streams)


class WithReports(Reporter):
    """Tells each report and the terminal the same. The files are written once, at the end of the run."""

    def __init__(self, shown: Reporter, reports: Sequence[FileReport], streams: Streams) -> None:
        self._shown, self._reports, self._streams = shown, reports, streams
        self._all = (*(report.reporter for report in reports), shown)  # last the one that may fail
        self.can_ask = shown.can_ask
        self.is_brief = all(one.is_brief for one in self._all)
        self.lists_done = any(one.lists_done for one in self._all)

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

    def reviewed(self, view: PlanView) -> None:
        for one in self._all:
            one.reviewed(view)

    def drift(self, view: PlanView) -> None:
        for one in self._all:
            one.drift(view)

    def saved(self, digest: str) -> None:
        for one in self._all:
            one.saved(digest)

    def end(self, result: CommandResult, report: ReportView | None = None) -> int:
        return self._written(result.code, lambda one, code: one.end(replace(result, code=code), report))

    def fail(self, diagnostics: Sequence[Diagnostic], code: int) -> int:
        return self._written(code, lambda one, code: one.fail(diagnostics, code))

    def cut_off(self, diagnostics: Sequence[Diagnostic], code: int) -> None:
        """Write what is known, since the process is about to end; to the terminal nothing."""
        for report in self._reports:
            report.written(lambda one: one.fail(diagnostics, code))

    def _written(self, code: int, end: _End) -> int:
        """End each with the code: from the first report on that can't be written 1, if nothing worse happened.

        The terminal comes last, so that one that can't be written to keeps no report from its file.
        """
        for report in self._reports:
            if problem := report.written(partial(end, code=code)):
                self._streams.print_message(f"error: {problem}\nhelp: Give `--report` another path.")
                code = ExitCode.ERROR if code in (ExitCode.DONE, ExitCode.CHANGES) else code
        return end(self._shown, code)
