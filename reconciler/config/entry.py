"""An entry of a file, and those that are like an earlier one, which most are: what they share is worked out once."""

from __future__ import annotations

from typing import NamedTuple

from msgspec import Struct

from reconciler.config.cursor import Cursor
from reconciler.config.diagnostics import Span
from reconciler.config.entry_accounts import EntryAccounts
from reconciler.config.entry_urls import USUAL_KEYS, EntryUrls
from reconciler.config.settings import Said
from reconciler.config.yaml_values import Sequence
from reconciler.model.configuration import Account
from reconciler.model.field import SECRET_DIGEST
from reconciler.model.url import Url
from reconciler.model.webhook import Address, Desired, Key

_MOST = 1000  # lists of events that are kept for entries that follow


class Entry(Struct, frozen=True, kw_only=True, gc=False):
    """An entry with its variables put in, or what it is for one key of its `for_each`."""

    name: str  # with the key, if any: `tenants[acme]`
    url_span: Span
    url: Url
    accounts: tuple[Account, ...]
    desired: tuple[tuple[Account, Desired, Span], ...]  # each with where its event stands (its first, where it has all)
    said: Said  # its settings, the defaults' too


class _Alike(NamedTuple):
    """A webhook of an entry; those that are like the entry have the like of it."""

    account: Account
    desired: Desired
    number: int  # of its event in the list


class EntriesAlike:
    """Makes entries that have the events, and the URL's query, of an earlier one, and no other key than these two.

    Nothing can be wrong with one that wasn't looked for in the earlier one, or isn't looked for here.
    """

    def __init__(self, urls: EntryUrls, accounts: EntryAccounts, defaults: Said, *, is_named: bool) -> None:
        """Take the settings that entries have by default; `is_named`: whether they hand their name to a provider."""
        self._urls, self._accounts, self._defaults = urls, accounts, defaults
        self._has_own = is_named or SECRET_DIGEST.name in defaults  # what hangs on more of an entry than its events
        self._known: dict[tuple[object, ...], list[_Alike]] = {}  # by the events

    def entry(self, name: str, cursor: Cursor) -> Entry | None:
        """An entry like an earlier one; None where it is to be read as if it were the first."""
        values = cursor.values
        written, events = values.get("url"), values.get("events")
        if len(values) != len(USUAL_KEYS) or not cursor.is_plain or type(events) is not Sequence or events.uses:
            return None
        alike = self._known.get(tuple(events))
        found = self._urls.like_another(written) if alike and type(written) is str else None
        if alike is None or found is None:
            return None
        url, variables = found
        span = cursor.span("url")
        self._accounts.default_values.mention(variables, span)
        place, endpoint, source, at = span.place, url.endpoint, span.source, events.at
        made = []
        for account, like, number in alike:
            desired = Desired(
                address=Address(account=like.address.account, name=name, index=like.address.index),
                key=Key(endpoint=endpoint, event=like.key.event, scope=like.key.scope),
                fields={**like.fields, "url": url},
                ignored=like.ignored,
                secret_to=like.secret_to,
                secret_since=like.secret_since,
                place=place,
                places=like.places,
            )
            made.append((account, desired, source.span(at[2 * number], at[2 * number + 1])))
        return Entry(
            name=name,
            url_span=span,
            url=url,
            accounts=self._accounts.defaults,
            desired=tuple(made),
            said=self._defaults,
        )

    def note(self, entry: Entry, cursor: Cursor) -> None:
        """Remember an entry with which nothing is wrong, if others may be like it."""
        if len(cursor.values) != len(USUAL_KEYS) or self._has_own or not cursor.is_plain or len(self._known) >= _MOST:
            return
        texts = cursor.texts("events") or ()
        if not any("$" in text.raw for text in texts):
            numbers = {text.span.start: number for number, text in enumerate(texts)}
            alike = [_Alike(account, desired, numbers[span.start]) for account, desired, span in entry.desired]
            self._known[tuple(text.raw for text in texts)] = alike
