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

Time = Annotated[str, "date-time"]
Plain = str | bool | int | float | tuple[str, ...] | None
"""What a masked value may be: JSON's string, boolean, number, list of strings, or null."""
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
    """One field that differs."""

    name: str  #: The field's name; a nested one has its path, `settings.retry.limit`.
    before: Plain  #: What the provider has.
    after: Plain  #: What is wanted.


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """What would be done."""

    actions: tuple[Action]  #: The one action.
    #: All fields now, as the provider names them; null where the provider has no such webhook.
    before: PlainFields | None
    after: PlainFields | None  #: All fields then; null for a delete, and for what is off and absent.
    after_unknown: Mapping[str, None]  #: Always empty: every value is known before.
    before_sensitive: Sensitive  #: The fields of `before` that hide something; false where `before` is null.
    after_sensitive: Sensitive  #: The fields of `after` that hide something; false where `after` is null.


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One webhook, of the file or of the provider. `change` and the keys before `account` are Terraform's."""

    #: The webhook's name: `orders[track_updated]`, with several accounts `live/orders[track_updated]`; `@<object id>`
    #: where no entry stands for it.
    address: str
    mode: Literal["managed"] = "managed"  #: Always `managed`.
    type: str  #: The resource type, such as `shippo_webhook`.
    name: str  #: The entry's name, or `@<object id>`.
    index: str | None  #: The event, where a webhook has one; null where no entry stands for it.
    provider_name: str  #: The provider's name.
    account: str  #: The account's name.
    object_id: str | None  #: The provider's id; null where the provider has no such webhook.
    #: Whose it is: an entry's (`managed`), owned but `not_in_file`, a `duplicate` of a managed one, named in `absent`,
    #: `protected`, `known`, or `unmanaged`.
    status: Status
    #: The URL; empty where there is none that can be read. Hidden parts read `‹hidden›`, or `‹hidden 2›` where several
    #: differ; values of variables read `${NAME}`.
    url: str
    host: str  #: Scheme, host and port of the URL, for counting; `‹hidden›` where even that can't be read.
    events: tuple[str, ...]  #: The events it delivers, sorted.
    scope: str  #: The kind it belongs to, such as `is_test`; empty for the usual one.
    delivers: bool  #: Whether it delivers at all; where the provider has no such webhook, whether it is to.
    updated: Time | None  #: When the provider last changed it (UTC); null where it doesn't say.
    #: Why: `missing` at the provider, `differs`, `switched_off` at the provider, `not_in_file`, `replaced_by_off` (by
    #: an entry that is off), `duplicate`, named in `absent`, `destroy`, `protected` (left as it is, whatever differs),
    #: `off` (and not at the provider, which delivers the same); null for what is in step and for what nobody here is
    #: responsible for.
    action_reason: Reason | None
    #: The address of a move's other half, or of the webhook that a duplicate repeats; null where there is none.
    partner: str | None
    #: What an unmanaged webhook probably is: a `leftover` of a move, a `double_delivery`, one of ours that was
    #: `retargeted`; of another kind than what matches it in `owns` (`other_kind`) or `absent` (`absent_other_kind`).
    #: Why a webhook stays that `absent` names: it is an `entry`'s, or `known`. null where nothing is to be said.
    hint: Hint | None
    #: The address of the entry that the hint is about; of another kind, the pattern that matches. null where there is
    #: none.
    near: str | None
    place: str | None  #: Where the file says so, `file:line:column`; null where no entry stands for it.
    unknown_fields: tuple[str, ...]  #: Names of the provider's fields that this version doesn't know, sorted.
    #: Names of the fields that hold nothing that can be read: such a webhook is never touched.
    unreadable_fields: tuple[str, ...]
    change: Sides  #: What would be done.
    #: The fields that differ. Also those of a protected webhook, which is left as it is.
    field_changes: tuple[FieldRow, ...]

    @property
    def action(self) -> Action:
        return self.change.actions[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class AbsentLine:
    """An item for the file's `absent`."""

    url: str  #: The URL pattern.
    events: tuple[str, ...]  #: The events.


@dataclass(frozen=True, slots=True, kw_only=True)
class LossRow:
    """An owned endpoint that would stop receiving events it receives now."""

    account: str  #: The account's name.
    url: str  #: The endpoint: its URL without secret parameters, masked.
    scope: str  #: The kind it belongs to, such as `is_test`; empty for the usual one.
    events: tuple[str, ...]  #: The events it would stop receiving; `any other event` last where a catch-all goes.
    #: The item under `absent` that would let this loss through; null where there can be none.
    absent: AbsentLine | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why an account could not be checked."""

    summary: str  #: What went wrong, in one sentence.
    detail: str  #: What to check or do; may be empty.


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRow:
    """How one account stands."""

    name: str  #: The account's name in the file.
    provider: str  #: The provider's name in the file, such as `shippo`.
    title: str  #: The provider's name as people write it, such as `Shippo`.
    mode: str | None  #: `live`, `test`, or null where neither the file nor the token says.
    listed: int = 0  #: How many webhooks were listed; 0 where the account could not be read.
    count: int | None  #: How many webhooks the provider says there are; null where it doesn't say.
    error: Failure | None  #: Why the account could not be checked; null if it was.
    #: How it stands: nothing to do, something to do, nothing to do but drift all the same (protected differences, or
    #: unmanaged webhooks that fail), or it could not be checked.
    status: Standing
    #: What the guard against losses says: `apply` goes on only where it is `fine`.
    verdict: Verdict | Literal["not_checked"] = "not_checked"
    #: How unmanaged webhooks are treated: `report`, `fail` (it is drift) or `ignore`.
    on_unmanaged: OnUnmanaged = OnUnmanaged.REPORT
    losses: int = 0  #: How many endpoints would lose events.
    max_losses: int = 0  #: How many may, by the file.
    #: How many may, by the command: `--allow-losses`, or 0 for `--destroy` without it; null where it leaves that to the
    #: file.
    allowed_losses: int | None
    #: Where the file takes more under `absent` for this account alone: a new list at the top, the one there, a new list
    #: under the account (which has to repeat the one at the top, where that counts for other accounts too), or the one
    #: there.
    absent_place: AbsentPlace

    @property
    def is_refused(self) -> bool:
        return self.verdict in (Verdict.TOO_MANY, Verdict.NOTHING_LEFT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Everything counted."""

    create: int = 0  #: How many webhooks would be created.
    update: int = 0  #: How many would be updated.
    delete: int = 0  #: How many would be deleted.
    unchanged: int = 0  #: How many webhooks of the file have no changes.
    protected: int = 0  #: How many webhooks are protected.
    protected_differences: int = 0  #: How many protected webhooks differ from the file.
    unmanaged: int = 0  #: How many webhooks nothing here is responsible for, as they are listed under `unmanaged`.
    duplicates: int = 0  #: How many webhooks are duplicates.
    losses: int = 0  #: How many endpoints would stop receiving events.
    not_checked: int = 0  #: How many accounts could not be checked.

    @property
    def changes(self) -> int:
        """How many changes an apply would make."""
        return self.create + self.update + self.delete
