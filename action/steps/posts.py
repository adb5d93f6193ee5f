"""What the action posts once and then edits: found again by its author, and by a hidden line."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from reconciler.output.gfm import marker
from steps.api import Api

Post = dict[str, Any]
"""A comment or an issue, as GitHub's API shows it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Posts:
    """The posts of one name in a list of GitHub's API."""

    api: Api
    path: str
    name: str
    query: dict[str, str] = field(default_factory=dict)

    def found(self) -> list[Post]:
        """Ours, the oldest first."""
        posts = [one for one in self.api.pages(self.path, **self.query) if "pull_request" not in one]
        # Somebody may have written above it. No name can make such a line: what would end one is shown escaped.
        posts = [one for one in posts if marker(self.name) in str(one["body"]).splitlines()]
        posts = [one for one in posts if (one["user"] or {}).get("login") == self.api.login]
        return sorted(posts, key=lambda one: int(one["id"]))

    def made(self, **document: object) -> list[Post]:
        """Ours after another one was posted; the first one stays, which another run may have posted just now."""
        made = self.api.send("POST", self.path, document)
        return self.found() or [made]


def says(post: Post, body: str) -> bool:
    """Whether it has this text already; where its links lead is as good by an earlier run."""
    return _text(str(post["body"])) == _text(body)


def _text(body: str) -> str:
    return re.sub(r"\]\(\S+\)", "]", body.replace("\r\n", "\n")).strip()
