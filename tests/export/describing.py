"""Descriptions in short, for the tests of what `export` and a backup write."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

from msgspec import Struct, field

from reconciler.export.describe import Duplicate, Entry, LeftOut, describe
from reconciler.export.names import Names
from reconciler.model.configuration import Account
from reconciler.model.redaction import Redaction
from reconciler.model.secret import SecretText
from reconciler.model.webhook import Key, Remote
from tests.support.builders import EVENT, HOST, account


class Described(Struct, frozen=True, kw_only=True):
    """What became of webhooks, and the values of the variables that were named."""

    entries: Sequence[Entry]
    left_out: Sequence[LeftOut]
    duplicates: Sequence[Duplicate] = field(default_factory=list)
    updates: int = 0
    variables: Mapping[str, str | None]

    def url(self, entry: Entry) -> SecretText:
        """The URL that an entry means once its variables are set."""
        clear, *rest = re.split(r"\$\{(\w+)\}", entry.url)
        texts = [SecretText.literal(clear)]
        for name, text in zip(rest[::2], rest[1::2], strict=True):
            texts += [SecretText.environment(name, self.variables[name] or ""), SecretText.literal(text)]
        return SecretText.joined(text for text in texts if text)


def described(
    *remotes: Remote,
    names: Names | None = None,
    redaction: Redaction | None = None,
    owner: Account | None = None,
    known: Collection[Key | None] = (),
) -> Described:
    names = names or Names()
    there = redaction or Redaction()
    made = describe(owner or account(), remotes, names, there, known=known)
    assert made.webhooks == len(remotes)
    return Described(
        entries=made.entries,
        left_out=made.left_out,
        duplicates=made.duplicates,
        updates=made.updates,
        variables=names.variables,
    )


def lines(made: Described) -> list[str]:
    """Each entry as a file would say it, in a line; the usual host and the usual event are left out."""
    return [
        " ".join(
            [
                f"{entry.name}:",
                entry.url.replace(f"{HOST}/", "/"),
                *([] if entry.events == (EVENT,) else entry.events),
                *("off" if name == "active" else f"{name}={value}" for name, value in entry.said.items()),
            ]
        )
        for entry in made.entries
    ]


def whys(made: Described) -> dict[str, str]:
    """Why each webhook was left out, by id."""
    return {left.remote.id: left.why for left in made.left_out}
