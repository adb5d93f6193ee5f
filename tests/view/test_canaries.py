"""No secret of a file or of a provider's URL shows in anything that is written of a plan or a report."""

from __future__ import annotations

import io

from hypothesis import example, given
from hypothesis import strategies as st
from msgspec import Struct

from reconciler.model.plan import Plan
from reconciler.model.redaction import reads_as_words
from reconciler.model.report import AccountReport, Finished, Outcome, Report, Result, Started
from reconciler.model.secret import Origin, Part, SecretText
from reconciler.model.url import Url, parse_url
from reconciler.model.webhook import Desired, Remote
from reconciler.output.formats import Context, reporter
from reconciler.output.json_format import JsonLines
from reconciler.output.matrix import matrix_text
from reconciler.output.plan_text import plan_text
from reconciler.output.table import list_table
from reconciler.output.terminal import Streams, Style
from reconciler.view.codec import json_text
from reconciler.view.outcome import report_outcome
from reconciler.view.redact import view_listing, view_plan
from reconciler.view.results import ResultMask, view_report
from tests.support.builders import DAY, absent, account, entry, hook, planned
from tests.support.canaries import leaks

SHAPES = (
    "https://hooks.example.com/in/{}",
    "https://hooks.example.com/in/hook-{}/orders",
    "https://hooks.example.com/orders?token={}",
    "https://hooks.example.com/orders?tenant=acme&key={}",
    "https://hooks.example.com/orders?ref={}",
    "https://other.example.com/services/{}/orders",
    "https://other.example.com/orders?hook_secret={}",
)
TOKENS = ("Zq7X2kPz9LmW4RtY8s", "b0f3a9c477e1d25860", "T024BE7LDxB9k2Qw8Zp", "swordfish-and-chips")
"""The last one reads as words: it is hidden as a value from the environment, or not at all."""


class Secretive(Struct, frozen=True, kw_only=True):
    """Entries fed from the environment, and webhooks with secrets in their URLs."""

    desired: tuple[Desired, ...]
    remotes: tuple[Remote, ...]


def _url(shape: str, token: str, *, whole: bool = False) -> Url:
    before, _, after = shape.partition("{}")
    if whole:
        return parse_url(SecretText((Part(before + token + after, Origin.ENVIRONMENT, "HOOK_URL"),)))
    parts = (Part(before), Part(token, Origin.ENVIRONMENT, "HOOK_SECRET"), *([Part(after)] if after else []))
    return parse_url(SecretText(parts))


def _entry(name: str, url: Url, event: str, ignored: frozenset[str]) -> Desired:
    plain = entry(name, event=event)
    fields = {**plain.fields, "url": url}
    key = type(plain.key)(endpoint=url.endpoint, event=event, scope=plain.key.scope)
    return Desired(address=plain.address, key=key, fields=fields, ignored=ignored, place=plain.place)


@st.composite
def _secretive(draw: st.DrawFn) -> Secretive:
    events = st.sampled_from(["track_updated", "all"])
    shapes = st.sampled_from(SHAPES)
    entries = [
        _entry(
            f"e{number}",
            _url(draw(shapes), draw(st.sampled_from(TOKENS)), whole=draw(st.integers(0, 3)) == 0),
            draw(events),
            frozenset(draw(st.sampled_from([(), ("url",), ("url", "active")]))),
        )
        for number in range(draw(st.integers(0, 3)))
    ]
    desired = {wanted.key: wanted for wanted in entries}
    remotes = [
        hook(
            str(number),
            draw(shapes).replace("{}", draw(st.sampled_from([token for token in TOKENS if not reads_as_words(token)]))),
            draw(events),
            active=draw(st.booleans()),
            day=number,
        )
        for number in range(draw(st.integers(0, 4)))
    ]
    same = [
        hook(f"same{number}", str(wanted.fields["url"].reveal()), wanted.key.event or "", active=draw(st.booleans()))
        for number, wanted in enumerate(desired.values())
        if isinstance(wanted.fields["url"], Url) and draw(st.booleans())
    ]
    return Secretive(desired=tuple(desired.values()), remotes=(*remotes, *same))


def _plan(secretive: Secretive, *, destroy: bool) -> Plan:
    owner = account(
        owns=["/*", "https://other.example.com/*"],
        absents=[absent("/orders", "batch_created")],
        protect=["/in/hook-*"],
        max_losses=0,
    )
    return planned(secretive.desired, secretive.remotes, [owner], destroy=destroy)


def _everything_said(plan: Plan) -> str:
    """All that any output says of a plan, and of a report of it."""
    view = view_plan(plan)
    out, err, lines = io.StringIO(), io.StringIO(), list[str]()
    streams = Streams(out=out, err=err, out_color=True, err_color=True, interactive=False, live=False, width=80)
    listing = view_listing(plan)
    said = [
        repr(plan),
        repr(view),
        plan_text(view, Style(on=False), 2),
        json_text(view),
        json_text(listing),
        plan_text(view, Style(on=False), 2, is_drift=True),
        list_table(listing, Style(on=True), None),
        matrix_text(listing, Style(on=True), None),
    ]
    changes = [change for planned_account in plan.planned for change in planned_account.changes]
    results = tuple(
        Result(change=change, outcome=outcome, object_id="new", made=change.remote or hook("made", SHAPES[0]))
        for change, outcome in zip(changes, [*Outcome] * len(changes), strict=False)
    )
    report = Report(plan=plan, accounts=(AccountReport(account="default", results=results),))
    context = Context(streams=streams, verbosity=2, now=lambda: DAY)
    table = reporter("csv", context)
    table.listing(listing)
    table.matrix(listing)
    for story in (reporter("text", context), reporter("html", context), JsonLines(lines.append, lambda: DAY)):
        story.plan(view)
        with story.live(ResultMask(plan)):
            for result in results:
                story(Started(account="default", change=result.change))
                story(Finished(account="default", result=result))
        story.end(report_outcome(report), view_report(report))
    return "\n".join([*said, repr(report), out.getvalue(), err.getvalue(), *lines])


@given(secretive=_secretive(), destroy=st.booleans())
@example(
    secretive=Secretive(
        desired=(_entry("e", _url(SHAPES[0], TOKENS[3]), "all", frozenset()),),
        remotes=(hook("1", SHAPES[0].replace("{}", TOKENS[0]), "all"),),
    ),
    destroy=False,
)
def test_no_window_of_any_secret_shows(secretive: Secretive, destroy: bool) -> None:  # noqa: FBT001 - drawn
    said = _everything_said(_plan(secretive, destroy=destroy))
    assert [leak for token in TOKENS for leak in leaks(token, said)] == []


def test_the_canaries_would_be_found() -> None:
    plan = _plan(Secretive(desired=(), remotes=(hook("1", "/in/swordfish-and-chips"),)), destroy=False)
    assert "swordfis" in _everything_said(plan)
