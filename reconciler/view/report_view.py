"""A report, and what happens while it comes about, as they may be shown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from reconciler.model.plan import Action, Change, Plan, Verdict
from reconciler.model.reading import ErrorKind
from reconciler.model.report import Outcome, Report, Result
from reconciler.model.secret import SecretText
from reconciler.model.url import Url
from reconciler.model.webhook import Address
from reconciler.view.form_help import form_help

_FORBIDDEN = 403
_VERDICTS = {
    Verdict.TOO_MANY: "because of what failed, more endpoints than allowed would lose events",
    Verdict.NOTHING_LEFT: (
        "because of what failed, no endpoint that this configuration owns would receive events any more"
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceRow:
    """Which webhook a change is about.

    Attributes:
        address: as people write it.
        type: the resource type.
        name: the entry's name, or `@<object id>`.
        index: the event, or empty.
    """

    address: str
    type: str
    name: str
    index: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultRow:
    """What became of one change.

    Attributes:
        resource: which webhook.
        outcome: a stable word, the lower-case name of the outcome.
        words: the outcome as people read it.
        error: what went wrong, or empty.
        help: what to do, or empty.
    """

    account: str
    resource: ResourceRow
    action: str
    object_id: str
    done: bool
    outcome: str
    words: str
    error: str = ""
    help: str = ""

    @property
    def address(self) -> str:
        """The webhook's address, as people write it."""
        return self.resource.address


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountError:
    """What kept an account from being checked to the end."""

    account: str
    error: str
    help: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DoneSummary:
    """What was done, counted."""

    created: int = 0
    updated: int = 0
    deleted: int = 0
    already: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportView:
    """A report as every output sees it."""

    rows: tuple[ResultRow, ...]
    errors: tuple[AccountError, ...]
    not_checked: tuple[str, ...]
    summary: DoneSummary
    stopped_by: int

    @property
    def failed(self) -> tuple[ResultRow, ...]:
        """The changes that are not as wanted."""
        return tuple(row for row in self.rows if not row.done)


_PLAN_AGAIN = "Run `reconciler plan` to see what is left to do; the next apply does it."


class ResultMask:
    """Turns results and changes into rows, in the light of their plan.

    Args:
        plan: whose changes they are.
    """

    def __init__(self, plan: Plan) -> None:
        self._configuration = plan.configuration
        self._planned = frozenset(change.address for account in plan.planned for change in account.changes)
        self._providers = {account.name: account.provider for account in plan.configuration.accounts}

    def address(self, address: Address) -> str:
        """An address as this run writes it."""
        return address.text(long=self._configuration.qualifies_addresses)

    def resource(self, change: Change) -> ResourceRow:
        """Which webhook a change is about."""
        return ResourceRow(
            address=self.address(change.address),
            type=self._providers[change.address.account].resource_type,
            name=change.address.name,
            index=change.address.index,
        )

    def row(self, result: Result) -> ResultRow:
        """What became of one change."""
        return ResultRow(
            account=result.change.address.account,
            resource=self.resource(result.change),
            action=result.change.action.value,
            object_id=result.object_id,
            done=result.is_done,
            outcome=result.outcome.name.lower(),
            words=self._words(result),
            error="" if result.error is None else result.error.message,
            help=self._help(result),
        )

    def _words(self, result: Result) -> str:
        """The outcome; of what was held back, and of a delete that no plan showed, also why."""
        if result.waits_for is not None:
            return f"{result.outcome.value}: it depends on {self.address(result.waits_for)}, which isn't done"
        if result.verdict is not Verdict.FINE:
            return f"{result.outcome.value}: {_VERDICTS[result.verdict]}"
        if result.outcome is Outcome.NOT_AS_WANTED and result.has_created:
            return "created, but it reads back differently"
        survivor = result.change.duplicate_of
        if survivor is None or result.change.address in self._planned:
            return result.outcome.value
        return f"{result.outcome.value} (a duplicate of {self.address(survivor)} that was found after its create)"

    def _help(self, result: Result) -> str:
        """What to do about a change that is not as wanted."""
        match result.outcome:
            case Outcome.OTHER_KEY | Outcome.OTHER_KEY_STAYS:
                return self._help_for_another(result)
            case Outcome.CHANGED_MEANWHILE | Outcome.GONE_MEANWHILE:
                return "Somebody changed it in the meantime: run `reconciler plan` and review the changes."
            case Outcome.HELD:
                return "Nothing is lost. Fix what failed above, then apply again."
            case Outcome.NOT_AS_WANTED:
                return self._help_for_form(result) or _PLAN_AGAIN
            case Outcome.UNKNOWN | Outcome.UNVERIFIED:
                return _PLAN_AGAIN
            case _:
                return self._help_for_failure(result)

    def _help_for_failure(self, result: Result) -> str:
        if result.error is None:
            return ""
        provider = self._providers[result.change.address.account]
        is_create = result.change.action is Action.CREATE
        refused = is_create and result.error.kind is ErrorKind.INVALID
        helps = [result.error.help]
        if refused and not provider.lists_inactive:
            helps.append(
                f"If the list hides a switched-off webhook with this URL and event, delete it in {provider.portal}."
            )
        if refused or (is_create and result.error.status == _FORBIDDEN):
            helps += self._help_for_room(result.change)
        return " ".join(filter(None, helps))

    def _help_for_room(self, create: Change) -> Iterator[str]:
        """How to make room for a create, where the plan deletes what waits for it."""
        if create.move is None:
            return
        yield (
            "If the provider's limit of webhooks is reached, make room first: apply once with "
            f"`--target '{self.address(create.move)}'`, which deletes the webhook that this one replaces, then "
            "apply again."
        )

    def _help_for_another(self, result: Result) -> str:
        """What tells the webhook that came back from the one that was sent: its URL's form, or its event and kind."""
        if result.made is None:
            return "`reconciler list` shows how the provider stores it."
        return self._help_for_form(result) or (
            "The provider created it with another event or kind than was requested. Report this to the provider."
        )

    def _help_for_form(self, result: Result) -> str:
        """What to do where the provider has the URL in another form than it was sent; nothing where it has it so."""
        sent = result.change.wanted.get("url")
        made = None if result.made is None else result.made.fields["url"]
        if not isinstance(sent, Url) or not isinstance(made, Url | SecretText) or sent == made:
            return ""
        return form_help(sent, made)


def view_report(report: Report) -> ReportView:
    """Mask a report."""
    mask = ResultMask(report.plan)
    rows = tuple(map(mask.row, report.results))
    created = sum(result.has_created for result in report.results)
    return ReportView(
        rows=rows,
        errors=tuple(
            AccountError(account=account.account, error=account.error.message, help=account.error.help)
            for account in report.accounts
            if account.error is not None and account.error.kind is not ErrorKind.INTERRUPTED
        ),
        not_checked=tuple(account.account.name for account in report.plan.not_planned),
        summary=_summary(rows, created),
        stopped_by=report.stopped_by,
    )


def _summary(rows: Iterable[ResultRow], created: int) -> DoneSummary:
    done = [row.action for row in rows if row.outcome == "done"]
    return DoneSummary(
        created=created,
        updated=done.count("update"),
        deleted=done.count("delete"),
        already=sum(row.outcome == "already" for row in rows),
    )
