"""Files to a configuration, or to diagnostics that say all that is wrong with them."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace

from reconciler.config.accounts import AccountReader, Declaration, FileAccount, check_distinct
from reconciler.config.checks import OWNS_HELP, advise, check_absent, check_owned, check_tokens_alone, check_unique
from reconciler.config.cursor import Cursor, Text
from reconciler.config.diagnostics import Diagnostics, SourceText, Span, TooMuchError
from reconciler.config.excerpts import with_excerpts
from reconciler.config.files import read_files
from reconciler.config.interpolation import Values
from reconciler.config.limits import MOST_ACCOUNTS, MOST_PARAMS, MOST_VALUES
from reconciler.config.ownership import read_claims
from reconciler.config.schema import compose
from reconciler.config.shape import check_shape
from reconciler.config.variables import Variables, read_env_file, read_var_file
from reconciler.config.webhooks import Entry, EntryReader
from reconciler.config.yaml_nodes import parse
from reconciler.model.configuration import DEFAULT_ACCOUNT, DEFAULT_PROVIDER, Account, Configuration
from reconciler.model.diagnostic import Diagnostic, Place
from reconciler.model.pattern import Pattern
from reconciler.model.provider import FieldType
from reconciler.model.redaction import Redaction
from reconciler.model.url import BUILT_IN_SECRET_PARAMS

_IN_ONE_FILE = (
    *("accounts", "unmanaged", "known", "limits", "defaults"),
    *("secret_params", "public_params", "allow_events"),
)
_IN_ONE_FILE_HELP = "Keep it in one of them; only `webhooks`, `owns`, `absent` and `protect` are merged across files."


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What a configuration is loaded from. Of variable and env files the first wins."""

    files: tuple[str, ...]  # as given: paths, folders, `-`; none for the account `default`, which owns nothing
    variables: Mapping[str, str]  # from `--var`
    env_files: tuple[str, ...]
    environment: Mapping[str, str]
    allowed_hosts: frozenset[str]  # exact hosts with an optional port that may get a token
    var_files: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()  # patterns (`*` stands for anything): variables of other accounts may be unset
    offline: bool = False  # for `validate`: unset variables are placeholders
    standard_input: Callable[[], bytes]  # reads it to its end; called for `-` only


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """The configuration, None where there is an error, and all diagnostics in the order of place."""

    configuration: Configuration | None
    diagnostics: tuple[Diagnostic, ...]


def load(inputs: Inputs, declaration: Declaration) -> Loaded:
    """Read files, put variables in, and check everything; no exception for what a file or a variable holds."""
    loading = _Loading(inputs, declaration)
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


def no_file_configuration(inputs: Inputs, declaration: Declaration) -> Loaded:
    """The configuration of commands that work without a file: the account `default`, which owns nothing."""
    return load(replace(inputs, files=()), declaration)


class _Loading:
    """One load, and what it has come to know."""

    def __init__(self, inputs: Inputs, declaration: Declaration) -> None:
        self._inputs = inputs
        self._declaration = declaration
        self._diagnostics = Diagnostics()
        self._error = self._diagnostics.error
        self._texts: tuple[SourceText, ...] = ()
        self._cursors: list[Cursor] = []
        self._secret_fields: frozenset[str] = frozenset()
        self._is_complete = True

    def loaded(self, configuration: Configuration | None) -> Loaded:
        documents = [cursor.document for cursor in self._cursors]
        found = with_excerpts(self._diagnostics.found, self._texts, documents, self._secret_fields)
        return Loaded(configuration=None if self._diagnostics.errors else configuration, diagnostics=found)

    def configuration(self) -> Configuration | None:
        inputs, noted = self._inputs, self._diagnostics
        self._texts = read_files(inputs.files, inputs.standard_input, noted)
        all_read = not noted.errors
        var_files = [read_var_file(path, noted) for path in inputs.var_files]
        env_files = [read_env_file(path, noted) for path in inputs.env_files]
        variables = Variables(inputs.environment, env_files, inputs.variables, var_files)
        values = Values(variables, noted, inputs.accounts, offline=inputs.offline)
        reader = AccountReader(values, self._declaration, inputs.allowed_hosts)
        if not inputs.files:
            usual = reader.read(FileAccount(name=DEFAULT_ACCOUNT, is_default=True))
            values.report_unset()
            return Configuration(accounts=usual.accounts)
        left = MOST_VALUES
        for text in self._texts:
            document = parse(text, noted, left)
            if document is not None:
                self._cursors.append(Cursor(document))
                left -= document.values
        if not self._cursors:
            return None
        # A file that can't be read may hold what seems to be missing.
        self._is_complete = all_read and len(self._cursors) == len(self._texts)
        self._check_shapes(reader)
        self._check_in_one_file()
        return self._built(values, reader)

    def _built(self, values: Values, reader: AccountReader) -> Configuration:
        noted = self._diagnostics
        said = self._accounts(reader)
        self._check_missing(said)
        found, owned = read_claims(self._cursors, said, values)
        secret_params, public_params = self._params(values)
        events = {values.plain(text): text for text in self._listed("allow_events")}
        allow_events = {name: text for name, text in events.items() if name is not None}
        defaults = (inner for cursor in self._cursors if (inner := cursor.map("defaults")) is not None)
        entry_reader = EntryReader(
            accounts={one.name: one.accounts for one in found},
            names=self._account_names(),
            defaults=next(defaults, Cursor()),
            secret_params=secret_params,
            allow_events=allow_events,
            values=values,
        )
        entries = tuple(self._entries(entry_reader))
        check_owned(entries, owned, noted)
        check_absent(entries, noted)
        check_unique(entries, noted)
        check_tokens_alone(found, values, self._declaration)
        values.report_unset()
        if self._is_complete:
            values.variables.check_used([cursor.values for cursor in self._cursors], noted)
        advise(entries, owned, public_params, allow_events, noted)
        accounts = tuple(account for one in found for account in one.accounts)
        return Configuration(
            accounts=accounts,
            desired=tuple(desired for entry in entries for _, desired, _ in entry.desired),
            files=tuple(cursor.document.source.name for cursor in self._cursors),
            secret_params=secret_params,
            public_params=public_params,
            allow_events=frozenset(allow_events),
            redaction=Redaction((entry.url for entry in entries), public_params, _patterns(accounts)),
        )

    def _check_shapes(self, reader: AccountReader) -> None:
        said = [(name, account.text("provider")) for name, _, account in self._holder.maps("accounts")]
        found = [(text, reader.provider(name, text)) for name, text in said]
        providers = {text.raw: provider for text, provider in found if text is not None and provider is not None}
        is_known = all(provider is not None for _, provider in found)
        usual = None if found and is_known else self._declaration(DEFAULT_PROVIDER)
        if usual is not None:
            providers.setdefault(DEFAULT_PROVIDER, usual)
        fields = (spec for provider in providers.values() for spec in provider.fields)
        self._secret_fields = frozenset(spec.name for spec in fields if spec.type is FieldType.SECRET)
        schema = compose(providers, lenient=not is_known)
        for cursor in self._cursors:
            check_shape(cursor.document, schema, self._diagnostics)

    @property
    def _holder(self) -> Cursor:
        """The file with `accounts`; one that says nothing where none has them."""
        return next((cursor for cursor in self._cursors if cursor.has("accounts")), Cursor())

    def _check_in_one_file(self) -> None:
        for key in _IN_ONE_FILE:
            spans = [cursor.key_span(key) for cursor in self._cursors if cursor.has(key)]
            for span in spans[1:]:
                message = f"`{key}` is set in two files: first at {spans[0].place}"
                self._error("key-in-two-files", span, message, _IN_ONE_FILE_HELP)

    def _check_missing(self, accounts: Iterable[FileAccount]) -> None:
        if not self._is_complete:
            return
        place = Place(file=self._cursors[0].document.source.name, line=1, column=1)
        if not any(cursor.has("webhooks") for cursor in self._cursors):
            help_ = "Add entries, or write `webhooks: {}` if there are none."
            self._error("missing-key", place, "the file has no `webhooks`", help_)
        if any(cursor.has("owns") for cursor in self._cursors):
            return
        for account in accounts:
            if account.is_default:
                self._error("missing-key", place, "the file has no `owns`", OWNS_HELP)
            elif not account.cursor.has("owns"):
                self._error("missing-key", account.where, "neither this account nor the file has `owns`", OWNS_HELP)

    def _listed(self, key: str) -> tuple[Text, ...]:
        return tuple(text for cursor in self._cursors for text in cursor.texts(key) or ())

    def _accounts(self, reader: AccountReader) -> tuple[FileAccount, ...]:
        if not self._holder.values:
            # Another file may name the accounts: nothing to be reported as missing.
            place = Place(file=self._cursors[0].document.source.name)
            usual = FileAccount(name=DEFAULT_ACCOUNT, where=place, is_default=True)
            return (reader.read(usual) if self._is_complete else usual,)
        found: list[FileAccount] = []
        count = 0
        for name, span, cursor in self._holder.maps("accounts"):
            # A colon stands between an account and its place: such a name is reported, and means nothing.
            said = FileAccount(name=name, where=span, cursor=cursor)
            found.append(said if ":" in name else reader.read(said))
            count += max(len(found[-1].accounts), 1)
            if count > MOST_ACCOUNTS:
                message = (
                    f"there are more than {MOST_ACCOUNTS} accounts, counting each repository or organization as one"
                )
                self._diagnostics.too_much(span, message, "Split them into several configurations.")
        check_distinct(found, self._diagnostics)
        return tuple(found)

    def _account_names(self) -> frozenset[str] | None:
        """The names of all accounts, those of the wrong shape too; None where they aren't known."""
        if not self._holder.values:
            return frozenset({DEFAULT_ACCOUNT}) if self._is_complete else None
        accounts = self._holder.map("accounts")
        return None if accounts is None else frozenset(accounts.values) or None

    def _entries(self, reader: EntryReader) -> Iterator[Entry]:
        seen: dict[str, Span] = {}
        for name, span, values in (found for cursor in self._cursors for found in cursor.maps("webhooks")):
            first = seen.setdefault(name, span)
            if first is not span:
                message = f"this entry's name is already used at {first.place}"
                self._error("entry-twice", span, message, "Rename one of them.")
                continue
            entry = reader.read(name, span, values)
            if entry is not None:
                yield entry

    def _params(self, values: Values) -> tuple[frozenset[str], frozenset[str]]:
        """The names of the secret query parameters, and of those that the file calls public, in lower case."""
        found: list[dict[str, Text]] = []
        for key in ("secret_params", "public_params"):
            texts = self._listed(key)
            if len(texts) > MOST_PARAMS:
                message = f"more than {MOST_PARAMS} parameters are listed"
                self._diagnostics.too_much(texts[MOST_PARAMS].span, message, "List fewer of them.")
            names = [(values.plain(text), text) for text in texts]
            found.append({name.lower(): text for name, text in names if name is not None})
        secret, public = found
        for name, text in public.items():
            if name in secret:
                message = "this parameter is also listed under `secret_params`"
                self._error("param-twice", text.span, message, "Keep it in one of the two.")
        return (BUILT_IN_SECRET_PARAMS | secret.keys()) - public.keys(), frozenset(public)


def _patterns(accounts: Iterable[Account]) -> Iterator[Pattern]:
    """Every pattern of the files: what they write in clear may be shown."""
    for account in accounts:
        yield from (pattern for pattern, _ in account.owned_patterns)
        yield from account.protect.patterns
        yield from (item.pattern for item in (*account.absent, *account.known) if item.pattern is not None)
