"""Files to a configuration, or to diagnostics that say all that is wrong with them."""

from __future__ import annotations

import gc
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from reconciler.config.accounts import AccountReader, Declaration, FileAccount, check_distinct
from reconciler.config.advice import advise
from reconciler.config.checks import check_absent, check_owned, check_tokens_alone, check_unique
from reconciler.config.cursor import Cursor, Text
from reconciler.config.diagnostics import Diagnostics, SourceText, Span, TooMuchError
from reconciler.config.excerpts import with_excerpts
from reconciler.config.files import read_files
from reconciler.config.interpolation import Values
from reconciler.config.limits import MOST_ACCOUNTS, MOST_PARAMS, MOST_VALUES
from reconciler.config.ownership import read_claims
from reconciler.config.schema import compose
from reconciler.config.shape import check_shape
from reconciler.config.template import TemplateError, parse_template, references
from reconciler.config.variables import Variables, read_env_file, read_var_file
from reconciler.config.webhooks import Entry, EntryReader
from reconciler.config.yaml_nodes import Map, Plain, Sequence, parse
from reconciler.model.configuration import DEFAULT_ACCOUNT, DEFAULT_PROVIDER, Account, Configuration
from reconciler.model.diagnostic import Diagnostic, Place
from reconciler.model.pattern import Pattern
from reconciler.model.provider import FieldType, Provider
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
_NAMED = re.compile(r"\$\{?([A-Za-z_][A-Za-z0-9_]*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What a configuration is loaded from.

    Attributes:
        files: as given: paths, folders, `-` for standard input.
        variables: `--var`.
        var_files: `--var-file`, the first wins.
        env_files: `--env-file`, the first wins.
        environment: the process's.
        allowed_hosts: `--allow-host`: exact hosts with an optional port that may get a token.
        accounts: `--account` patterns (`*` stands for anything): variables of other accounts may be unset.
        offline: for `validate`: unset variables are placeholders.
        standard_input: reads standard input to its end; called for `-` only.
    """

    files: tuple[str, ...]
    variables: Mapping[str, str]
    env_files: tuple[str, ...]
    environment: Mapping[str, str]
    allowed_hosts: frozenset[str]
    var_files: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    offline: bool = False
    standard_input: Callable[[], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """The configuration, None where there is an error, and all diagnostics in the order of place."""

    configuration: Configuration | None
    diagnostics: tuple[Diagnostic, ...]


def load(inputs: Inputs, declaration: Declaration) -> Loaded:
    """Read files, put variables in, and check everything.

    Args:
        inputs: the files and what they are read in the light of.
        declaration: gives a provider's declaration by name, None where there is no such provider.
    Returns:
        The configuration, or why there is none; never an exception for what a file or a variable holds.
    """
    with _collector_off():
        loading = _Loading(inputs, declaration)
        return loading.result(loading.configuration)


def no_file_configuration(inputs: Inputs, declaration: Declaration) -> Loaded:
    """The configuration of commands that work without a file: the account `default`, which owns nothing.

    Only the variables of the inputs are read.
    """
    loading = _Loading(inputs, declaration)
    return loading.result(loading.without_a_file)


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

    def result(self, work: Callable[[], Configuration | None]) -> Loaded:
        """What comes of some work, with all that was found in it."""
        configuration = None
        with suppress(TooMuchError):
            configuration = work()
        documents = [cursor.document for cursor in self._cursors]
        found = with_excerpts(self._diagnostics.found, self._texts, documents, self._secret_fields)
        return Loaded(configuration=None if self._diagnostics.has_errors else configuration, diagnostics=found)

    def without_a_file(self) -> Configuration:
        """The account `default`."""
        values = self._values()
        found = AccountReader(values, self._declaration).default(None)
        values.report_unset()
        return Configuration(accounts=found.accounts)

    def configuration(self) -> Configuration | None:
        """The configuration of the files; with an error among the diagnostics it is worth nothing."""
        self._texts = read_files(self._inputs.files, self._inputs.standard_input, self._diagnostics)
        all_read = not self._diagnostics.has_errors
        values = self._values()
        left = MOST_VALUES
        for text in self._texts:
            document = parse(text, self._diagnostics, left)
            if document is not None:
                self._cursors.append(Cursor(document))
                left -= document.values
        if not self._cursors:
            return None
        # A file that can't be read may hold what seems to be missing.
        self._is_complete = all_read and len(self._cursors) == len(self._texts)
        reader = AccountReader(values, self._declaration, self._inputs.allowed_hosts)
        self._check_shapes(reader)
        for key in _IN_ONE_FILE:
            self._check_in_one_file(key)
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
        check_owned(entries, owned, self._diagnostics)
        check_absent(entries, self._diagnostics)
        check_unique(entries, self._diagnostics)
        check_tokens_alone(found, values, self._declaration)
        values.report_unset()
        if self._is_complete:
            values.variables.check_used(_variables_in(self._cursors), self._diagnostics)
        advise(entries, owned, public_params, allow_events, self._diagnostics)
        accounts = tuple(account for one in found for account in one.accounts)
        return Configuration(
            accounts=accounts,
            desired=tuple(desired for entry in entries for desired, _ in entry.desired),
            files=tuple(cursor.document.source.name for cursor in self._cursors),
            secret_params=secret_params,
            public_params=public_params,
            allow_events=frozenset(allow_events),
            redaction=Redaction((entry.url for entry in entries), public_params, _patterns(accounts)),
        )

    def _values(self) -> Values:
        inputs, noted = self._inputs, self._diagnostics
        variables = Variables(
            environment=inputs.environment,
            var_files=[read_var_file(path, noted) for path in inputs.var_files],
            env_files=[read_env_file(path, noted) for path in inputs.env_files],
            options=inputs.variables,
        )
        return Values(variables, noted, inputs.accounts, offline=inputs.offline)

    def _check_shapes(self, reader: AccountReader) -> None:
        """Check all files against the schema of the providers that they name."""
        holder = next((cursor for cursor in self._cursors if cursor.map("accounts") is not None), None)
        providers: dict[str, Provider] = {}
        is_known = True
        for name, _, account in holder.maps("accounts") if holder is not None else ():
            said = account.text("provider")
            provider = reader.provider(name, said)
            is_known = is_known and provider is not None
            if said is not None and provider is not None:
                providers[said.raw] = provider
        usual = self._declaration(DEFAULT_PROVIDER) if holder is None or not is_known else None
        if usual is not None:
            providers.setdefault(DEFAULT_PROVIDER, usual)
        fields = (spec for provider in providers.values() for spec in provider.fields)
        self._secret_fields = frozenset(spec.name for spec in fields if spec.type is FieldType.SECRET)
        schema = compose(providers, lenient=not is_known)
        for cursor in self._cursors:
            check_shape(cursor.document, schema, self._diagnostics)

    def _check_in_one_file(self, key: str) -> None:
        spans = [cursor.key_span(key) for cursor in self._cursors if cursor.has(key)]
        for span in spans[1:]:
            message = f"`{key}` is set in two files: first at {spans[0].place}"
            help_ = "Keep it in one of them; only `webhooks`, `owns`, `absent` and `protect` are merged across files."
            self._error("key-in-two-files", span, message, help_)

    def _check_missing(self, accounts: Iterable[FileAccount]) -> None:
        if not self._is_complete:
            return
        place = Place(file=self._cursors[0].document.source.name, line=1, column=1)
        if not self._has("webhooks"):
            help_ = "Add entries, or write `webhooks: {}` if there are none."
            self._error("missing-key", place, "the file has no `webhooks`", help_)
        if self._has("owns"):
            return
        if not self._has("accounts"):
            self._error("missing-key", place, "the file has no `owns`", _OWNS_HELP)
        for account in accounts:
            if not account.is_default and not account.cursor.has("owns"):
                message = "neither this account nor the file has `owns`"
                self._error("missing-key", account.where, message, _OWNS_HELP)

    def _has(self, key: str) -> bool:
        return any(cursor.has(key) for cursor in self._cursors)

    def _listed(self, key: str) -> tuple[Text, ...]:
        return tuple(text for cursor in self._cursors for text in cursor.texts(key) or ())

    def _accounts(self, reader: AccountReader) -> tuple[FileAccount, ...]:
        """The accounts, in the file's order."""
        holder = next((cursor for cursor in self._cursors if cursor.has("accounts")), None)
        if holder is None:
            # Another file may name the accounts: nothing to be reported as missing.
            place = Place(file=self._cursors[0].document.source.name)
            return (reader.default(place) if self._is_complete else FileAccount(name=DEFAULT_ACCOUNT, is_default=True),)
        found: list[FileAccount] = []
        count = 0
        for name, span, cursor in holder.maps("accounts"):
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
        holder = next((cursor for cursor in self._cursors if cursor.has("accounts")), None)
        if holder is None:
            return frozenset({DEFAULT_ACCOUNT}) if self._is_complete else None
        accounts = holder.map("accounts")
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


def _variables_in(cursors: Iterable[Cursor]) -> Iterator[str]:
    """Every variable that the files have, used or not, those of broken texts too."""
    seen: set[int] = set()
    todo: list[Plain] = [cursor.values for cursor in cursors]
    while todo:
        value = todo.pop()
        if isinstance(value, str):
            if "$" in value:
                try:
                    yield from (reference.name for reference in references(parse_template(value)))
                except TemplateError:
                    yield from _NAMED.findall(value)
        elif isinstance(value, Map | Sequence) and id(value) not in seen:
            seen.add(id(value))
            todo.extend(value.values() if isinstance(value, Map) else value)


@contextmanager
def _collector_off() -> Iterator[None]:
    """Keep the cyclic collector away: nothing here makes cycles, and it would look at every value again and again."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
