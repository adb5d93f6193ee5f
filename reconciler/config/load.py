"""Files to a configuration, or to diagnostics that say all that is wrong with them."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress

from msgspec import Struct

from reconciler.config.accounts import FileAccount, named_accounts, read_accounts
from reconciler.config.advice import advise, advise_on_params
from reconciler.config.checks import check_absent, check_owned, check_secret_names, check_tokens_alone, check_unique
from reconciler.config.cursor import Cursor
from reconciler.config.diagnostics import Diagnostics, SourceText, Span, TooMuchError
from reconciler.config.entry import Entry
from reconciler.config.excerpts import secret_fields, with_excerpts
from reconciler.config.files import read_files
from reconciler.config.interpolation import Values
from reconciler.config.limits import MOST_VALUES
from reconciler.config.ownership import read_claims
from reconciler.config.shape import Shape
from reconciler.config.top_level import TopLevel
from reconciler.config.variables import Variables, read_env_file, read_var_file
from reconciler.config.webhooks import EntryReader
from reconciler.config.yaml_nodes import parse
from reconciler.model.accounts import Accounts
from reconciler.model.configuration import DEFAULT_ACCOUNT, DEFAULT_PROVIDER, Account, Configuration
from reconciler.model.diagnostic import Diagnostic, Place
from reconciler.model.pattern import Pattern
from reconciler.model.provider import Provider
from reconciler.model.redaction import Redaction


class Inputs(Struct, frozen=True, kw_only=True):
    """What a configuration is loaded from. Of variable and env files the first wins."""

    files: tuple[str, ...]  # as given: paths, folders, `-`; none for the account `default`, which owns nothing
    variables: Mapping[str, str]  # from `--var`
    env_files: tuple[str, ...]
    environment: Mapping[str, str]  # every variable there is, which no traceback is to show
    allowed_hosts: frozenset[str]  # exact hosts with an optional port that may get a token
    base_url: str | None = None  # from `--base-url`: of the one account that is worked on, instead of its own
    var_files: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()  # patterns (`*` stands for anything): variables of other accounts may be unset
    allow_unset: bool = False  # unset variables of webhooks are placeholders, and named in the configuration
    offline: bool = False  # for `validate`: unset variables are placeholders
    standard_input: Callable[[], bytes]  # reads it to its end; called for `-` only

    def __repr__(self) -> str:
        return f"Inputs({self.files})"


class Loaded(Struct, frozen=True, kw_only=True):
    """The configuration, None where there is an error, and all diagnostics in the order of place."""

    configuration: Configuration | None
    diagnostics: tuple[Diagnostic, ...]


def load(inputs: Inputs, providers: Mapping[str, Provider]) -> Loaded:
    """Read files, put variables in, and check everything; no exception for what a file or a variable holds.

    The providers are those that are installed, by name; the built-in default is always one of them.
    """
    loading = _Loading(inputs, providers)
    configuration = None
    # Nothing here makes cycles: the collector would look at every value again and again.
    was_on = gc.isenabled()
    gc.disable()
    try:
        with suppress(TooMuchError):
            configuration = loading.configuration()
        return loading.loaded(configuration)
    finally:
        if was_on:
            gc.enable()


class _Loading:
    """One load, and what it has come to know."""

    def __init__(self, inputs: Inputs, providers: Mapping[str, Provider]) -> None:
        self._inputs = inputs
        self._providers = providers
        self._diagnostics = Diagnostics()
        self._texts: tuple[SourceText, ...] = ()
        self._cursors: list[Cursor] = []
        self._secret_fields: frozenset[str] = frozenset()
        self._are_released = False  # whether the documents no longer have their entries

    def loaded(self, configuration: Configuration | None) -> Loaded:
        documents = [cursor.document for cursor in self._cursors] if self._diagnostics.found else []
        if self._are_released:
            # Files are read again where something is to be shown of them.
            documents = [again for one in documents if (again := parse(one.source, Diagnostics())) is not None]
        found = with_excerpts(self._diagnostics.found, self._texts, documents, self._secret_fields)
        return Loaded(configuration=None if self._diagnostics.errors else configuration, diagnostics=found)

    def configuration(self) -> Configuration | None:
        inputs, noted = self._inputs, self._diagnostics
        self._texts = read_files(inputs.files, inputs.standard_input, noted)
        all_read = not noted.errors
        var_files = [read_var_file(path, noted) for path in inputs.var_files]
        env_files = [read_env_file(path, noted) for path in inputs.env_files]
        variables = Variables(inputs.environment, env_files, inputs.variables, var_files)
        values = Values(variables, noted, inputs.accounts, offline=inputs.offline, allow_unset=inputs.allow_unset)
        values.texts = self._texts
        if not inputs.files:
            (usual,) = read_accounts([self._usual_account(None)], values, inputs.allowed_hosts, inputs.base_url)
            values.report_unset()
            return Configuration(accounts=Accounts(usual.accounts))
        left = MOST_VALUES
        for text in self._texts:
            document = parse(text, noted, left)
            if document is not None:
                self._cursors.append(Cursor(document))
                left -= document.values
        if not self._cursors:
            return None
        # A file that can't be read may hold what seems to be missing.
        is_complete = all_read and len(self._cursors) == len(self._texts)
        return self._of_files(TopLevel(self._cursors, noted, is_complete=is_complete), values)

    def _of_files(self, top: TopLevel, values: Values) -> Configuration:
        noted = self._diagnostics
        file_accounts = self._named_accounts(top, values)
        self._check_shapes(file_accounts)
        top.check_in_one_file()
        if top.accounts is not None or top.is_complete:  # else another file may name the accounts
            hosts, base_url = self._inputs.allowed_hosts, self._inputs.base_url
            file_accounts = read_accounts(file_accounts, values, hosts, base_url)
        top.check_missing(file_accounts)
        file_accounts, owned = read_claims(self._cursors, file_accounts, values)
        secret_params, public_params = top.params(values)
        event_names = (values.plain(text) for text in top.listed("allow_events"))
        allow_events = frozenset(name for name in event_names if name is not None)
        reader = EntryReader(
            accounts={one.name: one.accounts for one in file_accounts},
            names=top.account_names,
            defaults=top.map("defaults") or Cursor(),
            secret_params=secret_params,
            allow_events=allow_events,
            values=values,
        )
        entries = tuple(self._entries(reader))
        check_owned(entries, owned, noted)
        check_absent(entries, noted)
        check_unique(entries, noted)
        check_secret_names(entries, noted)
        check_tokens_alone(file_accounts, values, self._providers[DEFAULT_PROVIDER])
        values.report_unset()
        if top.is_complete:
            values.variables.check_used(self._texts, noted)
        advise(entries, owned, noted)
        if self._inputs.offline:
            advise_on_params(entries, public_params, noted)
        accounts = tuple(account for one in file_accounts for account in one.accounts)
        return Configuration(
            accounts=Accounts(accounts),
            desired=tuple(desired for entry in entries for _, desired, _ in entry.desired),
            files=tuple(cursor.document.source.name for cursor in self._cursors),
            secret_params=secret_params,
            public_params=public_params,
            allow_events=allow_events,
            unset=tuple(values.left_unset),
            redaction=Redaction((entry.url for entry in entries), public_params, _patterns(accounts)),
        )

    def _named_accounts(self, top: TopLevel, values: Values) -> tuple[FileAccount, ...]:
        if top.accounts is not None:
            return tuple(named_accounts(top.accounts.maps("accounts"), self._providers, values))
        return (self._usual_account(top.place),)

    def _usual_account(self, where: Place | None) -> FileAccount:
        provider = self._providers[DEFAULT_PROVIDER]
        return FileAccount(name=DEFAULT_ACCOUNT, provider=provider, where=where, is_default=True)

    def _check_shapes(self, accounts: Iterable[FileAccount]) -> None:
        """Check the files by the schema of the providers that they name; leniently where one of those isn't known."""
        is_known = all(account.provider is not None for account in accounts)
        written = ((account.cursor.text("provider"), account.provider) for account in accounts)
        providers = {text.raw: of for text, of in written if text is not None and of is not None}
        if not providers or not is_known:
            providers.setdefault(DEFAULT_PROVIDER, self._providers[DEFAULT_PROVIDER])
        self._secret_fields = secret_fields(providers.values())
        shape = Shape(providers, lenient=not is_known)
        for cursor in self._cursors:
            shape.check(cursor.document, self._diagnostics)

    def _entries(self, reader: EntryReader) -> Iterator[Entry]:
        seen: dict[str, Span] = {}
        are_many = len(self._cursors) > 1  # in one file no key is there twice
        self._are_released = True
        for name, span, values in (
            found for cursor in self._cursors for found in cursor.maps("webhooks", release=True)
        ):
            first = seen.setdefault(name, span) if are_many else span
            if first is not span:
                message = f"this entry's name is already used at {first.place}"
                self._diagnostics.error("entry-twice", span, message, "Rename one of them.")
                continue
            yield from reader.read(name, span, values)


def _patterns(accounts: Iterable[Account]) -> Iterator[Pattern]:
    """Every pattern of the files: what they write in clear may be shown."""
    for account in accounts:
        yield from (pattern for pattern, _ in account.owned_patterns)
        yield from account.protect.patterns
        yield from (item.pattern for item in (*account.absent, *account.known) if item.pattern is not None)
