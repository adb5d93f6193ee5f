"""One change of one webhook: read, compare, write. Says what became of it and decides nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from reconciler.model.plan import Action, Change
from reconciler.model.provider import Provider
from reconciler.model.reading import ErrorKind, ProviderError
from reconciler.model.report import Outcome, Result
from reconciler.model.webhook import Masked, Remote
from reconciler.planning.compare import differences, wanted_fields
from reconciler.providers.registry import Reader, Writer

LOOK_AGAIN_AFTER = (0.5, 1.0)
"""Seconds before each further look at a webhook that doesn't read as it was written."""


def write(writer: Writer, provider: Provider, change: Change) -> Result:
    """Make an update or a delete, unless the webhook is as wanted already or isn't what the plan saw."""
    assert change.remote is not None  # a create is sent elsewhere  # noqa: S101
    done = Result(change=change, outcome=Outcome.DONE, object_id=change.remote.id)
    try:
        now = writer.get(change.remote.id)
    except ProviderError as error:
        is_gone = error.kind is ErrorKind.GONE and is_result(provider, change, None)
        return replace(done, outcome=Outcome.ALREADY) if is_gone else failed(change, error)
    if is_result(provider, change, now):
        return replace(done, outcome=Outcome.ALREADY)
    if now.fields != change.remote.fields:
        return replace(done, outcome=Outcome.CHANGED_MEANWHILE)
    try:
        if change.action is Action.DELETE:
            writer.delete(change.remote.id)
        else:
            writer.update(change.remote.id, change.wanted, now)
    except ProviderError as error:
        # Gone since it was read is done, too. Some answer so where a credential may not delete: it is read back.
        if change.action is not Action.DELETE or error.kind is not ErrorKind.GONE:
            return failed(change, error)
    return done


def look(reader: Reader, object_id: str) -> Remote | ProviderError | None:
    """Read a webhook: itself, None where there is none, or why it could not be read."""
    try:
        return reader.get(object_id)
    except ProviderError as error:
        return None if error.kind is ErrorKind.GONE else error


def verified(reader: Reader, provider: Provider, result: Result, sleep: Callable[[float], bool]) -> Result:
    """Read back what a write of a known webhook left behind, and correct its outcome.

    A lost answer may become known this way. It stays unknown where the webhook is not as wanted: the call may still be
    on its way. A read right after a write may be stale: what reads differently is looked at again, unless `sleep` says
    that the run was asked to stop.
    """
    if result.outcome not in (Outcome.DONE, Outcome.UNKNOWN) or not result.object_id:
        return result
    found = look(reader, result.object_id)
    for seconds in LOOK_AGAIN_AFTER:
        if isinstance(found, ProviderError) or is_result(provider, result.change, found) or not sleep(seconds):
            break
        found = look(reader, result.object_id)
    if isinstance(found, ProviderError):
        if result.outcome is Outcome.UNKNOWN or found.kind is ErrorKind.INTERRUPTED:
            return result
        return replace(result, outcome=Outcome.UNVERIFIED, error=found)
    if is_result(provider, result.change, found):
        return replace(result, outcome=Outcome.DONE, error=None)
    # The next look may be too late to say how it differs.
    return replace(result, outcome=Outcome.NOT_AS_WANTED, made=found) if result.outcome is Outcome.DONE else result


def is_result(provider: Provider, change: Change, now: Remote | None) -> bool:
    """Whether what is there now is what a change was to bring about: deleted, or with the fields that it sends.

    Ignored ones aside; and it delivers if it is to.
    """
    if change.action is Action.DELETE:
        return now is None
    if now is None:
        # Switched off and gone deliver the same, and a provider may hide what is switched off.
        return not provider.lists_inactive and not provider.is_live(change.wanted)
    wanted = change.wanted if change.desired is None else wanted_fields(change.desired, now.fields)
    delivers = provider.is_live(now.fields) or not provider.is_live(change.wanted)
    keeps_secrets = all(now.fields[name] is not None for name, value in change.wanted.items() if value is Masked.SET)
    return delivers and keeps_secrets and not differences(provider, now.fields, wanted)


def failed(change: Change, error: ProviderError) -> Result:
    """What a call's error means for its change."""
    outcomes = {ErrorKind.GONE: Outcome.GONE_MEANWHILE, ErrorKind.INTERRUPTED: Outcome.NOT_STARTED}
    outcome = Outcome.UNKNOWN if error.may_have_acted else outcomes.get(error.kind, Outcome.FAILED)
    object_id = "" if change.remote is None else change.remote.id
    return Result(change=change, outcome=outcome, object_id=object_id, error=error)
