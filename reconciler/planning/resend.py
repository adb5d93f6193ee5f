"""Secrets that are sent again though nothing differs: nobody can read them back, so only a person knows when."""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from reconciler.model.field import Field
from reconciler.model.plan import Action, Change, FieldChange, Phase, Reason
from reconciler.model.provider import Provider
from reconciler.model.secret import SecretText
from reconciler.model.webhook import Desired, Headers, Masked, Remote, Value
from reconciler.planning.compare import sent_fields


def is_due(desired: Desired, remote: Remote, now: datetime) -> bool:
    """Whether a webhook was last changed before the day from which on its secret counts.

    A day that is still to come is not due, or every apply until then would send it.
    """
    since = desired.secret_since
    if since is None:
        return False
    changed = remote.updated or remote.created
    return changed is not None and changed < since <= now


def unread_secrets(provider: Provider, desired: Desired) -> tuple[str, ...]:
    """The secrets of an entry that nobody can read back, as far as it says them and an update can send them."""
    return tuple(spec.name for spec in provider.fields if not spec.is_fixed and _is_unread(spec, desired))


def resent(provider: Provider, row: Change) -> Change:
    """The row, with the secrets of its entry sent again: an update, if it is none."""
    desired, remote = row.desired, row.remote
    if desired is None or remote is None or row.action not in (Action.NONE, Action.UPDATE):
        return row
    names = unread_secrets(provider, desired)
    if not names:
        return row
    said = {field.name for field in row.fields}
    new = (
        FieldChange(name=name, before=remote.fields[name] or Masked.SET, after=desired.fields[name])
        for name in names
        if name not in said
    )
    row = replace(row, resends=names, fields=(*row.fields, *new))
    if row.action is Action.UPDATE:
        return row
    wanted = sent_fields(desired, remote.fields)
    return replace(row, action=Action.UPDATE, phase=Phase.WIDEN, reason=Reason.RESEND, wanted=wanted)


def secrets_made_anew(provider: Provider, desired: Desired) -> tuple[FieldChange, ...]:
    """The secrets that only another webhook can have: those that the provider makes, or takes with a create alone."""
    return tuple(
        FieldChange(name=spec.name, before=Masked.SET, after=Masked.SET)
        for spec in provider.fields
        if spec.needs_another and (spec.is_made or _is_unread(spec, desired))
    )


def _is_unread(spec: Field, desired: Desired) -> bool:
    return spec.is_unread and spec.name not in desired.ignored and _is_said(desired.fields[spec.name])


def _is_said(value: Value) -> bool:
    match value:
        case SecretText():
            return value.is_known
        case Headers():
            return bool(value) and value.is_known
    return False
