"""Why a webhook is changed, in words: for `plan` what would be done and why, for `drift` first what happened."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.model.plan import Action, Hint, Reason
from reconciler.output.escaping import shown_time, visible
from reconciler.output.losses_text import events_text
from reconciler.view.documents import PlanView
from reconciler.view.results import ResultRow
from reconciler.view.rows import Row

_REASONS: Mapping[Reason | None, str] = {
    Reason.MISSING: "create: not at the provider",
    Reason.NOT_IN_FILE: "delete: not in the file{when}",
    Reason.DIFFERS: "update in place: differs{when}",
    Reason.SWITCHED_OFF: "update in place: switched off at the provider{when}",
    Reason.RESEND: "update in place: its secret is sent again{when}",
    Reason.DUPLICATE: "delete: duplicate of {partner}{when}",
    Reason.REPLACES: "create: replaces {partner}, since no update can change {differing}",
    Reason.REPLACED: "delete: replaced by {partner}",
    Reason.NAMED_ABSENT: "delete: listed under absent{when}",
}
NOT_CHECKED_AFTER_CREATES = "could not be checked to the end"
_DESTROYED = "delete: requested by destroy{when}"
_MOVES: Mapping[Reason | None, str] = {
    Reason.MISSING: "create: moved, replaces {partner}",
    Reason.NOT_IN_FILE: "delete: moved, replaced by {partner}",
}
_HAPPENED: Mapping[Reason | None, str] = {
    Reason.MISSING: "deleted at the provider, or never created",
    Reason.NOT_IN_FILE: "added at the provider",
    Reason.SWITCHED_OFF: "switched off at the provider",
    Reason.RESEND: "its secret is older than `secret_since`",
    Reason.REPLACED: "replaced by {partner}",
    Reason.DUPLICATE: "added at the provider: a duplicate of {partner}",
    Reason.NAMED_ABSENT: "still at the provider, or added again: listed under absent",
}


def endpoint_text(row: Row | ResultRow) -> str:
    """What a webhook delivers, and to where: of what goes, its address doesn't say it."""
    scope = f" ({row.scope})" if row.scope else ""
    return visible(f"{events_text(row.events) or '(no event)'}{scope} at {row.url or '(no URL)'}")


def sentences(*texts: str) -> str:
    """Sentences one behind the other, each with its end; those that are empty are left out."""
    said = [*filter(None, texts)]
    ended = [one if one.endswith((".", "!", "?", ":")) else f"{one}." for one in said[:-1]]
    return " ".join([*ended, *said[-1:]])


def reason_text(row: Row) -> str:
    """What would be done, and why. Nobody can know who changed what: only when the provider last did."""
    words = (_MOVES if row.partner else {}).get(row.action_reason) or _REASONS.get(row.action_reason, _DESTROYED)
    forcing = (_differing(row, forcing=True) or _differing(row)) if row.field_changes else ""
    return words.format(partner=visible(row.partner or ""), when=_when(row), differing=forcing)


def drift_text(row: Row, view: PlanView) -> str:
    """What happened, as far as that can be seen without a state."""
    happened = _HAPPENED.get(row.action_reason) or f"{_differing(row)} changed"
    if row.action_reason is Reason.REPLACES and [one.before for one in row.field_changes] == [False]:
        happened = _HAPPENED[Reason.SWITCHED_OFF]
    if row.partner and row.action_reason in _MOVES:
        happened = "URL changed: probably {partner}"
    elif row.action is Action.CREATE and (now := _retargeted(row, view)):
        happened = f"URL changed at the provider: probably {visible(now)}"
    when = "" if row.action is Action.CREATE else _when(row)
    return f"{happened.format(partner=visible(row.partner or ''))}{when}"


def change_text(row: Row, view: PlanView, *, is_drift: bool) -> str:
    """For a plan what would be done, for drift what happened and what would be done."""
    return f"{drift_text(row, view)}; `apply` would {row.action.value} it" if is_drift else reason_text(row)


def _differing(row: Row, *, forcing: bool = False) -> str:
    """What differs, or only what forces a replacement; of a URL it is a secret, as it is the webhook's by all else."""
    hidden = {**(row.change.before_sensitive or {}), **(row.change.after_sensitive or {})}
    words = {"url": "secret" if "url" in hidden else "URL"}
    names = (one.name for one in row.field_changes if one.forces_replacement or not forcing)
    return visible(" and ".join(dict.fromkeys(words.get(name, name) for name in names)))


def _retargeted(row: Row, view: PlanView) -> str | None:
    """The webhook whose URL was probably changed, so that this entry's is missing."""
    found = (one for one in view.unmanaged if one.hint is Hint.RETARGETED and one.account == row.account)
    return next((one.webhook_address for one in found if one.near == row.webhook_address), None)


def _when(row: Row) -> str:
    return f", last changed {shown_time(row.updated)}" if row.updated else ""
