"""`reconciler merge-reports`: the reports of runs with `--shard` as one."""

from __future__ import annotations

import click

from reconciler.cli.invocation import Invocation, command
from reconciler.cli.options import PLAN_OUTPUT, path_completed


@command(
    click.argument("reports_", nargs=-1, required=True, metavar="FILE...", shell_complete=path_completed),
    click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 if there are changes, as `plan` does."),
    *PLAN_OUTPUT,
    examples="""
    # What `plan --shard 1/2 --format json` printed, and that of 2/2
    reconciler merge-reports 1.json 2.json
    """,
)  # fmt: skip
def merge_reports_command(invocation: Invocation, reports_: tuple[str, ...], *, detailed_exitcode: bool) -> int:
    """Join the JSON reports of all shards (`--shard I/N`) of a plan, drift or apply into one.

    FILE is what such a run printed with --format json. A missing shard, two reports of one, and reports of different
    configurations are errors. Exits as one run of all accounts would, or with 1 on any error.
    """
    from reconciler.cli.merging import merge_reports

    return merge_reports(invocation, reports_, detailed=detailed_exitcode)
