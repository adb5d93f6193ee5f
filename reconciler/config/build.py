"""From what all files say together to the configuration that they mean."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from reconciler.config.accounts import AccountReader, Declaration, FileAccount, check_distinct
from reconciler.config.checks import check_absent, check_owned, check_tokens_alone, check_unique
from reconciler.config.cursor import Cursor, Text
from reconciler.config.diagnostics import Span
from reconciler.config.interpolation import Interpolation
from reconciler.config.limits import MOST_ACCOUNTS, MOST_PARAMS
from reconciler.config.ownership import AccountClaims, check_kinds, read_claims
from reconciler.config.webhooks import Entry, EntryReader
from reconciler.model.configuration import DEFAULT_ACCOUNT, Account, Configuration
from reconciler.model.diagnostic import Place
from reconciler.model.pattern import Pattern
from reconciler.model.redaction import Redaction
from reconciler.model.url import BUILT_IN_SECRET_PARAMS

_IN_ONE_FILE = (
    *("accounts", "unmanaged", "known", "limits", "defaults"),
    *("secret_params", "public_params", "allow_events"),
)
_OWNS_HELP = (
    "Add the URL patterns this configuration is responsible for, such as `https://hooks.example.com/shippo/*`; "
    "webhooks that match them and aren't in the file are deleted."
)


class Builder:
    """Builds the configuration of all files together; with an error among the diagnostics it is worth nothing.

    Attributes:
        entries: the entries that could be read.
        claims: what accounts claim, by the file's names of them.
        allow_events: the events that are allowed though no provider is known to have them, and where each is named.
    """

    def __init__(self, cursors: Sequence[Cursor], interpolation: Interpolation, *, is_complete: bool) -> None:
        self.entries: tuple[Entry, ...] = ()
        self.claims: dict[str, AccountClaims] = {}
        self.allow_events: dict[str, Text] = {}
        self._cursors = cursors
        self._interpolation = interpolation
        self._diagnostics = interpolation.diagnostics
        self._is_complete = is_complete
        self._holder = next((cursor for cursor in cursors if cursor.has("accounts")), None)

    def configuration(self, account_reader: AccountReader, declaration: Declaration) -> Configuration:
        """The configuration."""
        for key in _IN_ONE_FILE:
            self._check_in_one_file(key)
        found = self._accounts(account_reader)
        self._check_missing(found)
        self.claims = read_claims(self._cursors, found, self._interpolation)
        accounts = {one.name: tuple(map(self.claims[one.name].of, one.accounts)) for one in found}
        secret_params, public_params = self._params()
        events = {self._interpolation.for_all.plain(text): text for text in self._texts("allow_events")}
        self.allow_events = {name: text for name, text in events.items() if name is not None}
        check_kinds(found, self.claims, self._diagnostics)
        reader = EntryReader(
            accounts=accounts,
            names=self._account_names(),
            defaults=next(
                (inner for cursor in self._cursors if (inner := cursor.map("defaults")) is not None), Cursor()
            ),
            secret_params=secret_params,
            allow_events=self.allow_events,
            interpolation=self._interpolation,
        )
        self.entries = tuple(self._entries(reader))
        check_owned(self.entries, self.claims, self._diagnostics)
        check_absent(self.entries, self.claims, self._diagnostics)
        check_unique(self.entries, self._diagnostics)
        check_tokens_alone(found, self._interpolation, declaration)
        self._interpolation.report_unset()
        all_accounts = tuple(account for of in accounts.values() for account in of)
        return Configuration(
            accounts=all_accounts,
            desired=tuple(desired for entry in self.entries for desired, _ in entry.desired),
            files=tuple(cursor.document.source.name for cursor in self._cursors),
            secret_params=secret_params,
            public_params=public_params,
            allow_events=frozenset(self.allow_events),
            redaction=Redaction((entry.url for entry in self.entries), public_params, _patterns(all_accounts)),
        )

    def _check_in_one_file(self, key: str) -> None:
        first: Span | None = None
        for cursor in self._cursors:
            if not cursor.has(key):
                continue
            span = cursor.key_span(key)
            if first is not None:
                self._diagnostics.error(
                    "key-in-two-files",
                    span,
                    f"`{key}` is set in two files: first at {first.place}",
                    "Keep it in one of them; only `webhooks`, `owns`, `absent` and `protect` are merged across files.",
                )
            first = first or span

    def _check_missing(self, accounts: Iterable[FileAccount]) -> None:
        if not self._is_complete:
            return
        place = Place(file=self._cursors[0].document.source.name, line=1, column=1)
        if not any(cursor.has("webhooks") for cursor in self._cursors):
            self._diagnostics.error(
                "missing-key",
                place,
                "the file has no `webhooks`",
                "Add entries, or write `webhooks: {}` if there are none.",
            )
        if any(cursor.has("owns") for cursor in self._cursors):
            return
        if self._holder is None:
            self._diagnostics.error("missing-key", place, "the file has no `owns`", _OWNS_HELP)
        for account in accounts:
            if not account.is_default and not account.cursor.has("owns"):
                message = "neither this account nor the file has `owns`"
                self._diagnostics.error("missing-key", account.where, message, _OWNS_HELP)

    def _accounts(self, reader: AccountReader) -> tuple[FileAccount, ...]:
        """The accounts, in the file's order."""
        if self._holder is None:
            # Another file may name the accounts: nothing to be reported as missing.
            place = Place(file=self._cursors[0].document.source.name)
            return (reader.default(place) if self._is_complete else FileAccount(name=DEFAULT_ACCOUNT, is_default=True),)
        inner = self._holder.map("accounts")
        written = [] if inner is None else [(name, inner.key_span(name), cursor) for name, cursor in inner.maps()]
        found: list[FileAccount] = []
        count = 0
        for name, span, cursor in written:
            # A colon stands between an account and its place: such a name is reported, and means nothing.
            bad = FileAccount(name=name, where=span, cursor=cursor)
            found.append(bad if ":" in name else reader.read(name, span, cursor))
            count += max(len(found[-1].accounts), 1)
            if count > MOST_ACCOUNTS:
                message = f"there are more than {MOST_ACCOUNTS} accounts, each place counted as one"
                self._diagnostics.too_much(span, message, "Split them into several configurations.")
        check_distinct(found, self._diagnostics)
        return tuple(found)

    def _account_names(self) -> frozenset[str] | None:
        """The names of all accounts, those of the wrong shape too; None where they aren't known."""
        if self._holder is None:
            return frozenset({DEFAULT_ACCOUNT}) if self._is_complete else None
        accounts = self._holder.map("accounts")
        return None if accounts is None else frozenset(accounts.values) or None

    def _entries(self, reader: EntryReader) -> Iterator[Entry]:
        seen: dict[str, Span] = {}
        for cursor in self._cursors:
            inner = cursor.map("webhooks")
            for name, values in inner.maps() if inner is not None else ():
                span = inner.key_span(name)  # type: ignore[union-attr]
                first = seen.setdefault(name, span)
                if first is not span:
                    message = f"this entry's name is already used at {first.place}"
                    self._diagnostics.error("entry-twice", span, message, "Rename one of them.")
                    continue
                entry = reader.read(name, span, values)
                if entry is not None:
                    yield entry

    def _texts(self, key: str) -> tuple[Text, ...]:
        return tuple(text for cursor in self._cursors for text in cursor.texts(key) or ())

    def _params(self) -> tuple[frozenset[str], frozenset[str]]:
        """The names of the secret query parameters, and of those that the file calls public, in lower case."""
        found: list[dict[str, Text]] = []
        for key in ("secret_params", "public_params"):
            texts = self._texts(key)
            if len(texts) > MOST_PARAMS:
                message = f"more than {MOST_PARAMS} parameters are listed"
                self._diagnostics.too_much(texts[MOST_PARAMS].span, message, "List fewer of them.")
            names = [(self._interpolation.for_all.plain(text), text) for text in texts]
            found.append({name.lower(): text for name, text in names if name is not None})
        secret, public = found
        for name, text in public.items():
            if name in secret:
                message = "this parameter is also listed under `secret_params`"
                self._diagnostics.error("param-twice", text.span, message, "Keep it in one of the two.")
        return (BUILT_IN_SECRET_PARAMS | secret.keys()) - public.keys(), frozenset(public)


def _patterns(accounts: Iterable[Account]) -> Iterator[Pattern]:
    """Every pattern of the files: what they write in clear may be shown."""
    for account in accounts:
        yield from (pattern for pattern, _ in account.owned_patterns)
        yield from account.protect.patterns
        yield from (item.pattern for item in (*account.absent, *account.known) if item.pattern is not None)
