"""One exchange with a provider as values: what is sent, what is answered, or why there is no answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.providers.retry import Ending


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is sent.

    Attributes:
        method: in upper case.
        target: path and query, percent-encoded, with a slash at its beginning.
        body: None where there is none.
        content_type: of the body.
        secrets: what of it must not show where the provider quotes it.
        shown: single words of it that may.
    """

    method: str
    target: str = field(repr=False)
    body: bytes | None = field(default=None, repr=False)
    content_type: str = "application/json"
    secrets: tuple[str, ...] = field(default=(), repr=False)
    shown: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What was answered, in whole.

    Attributes:
        status: the HTTP status.
        body: bytes, decompressed.
        headers: by their names in lower case.
        next_page: where the `Link` header says that the list goes on; empty where it doesn't.
        redirect: the origin that a redirect points to; empty where there is none, or it can't be read.
    """

    status: int
    body: bytes = field(default=b"", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)
    next_page: str = ""
    redirect: str = ""

    @property
    def date(self) -> str | None:
        """The clock that a date in `Retry-After` is measured by."""
        return self.headers.get("date")


@dataclass(frozen=True, slots=True, kw_only=True)
class NoReply:
    """Why there is no answer to read. Its texts hold no secret and no path.

    Attributes:
        ending: how the attempt ended, never ANSWERED.
        message: goes on after the origin: "… did not answer within 30 seconds".
        help: what to check.
    """

    ending: Ending
    message: str
    help: str
