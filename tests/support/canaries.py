"""Finds a secret in what is said or written, in clear or encoded, whole or any eight characters of it."""

from __future__ import annotations

import base64
import html
import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from urllib.parse import quote

WINDOW = 8
"""Characters: a shorter piece of a secret can't be told from other text."""

_COLOR = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def windows(secret: str, width: int = WINDOW) -> tuple[str, ...]:
    """Every piece of a secret that is as long as a window; of a shorter secret, itself."""
    return tuple(secret[start : start + width] for start in range(max(len(secret) - width + 1, 1)))


def leaks(secret: str, *shown: str) -> list[str]:
    """The pieces of a secret that stand, in clear, in what is shown."""
    return [window for window in windows(secret) if any(window in one for one in shown)]


def spellings(piece: str) -> Iterator[str]:
    """A piece of a secret in clear and in every encoding that an output might use."""
    data = piece.encode("utf-8", "surrogatepass")
    yield piece
    yield repr(piece)[1:-1]
    yield html.escape(piece)
    yield piece.encode("unicode_escape").decode("ascii")
    yield from (json.dumps(piece, ensure_ascii=ascii_only)[1:-1] for ascii_only in (True, False))
    yield from (quote(data, safe=safe) for safe in ("", "/", "!$&'()*+,;=:@/?"))
    yield "".join(f"%{byte:02x}" for byte in data)
    yield "".join(f"\\x{byte:02x}" for byte in data)
    yield data.hex()
    for before in range(3):  # what stands before it decides how base64 cuts it
        first, last = -(-before * 8 // 6), (before + len(data)) * 8 // 6
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            yield encode(bytes(before) + data).decode("ascii")[first:last]


class Canaries:
    """Knows secrets by name, and finds them.

    Args:
        secrets: by the name under which a test speaks of them; each as long as a window at least.
    """

    def __init__(self, secrets: Mapping[str, str]) -> None:
        # By their beginning, so that a text is gone through once however many there are.
        self._spelled: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for name, secret in secrets.items():
            assert len(secret) >= WINDOW, name
            for spelled in {text.lower() for piece in windows(secret) for text in spellings(piece)}:
                self._spelled[spelled[:WINDOW]].append((spelled, name))

    def found_in(self, text: str) -> list[str]:
        """The secrets that a text tells, as `name: what stands there`; whatever case, colours and line breaks."""
        found: dict[str, str] = {}
        for variant in {text.lower(), "".join(_COLOR.sub("", text).lower().split())}:
            for start in self._spelled.keys() & set(windows(variant)):
                for spelled, name in self._spelled[start]:
                    if spelled in variant:
                        found.setdefault(name, spelled)
        return [f"{name}: {spelled}" for name, spelled in sorted(found.items())]
