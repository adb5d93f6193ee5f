"""What may be shown of a plan, in the shape in which it is published: masked rows that no output computes again.

Each dataclass is an object of the JSON documents (`view.codec`), and what is said of its attributes here stands in the
published schemas. Source of the shape: https://developer.hashicorp.com/terraform/internals/json-format.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Annotated, Literal

from msgspec import Struct

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
    NOT_COMPARED = "not_compared"
    UNMANAGED = "unmanaged"

    __hash__ = object.__hash__  # that of `Enum` hashes the name anew each time


class FieldRow(Struct, frozen=True, kw_only=True):
    """One field that differs."""

    name: str  #: The field's name; a nested one has its path, `settings.retry.limit`.
    before: Plain  #: The value at the provider.
    after: Plain  #: The wanted value.
    #: Whether only another webhook can have the wanted value, for which this one is created; omitted if not.
    forces_replacement: Literal[True] | None = None


class Sides(Struct, frozen=True, kw_only=True, gc=False):
    """What would be done."""

    actions: tuple[Action]  #: The one action.
    #: All fields now, as the provider names them; null if the provider has no such webhook.
    before: PlainFields | None
    #: All fields after the change, of an entry that is off also if the provider has no such webhook; null for a delete.
    after: PlainFields | None
    after_unknown: Mapping[str, None]  #: Always empty: all values are known in advance.
    before_sensitive: Sensitive  #: The fields of `before` with hidden values; false if `before` is null.
    after_sensitive: Sensitive  #: The fields of `after` with hidden values; false if `after` is null.


class Row(Struct, frozen=True, kw_only=True, gc=False):
    """One webhook, of the file or of the provider. `change` and the keys before `webhook_address` are Terraform's."""

    #: Its address as Terraform would write it: `shippo_webhook.orders["track_updated"]`, with several accounts
    #: `module.live.shippo_webhook.orders["track_updated"]`. Unique in a document.
    address: str
    #: The account as a module, such as `module.live` (`module.ours["acme/shop"]` for an account with places); omitted
    #: if there is only one account.
    module_address: str | None = None
    mode: Literal["managed"] = "managed"  #: Always `managed`.
    type: str  #: The resource type, such as `shippo_webhook`.
    #: The entry's name, with a `_` before it if it begins with a digit or `-`; `without_entry` for webhooks without an
    #: entry.
    name: str
    #: The key in `address`: the event; with `for_each` its key (`acme`), or both (`acme/track_updated`); without an
    #: entry the object id. Omitted if it has none, as an entry of a provider with several events on a webhook.
    index: str | None = None
    provider_name: str  #: The provider's name.
    #: The webhook's name in text, and for `--target`: `orders[track_updated]`, with several accounts
    #: `live/orders[track_updated]`; `@<object id>` if it has no entry.
    webhook_address: str
    entry: str | None  #: The entry's name, with its key if it has `for_each` (`tenants[acme]`); null if it has none.
    account: str  #: The account's name.
    object_id: str | None  #: The provider's id; null if the provider has no such webhook.
    #: Its classification: `managed` (it has an entry), `not_in_file` (owned, without an entry), `duplicate` (of a
    #: managed one), `absent` (listed there), `protected`, `known`, `not_compared` (with `--allow-unset`: an unset
    #: variable is in its URL, or it may be the webhook of such an entry or pattern), or `unmanaged`.
    status: Status
    #: The URL; empty if it can't be read. Hidden parts are shown as `‹hidden›`, or as `‹hidden 2›` if several differ;
    #: values of variables as `${NAME}`.
    url: str
    host: str  #: Scheme, host and port of the URL, for counting; `‹hidden›` if that can't be read.
    #: The endpoint: the URL without secret parameters. The same for all webhooks of an account that deliver to it;
    #: omitted if the URL can't be read.
    endpoint: str | None = None
    events: tuple[str, ...]  #: The events it delivers, sorted.
    scope: str  #: The kind it belongs to, such as `is_test`; empty for the default kind.
    #: Whether it delivers events; if the provider has no such webhook, whether it would after the change.
    delivers: bool
    updated: Time | None  #: When the provider last changed it (UTC); null if unknown.
    #: Why: `missing` at the provider, `differs`, `switched_off` at the provider, `resend` (of a secret that can't be
    #: read back), `not_in_file`, `duplicate`, `absent`
    #: (listed there), `destroy`, `protected` (left as it is, even if it differs), `off` (and not at the provider, which
    #: delivers the same), `not_compared` (an unset variable is in its URL), `replaces` another webhook, which no update
    #: can make as wanted, `replaced` by one; null if there are no changes, and for webhooks that this configuration
    #: isn't responsible for.
    action_reason: Reason | None
    #: The `webhook_address` of the other half of a move or a replacement, or of the webhook that a duplicate repeats;
    #: null if there is none.
    partner: str | None
    #: What an unmanaged webhook probably is: a `leftover` of a move, a `double_delivery`, or one of ours that was
    #: `retargeted`. Or that `owns` (`other_kind`) or `absent` (`absent_other_kind`) matches its URL, but only for
    #: another kind. Or why a webhook listed under `absent` is kept: it has an `entry`, or is `known`. null if there is
    #: no hint.
    hint: Hint | None
    #: The `webhook_address` of the entry that the hint is about; for another kind, the pattern that matches. null if
    #: there is none.
    near: str | None
    place: str | None  #: Where its entry is, `file:line:column`; null if it has no entry.
    unknown_fields: tuple[str, ...]  #: Names of the provider's fields that this version doesn't know, sorted.
    #: Names of the fields that can't be read. A webhook with such fields is never touched.
    unreadable_fields: tuple[str, ...]
    #: Why the provider itself has switched it off, after failed deliveries, as it says: `alert_status: disabled`;
    #: omitted if it hasn't.
    health: str | None = None
    change: Sides  #: What would be done.
    #: The fields that differ. Also those of a protected webhook, which is left as it is.
    field_changes: tuple[FieldRow, ...]
    #: Of a create, the name under which `--secrets-to` or `--secrets-command` gets the secret that the provider makes;
    #: omitted if it makes none.
    secret_to: str | None = None

    @property
    def action(self) -> Action:
        return self.change.actions[0]


def hosts_of(rows: Iterable[Row]) -> tuple[tuple[str, int], ...]:
    """The hosts of webhooks, and how many are at each: most first, then by name."""
    return tuple(Counter(sorted(row.host for row in rows)).most_common())


class AbsentLine(Struct, frozen=True, kw_only=True):
    """An item for the file's `absent`."""

    url: str  #: The URL pattern.
    events: tuple[str, ...]  #: The events.


class LossRow(Struct, frozen=True, kw_only=True):
    """An owned endpoint that would stop receiving events it receives now."""

    account: str  #: The account's name.
    url: str  #: The endpoint: its URL without secret parameters, masked.
    scope: str  #: The kind it belongs to, such as `is_test`; empty for the default kind.
    #: The events it would stop receiving; last, `any other event` if a webhook for all events is removed.
    events: tuple[str, ...]
    #: The item under `absent` that would allow this loss; null if there is none.
    absent: AbsentLine | None


class Remedy(Struct, frozen=True, kw_only=True):
    """What would allow the losses of an account, one or the other."""

    allow_losses: int  #: The value of `--allow-losses` that would allow all of them.
    absent: tuple[AbsentLine, ...]  #: The items that would allow those that can be listed under `absent`.
    #: Where to add these items for this account only: in a new list at the top (`new_at_top`), in the list at the top
    #: (`at_top`), in a new list under the account (`new_in_account`; if it must repeat the items of the list at the
    #: top, which applies to other accounts too, `new_in_account_repeating_top`), or in the list under the account
    #: (`in_account`).
    absent_place: AbsentPlace


class Failure(Struct, frozen=True, kw_only=True):
    """Why an account could not be checked."""

    summary: str  #: What went wrong, in one sentence.
    detail: str  #: What to check or do; may be empty.


class AccountRow(Struct, frozen=True, kw_only=True):
    """The status of one account."""

    name: str  #: The account's name in the file.
    provider: str  #: The provider's name in the file, such as `shippo`.
    title: str  #: The provider's name as people write it, such as `Shippo`.
    mode: str | None  #: `live`, `test`, or null if neither the file nor the token shows it.
    catch_all: str | None = None  #: The provider's event that means every event; omitted if it has none.
    listed: int = 0  #: How many webhooks were listed; 0 if the account could not be read.
    count: int | None  #: How many webhooks there are according to the provider; null if it returns no count.
    error: Failure | None  #: Why the account could not be checked; null if it was.
    #: `in_step`: no changes. `changed`: changes. `drifted`: no changes, but drift (protected differences, or unmanaged
    #: webhooks with `unmanaged: fail`). `not_checked`: it could not be checked.
    status: Standing
    #: The result of the guard against losses: `apply` continues only if it is `fine`.
    verdict: Verdict | Literal["not_checked"] = "not_checked"
    #: How unmanaged webhooks are treated: `report`, `fail` (it is drift) or `ignore`.
    on_unmanaged: OnUnmanaged = OnUnmanaged.REPORT
    losses: int = 0  #: How many endpoints would lose events.
    max_losses: int = 0  #: How many losses the file allows.
    #: How many losses the command allows: `--allow-losses`, or 0 for `--destroy` without it; null if that is left to
    #: the file.
    allowed_losses: int | None
    remedy: Remedy | None  #: What would allow the losses, if they are refused; null if they aren't.

    @property
    def fails_on_unmanaged(self) -> bool:
        """Whether its unmanaged webhooks are drift."""
        return self.on_unmanaged is OnUnmanaged.FAIL


class PlacesRow(AccountRow, frozen=True, kw_only=True):
    """Places of an account told as one: those in which nothing changes, or that could not be checked for one reason."""

    places: int
    all_places: int


class Summary(Struct, frozen=True, kw_only=True):
    """The counts."""

    create: int = 0  #: How many webhooks would be created.
    update: int = 0  #: How many would be updated.
    delete: int = 0  #: How many would be deleted.
    unchanged: int = 0  #: How many webhooks of the file have no changes.
    protected: int = 0  #: How many webhooks are protected.
    protected_differences: int = 0  #: How many protected webhooks differ from the file.
    unmanaged: int = 0  #: How many webhooks are unmanaged, as listed under `unmanaged`.
    duplicates: int = 0  #: How many webhooks are duplicates.
    losses: int = 0  #: How many endpoints would stop receiving events.
    not_checked: int = 0  #: How many accounts could not be checked.

    @property
    def changes(self) -> int:
        """How many changes an apply would make."""
        return self.create + self.update + self.delete
