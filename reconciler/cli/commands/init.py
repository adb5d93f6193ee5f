"""`reconciler init`: write a commented starter file."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import click

from reconciler.cli.failure import fail
from reconciler.cli.invocation import Invocation
from reconciler.cli.options import DEFAULT_FILE
from reconciler.operations.files import write_file
from reconciler.output.terminal import visible


@click.command("init")
@click.option(
    "-f", "--file", "path", metavar="PATH", default=DEFAULT_FILE, show_default=True, help=("The file to write.")
)
@click.pass_obj
def command(invocation: Invocation, path: str) -> int:
    """Write a commented starter file. Never overwrites one."""
    streams = invocation.streams()
    starter = files("reconciler.cli").joinpath("starter.yaml").read_text(encoding="utf-8")
    try:
        write_file(Path(path), starter, overwrite=False, private=False)
    except FileExistsError:
        fail(
            f"{path} already exists, and is never overwritten",
            "Write to another file with `-f PATH`.",
            code="output-file",
        )
    except OSError as error:
        fail(
            f"{path} can't be written: {error.strerror}",
            "Write to another file with `-f PATH`.",
            code="output-file",
        )
    streams.print_result(f"Wrote {visible(path)}. Edit it, then run `reconciler validate` and `reconciler plan`.")
    return 0
