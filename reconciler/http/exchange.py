"""One exchange with a provider as values: what is sent, what is answered, or why there is no answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import ClassVar, NoReturn


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is sent to a path and query (`target`), percent-encoded, with a slash at its beginning.

    Where the provider quotes the body, `secrets` must not show, and the words of `shown` may. At the path of all
    webhooks (`is_collection`) a 404 doesn't mean that one is gone.
    """

    method: str
    target: str = field(repr=False)
    body: bytes | None = field(default=None, repr=False)
    content_type: str = "application/json"
    secrets: tuple[str, ...] = field(default=(), repr=False)
    shown: frozenset[str] = frozenset()
    is_collection: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What was answered, in whole and decompressed, with headers by their names in lower case.

    `next_page` is where the `Link` header says that a list goes on, `redirect` the origin that a redirect points to.
    """

    status: int
    body: bytes = field(default=b"", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)
    next_page: str = ""
    redirect: str = ""


class Ending(Enum):
    """How an attempt ended without an answer that can be read."""

    NOT_SENT = "not sent"  # no connection came about
    TIMED_OUT = "timed out"  # sent, and no answer in time
    BROKEN = "broken"  # sent, and the connection broke before the whole answer was here
    UNUSABLE = "unusable"  # answered, with something that can't be read: too large, or badly encoded
    HOPELESS = "hopeless"  # not sent, and another attempt would end alike: a certificate that isn't trusted, say


@dataclass(frozen=True, slots=True)
class NoReply:
    """Why there is no answer to read. The message goes on after the origin, and holds no secret and no path."""

    ending: Ending
    message: str
    help: str
    status: ClassVar[int] = 0


LARGEST_BODY = 10 * 1024 * 1024  # bytes, after decompression
NOT_THE_API = "Check that `base_url` is the provider's API."
SLOW = "Try again later, or raise the account's `timeout` (seconds to wait for an answer)."
TOO_LARGE = NoReply(Ending.UNUSABLE, f"sent an answer larger than {LARGEST_BODY // 1024 // 1024} MiB", NOT_THE_API)
PROXY_CREDENTIALS = NoReply(
    Ending.HOPELESS,
    "can't be reached: the proxy asks for a user name and a password (407)",
    "Add them to `HTTPS_PROXY`: `http://USER:PASSWORD@HOST:PORT`, percent-encoded.",
)


class EndedError(OSError):
    """Ends an exchange for a reason that is known already: its argument is the `NoReply`."""


class UnexpectedAnswerError(Exception):
    """An answer that isn't what the API promises; says what is wrong, and quotes nothing but field names."""


def parse_json(body: bytes) -> object:
    """An object or an array in plain JSON values; `UnexpectedAnswerError` where it is neither."""
    # Turned into words outside of the handlers, so that no exception that quotes the body is kept as a context.
    document: object = None
    reason = "is JSON, but neither an object nor a list"
    try:
        document = json.loads(body.decode("utf-8-sig"), parse_constant=_refuse)
    except UnicodeDecodeError:
        reason = "isn't UTF-8"
    except RecursionError:
        reason = "is nested too deeply"
    except ValueError:
        reason = "isn't JSON"
    if not isinstance(document, dict | list):
        raise UnexpectedAnswerError(reason)
    return document


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)
