"""What an update sends, call by call, and which secrets it would take away."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from reconciler.model.field import Field, ReadsBack
from reconciler.model.plan import Action, Change
from reconciler.model.provider import Provider
from reconciler.model.rest import Call, Rest
from reconciler.model.webhook import Fields, hides_secret


class UpdateCall(Struct, frozen=True, kw_only=True):
    """One call of an update."""

    fields: tuple[Field, ...]  # what is sent
    path: str = ""  # below the webhook's own
    unit: str = ""  # the part of the webhook that is meant there; empty for the webhook
    own: Call | None = None  # of its one field


def update_calls(provider: Provider, api: Rest, wanted: Fields, now: Fields) -> Iterator[UpdateCall]:
    """The calls that change a webhook. A secret that the provider shows masked, and no file says, is never sent.

    A secret with a call of its own goes first: where it fails, the rest still differs, and the next run sends both.
    """
    sendable = [spec for spec in provider.fields if can_send(spec, wanted) and not spec.is_fixed]
    differing = [
        spec for spec in sendable if spec.reads_back is not ReadsBack.CLEAR or wanted[spec.name] != now[spec.name]
    ]
    own = [spec for spec in differing if spec.call is not None and wanted[spec.name] is not False]  # none switches off
    yield from (_own_call(spec) for spec in own if spec.is_secret)
    known = tuple(spec for spec in sendable if spec.call is None)
    changed = [spec for spec in differing if spec.call is None]
    if not api.update.partial:
        if changed or not differing:
            yield UpdateCall(fields=known)
    else:
        yield from _partial_calls(provider, api, known, changed, wanted, now)
    yield from (_own_call(spec) for spec in own if not spec.is_secret)


def _own_call(spec: Field) -> UpdateCall:
    return UpdateCall(fields=(spec,), path="" if spec.call is None else spec.call.path, own=spec.call)


def with_removals(provider: Provider, wanted: Fields, now: Fields) -> Fields:
    """What to send, so that names go which an update would leave if it didn't send them."""
    fields = dict(wanted)
    for spec in provider.fields:
        ours, theirs = wanted[spec.name], now[spec.name]
        if spec.merges and isinstance(ours, Mapping) and isinstance(theirs, Mapping):
            fields[spec.name] = {**dict.fromkeys(theirs, ""), **ours}
    return fields


def _partial_calls(
    provider: Provider, api: Rest, known: Sequence[Field], changed: Sequence[Field], wanted: Fields, now: Fields
) -> Iterator[UpdateCall]:
    """The calls that send only what differs, and with it the units that it stands in."""
    whole: list[Field] = []
    for unit in dict.fromkeys(spec.path[0] for spec in changed):
        inside = tuple(spec for spec in changed if spec.path[0] == unit)
        path = api.update.units.get(unit, "")
        if path and _secrets_unsaid(provider, unit, wanted, now):
            yield UpdateCall(fields=inside, path=path, unit=unit)  # value by value, so that the secret stays
        elif unit in api.update.units:
            whole += [spec for spec in known if spec.path[0] == unit]
        else:
            whole += inside
    if whole:
        yield UpdateCall(fields=tuple(whole))


def lost_secrets(provider: Provider, wanted: Fields, now: Fields) -> tuple[str, ...]:
    """The secrets that an update would take away, since it replaces what holds them and nobody can send them again."""
    api = provider.rest
    if api is None or api.update.mask:
        return ()
    if not api.update.partial:
        is_kept = api.update.keeps_secrets and not (api.update.url_takes_secrets and wanted["url"] != now["url"])
        return () if is_kept else _secrets_unsaid(provider, "", wanted, now)
    sent = (call.fields for call in update_calls(provider, api, wanted, now) if not call.path and call.own is None)
    units = dict.fromkeys(spec.path[0] for fields in sent for spec in fields)
    return tuple(
        name for unit in units if unit in api.update.units for name in _secrets_unsaid(provider, unit, wanted, now)
    )


def sends_unread(provider: Provider, change: Change) -> bool:
    """Whether nobody can read back all that an update is for: secrets sent again, or in a call of their own."""
    own = (spec for spec in provider.fields if spec.is_unread and spec.call is not None)
    is_update = change.action is Action.UPDATE
    return is_update and (bool(change.resends) or any(can_send(spec, change.wanted) for spec in own))


def can_send(spec: Field, values: Fields) -> bool:
    """Whether a field's value can be sent: of a secret only one that is known."""
    value = values[spec.name]
    return not spec.is_made and not hides_secret(value) and (value is not None or not spec.is_secret)


def _secrets_unsaid(provider: Provider, unit: str, wanted: Fields, now: Fields) -> tuple[str, ...]:
    """The secrets of a unit, or of the whole webhook, that it has, or may have, and that can't be sent."""
    return tuple(
        spec.name
        for spec in provider.fields
        if spec.is_secret
        and not spec.is_made
        and spec.call is None
        and unit in ("", spec.path[0])
        and not can_send(spec, wanted)
        and (spec.reads_back is ReadsBack.NEVER or bool(now[spec.name]))
    )
