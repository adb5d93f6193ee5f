"""Turns entries of a file into the webhooks that are wanted: one for each account and event, or one with all events."""

from __future__ import annotations

import re
from collections import ChainMap
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from msgspec.structs import replace

from reconciler.config.cursor import Cursor, Text
from reconciler.config.diagnostics import Span, either, nearest
from reconciler.config.entry import EntriesAlike, Entry
from reconciler.config.entry_accounts import EntryAccounts, places_meant
from reconciler.config.entry_urls import USUAL_KEYS, EntryUrls
from reconciler.config.interpolation import Values
from reconciler.config.limits import MOST_KEYS, MOST_WANTED
from reconciler.config.settings import Said, read_said
from reconciler.config.template import EACH_KEY, EACH_VALUE, refers_to
from reconciler.model.configuration import Account
from reconciler.model.field import SECRET_DIGEST, SECRET_SINCE, SECRET_TO, Field, FieldType, Unsaid
from reconciler.model.provider import Provider
from reconciler.model.secret_digest import with_digest
from reconciler.model.webhook import Address, Desired, Value, is_event_name

_SIGNS = re.compile(r"[^a-z0-9]+")
_LONGEST_EVENT = 100
_NOT_SAYABLE = (FieldType.URL, FieldType.EVENT, FieldType.EVENTS)
_IGNORE = "ignore_changes"
_OF_ALL = {"active": Field(name="active", type=FieldType.FLAG), _IGNORE: Field(name=_IGNORE, type=FieldType.SET)}
"""What an entry may say whatever its provider is, and an entry of a provider without `active` too: it is on."""


class _Key(NamedTuple):
    """A key of a `for_each`, where it stands, and its value; of a list, an item is both."""

    name: str
    span: Span
    value: Text

    def using(self, span: Span) -> Span:
        """What is written elsewhere, at this key."""
        key = self.span.written
        return Span(key.source, key.start, key.length, span.written)


class EntryReader:
    """Reads entries one by one, in the light of the accounts that could be read, by the file's names of them.

    `names` are those of all accounts, None where they aren't known.
    """

    def __init__(
        self,
        *,
        accounts: Mapping[str, tuple[Account, ...]],
        names: frozenset[str] | None,
        defaults: Cursor,
        secret_params: frozenset[str],
        allow_events: frozenset[str],
        values: Values,
    ) -> None:
        self._allow_events = allow_events
        self._values = values
        self._error = values.diagnostics.error
        self._wanted = 0
        # By provider the fields of which an entry has a key, beside URL and events.
        self._sayable: dict[str, dict[str, Field]] = {}
        for provider in (account.provider for of in accounts.values() for account in of):
            fields = (spec for spec in provider.fields if spec.type not in _NOT_SAYABLE and not spec.is_made)
            self._sayable[provider.name] = {spec.name: spec for spec in (*fields, *provider.about_secrets)}
        self._named = {
            provider: [name for name, spec in known.items() if spec.unsaid is Unsaid.ENTRY_NAME]
            for provider, known in self._sayable.items()
        }
        self._fields = dict(ChainMap(*self._sayable.values(), _OF_ALL))
        self._defaults = read_said(defaults, self._fields, values.for_accounts(*(names or ())))
        self._accounts = EntryAccounts(accounts, names, defaults, values)
        self._urls = EntryUrls(secret_params, self._accounts.defaults, self._accounts.default_values)
        self._alike = EntriesAlike(self._urls, self._accounts, self._defaults, is_named=any(self._named.values()))
        self._event_names: dict[str, str] = {}  # those that may be events

    def read(self, name: str, span: Span, cursor: Cursor) -> Collection[Entry]:
        """The entry; one for each key where it has a `for_each`."""
        alike = self._alike.entry(name, cursor)
        if alike is not None and self._wanted + len(alike.desired) <= MOST_WANTED:
            self._wanted += len(alike.desired)
            return (alike,)
        errors = self._values.diagnostics.errors
        keys = self._keys(cursor) if cursor.has("for_each") else (None,)
        entries = [entry for key in keys if (entry := self._read(name, span, cursor, key)) is not None]
        if len(entries) == 1 and self._values.diagnostics.errors == errors:
            self._alike.note(entries[0], cursor)
        return entries

    def _keys(self, cursor: Cursor) -> list[_Key]:
        """The keys of an entry's `for_each`; only the first if there are too many, or if the URL doesn't use them."""
        texts = cursor.texts("for_each") or ()
        by_name = cursor.map("for_each") or Cursor()
        named = ((name, by_name.key_span(name), by_name.text(name)) for name in by_name.values)
        keys = [_Key(text.raw, text.span, text) for text in texts]
        keys += [_Key(name, span, value) for name, span, value in named if value is not None]
        if len(keys) > MOST_KEYS:
            message, help_ = f"`for_each` has more than {MOST_KEYS} keys", "Split it into several entries."
            self._error("too-much", cursor.span("for_each"), message, help_)
            return keys[:1]
        url = cursor.text("url")
        if url is not None and not refers_to(url.raw, EACH_KEY, EACH_VALUE):
            help_ = (
                "Put `${each.key}` or `${each.value}` into the host, the path or a query parameter that isn't secret."
            )
            self._error("each-unused", url.span, "the URL is the same for every key of `for_each`", help_)
            return keys[:1]
        return keys

    def _read(self, name: str, span: Span, cursor: Cursor, key: _Key | None) -> Entry | None:
        written, texts = cursor.text("url"), cursor.texts("events")
        if written is None or not texts:
            return None
        names, accounts, values = self._accounts.of(span, cursor)
        events = [(event, text) for text in texts if (event := self._event(text, values)) is not None]
        for account in accounts:
            self._check_events(events, account.provider)
        url_span = written.span
        if key is not None:
            name, url_span, of_key = f"{name}[{key.name}]", key.using(written.span), values.for_key(key.name, key.value)
            if of_key is None:
                return None
            values = of_key
        url = self._urls.read(written, url_span, accounts, values, cursor)
        said = self._defaults
        if len(cursor.values) > len(USUAL_KEYS):
            values.plain(cursor.text("description"))
            # Another provider of the file may mean something else by a key.
            sayable = (self._sayable[provider] for provider in {account.provider.name for account in accounts})
            said = {**said, **read_said(cursor, ChainMap(*sayable, self._fields), values)}
        if url is None:
            return None
        self._wanted += len(accounts) * len(events)
        if self._wanted > MOST_WANTED:
            message = f"the entries up to here describe more than {MOST_WANTED} webhooks"
            help_ = "An entry describes one webhook for each event in each account: write fewer entries."
            self._values.diagnostics.too_much(span, message, help_)
        entry = Entry(name=name, url_span=url_span, url=url, accounts=accounts, desired=(), said=said)
        found = []
        for account in accounts:
            self._check_said(cursor, said, account.provider)
            for desired, at in self._desired(entry, account, events):
                wanted = replace(desired, places=places_meant(names, account)) if account.is_pattern else desired
                found.append((account, wanted, at if key is None else key.using(at)))
        return replace(entry, desired=tuple(found))

    def _desired(
        self, entry: Entry, account: Account, events: list[tuple[str, Text]]
    ) -> Iterator[tuple[Desired, Span]]:
        provider, said = account.provider, entry.said
        # The index of its address, its event or events, and where that stands.
        wanted: list[tuple[str, str | frozenset[str], Text]] = [(event, event, text) for event, text in events]
        if provider.several_events:
            wanted = [("", frozenset(event for event, _ in events), text) for _, text in events[:1]]
        secret_to = said[SECRET_TO.name][0] if provider.makes_secrets and SECRET_TO.name in said else None
        place = entry.url_span.place
        common, left_alone = self._common(entry, account)
        for index, value, text in wanted:
            fields, ignored = provider.normalise({**common, provider.event_field: value}), left_alone
            key = provider.key_of(fields)
            if key is None:
                continue
            if self._asks_for_digest(entry, provider, ignored):
                fields, ignored = with_digest(provider, fields, key, ignored)
            desired = Desired(
                address=Address(account=account.name, name=entry.name, index=index),
                key=key,
                fields=fields,
                ignored=ignored,
                secret_to=str(secret_to or ""),
                secret_since=self._since(entry, provider) if said else None,
                place=place,
            )
            yield desired, text.span

    def _asks_for_digest(self, entry: Entry, provider: Provider, ignored: Collection[str]) -> bool:
        value, span = entry.said.get(SECRET_DIGEST.name, (False, entry.url_span))
        if not provider.digest_in or value is not True:
            return False
        if provider.digest_in in ignored:
            message = f"`secret_digest` needs `{provider.digest_in}`, which `{_IGNORE}` leaves alone"
            self._error(
                "wrong-value", span, message, f"Remove one of them: the digest stands in `{provider.digest_in}`."
            )
        return True

    def _since(self, entry: Entry, provider: Provider) -> datetime | None:
        """When the entry's secrets began to count, if it says so."""
        value, span = entry.said.get(SECRET_SINCE.name, (None, entry.url_span))
        if not isinstance(value, str) or SECRET_SINCE not in provider.about_secrets:
            return None
        try:
            since = datetime.fromisoformat(value)
        except ValueError:
            help_ = "Write a day such as `2026-11-01`, or a time such as `2026-11-01T09:30:00Z`."
            self._error("wrong-value", span, "`secret_since` is not a day or a time", help_)
            return None
        return since if since.tzinfo else since.replace(tzinfo=UTC)

    def _event(self, text: Text, values: Values) -> str | None:
        event = values.plain(text)
        if event is None or event in self._event_names:
            return None if event is None else self._event_names[event]
        if is_event_name(event):
            return self._event_names.setdefault(event, event)
        message = "this event is empty or contains white space, a bracket or a control character"
        self._error("event-characters", text.span, message, "Write each event as its own list item.")
        return None

    def _check_events(self, events: list[tuple[str, Text]], provider: Provider) -> None:
        for event, text in events if provider.events else ():  # else they are each account's own
            if event not in provider.events and event not in self._allow_events:
                near = _near_event(event, provider.events)
                guess = f"Did you mean `{near}`? " if near else ""
                known = f"Known events are {', '.join(provider.events)}."
                newer = "If the event is newer than this version, add it to `allow_events` as well."
                message = f"{text.quoted()} is not a known event of {provider.title}"
                self._error("event-unknown", text.span, message, f"{guess}{known} {newer}")

    def _check_said(self, cursor: Cursor, said: Said, provider: Provider) -> None:
        """Report settings that a provider's webhooks don't have, or not with this value."""
        known = self._sayable[provider.name]
        for key, (value, span) in said.items():
            spec = known.get(key)
            if (spec is None and key != _IGNORE) or (spec is not None and spec.says and value is False):
                # On is what every webhook is, and off what only a service makes of one that it switches off by itself;
                # and `defaults` may be meant for other accounts.
                is_meant = value is False if key == "active" else cursor.has(key)
                if is_meant:
                    what = f"`{key}: false`" if key == "active" or spec is not None else f"`{key}`"
                    has = ", ".join(f"`{name}`" for name in ("url", "events", *known))
                    help_ = f"Remove it; supported keys are {has}."
                    if spec is not None:  # which the service alone switches off
                        help_ = f"Write `{key}: true`, or remove it."
                    self._error("setting-unsupported", span, f"{provider.title} doesn't support {what}", help_)
            elif spec is not None and spec.type is FieldType.CHOICE and value is not None and value not in spec.choices:
                choices = either(spec.choices)
                self._error("wrong-value", span, f"`{key}` must be {choices}", f"Write {choices}.")

    def _common(self, entry: Entry, account: Account) -> tuple[dict[str, Value], frozenset[str]]:
        """The fields that all webhooks of an entry have in an account, and those that are left alone."""
        known, said = self._sayable[account.provider.name], entry.said
        named = dict.fromkeys(self._named[account.provider.name], entry.name)
        common: dict[str, Value] = {"url": entry.url, **dict(account.scope), **named}
        common |= {key: value for key, (value, _) in said.items() if key in known and value is not None}
        unsaid = {key for key, spec in known.items() if spec.unsaid is Unsaid.LEAVE and key not in said}
        ignored = said[_IGNORE][0] if _IGNORE in said else None
        return common, (ignored & {"url", *known} if isinstance(ignored, frozenset) else frozenset()) | unsaid


def _near_event(event: str, known: tuple[str, ...]) -> str:
    """The known event that `TrackUpdated`, `TRACK-UPDATED` or `tracking.updated` is nearest to, or nothing."""
    form, *forms = (_SIGNS.sub("", name[:_LONGEST_EVENT].lower()) for name in (event, *known))
    by_form = dict(zip(forms, known, strict=True))
    near = nearest(form, by_form)
    return by_form[near[0]] if near else ""
