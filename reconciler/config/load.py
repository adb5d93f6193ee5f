"""Files to a configuration, or to diagnostics that say all that is wrong with them."""

from __future__ import annotations

import gc
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from reconciler.config.accounts import (
    DEFAULT_ACCOUNT,
    DEFAULT_PROVIDER,
    AccountReader,
    Declaration,
    FileAccount,
    check_distinct,
)
from reconciler.config.advice import advise
from reconciler.config.checks import check_absent, check_owned, check_tokens_alone, check_unique
from reconciler.config.cursor import Cursor, Text
from reconciler.config.diagnostics import Diagnostics, SourceText, Span, TooMuchError
from reconciler.config.excerpts import with_excerpts
from reconciler.config.files import read_files
from reconciler.config.interpolation import Interpolation
from reconciler.config.limits import MOST_ACCOUNTS, MOST_PARAMS, MOST_VALUES
from reconciler.config.ownership import Claims, check_kinds, read_claims
from reconciler.config.schema import check_shape, compose
from reconciler.config.template import TemplateError, parse_template, references
from reconciler.config.variables import Variables, VariableSources, read_env_file, read_var_file
from reconciler.config.webhooks import Entry, EntryContext, EntryReader
from reconciler.config.yaml_nodes import Document, Map, Plain, parse
from reconciler.config.yaml_nodes import Sequence as Items
from reconciler.model.configuration import Account, Configuration
from reconciler.model.diagnostic import Diagnostic, Place
from reconciler.model.pattern import Pattern
from reconciler.model.provider import FieldType, Provider
from reconciler.model.showing import Showing
from reconciler.model.url import BUILT_IN_SECRET_PARAMS

_IN_ONE_FILE = (
    *("accounts", "unmanaged", "known", "limits", "defaults"),
    *("secret_params", "public_params", "allow_events"),
)
_OWNS_HELP = (
    "Add the URL patterns this configuration is responsible for, such as `https://hooks.example.com/shippo/*`; "
    "what they match and the file doesn't name is deleted."
)


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
    """What became of it.

    Attributes:
        configuration: None where there is an error.
        diagnostics: all of them, in the order of place.
    """

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

    Args:
        inputs: where the token's variable comes from; its files aren't read.
        declaration: as for `load`.
    """
    loading = _Loading(inputs, declaration)
    return loading.result(loading.without_a_file)


class _Loading:
    """One load, and what it has come to know."""

    def __init__(self, inputs: Inputs, declaration: Declaration) -> None:
        self._inputs = inputs
        self._declaration = declaration
        self._diagnostics = Diagnostics()
        self._texts: tuple[SourceText, ...] = ()
        self._documents: list[Document] = []
        self._secret_fields: frozenset[str] = frozenset()

    def result(self, work: Callable[[], Configuration | None]) -> Loaded:
        """What comes of some work, with all that was found in it."""
        configuration = None
        with suppress(TooMuchError):
            configuration = work()
        return Loaded(
            configuration=None if self._diagnostics.has_errors else configuration,
            diagnostics=with_excerpts(
                self._diagnostics.found, self._texts, tuple(self._documents), self._secret_fields
            ),
        )

    def without_a_file(self) -> Configuration:
        """The account `default`."""
        interpolation = self._interpolation(self._variables())
        found = AccountReader(interpolation, self._declaration).default(None)
        interpolation.report_unset()
        return Configuration(accounts=found.accounts)

    def configuration(self) -> Configuration | None:
        """The configuration of the files, as good as it could be built."""
        self._texts = read_files(self._inputs.files, self._inputs.standard_input, self._diagnostics)
        all_read = not self._diagnostics.has_errors
        variables = self._variables()
        left = MOST_VALUES
        for text in self._texts:
            document = parse(text, self._diagnostics, left)
            if document is not None:
                self._documents.append(document)
                left -= document.values
        if not self._documents:
            return None
        # A file that can't be read may hold what seems to be missing.
        is_complete = all_read and len(self._documents) == len(self._texts)
        interpolation = self._interpolation(variables)
        accounts = AccountReader(interpolation, self._declaration, self._inputs.allowed_hosts)
        cursors = [Cursor(document) for document in self._documents]
        self._check_shapes(cursors, accounts)
        build = _Building(cursors, interpolation, is_complete=is_complete)
        configuration = build.configuration(accounts, self._declaration)
        if is_complete:
            variables.check_used(_variables_in(self._documents), self._diagnostics)
        advise(build.entries, build.claims, configuration.public_params, build.allow_events, self._diagnostics)
        return configuration

    def _variables(self) -> Variables:
        inputs = self._inputs
        return Variables(
            VariableSources(
                options=inputs.variables,
                var_files=tuple(read_var_file(path, self._diagnostics) for path in inputs.var_files),
                environment=inputs.environment,
                env_files=tuple(read_env_file(path, self._diagnostics) for path in inputs.env_files),
            )
        )

    def _interpolation(self, variables: Variables) -> Interpolation:
        return Interpolation(variables, self._diagnostics, self._inputs.accounts, offline=self._inputs.offline)

    def _check_shapes(self, cursors: Sequence[Cursor], accounts: AccountReader) -> None:
        """Check all files against the schema of the providers that they name."""
        holder = next((found for cursor in cursors if (found := cursor.map("accounts")) is not None), None)
        providers: dict[str, Provider] = {}
        is_known = True
        for name, account in holder.maps() if holder is not None else ():
            said = account.text("provider")
            provider = accounts.provider(name, said)
            is_known = is_known and provider is not None
            if said is not None and provider is not None:
                providers[said.raw] = provider
        usual = self._declaration(DEFAULT_PROVIDER) if holder is None else None
        if usual is not None:
            providers[DEFAULT_PROVIDER] = usual
        fields = (spec for provider in providers.values() for spec in provider.fields)
        self._secret_fields = frozenset(spec.name for spec in fields if spec.type is FieldType.SECRET)
        schema = compose(providers, lenient=not is_known)
        for cursor in cursors:
            check_shape(cursor.document, schema, self._diagnostics)


class _Building:
    """Builds the configuration of all files together; with an error among the diagnostics it is worth nothing.

    Attributes:
        entries: the entries that could be read.
        claims: what accounts claim, by the file's names of them.
        allow_events: the events that are allowed though no provider is known to have them, and where each is named.
    """

    def __init__(self, cursors: Sequence[Cursor], interpolation: Interpolation, *, is_complete: bool) -> None:
        self.entries: tuple[Entry, ...] = ()
        self.claims: dict[str, Claims] = {}
        self.allow_events: dict[str, Text] = {}
        self._cursors = cursors
        self._interpolation = interpolation
        self._diagnostics = interpolation.diagnostics
        self._is_complete = is_complete
        self._holder = next((cursor for cursor in cursors if cursor.has("accounts")), None)

    def configuration(self, reader: AccountReader, declaration: Declaration) -> Configuration:
        """The configuration."""
        for key in _IN_ONE_FILE:
            self._check_in_one_file(key)
        found = self._accounts(reader)
        self._check_missing(found)
        self.claims = read_claims(self._cursors, found, self._interpolation)
        accounts = {one.name: tuple(map(self.claims[one.name].of, one.accounts)) for one in found}
        secret_params, public_params = self._params()
        events = {self._interpolation.for_all.plain(text): text for text in self._texts("allow_events")}
        self.allow_events = {name: text for name, text in events.items() if name is not None}
        check_kinds(found, self.claims, self._diagnostics)
        context = EntryContext(
            accounts=accounts,
            names=self._account_names(),
            defaults=next((inner for cursor in self._cursors if (inner := cursor.map("defaults")) is not None), None),
            secret_params=secret_params,
            allow_events=frozenset(self.allow_events),
        )
        self.entries = tuple(self._entries(EntryReader(context, self._interpolation)))
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
            showing=Showing((entry.url for entry in self.entries), public_params, _patterns(all_accounts)),
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
                    f"`{key}` stands in two files: first at {first.place}",
                    "Keep it in one of them; only `webhooks`, `owns`, `absent` and `protect` add up.",
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
                "Add entries, or `webhooks: {}` where there are to be none.",
            )
        if any(cursor.has("owns") for cursor in self._cursors):
            return
        if self._holder is None:
            self._diagnostics.error("missing-key", place, "the file has no `owns`", _OWNS_HELP)
        for account in accounts:
            if account.cursor is not None and not account.cursor.has("owns"):
                message = "neither this account nor the file has `owns`"
                self._diagnostics.error("missing-key", account.where, message, _OWNS_HELP)

    def _accounts(self, reader: AccountReader) -> tuple[FileAccount, ...]:
        """The accounts, in the file's order."""
        if self._holder is None:
            # Another file may name the accounts: nothing to be reported as missing.
            place = Place(file=self._cursors[0].document.source.name)
            return (reader.default(place) if self._is_complete else FileAccount(name=DEFAULT_ACCOUNT),)
        inner = self._holder.map("accounts")
        written = [] if inner is None else [(name, inner.key_span(name), cursor) for name, cursor in inner.maps()]
        if len(written) > MOST_ACCOUNTS:
            _, span, _ = written[MOST_ACCOUNTS]
            message = f"there are more than {MOST_ACCOUNTS} accounts"
            self._diagnostics.too_much(span, message, "Write several configurations.")
        found = tuple(reader.read(*account) for account in written)
        check_distinct(found, self._diagnostics)
        return found

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
                    message = f"this entry's name is taken: first at {first.place}"
                    self._diagnostics.error("entry-twice", span, message, "Give it another name.")
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
                message = f"more than {MOST_PARAMS} parameters are named"
                self._diagnostics.too_much(texts[MOST_PARAMS].span, message, "Name fewer of them.")
            names = [(self._interpolation.for_all.plain(text), text) for text in texts]
            found.append({name.lower(): text for name, text in names if name is not None})
        secret, public = found
        for name, text in public.items():
            if name in secret:
                message = "this parameter is named under `secret_params` too"
                self._diagnostics.error("param-twice", text.span, message, "Keep it in one of the two.")
        return (BUILT_IN_SECRET_PARAMS | secret.keys()) - public.keys(), frozenset(public)


def _patterns(accounts: Iterable[Account]) -> Iterator[Pattern]:
    """Every pattern of the files: what they write in clear may be shown."""
    for account in accounts:
        yield from (pattern for pattern, _ in account.owned_patterns)
        yield from account.protect.patterns
        yield from (item.pattern for item in (*account.absent, *account.known) if item.pattern is not None)


def _variables_in(documents: Iterable[Document]) -> Iterator[str]:
    """Every variable that the files have, used or not, those of broken texts too."""
    seen: set[int] = set()
    todo: list[Plain] = [document.root for document in documents]
    while todo:
        value = todo.pop()
        if isinstance(value, str):
            if "$" in value:
                try:
                    yield from (reference.name for reference in references(parse_template(value)))
                except TemplateError:
                    yield from _NAMED.findall(value)
        elif isinstance(value, Map | Items) and id(value) not in seen:
            seen.add(id(value))
            todo.extend(value.values() if isinstance(value, Map) else value)


_NAMED = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)")


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
