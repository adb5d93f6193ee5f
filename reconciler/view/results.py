"""What is said of one change and what became of it: the outcome in words, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypedDict

from msgspec import Struct

from reconciler.model.field import FieldType
from reconciler.model.plan import Action, Change, Plan, Verdict, making_anew
from reconciler.model.provider_form import Kept, KeptParam, kept_otherwise, provider_form, why_unwritable
from reconciler.model.reading import ErrorKind
from reconciler.model.report import Outcome, Report, Result
from reconciler.model.resource_address import ResourceAddress, resource_address
from reconciler.model.secret import SecretText
from reconciler.model.update import sends_unread
from reconciler.model.url import Url
from reconciler.model.webhook import Address
from reconciler.view.account_mask import AccountMask
from reconciler.view.outcome import GUARD_WORDS
from reconciler.view.rows import Failure, LossRow
from reconciler.view.short_ids import id_length_of, short_address, short_id
from reconciler.view.values import plain_value, scope_text

_FORBIDDEN = 403
_PLAN_AGAIN = "Run `reconciler plan` to see what is left to do; the next apply does it."
_MEANWHILE = "Somebody changed it in the meantime: run `reconciler plan` and review the changes."
_OTHER_KEY = "The provider created it with another event or kind than was requested. Report this to the provider."
_HELP = {
    Outcome.CHANGED_MEANWHILE: _MEANWHILE,
    Outcome.GONE_MEANWHILE: _MEANWHILE,
    Outcome.HELD: "Nothing is lost. Fix what failed above, then apply again.",
    Outcome.UNKNOWN: _PLAN_AGAIN,
    Outcome.UNVERIFIED: _PLAN_AGAIN,
    Outcome.NOT_AS_WANTED: _PLAN_AGAIN,
    Outcome.SECRET_TAKEN_BACK: "Nothing is left behind. Fix what failed, then apply again.",
    Outcome.OTHER_KEY: _OTHER_KEY,
    Outcome.OTHER_KEY_STAYS: _OTHER_KEY,
}
_MAY_STAY = (Outcome.FAILED, Outcome.UNKNOWN, Outcome.UNVERIFIED, Outcome.NOT_AS_WANTED)
_INSTEAD = {
    Kept.IN_LOWER_CASE: "the lower-case value",
    Kept.IN_UPPER_CASE: "the upper-case value",
    Kept.RECODED: "a value of only letters, digits, `-`, `.`, `_` and `~`",
    Kept.SHORTENED: "a shorter value",
}
"""What to send, where something can be: the provider keeps it as it is."""
_IGNORE = (
    "It will differ in every plan. If the webhook works, add `ignore_changes: [url]` to its entry, so that secret "
    "parameters are left as they are at the provider."
)


class _Endpoint(TypedDict):
    url: str
    events: tuple[str, ...]
    scope: str


class ResultRow(Struct, frozen=True, kw_only=True):
    """One change and what became of it, as it may be shown."""

    account: str
    webhook_address: str
    address: str  #: As Terraform writes it.
    action: Action
    url: str  #: As it is at the provider, of a create as it is wanted; empty if it can't be read.
    events: tuple[str, ...]  #: The same of its events, sorted.
    scope: str  #: The kind it belongs to, such as `is_test`; empty for the default kind.
    object_id: str  #: The provider's id; empty if it isn't known.
    is_done: bool  #: Whether the webhook is as wanted.
    words: str  #: The outcome.
    error: str  #: What went wrong, in one sentence; may be empty.
    help: str  #: What to do about a change that isn't done; may be empty.


class ReportView(Struct, frozen=True, kw_only=True):
    """What became of a plan, as it may be shown."""

    results: tuple[ResultRow, ...]  #: Without those that are done, where nobody lists them.
    errors: Mapping[str, Failure]  #: Accounts that could not be checked to the end, and why.
    counts: tuple[int, int, int]  #: How many webhooks were created, updated and deleted.
    id_length: int  #: How many characters tell the ids of all webhooks apart.
    lost: frozenset[LossRow]  #: The plan's losses that happened: all changes that they come from are done.

    @property
    def done(self) -> tuple[ResultRow, ...]:
        return tuple(result for result in self.results if result.is_done)

    @property
    def failed(self) -> tuple[ResultRow, ...]:
        return tuple(result for result in self.results if not result.is_done)


def view_report(report: Report, *, lists_done: bool = True) -> ReportView:
    """What may be shown of a report; of changes that are done only how many there are, unless it lists them."""
    mask = ResultMask(report.plan)
    rows = (
        ResultRow(
            account=result.change.address.account,
            webhook_address=mask.address(result.change.address),
            address=str(mask.resource(result.change.address)),
            action=result.change.action,
            **mask.endpoint(result.change),
            object_id=result.object_id,
            is_done=result.is_done,
            words=mask.words(result),
            error=result.error.message if result.error else "",
            help="" if result.is_done else mask.help(result),
        )
        for result in report.results
        if lists_done or not result.is_done
    )
    errors = {name: Failure(summary=error.message, detail=error.help) for name, error in report.errors.items()}
    length = id_length_of(report.plan)
    lost = frozenset(_lost(report))
    return ReportView(results=tuple(rows), errors=errors, counts=report.counts, id_length=length, lost=lost)


def _lost(report: Report) -> Iterator[LossRow]:
    done = {
        (row.change.address.account, row.change.remote.id)
        for row in report.results
        if row.is_done and row.change.remote
    }
    for planned in report.plan.planned:
        mask = AccountMask(report.plan, planned) if planned.losses else None
        for loss in planned.losses:
            if mask is not None and all((planned.account.name, remote.id) in done for remote in loss.remotes):
                yield mask.loss(loss)


class ResultMask:
    """What may be said of results and changes, in the light of their plan."""

    def __init__(self, plan: Plan, *, shortens_ids: bool = False) -> None:
        self.plan = plan
        self._long = plan.configuration.qualifies_addresses
        self._id_length = id_length_of(plan) if shortens_ids else None
        planned = [change.address for account in plan.planned for change in account.changes]
        self.changes = len(planned)
        self._planned = frozenset(planned)
        self._providers = {one.account.name: one.account.provider for one in plan.planned}

    def address(self, address: Address) -> str:
        """An address as this run writes it."""
        text = address.text(long=self._long)
        return text if self._id_length is None else short_address(text, self._id_length)

    def endpoint(self, change: Change) -> _Endpoint:
        """What a change's webhook delivers, and to where."""
        provider = self._providers[change.address.account]
        there = change.remote or change.desired
        fields = {} if there is None else there.fields
        url = plain_value(self.plan.configuration.redaction, fields["url"], FieldType.URL)
        events = tuple(sorted(provider.events_of(fields)))
        return _Endpoint(url=str(url or ""), events=events, scope=scope_text(provider.scope_of(fields)))

    @property
    def with_whole_ids(self) -> ResultMask:
        """The same, for what isn't done: somebody may have to tell it at the provider from what came meanwhile."""
        return self if self._id_length is None else ResultMask(self.plan)

    def object_id(self, object_id: str) -> str:
        """An id as this run writes it."""
        return object_id if self._id_length is None else short_id(object_id, self._id_length)

    def resource(self, address: Address) -> ResourceAddress:
        return resource_address(address, self._providers[address.account].resource_type, long=self._long)

    def words(self, result: Result) -> str:
        """The outcome; of what was held back, and of a delete that no plan showed, also why."""
        if result.waits_for is not None:
            return f"{result.outcome.value}: it depends on {self.address(result.waits_for)}, which isn't done"
        if result.verdict is not Verdict.FINE:
            return f"{result.outcome.value}: because other changes failed, {GUARD_WORDS[result.verdict]}"
        if result.outcome is Outcome.NOT_AS_WANTED and result.has_created:
            return "created, but different when read back"
        survivor = result.change.duplicate_of
        if survivor is None or result.change.address in self._planned:
            return result.outcome.value
        return f"{result.outcome.value} (a duplicate of {self.address(survivor)}, found after the creates)"

    def help(self, result: Result) -> str:
        """What to do about a change that is not as wanted."""
        if result.outcome is Outcome.UNKNOWN and result.change.secret_to:
            return f"If `reconciler list` shows it, delete it at the provider: nobody has its secret. {_PLAN_AGAIN}"
        if result.outcome is Outcome.UNKNOWN and sends_unread(
            self._providers[result.change.address.account], result.change
        ):
            again = f"`reconciler apply --resend-secrets --target '{self.address(result.change.address)}'`"
            return f"Nobody can see whether its secret was taken, nor does the next plan: {again} sends it again."
        if result.outcome is Outcome.SECRET_LOST:
            how = making_anew(self.address(result.change.address))
            manual = "Unless another run made it and has its secret, delete it at the provider, then apply again."
            return f"{manual} Or {how}, and deletes it."
        if result.has_only_secret and result.waits_for is not None:
            how = making_anew(self.address(result.waits_for))
            return f"Keep it: the receiver may have its secret alone. {how}; only then delete this one."
        if result.outcome in _MAY_STAY and self._was_replaced(result.change):
            return "Delete it at the provider if it is still there: the new one's secret was passed on."
        usual = _HELP.get(result.outcome)
        if usual is None:
            return " ".join(filter(None, self._failure_help(result)))
        if result.made is None and usual == _OTHER_KEY:
            return "`reconciler list` shows how the provider stores it."
        return _form_help(result) or usual

    def _was_replaced(self, change: Change) -> bool:
        """Whether a webhook was to go for one with a new secret that the provider made."""
        provider = self._providers[change.address.account]
        stays = change.replacement or change.duplicate_of
        return change.action is Action.DELETE and provider.makes_secrets and stays is not None

    def _failure_help(self, result: Result) -> Iterator[str]:
        if result.error is None:
            return
        yield result.error.help
        change, status = result.change, result.error.status
        if change.action is not Action.CREATE:
            return
        provider, refused = self._providers[change.address.account], result.error.kind is ErrorKind.INVALID
        if refused and not provider.lists_inactive:
            yield (
                "If the provider's list hides a switched-off webhook with this URL and event, delete it in "
                f"{provider.portal}."
            )
        if change.move is not None and (refused or status == _FORBIDDEN):
            yield (
                "If the provider's limit of webhooks is reached, make room first: apply once with "
                f"`--target '{self.address(change.move)}'`, which deletes the webhook that this one replaces, then "
                "apply again."
            )


def _form_help(result: Result) -> str:
    """What to write into the file, or into its variables, so that the next plan is empty.

    Nothing where the provider has the URL in the form in which it was sent.
    """
    sent = result.change.wanted.get("url")
    made = result.made and result.made.fields["url"]
    if not isinstance(sent, Url) or not isinstance(made, Url | SecretText) or sent == made:
        return ""
    said = [] if isinstance(made, Url) and made.endpoint == sent.endpoint else [_endpoint_help(sent, made)]
    if isinstance(made, Url) and made.secrets != sent.secrets:
        said += _secrets_help(sent, made)
    return " ".join(said)


def _endpoint_help(sent: Url, made: Url | SecretText) -> str:
    form = provider_form(sent, made)
    if not isinstance(made, Url):
        why = why_unwritable(made)
        stored = f"The provider stores the URL as {form}, which a file can't contain: {why}."
        return f"{stored} Use a URL that it stores unchanged."
    if sent.whole_variable:
        return f"If this is the same URL, set {sent.whole_variable} to it as the provider stores it."
    return f"If this is the same URL, write it in the file as the provider stores it: {form}"


def _secrets_help(sent: Url, made: Url) -> Iterator[str]:
    params = kept_otherwise(sent, made)
    yield from map(_param_help, params)
    if not params:
        yield "The provider returns other secret parameters than those that were sent."
    if not params or not all(param.kept in _INSTEAD for param in params):
        yield _IGNORE


def _param_help(param: KeptParam) -> str:
    name = f"`{param.name}`" if param.name else "a secret parameter"
    if param.kept is Kept.NOT_AT_ALL:
        return f"The provider returns the URL without {name}."
    instead = _INSTEAD.get(param.kept)
    if instead is None:
        return f"The provider returns {name} {param.kept.value}."
    how = f"set {', '.join(param.variables)} to {instead}" if param.variables else f"write {instead}"
    return f"The provider stores {name} {param.kept.value}: {how}."
