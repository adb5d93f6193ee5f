"""A command as this tool has it: it ends its help with examples, and knows what a wrong word probably means."""

from __future__ import annotations

from inspect import cleandoc
from pathlib import Path
from typing import Any

import click

from reconciler.cli.suggestions import SuggestsOptions, UnknownWordError
from reconciler.output.escaping import shell_word

_MOST_REPEATED = 8


class Command(SuggestsOptions):
    """A command with examples.

    Args:
        examples: command lines, each as it can be typed; lines that begin with `#` say what for.
    """

    allow_extra_args = True  # they are refused here, with a hint

    def __init__(self, *arguments: Any, examples: str, **attributes: Any) -> None:  # noqa: ANN401 - as click takes them
        super().__init__(*arguments, **attributes)
        self.examples = tuple(cleandoc(examples).splitlines())

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        super().format_epilog(ctx, formatter)
        with formatter.section("Examples"):
            for line in self.examples:
                formatter.write(f"{'':{formatter.current_indent}}{line}".rstrip() + "\n")

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args == ["help"] and ctx.info_name != "help" and not ctx.resilient_parsing and not Path("help").exists():
            hint = f"Did you mean `{ctx.find_root().command_path} help {ctx.info_name}`?"
            raise UnknownWordError("Got unexpected extra argument (help).", hint, ctx)
        extra = super().parse_args(ctx, args)
        if extra and not ctx.resilient_parsing:
            noun = "argument" if len(extra) == 1 else "arguments"
            message = f"Got unexpected extra {noun} ({' '.join(extra)})."
            raise UnknownWordError(message, repeated_files(ctx, tuple(extra)), ctx)
        return extra


def repeated_files(ctx: click.Context, extra: tuple[str, ...]) -> str:
    """What to do where a shell's `*` gave more files than one option takes; nothing where no files are taken.

    Args:
        ctx: of the command as parsed.
        extra: what was given beside its options.
    """
    if "files" not in ctx.params:
        return ""
    files = (*(ctx.params["files"] or ()), *filter(None, [ctx.params.get("planfile")]), *extra)
    shown = "".join(f" -f {shell_word(str(file))}" for file in files[:_MOST_REPEATED])
    more = " …" if len(files) > _MOST_REPEATED else ""
    return f"Give each file with its own `-f`: `{ctx.command_path}{shown}{more}`. `-f` also takes a folder."
