"""The JSON documents that are published, as values: every output renders them, and `view.codec` writes and reads them.

What is said of the attributes here stands in the published schemas.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from reconciler import __version__
from reconciler.model.configuration import OnUnmanaged
from reconciler.model.diagnostic import Diagnostic, Place, Severity
from reconciler.model.plan import Action, Filters
from reconciler.view.rows import AccountRow, LossRow, Row, Standing, Summary, Time

FORMAT_VERSION: Literal["1.3"] = "1.3"
Hex = Annotated[str, "^[0-9a-f]+$(?!\\n)"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """A place in a file.

    Attributes:
        line: The line, from 1 on.
        column: The column in characters, from 1 on.
    """

    line: int
    column: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """Where in the files.

    Attributes:
        filename: The file, as it was given; `<stdin>` for standard input.
        start: Where it begins. Omitted for the whole file.
        end: Where it ends: the column after the last one, or the start if it is the whole line.
            Omitted for the whole file.
    """

    filename: str
    start: Position | None = None
    end: Position | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DiagnosticRow:
    """A diagnostic, in the format of `terraform validate -json`. Contains no secrets.

    Attributes:
        severity: How bad it is: an error stops the command.
        code: A stable code; see docs/codes.md.
        summary: What is wrong, in one sentence.
        detail: What to do, in one sentence; may be empty.
        range: Where in the files; omitted if it isn't about a file.
    """

    severity: Severity
    code: str
    summary: str
    detail: str
    range: Range | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """What wrote this.

    Attributes:
        name: Always `reconciler`.
        version: Its version.
    """

    name: Literal["reconciler"] = "reconciler"
    version: str = __version__


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """What a plan was made from, as the options said; `apply PLANFILE` reads it again where no option says otherwise.

    Relative paths are relative to the working directory. No value of the environment or of an env file is in here, and
    not the hosts that may get a token: those are allowed outside of any file.

    Attributes:
        files: Paths of `-f`; `-` is standard input.
        variables: Names and values of `--var`, which are plain.
        var_files: Paths of `--var-file`; nothing that is in them.
        env_files: Paths of `--env-file`; nothing that is in them.
    """

    files: tuple[str, ...]
    variables: Mapping[str, str]
    var_files: tuple[str, ...]
    env_files: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """The seal of a saved plan (`plan --out`); absent from what is only shown.

    Attributes:
        version: The version of this block.
        sources: What the plan was made from. Not in the digest: whatever is read, the plan of it must be the same.
        filters: What narrowed the plan; `apply` narrows its own likewise.
        allowed_losses: What `--allow-losses` said; null where it wasn't given.
        salt: The digest's salt.
        digest: A salted scrypt digest of the real plan, values that are masked here included.
        checksum: SHA-256 of this document without it.
    """

    version: int
    sources: Sources
    filters: Filters
    allowed_losses: int | None
    salt: Hex
    digest: Hex
    checksum: Hex


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanView:
    """What `plan`, `drift` and `show` write with `--format json`, and what `plan --out` saves.

    The format is Terraform's JSON plan (`resource_changes` and its contents) with additional keys. Contains no secrets.
    If no plan could be made, the output is that of `validate`, with `valid` false.

    Attributes:
        format_version: The version of Terraform's JSON plan format that this follows.
        tool: What wrote this.
        timestamp: When the plan was made (UTC).
        files: The files it was made from, as they were given.
        filters: The filters of the plan: with a filter, more may differ than is listed here.
        destroy: Whether it deletes what the files describe.
        applyable: Whether `apply` would do anything: there are changes and no guard refuses them.
        complete: Whether it is complete: false with a filter, or if an account could not be checked.
        errored: Whether an account could not be checked.
        resource_changes: Every webhook of the files and every one that would be changed, including those without
            changes; by account, changes first, in the order of work.
        accounts: The accounts, in the order of the file.
        summary: Everything counted.
        losses: The endpoints that would stop receiving events.
        unmanaged: The webhooks that are neither owned nor listed under `known`. Never touched.
            Those of accounts that ignore them aren't here.
        known: The webhooks listed under `known`: other people's, and expected. Never touched.
        duplicates: The webhooks that deliver again what another does; they are in `resource_changes` too.
        diagnostics: What was said of the files: warnings only, as an error makes no plan.
        saved: The seal of a saved plan (`plan --out`); left out of what is only shown.
    """

    format_version: Literal["1.3"] = FORMAT_VERSION
    tool: Tool = Tool()
    timestamp: Time
    files: tuple[str, ...]
    filters: Filters
    destroy: bool
    applyable: bool
    complete: bool
    errored: bool
    resource_changes: tuple[Row, ...]
    accounts: tuple[AccountRow, ...]
    summary: Summary
    losses: tuple[LossRow, ...]
    unmanaged: tuple[Row, ...]
    known: tuple[Row, ...]
    duplicates: tuple[Row, ...]
    diagnostics: tuple[DiagnosticRow, ...]
    saved: Seal | None = None

    @property
    def is_filtered(self) -> bool:
        """Whether `--account` or `--target` left something out."""
        return self.filters != Filters()

    @property
    def changes(self) -> tuple[Row, ...]:
        """What an apply would do, in the order of work."""
        return tuple(row for row in self.resource_changes if row.action is not Action.NONE)

    @property
    def failing_unmanaged(self) -> tuple[Row, ...]:
        """The unmanaged webhooks that are drift."""
        failing = {account.name for account in self.accounts if account.on_unmanaged is OnUnmanaged.FAIL}
        return tuple(row for row in self.unmanaged if row.account in failing)

    @property
    def refused(self) -> tuple[AccountRow, ...]:
        """The accounts that a guard refuses."""
        return tuple(account for account in self.accounts if account.is_refused)

    @property
    def not_checked(self) -> tuple[AccountRow, ...]:
        """The accounts that could not be checked."""
        return tuple(account for account in self.accounts if account.status is Standing.NOT_CHECKED)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListView:
    """What `list --format json` writes: the webhooks that the provider has, and whose they are. Contains no secrets.

    Where nothing could be listed, it writes what `validate` writes, with `valid` false.

    Attributes:
        format_version: The version of this format.
        tool: What wrote this.
        accounts: The accounts, in the order of the file.
        webhooks: The webhooks, by account, URL and event.
    """

    format_version: Literal["1.1"] = "1.1"
    tool: Tool = Tool()
    accounts: tuple[AccountRow, ...]
    webhooks: tuple[Row, ...]

    @property
    def not_checked(self) -> tuple[AccountRow, ...]:
        """The accounts that could not be listed."""
        return tuple(account for account in self.accounts if account.status is Standing.NOT_CHECKED)


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidationView:
    """What `validate --format json` writes, in the shape of `terraform validate -json`.

    Other commands write it with `--format json` where they can't go on, whatever the reason.

    Attributes:
        format_version: The version of Terraform's format that this follows.
        valid: Whether there is no error. With `--strict` warnings fail too, by the exit code only.
        error_count: How many errors there are.
        warning_count: How many warnings there are.
        diagnostics: All of them, in the order of place.
    """

    format_version: Literal["1.0"] = "1.0"
    valid: bool
    error_count: int
    warning_count: int
    diagnostics: tuple[DiagnosticRow, ...]


def diagnostic_row(diagnostic: Diagnostic) -> DiagnosticRow:
    """A diagnostic as it is published."""
    return DiagnosticRow(
        severity=diagnostic.severity,
        code=diagnostic.code,
        summary=diagnostic.message,
        detail=diagnostic.help,
        range=None if diagnostic.place is None else _range(diagnostic.place, diagnostic.width),
    )


def _range(place: Place, width: int) -> Range:
    """What is meant: a part of a line, the line, or (without start and end) the file."""
    if not place.line:
        return Range(filename=place.file)
    start = Position(line=place.line, column=max(place.column, 1))
    end = Position(line=place.line, column=start.column + (width if place.column else 0))
    return Range(filename=place.file, start=start, end=end)


def validation_view(diagnostics: Sequence[Diagnostic]) -> ValidationView:
    """What `validate` found."""
    errors = sum(diagnostic.is_error for diagnostic in diagnostics)
    return ValidationView(
        valid=errors == 0,
        error_count=errors,
        warning_count=len(diagnostics) - errors,
        diagnostics=tuple(map(diagnostic_row, diagnostics)),
    )
