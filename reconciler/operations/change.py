"""One change of one webhook: read, compare, write, read back."""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from reconciler.http.errors import still_there
from reconciler.model.configuration import Account
from reconciler.model.plan import Action, Change
from reconciler.model.provider import Provider
from reconciler.model.reading import ErrorKind, ProviderError
from reconciler.model.report import Outcome, Result
from reconciler.model.update import sends_unread
from reconciler.model.webhook import Masked, Remote
from reconciler.planning.compare import differences, wanted_fields
from reconciler.providers.registry import Reader, Writer

LOOK_AGAIN_AFTER = (0.5, 1.0)  # seconds before each further look at a webhook that doesn't read as it was written
_UNCERTAIN = (Outcome.DONE, Outcome.UNKNOWN, Outcome.GONE_MEANWHILE)


def write(writer: Writer, provider: Provider, change: Change) -> Result:
    """Make an update or a delete, unless the webhook is as wanted already or isn't what the plan saw.

    What is done has an error where only a 404 says that nothing is there: it may be the answer to a token that may not.
    """
    assert change.remote is not None  # a create is sent elsewhere  # noqa: S101
    done = Result(change=change, outcome=Outcome.DONE, object_id=change.remote.id)
    try:
        now = writer.get(change.remote.id)
    except ProviderError as error:
        is_gone = error.kind is ErrorKind.GONE and is_result(provider, change, None)
        return replace(done, outcome=Outcome.ALREADY, error=error) if is_gone else failed(change, error)
    if is_result(provider, change, now) and not change.resends:
        return replace(done, outcome=Outcome.ALREADY)
    if now.fields != change.remote.fields:
        return replace(done, outcome=Outcome.CHANGED_MEANWHILE)
    try:
        if change.action is Action.DELETE:
            writer.delete(change.remote.id)
        else:
            writer.update(change.remote.id, change.wanted, now)
    except ProviderError as error:
        # Gone since it was read is done, too.
        is_gone = error.kind is ErrorKind.GONE and change.action is Action.DELETE
        return replace(done, error=error) if is_gone else failed(change, error)
    return done


def look(reader: Reader, object_id: str) -> Remote | ProviderError | None:
    """A webhook, None where there is none, or why it could not be read."""
    try:
        return reader.get(object_id)
    except ProviderError as error:
        return None if error.kind is ErrorKind.GONE else error


def verified(reader: Reader, account: Account, result: Result, sleep: Callable[[float], bool]) -> Result:
    """Read back what a write of a known webhook left behind, and correct its outcome.

    A lost answer may become known this way. It stays unknown where the webhook is not as wanted, since the call may
    still be on its way, and where reading can't tell. A read right after a write may be stale: what reads differently
    is looked at again, unless `sleep` says that the run was asked to stop.
    """
    if result.outcome not in _UNCERTAIN or not result.object_id:
        return result
    provider, is_gone = account.provider, result.outcome is Outcome.GONE_MEANWHILE
    found = look(reader, result.object_id)
    for seconds in LOOK_AGAIN_AFTER:
        is_final = isinstance(found, ProviderError) or is_result(provider, result.change, found)
        if is_final or (is_gone and found is None) or not sleep(seconds):
            break
        found = look(reader, result.object_id)
    if isinstance(found, ProviderError):
        if result.outcome is not Outcome.DONE or found.kind is ErrorKind.INTERRUPTED:
            return result
        return replace(result, outcome=Outcome.UNVERIFIED, error=found)
    if is_gone and found is None:
        return result
    is_unknown = result.outcome is Outcome.UNKNOWN
    if is_result(provider, result.change, found) and not (is_unknown and sends_unread(provider, result.change)):
        return replace(result, outcome=Outcome.DONE, error=None)
    if is_unknown:
        return result
    if result.error is not None:
        return refused_by_404(account, result)
    # The next look may be too late to say how it differs.
    return replace(result, outcome=Outcome.NOT_AS_WANTED, made=found)


def refused_by_404(account: Account, result: Result) -> Result:
    """A change that was answered with 404, and whose webhook is there."""
    assert result.error is not None  # the 404  # noqa: S101
    return replace(result, outcome=Outcome.FAILED, error=still_there(account, result.error))


def is_result(provider: Provider, change: Change, now: Remote | None) -> bool:
    """Whether what is there now is what a change was to bring about: deleted, or with the fields that it sends.

    Ignored ones aside; and it delivers if it is to.
    """
    if change.action is Action.DELETE:
        return now is None
    if now is None:
        # Switched off and gone deliver the same, and a provider may hide what is switched off.
        return not provider.lists_inactive and not provider.is_live(change.wanted)
    if now.fields == change.wanted and (change.desired is None or now.fields == change.desired.fields):
        return True  # as most are; the long way says the same
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
