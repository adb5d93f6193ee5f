"""What happens while a run is under way, told to whoever shows progress, and what became of its plan."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from enum import Enum

from msgspec import Struct
from msgspec.structs import replace

from reconciler.model.plan import Action, Change, Plan, Verdict
from reconciler.model.reading import ErrorKind, ProviderError
from reconciler.model.webhook import Address, Remote


class Outcome(Enum):
    """What became of a change. Only DONE and ALREADY mean that it is as wanted."""

    DONE = "done"
    ALREADY = "already up to date"
    CHANGED_MEANWHILE = "changed since the plan was made, left as it is"
    GONE_MEANWHILE = "removed since the plan was made"
    HELD = "held back"
    FAILED = "failed"
    NOT_STARTED = "not started"
    UNKNOWN = "may have been done, but no response confirms it"
    UNVERIFIED = "done, but could not be read back"
    OTHER_KEY = "not created: the provider made a different webhook, which was deleted again"
    OTHER_KEY_STAYS = "not created: the provider made a different webhook, which was kept"
    SECRET_LOST = "at the provider, but its secret could not be passed on"  # noqa: S105 - the name of an outcome
    SECRET_TAKEN_BACK = "not created: its secret could not be passed on, so it was deleted again"  # noqa: S105
    TAKEN_BACK = "not created: nothing shows that its own account alone got it, so it was deleted again"
    LEFT_BEHIND = "not confirmed: another account may have got it, and it may still be there"
    NOT_AS_WANTED = "confirmed by the provider, but different when read back"


class Result(Struct, frozen=True, kw_only=True):
    """One change and what became of it."""

    change: Change  # as planned; for a duplicate found after a create, decided by the duplicate rule
    outcome: Outcome
    object_id: str = ""
    error: ProviderError | None = None
    made: Remote | None = None  # what the provider made instead: under another key, or reading back differently
    waits_for: Address | None = None  # of a change that was held back: the webhook that isn't there as it should be
    has_only_secret: bool = False  # of a change that was held back: maybe nobody got that of what it waits for
    verdict: Verdict = Verdict.FINE  # of a change that was held back: what the guard says to it now

    @property
    def is_done(self) -> bool:
        return self.outcome in (Outcome.DONE, Outcome.ALREADY)

    @property
    def has_created(self) -> bool:
        """Whether a create left a webhook at the provider, as wanted or not."""
        stays = self.outcome is Outcome.DONE or (self.outcome is Outcome.NOT_AS_WANTED and self.made is not None)
        return self.change.action is Action.CREATE and stays


class AccountReport(Struct, frozen=True, kw_only=True):
    """What became of one account's plan."""

    account: str
    results: tuple[Result, ...] = ()  # in the plan's order; then repairs and duplicates that were found on the way
    error: ProviderError | None = None  # what kept the account from being checked to the end


class Report(Struct, frozen=True, kw_only=True):
    """What became of a plan."""

    plan: Plan
    accounts: tuple[AccountReport, ...]  # those that were written to, in the plan's order
    stopped_by: int = 0  # the number of the signal that ended it early

    @property
    def results(self) -> tuple[Result, ...]:
        return tuple(result for account in self.accounts for result in account.results)

    @property
    def failed(self) -> tuple[Result, ...]:
        return tuple(result for result in self.results if not result.is_done)

    @property
    def errors(self) -> dict[str, ProviderError]:
        """What kept accounts from being checked to the end; that the run was stopped is no error of theirs."""
        errors = ((account.account, account.error) for account in self.accounts)
        return {name: error for name, error in errors if error is not None and error.kind is not ErrorKind.INTERRUPTED}

    @property
    def counts(self) -> tuple[int, int, int]:
        """How many webhooks were created, updated and deleted."""
        done = Counter(result.change.action for result in self.results if result.outcome is Outcome.DONE)
        return sum(result.has_created for result in self.results), done[Action.UPDATE], done[Action.DELETE]

    @property
    def is_complete(self) -> bool:
        checked = not any(account.error for account in self.accounts)
        return checked and not self.plan.not_planned and all(result.is_done for result in self.results)


class Listed(Struct, frozen=True, kw_only=True):
    """A page of an account's webhooks arrived; `webhooks` so far."""

    account: str
    webhooks: int


class Started(Struct, frozen=True, kw_only=True):
    """A change's calls begin. Each change of a run does so once at most."""

    account: str
    change: Change


class Answered(Struct, frozen=True, kw_only=True):
    """A change was sent and answered, or not; it is looked at again, and maybe sent again, before it ends."""

    account: str
    result: Result


class Finished(Struct, frozen=True, kw_only=True):
    """A change has come to its end, whatever that is. Each change of a run does so once."""

    account: str
    result: Result


class Waiting(Struct, frozen=True, kw_only=True):
    """A call waits, in seconds, for the reason given."""

    account: str
    seconds: float
    reason: str


class Expected(Struct, frozen=True, kw_only=True):
    """What an account is about to do will take so many seconds at least, for the reason given."""

    account: str
    what: str  # as the subject of a sentence
    seconds: float
    reason: str


class Called(Struct, frozen=True, kw_only=True):
    """A call was answered or failed: what the log shows. The path is masked; status 0 means no answer."""

    account: str
    method: str
    path: str
    status: int
    seconds: float
    attempt: int


class ThreadsLimited(Struct, frozen=True, kw_only=True):
    """The system gives no more threads: so many changes are worked on at once, and not as many as was asked for."""

    threads: int
    wanted: int


Event = Listed | Started | Answered | Finished | Waiting | Expected | Called | ThreadsLimited
Listener = Callable[[Event], None]


class SoFar:
    """What became of a plan while it is carried out, by its events: for a run that is cut off."""

    def __init__(self) -> None:
        self._begun: set[tuple[Address, Action]] = set()
        self._known: dict[tuple[Address, Action], Result] = {}

    def __call__(self, event: Event) -> None:
        """Take note of what happened."""
        match event:
            case Started(change=change):
                self._begun.add((change.address, change.action))
            case Answered(result=result):
                is_done = result.outcome is Outcome.DONE  # not yet read back
                self._note(replace(result, outcome=Outcome.UNVERIFIED) if is_done else result)
            case Finished(result=result):
                self._note(result)

    def _note(self, result: Result) -> None:
        self._known[result.change.address, result.change.action] = result

    def report(self, plan: Plan) -> Report:
        """What is known: what ended, what was answered or may have been done, and what didn't begin."""
        known, begun = dict(self._known), set(self._begun)  # other threads may go on
        accounts = []
        for planned in plan.planned:
            results = []
            for change in planned.changes:
                key = (change.address, change.action)
                outcome = Outcome.UNKNOWN if key in begun else Outcome.NOT_STARTED
                results.append(known.pop(key, Result(change=change, outcome=outcome)))
            name = planned.account.name
            results += [result for (address, _), result in known.items() if address.account == name]
            accounts.append(AccountReport(account=name, results=tuple(results)))
        return Report(plan=plan, accounts=tuple(accounts))
