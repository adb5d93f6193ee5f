"""A plan as text: each account with its changes, losses and the webhooks that are left as they are."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from operator import add
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from reconciler.model.plan import NO_ACTION, Action, Reason
from reconciler.output.escaping import visible
from reconciler.output.fitting import fitted
from reconciler.output.losses_text import losses_text, refusal_text
from reconciler.output.pipeline import FOLDED_FROM
from reconciler.output.reasons import change_text, drift_text, sentences
from reconciler.output.terminal import SIGNS, Style
from reconciler.output.unmanaged_text import (
    SWITCHED_OFF,
    hint_text,
    remote_text,
    title_text,
    unknown_fields_text,
    unmanaged_text,
)
from reconciler.view.documents import PlanView
from reconciler.view.outcome import count_text
from reconciler.view.places import places_together
from reconciler.view.rows import AccountRow, LossRow, PlacesRow, Plain, Row, Standing, Status
from reconciler.view.short_ids import with_short_ids

_Row = TypeVar("_Row", Row, LossRow)
_COLORS = {Action.CREATE: "green", Action.UPDATE: "yellow", Action.DELETE: "red"}
_SIGNS = {action: SIGNS[action.value] for action in _COLORS}
_WHOLE = (Action.CREATE, Action.DELETE)
_MOVED = (Reason.NOT_IN_FILE, Reason.REPLACED)  # of what goes, where something takes its place


MOST_IN_FULL = 10
"""Places of an account whose changes are shown one by one; of more of them there is a line for each place."""


class Fold(Struct, frozen=True):
    """Where a part of the text begins that is folded in a log; where it ends, without a title."""

    title: str = ""


def plan_text(
    view: PlanView, style: Style, verbosity: int = 0, *, width: int | None = None, is_drift: bool = False
) -> str:
    """A plan by account, without its last line; see `plan_lines`."""
    lines = plan_lines(view, style, verbosity, width=width, is_drift=is_drift)
    return "\n".join(line for line in lines if isinstance(line, str))


def plan_lines(
    view: PlanView, style: Style, verbosity: int = 0, *, width: int | None = None, is_drift: bool = False
) -> Iterator[str | Fold]:
    """The lines of a plan by account, without its last one, and which of them a log folds: what is long.

    Args:
        view: what may be shown.
        style: of the stream that it goes to.
        verbosity: from 1 on also unknown fields, what is in step, and whole ids; below 0 a line for each change.
        width: the terminal's, in columns; None where the text goes to none, and each line stays whole.
        is_drift: whether what happened is said before what would be done.
    """
    shown = view if verbosity > 0 else with_short_ids(places_together(view))
    text = _PlanText(shown, style, verbosity, width, is_drift=is_drift)
    return text.lines() if verbosity >= 0 else text.brief_lines()


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
    if isinstance(account, PlacesRow) and account.error is not None:
        listed = f"{account.places} of {account.all_places} places not checked"
    elif isinstance(account, PlacesRow):
        listed = f"{account.places} of {account.all_places} places without changes, {listed}"
    return f"Account {visible(account.name)} ({visible(account.title)}{mode}): {listed}"


def _by_account(rows: Iterable[_Row]) -> Mapping[str, Sequence[_Row]]:
    found: dict[str, list[_Row]] = defaultdict(list)
    for row in rows:
        found[row.account].append(row)
    return found


class _PlanText(Struct, frozen=True, dict=True):
    view: PlanView
    style: Style
    verbosity: int
    width: int | None
    is_drift: bool

    def lines(self) -> Iterator[str | Fold]:
        summed_up = self._summed_up()
        for account in self.view.accounts:
            if account.name in summed_up:
                continue
            yield from self._fitted(self._account(account))
            yield from (*self._refusal(account), "")
        for name, counts in summed_up.items():
            said = ", ".join(f"{counts[action]} to {action.value}" for action in _COLORS if counts[action])
            yield from fitted(f"{self.style.paint(f'  ~ {visible(name)}', 'bold', 'yellow')}  {said}", self.width)
        if summed_up:
            yield from (
                "",
                *fitted("Each change is shown with `-v`, or of one account with `--account NAME`.", self.width),
            )
            yield ""
        if self.view.is_filtered:
            options = (f"`{visible(option)}`" for option in self.view.filters.options())
            yield from fitted(f"Filtered by {' '.join(options)}: other changes aren't shown.", self.width)
            yield ""

    def _fitted(self, lines: Iterable[str | Fold]) -> Iterable[str | Fold]:
        if self.width is None:
            return lines
        return (part for line in lines for part in ([line] if isinstance(line, Fold) else fitted(line, self.width)))

    def _summed_up(self) -> dict[str, Counter[Action]]:
        """The places of which only the number of changes is told, as those of many: a fleet has thousands."""
        plain = [one for one in self.view.accounts if one.status is Standing.CHANGED and not (one.losses or one.remedy)]
        many = Counter(one.name.partition(":")[0] for one in plain if ":" in one.name)
        names = [one.name for one in plain if many[one.name.partition(":")[0]] > MOST_IN_FULL and ":" in one.name]
        found: dict[str, Counter[Action]] = {} if self.verbosity > 0 else {name: Counter() for name in names}
        for row in self.view.changes if found else ():
            if row.account in found:
                found[row.account][row.action] += 1
        return found

    def brief_lines(self) -> Iterator[str]:
        for account in self.view.accounts:
            if account.error is not None:
                yield from fitted(f"{head_text(account)}: {visible(account.error.summary)}", self.width)
            for row in _moves_together(self._of["changes"].get(account.name, [])):
                # Of what goes only the URL says what it was.
                url = f"  {visible(row.url)}" if row.action is Action.DELETE and row.url else ""
                yield from fitted(self._head(replace(row, updated=None)) + url, self.width)
            if account.remedy is not None:
                for line in losses_text(account, self._losses(account), self.style):
                    yield from fitted(line, self.width)
                yield from (*self._refusal(account), "")

    def _account(self, account: AccountRow) -> Iterator[str | Fold]:
        view, style = self.view, self.style
        yield style.paint(head_text(account), "bold")
        if account.error is not None:
            yield f"  {style.paint('error', 'bold', 'red')}: {visible(account.error.summary)}"
            if account.error.detail:
                yield f"  help: {visible(account.error.detail)}"
            return
        rows, differing, kept, unmanaged, known = (
            self._of[name].get(account.name, [])
            for name in ("resource_changes", "protected_differences", "kept", "unmanaged", "known")
        )
        if account.status is Standing.IN_STEP and not isinstance(account, PlacesRow):
            is_whole = not view.is_filtered and not view.unset_variables
            nothing = "No changes." if view.summary.changes else ""  # else the last line says it of all
            matches = "The provider matches the configuration." if is_whole else ""
            yield from [f"  {sentences(nothing, matches)}"] if nothing or matches else []
        counts = Counter(row.action for row in rows)
        said = ", ".join(f"{counts[action]} to {action.value}" for action in _COLORS)
        yield from _folded(f"{visible(account.name)}: {said}", self._changes(rows))
        yield from title_text(differing, "Protected, left as they are", style)
        for row in differing:
            yield from (f"    {visible(row.webhook_address)}", *self._fields(row))
        unhealthy = self._of["unhealthy"].get(account.name, [])
        yield from title_text(unhealthy, SWITCHED_OFF, style, "yellow")
        yield from (f"    {visible(row.webhook_address)}  {visible(row.health or '')}" for row in unhealthy)
        yield from losses_text(account, self._losses(account), style)
        yield from title_text(kept, "Listed under `absent`, but kept", style)
        for row in kept:
            yield remote_text(replace(row, webhook_address=f"@{row.object_id}"))
            yield f"      {style.paint('reason', 'yellow')}: {hint_text(row)}"
        title = f"{visible(account.name)}: {len(unmanaged)} unmanaged"
        yield from _folded(title, unmanaged_text(account, unmanaged, style, self.verbosity))
        if self.verbosity > 0:
            lines = (*title_text(known, "Known, never touched", style), *map(remote_text, known))
            yield from _folded(f"{visible(account.name)}: {len(known)} known", lines)

    @cached_property
    def _of(self) -> Mapping[str, Mapping[str, Sequence[Row]]]:
        """The rows by account, since there may be thousands of accounts."""
        view = self.view
        return {
            "changes": _by_account(view.changes),
            "resource_changes": _by_account(view.resource_changes),
            "protected_differences": _by_account(view.protected_differences),
            "kept": _by_account(view.kept),
            "unmanaged": _by_account(view.unmanaged),
            "known": _by_account(view.known),
            "unhealthy": _by_account(view.unhealthy),
        }

    @cached_property
    def _all_losses(self) -> Mapping[str, Sequence[LossRow]]:
        return _by_account(self.view.losses)

    def _losses(self, account: AccountRow) -> Sequence[LossRow]:
        return self._all_losses.get(account.name, ())

    def _refusal(self, account: AccountRow) -> Iterator[str]:
        return refusal_text(account, self._losses(account), self.style, self.width)

    def _changes(self, rows: Sequence[Row]) -> Iterator[str]:
        for row in _moves_together([row for row in rows if row.action is not NO_ACTION]):
            yield from ("", f"  {self._head(row)}", *self._fields(row), *unknown_fields_text(row, self.verbosity))
        in_step = [row for row in rows if row.action is NO_ACTION and row.action_reason is not Reason.PROTECTED]
        if self.verbosity > 0 and in_step:
            yield ""
            for row in in_step:
                state = "not compared" if row.status is Status.NOT_COMPARED else "no changes"
                state = "off, not at the provider" if row.action_reason is Reason.OFF else state
                yield self.style.paint(f"  = {visible(row.webhook_address)}  {state}", "dim")

    def _head(self, row: Row) -> str:
        """A change in a line."""
        name = visible(row.webhook_address)
        head = self.style.paint(f"{_SIGNS[row.action]} {name}", "bold", _COLORS[row.action])
        is_short = self.is_drift and self.verbosity < 0
        words = drift_text(row, self.view) if is_short else change_text(row, self.view, is_drift=self.is_drift)
        return f"{head}  {words}"

    def _fields(self, row: Row) -> Sequence[str]:
        """All fields of what is created or deleted; of all else those that differ."""
        if row.action in _WHOLE:
            fields = row.change.before or row.change.after or {}
            return [*map(add, _names(tuple(fields)), map(value_text, fields.values()))]
        arrow = self.style.paint("→", "dim")
        shown = {one.name: f"{value_text(one.before)} {arrow} {value_text(one.after)}" for one in row.field_changes}
        return [*map(add, _names(tuple(shown)), shown.values())]


@lru_cache(maxsize=1024)  # webhooks of one provider have the same fields
def _names(names: tuple[str, ...]) -> Sequence[str]:
    """The names of fields as a column, their values to follow."""
    width = max(map(len, names), default=0)
    return [f"      {visible(name):<{width}}  " for name in names]


def _folded(title: str, lines: Iterable[str]) -> Sequence[str | Fold]:
    """Lines that a log folds where they are many."""
    found = [*lines]
    return [Fold(title), *found, Fold()] if len(found) > FOLDED_FROM else found


def _moves_together(rows: Sequence[Row]) -> Iterator[Row]:
    """The rows in their order, but the delete of a move right after its create, though it is done later."""
    deletes = {row.partner: row for row in rows if row.action_reason in _MOVED}
    created = [row.webhook_address for row in rows if row.partner and row.action is Action.CREATE]
    moves = {address: deletes.get(address) for address in created}
    shown_with = {delete.webhook_address for delete in moves.values() if delete is not None}
    for row in rows:
        if row.webhook_address not in shown_with:
            yield from filter(None, (row, moves.get(row.webhook_address)))


def difference_texts(row: Row) -> Iterator[str]:
    """Each field that differs, in a line."""
    return (f"{visible(one.name)}: {value_text(one.before)} → {value_text(one.after)}" for one in row.field_changes)


def value_text(value: Plain) -> str:
    """A field's value, made visible."""
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, tuple):
        return f"[{visible(', '.join(value))}]"
    return "(none)" if value is None else str(value).lower()
