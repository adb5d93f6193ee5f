"""What a URL names: its endpoint, the items of its query, and which of these are secret by name."""

from __future__ import annotations

import re
from typing import Self
from urllib.parse import unquote

from reconciler.model.secret import NEW, SET, Frozen, Origin, SecretText, sealed


def param_name(name: str) -> str:
    """A query parameter's name as names are compared: `Api-Key`, `api_key` and `apiKey` are one."""
    return re.sub(r"[-_.]", "", unquote(name).lower())


# What receivers call a secret in a URL: Azure Functions (`code`) and Event Grid (`aeg-sas-key`), Logic Apps and Teams
# (`sig`), AWS and Google (`X-Amz-Signature`), Google Chat (`key`, `token`), Shopify (`hmac`), Meta
# (`hub.verify_token`), Zoho (`zapikey`), HubSpot (`hapikey`), GitLab (`private_token`), WooCommerce
# (`consumer_secret`), Azure API Management (`subscription-key`), Vercel (`x-vercel-protection-bypass`).
BUILT_IN_SECRET_PARAMS = frozenset(
    map(
        param_name,
        """
        token access_token api_token auth_token bearer_token circle-token hook_token hub.verify_token oauth_token
        private_token refresh_token security_token session_token verification_token verify_token webhook_token
        aeg-sas-token X-Amz-Security-Token X-Auth-Token bearer jwt key access_key aeg-sas-key api_key auth_key
        consumer_key dd-api-key hapikey hook_key private_key secret_key shared_key signing_key subscription-key
        webhook_key x-api-key x-functions-key zapikey secret api_secret app_secret client_secret consumer_secret
        hook_secret shared_secret signing_secret webhook_secret pass passcode passphrase passwd password pw pwd
        hook_pass hook_password webhook_password auth authorization auth_signature hash hmac oauth_signature sig
        signature X-Amz-Signature X-Goog-Signature X-Hub-Signature code x-vercel-protection-bypass
        """.split(),  # noqa: SIM905 - a list would take a line for each
    )
)


@sealed
class Endpoint(Frozen):
    """A URL in normal form without its secret query parameters: what makes two webhooks reach the same receiver.

    Its path and query may hold secrets: printed are scheme, host and port alone.
    """

    __slots__ = ("host", "path", "port", "query", "scheme")
    scheme: str  # `https` or `http`
    host: str  # IPv6 in brackets
    port: int | None  # None for the scheme's default
    path: str  # never empty
    query: tuple[str, ...]  # `name`, `name=` or `name=value` items, sorted by name

    def __new__(cls, scheme: str, host: str, port: int | None, path: str, query: tuple[str, ...] = ()) -> Self:
        made: Self = NEW(cls.unfrozen)
        made.scheme, made.host, made.port, made.path, made.query = scheme, host, port, path, query
        made.__class__ = cls
        return made

    @property
    def origin(self) -> str:
        """Scheme, host and port: what may always be shown."""
        return f"{self.scheme}://{self.host}" + (f":{self.port}" if self.port is not None else "")

    @property
    def head(self) -> str:
        """What stands before the query."""
        if self.port is None:
            return f"{self.scheme}://{self.host}{self.path}"
        return f"{self.origin}{self.path}"

    def reveal(self) -> str:
        return self.head + ("?" + "&".join(self.query) if self.query else "")

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, Endpoint):
            return NotImplemented
        return (
            self.path == other.path
            and self.host == other.host
            and self.query == other.query
            and self.scheme == other.scheme
            and self.port == other.port
        )

    def __hash__(self) -> int:
        return hash((self.path, self.host))

    def __str__(self) -> str:
        return f"{self.origin}/…"

    def __repr__(self) -> str:
        return f"Endpoint({self})"


@sealed
class QueryItem(Frozen):
    """One query item: as written, in normal form, and whether its value is secret by its parameter's name."""

    __slots__ = ("_origins", "normal", "public", "secret", "text")
    text: SecretText
    normal: str
    secret: bool
    _origins: frozenset[Origin] | None  # None until they are asked for
    public: bool  # whether its entry calls it so: it shows, and is no part of the endpoint all the same

    def __new__(cls, text: SecretText, normal: str, secret: bool, public: bool = False) -> Self:  # noqa: FBT001, FBT002
        made: Self = NEW(cls.unfrozen)
        made.text, made.normal, made.secret, made.public, made._origins = text, normal, secret, public, None
        made.__class__ = cls
        return made

    @property
    def name(self) -> str:
        return self.normal.partition("=")[0]

    @property
    def value(self) -> str:
        return self.normal.partition("=")[2]

    @property
    def shows(self) -> bool:
        """Whether what the file writes of its value in clear shows."""
        return self.public or not self.secret

    @property
    def head_and_value(self) -> tuple[SecretText, SecretText]:
        """As written: the name with the equals sign, and the value."""
        name, equals, _ = self.text.reveal().partition("=")
        end = len(name) + len(equals)
        return self.text.slice(0, end), self.text.slice(end, len(self.text))

    @property
    def value_origins(self) -> frozenset[Origin]:
        if self._origins is not None:
            return self._origins
        found = self.head_and_value[1].origins()
        SET(self, "_origins", found)
        return found

    def __eq__(self, other: object) -> bool:
        return self._compared == other._compared if isinstance(other, QueryItem) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._compared)

    @property
    def _compared(self) -> tuple[object, ...]:
        return (self.text, self.normal, self.secret, self.public)

    def __repr__(self) -> str:
        return f"QueryItem({str(self.text)!r})"
