"""Descriptions in short, for the tests of what `export` and a backup write."""

from __future__ import annotations

from reconciler.export.describe import describe
from reconciler.export.description import Description
from reconciler.export.names import Names
from reconciler.model.configuration import Account
from reconciler.model.redaction import Redaction
from reconciler.model.webhook import Remote
from tests.support.builders import EVENT, HOST, account


def described(
    *remotes: Remote,
    names: Names | None = None,
    redaction: Redaction | None = None,
    duplicates_stay: bool = False,
    owner: Account | None = None,
) -> Description:
    there = redaction or Redaction()
    return describe(owner or account(), remotes, names or Names(), there, duplicates_stay=duplicates_stay)


def lines(made: Description) -> list[str]:
    """Each entry as a file would say it, in a line; the usual host and the usual event are left out."""
    return [
        " ".join(
            [
                f"{entry.name}:",
                str(entry.url).replace(f"{HOST}/", "/"),
                *([] if entry.events == (EVENT,) else entry.events),
                *([] if entry.active else ["off"]),
                *(f"{name}={value}" for name, value in (*(entry.kind or ()), *entry.said.items())),
            ]
        )
        for entry in made.entries
    ]


def whys(made: Description) -> dict[str, str]:
    """Why each webhook was left out, by id."""
    return {left.remote.id: left.why for left in made.left_out}
