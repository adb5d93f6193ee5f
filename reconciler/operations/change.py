"""One change of one webhook: read, compare, write; and the creates of an account, which are looked for together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial

from reconciler.model.configuration import Account
from reconciler.model.plan import AccountPlan, Action, Change, Claim
from reconciler.model.provider import Provider
from reconciler.model.reading import ErrorKind, ProviderError
from reconciler.model.report import Outcome, Result
from reconciler.model.webhook import Address, Masked, Remote
from reconciler.operations.workers import WorkerPool
from reconciler.planning.claim import Claims
from reconciler.planning.compare import differences, wanted_fields
from reconciler.planning.match import by_key
from reconciler.providers.registry import Reader, Writer

LOOK_AGAIN_AFTER = (0.5, 1.0)  # seconds before each further look at a webhook that doesn't read as it was written


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


ROUNDS = 3  # how often a create is sent at most, each time after a look that did not find it
_AT_ONCE = timedelta(seconds=2)  # how much older a webhook may be than the answer to its create, by that clock


@dataclass(slots=True, kw_only=True)
class Created:
    """What became of the creates, by address."""

    results: dict[Address, Result] = field(default_factory=dict)
    own: set[str] = field(default_factory=set)  # ids that this run surely made, by the answers to its creates
    answers: dict[Address, Remote] = field(default_factory=dict)
    listing: tuple[Remote, ...] | None = None  # after the creates; None where no list was made, or it failed
    error: ProviderError | None = None  # why it failed


def make_creates(plan: AccountPlan, writer: Writer, pool: WorkerPool, changes: Sequence[Change]) -> Created:
    """Make all creates of an account.

    One whose answer was lost, or that was refused, is looked for before it is sent again or given up: if its key is
    there, that is it. All are looked for together, in one list a round. What came back under another key is taken back
    where this run surely made it.
    """
    created = Created()
    pending = list(changes)
    for _ in range(ROUNDS):
        sent = pool.each(partial(_send, writer, created.answers), pending)
        answers = tuple(created.answers.values())
        new = _surely_made(plan, answers)
        created.own |= {result.object_id for result in sent if result.outcome is Outcome.DONE} & new
        takeable = new - _others(plan.account, changes, answers)
        sent = pool.every(partial(_taken_back, writer, takeable), sent)
        for one in sent:
            created.results[one.change.address] = _since(created.results.get(one.change.address), one)
        if not any(one.outcome in (Outcome.DONE, Outcome.UNKNOWN) or _is_refused(one) for one in sent):
            break
        try:
            created.listing = writer.list().remotes
        except ProviderError as error:
            created.listing, created.error = None, error
            break
        there = by_key(created.listing)
        pending = []
        for one in sent:
            address, desired = one.change.address, one.change.desired
            result = created.results[address]
            found = there.get(desired.key) if desired is not None else None
            if found and (result.outcome is Outcome.UNKNOWN or _is_refused(result)):
                created.results[address] = replace(result, outcome=Outcome.DONE, error=None, object_id=found[0].id)
            elif one.outcome is Outcome.UNKNOWN:
                pending.append(one.change)
        if not pending:
            break
    return created


def _send(writer: Writer, answers: dict[Address, Remote], change: Change) -> Result:
    """Send a create once, and keep what the provider answered with, which may have another key.

    UNKNOWN where it may have been made.
    """
    try:
        made = writer.create(change.wanted)
    except ProviderError as error:
        return failed(change, error)
    answers[change.address] = made
    result = Result(change=change, outcome=Outcome.DONE, object_id=made.id)
    is_it = change.desired is None or made.key == change.desired.key
    return result if is_it else replace(result, outcome=Outcome.OTHER_KEY_STAYS, made=made)


def _since(before: Result | None, now: Result) -> Result:
    """What a create's latest sending makes of it. One that may have been made before still may, unless it is found."""
    if before is None or now.outcome not in (Outcome.FAILED, Outcome.NOT_STARTED):
        return now
    return replace(before, error=now.error or before.error)


def _is_refused(result: Result) -> bool:
    """Whether the provider took no offence at who asks, but at what is asked for: it may be there already."""
    return result.error is not None and result.error.kind is ErrorKind.INVALID


def _surely_made(plan: AccountPlan, answers: Iterable[Remote]) -> frozenset[str]:
    """The ids of the webhooks that this run made, among those that its creates were answered with.

    A service may answer a create with a webhook that was there before, whether or not its list shows it: one that is
    older than what was listed, or than its own answer, or that doesn't say how old it is.
    """
    listed = plan.listed()
    ids = {remote.id for remote in listed}
    newest = max((remote.created for remote in listed if remote.created is not None), default=None)

    def is_new(remote: Remote) -> bool:
        if remote.id in ids or remote.created is None or (newest is not None and remote.created < newest):
            return False
        return remote.answered is None or remote.created >= remote.answered - _AT_ONCE

    return frozenset(remote.id for remote in answers if is_new(remote))


def _others(account: Account, changes: Iterable[Change], answers: Sequence[Remote]) -> frozenset[str]:
    """The ids of what a create was answered with that is another create's, or that the file protects or knows."""
    wanted = {change.desired.key for change in changes if change.desired is not None}
    times = Counter(remote.id for remote in answers)
    claims = Claims(account, ())
    spared = (Claim.PROTECTED, Claim.KNOWN)
    return frozenset(
        remote.id for remote in answers if remote.key in wanted or times[remote.id] > 1 or claims.of(remote) in spared
    )


def _taken_back(writer: Writer, takeable: AbstractSet[str], result: Result) -> Result:
    """What came back under another key is deleted again, where it may be."""
    if result.made is None or result.made.id not in takeable:
        return result
    try:
        writer.delete(result.made.id)
    except ProviderError as error:
        return replace(result, error=None if error.kind is ErrorKind.GONE else error)
    return replace(result, outcome=Outcome.OTHER_KEY)
