"""What the files say, checked and complete: accounts, the webhooks wanted in them, and where their calls go."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from msgspec import Struct, field

from reconciler.model.diagnostic import Place, UrlError
from reconciler.model.endpoint import BUILT_IN_SECRET_PARAMS, Endpoint
from reconciler.model.host import host_is_loopback, normal_host, normal_port
from reconciler.model.pattern import Pattern, PatternSet
from reconciler.model.place import PlaceSetting
from reconciler.model.provider import Provider, RateLimits, Setting
from reconciler.model.redaction import Redaction
from reconciler.model.secret import Origin, SecretText
from reconciler.model.url import Url, parse_url
from reconciler.model.webhook import Desired, Scope

if TYPE_CHECKING:  # which imports this
    from reconciler.model.accounts import Accounts

DEFAULT_TIMEOUT = 30.0
DEFAULT_ACCOUNT = "default"
DEFAULT_PROVIDER = "shippo"
"""What a file without `accounts` means."""
_HOST_AND_PORT = re.compile(r"(?P<host>\[[^\]]*\]|[^:\[\]]*)(?::(?P<port>[0-9]{1,5}))?")


class Named(Struct, frozen=True, kw_only=True):
    """An item of `absent` or `known`: webhooks of a URL pattern, or one by its id."""

    pattern: Pattern | None = None  # None where the item names an id
    object_id: str = ""
    events: frozenset[str] | None = None  # None for any
    place: Place | None = None


class NamedSet:
    """Items of `absent` or `known` that answer together, ids and exact patterns by look-up."""

    __slots__ = ("_by_pattern", "_patterns", "ids")

    def __init__(self, items: Iterable[Named] = ()) -> None:
        self._by_pattern: dict[Pattern, list[Named]] = {}
        ids: set[str] = set()
        for item in items:
            if item.pattern is None:
                ids.add(item.object_id)
            else:
                self._by_pattern.setdefault(item.pattern, []).append(item)
        self._patterns = PatternSet(self._by_pattern)
        self.ids = frozenset(ids)

    def find_all(self, endpoint: Endpoint) -> Iterator[Named]:
        """Every item whose pattern matches, whatever its events."""
        for pattern in self._patterns.find_all(endpoint):
            yield from self._by_pattern[pattern]

    def find(self, endpoint: Endpoint, events: frozenset[str]) -> Named | None:
        """An item whose pattern matches and that is about all of these events; where none can be read, about any."""
        found = self.find_all(endpoint)
        return next((item for item in found if item.events is None or (events and events <= item.events)), None)


class OnUnmanaged(Enum):
    """How to treat webhooks that are neither managed by this configuration nor listed under `known`."""

    REPORT = "report"  # they are counted and can be listed
    FAIL = "fail"  # they are drift, and always listed
    IGNORE = "ignore"  # they are neither counted nor listed


class AbsentPlace(Enum):
    """Where the files take more under `absent` that is for one account alone and takes nothing from it.

    Source: contract, section 2: what stands at the top is for the accounts that have none of that key.
    """

    NEW_AT_TOP = "new_at_top"
    AT_TOP = "at_top"
    NEW_IN_ACCOUNT = "new_in_account"
    NEW_IN_ACCOUNT_REPEATING_TOP = "new_in_account_repeating_top"
    IN_ACCOUNT = "in_account"


class Account(Struct, frozen=True, kw_only=True):
    """One account at a provider."""

    name: str  # the file's, with `:` and the place's behind it where its provider has places
    provider: Provider
    token: SecretText
    base_url: str  # without a trailing slash
    file_base_url: SecretText | None = None  # what the file says; `base_url` may be of this run alone (`--base-url`)
    place: str = ""  # the path of the one place whose webhooks it has, below the base URL
    places: tuple[str, ...] = ()  # of a pattern, all that it means, where the file says that
    listed_by: str = ""  # the name of the account with the pattern of places that it was found by, if any
    settings: Mapping[str, SecretText | bool] = field(default_factory=dict)  # the provider's own, as far as said
    timeout: float = DEFAULT_TIMEOUT  # of a read, in seconds
    kind: str = ""  # the name of its token's kind, such as `live`; empty where neither file nor token says
    scope: Scope = ()  # the kind of webhook that it owns
    limits: RateLimits = field(default_factory=RateLimits)
    owns: PatternSet = field(default_factory=PatternSet)  # what the configuration is responsible for, of its kind
    owns_kinds: Mapping[Scope, PatternSet] = field(default_factory=dict)  # and of a kind that an item says itself
    absent: tuple[Named, ...] = ()
    absent_place: AbsentPlace = AbsentPlace.NEW_AT_TOP
    protect: PatternSet = field(default_factory=PatternSet)
    known: tuple[Named, ...] = ()
    on_unmanaged: OnUnmanaged = OnUnmanaged.REPORT
    own_claims: frozenset[str] = frozenset()  # which of `owns` and `known` it says itself: the top's is not for it
    max_losses: int | None = None  # how many endpoints may lose events without consent; None where no file says

    @property
    def group(self) -> str:
        """The file's name for it: that of all its places."""
        return self.name.partition(":")[0]

    @property
    def place_name(self) -> str:
        return self.name.partition(":")[2]

    @property
    def is_pattern(self) -> bool:
        """Whether it stands for all places that fit a pattern, until these are listed."""
        return "*" in self.place_name

    @property
    def place_setting(self) -> str:
        """The account key that names its place."""
        return "" if self.place_kind is None else self.place_kind.setting

    @property
    def place_values(self) -> Mapping[str, str]:
        """What every webhook of its place has, by the API's names."""
        kind = self.place_kind
        return {} if kind is None else kind.values_of(self.place_name)

    @property
    def is_of_fleet(self) -> bool:
        """Whether its calls differ from those of others in a header alone, which a service could ignore."""
        kind = self.place_kind
        return kind is not None and bool(kind.one)

    @property
    def place_kind(self) -> PlaceSetting | None:
        name = self.place_name
        for key in self.provider.places if name else ():
            if not self.place if key.one else key.path_of(name) == self.place:
                return key
        return None

    def normal_place(self, name: str) -> str:
        """The name of a place, or a pattern, as those of this account's kind are compared."""
        kind = self.place_kind
        return name if kind is None else kind.normal(name)

    @property
    def is_local(self) -> bool:
        """Whether its provider, such as the sandbox, is on this machine, and so reaches what this machine reaches."""
        name = urlsplit(self.base_url).hostname or ""
        return host_is_loopback(f"[{name}]" if ":" in name else name)

    @property
    def header_settings(self) -> Iterator[tuple[Setting, SecretText]]:
        kind = self.place_kind
        own = "" if kind is None else kind.one
        for setting in self.provider.settings:
            value = self.settings.get(setting.name)
            if setting.name == own and not self.is_pattern:
                value = SecretText.literal(self.place_name)
            if setting.header and isinstance(value, SecretText):
                yield setting, value

    @property
    def owned_patterns(self) -> Iterator[tuple[Pattern, Scope | None]]:
        """Every pattern of `owns`, with the kind that its item says, if any."""
        yield from ((pattern, None) for pattern in self.owns.patterns)
        for scope, patterns in self.owns_kinds.items():
            yield from ((pattern, scope) for pattern in patterns.patterns)

    def owns_at(self, endpoint: Endpoint, scope: Scope) -> bool:
        """Whether the configuration is responsible for webhooks of this endpoint and kind."""
        return (self.is_own_kind(scope) and endpoint in self.owns) or endpoint in self.owns_kinds.get(scope, ())

    def owner_of_another_kind(self, endpoint: Endpoint) -> Pattern | None:
        """A pattern of `owns` that matches an endpoint, whichever kind it is about."""
        found = (patterns.find(endpoint) for patterns in (self.owns, *self.owns_kinds.values()))
        return next((pattern for pattern in found if pattern is not None), None)

    def is_own_kind(self, scope: Scope) -> bool:
        """Whether webhooks of this scope are of the account's kind; where its token says none, all are."""
        return not self.scope or scope == self.scope


class Configuration(Struct, frozen=True, kw_only=True):
    """All files together."""

    accounts: Accounts
    desired: tuple[Desired, ...] = ()  # in the file's order
    files: tuple[str, ...] = ()  # the paths read, as the user gave them
    secret_params: frozenset[str] = BUILT_IN_SECRET_PARAMS  # query parameters, as `param_name` gives them
    public_params: frozenset[str] = frozenset()  # query parameters whose values may be shown
    allow_events: frozenset[str] = frozenset()  # that the files allow though no provider is known to have them
    unset: tuple[str, ...] = ()  # variables of webhooks without a value: what they hold is not compared
    redaction: Redaction = field(default_factory=Redaction)

    @property
    def qualifies_addresses(self) -> bool:
        """Whether addresses begin with their account: also if a pattern means only one today."""
        return len(self.accounts) > 1 or any(account.is_pattern for account in self.accounts.said)


class Destination(Struct, frozen=True, kw_only=True):
    """Where an account's calls go."""

    origin: str  # scheme, host and port in normal form; may be shown
    path: str  # what comes before each call's path, without a trailing slash
    loopback: bool


def destination_of(url: Url, provider: Provider, allowed_hosts: Iterable[str]) -> Destination:
    """Where calls go whose base URL is this; UrlError where a hostile file could take the account's token.

    Hosts that the user allows outside the file are so on any port, or on one.
    """
    endpoint = url.endpoint
    if url.items:
        raise UrlError("base-url", "the base URL has a query", "Remove the `?` and what follows it.")
    if not url.is_loopback:
        if endpoint.scheme != "https":
            message = "the base URL is http: the token would be sent unencrypted"
            raise UrlError("base-url", message, "Write `https://`; http is for loopback only.")
        if not is_own_host(url, provider) and not any(_allows(host, endpoint) for host in allowed_hosts):
            named = endpoint.origin.partition("://")[2] if set(url.source.origins()) == {Origin.LITERAL} else "HOST"
            raise UrlError(
                "base-url-host",
                f"the base URL's host is neither {provider.title}'s own nor loopback: the token would be sent there",
                f"If this is intended, allow it outside the file: `--allow-host {named}`.",
            )
    return Destination(origin=endpoint.origin, path=endpoint.path.rstrip("/"), loopback=url.is_loopback)


def is_own_host(url: Url, provider: Provider) -> bool:
    """Whether a base URL's host is one where the provider's API lives, on any port."""
    own, host = provider.base_url, url.endpoint.host
    is_usual = bool(own) and host == parse_url(SecretText.literal(own)).endpoint.host
    return is_usual or host in provider.own_hosts


def _allows(allowed: str, endpoint: Endpoint) -> bool:
    """Whether what the user allows is this host; text that is no host allows nothing."""
    found = _HOST_AND_PORT.fullmatch(allowed.strip())
    try:
        if found is None or normal_host(found["host"]) != endpoint.host:
            return False
        return found["port"] is None or normal_port(endpoint.scheme, found["port"]) == endpoint.port
    except UrlError:
        return False
