"""A plan as it may be shown: typed, masked rows that every output renders and none computes again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from reconciler.model.configuration import AbsentPlace, OnUnmanaged
from reconciler.model.plan import Filters
from reconciler.view.values import Plain


class Standing(Enum):
    """How an account stands."""

    IN_STEP = "in_step"
    CHANGED = "changed"
    DRIFTED = "drifted"
    """Nothing is to be changed, and it is drift: protected differences, or unmanaged webhooks that fail."""
    NOT_CHECKED = "not_checked"


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldRow:
    """A field that differs."""

    name: str
    before: Plain
    after: Plain


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRow:
    """A webhook in the plan, changed or not.

    Attributes:
        account: the account's name.
        address: as people write it.
        type: the resource type.
        name: the entry's name, or `@<object id>`.
        index: the event, or empty.
        provider: the provider's name.
        action: `create`, `update`, `delete` or `no-op`.
        reason: why, as a stable word: `missing`, `differs`, `switched_off`, `not_in_file`, `replaced_by_off`,
            `duplicate`, `absent`, `destroy`, `protected`, `off` (and not at the provider); empty for a plain no-op.
        partner: the address of a move's other half, or of a duplicate's survivor.
        object_id: the provider's id, or empty.
        updated: when the provider last changed it, or empty.
        before: all fields now; None for a create.
        after: all fields then; None for a delete.
        fields: what differs.
        unknown: names of the provider's fields that the declaration doesn't have.
        place: where in the file, `file:line:column`, or empty.
    """

    account: str
    address: str
    type: str
    name: str
    index: str
    provider: str
    action: str
    reason: str = ""
    partner: str = ""
    object_id: str = ""
    updated: str = ""
    before: Mapping[str, Plain] | None = None
    after: Mapping[str, Plain] | None = None
    fields: tuple[FieldRow, ...] = ()
    unknown: tuple[str, ...] = ()
    place: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AbsentLine:
    """A line under `absent` that would let a loss through."""

    url: str
    events: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LossRow:
    """An endpoint that would stop receiving events."""

    account: str
    url: str
    scope: str
    events: tuple[str, ...]
    absent: AbsentLine | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteRow:
    """A remote webhook that is not changed for being itself: unmanaged, or a duplicate.

    Attributes:
        url, host: empty where it has no URL that can be read.
        unreadable: names of its fields that hold nothing that can be read.
        hint: what it probably is or why it stays, as a stable word: `leftover`, `double_delivery`, `retargeted`,
            `other_kind`, `absent_other_kind`; of a webhook that `absent` names in vain `entry` or `known`; or empty.
        near: the address of the entry that the hint is about, or of the survivor; of another kind, the pattern.
    """

    account: str
    address: str
    object_id: str
    url: str
    host: str
    events: tuple[str, ...]
    scope: str
    live: bool
    updated: str = ""
    hint: str = ""
    near: str = ""
    unknown: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRow:
    """An account's head line and the guard's verdict.

    Attributes:
        verdict: `fine`, `too_many_losses` or `nothing_left`; `not_checked` where nobody knows.
        losses: how many endpoints lose events.
        max_losses: how many may, by the file or the default.
        loss_limit: how many may, by the command; None where it leaves that to the file.
        on_unmanaged: what its unmanaged webhooks mean.
        absent_place: where the files take more under `absent` for this account alone.
        listed: how many webhooks were listed.
        count: how many the provider says there are; None where it doesn't say.
        error: why it was not checked, or empty.
        help: what to do about that.
    """

    name: str
    provider: str
    title: str
    mode: str
    standing: Standing
    verdict: str = "fine"
    losses: int = 0
    max_losses: int = 0
    loss_limit: int | None = None
    on_unmanaged: OnUnmanaged = OnUnmanaged.REPORT
    absent_place: AbsentPlace = AbsentPlace.NEW_AT_TOP
    listed: int = 0
    count: int | None = None
    error: str = ""
    help: str = ""

    @property
    def is_refused(self) -> bool:
        """Whether a guard refuses it."""
        return self.verdict in ("too_many_losses", "nothing_left")


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Everything counted, once."""

    create: int = 0
    update: int = 0
    delete: int = 0
    unchanged: int = 0
    protected: int = 0
    protected_differences: int = 0
    unmanaged: int = 0
    duplicates: int = 0
    losses: int = 0
    not_checked: int = 0

    @property
    def changes(self) -> int:
        """How many changes an apply would make."""
        return self.create + self.update + self.delete


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanView:
    """A plan as every output sees it.

    Attributes:
        created: when it was made.
        files: what it was made from.
        filters: what narrowed it: beside it more may differ.
        destroy: whether it deletes what the files describe.
        accounts: in the file's order.
        rows: every webhook of the file or to be changed, by account; what is changed comes first, in the order of work.
        losses: by account and endpoint.
        unmanaged: by account and age; none of accounts that ignore them.
        known: what `known` names, by account and age.
        kept: what `absent` names and stays all the same, by account and age.
        duplicates: the webhooks that deliver again what another does, by account and address.
        summary: everything counted.
    """

    created: str
    files: tuple[str, ...]
    filters: Filters = field(default_factory=Filters)
    destroy: bool
    accounts: tuple[AccountRow, ...]
    rows: tuple[ChangeRow, ...]
    losses: tuple[LossRow, ...]
    unmanaged: tuple[RemoteRow, ...]
    known: tuple[RemoteRow, ...] = ()
    kept: tuple[RemoteRow, ...] = ()
    duplicates: tuple[RemoteRow, ...]
    summary: Summary = field(default_factory=Summary)

    @property
    def is_filtered(self) -> bool:
        """Whether `--account` or `--target` left something out."""
        return self.filters != Filters()

    @property
    def changes(self) -> tuple[ChangeRow, ...]:
        """What an apply would do."""
        return tuple(row for row in self.rows if row.action != "no-op")

    @property
    def protected_differences(self) -> tuple[ChangeRow, ...]:
        """What differs and is protected."""
        return tuple(row for row in self.rows if row.reason == "protected" and row.fields)

    @property
    def failing_unmanaged(self) -> tuple[RemoteRow, ...]:
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
        return tuple(account for account in self.accounts if account.standing is Standing.NOT_CHECKED)
