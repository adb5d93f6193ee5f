"""What a provider is, as data: fields, events, credentials and account keys. The engine knows nothing else of it.

`model/rest.py` says how its API is spoken to; `reconciler.provider` is what declarations are written with.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from reconciler.model.rest import Rest
from reconciler.model.secret import SecretText
from reconciler.model.url import Endpoint, Url, lenient_endpoint
from reconciler.model.webhook import Fields, Key, Scope, Value


class FieldType(Enum):
    """What a field holds, which decides how it is read, compared and shown."""

    URL = "url"
    EVENT = "event"
    """The one event of a webhook: an entry with several means as many webhooks."""
    EVENTS = "events"
    """All events of a webhook."""
    TEXT = "text"
    NUMBER = "number"
    FLAG = "flag"
    CHOICE = "choice"
    SET = "set"
    SECRET = "secret"  # noqa: S105 - the name of a type
    SETTINGS = "settings"


class ReadsBack(Enum):
    """How a provider answers with a field's value."""

    CLEAR = "clear"
    MASKED = "masked"
    """As a mask where it is set: whether it is set can be compared, its value can't."""
    NEVER = "never"
    """Sent with every create and update, and never a difference by itself."""


class Unsaid(Enum):
    """What it means that an entry doesn't say a field."""

    DEFAULT = "default"
    LEAVE = "leave"
    """It is left as the provider has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of a provider's webhook.

    Attributes:
        name: the file's name for it.
        type: what it holds.
        at: where the API has it, inner names after dots; empty where that is its name.
        default: what is meant where neither side says anything.
        missing: what it means that the provider's answer doesn't have it; None for the default.
        unsaid: what it means that an entry doesn't say it.
        reads_back: how the provider answers with it.
        choices: the values that a CHOICE may have; the events that are known.
        choice_help: one sentence for each of them, for the reference and for editors.
        wire: how the API writes a FLAG's off and on; empty for JSON's own.
        scope: whether it separates kinds of webhook that never meet.
        help: one sentence for the reference and for editors.
    """

    name: str
    type: FieldType
    at: str = ""
    default: Value = None
    missing: Value = None
    unsaid: Unsaid = Unsaid.DEFAULT
    reads_back: ReadsBack = ReadsBack.CLEAR
    choices: tuple[str, ...] = ()
    choice_help: Mapping[str, str] = field(default_factory=dict)
    wire: tuple[str, ...] = ()
    scope: bool = False
    help: str = ""

    @property
    def path(self) -> tuple[str, ...]:
        """Where the API has it, from the outside in."""
        return tuple((self.at or self.name).split("."))


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimits:
    """Calls a minute that a provider allows; None where it sets no limit."""

    write: int | None = None
    get: int | None = None
    list: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenKind:
    """What a token's prefix says: the account's kind (`live`), and the kind of webhook that it owns."""

    prefix: str
    name: str
    scope: Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenScheme:
    """How tokens of a prefix are sent that say nothing of an account's kind.

    Attributes:
        prefix: what they begin with.
        scheme: of the header, before the token.
    """

    prefix: str
    scheme: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Auth:
    """How calls are authorised.

    Attributes:
        variable: the environment variable that an account without a `token` takes.
        header: where the token is sent.
        scheme: what stands before it; empty for nothing.
        schemes: tokens that are sent another way than most.
        kinds: what tokens say of their account; empty where they say nothing.
        kind_setting: the account key that pins the kind.
        optional: whether an account may do without a token.
    """

    variable: str
    header: str = "Authorization"
    scheme: str = "Bearer"
    schemes: tuple[TokenScheme, ...] = ()
    kinds: tuple[TokenKind, ...] = ()
    kind_setting: str = ""
    optional: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """An account key of the provider's own.

    Attributes:
        name: the key.
        type: TEXT or FLAG.
        header: the header that it is sent as; a value may come from the environment then, and is a secret.
        default: what is meant where an account doesn't say it.
        help: one sentence for the reference and for editors.
    """

    name: str
    type: FieldType = FieldType.TEXT
    header: str = ""
    default: bool | None = None
    help: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceSetting:
    """An account key that names where one token has collections of webhooks: repositories, projects.

    Attributes:
        setting: the account key that names them.
        path: of the API, `{}` for the name.
        pattern: what a name fully matches, as a regular expression of JSON Schema too.
        example: a name.
        help: one sentence for the reference and for editors.
    """

    setting: str
    path: str
    pattern: str
    example: str
    help: str = ""

    def path_of(self, name: str) -> str:
        """The path of the place of this name."""
        return self.path.replace("{}", name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """A provider's declaration.

    Attributes:
        name: as the file names it.
        title: as people write it.
        fields: every field that is compared or sent: `url`, `event` or `events`, `active` where there is a switch,
            and the provider's own.
        catch_all: the event that means every event; None where there is none.
        lists_inactive: whether the list surely holds inactive webhooks too.
        url_limit: the first length of a URL, in characters, that is refused.
        base_url: where the provider's API lives; empty where each account says its own.
        auth: how calls are authorised.
        settings: account keys of the provider's own.
        places: where one token may have many collections of webhooks; an account says exactly one of these.
        limits: calls a minute that the provider allows.
        kind_limits: the same by the token's kind, where they differ.
        portal: where people look at their webhooks by hand.
        rest: how its API is spoken to; None where a package brings its own client.
        event_field: `event` where a webhook has one, `events` where it has a set of them.
        several_events: whether it has a set of them.
        events: those that are known; others are an error unless the file allows them.
        scope_fields: the fields that separate kinds of webhook.
    """

    name: str
    title: str
    fields: tuple[Field, ...]
    catch_all: str | None = None
    lists_inactive: bool = True
    url_limit: int = 2000
    base_url: str = ""
    auth: Auth
    settings: tuple[Setting, ...] = ()
    places: tuple[PlaceSetting, ...] = ()
    limits: RateLimits = RateLimits()
    kind_limits: Mapping[str, RateLimits] = field(default_factory=dict)
    portal: str = ""
    rest: Rest | None = None
    event_field: str = field(init=False, repr=False)
    several_events: bool = field(init=False, repr=False)
    events: tuple[str, ...] = field(init=False, repr=False)
    scope_fields: tuple[str, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        found = next(spec for spec in self.fields if spec.type in (FieldType.EVENT, FieldType.EVENTS))
        object.__setattr__(self, "event_field", found.name)
        object.__setattr__(self, "several_events", found.type is FieldType.EVENTS)
        object.__setattr__(self, "events", found.choices)
        object.__setattr__(self, "scope_fields", tuple(spec.name for spec in self.fields if spec.scope))

    @property
    def resource_type(self) -> str:
        """The `type` of a webhook in a JSON plan."""
        return f"{self.name}_webhook"

    @property
    def has_switch(self) -> bool:
        """Whether a webhook can be there and deliver nothing."""
        return any(spec.name == "active" for spec in self.fields)

    @property
    def own_fields(self) -> tuple[Field, ...]:
        """The fields that not every provider has."""
        return tuple(spec for spec in self.fields if spec.name not in ("url", "event", "events", "active"))

    def normalise(self, values: Mapping[str, Value]) -> Fields:
        """Both sides' way to the normal form: every declared field, defaults filled in, in the declaration's order."""
        return {spec.name: _filled(spec, values.get(spec.name)) for spec in self.fields}

    def limits_of(self, kind: str) -> RateLimits:
        """The calls a minute that an account of this kind may make."""
        return self.kind_limits.get(kind, self.limits)

    def kind_of(self, token: str) -> TokenKind | None:
        """What a token's prefix says, or None where it says nothing."""
        return next((kind for kind in self.auth.kinds if token.startswith(kind.prefix)), None)

    def scheme_of(self, token: str) -> str:
        """The scheme that a token is sent with."""
        found = (known.scheme for known in self.auth.schemes if token.startswith(known.prefix))
        return next(found, self.auth.scheme)

    def prefix_of(self, token: str) -> str:
        """The public beginning of a token, or nothing where it has none that is known."""
        known = (*(kind.prefix for kind in self.auth.kinds), *(scheme.prefix for scheme in self.auth.schemes))
        return next((prefix for prefix in known if token.startswith(prefix)), "")

    def is_neutral(self, token: str) -> bool:
        """Whether a token is one of the provider's that doesn't say its kind."""
        return any(token.startswith(known.prefix) for known in self.auth.schemes)

    def scope_of(self, fields: Fields) -> Scope:
        """The kind that a webhook with these fields belongs to."""
        return tuple((name, value) for name in self.scope_fields if isinstance(value := fields[name], str | bool))

    def is_live(self, fields: Fields) -> bool:
        """Whether a webhook with these fields delivers anything."""
        return fields.get("active", True) is True

    def events_of(self, fields: Fields) -> frozenset[str]:
        """The events that a webhook with these fields names."""
        value = fields[self.event_field]
        if value is None:
            return frozenset()  # of a webhook that can't be read
        return value if isinstance(value, frozenset) else frozenset({str(value)})

    def carries(self, named: Iterable[str], event: str) -> bool:
        """Whether a webhook that names these events delivers this one."""
        return event in named or (self.catch_all is not None and self.catch_all in named)

    def uncarried(self, events: Iterable[str], named: Iterable[str]) -> frozenset[str]:
        """Those of some events that a webhook which names the others doesn't deliver."""
        return frozenset(event for event in events if not self.carries(named, event))

    def endpoint_of(self, fields: Fields) -> Endpoint | None:
        """Where a webhook delivers, as far as patterns look; None where nobody can say.

        Unlike a key, a URL without a normal form has one too: what is to be deleted, or protected, must be reached.
        """
        url = fields["url"]
        if isinstance(url, Url):
            return url.endpoint
        return lenient_endpoint(url) if isinstance(url, SecretText) else None

    def key_of(self, fields: Fields) -> Key | None:
        """A webhook's key, or None where its URL has no normal form."""
        url = fields["url"]
        if not isinstance(url, Url) or fields[self.event_field] is None:
            return None
        event = None if self.several_events else str(fields[self.event_field])
        return Key(endpoint=url.endpoint, event=event, scope=self.scope_of(fields))


def _filled(spec: Field, value: Value) -> Value:
    """A field's value with what the provider fills in, of nested settings at any depth."""
    if value is None:
        return spec.default
    if isinstance(value, Mapping) and isinstance(spec.default, Mapping):
        return _filled_settings(spec.default, value)
    return value


def _filled_settings(usual: Mapping[str, object], said: Mapping[str, object]) -> dict[str, object]:
    filled: dict[str, object] = {**usual, **said}
    for name, inner in usual.items():
        given = filled[name]
        if isinstance(inner, Mapping) and isinstance(given, Mapping):
            filled[name] = _filled_settings(inner, given)
    return filled
