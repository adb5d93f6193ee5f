"""The options that several commands share: in groups, and as one typed value."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import click
from msgspec import Struct, field

from reconciler.arguments import MOST_PARALLEL
from reconciler.output.escaping import shell_word, visible
from reconciler.output.formats import FORMATS, LIST_FORMATS, PLAN_FORMATS, REPORT_FORMATS

DEFAULT_FILE = "webhooks.yaml"
APPLYING = ("apply", "destroy")
"""The commands that change something."""
LOOKING = ("validate", "plan", "drift")
"""The commands that look whether all is well."""
REPORTING = (*APPLYING, *LOOKING, "show", "merge-reports")
"""The commands with `--report`."""
COMPLETION_SHELLS = ("bash", "zsh", "fish")
COMPLETION_VARIABLE = "_RECONCILER_COMPLETE"
"""What a completion script asks with: `bash_complete`, say."""
_SHARD = r"([0-9]{1,4})/([0-9]{1,3}|1000)"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
Function = Callable[..., int]
Option = Callable[[Function], Function]


class Options(Struct, frozen=True, kw_only=True):
    """What the shared options say; those that a command doesn't have say what stands here."""

    files: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    var_files: tuple[str, ...] = ()
    env_files: tuple[str, ...] = ()
    base_url: str | None = None
    allowed_hosts: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    shard: str | None = None
    targets: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    allow_unset: bool = False
    allowed_losses: int | None = None
    destroy: bool = False
    fail_on_unmanaged: bool = False
    auto_approve: bool = False
    parallelism: int = 10
    backup: Path | None = None
    resend_secrets: bool = False
    sink_file: Path | None = None
    sink_command: str | None = None
    format: str = "text"
    reports: Mapping[Path, str] = field(default_factory=dict)
    show_unmanaged: bool = False
    no_color: bool = False
    verbose: int = 0
    quiet: int = 0


def options_of_url(options: Options) -> Iterator[str]:
    """What the next command needs to use the same URL: no file says these options."""
    if options.base_url is not None:
        yield f"--base-url {shell_word(options.base_url)}"
    yield from (f"--allow-host {shell_word(host)}" for host in options.allowed_hosts)


def output_path(name: str, help_: str, *field_name: str) -> Option:
    """An option for a file that a command writes; `-` stands for standard output elsewhere, and here for a mistake."""

    def checked(_context: click.Context, _option: click.Parameter, value: str | None) -> Path | None:
        if value in ("", "-"):
            raise click.BadParameter("give a file name: standard output can't be used here")
        return None if value is None else Path(value)

    return click.option(
        name, *field_name, type=click.Path(dir_okay=False), metavar="FILE", callback=checked, help=help_
    )


def _name_values(_context: click.Context, _option: click.Parameter, values: tuple[str, ...]) -> Mapping[str, str]:
    """`NAME=VALUE` of `--var` as a mapping. The value is quoted in no complaint."""
    found: dict[str, str] = {}
    for value in values:
        name, equals, text = value.partition("=")
        if not equals or not _NAME.fullmatch(name):
            raise click.BadParameter("write it as NAME=VALUE, where NAME has only letters, digits and _")
        if name in found:
            raise click.BadParameter(f"{name} is given twice")
        found[name] = text
    return found


def reports_of(values: Iterable[str]) -> Mapping[Path, str]:
    """What can be read of values of `--report`, which are `FORMAT=FILE`, as a mapping from path to format."""
    pairs = (value.partition("=") for value in values)
    return {Path(text): name for name, _, text in pairs if name in REPORT_FORMATS and text not in ("", "-")}


def overwriting(reports: Collection[Path], names: Iterable[str]) -> list[Path]:
    """The reports that would overwrite one of these files, or a file of one of these folders, or another report."""
    found = list[Path]()
    taken = {_real(name) for name in names if name != "-"} - {""} if reports else set()
    for path in reports:
        here = _real(path)
        is_read = path.suffix in (".yaml", ".yml") and os.path.dirname(here) in taken  # noqa: PTH120
        if here in taken or is_read:
            found.append(path)
        elif not os.path.exists(here) or os.path.isfile(here):  # noqa: PTH110, PTH113 - a device takes several
            taken.add(here)
    return found


def _real(name: str | Path) -> str:
    """Where a name leads; nowhere where it can't, which is said when it is used."""
    try:
        return os.path.realpath(name)
    except (OSError, ValueError):
        return ""


def _format_files(context: click.Context, _option: click.Parameter, values: tuple[str, ...]) -> Mapping[Path, str]:
    found: dict[Path, str] = {}
    for value in values:
        name, _, text = value.partition("=")
        if not reports_of([value]):
            raise click.BadParameter(f"write it as FORMAT=FILE, where FORMAT is one of {', '.join(REPORT_FORMATS)}")
        if name == "prometheus" and context.info_name != "drift":
            raise click.BadParameter("`prometheus` is for `drift`, which says how things are when it ends")
        if Path(text) in found:
            raise click.BadParameter(f"{visible(text)} is given twice")
        found[Path(text)] = name
    return found


def _shard(_context: click.Context, _option: click.Parameter, value: str | None) -> str | None:
    found = None if value is None else re.fullmatch(_SHARD, value)
    if value is not None and (found is None or not 1 <= int(found[1]) <= int(found[2])):
        raise click.BadParameter("write it as I/N, such as 2/8, where I is from 1 to N, and N is 1000 at most")
    return None if found is None else f"{int(found[1])}/{int(found[2])}"


def _accounts_completed(context: click.Context, _option: click.Parameter, incomplete: str) -> list[Any]:
    from reconciler.cli.completion import account_names  # noqa: PLC0415 - reads files

    return account_names(context, incomplete)


def _addresses_completed(context: click.Context, _option: click.Parameter, incomplete: str) -> list[Any]:
    from reconciler.cli.completion import addresses  # noqa: PLC0415 - reads files

    return addresses(context, incomplete)


def path_completed(_context: click.Context, _option: click.Parameter, incomplete: str) -> list[Any]:
    """Leaves a path to the shell."""
    from click.shell_completion import CompletionItem  # noqa: PLC0415 - only to complete

    return [CompletionItem(incomplete, type="file")]


# fmt: off
FILE = click.option("-f", "--file", "files", multiple=True, metavar="PATH", shell_complete=path_completed,
                    help=f"A file, a folder of files, or - for standard input. Repeatable. [default: {DEFAULT_FILE}]")
FILES = (
    FILE,
    click.option("--var", "variables", multiple=True, metavar="NAME=VALUE", callback=_name_values,
                 help="Set a variable to a plain value, not a secret. Repeatable."),
    click.option("--var-file", "var_files", multiple=True, metavar="FILE", shell_complete=path_completed,
                 help="A file of plain values: NAME: value (YAML) or NAME=value lines. Repeatable; the first wins."),
    click.option("--env-file", "env_files", multiple=True, metavar="FILE", shell_complete=path_completed,
                 help="A file of NAME=value lines, used after the environment. Repeatable; the first wins."),
    click.option("--base-url", metavar="URL",
                 help="The URL of the account's API instead of the file's, such as that of a sandbox."),
    click.option("--allow-host", "allowed_hosts", multiple=True, metavar="HOST",
                 help="Another host (HOST or HOST:PORT) that tokens may be sent to. Repeatable."),
)
ACCOUNT = click.option("--account", "accounts", multiple=True, metavar="NAME",
                       shell_complete=_accounts_completed,
                       help="Only these accounts; * matches anything. Repeatable.")
SHARD = click.option("--shard", metavar="I/N", callback=_shard,
                     help="Only the accounts of part I of N: for runs on several machines.")
TARGETS = (
    ACCOUNT,
    click.option("--target", "targets", multiple=True, metavar="ADDRESS", shell_complete=_addresses_completed,
                 help="Only these: orders, orders[track_updated] or @b691ce2; * matches anything. Repeatable."),
    click.option("--exclude", "excludes", multiple=True, metavar="ADDRESS", shell_complete=_addresses_completed,
                 help="All webhooks (or those of --target) except these. Repeatable."),
)
ALLOW_UNSET = click.option("--allow-unset", is_flag=True,
                           help="Don't require the webhooks' secrets: what an unset variable holds is not compared.")
FILTERS = (
    *TARGETS,
    SHARD,
    click.option("--allow-losses", "allowed_losses", type=click.IntRange(min=0), metavar="N",
                 help="Let up to N endpoints of each account lose events."),
)
RESEND = click.option("--resend-secrets", is_flag=True,
                      help="Also send the secrets again that can't be read back; those that a provider makes are made "
                           "anew.")
MADE_SECRETS = (
    output_path("--secrets-to", "Add the secrets that providers make for new webhooks to FILE, as NAME='value'.",
                "sink_file"),
    click.option("--secrets-command", "sink_command", metavar="COMMAND",
                 help="Run COMMAND, without a shell, for each of these secrets, with a NAME=value line as its input."),
)
APPLY = (
    click.option("--auto-approve", is_flag=True, help="Don't ask for approval."),
    click.option("--parallelism", type=click.IntRange(1, MOST_PARALLEL), default=10, show_default=True, metavar="N",
                 help="Make up to N changes in parallel."),
    output_path("--backup", "First save the owned webhooks to FILE and FILE.env, so that they can be restored."),
)
NO_COLOR = click.option("--no-color", is_flag=True, help="Disable colors (like NO_COLOR), whatever else is set.")
TALK = (
    NO_COLOR,
    click.option("-v", "--verbose", count=True, help="Show more details and whole ids; -vv logs every request."),
    click.option("-q", "--quiet", count=True, help="Show less: each change in one line, no waits and no progress."),
)
OUTPUT = (
    click.option("--format", type=click.Choice([*FORMATS]), default="text", show_default=True, help="Output format."),
    *TALK,
)
PLAN_OUTPUT = (
    click.option("--format", type=click.Choice([*PLAN_FORMATS]), default="text", show_default=True,
                 help="Output format."),
    click.option("--report", "reports", multiple=True, metavar="FORMAT=FILE", callback=_format_files,
                 help=f"Also write this format to a file, whatever happens: {', '.join(REPORT_FORMATS)}. Repeatable."),
    click.option("--show-unmanaged", is_flag=True,
                 help="List unmanaged webhooks in formats made to be shared, which otherwise count them by host."),
    *TALK,
)
LIST_OUTPUT = (
    click.option("--format", type=click.Choice([*LIST_FORMATS]), default="text", show_default=True,
                 help="Output format."),
    *TALK,
)
# fmt: on
