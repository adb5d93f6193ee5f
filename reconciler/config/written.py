"""What the files write, with its shape checked and its variables not yet put in."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.config.spot import SourceText, Spot

DEFAULT_ACCOUNT = "default"
"""The account of a configuration that names none."""


@dataclass(frozen=True, slots=True)
class Text:
    """A string of a file, and where it stands."""

    raw: str
    spot: Spot

    def within(self, start: int, end: int) -> Spot:
        """Where some characters of it stand; the whole string where quoting hides that."""
        written = self.spot.written
        offset = written.find(self.raw)
        if offset < 0:
            return self.spot
        begin = self.spot.start + offset
        return Spot(self.spot.source, begin + start, begin + end)


Flag = bool | Text
"""A boolean, or text that is exactly one variable."""


@dataclass(frozen=True, slots=True)
class Texts:
    """A list of strings; `complete` is False where an item of it had the wrong shape."""

    items: tuple[Text, ...]
    spot: Spot
    complete: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenOwned:
    """An item of `owns`."""

    url: Text
    is_test: Flag | None = None
    is_test_spot: Spot | None = None


@dataclass(frozen=True, slots=True)
class WrittenOwns:
    """The list under `owns`; `complete` is False where an item of it had the wrong shape."""

    items: tuple[WrittenOwned, ...]
    spot: Spot
    complete: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenNamed:
    """An item of `absent` or `known`: it has a URL or an id."""

    url: Text | None = None
    object_id: Text | None = None
    events: tuple[Text, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What the top, or an account, says of webhooks that no entry names; None where it has none of that key."""

    owns: WrittenOwns | None = None
    absent: tuple[WrittenNamed, ...] | None = None
    protect: Texts | None = None
    known: tuple[WrittenNamed, ...] | None = None
    unmanaged: str | None = None
    max_losses: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenAccount:
    """An entry of `accounts`."""

    name: str
    spot: Spot
    provider: Text
    token: Text | None = None
    doubtful_token: bool = False
    mode: Text | None = None
    base_url: Text | None = None
    account_id: Text | None = None
    timeout: float | None = None
    trust_count: Flag | None = None
    claims: Claims = Claims()


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What an entry and `defaults` can both say. None where it says nothing."""

    accounts: tuple[Text, ...] | None = None
    doubtful_accounts: bool = False
    active: Flag | None = None
    active_spot: Spot | None = None
    is_test: Flag | None = None
    is_test_spot: Spot | None = None
    ignore_changes: frozenset[str] | None = None


NOTHING_SAID = Settings()


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenEntry:
    """An entry of `webhooks`."""

    name: str
    spot: Spot
    url: Text
    events: tuple[Text, ...]
    settings: Settings
    description: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """All files together.

    Attributes:
        sources: the files.
        accounts: None where no file names any.
        account_names: the names of all accounts, those of the wrong shape too; None where they aren't known.
        claims: what stands at the top.
        defaults: for every entry.
        secret_params: names beside the built-in ones.
        public_params: built-in names that hold no secret.
        allow_events: names of events that a provider has and this version doesn't know.
        entries: those of the right shape.
        has_webhooks: whether a file has `webhooks`.
        complete: whether all files could be read; where not, nothing is complained of as missing.
    """

    sources: tuple[SourceText, ...]
    accounts: tuple[WrittenAccount, ...] | None
    account_names: frozenset[str] | None
    claims: Claims
    defaults: Settings
    secret_params: tuple[Text, ...]
    public_params: tuple[Text, ...]
    allow_events: tuple[Text, ...]
    entries: tuple[WrittenEntry, ...]
    has_webhooks: bool
    complete: bool
