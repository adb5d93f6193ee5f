"""Files to a configuration, or to diagnostics that say all that is wrong with them."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from reconciler.config.accounts import default_account
from reconciler.config.advice import advise
from reconciler.config.bounds import MOST_VALUES
from reconciler.config.build import build
from reconciler.config.complaints import Complaints, TooMuch
from reconciler.config.context import Context
from reconciler.config.document import decode, parse
from reconciler.config.env_file import read_env_file
from reconciler.config.excerpt import with_excerpts
from reconciler.config.interpolate import Interpolator
from reconciler.config.merge import merge
from reconciler.config.plain import Document
from reconciler.config.schema import Shape, check_shape
from reconciler.config.sources import read_sources
from reconciler.config.spot import SourceText
from reconciler.config.unused import check_used
from reconciler.config.var_file import PlainValue, read_var_file
from reconciler.config.variables import Variables, VariableSources
from reconciler.model.configuration import Configuration
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.provider import Provider


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


def load(inputs: Inputs, declaration: Callable[[str], Provider | None]) -> Loaded:
    """Read files, put variables in, and check everything.

    Args:
        inputs: the files and what they are read in the light of.
        declaration: gives a provider's declaration by name, None where there is no such provider.
    Returns:
        The configuration, or why there is none; never an exception for what a file or a variable holds.
    """
    with _collector_off():
        return _load(inputs, declaration)


def no_file_configuration(inputs: Inputs, declaration: Callable[[str], Provider | None]) -> Loaded:
    """The configuration of commands that work without a file: the account `default`, which owns nothing.

    Args:
        inputs: where the token's variable comes from; its files aren't read.
        declaration: as for `load`.
    """
    complaints = Complaints()
    configuration = None
    with suppress(TooMuch):
        context = _context(inputs, declaration, complaints, _read_var_files(inputs, complaints))
        account = default_account(context, None)
        context.interpolator.complain_of_unset()
        configuration = Configuration(accounts=(account,)) if account is not None else None
    return Loaded(
        configuration=None if complaints.has_errors else configuration, diagnostics=with_excerpts(complaints.found, ())
    )


def _load(inputs: Inputs, declaration: Callable[[str], Provider | None]) -> Loaded:
    complaints = Complaints()
    texts: list[SourceText] = []
    documents: list[Document] = []
    configuration = None
    with suppress(TooMuch):
        configuration = _configuration(inputs, declaration, complaints, texts, documents)
    return Loaded(
        configuration=None if complaints.has_errors else configuration,
        diagnostics=with_excerpts(complaints.found, tuple(texts), tuple(documents)),
    )


def _configuration(
    inputs: Inputs,
    declaration: Callable[[str], Provider | None],
    complaints: Complaints,
    texts: list[SourceText],
    documents: list[Document],
) -> Configuration | None:
    """The configuration, as good as it could be built; texts and documents get what could be read of the files."""
    sources = read_sources(inputs.files, inputs.standard_input, complaints)
    all_read = not complaints.has_errors
    var_files = _read_var_files(inputs, complaints)
    context = _context(inputs, declaration, complaints, var_files)
    shapes: list[Shape] = []
    left = MOST_VALUES
    for source in sources:
        text = decode(source, complaints)
        if text is None:
            continue
        texts.append(text)
        document = parse(text, complaints, left)
        if document is not None:
            documents.append(document)
            left -= document.values
            shapes.append(check_shape(document, complaints))
    if not documents:
        return None
    # A file that can't be read may hold what seems to be missing.
    complete = all_read and len(documents) == len(sources)
    checked = tuple(zip(documents, shapes, strict=True))
    built = build(merge(checked, complaints, complete=complete), context)
    if complete:
        places = {name: value.place for values in var_files for name, value in values.items()}
        check_used({**places, **dict.fromkeys(inputs.variables)}, documents, complaints)
    advise(built, complaints)
    return built.configuration


def _read_var_files(inputs: Inputs, complaints: Complaints) -> tuple[Mapping[str, PlainValue], ...]:
    return tuple(read_var_file(path, complaints) for path in inputs.var_files)


def _context(
    inputs: Inputs,
    declaration: Callable[[str], Provider | None],
    complaints: Complaints,
    var_files: tuple[Mapping[str, PlainValue], ...],
) -> Context:
    variables = Variables(
        VariableSources(
            options=inputs.variables,
            var_files=tuple({name: value.text for name, value in values.items()} for values in var_files),
            environment=inputs.environment,
            env_files=tuple(read_env_file(path, complaints) for path in inputs.env_files),
        )
    )
    return Context(
        complaints=complaints,
        interpolator=Interpolator(variables, complaints),
        declaration=declaration,
        allowed_hosts=inputs.allowed_hosts,
        selected=inputs.accounts,
        offline=inputs.offline,
    )


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
