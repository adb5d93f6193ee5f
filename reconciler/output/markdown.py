"""Markdown, for a comment on a pull request or a job's summary: the verdict, losses, deletes; and the rest folded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reconciler.model.diagnostic import Diagnostic
from reconciler.model.plan import Action
from reconciler.output import fitting
from reconciler.output.diagnostics import diagnostic_texts
from reconciler.output.document import DocumentReporter, Found
from reconciler.output.escaping import visible
from reconciler.output.gfm import Part, clipped, code, fitted, marker, prose
from reconciler.output.losses_text import ABSENT_WORDS, absent_lines, events_text, loss_groups, remedy_text
from reconciler.output.plan_text import head_text, value_text
from reconciler.output.reasons import NOT_CHECKED_AFTER_CREATES, change_text, endpoint_text, sentences
from reconciler.output.terminal import Style
from reconciler.output.unmanaged_text import SWITCHED_OFF, hint_text
from reconciler.view.documents import PlanView
from reconciler.view.outcome import GUARD_WORDS, count_text
from reconciler.view.places import places_together
from reconciler.view.results import ReportView, ResultRow
from reconciler.view.rows import LossRow, Row, hosts_of

_SIGNS = {Action.CREATE: "+", Action.UPDATE: "!", Action.DELETE: "-"}
"""What a `diff` fence paints green, orange and red, where it stands in the first column."""
_WIDTH = 100
_MOST_ACCOUNTS = 3
"""How many accounts are named at the top; more are folded at the end."""
_MOST_IN_FULL = 200
"""Up to how many changes each is shown with its fields; of more, each in a line."""
_DIGEST = 16
"""Characters of a digest: enough to see that two plans are the same one."""


class MarkdownReporter(DocumentReporter):
    """Writes a document for GitHub, which GitLab shows, too."""

    def document(self, found: Found) -> str:
        return markdown_text(found)


def markdown_text(found: Found) -> str:
    """The document: its first line is a hidden marker, by which whoever posts it finds the one to replace."""
    shown = () if found.plan is None else places_together(found.plan).accounts
    accounts = [f"- {prose(head_text(account))}" for account in shown]
    is_short = len(accounts) <= _MOST_ACCOUNTS
    head = [f"{marker(found.name)}\n## {prose(found.result.words)}"]
    head += [prose(found.heading) if found.report is None else "", "\n".join(accounts) if is_short else ""]
    parts = [*_parts(found)]
    if not is_short:
        parts.append(Part(title=count_text(len(accounts), "account"), items=accounts, is_folded=True))
    return fitted("\n\n".join(filter(None, head)), [part for part in parts if part.items], _end(found))


def _end(found: Found) -> str:
    """What it was made from, small."""
    facts = ["reconciler", code(found.name)]
    facts += [f"plan digest {code(found.digest[:_DIGEST])}"] if found.digest else []
    return f"<sub>{' · '.join(facts)}</sub>"


def _parts(found: Found) -> Iterator[Part]:
    # What says no more than the verdict is not said again.
    yield _said("Errors", [one for one in found.errors if one.place or one.help], is_folded=False)
    yield from () if found.report is None else _failed_parts(found.report)
    yield from () if found.plan is None else _first_parts(found.plan, found.report)
    if found.report is not None:
        yield from _done_parts(found, found.report)
    elif found.plan is not None:
        yield from _change_parts(found, found.plan)
    yield from () if found.plan is None else _left_parts(found, found.plan)
    yield _said("Warnings", found.warnings, is_folded=True)


def _said(title: str, diagnostics: Sequence[Diagnostic], *, is_folded: bool) -> Part:
    """Diagnostics as on a terminal, with their places and source lines."""
    items = []
    for text in diagnostic_texts(diagnostics, Style(on=False)):
        lines = text.splitlines()
        items.append("\n".join(part for line in lines for part in fitting.fitted(clipped(line), _WIDTH)))
    return Part(title=f"{title} ({len(diagnostics)})", items=items, language="text", is_folded=is_folded)


def _failed_parts(report: ReportView) -> Iterator[Part]:
    """What an apply didn't do."""
    items = []
    for row in report.failed:
        words = prose(sentences(row.words, row.error, row.help))
        items.append(
            f"- {code(row.webhook_address)} {row.action.value}: {words}\n  Webhook: {prose(endpoint_text(row))}"
        )
    yield Part(title=f"Not done, or not confirmed ({len(items)})", items=items)
    errors = report.errors.items()
    items = [f"- {code(name)}: {prose(sentences(error.summary, error.detail))}" for name, error in errors]
    yield Part(title=NOT_CHECKED_AFTER_CREATES.capitalize(), items=items)


def _first_parts(plan: PlanView, report: ReportView | None) -> Iterator[Part]:
    """What must not be overlooked: what wasn't checked, what is refused and what would let it, and the losses."""
    items = [
        f"- {code(account.name)}: {prose(sentences(account.error.summary, account.error.detail))}"
        for account in plan.not_checked
        if account.error is not None
    ]
    yield Part(title=f"Not checked ({len(items)})", items=items)
    items = []
    for account in plan.refused:
        if account.remedy is not None:
            how = remedy_text(account.remedy, "add the lines below to the file.")
            items.append(f"- {code(account.name)}: {GUARD_WORDS[account.verdict]}. {how}")
    yield Part(title="Refused", items=items)
    for title, words, losses in loss_groups(plan.losses, report):
        items = [f"- {_loss(loss, plan)}" for loss in losses]
        yield Part(title=f"{title} ({len(items)})", items=items, introduction=words)


def _loss(loss: LossRow, plan: PlanView) -> str:
    account = f"{code(loss.account)}: " if len(plan.accounts) > 1 else ""
    scope = f" ({code(loss.scope)})" if loss.scope else ""
    return f"{account}{code(loss.url)}{scope}: {prose(events_text(loss.events))}"


def _change_parts(found: Found, plan: PlanView) -> Iterator[Part]:
    """What would be done: the deletes first and open, then what would let a refused plan, and the rest."""
    in_full = len(plan.changes) <= _MOST_IN_FULL
    deletes = [_change(row, found, plan, in_full=in_full) for row in plan.changes if row.action is Action.DELETE]
    yield Part(title=f"Deletes ({len(deletes)})", items=deletes, language="diff")
    lines = []
    for account in plan.refused:
        if account.remedy is not None and account.remedy.absent:
            where = ABSENT_WORDS[account.remedy.absent_place].format(name=visible(account.name))
            lines += [f"# {visible(account.name)}: {where}", *absent_lines(account.remedy)]
    yield Part(title="Lines that would allow these deletes", items=lines, language="yaml", is_folded=True)
    others = [_change(row, found, plan, in_full=in_full) for row in plan.changes if row.action is not Action.DELETE]
    counts = f"{plan.summary.create} to create, {plan.summary.update} to update"
    yield Part(title=counts, items=others, language="diff", is_folded=True)


def _change(row: Row, found: Found, plan: PlanView, *, in_full: bool) -> str:
    sign = _SIGNS[row.action]
    words = change_text(row, plan, is_drift=found.is_drift)
    head = f"{sign} {clipped(row.webhook_address)}  {clipped(words)}"
    if in_full:
        return "\n".join((head, *_fields(row)))
    return f"{head}  {clipped(row.url)}" if row.action is Action.DELETE else head


def _fields(row: Row) -> Iterator[str]:
    """All fields of what is created or deleted; of all else those that differ, before and after."""
    if row.action in (Action.CREATE, Action.DELETE):
        for name, value in (row.change.before or row.change.after or {}).items():
            yield f"{_SIGNS[row.action]}     {clipped(name)}: {clipped(value_text(value))}"
        return
    for field in row.field_changes:
        yield f"-     {clipped(field.name)}: {clipped(value_text(field.before))}"
        yield f"+     {clipped(field.name)}: {clipped(value_text(field.after))}"


def _done_parts(found: Found, report: ReportView) -> Iterator[Part]:
    """What an apply did."""
    in_full = len(report.results) <= _MOST_IN_FULL
    rows = found.rows
    for is_delete in (True, False):
        items = [
            _done(result, rows.get((result.account, result.webhook_address)), in_full=in_full)
            for result in report.done
            if (result.action is Action.DELETE) is is_delete
        ]
        title = f"Deleted ({len(items)})" if is_delete else f"Created and updated ({len(items)})"
        yield Part(title=title, items=items, language="diff", is_folded=not is_delete)


def _done(result: ResultRow, row: Row | None, *, in_full: bool) -> str:
    head = f"{_SIGNS[result.action]} {clipped(result.webhook_address)}  {result.action.value}: {clipped(result.words)}"
    return "\n".join((head, *(_fields(row) if row is not None and in_full else ())))


def _left_parts(found: Found, plan: PlanView) -> Iterator[Part]:
    """What is left as it is."""
    items = ["\n".join((f"! {clipped(row.webhook_address)}", *_fields(row))) for row in plan.protected_differences]
    title = f"Protected, left as they are ({len(items)})"
    yield Part(title=title, items=items, language="diff", is_folded=not found.is_drift)
    items = [f"- {code(row.webhook_address)}: {prose(row.health or '')}" for row in plan.unhealthy]
    yield Part(title=f"{SWITCHED_OFF} ({len(items)})", items=items)
    items = [f"- {code(f'@{row.object_id}')}: {prose(hint_text(row))}" for row in plan.kept]
    yield Part(title=f"Listed under `absent`, but kept ({len(items)})", items=items, is_folded=True)
    failing = plan.failing_unmanaged
    accounts = {row.account for row in failing}
    for fails, rows in ((True, failing), (False, [row for row in plan.unmanaged if row.account not in accounts])):
        by_host = (f"- {number} at {code(host)}" for host, number in hosts_of(rows))
        items = [*(map(_unmanaged, rows) if found.shows_unmanaged else by_host)]
        title = f"Unmanaged, never touched{', counted as drift' if fails else ''} ({len(rows)})"
        yield Part(title=title, items=items, is_folded=not (fails and found.is_drift))
    items = [f"- {prose(f'`{visible(option)}`')}" for option in plan.filters.options()]
    yield Part(title="Filtered: other changes aren't shown", items=items)


def _unmanaged(row: Row) -> str:
    scope = f" ({code(row.scope)})" if row.scope else ""
    hint = f": {prose(hint_text(row))}" if row.hint else ""
    return f"- {code(row.webhook_address)} {prose(', '.join(row.events) or '(no event)')}{scope} {code(row.url)}{hint}"


reporter = MarkdownReporter
