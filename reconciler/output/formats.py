"""The table of formats, and what each of them says of a run. A new format is its module and a line here."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import TYPE_CHECKING, cast

from msgspec import Struct

from reconciler.output.pipeline import NO_PIPELINE, Pipeline

if TYPE_CHECKING:  # the table is all that `--help` needs
    from reconciler.model.diagnostic import Diagnostic
    from reconciler.model.report import Event
    from reconciler.output.terminal import Streams
    from reconciler.view.documents import DoctorView, ListView, PlanView
    from reconciler.view.outcome import CommandResult
    from reconciler.view.results import ReportView, ResultMask
    from reconciler.view.rows import AccountRow


FORMATS: Mapping[str, str] = {
    "text": "reconciler.output.text",
    "json": "reconciler.output.json_format",
}
"""Each format and its module, which is loaded when it is asked for, and has a function `reporter`."""
LIST_FORMATS: Mapping[str, str] = {**FORMATS, "csv": "reconciler.output.csv_format"}
"""Those of `list`."""
PLAN_FORMATS: Mapping[str, str] = {
    **FORMATS,
    "markdown": "reconciler.output.markdown",
    "github": "reconciler.output.github",
    "junit": "reconciler.output.junit",
    "html": "reconciler.output.html",
}
"""Those of commands that plan, and of `validate`: the others are made to be shared."""
REPORT_FORMATS: Mapping[str, str] = {
    **PLAN_FORMATS,
    "github-output": "reconciler.output.github_output",
    "code-quality": "reconciler.output.code_quality",
    "prometheus": "reconciler.output.prometheus",
}
"""Those of `--report`."""
ADDED = frozenset({"github-output"})
"""Reports that are added to what their file says, which is not only theirs."""
SAY_THE_CODE = frozenset({"github-output", "prometheus"})
"""Reports that say the exit code, so that they are written last: a report that can't be written is in it."""
_ALL = {**LIST_FORMATS, **REPORT_FORMATS}


class Context(Struct, frozen=True, kw_only=True):
    """What a reporter needs of its run."""

    streams: Streams  #: Results go to `out`, all else to `err`.
    verbosity: int  #: How often `-v` was given, less how often `-q` was.
    now: Callable[[], datetime]  #: The time of day (UTC).
    applies: bool = False  #: Whether the command changes something, and so tells what it does meanwhile.
    name: str = ""  #: The configuration's name: its files as they were given, and what makes another one of them.
    files: tuple[str, ...] = ()  #: These files.
    pipeline: Pipeline = NO_PIPELINE  #: The one that the run is part of.
    full_name: str = ""  #: The name with the values of `--var`, shown only once they are known not to be secret.
    is_report: bool = False  #: Whether it goes to a file, where nobody else says what is wrong.
    before: Callable[[], str] = str  #: What the file of the report says so far, if it says anything.
    shows_unmanaged: bool = False  #: Whether what is made to be shared lists unmanaged webhooks, too.


class Target(Struct, frozen=True, kw_only=True):
    """A report that is asked for, and where it goes."""

    format: str
    write: Callable[[str], str]  #: Takes the whole text; gives why it could not be written, or nothing.
    before: Callable[[], str] = str  #: What is there so far.


class Reporter:
    """Says in one format what a command finds and does; here nothing. Errors go to standard error."""

    can_ask = False  #: Whether a person who reads it could be asked for consent.
    lists_lines = True  #: Whether it says of each webhook of a list what goes into a line.
    is_brief = True  #: Whether it says nothing of webhooks that are in step, and puts none together by endpoint.
    lists_done = True  #: Whether it says at the end what became of each change, of those that are done, too.

    def __call__(self, event: Event) -> None:
        """Something happened; called from several threads."""

    def live(self, mask: ResultMask | None = None) -> AbstractContextManager[None]:
        """Meanwhile something is under way: accounts are listed, or the changes of a plan are made."""
        raise NotImplementedError

    def begin(self, diagnostics: Iterable[Diagnostic]) -> None:
        """The files were read; these warnings were said of them."""

    def heading(self, text: str) -> None:
        """What follows, for people."""

    def validation(self, diagnostics: Sequence[Diagnostic]) -> None:
        """This is what is to be said of the files, or of a saved plan."""

    def plan(self, view: PlanView) -> None:
        """This is what would be done."""

    def reviewed(self, view: PlanView) -> None:
        """This is what would be done, and it is in a saved plan, which was reviewed."""
        self.plan(view)

    def drift(self, view: PlanView) -> None:
        """This is what would be done, and so what happened."""
        self.plan(view)

    def listing(self, view: ListView) -> None:
        """These are the webhooks that there are."""

    def matrix(self, view: ListView) -> None:
        """These are the endpoints, and which events each receives."""

    def doctor(self, view: DoctorView) -> None:
        """This is what was found of the receivers."""

    def not_checked(self, accounts: Iterable[AccountRow]) -> None:
        """These accounts could not be read, where no plan is shown that says so."""

    def saved(self, digest: str) -> None:
        """The plan is a saved one, with this digest."""

    def end(self, outcome: CommandResult, report: ReportView | None = None) -> int:
        """The run is over, with a report where something was done; gives the exit code."""
        raise NotImplementedError

    def fail(self, diagnostics: Sequence[Diagnostic], code: int) -> int:
        """The run could not go on, for what these say; gives the exit code."""
        del diagnostics
        return code


def reporter(name: str, context: Context) -> Reporter:
    """The reporter of a format of the table."""
    return cast("Reporter", importlib.import_module(_ALL[name]).reporter(context))
