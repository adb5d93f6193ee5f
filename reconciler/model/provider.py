"""What a provider is, as data: fields, events, credentials and account keys. The engine knows nothing else of it.

`model/rest.py` says how its API is spoken to; `reconciler.provider` is what declarations are written with.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from functools import cached_property, lru_cache

from msgspec import Struct, field

from reconciler.model.endpoint import Endpoint
from reconciler.model.field import SECRET_DIGEST, SECRET_SINCE, SECRET_TO, Field, FieldType
from reconciler.model.place import PlaceSetting
from reconciler.model.rest import Rest
from reconciler.model.secret import SecretText
from reconciler.model.url import Url, lenient_endpoint
from reconciler.model.webhook import Fields, Key, Scope, Value


class RateLimits(Struct, frozen=True, kw_only=True):
    """Calls a minute that a provider allows; None where it sets no limit."""

    write: int | None = None
    get: int | None = None
    list: int | None = None


class TokenKind(Struct, frozen=True, kw_only=True):
    """What a token's prefix says: the account's kind (`live`), and the kind of webhook that it owns."""

    prefix: str
    name: str
    scope: Scope


class TokenScheme(Struct, frozen=True, kw_only=True):
    """How tokens of a prefix are sent that say nothing of an account's kind."""

    prefix: str
    scheme: str  # of the header, before the token


class Auth(Struct, frozen=True, kw_only=True):
    """How calls are authorised."""

    variable: str  # the environment variable that an account without a `token` takes
    header: str = "Authorization"
    scheme: str = "Bearer"  # what stands before the token; empty for nothing
    schemes: tuple[TokenScheme, ...] = ()  # tokens that are sent another way than most
    is_basic: bool = False  # whether the token is the user name of HTTP's Basic scheme, which has no password
    kinds: tuple[TokenKind, ...] = ()  # what tokens say of their account; empty where they say nothing
    kind_setting: str = ""  # the account key that pins the kind
    optional: bool = False  # whether an account may do without a token


class Setting(Struct, frozen=True, kw_only=True):
    """An account key of the provider's own."""

    name: str
    type: FieldType = FieldType.TEXT  # or FLAG
    header: str = ""  # that it is sent as; a value may come from the environment then, and is a secret
    default: bool | None = None
    help: str = ""


class Delivery(Struct, frozen=True, kw_only=True):
    """What a provider wants of a receiver, for `doctor`."""

    timeout: float = 10.0  # seconds within which it must respond with 2xx
    samples: Mapping[str, Mapping[str, object]] = field(default_factory=dict)  # an event's body, as JSON


class Provider(Struct, frozen=True, kw_only=True, dict=True):
    """A provider's declaration."""

    name: str  # as the file names it
    title: str  # as people write it
    fields: tuple[Field, ...]  # all compared or sent: `url`, `event` or `events`, maybe `active`, and its own
    catch_all: str | None = None  # the event that means every event
    lists_inactive: bool = True  # whether the list surely holds inactive webhooks too
    url_limit: int = 2000  # the first length of a URL, in characters, that is refused
    base_url: str = ""  # where its API lives; empty where each account says its own
    own_hosts: tuple[str, ...] = ()  # its other ones, such as those of regions: a `base_url` may name them
    auth: Auth
    settings: tuple[Setting, ...] = ()
    places: tuple[PlaceSetting, ...] = ()  # where a token may have many collections: an account says exactly one
    digest_in: str = ""  # the text in which a digest of the secrets may stand, if an entry asks for it
    limits: RateLimits = RateLimits()
    kind_limits: Mapping[str, RateLimits] = field(default_factory=dict)  # by the token's kind, where they differ
    delivery: Delivery = field(default_factory=Delivery)
    portal: str = ""  # where people look at their webhooks by hand
    verified_on: str = ""  # what showed that this is how it behaves: a server and its version, or documentation
    notes: tuple[str, ...] = ()  # what is surprising there, and how it is dealt with: sentences for its page
    rest: Rest | None = None  # None where a package brings its own client

    @cached_property
    def event_field(self) -> str:
        """`event`, or `events` where a webhook has a set of them."""
        return self._events.name

    @cached_property
    def events(self) -> tuple[str, ...]:
        """The events that are known; others need the file's permission."""
        return self._events.choices

    @property
    def _events(self) -> Field:
        return next(spec for spec in self.fields if spec.type in (FieldType.EVENT, FieldType.EVENTS))

    @cached_property
    def required_places(self) -> tuple[PlaceSetting, ...]:
        """Those of which an account must say one."""
        return tuple(place for place in self.places if not place.one)

    @cached_property
    def scope_fields(self) -> tuple[str, ...]:
        return tuple(spec.name for spec in self.fields if spec.scope)

    @cached_property
    def switches(self) -> tuple[str, ...]:
        """The fields that must be on for a webhook to deliver."""
        return tuple(spec.name for spec in self.fields if spec.name == "active" or spec.says)

    @cached_property
    def fixed_fields(self) -> frozenset[str]:
        """The fields that no update can change."""
        return frozenset(spec.name for spec in self.fields if spec.is_fixed)

    @cached_property
    def replaced_for(self) -> frozenset[str]:
        """The fields of which only another webhook can have another value."""
        return self.fixed_fields | {spec.name for spec in self.fields if spec.needs_another}

    @cached_property
    def makes_secrets(self) -> bool:
        """Whether it makes a secret for each webhook, shown only once."""
        return any(spec.is_made for spec in self.fields)

    @cached_property
    def replaces_for_secrets(self) -> bool:
        """Whether a new secret may take another webhook, so that the youngest of a key has the newest one."""
        return any(spec.needs_another for spec in self.fields)

    def __repr__(self) -> str:
        return f"Provider({self.name!r})"

    @cached_property
    def several_events(self) -> bool:
        return self.event_field == "events"

    @property
    def resource_type(self) -> str:
        """The `type` of a webhook in a JSON plan."""
        return f"{self.name}_webhook"

    @property
    def own_fields(self) -> tuple[Field, ...]:
        """The fields that not every provider has, and that a file can say."""
        usual = ("url", "event", "events", "active")
        return tuple(spec for spec in self.fields if spec.name not in usual and not spec.is_made)

    @property
    def about_secrets(self) -> tuple[Field, ...]:
        """What an entry can say of its secrets beside their values; no fields of the webhook."""
        to = (SECRET_TO,) if self.makes_secrets else ()
        if self.digest_in:
            to = (*to, SECRET_DIGEST)
        # Else every apply would send it again. What is made anew is created anew, too.
        dates = self.rest is None or self.rest.updated or (self.makes_secrets and self.rest.created)
        is_due = self.makes_secrets or any(spec.is_unread for spec in self.fields)
        return (*to, SECRET_SINCE) if dates and is_due else to

    def normalise(self, values: Mapping[str, Value]) -> Fields:
        """Both sides' way to the normal form: every declared field, defaults filled in, in the declaration's order.

        Beside a catch-all, other events mean nothing: it stands alone, as services store it.
        """
        filled: dict[str, Value] = {}
        for spec in self.fields:
            value, usual = values.get(spec.name), spec.default
            filled[spec.name] = usual if value is None else value
            if isinstance(value, Mapping) and isinstance(usual, Mapping):
                filled[spec.name] = _filled(usual, value)
            elif isinstance(value, frozenset) and spec.type is FieldType.EVENTS and self.catch_all in value:
                filled[spec.name] = value & {self.catch_all}
        return filled

    def limits_of(self, kind: str) -> RateLimits:
        return self.kind_limits.get(kind, self.limits)

    def kind_of(self, token: str) -> TokenKind | None:
        """What a token's prefix says, or None where it says nothing."""
        return next((kind for kind in self.auth.kinds if token.startswith(kind.prefix)), None)

    def scheme_of(self, token: str) -> str:
        known = (known.scheme for known in self.auth.schemes if token.startswith(known.prefix))
        return next(known, self.auth.scheme)

    def prefix_of(self, token: str) -> str:
        """The public beginning of a token, or nothing where it has none that is known."""
        known = [kind.prefix for kind in self.auth.kinds] + [scheme.prefix for scheme in self.auth.schemes]
        return next((prefix for prefix in known if token.startswith(prefix)), "")

    def is_token(self, text: str) -> bool:
        """Whether a text begins as one of the provider's tokens does."""
        return self.kind_of(text) is not None or self.is_neutral(text)

    def is_neutral(self, token: str) -> bool:
        """Whether a token is one of the provider's that doesn't say its kind."""
        return any(token.startswith(known.prefix) for known in self.auth.schemes)

    def scope_of(self, fields: Fields) -> Scope:
        found: Scope = ()
        for name in self.scope_fields:
            value = fields[name]
            if isinstance(value, (bool, str)):
                found += ((name, value),)
        return _shared(found) if found else found

    def is_live(self, fields: Fields) -> bool:
        for name in self.switches:  # noqa: SIM110 - `all` takes twice as long, and every webhook is asked several times
            if fields.get(name, True) is not True:
                return False
        return True

    def events_of(self, fields: Fields) -> frozenset[str]:
        """The events that a webhook with these fields names; none of one that can't be read."""
        value = fields[self.event_field]
        if isinstance(value, str):
            return _only(value)
        return value if isinstance(value, frozenset) else frozenset(() if value is None else {str(value)})

    def delivered(self, fields: Fields) -> frozenset[str]:
        return self.events_of(fields) if self.is_live(fields) else frozenset()

    def uncarried(self, events: Iterable[str], named: Collection[str]) -> frozenset[str]:
        """Those of some events that a webhook which names the others doesn't deliver."""
        return frozenset() if self.catch_all in named else frozenset(events).difference(named)

    def endpoint_of(self, fields: Fields) -> Endpoint | None:
        """Where a webhook delivers, as far as patterns look; None where nobody can say.

        Unlike a key, a URL without a normal form has one too: what is to be deleted, or protected, must be reached.
        """
        url = fields["url"]
        if isinstance(url, Url):
            return url.endpoint
        return lenient_endpoint(url) if isinstance(url, SecretText) else None

    def key_of(self, fields: Fields) -> Key | None:
        """A webhook's key, or None where its URL has no normal form, or its events can't be read."""
        url, event = fields["url"], fields[self.event_field]
        if not isinstance(url, Url) or event is None:
            return None
        one = None if self.several_events else str(event)
        return Key(endpoint=url.endpoint, event=one, scope=self.scope_of(fields))


@lru_cache(maxsize=1024)  # most webhooks have the same
def _shared(scope: Scope) -> Scope:
    return scope


@lru_cache(maxsize=1024)  # webhooks of the same event share it
def _only(event: str) -> frozenset[str]:
    return frozenset({event})


def _filled(usual: Mapping[str, object], said: Mapping[str, object]) -> dict[str, object]:
    """Nested settings with what the provider fills in, at any depth."""
    filled = {**usual, **said}
    for name, inner in usual.items():
        given = filled[name]
        if isinstance(inner, Mapping) and isinstance(given, Mapping):
            filled[name] = _filled(inner, given)
    return filled
