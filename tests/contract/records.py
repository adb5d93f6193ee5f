"""What the servers of the contract keep and log, in one form for all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Kept = Mapping[str, object]
"""A webhook as its server keeps it: the declared fields as JSON has them, secrets in clear."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request that reached a server, in the order of the effects.

    Attributes:
        path: below the base URL, without the query.
        status: what was answered.
        object_id: the webhook that it changed; empty where it changed none.
        kept: that webhook afterwards; None where it is gone.
    """

    method: str
    path: str
    status: int
    object_id: str = ""
    kept: Kept | None = None

    @property
    def is_write(self) -> bool:
        """Whether it asked for a change."""
        return self.method != "GET"

    def __str__(self) -> str:
        return f"{self.method} {self.path}"
