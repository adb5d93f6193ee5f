"""The creates of an account, which are looked for together before any is sent again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from reconciler.model.configuration import Account
from reconciler.model.plan import AccountPlan, Change, Claim
from reconciler.model.reading import ErrorKind, ProviderError
from reconciler.model.report import Outcome, Result
from reconciler.model.url import Url
from reconciler.model.webhook import Address, Desired, Key, Remote
from reconciler.operations.change import failed
from reconciler.operations.workers import WorkerPool
from reconciler.planning.claim import Claims
from reconciler.planning.match import by_key, fitting
from reconciler.providers.registry import Writer

if TYPE_CHECKING:
    from reconciler.operations.secret_sinks import Sink

ROUNDS = 3  # how often a create is sent at most, each time after a look that did not find it
_AT_ONCE = timedelta(seconds=2)  # how much older a webhook may be than the answer to its create, by that clock


class Created(Struct, kw_only=True):
    """What became of the creates, by address."""

    results: dict[Address, Result] = field(default_factory=dict)
    own: set[str] = field(default_factory=set)  # ids that this run surely made, by the answers to its creates
    answers: dict[Address, Remote] = field(default_factory=dict)
    kept: set[str] = field(default_factory=set)  # ids of those whose secrets, which the provider made, were passed on
    listing: tuple[Remote, ...] | None = None  # after the creates; None where no list was made, or it failed
    there: Mapping[Key, Sequence[Remote]] = field(default_factory=dict)  # of it what was not there before, by key
    error: ProviderError | None = None  # why it failed
    sink_error: ProviderError | None = None  # why a secret could not be passed on

    def after(self, first: Created) -> Created:
        """What became of these and of those before them, in their order."""
        is_listed = self.listing is not None or self.error is not None
        return Created(
            results={**first.results, **self.results},
            own=first.own | self.own,
            answers={**first.answers, **self.answers},
            kept=first.kept | self.kept,
            listing=self.listing if is_listed else first.listing,
            there=self.there if is_listed else first.there,
            error=self.error if is_listed else first.error,
            sink_error=self.sink_error or first.sink_error,
        )


def make_creates(
    plan: AccountPlan, writer: Writer, pool: WorkerPool, changes: Sequence[Change], sink: Sink | None
) -> Created:
    """Make all creates of an account. The sink takes the secrets that the provider makes, each right after its answer.

    One whose answer was lost, or that was refused, is looked for before it is sent again or given up: if its key is
    there, that is it. All are looked for together, in one list a round. What came back under another key is taken back
    where this run surely made it; so is a webhook whose secret nobody got, which is then made again.
    """
    created = Created()
    pending = list(changes)
    for rounds_left in reversed(range(ROUNDS)):
        sent = pool.each(partial(_send, writer, created, sink), pending)
        answers = tuple(created.answers.values())
        new = surely_made(plan, answers)
        created.own |= {result.object_id for result in sent if result.outcome is Outcome.DONE} & new
        if any(result.made is not None for result in sent):
            useless = {result.object_id for result in sent if result.outcome is Outcome.SECRET_LOST}
            takeable = new - _others(plan.account, changes, answers, useless)
            sent = pool.every(partial(_taken_back, writer, takeable), sent)
        for one in sent:
            created.results[one.change.address] = _since(created.results.get(one.change.address), one)
        if not any(one.outcome in (Outcome.DONE, Outcome.UNKNOWN) or _is_refused(one) for one in sent):
            break
        try:
            created.listing = writer.list().remotes
        except ProviderError as error:
            created.listing, created.there, created.error = None, {}, error
            break
        new_there = _Listed(plan.unlisted(created.listing))
        created.there = new_there.by_key
        look = partial(_looked_for, plan, writer, created, new_there, is_last=not rounds_left or pool.is_over)
        pending = [one.change for one in sent if look(one)]
        if not pending:
            break
    return created


class _Listed:
    """What a list shows that was not there before."""

    def __init__(self, remotes: Sequence[Remote]) -> None:
        self.by_key: Mapping[Key, Sequence[Remote]] = by_key(remotes)
        self._unreadable = [remote.fields["url"] for remote in remotes if remote.unreadable]

    def may_show(self, desired: Desired | None) -> bool:
        """Whether one that can't be read whole may be what a create makes: another one would be too many."""
        return any(
            not isinstance(url, Url) or desired is None or url.endpoint == desired.key.endpoint
            for url in self._unreadable
        )


def _looked_for(
    plan: AccountPlan,
    writer: Writer,
    created: Created,
    there: _Listed,
    sent: Result,
    *,
    is_last: bool,
) -> bool:
    """Whether a create that was sent must be sent again, after a list; where what it makes is there, that is it."""
    desired, result = sent.change.desired, created.results[sent.change.address]
    is_open = result.outcome is Outcome.UNKNOWN or _is_refused(result)
    found = fitting(plan.account.provider, desired, there.by_key) if is_open and desired is not None else []
    if not found:
        return sent.outcome is Outcome.UNKNOWN and not there.may_show(desired)
    known = [remote for remote in found if remote.id in created.kept or not sent.change.secret_to]
    if known:
        result = replace(result, outcome=Outcome.DONE, error=None, object_id=known[0].id)
    elif not is_last and _is_repeatable(plan.account, sent):
        return True  # it is answered as it was
    else:
        result = _without_secret(plan, writer, result, found)
    created.results[sent.change.address] = result
    return result.outcome is Outcome.SECRET_TAKEN_BACK


def _send(writer: Writer, created: Created, sink: Sink | None, change: Change) -> Result:
    """Send a create once, and keep what the provider answered with, which may have another key.

    UNKNOWN where it may have been made; SECRET_LOST where nobody got its secret. Then no other of its kind is sent.
    """
    if change.secret_to and created.sink_error is not None:
        return Result(change=change, outcome=Outcome.NOT_STARTED, error=created.sink_error)
    lost: list[Result] = []

    def note(made: Remote) -> None:
        created.answers[change.address] = made
        # One whose key can't be read is most likely it, and its secret isn't shown again.
        if change.desired is not None and made.key in (None, change.desired.key):
            try:
                _pass_on(sink, change, made)
                created.kept.add(made.id)
            except ProviderError as error:
                created.sink_error = error
                outcome = Outcome.SECRET_LOST
                lost.append(Result(change=change, outcome=outcome, object_id=made.id, made=made, error=error))

    try:
        made = writer.create(change.wanted, note) if change.secret_to else writer.create(change.wanted)
    except ProviderError as error:
        return lost[0] if lost else failed(change, error)
    created.answers[change.address] = made
    if lost:
        return replace(lost[0], made=made)
    result = Result(change=change, outcome=Outcome.DONE, object_id=made.id)
    is_it = change.desired is None or made.key == change.desired.key
    return result if is_it else replace(result, outcome=Outcome.OTHER_KEY_STAYS, made=made)


def _pass_on(sink: Sink | None, change: Change, made: Remote) -> None:
    if made.made_secret is None or sink is None:
        message = "the provider's response doesn't contain the secret of the webhook that it made"
        raise ProviderError(ErrorKind.GARBLED, message)
    sink(change.secret_to, made.made_secret)


def _is_repeatable(account: Account, result: Result) -> bool:
    """Whether a create that was not answered can be sent again, and is the same one then."""
    rest = account.provider.rest
    return result.outcome is Outcome.UNKNOWN and rest is not None and bool(rest.idempotency)


def _without_secret(plan: AccountPlan, writer: Writer, result: Result, found: Sequence[Remote]) -> Result:
    """A webhook that a list shows, and whose secret nobody here got: deleted where only this run can have made it."""
    stays = replace(result, outcome=Outcome.SECRET_LOST, object_id=found[0].id)
    mine = [remote for remote in found if remote.id in surely_made(plan, found)]
    if result.outcome is not Outcome.UNKNOWN or len(mine) != 1:
        return stays
    return _deleted_again(writer, replace(stays, object_id=mine[0].id, made=mine[0]))


def _since(before: Result | None, now: Result) -> Result:
    """What a create's latest sending makes of it. One that may have been made before still may, unless it is found."""
    if before is None or now.outcome not in (Outcome.FAILED, Outcome.NOT_STARTED):
        return now
    return replace(before, error=now.error or before.error)


def _is_refused(result: Result) -> bool:
    """Whether the provider took no offence at who asks, but at what is asked for: it may be there already."""
    return result.error is not None and result.error.kind is ErrorKind.INVALID


def surely_made(plan: AccountPlan, answers: Iterable[Remote]) -> frozenset[str]:
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


def _others(
    account: Account, changes: Iterable[Change], answers: Sequence[Remote], useless: AbstractSet[str]
) -> frozenset[str]:
    """The ids of what a create was answered with that is another create's, or that the file protects or knows.

    The useless ones are of no use to any create.
    """
    wanted = {change.desired.key for change in changes if change.desired is not None}
    times = Counter(remote.id for remote in answers)
    claims = Claims(account, ())
    spared = (Claim.PROTECTED, Claim.KNOWN)
    return frozenset(
        remote.id
        for remote in answers
        if (remote.key in wanted and remote.id not in useless) or times[remote.id] > 1 or claims.of(remote) in spared
    )


def _taken_back(writer: Writer, takeable: AbstractSet[str], result: Result) -> Result:
    """What came back under another key, or without its secret, is deleted again, where it may be."""
    return result if result.made is None or result.made.id not in takeable else _deleted_again(writer, result)


def _deleted_again(writer: Writer, result: Result) -> Result:
    assert result.made is not None  # what is to go  # noqa: S101
    is_lost = result.outcome is Outcome.SECRET_LOST
    try:
        writer.delete(result.made.id)
    except ProviderError as error:
        if error.kind is not ErrorKind.GONE:
            if is_lost and result.error is not None:  # what failed first is to be mended, too
                first = result.error.message
                error.message = f"{first}. It could not be deleted again: {error.message}"
            return replace(result, error=error)
        return replace(result, outcome=Outcome.SECRET_TAKEN_BACK) if is_lost else replace(result, error=None)
    return replace(result, outcome=Outcome.SECRET_TAKEN_BACK if is_lost else Outcome.OTHER_KEY)
