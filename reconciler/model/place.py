"""Places where one token has collections of webhooks, such as repositories: how files name them, and APIs list them.

Most stand in the path of the API. Others are the value of an account key that is sent with each call, such as the
accounts that a platform manages: a fleet.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote

from msgspec import Struct, field

from reconciler.model.rest import Paging

FILE = "@"
"""What stands before the name of a file with a name in each line, where names are values of an account key."""
EVERY = "all"
"""All that the provider lists, in the same case."""


class Listed(Struct, frozen=True, kw_only=True):
    """How an API lists the places of one owner, so that a file can say patterns of them (`acme/svc-*`)."""

    path: str  # with its query; `{}` for the owner, if any: what is before the last `/` that is before a pattern's `*`
    name: str  # where an answer has a place's name, as files write it
    owner: str = "owner"  # what an owner is, for error messages
    items: str = ""  # the name of the list in an answer; empty where the answer is the list
    paging: Paging | None = None  # None where it is that of webhooks
    read_only: Mapping[str, object] = field(default_factory=dict)  # what an answer says of places that can't be changed


class PlaceSetting(Struct, frozen=True, kw_only=True):
    """An account key that names where one token has collections of webhooks: repositories, projects, accounts."""

    setting: str
    path: str = ""  # of the API, `{}` for the name; what stands behind a `?` is a query of the list
    one: str = ""  # the account key of which a name is a value, in place of a path; an account may do without any then
    values: Mapping[str, str] = field(default_factory=dict)  # of its webhooks, by the API's places, `{}` as above
    is_caseless: bool = False  # whether names that differ only in case are one place
    is_one_segment: bool = False  # whether a `/` in a name is escaped in the path
    pattern: str  # what a name fully matches, as a regular expression of JSON Schema too (without look-around)
    ids: str = ""  # what a name fully matches that is an id, of places that have another name, too
    example: str  # a name
    listed: Listed | None = None  # None where a file must name each of them
    help: str = ""

    @property
    def examples(self) -> str:
        """What may be written, as a sentence has it."""
        if self.one:
            every = f", or `{EVERY}`" if self.listed is not None else ""
            return f"name such as `{self.example}`, `{FILE}NAME` for a file with one in each line{every}"
        pattern = f", or a pattern such as `{self.example_pattern}`" if self.listed is not None else ""
        return f"name such as `{self.example}`{pattern}"

    @property
    def example_pattern(self) -> str:
        return f"{self.example.rpartition('/')[0]}/*"

    def accepts(self, text: str) -> bool:
        """Whether a text is a name, or a pattern of places whose owner it names."""
        if {".", ".."}.intersection(text.split("/")):  # they would lead elsewhere
            return False
        if "*" in text:
            if self.one or self.listed is None or not owner_of(text):
                return False
            text = text.replace("*", "x")  # what may stand there
        return re.fullmatch(self.pattern, text) is not None

    def is_id(self, name: str) -> bool:
        """Whether a name is an id, so that the place may have another name, too."""
        return bool(self.ids) and re.fullmatch(self.ids, name) is not None

    def normal(self, name: str) -> str:
        """A name, or a pattern, as it is compared."""
        return name.casefold() if self.is_caseless else name

    def path_of(self, name: str) -> str:
        return self._filled(self.path, name)

    def list_of(self, pattern: str) -> str:
        """Where the places are listed that a pattern may mean, with the query."""
        return "" if self.listed is None else self._filled(self.listed.path, owner_of(pattern))

    def _filled(self, path: str, name: str) -> str:
        return path.replace("{}", quote(name, safe="" if self.is_one_segment else "/"))

    def values_of(self, name: str) -> Mapping[str, str]:
        return {key: value.replace("{}", name) for key, value in self.values.items()}


def owner_of(pattern: str) -> str:
    """Whose places a pattern means; nothing where it doesn't say."""
    return pattern.partition("*")[0].rpartition("/")[0]
