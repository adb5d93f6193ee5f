"""What became of a plan: each change, and what the final look found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from reconciler.model.plan import Action, Change, Plan, Verdict
from reconciler.model.reading import ProviderError
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
    UNKNOWN = "may have been done, but no answer confirms it"
    UNVERIFIED = "done, but could not be read back"
    OTHER_KEY = "not created: the provider made a different webhook, which was deleted again"
    OTHER_KEY_STAYS = "not created: the provider made a different webhook, which was kept"
    NOT_AS_WANTED = "confirmed by the provider, but it reads back differently"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One change and what became of it.

    Attributes:
        change: what was planned (or, for a duplicate found after a create, decided by the duplicate rule).
        outcome: what became of it.
        object_id: the webhook's id where there is one.
        error: what went wrong, where something did.
        waits_for: of a change that was held back: the webhook that isn't there as it should be.
        verdict: of a change that was held back: what the guard says to it now.
        made: what the provider made of it instead, where it came back under another key or reads back differently.
    """

    change: Change
    outcome: Outcome
    object_id: str = ""
    error: ProviderError | None = None
    made: Remote | None = None
    waits_for: Address | None = None
    verdict: Verdict = Verdict.FINE

    @property
    def is_done(self) -> bool:
        """Whether it is as wanted now."""
        return self.outcome in (Outcome.DONE, Outcome.ALREADY)

    @property
    def has_created(self) -> bool:
        """Whether a create left a webhook at the provider, as wanted or not."""
        stays = self.outcome is Outcome.DONE or (self.outcome is Outcome.NOT_AS_WANTED and self.made is not None)
        return self.change.action is Action.CREATE and stays


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountReport:
    """What became of one account's plan.

    Attributes:
        account: the account's name.
        results: in the plan's order; then repairs and duplicates that were found on the way.
        error: what kept the account from being checked to the end; None where nothing did.
    """

    account: str
    results: tuple[Result, ...] = ()
    error: ProviderError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What became of a plan.

    Attributes:
        plan: what was to be done.
        accounts: those that were written to, in the plan's order.
        stopped_by: the number of the signal that ended it early; 0 where none did.
    """

    plan: Plan
    accounts: tuple[AccountReport, ...]
    stopped_by: int = 0

    @property
    def results(self) -> tuple[Result, ...]:
        """Every account's."""
        return tuple(result for account in self.accounts for result in account.results)

    @property
    def is_complete(self) -> bool:
        """Whether everything is as wanted."""
        checked = not any(account.error for account in self.accounts)
        return checked and not self.plan.not_planned and all(result.is_done for result in self.results)
