"""The steps of `merge-reports`: read, check that they belong together, join, report."""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from msgspec.structs import replace

from reconciler.cli.invocation import CommandError, Invocation, problem
from reconciler.config.limits import MOST_OF_A_PLAN, read_bounded, why_unreadable
from reconciler.output.escaping import visible
from reconciler.view import outcome
from reconciler.view.codec import Json, json_line
from reconciler.view.documents import PlanView
from reconciler.view.merged import (
    ApplyLines,
    MergeError,
    ShardReport,
    check_whole,
    merged_lines,
    merged_plan,
    report_of,
)


def merge_reports(invocation: Invocation, names: Iterable[str], *, detailed: bool) -> int:
    """Join the reports in these files; the exit code of a plan is detailed on demand."""
    try:
        reports = [_read(name) for name in names]
        check_whole(reports)
    except MergeError as error:
        raise CommandError([problem("shards", error.message, error.help)]) from None
    reports.sort(key=lambda one: 0 if one.shard is None else one.shard.number)
    applied = [one.found for one in reports if isinstance(one.found, ApplyLines)]
    if applied:
        return _applied(invocation, applied)
    view = merged_plan([one.found for one in reports if isinstance(one.found, PlanView)])
    invocation.options = replace(invocation.options, files=view.files)
    reporter = invocation.reporter
    if reports[0].is_drift:
        reporter.drift(view)
        return reporter.end(outcome.drift_outcome(view))
    reporter.plan(view)
    return reporter.end(outcome.plan_outcome(view, detailed=detailed))


def _applied(invocation: Invocation, applied: list[ApplyLines]) -> int:
    lines, ended = merged_lines(applied)
    if invocation.options.format == "json":
        for line in lines:
            invocation.streams.print_result(json_line(line))
        return ended.code
    if invocation.options.format != "text" or invocation.options.reports:
        message = "the reports of an apply can be joined as text or JSON only"
        raise CommandError([problem("option", message, "Leave out `--report`, and use `--format text` or `json`.")])
    for line in lines:
        if line["type"] in ("diagnostic", "refused") and line["@level"] == "error":
            invocation.streams.print_result(f"error: {visible(line['@message'])}")
    invocation.streams.print_result(visible(ended.words))
    return ended.code


def _read(name: str) -> ShardReport:
    shown = visible(name)
    try:
        data = read_bounded(Path(name), MOST_OF_A_PLAN)
    except (OSError, ValueError) as error:
        raise MergeError(f"{shown} can't be read: {why_unreadable(error)}", "Check the path.") from None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        help_ = "Give what the run printed as it is: some shells change the encoding of what `>` writes."
        raise MergeError(f"{shown} is not UTF-8", help_) from None
    if not text.strip():
        help_ = "See how its run ended, then run that shard again."
        raise MergeError(f"{shown} is empty: its run printed nothing", help_)
    try:
        return report_of(shown, _documents(text))
    except (ValueError, RecursionError):
        raise MergeError(f"{shown} is no JSON", "Give what the runs printed with `--format json`.") from None


def _documents(text: str) -> list[Json]:
    """The document of a plan, formatted or not, or those of an apply's lines."""
    with suppress(ValueError):
        return [json.loads(text, parse_constant=_no_number)]
    return [json.loads(line, parse_constant=_no_number) for line in text.split("\n") if line.strip()]


def _no_number(written: str) -> NoReturn:
    raise ValueError(written)
