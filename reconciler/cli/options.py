"""The options that several commands share, each group as one typed value."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar, cast

import click

from reconciler.output.formats import FORMATS

_Command = TypeVar("_Command", bound=Callable[..., int])

DEFAULT_FILE = "webhooks.yaml"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputOptions:
    """How a command talks.

    Attributes:
        format: one of the table in `output.formats`.
        color: False forbids colour.
        verbosity: how often `-v` was given, less how often `-q` was.
    """

    format: str
    color: bool
    verbosity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FileOptions:
    """Which files, and what their variables say.

    Attributes:
        files: as given; empty where nothing was.
        variables: of `--var`.
        var_files: of `--var-file`; the first wins.
        env_files: the first wins.
        allowed_hosts: hosts that may get a token.
    """

    files: tuple[str, ...]
    variables: Mapping[str, str]
    var_files: tuple[str, ...]
    env_files: tuple[str, ...]
    allowed_hosts: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterOptions:
    """What narrows a run.

    Attributes:
        accounts: patterns of `--account`.
        targets: addresses of `--target`.
        allow_losses: of `--allow-losses`.
    """

    accounts: tuple[str, ...]
    targets: tuple[str, ...]
    allow_losses: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyOptions:
    """How a plan is carried out.

    Attributes:
        auto_approve: whether to go on without asking.
        parallelism: how many changes are worked on at once.
        backup: where to write the account as it is, before the first change.
    """

    auto_approve: bool
    parallelism: int
    backup: Path | None


class OutputPath(click.Path):
    """A file that a command writes, as a `Path`; `-` stands for standard output elsewhere, and here for a mistake."""

    def __init__(self) -> None:
        super().__init__(dir_okay=False, path_type=Path)

    def convert(
        self, value: str | os.PathLike[str], param: click.Parameter | None, ctx: click.Context | None
    ) -> str | bytes | os.PathLike[str]:
        """The path, or a complaint."""
        if os.fspath(value) in ("", "-"):
            self.fail("give a file name: standard output can't be used here", param, ctx)
        return super().convert(value, param, ctx)


def output_options(command: _Command) -> _Command:
    """Give a command `output: OutputOptions`."""
    return _format(talk_options(command))


def talk_options(command: _Command) -> _Command:
    """Give a command `output: OutputOptions`, where its results have one format only."""
    command = _packed(command, "output", _output)
    for option in (
        click.option("--no-color", is_flag=True, help="Disable colors, also on terminals (like NO_COLOR)."),
        click.option("-v", "--verbose", count=True, help="Show more details; -vv logs every call."),
        click.option("-q", "--quiet", count=True, help="Show less: no waits and no progress."),
    ):
        command = option(command)
    return command


_format = click.option("--format", "format_", type=click.Choice(list(FORMATS)), default="text", show_default=True,
                       help="Output format.")  # fmt: skip


def file_options(command: _Command) -> _Command:
    """Give a command `inputs: FileOptions`."""
    command = _packed(command, "inputs", _files)
    for option in (
        click.option("-f", "--file", "file", multiple=True, metavar="PATH",
                     help=f"A file, a folder of files, or - for standard input. Repeatable. [default: {DEFAULT_FILE}]"),
        click.option("--var", "var", multiple=True, metavar="NAME=VALUE", callback=_name_values,
                     help="Set a variable to a plain value, not a secret. Repeatable."),
        click.option("--var-file", "var_file", multiple=True, metavar="FILE",
                     help=(
                         "A file of such variables: NAME: value (YAML) or NAME=value lines. Repeatable; the first "
                         "wins."
                     )),
        click.option("--env-file", "env_file", multiple=True, metavar="FILE",
                     help="A file of variables, used after the environment. Repeatable; the first wins."),
        click.option("--allow-host", "allow_host", multiple=True, metavar="HOST",
                     help="Another host (HOST or HOST:PORT) that tokens may be sent to. Repeatable."),
    ):  # fmt: skip
        command = option(command)
    return command


def account_options(command: _Command) -> _Command:
    """Give a command `filters: FilterOptions`, of which it takes `--account` alone."""
    return _account(_packed(command, "filters", _filters))


def target_options(command: _Command) -> _Command:
    """Give a command `filters: FilterOptions`, of which it takes `--account` and `--target`."""
    return _account(_target(_packed(command, "filters", _filters)))


def filter_options(command: _Command) -> _Command:
    """Give a command `filters: FilterOptions`: `--account`, `--target` and `--allow-losses`."""
    return _account(_target(_losses(_packed(command, "filters", _filters))))


_account = click.option("--account", "account", multiple=True, metavar="NAME",
                        help="Only these accounts; * matches anything. Repeatable.")  # fmt: skip
_target = click.option("--target", "target", multiple=True, metavar="ADDRESS",
                       help="Only these webhooks: orders, or orders[track_updated]; * as above.")  # fmt: skip
_losses = click.option("--allow-losses", "allow_losses", type=click.IntRange(min=0), metavar="N",
                       help="Allow each account to lose events at N endpoints.")  # fmt: skip


def apply_options(command: _Command) -> _Command:
    """Give a command `applying: ApplyOptions`."""
    command = _packed(command, "applying", _applying)
    for option in (
        click.option("--auto-approve", "auto_approve", is_flag=True, help="Don't ask for approval."),
        click.option("--parallelism", "parallelism", type=click.IntRange(1, 64), default=10, show_default=True,
                     metavar="N", help="How many changes are made at once."),
        click.option("--backup", "backup", type=OutputPath(), metavar="FILE",
                     help="First save the owned webhooks to FILE and FILE.env, so that they can be restored."),
    ):  # fmt: skip
        command = option(command)
    return command


def _packed(command: _Command, name: str, pack: Callable[[dict[str, Any]], object]) -> _Command:
    """The command with a group's options packed into one argument."""

    @wraps(command)
    def unpacked(**given: Any) -> int:  # noqa: ANN401 - what click parsed
        given[name] = pack(given)
        return command(**given)

    return cast("_Command", unpacked)


def _output(given: dict[str, Any]) -> OutputOptions:
    verbosity = given.pop("verbose") - given.pop("quiet")
    return OutputOptions(format=given.pop("format_", "text"), color=not given.pop("no_color"), verbosity=verbosity)


def _files(given: dict[str, Any]) -> FileOptions:
    return FileOptions(
        files=given.pop("file"),
        variables=given.pop("var"),
        var_files=given.pop("var_file"),
        env_files=given.pop("env_file"),
        allowed_hosts=frozenset(given.pop("allow_host")),
    )


def _filters(given: dict[str, Any]) -> FilterOptions:
    return FilterOptions(
        accounts=given.pop("account"),
        targets=given.pop("target", ()),
        allow_losses=given.pop("allow_losses", None),
    )


def _applying(given: dict[str, Any]) -> ApplyOptions:
    return ApplyOptions(
        auto_approve=given.pop("auto_approve"), parallelism=given.pop("parallelism"), backup=given.pop("backup")
    )


def _name_values(context: click.Context, option: click.Parameter, values: tuple[str, ...]) -> Mapping[str, str]:
    """`NAME=VALUE` of `--var` as a mapping. The value is quoted in no complaint."""
    del context, option
    found: dict[str, str] = {}
    for value in values:
        name, equals, text = value.partition("=")
        if not equals or not _NAME.fullmatch(name):
            raise click.BadParameter("write it as NAME=VALUE, where NAME has only letters, digits and _")
        if name in found:
            raise click.BadParameter(f"{name} is given twice")
        found[name] = text
    return found
