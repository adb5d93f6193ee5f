"""What happens while a run is under way, told to whoever shows progress."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from reconciler.model.plan import Change
from reconciler.model.report import Result


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A page of an account's webhooks arrived; `webhooks` so far."""

    account: str
    webhooks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """A change's calls begin. Each change of a run does so once at most."""

    account: str
    change: Change


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A change was sent and answered, or not; it is looked at again, and maybe sent again, before it ends."""

    account: str
    result: Result


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """A change has come to its end, whatever that is. Each change of a run does so once."""

    account: str
    result: Result


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A call waits, in seconds, for the reason given."""

    account: str
    seconds: float
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """A call was answered or failed: what the log shows. The path is masked; status 0 means no answer."""

    account: str
    method: str
    path: str
    status: int
    seconds: float
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadsLimited:
    """The system gives no more threads: so many changes are worked on at once, and not as many as was asked for."""

    threads: int
    wanted: int


Event = Listed | Started | Answered | Finished | Waiting | Called | ThreadsLimited
Listener = Callable[[Event], None]
