"""The lines of the sandbox's log: what was asked and answered, and no secret of it."""

import re
import time
from typing import Final
from urllib.parse import parse_qsl, quote, unquote

_TOKEN: Final = re.compile(r"shippo_(?:live|test)_[^/]*", re.IGNORECASE)
_CLEAR_PARAMS: Final = frozenset({"page", "results"})
_HIDDEN: Final = "‹hidden›"


def log_line(method: str, target: str, status: int | None, *, is_fault: bool = False) -> str:
    """A line for a request: the time, the method, the path with its query, and the status.

    Args:
        method: as it was sent; empty where it was no request.
        target: the path and query, as they were sent.
        status: None where nothing was answered.
        is_fault: whether a fault decided.
    """
    answer = f"{'no response' if status is None else status}{' (fault)' if is_fault else ''}"
    asked = f"{_clear(method)} {_path_and_query(target)}" if method else "malformed request"
    return f"{time.strftime('%H:%M:%S')} {asked} {answer}"


def _path_and_query(target: str) -> str:
    path, _, query = target.partition("?")
    items = (
        f"{_clear(name)}={value if name in _CLEAR_PARAMS and re.fullmatch('[0-9]{1,9}', value) else _HIDDEN}"
        for name, value in parse_qsl(query, keep_blank_values=True)
    )
    return "?".join(filter(None, ("/".join(map(_clear, path.split("/"))), "&".join(items))))


def _clear(text: str) -> str:
    """What may be shown of a part of a request, in printable ASCII."""
    return _HIDDEN.join(quote(piece, safe="@:+$,!*") for piece in _TOKEN.split(unquote(text)))
