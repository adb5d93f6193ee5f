"""Files to a configuration, or to diagnostics that say all that is wrong with them."""

from __future__ import annotations

import gc
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from reconciler.config.accounts import AccountReader, Declaration
from reconciler.config.advice import advise
from reconciler.config.build import Builder
from reconciler.config.cursor import Cursor
from reconciler.config.diagnostics import Diagnostics, SourceText, TooMuchError
from reconciler.config.excerpts import with_excerpts
from reconciler.config.files import read_files
from reconciler.config.interpolation import Interpolation
from reconciler.config.limits import MOST_VALUES
from reconciler.config.schema import check_shape, compose
from reconciler.config.template import TemplateError, parse_template, references
from reconciler.config.variables import Variables, VariableSources, read_env_file, read_var_file
from reconciler.config.yaml_nodes import Document, Map, Plain, parse
from reconciler.config.yaml_nodes import Sequence as Items
from reconciler.model.configuration import DEFAULT_PROVIDER, Configuration
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.provider import FieldType, Provider


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
        build = Builder(cursors, interpolation, is_complete=is_complete)
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
        usual = self._declaration(DEFAULT_PROVIDER) if holder is None or not is_known else None
        if usual is not None:
            providers.setdefault(DEFAULT_PROVIDER, usual)
        fields = (spec for provider in providers.values() for spec in provider.fields)
        self._secret_fields = frozenset(spec.name for spec in fields if spec.type is FieldType.SECRET)
        schema = compose(providers, lenient=not is_known)
        for cursor in cursors:
            check_shape(cursor.document, schema, self._diagnostics)


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


_NAMED = re.compile(r"\$\{?([A-Za-z_][A-Za-z0-9_]*)")


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
