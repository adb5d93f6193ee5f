"""One exchange with a provider as values: what is sent, what is answered, or why there is no answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import ClassVar, NoReturn


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is sent.

    Attributes:
        target: path and query, percent-encoded, with a slash at its beginning.
        secrets: what of the body must not show where the provider quotes it.
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
        body: decompressed.
        headers: by their names in lower case.
        next_page: where the `Link` header says that the list goes on; empty where it doesn't.
        redirect: the origin that a redirect points to; empty where there is none, or it can't be read.
    """

    status: int
    body: bytes = field(default=b"", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)
    next_page: str = ""
    redirect: str = ""


class Ending(Enum):
    """How an attempt ended without an answer that can be read."""

    NOT_SENT = "not sent"
    """No connection came about, so nothing was sent."""
    TIMED_OUT = "timed out"
    """Sent, and no answer in time."""
    BROKEN = "broken"
    """Sent, and the connection broke before the whole answer was here."""
    UNUSABLE = "unusable"
    """Answered, with something that can't be read: too large, or badly encoded."""
    HOPELESS = "hopeless"
    """Nothing was sent, and another attempt would end alike: a certificate that isn't trusted, say."""


@dataclass(frozen=True, slots=True)
class NoReply:
    """Why there is no answer to read. Its texts hold no secret and no path.

    Attributes:
        message: goes on after the origin: "… did not answer within 30 seconds".
        help: what to check.
    """

    ending: Ending
    message: str
    help: str
    status: ClassVar[int] = 0


class DocumentError(Exception):
    """An answer's bytes aren't a JSON object or array. Its text quotes nothing of them."""


def parse_json(body: bytes) -> object:
    """Read an answer's body: an object or an array in plain JSON values.

    Raises:
        DocumentError: it isn't one; says why.
    """
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
        raise DocumentError(reason)
    return document


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)
