"""Webhooks that are left as they are, as text: unmanaged ones, and what is to be said of each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reconciler.model.plan import Hint
from reconciler.output.escaping import shown_time, visible, yaml_word
from reconciler.output.terminal import Style
from reconciler.view.rows import AccountRow, Row, hosts_of

_HINTS = {
    Hint.LEFTOVER: "probably a leftover: same path and event as {near}, but on another host",
    Hint.DOUBLE_DELIVERY: "delivers every event, so the events of {near} are delivered twice",
    Hint.RETARGETED: (
        "its URL was probably changed at the provider: last changed {time}, and the webhook of {near} is missing"
    ),
    Hint.OTHER_KIND: "`owns` matches its URL, but only for `{usual}` webhooks; to own it too, "
    "add `{{url: '{quoted}', {said}}}`",
    Hint.ABSENT_OTHER_KIND: "`absent` matches its URL, but only for `{usual}` webhooks; to delete it, "
    "add `{{id: {id}}}`",
    Hint.KEPT_FOR_ENTRY: "it is {near}, which is in the file: remove the entry, or its id from `absent`",
    Hint.KEPT_AS_KNOWN: "it is also listed under `known`: remove it from one of the two",
}

_MOST_LINES = 10
"""How many lines for the file are printed."""


def unmanaged_text(account: AccountRow, rows: Sequence[Row], style: Style, verbosity: int) -> Iterator[str]:
    """Webhooks that nobody here is responsible for: each where it is drift, has a hint or more is asked for."""
    fails = account.fails_on_unmanaged
    title = "Unmanaged, never touched" + (", counted as drift" if fails else "")
    yield from title_text(rows, title, style, "yellow" if fails else "")
    all_shown = fails or verbosity > 0
    listed = [row for row in rows if all_shown or row.hint or row.unreadable_fields]
    listed.sort(key=lambda row: not row.hint)
    for row in listed:
        yield remote_text(row)
        if row.unreadable_fields:
            yield f"      (can't be read: its {visible(' and '.join(f'`{name}`' for name in row.unreadable_fields))})"
        if row.hint:
            yield f"      {style.paint('hint', 'yellow')}: {hint_text(row)}"
        yield from unknown_fields_text(row, verbosity)
    counted = () if all_shown else hosts_of(row for row in rows if not row.hint and not row.unreadable_fields)
    yield from (style.paint(f"    {number} at {visible(host)}", "dim") for host, number in counted)
    if counted:
        yield style.paint("    Use `-v` to list them.", "dim")
    if rows and fails:
        yield from _absent_text("Add expected webhooks to `known` in the file, and those to delete to `absent`", listed)
    elif hinted := [row for row in rows if row.hint]:
        yield from _absent_text("To delete one of these, add its id to `absent` in the file", hinted)


def _absent_text(words: str, rows: Sequence[Row]) -> Iterator[str]:
    """What to do, and the lines for the file, where they are few: what stands in a file is a whole id."""
    if len(rows) > _MOST_LINES:
        yield f"    {words}: `- id: ID`, with the whole id, which `-v` shows."
        return
    yield f"    {words}:"
    yield from (f"      - id: {yaml_word(row.object_id or '')}" for row in rows)


SWITCHED_OFF = "Switched off by the provider after failed deliveries"


def title_text(rows: Sequence[Row], text: str, style: Style, color: str = "") -> Iterator[str]:
    """The head of a part of an account; nothing where there is no such row."""
    if rows:
        yield from ("", style.paint(f"  {text} ({len(rows)}):", "bold", *filter(None, [color])))


def remote_text(row: Row) -> str:
    """A webhook in a line."""
    scope = f" ({visible(row.scope)})" if row.scope else ""
    events, url = ", ".join(row.events) or "(no event)", row.url or "(no URL)"
    return f"    {visible(row.webhook_address)}  {visible(events)}{scope}  {visible(url)}"


def hint_text(row: Row) -> str:
    """What is to be said of a webhook that is left as it is."""
    usual, said = ("is_test: false", "is_test: true") if row.scope else ("is_test: true", "is_test: false")
    near, time = visible(row.near or ""), shown_time(row.updated)
    quoted, quoted_id = near.replace("'", "''"), yaml_word(row.object_id or "")
    words = "" if row.hint is None else _HINTS[row.hint]
    return words.format(near=near, quoted=quoted, id=quoted_id, time=time, usual=usual, said=said)


def unknown_fields_text(row: Row, verbosity: int) -> Iterator[str]:
    """The names of fields that this version doesn't know, if that is asked for."""
    if verbosity > 0 and row.unknown_fields:
        yield f"      (unknown fields: {visible(', '.join(row.unknown_fields))})"
