"""Which accounts an entry is for: the names that it or `defaults` says, and what these mean."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache

from reconciler.config.cursor import Cursor, Text
from reconciler.config.diagnostics import Span, listed, nearest
from reconciler.config.interpolation import Values
from reconciler.model.configuration import Account
from reconciler.model.pattern import matches_name, may_meet

_NAME = re.compile(r"[a-z0-9_-]{1,60}")


class EntryAccounts:
    """Finds the accounts of entries, of those that could be read, by the file's names of them.

    `names` are those of all accounts, None where they aren't known. `default_values` are for entries that say none.
    """

    def __init__(
        self,
        accounts: Mapping[str, tuple[Account, ...]],
        names: frozenset[str] | None,
        defaults: Cursor,
        values: Values,
    ) -> None:
        places = {account.name: (account,) for of in accounts.values() for account in of}
        self._accounts = {**places, **accounts}
        self._names = None if names is None else names | places.keys()
        self._values = values
        self._error = values.diagnostics.error
        only = tuple(names) if names is not None and len(names) == 1 else None
        said = self._names_in(defaults)
        self._default_names = only if said is None else said
        usual = (self._default_names if self._names is not None else None) or ()
        self.defaults = self._meant(usual)
        self.default_values = values.for_accounts(*usual) if usual else values

    def of(self, span: Span, cursor: Cursor) -> tuple[tuple[str, ...], tuple[Account, ...], Values]:
        """The names of accounts that an entry says, or has by default, and what they mean."""
        own = self._names_in(cursor)
        if own is None:
            if self._default_names is None and self._names is not None:
                help_ = f"Add `account: NAME`; the accounts are {_listed(self._names)}."
                message = "this entry has no `account`, but there are several accounts"
                self._error("account-missing", span, message, help_)
            return self._default_names or (), self.defaults, self.default_values
        names = () if self._names is None else own
        return names, self._meant(names), self._values.for_accounts(*names) if names else self._values

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
        name = self._values.plain(text)
        if name is None or names is None or name in names:
            return name
        group = name.partition(":")[0]
        if (group in names and not self._accounts.get(group)) or self._meant((name,)):
            return name  # its places aren't known, or will be when they are listed
        near = nearest(name, sorted(names))
        help_ = f"Did you mean `{near[0]}`?" if near else f"The accounts are {_listed(names)}."
        self._error("account-unknown", text.span, f"{text.quoted()} is not an account of this configuration", help_)
        return None

    def _meant(self, names: Iterable[str]) -> tuple[Account, ...]:
        """The accounts that these names mean, or may mean as far as their places aren't listed yet."""
        found: dict[str, Account] = {}
        for name in names:
            group, _, place = name.partition(":")
            whole = self._accounts.get(group, ()) if place else ()
            fitting = [one for one in whole if _may_mean(place, one)]
            found |= {account.name: account for account in fitting or self._accounts.get(name, ())}
        return tuple(found.values())


def places_meant(names: Collection[str], account: Account) -> tuple[str, ...]:
    """The patterns of an account's places that these names mean; none where they mean all of them."""
    if account.group in names:
        return ()
    places = [place for group, _, place in (name.partition(":") for name in names) if group == account.group]
    return tuple(place for place in places if _may_meet(place, account))


def _may_mean(place: str, account: Account) -> bool:
    """Whether the name, or a pattern, of a place means an account, or one of the places that this stands for."""
    if not account.places:
        return _may_meet(place, account)
    kind = account.place_kind
    names = _normal(account.places, is_caseless=kind is not None and kind.is_caseless)
    normal = account.normal_place(place)
    return normal in names or ("*" in normal and any(matches_name(normal, one) for one in names))


def _may_meet(place: str, account: Account) -> bool:
    return may_meet(account.normal_place(place), account.normal_place(account.place_name))


@lru_cache(maxsize=4)
def _normal(names: tuple[str, ...], *, is_caseless: bool) -> frozenset[str]:
    return frozenset(name.casefold() if is_caseless else name for name in names)


def _listed(names: frozenset[str]) -> str:
    """The names that may be names, as many as anybody reads."""
    return listed(f"`{name}`" for name in sorted(names) if _NAME.fullmatch(name)) or "without valid names"
