"""What may be shown of a plan, in the shape in which it is published: masked rows that no output computes again.

Each dataclass is an object of the JSON documents (`view.codec`), and what is said of its attributes here stands in the
published schemas. Source of the shape: https://developer.hashicorp.com/terraform/internals/json-format.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Literal

from reconciler.model.configuration import AbsentPlace, OnUnmanaged
from reconciler.model.plan import Action, Hint, Reason, Verdict
from reconciler.view.values import Plain

Time = Annotated[str, "date-time"]
PlainFields = Mapping[str, Plain]
Sensitive = Mapping[str, Literal[True]] | Literal[False]


class Standing(Enum):
    """How an account stands."""

    IN_STEP = "in_step"
    CHANGED = "changed"
    DRIFTED = "drifted"
    """Nothing is to be changed, and it is drift: protected differences, or unmanaged webhooks that fail."""
    NOT_CHECKED = "not_checked"


class Status(Enum):
    """Whose a webhook is."""

    MANAGED = "managed"
    NOT_IN_FILE = "not_in_file"
    DUPLICATE = "duplicate"
    ABSENT = "absent"
    PROTECTED = "protected"
    KNOWN = "known"
    UNMANAGED = "unmanaged"


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldRow:
    """One field that differs.

    Attributes:
        name: The field's name; a nested one has its path, `settings.retry.limit`.
        before: What the provider has.
        after: What is wanted.
    """

    name: str
    before: Plain
    after: Plain


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """What would be done.

    Attributes:
        actions: The one action.
        before: All fields now, as the provider names them; null where the provider has no such webhook.
        after: All fields then; null for a delete, and for what is off and absent.
        after_unknown: Always empty: every value is known before.
        before_sensitive: The fields of `before` that hide something; false where `before` is null.
        after_sensitive: The fields of `after` that hide something; false where `after` is null.
    """

    actions: tuple[Action]
    before: PlainFields | None
    after: PlainFields | None
    after_unknown: Mapping[str, None]
    before_sensitive: Sensitive
    after_sensitive: Sensitive


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One webhook, of the file or of the provider. `change` and the keys before `account` are Terraform's.

    Attributes:
        address: The webhook's name: `orders[track_updated]`, with several accounts `live/orders[track_updated]`;
            `@<object id>` where no entry stands for it.
        mode: Always `managed`.
        type: The resource type, such as `shippo_webhook`.
        name: The entry's name, or `@<object id>`.
        index: The event, where a webhook has one; null where no entry stands for it.
        provider_name: The provider's name.
        account: The account's name.
        object_id: The provider's id; null where the provider has no such webhook.
        status: Whose it is: an entry's (`managed`), owned but `not_in_file`, a `duplicate` of a managed one, named in
            `absent`, `protected`, `known`, or `unmanaged`.
        url: The URL; empty where there is none that can be read. Hidden parts read `‹hidden›`, or `‹hidden 2›` where
            several differ; values of variables read `${NAME}`.
        host: Scheme, host and port of the URL, for counting; `‹hidden›` where even that can't be read.
        events: The events it delivers, sorted.
        scope: The kind it belongs to, such as `is_test`; empty for the usual one.
        delivers: Whether it delivers at all; where the provider has no such webhook, whether it is to.
        updated: When the provider last changed it (UTC); null where it doesn't say.
        action_reason: Why: `missing` at the provider, `differs`, `switched_off` at the provider, `not_in_file`,
            `replaced_by_off` (by an entry that is off), `duplicate`, named in `absent`, `destroy`, `protected` (left as
            it is, whatever differs), `off` (and not at the provider, which delivers the same); null for what is in step
            and for what nobody here is responsible for.
        partner: The address of a move's other half, or of the webhook that a duplicate repeats; null where there is
            none.
        hint: What an unmanaged webhook probably is: a `leftover` of a move, a `double_delivery`, one of ours that was
            `retargeted`; of another kind than what matches it in `owns` (`other_kind`) or `absent`
            (`absent_other_kind`). Why a webhook stays that `absent` names: it is an `entry`'s, or `known`. null where
            nothing is to be said.
        near: The address of the entry that the hint is about; of another kind, the pattern that matches. null where
            there is none.
        place: Where the file says so, `file:line:column`; null where no entry stands for it.
        unknown_fields: Names of the provider's fields that this version doesn't know, sorted.
        unreadable_fields: Names of the fields that hold nothing that can be read: such a webhook is never touched.
        change: What would be done.
        field_changes: The fields that differ. Also those of a protected webhook, which is left as it is.
    """

    address: str
    mode: Literal["managed"] = "managed"
    type: str
    name: str
    index: str | None
    provider_name: str
    account: str
    object_id: str | None
    status: Status
    url: str
    host: str
    events: tuple[str, ...]
    scope: str
    delivers: bool
    updated: Time | None
    action_reason: Reason | None
    partner: str | None
    hint: Hint | None
    near: str | None
    place: str | None
    unknown_fields: tuple[str, ...]
    unreadable_fields: tuple[str, ...]
    change: Sides
    field_changes: tuple[FieldRow, ...]

    @property
    def action(self) -> Action:
        """What would be done."""
        return self.change.actions[0]

    @property
    def is_kept(self) -> bool:
        """Whether it stays though `absent` names it."""
        return self.hint in (Hint.KEPT_FOR_ENTRY, Hint.KEPT_AS_KNOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class AbsentLine:
    """An item for the file's `absent`.

    Attributes:
        url: The URL pattern.
        events: The events.
    """

    url: str
    events: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LossRow:
    """An owned endpoint that would stop receiving events it receives now.

    Attributes:
        account: The account's name.
        url: The endpoint: its URL without secret parameters, masked.
        scope: The kind it belongs to, such as `is_test`; empty for the usual one.
        events: The events it would stop receiving; `any other event` last where a catch-all goes.
        absent: The item under `absent` that would let this loss through; null where there can be none.
    """

    account: str
    url: str
    scope: str
    events: tuple[str, ...]
    absent: AbsentLine | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why an account could not be checked.

    Attributes:
        summary: What went wrong, in one sentence.
        detail: What to check or do; may be empty.
    """

    summary: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRow:
    """How one account stands.

    Attributes:
        name: The account's name in the file.
        provider: The provider's name in the file, such as `shippo`.
        title: The provider's name as people write it, such as `Shippo`.
        mode: `live`, `test`, or null where neither the file nor the token says.
        listed: How many webhooks were listed; 0 where the account could not be read.
        count: How many webhooks the provider says there are; null where it doesn't say.
        error: Why the account could not be checked; null if it was.
        status: How it stands: nothing to do, something to do, nothing to do but drift all the same (protected
            differences, or unmanaged webhooks that fail), or it could not be checked.
        verdict: What the guard against losses says: `apply` goes on only where it is `fine`.
        on_unmanaged: How unmanaged webhooks are treated: `report`, `fail` (it is drift) or `ignore`.
        losses: How many endpoints would lose events.
        max_losses: How many may, by the file.
        allowed_losses: How many may, by the command: `--allow-losses`, or 0 for `--destroy` without it; null where it
            leaves that to the file.
        absent_place: Where the file takes more under `absent` for this account alone: a new list at the top, the one
            there, a new list under the account (which has to repeat the one at the top, where that counts for other
            accounts too), or the one there.
    """

    name: str
    provider: str
    title: str
    mode: str | None
    listed: int = 0
    count: int | None
    error: Failure | None
    status: Standing
    verdict: Verdict | Literal["not_checked"] = "not_checked"
    on_unmanaged: OnUnmanaged = OnUnmanaged.REPORT
    losses: int = 0
    max_losses: int = 0
    allowed_losses: int | None
    absent_place: AbsentPlace

    @property
    def is_refused(self) -> bool:
        """Whether a guard refuses it."""
        return self.verdict in (Verdict.TOO_MANY, Verdict.NOTHING_LEFT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Everything counted.

    Attributes:
        create: How many webhooks would be created.
        update: How many would be updated.
        delete: How many would be deleted.
        unchanged: How many webhooks of the file have no changes.
        protected: How many webhooks are protected.
        protected_differences: How many protected webhooks differ from the file.
        unmanaged: How many webhooks nothing here is responsible for, as they are listed under `unmanaged`.
        duplicates: How many webhooks are duplicates.
        losses: How many endpoints would stop receiving events.
        not_checked: How many accounts could not be checked.
    """

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
