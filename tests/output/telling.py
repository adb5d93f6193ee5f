"""Tells a reporter of a run, and gives what it prints."""

from __future__ import annotations

import io

from reconciler.model.plan import Plan
from reconciler.output.formats import Context, reporter
from reconciler.output.pipeline import NO_PIPELINE, Pipeline
from reconciler.output.terminal import Streams
from reconciler.view.outcome import drift_outcome, plan_outcome, report_outcome
from reconciler.view.redact import view_plan
from reconciler.view.results import ResultMask, view_report
from tests.support.builders import DAY
from tests.view.hostile import HostileRun


def streams_of(out: io.StringIO, err: io.StringIO) -> Streams:
    return Streams(out=out, err=err, out_color=False, err_color=False, interactive=False, live=False, width=80)


def context_of(
    out: io.StringIO,
    name: str = "webhooks.yaml",
    *,
    shows_unmanaged: bool = False,
    pipeline: Pipeline = NO_PIPELINE,
    before: str = "",
) -> Context:
    return Context(
        streams=streams_of(out, io.StringIO()),
        verbosity=0,
        now=lambda: DAY,
        name=name,
        pipeline=pipeline,
        before=lambda: before,
        shows_unmanaged=shows_unmanaged,
    )


def plan_told(name: str, plan: Plan, *, is_drift: bool = False, shows_unmanaged: bool = False) -> str:
    """What a format says of a plan, or of drift."""
    out = io.StringIO()
    story, view = reporter(name, context_of(out, shows_unmanaged=shows_unmanaged)), view_plan(plan)
    (story.drift if is_drift else story.plan)(view)
    story.end(drift_outcome(view) if is_drift else plan_outcome(view, detailed=False))
    return out.getvalue()


def run_told(name: str, run: HostileRun, *, applies: bool, shows_unmanaged: bool, configuration: str) -> str:
    """What a format says of a run that found everything there can be: of its apply, or else of drift."""
    out = io.StringIO()
    story = reporter(name, context_of(out, configuration, shows_unmanaged=shows_unmanaged))
    story.begin(run.diagnostics)
    story.saved("0123456789abcdef" * 8)
    view = view_plan(run.plan)
    if applies:
        story.heading(f"Plan of {configuration}")
        story.plan(view)
        with story.live(ResultMask(run.plan)):
            pass
        story.end(report_outcome(run.report), view_report(run.report))
    else:
        story.drift(view)
        story.end(drift_outcome(view))
    return out.getvalue()
