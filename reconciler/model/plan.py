"""The plan: everything that would be done, decided before anything is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from enum import Enum
from typing import Any

from msgspec import Struct, field
from msgspec.structs import asdict

from reconciler.model.configuration import Account, Configuration, OnUnmanaged
from reconciler.model.endpoint import Endpoint
from reconciler.model.pattern import Pattern
from reconciler.model.reading import ProviderError
from reconciler.model.webhook import Address, Desired, Fields, Remote, Scope, Value, revealed

ANY_OTHER_EVENT = "any other event"


class Action(Enum):
    """What is done to a webhook."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    NONE = "no-op"

    __hash__ = object.__hash__  # that of `Enum` hashes the name anew each time


class Phase(Enum):
    """When a change is made: all that widens what endpoints receive comes before all that narrows it."""

    WIDEN = "widen"
    NARROW = "narrow"


class Reason(Enum):
    """Why a webhook is changed, or left as it is though it isn't as wanted. No decision looks at it."""

    MISSING = "missing"
    DIFFERS = "differs"
    SWITCHED_OFF = "switched_off"
    RESEND = "resend"  # nothing is known to differ: its secret is to be sent again, or made anew
    NOT_IN_FILE = "not_in_file"
    REPLACES = "replaces"  # another webhook has values that no update can change
    REPLACED = "replaced"
    DUPLICATE = "duplicate"
    NAMED_ABSENT = "absent"
    DESTROY = "destroy"
    PROTECTED = "protected"
    OFF = "off"  # its entry is off, and it is not at the provider, which may hide what is off
    NOT_COMPARED = "not_compared"  # its URL holds a variable that is not set

    __hash__ = object.__hash__  # as that of an action


class Claim(Enum):
    """What a configuration says of a remote webhook."""

    PROTECTED = "protected"
    KNOWN = "known"
    ABSENT = "absent"
    OWNED = "owned"
    UNSET = "unset"  # nobody knows: it may be what an unset variable stands for
    NONE = "none"

    __hash__ = object.__hash__  # as that of an action


_OWN = (Claim.OWNED, Claim.PROTECTED, Claim.ABSENT)
NO_ACTION, OWNED = Action.NONE, Claim.OWNED
_IS_PROTECTED, _NOBODYS = Reason.PROTECTED, Claim.NONE
"""Asked of every webhook: Python 3.11 takes as long to find a member of an enumeration as to call a function."""


class Hint(Enum):
    """What a webhook that is left as it is probably is, or why it is left."""

    LEFTOVER = "leftover"  # unmanaged: of an entry's path and event, elsewhere
    DOUBLE_DELIVERY = "double_delivery"  # unmanaged: every event beside our single ones, so each arrives twice
    RETARGETED = "retargeted"  # unmanaged: changed after it was made, and of the event of an entry whose own is missing
    OTHER_KIND = "other_kind"  # unmanaged: matched by `owns`, which is about the other kind
    ABSENT_OTHER_KIND = "absent_other_kind"  # unmanaged: matched by `absent`, which is about the other kind
    KEPT_FOR_ENTRY = "entry"  # `absent` names it in vain: it is an entry's
    KEPT_AS_KNOWN = "known"  # `absent` names it in vain: `known` names it too


class FieldChange(Struct, frozen=True, kw_only=True):
    """A field that differs, and both values."""

    name: str
    before: Value
    after: Value


class Successor(Struct, frozen=True, kw_only=True):
    """A webhook that is there, and is to carry the events of another that will be narrowed, with what it is to have."""

    address: Address
    fields: Fields
    object_id: str


class Change(Struct, frozen=True, kw_only=True, gc=False):
    """One webhook, at the provider or only in the file, and what is done to it, which may be nothing."""

    action: Action
    address: Address  # the entry's, or `@<object id>` where no entry stands for it
    claim: Claim = Claim.OWNED
    phase: Phase | None = None  # None where nothing is done
    reason: Reason | None = None  # None for what is in step, and for what is nobody's matter here
    desired: Desired | None = None  # None for a delete, and where no entry stands for it
    remote: Remote | None = None  # None where the provider has none
    wanted: Fields = field(default_factory=dict)  # to send, if anything; ignored fields are the provider's
    fields: tuple[FieldChange, ...] = ()  # what differs, of an update or a protected webhook
    resends: tuple[str, ...] = ()  # of an update, the secrets that are sent though they can't be compared
    move: Address | None = None  # the other half of a move
    replacement: Address | None = None  # the other half of a replacement: what takes its place, or what it replaces
    duplicate_of: Address | None = None  # the webhook that stays
    conflicts_with: Address | None = None  # the entry whose URL it has, with events that are not the entry's
    depends_on: tuple[Successor, ...] = ()  # what must be seen to deliver before this narrows (`planning.losses`)
    hint: Hint | None = None
    near: Address | Pattern | None = None  # what the hint is about

    @property
    def is_own(self) -> bool:
        """Whether it is this configuration's matter: an entry's, or of `owns`, `absent` or `protect`."""
        return self.claim in _OWN

    @property
    def is_told(self) -> bool:
        """Whether something is to be said of it in brief; of the others there is only a count."""
        if self.action is not NO_ACTION or self.claim not in _OWN or self.hint is not None or self.fields:
            return True
        return self.remote is not None and bool(self.remote.health)

    @property
    def secret_to(self) -> str:
        """The name under which the secret goes on that the provider makes for it; empty where it makes none."""
        return self.desired.secret_to if self.action is Action.CREATE and self.desired is not None else ""

    @property
    def partner(self) -> Address | None:
        """The other half of its move or replacement, or whose duplicate it is: of a delete, what takes its place."""
        return self.move or self.replacement or self.duplicate_of

    def essence(self) -> dict[str, Any]:
        return {
            "address": str(self.address),
            "id": None if self.remote is None else self.remote.id,
            "action": self.action.value,
            "before": None if self.remote is None else revealed(self.remote.fields),
            "after": revealed(self.wanted) if self.wanted else None,
            **({"secret_to": self.secret_to} if self.secret_to else {}),
            **({"resends": self.resends} if self.resends else {}),
        }


class Loss(Struct, frozen=True, kw_only=True):
    """An owned endpoint and the events it receives now and would not receive after."""

    endpoint: Endpoint
    scope: Scope
    events: tuple[str, ...]  # sorted; `ANY_OTHER_EVENT` last where a catch-all goes
    remotes: tuple[Remote, ...]  # those that go or narrow, by age
    absent_line: bool  # whether a line under `absent`, if it can be shown, would let it through and do nothing else

    def essence(self) -> list[Any]:
        return [self.endpoint.reveal(), self.scope, self.events, [remote.id for remote in self.remotes]]


def making_anew(address: str) -> str:
    """What gives a webhook a secret that is passed on, where the provider makes it: the beginning of a sentence."""
    command = f"reconciler apply --resend-secrets --target '{address}' --secrets-to FILE"
    return f"`{command}` makes a new one, passes on its secret"


class Verdict(Enum):
    """What the guard says to an account's losses."""

    FINE = "fine"
    TOO_MANY = "too_many_losses"
    NOTHING_LEFT = "nothing_left"


class AccountPlan(Struct, frozen=True, kw_only=True):
    """What would be done in one account."""

    account: Account
    rows: tuple[Change, ...] = ()  # every webhook that the targets mean: changes in the order of work, then the others
    left_out: tuple[Change, ...] = ()  # every other webhook
    on_unmanaged: OnUnmanaged = OnUnmanaged.REPORT
    protected_owned: tuple[Remote, ...] = ()  # what would be owned else: for the guard it stays
    losses: tuple[Loss, ...] = ()  # by endpoint
    max_losses: int = 0  # how many there may be by the file, or by the default
    loss_limit: int | None = None  # and by the command (a `--destroy` that says nothing: 0), which comes first
    verdict: Verdict = Verdict.FINE
    count: int | None = None  # how many the provider says there are

    @property
    def changes(self) -> tuple[Change, ...]:
        return tuple([row for row in self.rows if row.action is not NO_ACTION])

    @property
    def unchanged(self) -> int:
        """How many are as wanted; what is off and isn't there is."""
        as_wanted = (None, Reason.OFF)
        return len([row for row in self.rows if row.claim in _OWN and row.reason in as_wanted])

    @property
    def protected(self) -> int:
        return len([row for row in self.rows if row.reason is _IS_PROTECTED])

    @property
    def unmanaged(self) -> tuple[Change, ...]:
        """The webhooks that nobody is known to be responsible for, by age."""
        return tuple([row for row in self.rows if row.claim is _NOBODYS])

    def listed(self, *claims: Claim) -> tuple[Remote, ...]:
        """The webhooks that were listed, those that the targets leave out too, by age: of these claims, if any."""
        rows = (row for row in (*self.rows, *self.left_out) if not claims or row.claim in claims)
        return tuple(sorted((row.remote for row in rows if row.remote is not None), key=lambda remote: remote.age))

    def unlisted(self, remotes: Iterable[Remote]) -> list[Remote]:
        """Those that were not listed, or under another key: all that a create of this plan can have made.

        A create is planned where nothing that was listed under its key is to be it.
        """
        return [*filter(self.tells_unlisted(), remotes)]

    def tells_unlisted(self) -> Callable[[Remote], bool]:
        """Says of one webhook after the other whether it is `unlisted`."""
        before = {row.remote.id: row.remote.key for row in (*self.rows, *self.left_out) if row.remote is not None}
        return lambda remote: remote.id not in before or remote.key != before[remote.id]

    def essence(self) -> dict[str, Any]:
        account = self.account
        return {
            "name": account.name,
            "base_url": account.base_url,
            "place": account.place,
            "settings": revealed(account.settings),
            "changes": [change.essence() for change in self.changes],
            "losses": [loss.essence() for loss in self.losses],
            "verdict": self.verdict.value,
        }


FEWEST_TOGETHER = 4
"""From so many places of an account on, those in which nothing changes are told, and counted, together."""


class PlacesInStep(Struct, frozen=True, kw_only=True):
    """Places of one account in which nothing changes, counted and let go: there may be thousands."""

    account: Account  # one of them
    places: int = 0
    listed: int = 0
    count: int | None = None  # how many the provider says there are; None where it doesn't say so of each
    unchanged: int = 0
    protected: int = 0
    max_losses: int = 0
    loss_limit: int | None = None
    on_unmanaged: OnUnmanaged = OnUnmanaged.REPORT


class NotPlanned(Struct, frozen=True, kw_only=True):
    """An account that could not be read, or whose plan would not be safe. Nothing is written to it."""

    account: Account
    error: ProviderError

    def essence(self) -> dict[str, Any]:
        return {"name": self.account.name, "error": [self.error.kind.value, self.error.message]}


class Filters(Struct, frozen=True, kw_only=True):
    """The filters of a plan, as given."""

    accounts: tuple[str, ...] = ()  #: Patterns of `--account`.
    targets: tuple[str, ...] = ()  #: Addresses of `--target`.
    excludes: tuple[str, ...] = ()  #: Addresses of `--exclude`.
    shard: str | None = None  #: The value of `--shard`, such as `2/8`; omitted if it wasn't given.

    def options(self) -> tuple[str, ...]:
        """The options that say the same."""
        shard = (self.shard,) if self.shard is not None else ()
        given = (
            ("--account", self.accounts),
            ("--target", self.targets),
            ("--exclude", self.excludes),
            ("--shard", shard),
        )
        return tuple(f"{option} {value}" for option, values in given for value in values)


MOST_SHARDS = 1000


class Shard(Struct, frozen=True, kw_only=True):
    """Which part of the accounts a run of `--shard` is about."""

    number: int  #: Which of the shards it is, from 1 on.
    count: int  #: How many shards there are.
    accounts: int  #: How many accounts all shards have together.
    #: A digest of what shards have in common: accounts, webhooks, options and what the files allow, without secrets.
    digest: str


class Plan(Struct, frozen=True, kw_only=True):
    """The accounts' plans and what they were made from."""

    configuration: Configuration
    accounts: tuple[AccountPlan | NotPlanned, ...]  # in the file's order; only those that the filters let through
    in_step: tuple[PlacesInStep, ...] = ()  # and those of which only a count was kept
    created: datetime  # UTC
    filters: Filters = Filters()
    destroy: bool = False  # whether it deletes what the configuration describes
    allowed_losses: int | None = None  # by `--allow-losses`; None where it said nothing
    resend_secrets: bool = False  # whether secrets that can't be read back are sent again
    shard: Shard | None = None  # which part of the accounts it is about, if not all
    unmatched: Filters = Filters()  # the addresses that mean nothing, as far as all accounts could be planned

    @property
    def planned(self) -> tuple[AccountPlan, ...]:
        return tuple(account for account in self.accounts if isinstance(account, AccountPlan))

    @property
    def not_planned(self) -> tuple[NotPlanned, ...]:
        return tuple(account for account in self.accounts if isinstance(account, NotPlanned))

    @property
    def has_changes(self) -> bool:
        return any(account.changes for account in self.planned)

    @property
    def made_secrets(self) -> tuple[str, ...]:
        """The names under which the secrets go on that providers will make; somebody must take them."""
        changes = (change for account in self.planned for change in account.changes)
        return tuple(change.secret_to for change in changes if change.secret_to)

    @property
    def is_refused(self) -> bool:
        return any(account.verdict is not Verdict.FINE for account in self.planned)

    def essence(self) -> bytes:
        """Everything that would be done, and nothing beside it: equal ones are the same plan.

        Places that patterns mean may come and go as long as nothing is done there.

        It holds secrets: it is compared or digested, and never shown. Source: contract, section 6, *Reviewed is what
        runs*.
        """
        accounts = [
            one
            for one in self.accounts
            if isinstance(one, NotPlanned) or one.changes or one.losses or not one.account.listed_by
        ]
        essence = {
            **({"resend_secrets": True} if self.resend_secrets else {}),
            "filters": {name: value for name, value in asdict(self.filters).items() if value is not None},
            "destroy": self.destroy,
            "allowed_losses": self.allowed_losses,
            "accounts": [one.essence() for one in sorted(accounts, key=lambda one: one.account.name)],
        }
        import json  # for saved plans, and those that are approved  # noqa: PLC0415

        return json.dumps(essence, sort_keys=True, ensure_ascii=True, separators=(",", ":")).encode()
