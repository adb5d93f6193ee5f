"""A plan as text: each account with its changes, losses and the webhooks that are left as they are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from reconciler.model.plan import Action, Hint, Reason
from reconciler.output.escaping import shown_time, visible
from reconciler.output.losses_text import losses_text
from reconciler.output.terminal import SIGNS, Style
from reconciler.output.unmanaged_text import hint_text, remote_text, title_text, unknown_fields_text, unmanaged_text
from reconciler.view.documents import PlanView
from reconciler.view.outcome import count_text
from reconciler.view.rows import AccountRow, Plain, Row, Standing, Status

_COLORS = {Action.CREATE: "green", Action.UPDATE: "yellow", Action.DELETE: "red"}
_REASONS: Mapping[Reason | None, str] = {
    Reason.MISSING: "create: not at the provider",
    Reason.NOT_IN_FILE: "delete: not in the file{when}",
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
    listed = f"{count_text(account.listed, 'webhook')} listed"
    if account.status is Standing.NOT_CHECKED:
        listed = "not checked"
    elif account.count == account.listed:
        listed = f"{account.listed} of {listed}"
    elif account.count is not None:
        listed += f" (the provider counts {account.count}; not checked)"
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
        is_whole = not view.is_filtered and not view.unset_variables
        yield "  No changes. The provider matches the configuration." if is_whole else "  No changes."
    yield from _changes(rows, style, verbosity)
    differing = [row for row in rows if row.action_reason is Reason.PROTECTED and row.field_changes]
    yield from title_text(differing, "Protected, left as they are", style)
    for row in differing:
        yield from (f"    {visible(row.address)}", *_fields(row, style))
    yield from losses_text(account, [loss for loss in view.losses if loss.account == account.name], style)
    kept = [row for row in (*rows, *known) if row.hint in (Hint.KEPT_FOR_ENTRY, Hint.KEPT_AS_KNOWN)]
    yield from title_text(kept, "Listed under `absent`, but kept", style)
    for row in kept:
        yield remote_text(replace(row, address=f"@{row.object_id}"))
        yield f"      {style.paint('reason', 'yellow')}: {hint_text(row)}"
    yield from unmanaged_text(account, unmanaged, style, verbosity)
    if verbosity > 0:
        yield from title_text(known, "Known, never touched", style)
        yield from map(remote_text, known)
    duplicates = [row for row in rows if row.status is Status.DUPLICATE]
    yield from title_text(duplicates, "Duplicates, which deliver the same events as another webhook", style)
    for row in duplicates:
        yield f"    {visible(row.address)}  duplicate of {visible(row.partner or '')}  {visible(row.url)}"


def _changes(rows: Iterable[Row], style: Style, verbosity: int) -> Iterator[str]:
    for row in _moves_together([row for row in rows if row.action is not Action.NONE]):
        sign, color = SIGNS[row.action.value], _COLORS[row.action]
        yield from ("", f"  {style.paint(f'{sign} {visible(row.address)}', 'bold', color)}  {_reason(row)}")
        yield from _fields(row, style)
        yield from unknown_fields_text(row, verbosity)
    in_step = [row for row in rows if row.action is Action.NONE and row.action_reason is not Reason.PROTECTED]
    if verbosity > 0 and in_step:
        yield ""
        for row in in_step:
            state = "not compared" if row.status is Status.NOT_COMPARED else "no changes"
            state = "off, not at the provider" if row.action_reason is Reason.OFF else state
            yield f"  = {visible(row.address)}  {state}"


def _moves_together(rows: Sequence[Row]) -> Iterator[Row]:
    """The rows in their order, but the delete of a move right after its create, though it is done later."""
    deletes = {row.partner: row for row in rows if row.action_reason is Reason.NOT_IN_FILE}
    moves = {row.address: deletes.get(row.address) for row in rows if row.partner and row.action is Action.CREATE}
    shown_with = {delete.address for delete in moves.values() if delete is not None}
    for row in rows:
        if row.address not in shown_with:
            yield from filter(None, (row, moves.get(row.address)))


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
    when = f", last changed {shown_time(row.updated)}" if row.updated else ""
    return words.format(partner=visible(row.partner or ""), when=when)


def _value(value: Plain) -> str:
    if isinstance(value, tuple):
        return f"[{visible(', '.join(value))}]"
    return "(none)" if value is None else visible(str(value).lower() if isinstance(value, bool) else str(value))
