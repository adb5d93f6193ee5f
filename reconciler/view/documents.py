"""The JSON documents that are published, as values: every output renders them, and `view.codec` writes and reads them.

What is said of the attributes here stands in the published schemas.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from reconciler import __version__
from reconciler.model.diagnostic import Diagnostic, Severity
from reconciler.model.plan import Action, Filters
from reconciler.view.rows import AccountRow, LossRow, Row, Standing, Summary, Time

FORMAT_VERSION: Literal["1.3"] = "1.3"
Hex = Annotated[str, "^[0-9a-f]+$(?!\\n)"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """A place in a file."""

    line: int  #: The line, from 1 on.
    column: int  #: The column in characters, from 1 on.


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """Where in the files."""

    filename: str  #: The file, as it was given; `<stdin>` for standard input.
    start: Position | None = None  #: Where it begins. Omitted for the whole file.
    #: Where it ends: the column after the last one, or the start if it is the whole line. Omitted for the whole file.
    end: Position | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DiagnosticRow:
    """A diagnostic, in the format of `terraform validate -json`. Contains no secrets."""

    severity: Severity  #: How bad it is: an error stops the command.
    code: str  #: A stable code; see docs/codes.md.
    summary: str  #: What is wrong, in one sentence.
    detail: str  #: What to do, in one sentence; may be empty.
    range: Range | None = None  #: Where in the files; omitted if it isn't about a file.


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """What wrote this."""

    name: Literal["reconciler"] = "reconciler"  #: Always `reconciler`.
    version: str = __version__  #: Its version.


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """What a plan was made from, as the options said; `apply PLANFILE` reads it again where no option says otherwise.

    Relative paths are relative to the working directory. No value of the environment or of an env file is in here, and
    not the hosts that may get a token: those are allowed outside of any file.
    """

    files: tuple[str, ...]  #: Paths of `-f`; `-` is standard input.
    variables: Mapping[str, str]  #: Names and values of `--var`, which are plain.
    var_files: tuple[str, ...]  #: Paths of `--var-file`; nothing that is in them.
    env_files: tuple[str, ...]  #: Paths of `--env-file`; nothing that is in them.


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """The seal of a saved plan (`plan --out`); absent from what is only shown."""

    version: int  #: The version of this block.
    #: What the plan was made from. Not in the digest: whatever is read, the plan of it must be the same.
    sources: Sources
    filters: Filters  #: What narrowed the plan; `apply` narrows its own likewise.
    allowed_losses: int | None  #: What `--allow-losses` said; null where it wasn't given.
    salt: Hex  #: The digest's salt.
    digest: Hex  #: A salted scrypt digest of the real plan, values that are masked here included.
    checksum: Hex  #: SHA-256 of this document without it.


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanView:
    """What `plan`, `drift` and `show` write with `--format json`, and what `plan --out` saves.

    The format is Terraform's JSON plan (`resource_changes` and its contents) with additional keys. Contains no secrets.
    If no plan could be made, the output is that of `validate`, with `valid` false.
    """

    format_version: Literal["1.3"] = FORMAT_VERSION  #: The version of Terraform's JSON plan format that this follows.
    tool: Tool = Tool()  #: What wrote this.
    timestamp: Time  #: When the plan was made (UTC).
    files: tuple[str, ...]  #: The files it was made from, as they were given.
    filters: Filters  #: The filters of the plan: with a filter, more may differ than is listed here.
    destroy: bool  #: Whether it deletes what the files describe.
    applyable: bool  #: Whether `apply` would do anything: there are changes and no guard refuses them.
    complete: bool  #: Whether it is complete: false with a filter, or if an account could not be checked.
    errored: bool  #: Whether an account could not be checked.
    #: Every webhook of the files and every one that would be changed, including those without changes; by account,
    #: changes first, in the order of work.
    resource_changes: tuple[Row, ...]
    accounts: tuple[AccountRow, ...]  #: The accounts, in the order of the file.
    summary: Summary  #: Everything counted.
    losses: tuple[LossRow, ...]  #: The endpoints that would stop receiving events.
    #: The webhooks that are neither owned nor listed under `known`. Never touched. Those of accounts that ignore them
    #: aren't here.
    unmanaged: tuple[Row, ...]
    known: tuple[Row, ...]  #: The webhooks listed under `known`: other people's, and expected. Never touched.
    #: The webhooks that deliver again what another does; they are in `resource_changes` too.
    duplicates: tuple[Row, ...]
    diagnostics: tuple[DiagnosticRow, ...]  #: What was said of the files: warnings only, as an error makes no plan.
    saved: Seal | None = None  #: The seal of a saved plan (`plan --out`); left out of what is only shown.

    @property
    def is_filtered(self) -> bool:
        """Whether `--account` or `--target` left something out."""
        return self.filters != Filters()

    @property
    def changes(self) -> tuple[Row, ...]:
        """What an apply would do, in the order of work."""
        return tuple(row for row in self.resource_changes if row.action is not Action.NONE)

    @property
    def refused(self) -> tuple[AccountRow, ...]:
        return tuple(account for account in self.accounts if account.is_refused)

    @property
    def not_checked(self) -> tuple[AccountRow, ...]:
        return tuple(account for account in self.accounts if account.status is Standing.NOT_CHECKED)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListView:
    """What `list --format json` writes: the webhooks that the provider has, and whose they are. Contains no secrets.

    Where nothing could be listed, it writes what `validate` writes, with `valid` false.
    """

    format_version: Literal["1.1"] = "1.1"  #: The version of this format.
    tool: Tool = Tool()  #: What wrote this.
    accounts: tuple[AccountRow, ...]  #: The accounts, in the order of the file.
    webhooks: tuple[Row, ...]  #: The webhooks, by account, URL and event.


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidationView:
    """What `validate --format json` writes, in the shape of `terraform validate -json`.

    Other commands write it with `--format json` where they can't go on, whatever the reason.
    """

    format_version: Literal["1.0"] = "1.0"  #: The version of Terraform's format that this follows.
    valid: bool  #: Whether there is no error. With `--strict` warnings fail too, by the exit code only.
    error_count: int  #: How many errors there are.
    warning_count: int  #: How many warnings there are.
    diagnostics: tuple[DiagnosticRow, ...]  #: All of them, in the order of place.


def diagnostic_row(diagnostic: Diagnostic) -> DiagnosticRow:
    """A diagnostic as it is published: of a part of a line, a line, a file (without start and end), or of no file."""
    place, where = diagnostic.place, None
    if place is not None:
        start = Position(line=place.line, column=max(place.column, 1))
        end = Position(line=place.line, column=start.column + (diagnostic.width if place.column else 0))
        where = Range(filename=place.file, start=start, end=end) if place.line else Range(filename=place.file)
    return DiagnosticRow(
        severity=diagnostic.severity,
        code=diagnostic.code,
        summary=diagnostic.message,
        detail=diagnostic.help,
        range=where,
    )


def validation_view(diagnostics: Sequence[Diagnostic]) -> ValidationView:
    """What `validate` found."""
    errors = sum(diagnostic.is_error for diagnostic in diagnostics)
    return ValidationView(
        valid=errors == 0,
        error_count=errors,
        warning_count=len(diagnostics) - errors,
        diagnostics=tuple(map(diagnostic_row, diagnostics)),
    )
