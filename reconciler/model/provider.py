"""What a provider is, as data: fields, identity, secrets, events and limits. The engine knows nothing else of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum

from reconciler.model.secret import SecretText
from reconciler.model.url import Endpoint, Url, lenient_endpoint
from reconciler.model.webhook import Fields, Key, Scope, Value


class FieldType(Enum):
    """What a field holds, which decides how it is compared and shown."""

    URL = "url"
    TEXT = "text"
    FLAG = "flag"
    CHOICE = "choice"
    SET = "set"
    SECRET = "secret"  # noqa: S105 - the name of a type
    SETTINGS = "settings"


class ReadsBack(Enum):
    """How a provider answers with a field's value."""

    CLEAR = "clear"
    NEVER = "never"
    """Sent with every create and update, and never a difference by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of a provider's webhook.

    Attributes:
        name: the provider's name for it.
        type: what it holds.
        default: what is meant where neither side says anything.
        reads_back: how the provider answers with it.
    """

    name: str
    type: FieldType
    default: Value = None
    reads_back: ReadsBack = ReadsBack.CLEAR


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimits:
    """Calls a minute that a provider allows; None where it sets no limit."""

    write: int | None = None
    get: int | None = None
    list: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenKind:
    """What a token's prefix says: the account's mode, its scope, and the limits that hold for it."""

    prefix: str
    mode: str
    scope: Scope
    limits: RateLimits


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenScheme:
    """How tokens of a prefix are sent that say nothing of an account's mode.

    Attributes:
        prefix: what they begin with.
        scheme: of the `Authorization` header, before the token.
    """

    prefix: str
    scheme: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """A provider's declaration.

    Attributes:
        name: as the file names it.
        title: as people write it.
        resource_type: the `type` of a webhook in a JSON plan.
        fields: every field that is compared or sent.
        url_field: the field that is the URL.
        event_field: the field that is the event, or the set of events.
        active_field: the flag that says whether a webhook delivers; None where every one does.
        scope_fields: the fields that separate kinds of webhook.
        events: the events known; others are an error unless the file allows them.
        catch_all: the event that means every event; None where there is none.
        several_events: whether one webhook takes a set of events.
        lists_inactive: whether the list surely holds inactive webhooks too.
        url_limit: the first length of a URL, in characters, that is refused.
        base_url: where the provider's API lives.
        token_variable: the environment variable that an account without a `token` takes.
        token_kinds: what is known of tokens; empty where they say nothing.
        token_schemes: tokens that are sent another way than most; their accounts say their `mode`.
        token_scheme: of the `Authorization` header, for all other tokens.
        portal: where people look at their webhooks by hand.
    """

    name: str
    title: str
    resource_type: str
    fields: tuple[Field, ...]
    url_field: str = "url"
    event_field: str = "event"
    active_field: str | None = "active"
    scope_fields: tuple[str, ...] = ()
    events: tuple[str, ...]
    catch_all: str | None = None
    several_events: bool = False
    lists_inactive: bool = True
    url_limit: int = 2000
    base_url: str
    token_variable: str
    token_kinds: tuple[TokenKind, ...] = ()
    token_schemes: tuple[TokenScheme, ...] = ()
    token_scheme: str = "Bearer"  # noqa: S105 - the name of a scheme
    portal: str = ""

    def normalise(self, values: Mapping[str, Value]) -> Fields:
        """Both sides' way to the normal form: every declared field, defaults filled in, in the declaration's order."""
        return {spec.name: values.get(spec.name, spec.default) for spec in self.fields}

    def kind_of(self, token: str) -> TokenKind | None:
        """What a token's prefix says, or None where it says nothing."""
        return next((kind for kind in self.token_kinds if token.startswith(kind.prefix)), None)

    def scheme_of(self, token: str) -> str:
        """The scheme of the `Authorization` header that a token is sent with."""
        found = (known.scheme for known in self.token_schemes if token.startswith(known.prefix))
        return next(found, self.token_scheme)

    def prefix_of(self, token: str) -> str:
        """The public beginning of a token, or nothing where it has none that is known."""
        known = (*(kind.prefix for kind in self.token_kinds), *(scheme.prefix for scheme in self.token_schemes))
        return next((prefix for prefix in known if token.startswith(prefix)), "")

    def is_neutral(self, token: str) -> bool:
        """Whether a token is one of the provider's that doesn't say its kind."""
        return any(token.startswith(known.prefix) for known in self.token_schemes)

    def scope_of(self, fields: Fields) -> Scope:
        """The kind that a webhook with these fields belongs to."""
        return tuple((name, value) for name in self.scope_fields if isinstance(value := fields[name], str | bool))

    def is_live(self, fields: Fields) -> bool:
        """Whether a webhook with these fields delivers anything."""
        return self.active_field is None or fields[self.active_field] is True

    def events_of(self, fields: Fields) -> frozenset[str]:
        """The events that a webhook with these fields names."""
        value = fields[self.event_field]
        if value is None:
            return frozenset()  # of a webhook that can't be read
        return value if isinstance(value, frozenset) else frozenset({str(value)})

    def carries(self, named: Iterable[str], event: str) -> bool:
        """Whether a webhook that names these events delivers this one."""
        return event in named or (self.catch_all is not None and self.catch_all in named)

    def endpoint_of(self, fields: Fields) -> Endpoint | None:
        """Where a webhook delivers, as far as patterns look; None where nobody can say.

        Unlike a key, a URL without a normal form has one too: what is to be deleted, or protected, must be reached.
        """
        url = fields[self.url_field]
        if isinstance(url, Url):
            return url.endpoint
        return lenient_endpoint(url) if isinstance(url, SecretText) else None

    def key_of(self, fields: Fields) -> Key | None:
        """A webhook's key, or None where its URL has no normal form."""
        url = fields[self.url_field]
        if not isinstance(url, Url) or fields[self.event_field] is None:
            return None
        event = None if self.several_events else str(fields[self.event_field])
        return Key(endpoint=url.endpoint, event=event, scope=self.scope_of(fields))
