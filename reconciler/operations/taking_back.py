"""Deletes again what was created in an account of a fleet, and what other accounts may have got with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec.structs import replace

from reconciler.model.configuration import Account
from reconciler.model.plan import AccountPlan
from reconciler.model.reading import ErrorKind, ProviderError
from reconciler.model.report import Outcome, Result
from reconciler.model.webhook import Remote
from reconciler.operations.change import LOOK_AGAIN_AFTER
from reconciler.operations.creates import Created, surely_made
from reconciler.providers.registry import Reader, Writer

Seen = Sequence[tuple[Account, Writer]]
"""The accounts in which a webhook was seen."""


def found_by_id(reader: Reader, object_id: str) -> Remote | None:
    """A webhook by its id; an error where nobody can say whether there is one."""
    try:
        return reader.get(object_id)
    except ProviderError as error:
        if error.kind is ErrorKind.GONE:
            return None
        raise


def there(reader: Reader, object_id: str) -> Remote | None:
    """A webhook that is in a list, or else can be read by its id."""
    listed = next((remote for remote in reader.list().remotes if remote.id == object_id), None)
    return listed or found_by_id(reader, object_id)


def is_there(reader: Reader, object_id: str, sleep: Callable[[float], bool]) -> bool:
    """Whether a webhook that was just made can be read by its id: a read right after that may be stale."""
    found = found_by_id(reader, object_id)
    for seconds in LOOK_AGAIN_AFTER:
        if found is not None or not sleep(seconds):
            break
        found = found_by_id(reader, object_id)
    return found is not None


def taken_back(
    planned: AccountPlan,
    writer: Writer,
    created: Created,
    result: Result,
    sleep: Callable[[float], bool],
    seen: Seen = (),
) -> Result:
    """Delete a create again that other accounts may have got: in its own account, and where it was seen.

    Only where this run surely made it. What became of it is looked at afterwards.
    """
    object_id = result.object_id
    made = next((one for one in (*created.answers.values(), *(created.listing or ())) if one.id == object_id), None)
    if made is None or made.id not in surely_made(planned, (made,)):
        return _left(result, f"the webhook {object_id} may be older than this run, so it was not deleted again")
    places = [(planned.account, writer), *seen]
    deleted = [_deleted(writer, made), *(_deleted(its, made, is_own=False) for _, its in seen)]
    stays = [_stays(its, object_id, sleep) for _, its in places]
    left = [f"`{account.name}`" for (account, _), one in zip(places, stays, strict=True) if one]
    errors = [one for one in (*deleted, *stays) if isinstance(one, ProviderError)]
    why = f": {errors[0].message}" if errors else ""
    if left:
        return _left(result, f"the webhook {object_id} may still be in {' and '.join(left)}{why}")
    if True not in deleted:
        names = " or ".join(f"`{account.name}`" for account, _ in places)
        return _left(result, f"the webhook {object_id} was not found in {names}, so it could not be deleted again{why}")
    return replace(result, outcome=Outcome.TAKEN_BACK)


def _deleted(writer: Writer, made: Remote, *, is_own: bool = True) -> bool | ProviderError:
    """Whether a delete found a webhook; in another account only what is the same one is deleted."""
    try:
        found = made if is_own else there(writer, made.id)
        if found is None or (found.key, found.created) != (made.key, made.created):
            return False
        writer.delete(made.id)
    except ProviderError as error:
        return False if error.kind is ErrorKind.GONE else error
    return True


def _stays(reader: Reader, object_id: str, sleep: Callable[[float], bool]) -> bool | ProviderError:
    """Whether a webhook is still there, after some time; or why nobody knows."""
    try:
        for seconds in LOOK_AGAIN_AFTER:
            if there(reader, object_id) is None:
                return False
            if not sleep(seconds):
                return True
        return there(reader, object_id) is not None
    except ProviderError as error:
        return error


def _left(result: Result, message: str) -> Result:
    where = "also in other accounts of the fleet and in the one that the token belongs to"
    how = f"Look for {result.object_id} at the provider, {where}, and delete it where it doesn't belong."
    return replace(result, outcome=Outcome.LEFT_BEHIND, error=ProviderError(ErrorKind.REFUSED, message, how))
