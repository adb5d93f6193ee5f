"""Seals of saved plans: forged ones, and digests that take no time.

A real digest takes 65 ms by design, and the suite makes a thousand.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from reconciler.view.codec import json_text

SCRYPT = hashlib.scrypt


def make_digests_cheap() -> None:
    """In this process, from now on. A plan that is saved so is none of the installed command's."""
    setattr(hashlib, "scrypt", _cheap)  # noqa: B010 - mypy knows functions as not to be replaced


def _cheap(password: bytes, *, salt: bytes, n: int, r: int, p: int) -> bytes:
    del n
    return SCRYPT(password, salt=salt, n=2, r=r, p=p)


def write_sealed(path: Path, document: Any) -> None:  # noqa: ANN401 - plain JSON
    """Write a document with the checksum that fits it, where it has a place for one."""
    block = document.get("saved") if isinstance(document, dict) else None
    if isinstance(block, dict):
        block.pop("checksum", None)
        block["checksum"] = hashlib.sha256((json_text(document) + "\n").encode()).hexdigest()
    path.write_text(json_text(document) + "\n", encoding="ascii")
