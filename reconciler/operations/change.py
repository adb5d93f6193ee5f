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
from reconciler.providers.client import Reader, Writer

LOOK_AGAIN_AFTER = (0.5, 1.0)
"""Seconds before each further look at a webhook that doesn't read as it was written."""


def create(writer: Writer, change: Change) -> tuple[Result, Remote | None]:
    """Send a create once.

    Returns:
        What became of it, and the webhook where the provider answered with one. UNKNOWN where it may have been made.
    """
    try:
        made = writer.create(change.wanted)
    except ProviderError as error:
        return failed(change, error), None
    return Result(change=change, outcome=Outcome.DONE, object_id=made.id), made


def update(writer: Writer, provider: Provider, change: Change) -> Result:
    """Make an update, unless the webhook is as wanted already or isn't what the plan saw."""
    assert change.remote is not None  # an update has both sides  # noqa: S101
    object_id = change.remote.id
    try:
        now = writer.get(object_id)
    except ProviderError as error:
        if error.kind is ErrorKind.GONE and is_result(provider, change, None):
            return Result(change=change, outcome=Outcome.ALREADY, object_id=object_id)
        return failed(change, error)
    if is_as_wanted(provider, change, now):
        return Result(change=change, outcome=Outcome.ALREADY, object_id=object_id)
    if now.fields != change.remote.fields:
        return Result(change=change, outcome=Outcome.CHANGED_MEANWHILE, object_id=object_id)
    try:
        writer.update(object_id, change.wanted, now)
    except ProviderError as error:
        return failed(change, error)
    return Result(change=change, outcome=Outcome.DONE, object_id=object_id)


def delete(writer: Writer, change: Change) -> Result:
    """Make a delete, unless the webhook is gone already or isn't what the plan saw."""
    assert change.remote is not None  # a delete has a remote side  # noqa: S101
    object_id = change.remote.id
    now = look(writer, object_id)
    if isinstance(now, ProviderError):
        return failed(change, now)
    if now is None:
        return Result(change=change, outcome=Outcome.ALREADY, object_id=object_id)
    if now.fields != change.remote.fields:
        return Result(change=change, outcome=Outcome.CHANGED_MEANWHILE, object_id=object_id)
    try:
        writer.delete(object_id)
    except ProviderError as error:
        # Gone since it was read is done, too. Some answer so where a credential may not delete: it is read back.
        if error.kind is not ErrorKind.GONE:
            return failed(change, error)
    return Result(change=change, outcome=Outcome.DONE, object_id=object_id)


def look(reader: Reader, object_id: str) -> Remote | ProviderError | None:
    """Read a webhook: itself, None where there is none, or why it could not be read."""
    try:
        return reader.get(object_id)
    except ProviderError as error:
        return None if error.kind is ErrorKind.GONE else error


def verified(reader: Reader, provider: Provider, result: Result, sleep: Callable[[float], bool]) -> Result:
    """Read back what a write of a known webhook left behind, and correct its outcome.

    A lost answer may become known this way. It stays unknown where the webhook is not as wanted: the call may still be
    on its way. A read right after a write may be stale: what reads differently is looked at again.

    Args:
        reader: the account's client.
        provider: says what counts as a difference.
        result: what became of the write so far.
        sleep: waits so many seconds; False where the run was asked to stop meanwhile.
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


def is_as_wanted(provider: Provider, change: Change, now: Remote) -> bool:
    """Whether a webhook has the fields that a change wants it to have, ignored ones aside, and delivers if it is to."""
    wanted = change.wanted if change.desired is None else wanted_fields(change.desired, now.fields)
    delivers = provider.is_live(now.fields) or not provider.is_live(change.wanted)
    keeps_secrets = all(now.fields[name] is not None for name, value in change.wanted.items() if value is Masked.SET)
    return delivers and keeps_secrets and not differences(provider, now.fields, wanted)


def is_result(provider: Provider, change: Change, now: Remote | None) -> bool:
    """Whether what is there now is what a change was to bring about."""
    if change.action is Action.DELETE:
        return now is None
    if now is None:
        # Switched off and gone deliver the same, and a provider may hide what is switched off.
        return not provider.lists_inactive and not provider.is_live(change.wanted)
    return is_as_wanted(provider, change, now)


def failed(change: Change, error: ProviderError) -> Result:
    """What a call's error means for its change."""
    object_id = change.remote.id if change.remote is not None else ""
    if error.may_have_acted:
        outcome = Outcome.UNKNOWN
    elif error.kind is ErrorKind.GONE:
        outcome = Outcome.GONE_MEANWHILE
    elif error.kind is ErrorKind.INTERRUPTED:
        outcome = Outcome.NOT_STARTED
    else:
        outcome = Outcome.FAILED
    return Result(change=change, outcome=outcome, object_id=object_id, error=error)
