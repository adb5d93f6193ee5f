"""What the action posts once and then edits: found again by its author, and by a hidden marker in its first line."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from reconciler.output.markdown import marker
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
        found = [one for one in self.api.pages(self.path, **self.query) if "pull_request" not in one]
        found = [one for one in found if str(one["body"]).partition("\n")[0].strip() == marker(self.name)]
        return sorted((one for one in found if one["user"]["login"] == self.api.login), key=lambda one: int(one["id"]))

    def made(self, **document: object) -> list[Post]:
        """Ours after another one was posted; the first one stays, which another run may have posted just now."""
        made = self.api.send("POST", self.path, document)
        return self.found() or [made]


def says(post: Post, body: str) -> bool:
    """Whether it has this text already."""
    return str(post["body"]).replace("\r\n", "\n").strip() == body.strip()
