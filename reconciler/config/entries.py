"""Entries of a file to the webhooks that are wanted, one for each account and event."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from reconciler.config.bounds import MOST_WANTED
from reconciler.config.context import Context, quoted
from reconciler.config.desired import Said, desired_of
from reconciler.config.interpolate import Rule
from reconciler.config.spot import Spot
from reconciler.config.url_text import read_url
from reconciler.config.written import NOTHING_SAID, Settings, Text, WrittenEntry
from reconciler.model.configuration import Account
from reconciler.model.event_name import is_event_name
from reconciler.model.provider import Provider
from reconciler.model.url import Url, check_wanted
from reconciler.model.url_error import UrlError
from reconciler.model.webhook import Desired

_NAME = re.compile(r"[a-z0-9_-]+")
_SIGNS = re.compile(r"[^a-z0-9]+")
_HUMPS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_LONGEST_EVENT = 100
_MOST_NAMED = 20
_LONGEST_NAME = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An entry with its variables put in.

    Attributes:
        written: as the file has it.
        url: where it delivers.
        accounts: those it belongs to.
        desired: what it wants, each with where its event stands.
        is_test_spot: where the file says the kind of webhook; None where it doesn't.
    """

    written: WrittenEntry
    url: Url
    accounts: tuple[Account, ...]
    desired: tuple[tuple[Desired, Spot], ...]
    is_test_spot: Spot | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What entries are read in the light of.

    Attributes:
        accounts: the accounts that could be built, by name.
        names: the names of all accounts, None where that isn't known.
        defaults: settings for entries that don't say otherwise.
        secret_params: names of the secret query parameters.
        allow_events: events that the file allows though no provider is known to have them.
    """

    accounts: Mapping[str, Account]
    names: frozenset[str] | None
    defaults: Settings
    secret_params: frozenset[str]
    allow_events: frozenset[str] = frozenset()


class EntryReader:
    """Reads entries one by one."""

    __slots__ = ("_context", "_default_accounts", "_defaults", "_known", "_only", "_told", "_wanted")

    def __init__(self, known: Known, context: Context) -> None:
        self._known = known
        self._context = context
        self._told: set[tuple[str, int]] = set()
        self._wanted = 0
        names = known.names or frozenset()
        self._only = tuple(names) if len(names) == 1 else None
        self._defaults = self._said(known.defaults, Said(), needed=context.needs(*names))
        accounts = known.defaults.accounts
        self._default_accounts = self._names_in(accounts) if accounts is not None else None

    def read(self, written: WrittenEntry) -> Entry | None:
        """Read an entry; None where it can't be read."""
        names = self._account_names(written)
        needed = self._context.needs(*names) if names else not self._context.offline
        url = self._url(written, needed=needed)
        events = self._events(written, needed=needed)
        if written.description is not None:
            self._context.plain(written.description, needed=needed)
        said = self._said(written.settings, self._defaults, needed=needed)
        if url is None:
            return None
        accounts = tuple(self._known.accounts[name] for name in names if name in self._known.accounts)
        self._check_wanted(url, written, accounts)
        desired: list[tuple[Desired, Spot]] = []
        self._count(len(accounts) * len(events), written)
        for account in accounts:
            self._check_events(events, account.provider)
            self._check_settings(written.settings, said, account.provider)
            named = [(event, text.spot) for event, text in events]
            desired.extend(desired_of(written, url, account, named, said))
        spot = written.settings.is_test_spot or self._known.defaults.is_test_spot
        return Entry(written=written, url=url, accounts=accounts, desired=tuple(desired), is_test_spot=spot)

    def _count(self, wanted: int, written: WrittenEntry) -> None:
        self._wanted += wanted
        if self._wanted > MOST_WANTED:
            self._context.complaints.too_much(
                written.spot,
                f"up to here the entries want more than {MOST_WANTED} webhooks",
                "An entry wants one for each of its events in each of its accounts: write fewer.",
            )

    def _url(self, written: WrittenEntry, *, needed: bool) -> Url | None:
        text = self._context.interpolator.text(written.url, Rule(environment=True, needed=needed, url=True, whole=True))
        if text is None:
            return None
        return read_url(text, written.url.spot, self._known.secret_params, self._context.complaints)

    def _said(self, settings: Settings, otherwise: Said, *, needed: bool) -> Said:
        """What an entry says, else what the defaults say."""
        if settings is NOTHING_SAID:
            return otherwise
        active = self._context.interpolator.flag(settings.active, needed=needed)
        is_test = self._context.interpolator.flag(settings.is_test, needed=needed)
        return Said(
            active=otherwise.active if active is None else active,
            is_test=otherwise.is_test if settings.is_test is None else is_test,
            ignored=otherwise.ignored if settings.ignore_changes is None else settings.ignore_changes,
        )

    def _account_names(self, written: WrittenEntry) -> tuple[str, ...]:
        """The names of its accounts; none where they aren't known."""
        settings, names = written.settings, self._known.names
        if settings.doubtful_accounts or names is None:
            return ()
        if settings.accounts is not None:
            return self._names_in(settings.accounts)
        if self._known.defaults.doubtful_accounts:
            return ()
        if self._default_accounts is not None:
            return self._default_accounts
        if self._only is not None:
            return self._only
        self._context.complaints.error(
            "account-missing",
            written.spot,
            "this entry doesn't say its account, and there are several",
            f"Add `account: NAME`; the accounts are {_listed(names)}.",
        )
        return ()

    def _names_in(self, texts: tuple[Text, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for text in texts if (name := self._account_name(text)) is not None))

    def _account_name(self, text: Text) -> str | None:
        names = self._known.names
        name = self._context.plain(text, needed=not self._context.offline)
        if name is None or names is None or name in names:
            return name
        near = get_close_matches(name, sorted(names), n=1)
        self._context.complaints.error(
            "account-unknown",
            text.spot,
            f"{quoted(text, 'this')} is no account of this configuration",
            f"Did you mean `{near[0]}`?" if near else f"The accounts are {_listed(names)}.",
        )
        return None

    def _events(self, written: WrittenEntry, *, needed: bool) -> list[tuple[str, Text]]:
        found: list[tuple[str, Text]] = []
        for text in written.events:
            event = self._context.plain(text, needed=needed)
            if event is None:
                continue
            if is_event_name(event):
                found.append((event, text))
            else:
                self._context.complaints.error(
                    "event-characters",
                    text.spot,
                    "this event is empty or has white space, a bracket or a control character in it",
                    "Write each event as an item of its own.",
                )
        return found

    def _check_wanted(self, url: Url, written: WrittenEntry, accounts: tuple[Account, ...]) -> None:
        if accounts:
            try:
                check_wanted(url, min(account.provider.url_limit for account in accounts))
            except UrlError as error:
                self._context.complaints.url_error(error, written.url.spot)

    def _check_events(self, events: list[tuple[str, Text]], provider: Provider) -> None:
        for event, text in events:
            place = (text.spot.source.name, text.spot.start)
            if event in provider.events or event in self._known.allow_events or place in self._told:
                continue
            self._told.add(place)
            near = _near_event(event, provider.events)
            help_ = (
                f"{provider.title} has {', '.join(provider.events)}. "
                "An event that is newer than this version is named under `allow_events` too."
            )
            self._context.complaints.error(
                "event-unknown",
                text.spot,
                f"{quoted(text, 'this')} is not a known event of {provider.title}",
                f"Did you mean `{near}`? {help_}" if near else help_,
            )

    def _check_settings(self, settings: Settings, said: Said, provider: Provider) -> None:
        if settings.is_test is not None and "is_test" not in provider.scope_fields:
            self._unsupported("is_test", settings.is_test_spot, provider)
        if said.active is False and not provider.has_switch:
            self._unsupported("active: false", settings.active_spot, provider)

    def _unsupported(self, setting: str, spot: Spot | None, provider: Provider) -> None:
        self._context.complaints.error(
            "setting-unsupported", spot, f"{provider.title} has no `{setting}`", "Leave it out."
        )


def _near_event(event: str, known: tuple[str, ...]) -> str:
    """The known event that a misspelt one is nearest to, whatever its case and signs; nothing where none is near."""
    by_form = {_plain_form(name): name for name in known}
    near = get_close_matches(_plain_form(event), by_form, n=1)
    return by_form[near[0]] if near else ""


def _plain_form(event: str) -> str:
    """`TrackUpdated`, `TRACK-UPDATED` and `track.updated` as `track_updated`."""
    return _SIGNS.sub("_", _HUMPS.sub("_", event[:_LONGEST_EVENT]).lower())


def _listed(names: frozenset[str]) -> str:
    """The names that may be names, as many as anybody reads."""
    shown = [f"`{name}`" for name in sorted(names) if _NAME.fullmatch(name) and len(name) <= _LONGEST_NAME]
    more = ["others"] if len(shown) > _MOST_NAMED else []
    return ", ".join([*shown[:_MOST_NAMED], *more]) or "to be named anew"
