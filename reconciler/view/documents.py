"""The JSON documents that are published, as values: every output renders them, and `view.codec` writes and reads them.

What is said of the attributes here stands in the published schemas.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Annotated, Literal

from msgspec import Struct
from msgspec.structs import replace

from reconciler import __version__
from reconciler.model.diagnostic import Diagnostic, Severity
from reconciler.model.plan import NO_ACTION, Filters, Hint, Reason, Shard
from reconciler.model.webhook import SHORTEST_ID
from reconciler.view.rows import AccountRow, LossRow, Row, Standing, Summary, Time
from reconciler.view.terraform import Configured, DriftRow, PlannedValues, configured, planned_values, resource_drift

DOCUMENT_VERSION: Literal["2.0"] = "2.0"
TERRAFORM_VERSION: Literal["1.8.0"] = "1.8.0"
"""The first whose plans say `applyable` and `complete`."""
SITE = "https://webhook-reconciler.readthedocs.io/en/latest/"
SCHEMAS = f"{SITE}schemas"
"""Where the JSON Schemas are published: `NAME.schema.json`. Their `$id` is the same."""
Hex = Annotated[str, "^[0-9a-f]+$"]
_KEPT = (Hint.KEPT_FOR_ENTRY, Hint.KEPT_AS_KNOWN)


class Position(Struct, frozen=True, kw_only=True):
    """A place in a file."""

    line: int  #: The line, from 1 on.
    column: int  #: The column in characters, from 1 on.


class Range(Struct, frozen=True, kw_only=True):
    """Where in the files."""

    filename: str  #: The file, as it was given; `<stdin>` for standard input.
    start: Position | None = None  #: Where it begins. Omitted for the whole file.
    #: Where it ends: the column after the last one, or the start if it is the whole line. Omitted for the whole file.
    end: Position | None = None


class DiagnosticRow(Struct, frozen=True, kw_only=True):
    """A diagnostic, in the format of `terraform validate -json`. Contains no secrets."""

    severity: Severity  #: How bad it is: an error stops the command; a notice is no reason to change anything.
    code: str  #: A stable code; see docs/codes.md.
    summary: str  #: What is wrong, in one sentence.
    detail: str  #: What to do, in one sentence; may be empty.
    address: str | None = None  #: The `address` of the webhook that it is about, in the plan. Omitted for others.
    range: Range | None = None  #: Where in the files; omitted if it isn't about a file.


class Tool(Struct, frozen=True, kw_only=True):
    """The tool that wrote this."""

    name: Literal["reconciler"] = "reconciler"  #: Always `reconciler`.
    version: str = __version__  #: Its version.


class Sources(Struct, frozen=True, kw_only=True):
    """What a plan was made from, as given by options; `apply PLANFILE` uses it again unless an option replaces it.

    Relative paths are relative to the working directory. Contains no values of the environment or of an env file, and
    no hosts of `--allow-host`: those are never read from a file.
    """

    files: tuple[str, ...]  #: Paths of `-f`; `-` is standard input.
    variables: Mapping[str, str]  #: Names and values of `--var`, which are plain.
    var_files: tuple[str, ...]  #: Paths of `--var-file`, without their contents.
    env_files: tuple[str, ...]  #: Paths of `--env-file`, without their contents.
    base_url: str | None = None  #: The URL of `--base-url`; omitted if it wasn't given.

    def options(self) -> tuple[str, ...]:
        """The options beside the files."""
        said = [f"--var {name}={value}" for name, value in self.variables.items()]
        said += [f"--var-file {path}" for path in self.var_files]
        said += [f"--env-file {path}" for path in self.env_files]
        return (*said, *(() if self.base_url is None else (f"--base-url {self.base_url}",)))


class Seal(Struct, frozen=True, kw_only=True):
    """The seal of a saved plan (`plan --out`)."""

    version: int  #: The version of this block.
    #: What the plan was made from. Not part of the digest: other sources are fine if they give the same plan.
    sources: Sources
    filters: Filters  #: The filters of the plan; `apply` uses the same.
    allowed_losses: int | None  #: The value of `--allow-losses`; null if it wasn't given.
    #: Whether it is a plan of `--resend-secrets`; omitted if it isn't.
    resend_secrets: Literal[True] | None = None
    salt: Hex  #: The digest's salt.
    digest: Hex  #: A salted scrypt digest of the real plan, including values that are masked here.
    checksum: Hex  #: SHA-256 of this document without the checksum.


class PlanView(Struct, frozen=True, kw_only=True):
    """What `plan`, `drift` and `show` write with `--format json`, and what `plan --out` saves.

    The format is Terraform's JSON plan (`resource_changes` and its contents) with additional keys. Contains no secrets.
    If no plan could be made, the output is that of `validate`, with `valid` false.
    """

    format_version: Literal["1.2"] = "1.2"  #: The version of Terraform's JSON plan format that this follows.
    #: The Terraform release whose plans this is like: readers refuse what has none, or one that they don't know.
    terraform_version: Literal["1.8.0"] = TERRAFORM_VERSION
    #: The version of this document: it is raised when the keys change that aren't Terraform's.
    document_version: Literal["2.0"] = DOCUMENT_VERSION
    tool: Tool = Tool()  #: The tool that wrote this.
    timestamp: Time  #: When the plan was made (UTC).
    files: tuple[str, ...]  #: The files it was made from, as they were given.
    filters: Filters  #: The filters of the plan: with a filter, more may differ than is listed here.
    destroy: bool  #: Whether it is a plan of `--destroy`.
    applyable: bool  #: Whether `apply` would do anything: there are changes and no guard refuses them.
    complete: bool  #: Whether it is complete: false with a filter, or if an account could not be checked.
    errored: bool  #: Whether an account could not be checked.
    #: Every webhook of the files, also without changes, and every other one that would be changed. By account; changes
    #: first, in the order in which they are made.
    resource_changes: tuple[Row, ...]
    accounts: tuple[AccountRow, ...]  #: The accounts, in the order of the file.
    summary: Summary  #: The counts.
    losses: tuple[LossRow, ...]  #: The endpoints that would stop receiving events.
    #: The webhooks that are neither owned nor listed under `known`. Never touched. Those of accounts with `unmanaged:
    #: ignore` are omitted.
    unmanaged: tuple[Row, ...]
    known: tuple[Row, ...]  #: The webhooks listed under `known`: other people's, and expected. Never touched.
    #: The webhooks that deliver the same events as another one; they are in `resource_changes` too.
    duplicates: tuple[Row, ...]
    #: The diagnostics about the files: only warnings, since an error means that there is no plan.
    diagnostics: tuple[DiagnosticRow, ...]
    #: The variables that `--allow-unset` left unset: what they hold is not compared, and the plan can't be applied.
    #: Omitted if there are none.
    unset_variables: tuple[str, ...] | None = None
    #: How many characters of an object id tell it from all others in these accounts, at least 7: text shows as many.
    id_length: int = SHORTEST_ID
    #: Which part of the accounts it is about, with `--shard`; omitted for all.
    shard: Shard | None = None
    saved: Seal | None = None  #: The seal of a saved plan (`plan --out`); omitted in other plans.
    #: The webhooks of `resource_changes` as they will be, for readers of Terraform's plans. Omitted in a saved plan.
    planned_values: PlannedValues | None = None
    #: The entries of the file, for readers of Terraform's plans. Omitted in a saved plan.
    configuration: Configured | None = None
    #: What happened to the webhooks that aren't as in the file. Only `drift` writes it.
    resource_drift: tuple[DriftRow, ...] | None = None

    @property
    def is_filtered(self) -> bool:
        """Whether `--account`, `--target` or `--exclude` may have left something out."""
        return self.filters != Filters()

    @property
    def changes(self) -> tuple[Row, ...]:
        """What an apply would do, in the order of work."""
        return tuple([row for row in self.resource_changes if row.action is not NO_ACTION])

    @property
    def made_secrets(self) -> tuple[str, ...]:
        """The names under which the secrets go on that providers will make."""
        return tuple(row.secret_to for row in self.changes if row.secret_to is not None)

    @property
    def drifted(self) -> tuple[Row, ...]:
        """What is drift: what an apply would change, protected differences, and unmanaged webhooks that fail."""
        return (*self.differing, *self.failing_unmanaged)

    @property
    def differing(self) -> tuple[Row, ...]:
        """What isn't as in the file: what an apply would change, and protected differences."""
        return tuple([row for row in self.resource_changes if row.action is not NO_ACTION or row.field_changes])

    @property
    def protected_differences(self) -> tuple[Row, ...]:
        """Protected webhooks that differ, and are left as they are."""
        rows = self.resource_changes
        return tuple([row for row in rows if row.field_changes and row.action_reason is Reason.PROTECTED])

    @property
    def failing_unmanaged(self) -> tuple[Row, ...]:
        """Unmanaged webhooks that are drift."""
        failing = {account.name for account in self.accounts if account.fails_on_unmanaged}
        return tuple(row for row in self.unmanaged if row.account in failing)

    @property
    def kept(self) -> tuple[Row, ...]:
        """Webhooks that are listed under `absent`, but not deleted."""
        rows = (*self.resource_changes, *self.known)
        return tuple([row for row in rows if row.hint in _KEPT])

    @property
    def unhealthy(self) -> tuple[Row, ...]:
        """Webhooks that the provider itself has switched off, after failed deliveries."""
        return tuple([row for row in self.resource_changes if row.health])

    def in_full(self, *, is_drift: bool = False) -> PlanView:
        """With all that Terraform's readers need beside the changes."""
        return replace(
            self,
            planned_values=planned_values(self.resource_changes),
            configuration=configured(self.resource_changes),
            resource_drift=resource_drift(self.drifted) if is_drift else None,
        )

    @property
    def refused(self) -> tuple[AccountRow, ...]:
        return tuple(account for account in self.accounts if account.remedy is not None)

    @property
    def not_checked(self) -> tuple[AccountRow, ...]:
        return tuple(account for account in self.accounts if account.status is Standing.NOT_CHECKED)


class ListView(Struct, frozen=True, kw_only=True):
    """What `list --format json` writes: the webhooks that the provider has, classified. Contains no secrets.

    If nothing could be listed, the output is that of `validate`, with `valid` false.
    """

    format_version: Literal["2.0"] = "2.0"  #: The version of this format.
    tool: Tool = Tool()  #: The tool that wrote this.
    accounts: tuple[AccountRow, ...]  #: The accounts, in the order of the file.
    webhooks: tuple[Row, ...]  #: The webhooks, by account, URL and event.
    #: The variables that `--allow-unset` left unset: what they hold is not compared. Omitted if there are none.
    unset_variables: tuple[str, ...] | None = None
    #: How many characters of an object id tell it from all others in these accounts, at least 7: text shows as many.
    id_length: int = SHORTEST_ID


class EndpointStatus(Enum):
    """How an endpoint is."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


class RequestRow(Struct, frozen=True, kw_only=True):
    """A request that was sent to an endpoint."""

    method: str  #: Its method.
    event: str | None  #: The event whose sample was its body; null for a request without a body.
    status: int | None  #: The status of the response; null if there was none.
    milliseconds: int  #: The time to the end of the response's headers, without the time to connect.


class EndpointRow(Struct, frozen=True, kw_only=True):
    """What was found out about an endpoint."""

    url: str  #: Its URL, with secrets as `${NAME}` or `‹hidden›`.
    webhooks: tuple[str, ...]  #: The addresses of the webhooks of the file that deliver to it.
    status: EndpointStatus  #: The worst of its findings.
    addresses: tuple[str, ...]  #: The IP addresses that its host resolves to.
    certificate_expires: Time | None  #: When its certificate expires (UTC); null if none was verified.
    certificate_days: int | None  #: How many whole days it is still valid; null if none was verified.
    requests: tuple[RequestRow, ...]  #: The requests that were sent to it.
    findings: tuple[DiagnosticRow, ...]  #: What is wrong, and what to do. Nothing in it is the receiver's own text.


class DoctorView(Struct, frozen=True, kw_only=True):
    """What `doctor --format json` writes: the endpoints of the file's active webhooks. Contains no secrets.

    If nothing could be checked, the output is that of `validate`, with `valid` false.
    """

    format_version: Literal["1.0"] = "1.0"  #: The version of this format.
    tool: Tool = Tool()  #: The tool that wrote this.
    endpoints: tuple[EndpointRow, ...]  #: The endpoints, in the order of the file.
    diagnostics: tuple[DiagnosticRow, ...]  #: The diagnostics about the files: only warnings.


class ValidationView(Struct, frozen=True, kw_only=True):
    """What `validate --format json` writes, in the format of `terraform validate -json`.

    Other commands write it with `--format json` if they can't continue, for any reason.
    """

    format_version: Literal["1.0"] = "1.0"  #: The version of Terraform's format that this follows.
    valid: bool  #: Whether there is no error. With `--strict`, warnings only change the exit code.
    error_count: int  #: How many errors there are.
    warning_count: int  #: How many warnings there are.
    diagnostics: tuple[DiagnosticRow, ...]  #: All diagnostics, in the order of their places in the files.


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
        warning_count=sum(diagnostic.severity is Severity.WARNING for diagnostic in diagnostics),
        diagnostics=tuple(map(diagnostic_row, diagnostics)),
    )
