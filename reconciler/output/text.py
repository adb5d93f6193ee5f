"""Text, for people: results on standard output, a line per finished change, the last words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from reconciler.model.configuration import AbsentPlace, OnUnmanaged
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.plan import Action, Hint, Reason, Verdict
from reconciler.model.report import Report
from reconciler.output.formats import Context
from reconciler.output.progress import Progress
from reconciler.output.terminal import SIGNS, Style, print_diagnostics, visible
from reconciler.view.documents import ListView, PlanView
from reconciler.view.outcome import Ending, ResultMask
from reconciler.view.rows import AccountRow, LossRow, Plain, Row, Standing, Status

_COLORS = {Action.CREATE: "green", Action.UPDATE: "yellow", Action.DELETE: "red"}
_REASONS: Mapping[Reason | None, str] = {
    Reason.MISSING: "create: not at the provider",
    Reason.NOT_IN_FILE: "delete: not in the file{when}",
    Reason.REPLACED_BY_OFF: "delete: switched off, replaced by {partner}",
    Reason.DIFFERS: "update in place: differs{when}",
    Reason.SWITCHED_OFF: "update in place: switched off at the provider{when}",
    Reason.DUPLICATE: "delete: duplicate of {partner}{when}",
    Reason.NAMED_ABSENT: "delete: listed under absent{when}",
}
_DESTROYED = "delete: requested by destroy{when}"
_MOVES: Mapping[Reason | None, str] = {
    Reason.MISSING: "create: moved, replaces {partner}",
    Reason.NOT_IN_FILE: "delete: moved, replaced by {partner}",
}
_HINTS = {
    Hint.LEFTOVER: "probably a leftover: same path and event as {near}, but on another host",
    Hint.DOUBLE_DELIVERY: "delivers every event, so the events of {near} are delivered twice",
    Hint.RETARGETED: (
        "its URL was probably changed at the provider: last changed {time}, and the webhook of {near} is missing"
    ),
    Hint.OTHER_KIND: "`owns` matches its URL, but only for `{usual}` webhooks; to own it too, "
    "add `{{url: '{quoted}', {said}}}`",
    Hint.ABSENT_OTHER_KIND: "`absent` matches its URL, but only for `{usual}` webhooks; to delete it, "
    "add `{{id: '{id}'}}`",
    Hint.KEPT_FOR_ENTRY: "it is {near}, which is in the file: remove the entry, or its id from `absent`",
    Hint.KEPT_AS_KNOWN: "it is also listed under `known`: remove it from one of the two",
}
_ABSENT = {
    AbsentPlace.NEW_AT_TOP: "add this to the file",
    AbsentPlace.AT_TOP: "add this to `absent` at the top of the file",
    AbsentPlace.IN_ACCOUNT: "add this to `absent` of account {name}",
    AbsentPlace.NEW_IN_ACCOUNT: "add this to account {name}",
    AbsentPlace.NEW_IN_ACCOUNT_REPEATING_TOP: (
        "add this to account {name}, together with the items of the top-level `absent`, which then no longer "
        "applies to this account"
    ),
}
"""Where what must go is to be named."""
_AT_TOP = (AbsentPlace.NEW_AT_TOP, AbsentPlace.AT_TOP)
_IN_LIST = (AbsentPlace.AT_TOP, AbsentPlace.IN_ACCOUNT)
_MOST_HOSTS = 10
"""How many hosts of unmanaged webhooks a plan counts one by one."""


class TextReporter(Progress):
    """Says it in words."""

    can_ask = True

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.is_brief = context.verbosity <= 0

    def heading(self, text: str) -> None:
        self._streams.print_result(f"{text}\n")

    def validation(self, diagnostics: Sequence[Diagnostic]) -> None:
        print_diagnostics(self._streams, diagnostics)

    def plan(self, view: PlanView) -> None:
        self._streams.print_result(plan_text(view, self._style, self._verbosity))

    def listing(self, view: ListView) -> None:
        """A table, and on standard error which accounts could not be listed."""
        if view.webhooks:
            from reconciler.output.table import list_table  # noqa: PLC0415 - loads rich

            self._streams.print_result(f"{list_table(view, self._streams)}\n")
        self.not_checked(view.accounts)

    def not_checked(self, accounts: Iterable[AccountRow]) -> None:
        for account in accounts:
            if account.error is not None:
                self._error(f"account {account.name}", account.error.summary, account.error.detail)

    def stale(self, differences: Iterable[str]) -> None:
        self._streams.print_message("The saved plan is out of date:")
        for line in differences:
            self._streams.print_message(f"  {visible(line)}")
        self._streams.print_message("help: save a new plan with `reconciler plan --out FILE`, and have it reviewed.")

    def end(self, outcome: Ending, report: Report | None = None) -> int:
        """What was not done, and the last words."""
        if report is not None:
            for account, error in report.errors.items():
                self._error(f"{account}: could not be checked after the creates", error.message, error.help)
            title = self._style.paint("Not done, or not confirmed:", "bold", "red")
            self._streams.print_result(f"\n{title}" if report.failed else "")
            mask = ResultMask(report.plan)
            for result in report.failed:
                address, action = visible(mask.address(result.change.address)), result.change.action.value
                self._streams.print_result(f"  {address}: {action}: {mask.words(result)}")
        self._streams.print_result(self._style.paint(visible(outcome.words), "bold"))
        return outcome.code

    def _error(self, what: str, summary: str, detail: str) -> None:
        self._streams.print_message(f"error: {visible(what)}: {visible(summary)}")
        if detail:
            self._streams.print_message(f"help: {visible(detail)}")


reporter = TextReporter


def plan_text(view: PlanView, style: Style, verbosity: int = 0) -> str:
    """A plan by account, without its last line; from verbosity 1 on also unknown fields and what is in step."""
    lines: list[str] = []
    for account in view.accounts:
        lines += [*_account(view, account, style, verbosity), ""]
    if view.is_filtered:
        options = [f"`--account {visible(name)}`" for name in view.filters.accounts]
        options += [f"`--target {visible(name)}`" for name in view.filters.targets]
        options += [f"`--exclude {visible(name)}`" for name in view.filters.excludes]
        lines += [f"Filtered by {' '.join(options)}: other changes aren't shown.", ""]
    return "\n".join(lines)


def head_text(account: AccountRow) -> str:
    """An account's head line: who, where, and how much was listed."""
    mode = f", {visible(account.mode)} mode" if account.mode else ""
    if account.status is Standing.NOT_CHECKED:
        listed = "not checked"
    elif account.count is None:
        listed = f"{account.listed} webhooks listed"
    elif account.count != account.listed:
        listed = f"{account.listed} webhooks listed (the provider counts {account.count}; not checked)"
    else:
        listed = f"{account.listed} of {account.count} webhooks listed"
    return f"Account {visible(account.name)} ({visible(account.title)}{mode}): {listed}"


def _account(view: PlanView, account: AccountRow, style: Style, verbosity: int) -> Iterator[str]:
    yield style.paint(head_text(account), "bold")
    if account.error is not None:
        yield style.paint(f"  error: {visible(account.error.summary)}", "red")
        if account.error.detail:
            yield f"  help: {visible(account.error.detail)}"
        return
    rows, unmanaged, known = (
        [row for row in rows if row.account == account.name]
        for rows in (view.resource_changes, view.unmanaged, view.known)
    )
    if account.status is Standing.IN_STEP:
        yield "  No changes." if view.is_filtered else "  No changes. The provider matches the configuration."
    yield from _changes(rows, style, verbosity)
    differing = [row for row in rows if row.action_reason is Reason.PROTECTED and row.field_changes]
    yield from _title(differing, "Protected, left as they are", style)
    for row in differing:
        yield from (f"    {visible(row.address)}", *_fields(row, style))
    yield from _losses(account, [loss for loss in view.losses if loss.account == account.name], style)
    kept = [row for row in (*rows, *known) if row.hint in (Hint.KEPT_FOR_ENTRY, Hint.KEPT_AS_KNOWN)]
    yield from _title(kept, "Listed under `absent`, but kept", style)
    for row in kept:
        yield _remote(replace(row, address=f"@{row.object_id}"))
        yield f"      {style.paint('reason', 'yellow')}: {_hint(row)}"
    yield from _unmanaged(account, unmanaged, style, verbosity)
    if verbosity > 0:
        yield from _title(known, "Known, never touched", style)
        yield from map(_remote, known)
    duplicates = [row for row in rows if row.status is Status.DUPLICATE]
    yield from _title(duplicates, "Duplicates, which deliver the same events as another webhook", style)
    for row in duplicates:
        yield f"    {visible(row.address)}  duplicate of {visible(row.partner or '')}  {visible(row.url)}"


def _title(rows: Sequence[Row], text: str, style: Style, color: str = "") -> Iterator[str]:
    """The head of a part of an account; nothing where there is no such row."""
    if rows:
        yield from ("", style.paint(f"  {text} ({len(rows)}):", "bold", *filter(None, [color])))


def _changes(rows: Iterable[Row], style: Style, verbosity: int) -> Iterator[str]:
    for row in _moves_together([row for row in rows if row.action is not Action.NONE]):
        sign, color = SIGNS[row.action.value], _COLORS[row.action]
        yield from ("", f"  {style.paint(f'{sign} {visible(row.address)}', 'bold', color)}  {_reason(row)}")
        yield from _fields(row, style)
        yield from _unknown_fields(row, verbosity)
    in_step = [row for row in rows if row.action is Action.NONE and row.action_reason is not Reason.PROTECTED]
    if verbosity > 0 and in_step:
        yield ""
        for row in in_step:
            state = "off, not at the provider" if row.action_reason is Reason.OFF else "no changes"
            yield f"  = {visible(row.address)}  {state}"


def _moves_together(rows: Sequence[Row]) -> Iterator[Row]:
    """The rows in their order, but the delete of a move right after its create, though it is done later."""
    deletes = {row.partner: row for row in rows if row.action_reason is Reason.NOT_IN_FILE}
    moves = {row.address: deletes.get(row.address) for row in rows if row.partner and row.action is Action.CREATE}
    shown_with = {delete.address for delete in moves.values() if delete is not None}
    for row in rows:
        if row.address not in shown_with:
            yield from filter(None, (row, moves.get(row.address)))


def _unknown_fields(row: Row, verbosity: int) -> Iterator[str]:
    if verbosity > 0 and row.unknown_fields:
        yield f"      (unknown fields: {visible(', '.join(row.unknown_fields))})"


def _fields(row: Row, style: Style) -> Iterator[str]:
    """All fields of what is created or deleted; of all else those that differ."""
    if row.action in (Action.CREATE, Action.DELETE):
        shown = {name: _value(value) for name, value in (row.change.before or row.change.after or {}).items()}
    else:
        arrow = style.paint("→", "dim")
        shown = {one.name: f"{_value(one.before)} {arrow} {_value(one.after)}" for one in row.field_changes}
    width = max(map(len, shown), default=0)
    yield from (f"      {visible(name):<{width}}  {value}" for name, value in shown.items())


def _reason(row: Row) -> str:
    """Why, in words. Nobody can know who changed what: only when the provider last did."""
    words = (_MOVES if row.partner else {}).get(row.action_reason) or _REASONS.get(row.action_reason, _DESTROYED)
    when = f", last changed {_time(row.updated)}" if row.updated else ""
    return words.format(partner=visible(row.partner or ""), when=when)


def _losses(account: AccountRow, losses: Sequence[LossRow], style: Style) -> Iterator[str]:
    """The endpoints that would stop receiving events; where a guard refuses that, why, and what would let it."""
    if not losses:
        return
    allowed = account.max_losses if account.allowed_losses is None else account.allowed_losses
    title = f"  Losses ({account.losses}, allowed: {allowed}): endpoints that would stop receiving these events"
    yield from ("", style.paint(title, "bold", "red"))
    for loss in losses:
        scope = f" ({visible(loss.scope)})" if loss.scope else ""
        yield f"    {visible(loss.url)}{scope}  {visible(', '.join(loss.events))}"
    if not account.is_refused:
        return
    nothing_left = "no endpoint that this configuration owns would receive events any more"
    why = nothing_left if account.verdict is Verdict.NOTHING_LEFT else "more losses than allowed"
    lines = [loss.absent for loss in losses if loss.absent is not None]
    place = account.absent_place
    where = f", or {_ABSENT[place].format(name=visible(account.name))}:" if lines else "."
    yield from ("", f"  Refused: {why}.", f"  If this is intended, add `--allow-losses {account.losses}`{where}")
    if not lines:
        return
    yield ""
    margin = "" if place in _AT_TOP else "    "
    if place not in _IN_LIST:
        yield f"{margin}absent:"
    for line in dict.fromkeys(lines):
        yield f"{margin}  - url: {visible(line.url)}"
        yield f"{margin}    events: [{visible(', '.join(line.events))}]"
    if len(lines) < account.losses:
        yield from ("", f"  ({account.losses - len(lines)} of the losses can't be listed under `absent`.)")


def _unmanaged(account: AccountRow, rows: Sequence[Row], style: Style, verbosity: int) -> Iterator[str]:
    """Webhooks that nobody here is responsible for: each where it is drift, has a hint or more is asked for."""
    fails = account.on_unmanaged is OnUnmanaged.FAIL
    title = "Unmanaged, never touched" + (", counted as drift" if fails else "")
    yield from _title(rows, title, style, "yellow" if fails else "")
    all_shown = fails or verbosity > 0
    listed = [row for row in rows if all_shown or row.hint or row.unreadable_fields]
    for row in sorted(listed, key=lambda row: not row.hint):
        yield _remote(row)
        if row.unreadable_fields:
            yield f"      (can't be read: its {visible(' and '.join(f'`{name}`' for name in row.unreadable_fields))})"
        if row.hint:
            yield f"      {style.paint('hint', 'yellow')}: {_hint(row)}"
        yield from _unknown_fields(row, verbosity)
    others = () if all_shown else (row.host for row in rows if not row.hint and not row.unreadable_fields)
    counted = sorted(Counter(others).items(), key=lambda item: (-item[1], item[0]))
    yield from (f"    {number} at {visible(host)}" for host, number in counted[:_MOST_HOSTS])
    if len(counted) > _MOST_HOSTS:
        yield f"    {sum(number for _, number in counted[_MOST_HOSTS:])} at {len(counted) - _MOST_HOSTS} other hosts"
    if counted:
        yield "    Use `-v` to list them."
    if rows and fails:
        yield "    Add expected webhooks to `known` in the file, and those to delete to `absent` (`- id: ID`)."
    elif any(row.hint for row in rows):
        yield "    To delete one of these, add its id to `absent` in the file: `- id: ID`."


def _remote(row: Row) -> str:
    scope = f" ({visible(row.scope)})" if row.scope else ""
    events, url = ", ".join(row.events) or "(no event)", row.url or "(no URL)"
    return f"    {visible(row.address)}  {visible(events)}{scope}  {visible(url)}"


def _hint(row: Row) -> str:
    """What is to be said of a webhook that is left as it is."""
    usual, said = ("is_test: false", "is_test: true") if row.scope else ("is_test: true", "is_test: false")
    near, time = visible(row.near or ""), _time(row.updated)
    quoted, quoted_id = (text.replace("'", "''") for text in (near, visible(row.object_id or "")))
    words = "" if row.hint is None else _HINTS[row.hint]
    return words.format(near=near, quoted=quoted, id=quoted_id, time=time, usual=usual, said=said)


def _value(value: Plain) -> str:
    if isinstance(value, tuple):
        return f"[{visible(', '.join(value))}]"
    return "(none)" if value is None else visible(str(value).lower() if isinstance(value, bool) else str(value))


def _time(text: str | None) -> str:
    return visible((text or "").replace("T", " ").replace("Z", " UTC"))
