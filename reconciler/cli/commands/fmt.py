"""`reconciler fmt`: files in one style."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import click
from msgspec.structs import replace

from reconciler.cli.invocation import CommandError, Invocation, command, fail
from reconciler.cli.loading import inputs_of
from reconciler.cli.options import FILE, NO_COLOR, path_completed
from reconciler.cli.writing import unwritable
from reconciler.config.diagnostics import Diagnostics, SourceText, TooMuchError
from reconciler.config.excerpts import masked_lines, secret_fields, with_excerpts
from reconciler.config.files import STANDARD_INPUT_NAME, read_files
from reconciler.config.formatting import formatted
from reconciler.config.yaml_nodes import parse
from reconciler.config.yaml_values import Document
from reconciler.model.diagnostic import ExitCode
from reconciler.operations.files import rewrite_file
from reconciler.output.escaping import visible
from reconciler.output.terminal import Style
from reconciler.providers.registry import usable

_COLORS = {"+": "green", "-": "red", "@": "cyan"}


@command(
    click.argument("paths", nargs=-1, metavar="[PATH]...", shell_complete=path_completed),
    FILE,
    click.option("--check", is_flag=True, help="Change nothing; exit with 1 if a file isn't formatted."),
    click.option("--diff", is_flag=True, help="Change nothing; show what would change. Exits like --check."),
    NO_COLOR,
    examples="""
    reconciler fmt
    reconciler fmt hooks/*.yaml

    # In a pipeline
    reconciler fmt --check --diff

    # In an editor
    reconciler fmt - < webhooks.yaml
    """,
)
def fmt_command(invocation: Invocation, paths: tuple[str, ...], *, check: bool, diff: bool) -> int:
    """Rewrite files in one style, and print the names of those that changed. `-` formats standard input.

    The style: two spaces per level, lists indented below their key, no other spaces than needed. Comments, quotes,
    anchors, empty lines and the order stay. Only white space changes (and commas after the last item of a list):
    what the file means is compared before it is written, and a file that can't be formatted safely is left alone.

    Exits with 0, with --check or --diff with 1 if a file isn't formatted (2 is only for changes at the provider), and
    with 1 on any error; then no file is changed.
    """
    invocation.options = replace(invocation.options, files=(*invocation.options.files, *paths))
    inputs, noted = inputs_of(invocation), Diagnostics()
    texts = read_files(inputs.files, inputs.standard_input, noted)
    documents, results = list[Document](), list[tuple[Document, Document]]()
    with suppress(TooMuchError):
        documents += (document for text in texts if (document := parse(text, noted)) is not None)
        results += ((old, new) for old in documents if (new := formatted(old, noted)) is not None)
    if noted.errors:
        found = with_excerpts(noted.found, texts, documents, secret_fields(usable().values()))
        raise CommandError([one for one in found if one.is_error])
    changed = [(old, new) for old, new in results if new.source.text != old.source.text]
    if check or diff:
        _show(invocation, changed, with_diff=diff)
        return ExitCode.ERROR if changed else ExitCode.DONE
    for old, new in results:
        _write(invocation, old.source, new.source)
    return ExitCode.DONE


def _show(invocation: Invocation, changed: list[tuple[Document, Document]], *, with_diff: bool) -> None:
    streams = invocation.streams
    secrets = secret_fields(usable().values()) if with_diff else frozenset()
    for old, new in changed:
        lines = _diff_lines(old, new, secrets, Style(streams.out_color)) if with_diff else [visible(old.source.name)]
        for line in lines:
            streams.print_result(line)
    if changed:
        files, them = ("1 file isn't", "it") if len(changed) == 1 else (f"{len(changed)} files aren't", "them")
        streams.print_message(f"{files} formatted. `reconciler fmt` formats {them}.")


def _diff_lines(old: Document, new: Document, secrets: frozenset[str], style: Style) -> Iterator[str]:
    """What would change, with secrets masked as diagnostics do."""
    before, after = (masked_lines(document, secrets) for document in (old, new))
    name = old.source.name
    for line in difflib.unified_diff(before, after, name, f"{name} (formatted)", lineterm=""):
        color = _COLORS.get(line[:1])
        yield style.paint(visible(line), *([color] if color else []))


def _write(invocation: Invocation, source: SourceText, new: SourceText) -> None:
    """Write a file that changes and name it, or what came from standard input to standard output."""
    if source.name == STANDARD_INPUT_NAME:
        invocation.streams.print_file(new.text)
        return
    if new.text != source.text:
        try:
            rewrite_file(Path(source.name), new.text)
        except OSError as error:
            fail(unwritable(error), "Check the permissions of the file and its folder.", code="output-file")
        invocation.streams.print_result(visible(source.name))
