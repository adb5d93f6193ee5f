"""Worlds with hostile strings wherever a provider or a person may put some."""

from __future__ import annotations

from hypothesis import strategies as st
from msgspec import Struct
from msgspec.structs import replace

from reconciler.model.diagnostic import Diagnostic, Place, Severity
from reconciler.model.plan import Plan
from reconciler.model.reading import ErrorKind, ProviderError
from reconciler.model.report import AccountReport, Outcome, Report, Result
from reconciler.model.webhook import Remote
from tests.support.builders import account, entry, hook, planned
from tests.support.drawing import worlds

HOSTILE = (
    "\x1b[2J\x1b[31mred",
    "\x1b]8;;https://evil.example.com\x07link\x1b]8;;\x07",
    "\x1b]52;c;ZXZpbA==\x07",
    "\x9b31mc1\x9d8;;x\x9c",
    "a\rb\x08\x7f",
    "a\nb\u2028c\u0085d",
    "\u202eevil\u2066x\u200f",
    "zero\u200bwidth\ufeff\u3164",
    "nul\x00",
    "\ud800lone\udfff",
    "x" * 10_000,
    "[bold]x[/bold][link=https://evil.example.com]",
    "{{ x }}{% raw %}",
    "\n::add-mask::x",
    "##[error]x###[group]",
    "<script>|`*_",
    "",
)

hostile_texts = st.sampled_from(HOSTILE) | st.text(st.characters(), max_size=12)
"""Lone surrogates too."""


class HostileRun(Struct, frozen=True, kw_only=True):
    """A plan, what was said of its files, and what became of it."""

    plan: Plan
    diagnostics: tuple[Diagnostic, ...]
    report: Report


@st.composite
def hostile_runs(draw: st.DrawFn) -> HostileRun:
    """Plans of an account that was read and of one that was not, both telling hostile things."""
    world = draw(worlds())
    remotes = [_hostile(draw, remote, number) for number, remote in enumerate(world.remotes)]
    error = ProviderError(kind=ErrorKind.DENIED, message=draw(hostile_texts), help=draw(hostile_texts))
    plan = planned(
        [*world.desired, entry("dead", "/a", account="dead")],
        {"default": remotes, "dead": error},
        [world.account, account("dead", base_url="https://dead.example.com")],
        targets=draw(st.sampled_from([(), ("orders*", "@*")])),
        destroy=draw(st.booleans()),
        allowed_losses=draw(st.none() | st.integers(0, 3)),
    )
    plan = replace(plan, configuration=replace(plan.configuration, files=(draw(hostile_texts),)))
    return HostileRun(
        plan=plan, diagnostics=tuple(draw(st.lists(hostile_diagnostics(), max_size=2))), report=_report(draw, plan)
    )


def _hostile(draw: st.DrawFn, remote: Remote, number: int) -> Remote:
    """A webhook whose id, event and unknown fields may be hostile, and its URL too."""
    path = draw(st.sampled_from(["", "/{{x}}", "/[bold]/..", "/%1B]8", "/\u202ex", "/::add-mask::x", "/\x1b[2J"]))
    event = draw(st.just(str(remote.fields["event"])) | hostile_texts)
    made = hook("", path, event) if path else remote
    unknown = tuple(draw(st.lists(hostile_texts, max_size=2)))
    return replace(made, id=f"{number}{draw(hostile_texts)}", unknown=unknown)


def _report(draw: st.DrawFn, plan: Plan) -> Report:
    """What may have become of a plan: anything of any change."""

    def error() -> ProviderError | None:
        kind = draw(st.none() | st.sampled_from(ErrorKind))
        return None if kind is None else ProviderError(kind=kind, message=draw(hostile_texts), help=draw(hostile_texts))

    accounts = []
    for planned_account in plan.planned:
        results = tuple(
            Result(
                change=change,
                outcome=draw(st.sampled_from(Outcome)),
                object_id=draw(hostile_texts),
                error=error(),
                made=draw(st.none() | st.just(hook("made", "/other?token=made"))),
            )
            for change in planned_account.changes
        )
        accounts.append(AccountReport(account=planned_account.account.name, results=results, error=error()))
    return Report(plan=plan, accounts=tuple(accounts), stopped_by=draw(st.sampled_from([0, 0, 2, 15])))


@st.composite
def hostile_diagnostics(draw: st.DrawFn) -> Diagnostic:
    """Diagnostics with and without a place, of the file, a line, or a part of a line."""
    line = draw(st.integers(0, 3))
    place = Place(file=draw(hostile_texts), line=line, column=draw(st.integers(0, 300)) if line else 0)
    return Diagnostic(
        severity=draw(st.sampled_from(Severity)),
        code="url-host",
        message=draw(hostile_texts),
        help=draw(hostile_texts),
        place=draw(st.none() | st.just(place)),
        source=draw(hostile_texts),
        width=draw(st.integers(1, 400)),
    )
