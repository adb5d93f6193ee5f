"""Entries of a file to the webhooks that are wanted: one for each account and event, or one with all events."""

from __future__ import annotations

import re
from collections import ChainMap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from reconciler.config.cursor import Cursor, Text
from reconciler.config.diagnostics import Span
from reconciler.config.fields import Said, read_said
from reconciler.config.interpolation import ENTRY_URL, Interpolation, Values
from reconciler.config.limits import MOST_WANTED
from reconciler.config.url_text import read_url
from reconciler.model.configuration import Account
from reconciler.model.diagnostic import UrlError
from reconciler.model.provider import Field, FieldType, Provider, Unsaid
from reconciler.model.url import Url, check_wanted
from reconciler.model.webhook import Address, Desired, Value, is_event_name

_NAME = re.compile(r"[a-z0-9_-]+")
_SIGNS = re.compile(r"[^a-z0-9]+")
_HUMPS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_LONGEST_EVENT = 100
_MOST_NAMED = 20
_LONGEST_NAME = 60
_NOTHING = Said()


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An entry with its variables put in.

    Attributes:
        name: the file's name for it.
        url_span: where its URL stands.
        url: where it delivers.
        events: its events as the file writes them.
        accounts: those it belongs to.
        desired: what it wants, each with where its event stands.
        said: its settings, the defaults' too.
    """

    name: str
    url_span: Span
    url: Url
    events: tuple[Text, ...]
    accounts: tuple[Account, ...]
    desired: tuple[tuple[Desired, Span], ...]
    said: Said


class EntryReader:
    """Reads entries one by one.

    Args:
        accounts: the accounts that could be read, by the file's names of them.
        names: the names of all accounts, None where that isn't known.
        defaults: what is said for entries that don't say otherwise.
        secret_params: names of the secret query parameters.
        allow_events: events that the file allows though no provider is known to have them.
        interpolation: the values of variables.
    """

    def __init__(
        self,
        *,
        accounts: Mapping[str, tuple[Account, ...]],
        names: frozenset[str] | None,
        defaults: Cursor,
        secret_params: frozenset[str],
        allow_events: Iterable[str],
        interpolation: Interpolation,
    ) -> None:
        places = {account.name: (account,) for of in accounts.values() for account in of}
        self._accounts = {**places, **accounts}
        self._names = None if names is None else names | places.keys()
        self._secret_params = secret_params
        self._allow_events = frozenset(allow_events)
        self._interpolation = interpolation
        self._diagnostics = interpolation.diagnostics
        self._wanted = 0
        providers = {account.provider.name: account.provider for of in accounts.values() for account in of}
        self._sayable = {name: _sayable(provider) for name, provider in providers.items()}
        self._fields = {"active": Field(name="active", type=FieldType.FLAG)}
        self._fields |= {name: spec for fields in self._sayable.values() for name, spec in fields.items()}
        self._defaults = read_said(defaults, self._fields, interpolation.for_accounts(*(names or ())))
        only = tuple(names) if names is not None and len(names) == 1 else None
        said = self._names_in(defaults)
        self._default_names = only if said is None else said

    def read(self, name: str, span: Span, cursor: Cursor) -> Entry | None:
        """Read an entry; None where it can't be read."""
        written, texts = cursor.text("url"), cursor.texts("events")
        if written is None or not texts:
            return None
        names = self._account_names(span, cursor)
        found = {account.name: account for named in names for account in self._accounts.get(named, ())}
        accounts = tuple(found.values())
        values = self._interpolation.for_accounts(*names) if names else self._interpolation.for_all
        url = self._url(written, values)
        events = [(event, text) for text in texts if (event := self._event(text, values)) is not None]
        own, said = _NOTHING, self._defaults
        if len(cursor.values) > len(("url", "events")):
            values.plain(cursor.text("description"))
            # Another provider of the file may mean something else by a key.
            fields = (self._sayable[provider] for provider in {account.provider.name for account in accounts})
            own = read_said(cursor, dict(ChainMap(*fields, self._fields)), values)
            said = self._defaults.overridden_by(own)
        if url is None:
            return None
        self._check_url(url, written, accounts)
        self._count(len(accounts) * len(events), span)
        desired: list[tuple[Desired, Span]] = []
        for account in accounts:
            self._check_events(events, account.provider)
            self._check_said(own, said, account.provider)
            common, ignored = self._common(url, account, said)
            named_events = [(event, text.span) for event, text in events]
            desired.extend(_desired(name, written.span, account, named_events, (common, ignored)))
        return Entry(
            name=name,
            url_span=written.span,
            url=url,
            events=texts,
            accounts=accounts,
            desired=tuple(desired),
            said=said,
        )

    def _count(self, wanted: int, span: Span) -> None:
        self._wanted += wanted
        if self._wanted > MOST_WANTED:
            self._diagnostics.too_much(
                span,
                f"the entries up to here describe more than {MOST_WANTED} webhooks",
                "An entry describes one for each event in each account: write fewer entries.",
            )

    def _url(self, written: Text, values: Values) -> Url | None:
        text = values.text(written, ENTRY_URL)
        return None if text is None else read_url(text, written.span, self._secret_params, self._diagnostics)

    def _account_names(self, span: Span, cursor: Cursor) -> tuple[str, ...]:
        """The names of its accounts; none where they aren't known."""
        if self._names is None:
            return ()
        own = self._names_in(cursor)
        names = self._default_names if own is None else own
        if names is not None:
            return names
        self._diagnostics.error(
            "account-missing",
            span,
            "this entry has no `account`, but there are several accounts",
            f"Add `account: NAME`; the accounts are {_listed(self._names)}.",
        )
        return ()

    def _names_in(self, cursor: Cursor) -> tuple[str, ...] | None:
        """The accounts that an entry, or `defaults`, says; none of them where that can't be read."""
        keys = [key for key in ("account", "accounts") if cursor.has(key)]
        if not keys:
            return None
        if len(keys) > 1 or any(cursor.is_unusable(key) for key in keys):
            return ()
        account = cursor.text("account")
        texts = (account,) if account is not None else cursor.texts("accounts") or ()
        return tuple(dict.fromkeys(name for text in texts if (name := self._account_name(text)) is not None))

    def _account_name(self, text: Text) -> str | None:
        names = self._names
        name = self._interpolation.for_all.plain(text)
        if name is None or names is None or name in names:
            return name
        group = name.partition(":")[0]
        if group in names and not self._accounts.get(group):
            return name  # its places aren't known
        near = get_close_matches(name, sorted(names), n=1)
        self._diagnostics.error(
            "account-unknown",
            text.span,
            f"{text.quoted()} is not an account of this configuration",
            f"Did you mean `{near[0]}`?" if near else f"The accounts are {_listed(names)}.",
        )
        return None

    def _event(self, text: Text, values: Values) -> str | None:
        event = values.plain(text)
        if event is None or is_event_name(event):
            return event
        self._diagnostics.error(
            "event-characters",
            text.span,
            "this event is empty or contains white space, a bracket or a control character",
            "Write each event as its own list item.",
        )
        return None

    def _check_url(self, url: Url, written: Text, accounts: tuple[Account, ...]) -> None:
        if accounts:
            try:
                check_wanted(url, min(account.provider.url_limit for account in accounts))
            except UrlError as error:
                self._diagnostics.url_error(error, written.span)

    def _check_events(self, events: list[tuple[str, Text]], provider: Provider) -> None:
        for event, text in events:
            if event in provider.events or event in self._allow_events:
                continue
            near = _near_event(event, provider.events)
            help_ = (
                f"Known events are {', '.join(provider.events)}. "
                "If the event is newer than this version, add it to `allow_events` as well."
            )
            self._diagnostics.error(
                "event-unknown",
                text.span,
                f"{text.quoted()} is not a known event of {provider.title}",
                f"Did you mean `{near}`? {help_}" if near else help_,
            )

    def _check_said(self, own: Said, said: Said, provider: Provider) -> None:
        """Report settings that a provider's webhooks don't have, or not with this value."""
        known = self._sayable[provider.name]
        for key, span in said.spans.items():
            spec, value = known.get(key), said.values.get(key)
            if spec is None:
                # On is what every webhook is; and `defaults` may be meant for other accounts.
                if value is False if key == "active" else key in own.spans:
                    what = "`active: false`" if key == "active" else f"`{key}`"
                    has = ", ".join(f"`{name}`" for name in ("url", "events", *known))
                    message, help_ = f"{provider.title} doesn't support {what}", f"Remove it; supported keys are {has}."
                    self._diagnostics.error("setting-unsupported", span, message, help_)
            elif spec.type is FieldType.CHOICE and value is not None and value not in spec.choices:
                choices = " or ".join(f"`{choice}`" for choice in spec.choices)
                self._diagnostics.error("wrong-value", span, f"`{key}` must be {choices}", f"Write {choices}.")

    def _common(self, url: Url, account: Account, said: Said) -> tuple[dict[str, Value], frozenset[str]]:
        """The fields that all webhooks of an entry have in an account, and those that are left alone."""
        known = self._sayable[account.provider.name]
        common: dict[str, Value] = {"url": url, **dict(account.scope)}
        common |= {key: value for key, value in said.values.items() if key in known}
        unsaid = {key for key, spec in known.items() if spec.unsaid is Unsaid.LEAVE and key not in said.spans}
        return common, ((said.ignored or frozenset()) & {"url", *known}) | unsaid


def _sayable(provider: Provider) -> dict[str, Field]:
    """The fields of which an entry has a key, beside URL and events, by name."""
    others = (FieldType.URL, FieldType.EVENT, FieldType.EVENTS)
    return {spec.name: spec for spec in provider.fields if spec.type not in others}


def _desired(
    name: str,
    url_span: Span,
    account: Account,
    events: list[tuple[str, Span]],
    common: tuple[dict[str, Value], frozenset[str]],
) -> Iterator[tuple[Desired, Span]]:
    """What an entry wants of one account, each with where its event stands (its first, where one webhook has all)."""
    provider = account.provider
    fields_of_all, ignored = common
    place = url_span.place
    wanted: list[tuple[str, Value, Span]] = [(event, event, span) for event, span in events]
    if provider.several_events:
        wanted = [("", frozenset(event for event, _ in events), events[0][1])] if events else []
    for index, value, span in wanted:
        fields = provider.normalise({**fields_of_all, provider.event_field: value})
        key = provider.key_of(fields)
        if key is not None:
            address = Address(account=account.name, name=name, index=index)
            yield Desired(address=address, key=key, fields=fields, ignored=ignored, place=place), span


def _near_event(event: str, known: Iterable[str]) -> str:
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
    return ", ".join([*shown[:_MOST_NAMED], *more]) or "without valid names"
