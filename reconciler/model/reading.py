"""What a provider said of an account, or why it could not be read."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from reconciler.model.webhook import Remote


class ErrorKind(Enum):
    """What went wrong with a call, as far as decisions need to know."""

    UNREACHABLE = "unreachable"
    """No connection, no answer in time, or the answer broke off."""
    REFUSED = "refused"
    """The provider answered that it won't, for a reason of its own: 5xx, or a status nobody expects."""
    DENIED = "denied"
    """401 or 403: the credential is not good for this."""
    LIMITED = "limited"
    """429 beyond what a run may wait."""
    GONE = "gone"
    """404: there is no such object."""
    INVALID = "invalid"
    """400, 409 or 422: what was sent is not acceptable."""
    GARBLED = "garbled"
    """The answer is not what the API promises."""
    INTERRUPTED = "interrupted"
    """The run was asked to stop before the call was made."""


@dataclass(eq=False)
class ProviderError(Exception):
    """A call that failed, or a list that can't be trusted.

    Attributes:
        kind: what decisions look at.
        message: one sentence for people; holds no secret and no URL path.
        help: what to check or do.
        may_have_acted: whether the provider may have carried the call out all the same.
        status: the HTTP status, 0 where there was no answer.
    """

    kind: ErrorKind
    message: str
    help: str = ""
    may_have_acted: bool = False
    status: int = 0

    def __str__(self) -> str:
        return self.message


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """All webhooks of an account, listed to the end.

    Attributes:
        account: the account's name.
        remotes: what was listed, in the provider's order, no id twice.
        count: how many the provider says there are; None where it doesn't say.
    """

    account: str
    remotes: tuple[Remote, ...] = field(default=())
    count: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NotRead:
    """An account that could not be read to its end, and why."""

    account: str
    error: ProviderError
