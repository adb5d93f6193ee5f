"""What the files say, checked and complete: accounts and the webhooks wanted in them."""

from __future__ import annotations

from dataclasses import dataclass, field

from reconciler.model.diagnostic import Place
from reconciler.model.pattern import Pattern, PatternSet
from reconciler.model.provider import Provider, RateLimits
from reconciler.model.secret import SecretText
from reconciler.model.showing import Showing
from reconciler.model.url import BUILT_IN_SECRET_PARAMS
from reconciler.model.webhook import Desired, Scope

DEFAULT_MAX_LOSSES = 3
DEFAULT_TIMEOUT = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Absent:
    """Webhooks that must not exist.

    Attributes:
        pattern: their URLs.
        events: their events; None for any.
        place: where the file says so.
    """

    pattern: Pattern
    events: frozenset[str] | None = None
    place: Place | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One account at a provider.

    Attributes:
        name: the file's name for it.
        provider: the provider's declaration.
        token: the credential.
        base_url: where the API is called, without a trailing slash.
        account_id: the managed account that is acted for, or None.
        timeout: the read time-out, in seconds.
        trust_count: whether the list's `count` must agree with what was listed.
        mode: `live`, `test`, or empty where neither file nor token says.
        scope: the kind of webhook that this account owns.
        limits: calls a minute that the provider allows this token.
        owns: what the configuration is responsible for here.
        absent: what must not exist here.
        protect: what no run changes here.
        max_losses: how many endpoints may lose events without consent.
    """

    name: str
    provider: Provider
    token: SecretText
    base_url: str
    account_id: SecretText | None = None
    timeout: float = DEFAULT_TIMEOUT
    trust_count: bool = True
    mode: str = ""
    scope: Scope = ()
    limits: RateLimits = field(default_factory=RateLimits)
    owns: PatternSet = field(default_factory=PatternSet)
    absent: tuple[Absent, ...] = ()
    protect: PatternSet = field(default_factory=PatternSet)
    max_losses: int = DEFAULT_MAX_LOSSES


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """All files together.

    Attributes:
        accounts: in the file's order.
        desired: every webhook that is wanted, in the file's order; `address.account` says where.
        files: the paths read, as the user gave them.
        secret_params: names of the secret query parameters, in lower case.
        showing: how URLs are shown in the light of these files.
    """

    accounts: tuple[Account, ...]
    desired: tuple[Desired, ...] = ()
    files: tuple[str, ...] = ()
    secret_params: frozenset[str] = BUILT_IN_SECRET_PARAMS
    showing: Showing = field(default_factory=Showing, compare=False)

    @property
    def long_addresses(self) -> bool:
        """Whether addresses name their account."""
        return len(self.accounts) > 1
