"""One drawn case as plain values: what a file says, what the accounts have, and what goes wrong on the way."""

from __future__ import annotations

import json
from enum import Enum

from msgspec import Struct

from reconciler.sandbox.faults import Rule
from tests.support.lies import HONEST, Lies

HOOKS = "https://hooks.example.com"
SECRETS = {
    "HOOK_A": "k7Uq2Zx41cQ9uwm8Rty30jNb",
    "HOOK_B": "r3W9ePm83hV5ycL0az72GxTd",
    "PATH_C": "H6n52Tv06pB4skD19fq8MwEj",
}
"""The variables that a file's URLs may use."""
OLD_SECRET = "L1b38Gd17zC7xrN52uy6KvSh"  # what a webhook may still have in a secret's place
FOREIGN_SECRET = "Y0c64Ks29vF8tmJ37op5RgWn"  # in the path of a webhook that no file names


class Absent(Struct, frozen=True, kw_only=True):
    """An item of `absent`."""

    url: str
    events: tuple[str, ...] = ()

    def document(self) -> object:
        return {"url": self.url, "events": list(self.events)} if self.events else self.url


class Account(Struct, frozen=True, kw_only=True):
    """An account of the file. Its patterns are whole URLs with `*`."""

    name: str
    token: str
    owns: tuple[str, ...]
    absent: tuple[Absent, ...] = ()
    protect: tuple[str, ...] = ()
    known: tuple[Absent, ...] = ()
    max_losses: int | None = 3

    @property
    def is_test(self) -> bool:
        """The kind of its webhooks."""
        return self.token.startswith("shippo_test_")

    def document(self, base_url: str) -> object:
        return {
            "provider": "shippo",
            "token": f"${{TOKEN_{self.name.upper()}}}",
            "base_url": base_url,
            "timeout": 2,
            "owns": list(self.owns),
            "absent": [item.document() for item in self.absent],
            "protect": list(self.protect),
            "known": [item.document() for item in self.known],
            **({} if self.max_losses is None else {"limits": {"max_losses": self.max_losses}}),
        }


class Entry(Struct, frozen=True, kw_only=True):
    """An entry of the file; `url` may hold `${…}` of `SECRETS`."""

    name: str
    account: str
    url: str
    events: tuple[str, ...]
    active: bool = True
    is_test: bool | None = None
    ignore: tuple[str, ...] = ()

    def document(self) -> object:
        kind = {} if self.is_test is None else {"is_test": self.is_test}
        return {
            "account": self.account,
            "url": self.url,
            "events": list(self.events),
            "active": self.active,
            "ignore_changes": list(self.ignore),
            **kind,
        }


class Hook(Struct, frozen=True, kw_only=True):
    """A webhook that an account has; `day` is the one of its creation."""

    account: str
    url: str
    event: str
    active: bool = True
    is_test: bool = False
    day: int = 1


class Mode(Enum):
    """What is run while things go wrong."""

    def __repr__(self) -> str:
        """As it is written in a test."""
        return f"Mode.{self.name}"

    APPLY = "apply"
    SAVED = "a saved plan is applied"
    BACKUP = "apply with a backup, which is then restored"
    LOOK = "commands that look"


class Death(Struct, frozen=True, kw_only=True):
    """How the first run ends early: a signal while its k-th call of a method is held, before or after its effect.

    Without a method every call counts.
    """

    signal: str
    method: str | None
    k: int
    after_effect: bool


class Meddling(Struct, frozen=True, kw_only=True):
    """What somebody else does to the k-th webhook of an account after it was listed. What: remove, switch, twin."""

    what: str
    k: int


class Case(Struct, frozen=True, kw_only=True):
    """A drawn case.

    Attributes:
        runs: how many commands are started at once.
        barrier: the method at whose first calls the runs wait for each other; empty: they don't.
        faults: of the sandbox.
        lies: of the list.
        moves: somebody removes a webhook while the list is read from page to page.
        hides: the provider's list leaves out what is switched off.
        allow: whether losses are allowed from the start.
        again: how many more applies follow while the faults last.
    """

    accounts: tuple[Account, ...]
    entries: tuple[Entry, ...]
    hooks: tuple[Hook, ...] = ()
    mode: Mode = Mode.APPLY
    runs: int = 1
    barrier: str = ""
    parallelism: int = 4
    faults: tuple[Rule, ...] = ()
    lies: Lies = HONEST
    moves: bool = False
    meddling: tuple[Meddling, ...] = ()
    death: Death | None = None
    page_size: int = 3
    hides: bool = False
    allow: bool = True
    again: int = 0
    verbosity: tuple[str, ...] = ()
    json: bool = False

    @property
    def tells_the_truth(self) -> bool:
        """Whether every list is what the account has."""
        return self.lies == HONEST and not self.moves

    @property
    def is_calm(self) -> bool:
        """Whether nothing goes wrong but that several run at once."""
        return self.tells_the_truth and not (self.faults or self.death or self.meddling)


class Told(Struct, frozen=True, kw_only=True):
    """What a finished command said."""

    arguments: tuple[str, ...]
    code: int
    out: str
    err: str


def file_text(case: Case, base_url: str) -> str:
    """The case's file. JSON is YAML."""
    document = {
        "version": 1,
        "accounts": {account.name: account.document(base_url) for account in case.accounts},
        "webhooks": {entry.name: entry.document() for entry in case.entries},
    }
    return json.dumps(document, indent=2)


def variables(case: Case) -> dict[str, str]:
    """The environment that the file needs."""
    tokens = {f"TOKEN_{account.name.upper()}": account.token for account in case.accounts}
    return {**tokens, **SECRETS}


def real(url: str) -> str:
    """An entry's URL with its variables put in."""
    for name, value in SECRETS.items():
        url = url.replace(f"${{{name}}}", value)
    return url
