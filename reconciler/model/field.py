"""A webhook's field as a provider declares it: its type, how it is sent, and how it reads back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any

from msgspec import Struct, field

from reconciler.model.rest import Call
from reconciler.model.webhook import Value


class FieldType(Enum):
    """What a field holds, which decides how it is read, compared and shown."""

    URL = "url"
    EVENT = "event"  # the one event of a webhook: an entry with several means as many webhooks
    EVENTS = "events"  # all events of a webhook
    TEXT = "text"
    NUMBER = "number"
    FLAG = "flag"
    CHOICE = "choice"
    SET = "set"
    SECRET = "secret"  # noqa: S105 - the name of a type
    SETTINGS = "settings"
    HEADERS = "headers"  # names, and values that are secrets


class ReadsBack(Enum):
    """How a provider answers with a field's value."""

    CLEAR = "clear"
    KEYS = "keys"  # of headers only the names
    MASKED = "masked"  # as a mask where it is set: whether it is set can be compared, its value can't
    NEVER = "never"  # sent with every create and update, and never a difference by itself
    SOMETIMES = "sometimes"  # in clear by some versions; of an answer without it nothing is known
    ON_CREATE = "on create"  # the provider makes it, and shows it in the answer to the create alone


_UNREAD = (ReadsBack.KEYS, ReadsBack.MASKED, ReadsBack.NEVER, ReadsBack.SOMETIMES)


class Unsaid(Enum):
    """What it means that an entry doesn't say a field."""

    DEFAULT = "default"
    LEAVE = "leave"  # it is left as the provider has it
    ENTRY_NAME = "entry name"  # it is the entry's name


class Sent(Enum):
    """When a field is sent. What can't be sent with an update takes another webhook in this one's place."""

    ALWAYS = "always"
    CREATE = "create"  # when a webhook is made
    UPDATE = "update"  # when one is changed: what it is made with is the default
    NEVER = "never"  # the provider sets it by itself


class Field(Struct, frozen=True, kw_only=True):
    """One field of a provider's webhook."""

    name: str  # the file's name for it
    type: FieldType
    at: str = ""  # where the API has it, inner names after dots; empty where that is its name
    default: Value = None  # what is meant where neither side says anything
    missing: Value = None  # what it means that the provider's answer doesn't have it; None for the default
    unsaid: Unsaid = Unsaid.DEFAULT
    reads_back: ReadsBack = ReadsBack.CLEAR
    choices: tuple[str, ...] = ()  # the values that a CHOICE may have; the events that are known
    choice_help: Mapping[str, str] = field(default_factory=dict)  # one sentence for each, for reference and editors
    sent: Sent = Sent.ALWAYS
    call: Call | None = None  # that changes it, where an update doesn't; of a FLAG only to on
    wire: tuple[object, ...] = ()  # how the API writes a FLAG's off and on; empty for JSON's own
    read_at: str = ""  # where an answer has it, if that is elsewhere
    read_wire: tuple[object, ...] = ()  # how an answer writes off and on, if otherwise; anything else is off there
    says: tuple[str, ...] = ()  # of what the service switches off by itself: where an answer says why
    flags: Mapping[str, str] = field(default_factory=dict)  # by event, where the API has a boolean for each
    all_at: str = ""  # where the API has a boolean that means every event
    read: Callable[[Any], object] | None = None  # from the API's value to one in plain JSON terms, and back
    write: Callable[[Any], object] | None = None
    holds_texts: bool = False  # whether SETTINGS are names with a text each
    merges: bool = False  # whether an update leaves the names in SETTINGS that it doesn't send; "" takes one away
    scope: bool = False  # whether it separates kinds of webhook that never meet
    help: str = ""  # one sentence for the reference and for editors

    @property
    def place(self) -> str:
        """Where the API has it, inner names after dots."""
        return self.at or self.name

    @property
    def path(self) -> tuple[str, ...]:
        return tuple(self.place.split("."))

    @property
    def told_at(self) -> str:
        """Where a URL that no answer shows is written for people, and read from; empty of all else."""
        return self.read_at if self.type is FieldType.URL else ""

    @property
    def is_made(self) -> bool:
        """Whether the provider makes it, so that no file says it."""
        return self.reads_back is ReadsBack.ON_CREATE

    @property
    def needs_another(self) -> bool:
        """Whether it is a secret of which only another webhook can have a new value."""
        return self.is_made or (self.is_fixed and self.is_unread)

    @property
    def is_unread(self) -> bool:
        """Whether it is a secret that a file says, and nobody can read back."""
        return self.is_secret and self.reads_back in _UNREAD

    @property
    def is_secret(self) -> bool:
        return self.type in (FieldType.SECRET, FieldType.HEADERS)

    @property
    def is_fixed(self) -> bool:
        """Whether only another webhook can have another value."""
        return self.sent in (Sent.CREATE, Sent.NEVER) and self.call is None


SECRET_TO = Field(
    name="secret_to",
    type=FieldType.TEXT,
    help=(
        "The name under which `apply --secrets-to` or `--secrets-command` passes on the secret that the provider makes "
        "for a new webhook, and shows only once."
    ),
)
"""What an entry says of a secret that the provider makes."""


SECRET_SINCE = Field(
    name="secret_since",
    type=FieldType.TEXT,
    help=(
        "The day (or time) from which on the secret's value counts: where the provider last changed the webhook before "
        "it, the secret is sent again, or made anew if the provider makes it."
    ),
)
"""What an entry says of a secret that can't be read back, so that a new value reaches the provider."""


SECRET_DIGEST = Field(
    name="secret_digest",
    type=FieldType.FLAG,
    default=False,
    help=(
        "Whether a salted digest of its secrets is kept in a text of the webhook, so that a new value is a difference: "
        "whoever can read the text can check guesses against it."
    ),
)
"""The same, where a webhook has a text of its own for it."""
