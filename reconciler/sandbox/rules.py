"""The fault proxy's rules: which requests, and what is done to them."""

import re
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Every:
    """Every request that the rule is about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Nth:
    """Only the k-th of them; the first is 1."""

    k: int


@dataclass(frozen=True, slots=True, kw_only=True)
class From:
    """The k-th of them and all that follow; the first is 1."""

    k: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Chance:
    """Each of them with this probability, from 0 to 1."""

    probability: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Answer this, and don't forward the request.

    Attributes:
        status: the HTTP status.
        body: the body, as bytes.
        content_type: what the body says it is.
        retry_after: the value of a `Retry-After` header: seconds, a date, or nonsense; None: no such header.
        location: the value of a `Location` header, for a redirect; None: no such header.
    """

    status: int
    body: bytes = b'{"detail": "Made up by the fault proxy."}'
    content_type: str = "application/json"
    retry_after: str | None = None
    location: str | None = None


BAD_GATEWAY: Final = Answer(
    status=502,
    body=b"<html><head><title>Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>\n",
    content_type="text/html",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplaceAnswer:
    """Forward the request, and answer this in place of what the upstream answered."""

    answer: Answer = BAD_GATEWAY


@dataclass(frozen=True, slots=True, kw_only=True)
class DropAnswer:
    """Forward the request, and close the connection without an answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetAnswer:
    """Forward the request, and reset the connection without an answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetRequest:
    """Reset the connection when the request has been read; don't forward it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CutAnswer:
    """Forward the request, send the answer's head and this many bytes of its body, then close the connection."""

    after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortenAnswer:
    """Forward the request, and answer with the first bytes of the body as if they were all: valid HTTP, cut JSON."""

    after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DripAnswer:
    """Forward the request, and send the answer a byte at a time.

    Attributes:
        pause: seconds before each byte.
    """

    pause: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Refuse:
    """Reset the connection, don't forward, and refuse all connections from then on until the rule is removed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldRequest:
    """Hold the request until it is released, then forward it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldAnswer:
    """Forward the request, and hold the upstream's answer until it is released."""


When = Every | Nth | From | Chance
Action = (
    Answer
    | ReplaceAnswer
    | DropAnswer
    | ResetAnswer
    | ResetRequest
    | CutAnswer
    | ShortenAnswer
    | DripAnswer
    | Refuse
    | HoldRequest
    | HoldAnswer
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Which requests, and what is done to them.

    Attributes:
        action: what is done.
        method: the HTTP method, in upper case; None: any.
        path: the path without its query, `*` standing for anything.
        when: which of the requests with that method and path.
    """

    action: Action
    method: str | None = None
    path: str = "*"
    when: When = Every()

    def matches(self, method: str, path: str) -> bool:
        """Whether the rule is about such requests, `when` aside."""
        pattern = ".*".join(re.escape(piece) for piece in self.path.split("*"))
        return self.method in (None, method) and re.fullmatch(pattern, path, re.DOTALL) is not None
