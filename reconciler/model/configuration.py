"""What the files say, checked and complete: accounts and the webhooks wanted in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum

from reconciler.model.diagnostic import Place
from reconciler.model.pattern import Pattern, PatternSet
from reconciler.model.provider import Provider, RateLimits, Setting
from reconciler.model.redaction import Redaction
from reconciler.model.secret import SecretText
from reconciler.model.url import BUILT_IN_SECRET_PARAMS, Endpoint
from reconciler.model.webhook import Desired, Scope

DEFAULT_TIMEOUT = 30.0
DEFAULT_ACCOUNT = "default"
DEFAULT_PROVIDER = "shippo"
"""What a file without `accounts` means."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """Webhooks that an item of `absent` or `known` names: those of a URL pattern, or one by its id.

    Attributes:
        pattern: their URLs; None where the item names an id.
        object_id: the provider's id of the one webhook; empty where the item has a pattern.
        events: their events; None for any.
        place: where the file says so.
    """

    pattern: Pattern | None = None
    object_id: str = ""
    events: frozenset[str] | None = None
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
        """An item whose pattern matches and that is about all of these events, or None.

        Where no event can be read, only an item that is about any says anything.
        """

        def is_about(item: Named) -> bool:
            return item.events is None or (bool(events) and events <= item.events)

        return next(filter(is_about, self.find_all(endpoint)), None)


class OnUnmanaged(Enum):
    """How webhooks are treated that are neither managed by this configuration nor listed under `known`."""

    REPORT = "report"
    """It is counted and can be listed."""
    FAIL = "fail"
    """It is drift, and always listed."""
    IGNORE = "ignore"
    """They are neither counted nor listed."""


class AbsentAt(Enum):
    """Where the files say an account's `absent`: what stands at the top is for accounts that have none."""

    NOWHERE = "nowhere"
    TOP = "top"
    ACCOUNT = "account"


class AbsentPlace(Enum):
    """Where the files take more under `absent` for one account and no other."""

    NEW_AT_TOP = "new_at_top"
    AT_TOP = "at_top"
    NEW_IN_ACCOUNT = "new_in_account"
    NEW_IN_ACCOUNT_REPEATING_TOP = "new_in_account_repeating_top"
    IN_ACCOUNT = "in_account"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One account at a provider.

    Attributes:
        name: the file's name for it.
        provider: the provider's declaration.
        token: the credential.
        base_url: where the API is called, without a trailing slash.
        place: the path of the one place whose webhooks it has, below the base URL; empty where its provider has none.
        settings: the provider's own account keys, as far as the file says them.
        timeout: the read time-out, in seconds.
        kind: the name of its token's kind, `live` or `test` say; empty where neither file nor token says.
        scope: the kind of webhook that this account owns.
        limits: calls a minute that the provider allows this token.
        owns: what the configuration is responsible for here, of the account's kind.
        owns_kinds: what it is responsible for of a kind that an item of `owns` says itself.
        absent: what must not exist here.
        absent_at: where the files say that, an empty list too.
        protect: what no run changes here.
        known: other people's webhooks that are expected here.
        on_unmanaged: what a webhook means that nobody claims and `known` doesn't name.
        max_losses: how many endpoints may lose events without consent; None where the file doesn't say.
    """

    name: str
    provider: Provider
    token: SecretText
    base_url: str
    place: str = ""
    settings: Mapping[str, SecretText | bool] = field(default_factory=dict)
    timeout: float = DEFAULT_TIMEOUT
    kind: str = ""
    scope: Scope = ()
    limits: RateLimits = field(default_factory=RateLimits)
    owns: PatternSet = field(default_factory=PatternSet)
    owns_kinds: Mapping[Scope, PatternSet] = field(default_factory=dict)
    absent: tuple[Named, ...] = ()
    absent_at: AbsentAt = AbsentAt.NOWHERE
    protect: PatternSet = field(default_factory=PatternSet)
    known: tuple[Named, ...] = ()
    on_unmanaged: OnUnmanaged = OnUnmanaged.REPORT
    max_losses: int | None = None

    @property
    def group(self) -> str:
        """The file's name for it: that of all its places."""
        return self.name.partition(":")[0]

    @property
    def place_name(self) -> str:
        """The name of its one place; empty where its provider has none."""
        return self.name.partition(":")[2]

    @property
    def place_setting(self) -> str:
        """The account key that names its place."""
        paths = {key.path_of(self.place_name): key.setting for key in self.provider.places}
        return paths.get(self.place, "")

    @property
    def header_settings(self) -> Iterator[tuple[Setting, SecretText]]:
        """The settings that are sent as headers."""
        for setting in self.provider.settings:
            value = self.settings.get(setting.name)
            if setting.header and isinstance(value, SecretText):
                yield setting, value

    def is_set(self, setting: str, *, otherwise: bool = True) -> bool:
        """A setting that is on or off."""
        value = self.settings.get(setting, otherwise)
        return value if isinstance(value, bool) else otherwise

    @property
    def owned_patterns(self) -> Iterator[tuple[Pattern, Scope | None]]:
        """Every pattern of `owns`, with the kind that its item says, if any."""
        yield from ((pattern, None) for pattern in self.owns.patterns)
        for scope, patterns in self.owns_kinds.items():
            yield from ((pattern, scope) for pattern in patterns.patterns)

    def owns_at(self, endpoint: Endpoint, scope: Scope) -> bool:
        """Whether the configuration is responsible for webhooks of this endpoint and kind."""
        said = self.owns_kinds.get(scope)
        return (self.is_own_kind(scope) and endpoint in self.owns) or (said is not None and endpoint in said)

    def owner_of_another_kind(self, endpoint: Endpoint) -> Pattern | None:
        """A pattern of `owns` that matches an endpoint, whichever kind it is about."""
        found = (patterns.find(endpoint) for patterns in (self.owns, *self.owns_kinds.values()))
        return next((pattern for pattern in found if pattern is not None), None)

    def is_own_kind(self, scope: Scope) -> bool:
        """Whether webhooks of this scope are of the account's kind; where its token says none, all are."""
        return not self.scope or scope == self.scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """All files together.

    Attributes:
        accounts: in the file's order.
        desired: every webhook that is wanted, in the file's order; `address.account` says where.
        files: the paths read, as the user gave them.
        secret_params: names of the secret query parameters, in lower case.
        public_params: names of the query parameters whose values may be shown, in lower case.
        allow_events: events that the files allow though no provider is known to have them.
        redaction: how URLs are shown in the light of these files.
    """

    accounts: tuple[Account, ...]
    desired: tuple[Desired, ...] = ()
    files: tuple[str, ...] = ()
    secret_params: frozenset[str] = BUILT_IN_SECRET_PARAMS
    public_params: frozenset[str] = frozenset()
    allow_events: frozenset[str] = frozenset()
    redaction: Redaction = field(default_factory=Redaction, compare=False)

    @property
    def qualifies_addresses(self) -> bool:
        """Whether addresses name their account."""
        return len(self.accounts) > 1

    def absent_place(self, account: Account) -> AbsentPlace:
        """Where more goes under `absent` that is for this account alone and takes nothing from it.

        Source: contract, section 2: what stands at the top is for the accounts that have none of that key.
        """
        if account.absent_at is AbsentAt.ACCOUNT:
            return AbsentPlace.IN_ACCOUNT
        is_shared = sum(one.absent_at is not AbsentAt.ACCOUNT for one in self.accounts) > 1
        if not is_shared:
            return AbsentPlace.NEW_AT_TOP if account.absent_at is AbsentAt.NOWHERE else AbsentPlace.AT_TOP
        return AbsentPlace.NEW_IN_ACCOUNT_REPEATING_TOP if account.absent else AbsentPlace.NEW_IN_ACCOUNT
