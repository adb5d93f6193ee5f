"""The plan: everything that would be done, decided before anything is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any

from reconciler.model.configuration import Account, Configuration, OnUnmanaged
from reconciler.model.pattern import Pattern
from reconciler.model.reading import ProviderError
from reconciler.model.secret import SecretText
from reconciler.model.url import Endpoint, Url
from reconciler.model.webhook import Address, Desired, Fields, Remote, Scope, Value

ANY_OTHER_EVENT = "any other event"


class Action(Enum):
    """What is done to a webhook; the value is its sign in a plan."""

    CREATE = "+"
    UPDATE = "~"
    DELETE = "-"

    @property
    def word(self) -> str:
        """`create`, `update` or `delete`."""
        return self.name.lower()


class Phase(Enum):
    """When a change is made: all that widens what endpoints receive comes before all that narrows it."""

    WIDEN = "widen"
    NARROW = "narrow"


class Reason(Enum):
    """Why a change is made. For display: no decision looks at it."""

    MISSING = "missing at the provider"
    DIFFERS = "differs"
    SWITCHED_OFF = "switched off at the provider"
    NOT_IN_FILE = "not in the file"
    REPLACED_BY_OFF = "its entry moved, and is off"
    DUPLICATE = "duplicate"
    NAMED_ABSENT = "named in absent"
    DESTROY = "destroy"


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChange:
    """A field that differs, and both values."""

    name: str
    before: Value
    after: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Successor:
    """A webhook that is there, and is to carry the events of another that will be narrowed.

    Attributes:
        address: its name.
        fields: what it is to have.
        object_id: the provider's id.
    """

    address: Address
    fields: Fields
    object_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One action on one webhook.

    Attributes:
        action: create, update or delete.
        phase: whether it widens or narrows.
        reason: for display.
        address: the entry's, or `@<object id>` where no entry stands for it.
        desired: what the file wants; None for a delete.
        remote: what the provider has; None for a create.
        wanted: the fields to send, in normal form; empty for a delete. Ignored fields are the provider's.
        fields: what differs, in the declaration's order; empty for creates and deletes.
        move: a move's other half.
        duplicate_of: the survivor that delivers the same.
        depends_on: what must be seen to deliver before this narrows, beside all that widens (`planning.successors`).
    """

    action: Action
    phase: Phase
    reason: Reason
    address: Address
    desired: Desired | None = None
    remote: Remote | None = None
    wanted: Fields = field(default_factory=dict)
    fields: tuple[FieldChange, ...] = ()
    move: Address | None = None
    duplicate_of: Address | None = None
    depends_on: tuple[Successor, ...] = ()

    def essence(self) -> dict[str, Any]:
        """What would be done, real values included."""
        return {
            "address": str(self.address),
            "id": None if self.remote is None else self.remote.id,
            "action": self.action.value,
            "before": None if self.remote is None else _real(self.remote.fields),
            "after": _real(self.wanted) if self.wanted else None,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A wanted webhook and the provider's one that it is.

    Attributes:
        desired: what the file wants.
        remote: what the provider has; None where it may be hidden and both are off.
        fields: what differs; only ever something where the webhook is protected.
    """

    desired: Desired
    remote: Remote | None
    fields: tuple[FieldChange, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicates:
    """Owned webhooks of one key: the one that stays and those that deliver the same again, best first."""

    address: Address
    survivor: Remote
    others: tuple[Remote, ...]


class Hint(Enum):
    """What an unmanaged webhook probably is."""

    LEFTOVER = "same path and event as an entry, elsewhere: probably a leftover"
    DOUBLE_DELIVERY = "delivers every event beside our single ones: each arrives twice"
    RETARGETED = "changed after it was made, of the event of an entry whose own is missing: probably retargeted"
    OTHER_KIND = "matched by `owns`, which is about the other kind"
    ABSENT_OTHER_KIND = "matched by `absent`, which is about the other kind"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmanaged:
    """A webhook that this configuration isn't responsible for. Never touched.

    Attributes:
        near: the address of the entry that the hint is about.
        pattern: the pattern that the hint is about.
    """

    remote: Remote
    hint: Hint | None = None
    near: Address | None = None
    pattern: Pattern | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A webhook that `absent` names and that stays all the same: it is an entry's, or `known` names it too.

    Attributes:
        near: the entry's address; None where `known` names it.
    """

    remote: Remote
    near: Address | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """An owned endpoint and the events it receives now and would not receive after.

    Attributes:
        endpoint: the endpoint.
        scope: its kind.
        events: sorted; `ANY_OTHER_EVENT` last where a catch-all goes.
        remotes: the webhooks that go or narrow, by age.
        absent_line: whether a line under `absent` would let it through: whole webhooks go, and no entry matches.
    """

    endpoint: Endpoint
    scope: Scope
    events: tuple[str, ...]
    remotes: tuple[Remote, ...]
    absent_line: bool


class Verdict(Enum):
    """What the guard says to an account's losses."""

    FINE = "fine"
    TOO_MANY = "too many losses"
    NOTHING_LEFT = "nothing owned would receive any more"


class Claim(Enum):
    """What a configuration says of a remote webhook."""

    PROTECTED = "protected"
    KNOWN = "known"
    ABSENT = "absent"
    OWNED = "owned"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountPlan:
    """What would be done in one account.

    Attributes:
        account: the account.
        changes: widening ones first, each phase in the order of addresses.
        unchanged: what is in step.
        protected: what is protected and in the file; with what differs.
        protected_others: what is protected and not in the file.
        protected_owned: what is protected and would be owned else: it counts for the guard as what stays.
        unmanaged: by age; without those that `known` names.
        on_unmanaged: what these mean.
        known: what `known` names, by age.
        kept: what `absent` names and stays all the same, by age.
        duplicates: what the duplicate rule found, by address.
        losses: by endpoint.
        max_losses: how many there may be by the file, or by the default.
        loss_limit: how many there may be by the command: what `--allow-losses` said, or 0 for a `--destroy`
            without it; None leaves it to the file.
        verdict: the guard's.
        addresses: every address that a target may mean, filtered out or not.
        claimed: all webhooks that were listed, by whose they are, each group by age.
        count: how many the provider says there are.
    """

    account: Account
    changes: tuple[Change, ...] = ()
    unchanged: tuple[Pair, ...] = ()
    protected: tuple[Pair, ...] = ()
    protected_others: tuple[Remote, ...] = ()
    protected_owned: tuple[Remote, ...] = ()
    unmanaged: tuple[Unmanaged, ...] = ()
    on_unmanaged: OnUnmanaged = OnUnmanaged.REPORT
    known: tuple[Remote, ...] = ()
    kept: tuple[Kept, ...] = ()
    duplicates: tuple[Duplicates, ...] = ()
    losses: tuple[Loss, ...] = ()
    max_losses: int = 0
    loss_limit: int | None = None
    verdict: Verdict = Verdict.FINE
    addresses: frozenset[Address] = frozenset()
    claimed: Mapping[Claim, tuple[Remote, ...]] = field(default_factory=dict)
    count: int | None = None

    @property
    def remotes(self) -> tuple[Remote, ...]:
        """All webhooks that were listed."""
        return tuple(remote for group in self.claimed.values() for remote in group)

    @property
    def listed(self) -> frozenset[str]:
        """The ids of all webhooks that were listed."""
        return frozenset(remote.id for remote in self.remotes)

    def essence(self) -> dict[str, Any]:
        """What would be done in this account, and where it is."""
        account = self.account
        return {
            "name": account.name,
            "base_url": account.base_url,
            "account_id": None if account.account_id is None else account.account_id.reveal(),
            "changes": [change.essence() for change in self.changes],
            "losses": [
                [loss.endpoint.reveal(), loss.scope, loss.events, [remote.id for remote in loss.remotes]]
                for loss in self.losses
            ],
            "verdict": self.verdict.value,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class NotPlanned:
    """An account that could not be read, or whose plan would not be safe. Nothing is written to it."""

    account: Account
    error: ProviderError

    def essence(self) -> dict[str, Any]:
        """Which account is left alone, and why."""
        return {"name": self.account.name, "error": [self.error.kind.value, self.error.message]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What narrows a plan: account patterns and target addresses, as given."""

    accounts: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The accounts' plans and what they were made from.

    Attributes:
        configuration: what is wanted.
        accounts: in the file's order; only those that the filters let through.
        created: when it was made (UTC).
        filters: what narrowed it.
        destroy: whether it deletes what the configuration describes.
        allowed_losses: what `--allow-losses` said; None where it said nothing.
        unmatched_targets: targets that mean nothing; empty where an account that may hold them could not be planned.
    """

    configuration: Configuration
    accounts: tuple[AccountPlan | NotPlanned, ...]
    created: datetime
    filters: Filters = Filters()
    destroy: bool = False
    allowed_losses: int | None = None
    unmatched_targets: tuple[str, ...] = ()

    @property
    def planned(self) -> tuple[AccountPlan, ...]:
        """The accounts that could be planned."""
        return tuple(account for account in self.accounts if isinstance(account, AccountPlan))

    @property
    def not_planned(self) -> tuple[NotPlanned, ...]:
        """The accounts that could not."""
        return tuple(account for account in self.accounts if isinstance(account, NotPlanned))

    @property
    def has_changes(self) -> bool:
        """Whether an apply would do anything."""
        return any(account.changes for account in self.planned)

    @property
    def is_refused(self) -> bool:
        """Whether a guard refuses it."""
        return any(account.verdict is not Verdict.FINE for account in self.planned)

    def essence(self) -> bytes:
        """Everything that would be done, real values included, and nothing beside it: equal ones are the same plan.

        Not in it: what is in step, unmanaged webhooks, times, tokens of accounts, the accounts' order, and the files'
        text. It holds secrets: it is compared or digested, and never shown.
        Source: contract, section 6, *Reviewed is what runs*.
        """
        essence = {
            "filters": {"accounts": self.filters.accounts, "targets": self.filters.targets},
            "destroy": self.destroy,
            "allowed_losses": self.allowed_losses,
            "accounts": [one.essence() for one in sorted(self.accounts, key=lambda one: one.account.name)],
        }
        return json.dumps(essence, sort_keys=True, ensure_ascii=True, separators=(",", ":")).encode()


def _real(fields: Fields) -> dict[str, Any]:
    return {name: _real_value(value) for name, value in fields.items()}


def _real_value(value: Value) -> Any:  # noqa: ANN401 - plain JSON
    match value:
        case Url() | SecretText():
            return value.reveal()
        case frozenset():
            return sorted(value)
        case Mapping():
            return dict(value)
        case _:
            return value
