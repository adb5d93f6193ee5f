"""A plan as people read it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from reconciler.model.configuration import OnUnmanaged
from reconciler.model.plan import Action, Filters, Hint, Reason
from reconciler.output.loss_text import losses_text
from reconciler.output.style import SIGNS, Style
from reconciler.output.terminal import visible
from reconciler.view.documents import PlanView
from reconciler.view.rows import AccountRow, Row, Standing, Status
from reconciler.view.values import Plain

_COLORS = {Action.CREATE: "green", Action.UPDATE: "yellow", Action.DELETE: "red"}
_HINTS = {
    Hint.LEFTOVER: "probably a leftover: same path and event as {near}, but on another host",
    Hint.DOUBLE_DELIVERY: "delivers every event, so those of {near} are delivered twice",
    Hint.RETARGETED: (
        "its URL was probably changed at the provider: last changed {time}, and the webhook of {near} is missing"
    ),
    Hint.OTHER_KIND: "`owns` matches its URL, but only for `{usual}` webhooks; to own it too, "
    "add `{{url: '{quoted}', {said}}}`",
    Hint.ABSENT_OTHER_KIND: "`absent` matches its URL, but only for `{usual}` webhooks; to delete it, "
    "add `{{id: '{id}'}}`",
    Hint.KEPT_FOR_ENTRY: "it is {near}, which is in the file: remove the entry, or this id",
    Hint.KEPT_AS_KNOWN: "it is also listed under `known`: remove it there, or here",
}
_MOST_HOSTS = 10
"""How many hosts of unmanaged webhooks a plan counts one by one."""


def plan_text(view: PlanView, style: Style, verbosity: int = 0) -> str:
    """A plan, account by account, without its last line.

    Args:
        view: what may be shown.
        style: how to colour it.
        verbosity: from 1 on, names of unknown fields and what is in step show too.
    """
    lines: list[str] = []
    for account in view.accounts:
        lines += [*_account(view, account, style, verbosity), ""]
    if view.is_filtered:
        lines += [f"Filtered by {_filters(view.filters)}: other changes aren't shown.", ""]
    return "\n".join(lines)


def _filters(filters: Filters) -> str:
    options = [("--account", name) for name in filters.accounts] + [("--target", name) for name in filters.targets]
    return " ".join(f"`{option} {visible(value)}`" for option, value in options)


def head_text(account: AccountRow) -> str:
    """An account's head line: who, where, and how much was listed."""
    mode = f", {visible(account.mode)} mode" if account.mode else ""
    return f"Account {visible(account.name)} ({visible(account.title)}{mode}): {_listed(account)}"


def _listed(account: AccountRow) -> str:
    if account.status is Standing.NOT_CHECKED:
        return "not checked"
    if account.count is None:
        return f"{account.listed} webhooks listed"
    if account.count != account.listed:
        return f"{account.listed} webhooks listed (the provider counts {account.count}; not checked)"
    return f"{account.listed} of {account.count} webhooks listed"


def _account(view: PlanView, account: AccountRow, style: Style, verbosity: int) -> Iterator[str]:
    yield style.paint(head_text(account), "bold")
    if account.status is Standing.NOT_CHECKED:
        if account.error is not None:
            yield style.paint(f"  error: {visible(account.error.summary)}", "red")
        if account.error is not None and account.error.detail:
            yield f"  help: {visible(account.error.detail)}"
        return
    rows, unmanaged, known = (
        [row for row in rows if row.account == account.name]
        for rows in (view.resource_changes, view.unmanaged, view.known)
    )
    if account.status is Standing.IN_STEP:
        yield "  No changes." if view.is_filtered else "  No changes. The provider matches the configuration."
    yield from _changes(rows, style, verbosity)
    yield from _protected(rows, style)
    losses = [loss for loss in view.losses if loss.account == account.name]
    yield from losses_text(account, losses, style)
    yield from _kept([row for row in (*rows, *known) if row.is_kept], style)
    yield from _unmanaged(account, unmanaged, style, verbosity)
    if verbosity > 0:
        yield from _known(known, style)
    yield from _duplicates([row for row in rows if row.status is Status.DUPLICATE], style)


def _changes(rows: Iterable[Row], style: Style, verbosity: int) -> Iterator[str]:
    for row in _moves_together([row for row in rows if row.action is not Action.NONE]):
        yield ""
        yield from _change(row, style, verbosity)
    in_step = [row for row in rows if row.action is Action.NONE and row.action_reason is not Reason.PROTECTED]
    if verbosity > 0 and in_step:
        yield ""
        yield from (f"  = {visible(row.address)}  {_state(row)}" for row in in_step)


def _state(row: Row) -> str:
    return "off, not at the provider" if row.action_reason is Reason.OFF else "no changes"


def _moves_together(rows: Sequence[Row]) -> Iterator[Row]:
    """The rows in their order, but the delete of a move right after its create, though it is done later."""
    deletes = {row.partner: row for row in rows if row.action_reason is Reason.NOT_IN_FILE}
    shown: set[str] = set()
    for row in rows:
        if row.address in shown:
            continue
        yield row
        partner = deletes.get(row.address)
        if row.action is Action.CREATE and row.partner and partner is not None:
            shown.add(partner.address)
            yield partner


def _change(row: Row, style: Style, verbosity: int) -> Iterator[str]:
    sign, color = SIGNS[row.action.value], _COLORS[row.action]
    yield f"  {style.paint(f'{sign} {visible(row.address)}', 'bold', color)}  {_reason(row)}"
    if row.action is Action.UPDATE:
        yield from _field_changes(row, style)
    else:
        fields = row.change.before or row.change.after or {}
        width = max(map(len, fields), default=0)
        for name, value in fields.items():
            yield f"      {visible(name):<{width}}  {_value(value)}"
    if verbosity > 0 and row.unknown_fields:
        yield f"      (unknown fields: {visible(', '.join(row.unknown_fields))})"


def _field_changes(row: Row, style: Style) -> Iterator[str]:
    width = max((len(field.name) for field in row.field_changes), default=0)
    for field in row.field_changes:
        before, after = _value(field.before), _value(field.after)
        yield f"      {visible(field.name):<{width}}  {before} {style.paint('→', 'dim')} {after}"


def _reason(row: Row) -> str:
    """Why, in words. Nobody can know who changed what: only when the provider last did."""
    when = f", last changed {_time(row.updated)}" if row.updated else ""
    partner = visible(row.partner or "")
    match row.action_reason:
        case Reason.MISSING:
            return f"create: moved, replaces {partner}" if partner else "create: not at the provider"
        case Reason.NOT_IN_FILE:
            return f"delete: moved, replaced by {partner}" if partner else f"delete: not in the file{when}"
        case Reason.REPLACED_BY_OFF:
            return f"delete: switched off, replaced by {partner}"
        case Reason.DIFFERS:
            return f"update in place: differs{when}"
        case Reason.SWITCHED_OFF:
            return f"update in place: switched off at the provider{when}"
        case Reason.DUPLICATE:
            return f"delete: duplicate of {partner}{when}"
        case Reason.NAMED_ABSENT:
            return f"delete: listed under absent{when}"
        case _:
            return f"delete: requested by destroy{when}"


def _protected(rows: Iterable[Row], style: Style) -> Iterator[str]:
    differing = [row for row in rows if row.action_reason is Reason.PROTECTED and row.field_changes]
    if differing:
        yield ""
        yield style.paint(f"  Protected, left as they are ({len(differing)}):", "bold")
    for row in differing:
        yield f"    {visible(row.address)}"
        yield from _field_changes(row, style)


def _unmanaged(account: AccountRow, rows: list[Row], style: Style, verbosity: int) -> Iterator[str]:
    """Webhooks that nobody here is responsible for: each where it is drift, has a hint or more is asked for."""
    if not rows:
        return
    fails = account.on_unmanaged is OnUnmanaged.FAIL
    yield ""
    title = "Unmanaged, never touched, counted as drift" if fails else "Unmanaged, never touched"
    yield style.paint(f"  {title} ({len(rows)}):", "bold", *(("yellow",) if fails else ()))
    listed: list[Row] = []
    counted: list[Row] = []
    for row in rows:
        (listed if fails or row.hint or row.unreadable_fields or verbosity > 0 else counted).append(row)
    for row in sorted(listed, key=lambda row: not row.hint):
        yield _remote(row)
        if row.unreadable_fields:
            yield f"      (can't be read: its {visible(' and '.join(f'`{name}`' for name in row.unreadable_fields))})"
        if row.hint:
            yield f"      {style.paint('hint', 'yellow')}: {_hint(row)}"
        if verbosity > 0 and row.unknown_fields:
            yield f"      (unknown fields: {visible(', '.join(row.unknown_fields))})"
    yield from _by_host(counted)
    if fails:
        yield "    Add expected webhooks to `known` in the file, and those to delete to `absent` (`- id: ID`)."
    elif any(row.hint for row in rows):
        yield "    To delete one of these, add its id to `absent` in the file: `- id: ID`."


def _by_host(rows: list[Row]) -> Iterator[str]:
    """Webhooks that are only counted, the hosts of most of them first."""
    counted = sorted(Counter(row.host for row in rows).items(), key=lambda item: (-item[1], item[0]))
    for host, number in counted[:_MOST_HOSTS]:
        yield f"    {number} at {visible(host)}"
    if len(counted) > _MOST_HOSTS:
        yield f"    {sum(number for _, number in counted[_MOST_HOSTS:])} at {len(counted) - _MOST_HOSTS} other hosts"
    if counted:
        yield "    Use `-v` to list them."


def _remote(row: Row) -> str:
    scope = f" ({visible(row.scope)})" if row.scope else ""
    events, url = ", ".join(row.events) or "(no event)", row.url or "(no URL)"
    return f"    {visible(row.address)}  {visible(events)}{scope}  {visible(url)}"


def _hint(row: Row) -> str:
    """What is to be said of a webhook that is left as it is."""
    kinds = ("is_test: false", "is_test: true")
    usual, said = kinds if row.scope else kinds[::-1]
    near, object_id = visible(row.near or ""), visible(row.object_id or "")
    return (
        ""
        if row.hint is None
        else _HINTS[row.hint].format(
            near=near,
            quoted=near.replace("'", "''"),
            id=object_id.replace("'", "''"),
            time=_time(row.updated),
            usual=usual,
            said=said,
        )
    )


def _known(rows: list[Row], style: Style) -> Iterator[str]:
    if rows:
        yield ""
        yield style.paint(f"  Known, never touched ({len(rows)}):", "bold")
    yield from map(_remote, rows)


def _kept(rows: list[Row], style: Style) -> Iterator[str]:
    if rows:
        yield ""
        yield style.paint(f"  Listed under `absent`, but kept ({len(rows)}):", "bold")
    for row in rows:
        yield _remote(replace(row, address=f"@{row.object_id}"))
        yield f"      {style.paint('reason', 'yellow')}: {_hint(row)}"


def _duplicates(rows: list[Row], style: Style) -> Iterator[str]:
    if rows:
        yield ""
        yield style.paint(f"  Duplicates, which deliver the same events as another webhook ({len(rows)}):", "bold")
    for row in rows:
        yield f"    {visible(row.address)}  duplicate of {visible(row.partner or '')}  {visible(row.url)}"


def _value(value: Plain) -> str:
    match value:
        case None:
            return "(none)"
        case bool():
            return "true" if value else "false"
        case tuple():
            return "[" + visible(", ".join(value)) + "]"
        case _:
            return visible(str(value))


def _time(text: str | None) -> str:
    return visible((text or "").replace("T", " ").replace("Z", " UTC"))
