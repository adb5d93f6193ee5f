"""The man page, made of the same helps and topics that the commands print."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Iterator

import click

from reconciler import __version__
from reconciler.cli.command import Command
from reconciler.cli.main import COMMANDS, reconciler
from reconciler.cli.topics import TOPICS, topic_text

SECTIONS = {"exit-codes": "EXIT STATUS"}
"""What sections of topics are called in man pages, where not as here."""


def manpage() -> str:
    """The page `reconciler(1)`, in the macros that every man understands."""
    context = click.Context(reconciler, info_name="reconciler")
    context.help_option_names = ["-h", "--help"]
    lines = [f'.TH RECONCILER 1 "" "reconciler {__version__}" "User Commands"', ".nh", ".ad l", ".SH NAME"]
    lines += ["reconciler \\- keep webhooks as code", ".SH SYNOPSIS", *_usage(context), ".SH DESCRIPTION"]
    lines += [*_paragraphs(reconciler.help), ".SH OPTIONS", *_options(context), ".SH COMMANDS"]
    for name in COMMANDS:
        command = reconciler.get_command(context, name)
        assert isinstance(command, Command)
        inner = click.Context(command, info_name=name, parent=context)
        lines += [f'.SS "reconciler {name}"', *_usage(inner), *_paragraphs(command.help), *_options(inner)]
        lines += [*_paragraphs(command.epilog), ".PP", "Examples:", *_as_printed(command.examples)]
    for name in TOPICS:
        text = textwrap.dedent(topic_text(name))
        lines += [f'.SH "{SECTIONS.get(name, name.upper())}"', *_as_printed(text.splitlines())]
    return re.sub(r"(?m)^(\.S[HS] .*\n)\.PP\n", r"\1", "\n".join(lines) + "\n")


def _usage(context: click.Context) -> Iterator[str]:
    yield from (".PP", f".B {context.command_path}")
    yield _escaped(" ".join(context.command.collect_usage_pieces(context)))


def _options(context: click.Context) -> Iterator[str]:
    for option in context.command.get_params(context):
        record = option.get_help_record(context) if isinstance(option, click.Option) else None
        if record is not None:
            yield from (".TP", f".B {_escaped(record[0])}", _escaped(record[1]))


def _paragraphs(text: str | None) -> Iterator[str]:
    """A help's paragraphs; those that click is told to leave alone, as they stand."""
    for paragraph in filter(None, inspect.cleandoc(text or "").split("\n\n")):
        if paragraph.startswith("\b"):
            yield from _as_printed(paragraph.split("\n")[1:])
        else:
            yield from (".PP", _escaped(" ".join(paragraph.split())))


def _as_printed(lines: list[str] | tuple[str, ...]) -> Iterator[str]:
    yield from (".PP", ".nf", *map(_escaped, lines), ".fi")


def _escaped(text: str) -> str:
    """Text that no macro is made of, and whose hyphens can be copied."""
    return re.sub(r"^(?=[.'])", r"\\&", text.replace("\\", "\\e").replace("-", "\\-"))
