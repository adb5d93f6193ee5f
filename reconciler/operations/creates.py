"""The creates of an account, which are looked for together before any is sent again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial

from reconciler.model.configuration import Account
from reconciler.model.plan import AccountPlan, Change, Claim
from reconciler.model.reading import ErrorKind, ProviderError
from reconciler.model.report import Outcome, Result
from reconciler.model.webhook import Address, Remote
from reconciler.operations.change import failed
from reconciler.operations.workers import WorkerPool
from reconciler.planning.claim import Claims
from reconciler.planning.match import by_key, fitting
from reconciler.providers.registry import Writer

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
            found = fitting(plan.account.provider, desired, there) if desired is not None else []
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
