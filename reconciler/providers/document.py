"""A provider's answer, from bytes to plain JSON values; or a clear no, whatever the bytes are."""

from __future__ import annotations

import json
from typing import NoReturn


class DocumentError(Exception):
    """The bytes aren't a JSON object. Its text quotes nothing of them."""


def parse_json(body: bytes) -> object:
    """Read an answer's body.

    Args:
        body: whatever came.
    Returns:
        An object or an array in plain JSON values.
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
