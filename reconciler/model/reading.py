"""What a provider said of an account, or why it could not be read."""

from __future__ import annotations

from enum import Enum

from msgspec import Struct

from reconciler.model.webhook import Remote


class ErrorKind(Enum):
    """What went wrong with a call, as far as decisions need to know."""

    UNREACHABLE = "unreachable"  # no connection, no answer in time, or the answer broke off
    REFUSED = "refused"  # the provider won't, for a reason of its own: 5xx, or a status nobody expects
    DENIED = "denied"  # 401 or 403: the credential is not good for this
    LIMITED = "limited"  # 429 beyond what a run may wait
    GONE = "gone"  # 404: there is no such object
    INVALID = "invalid"  # 400, 409 or 422: what was sent is not acceptable
    GARBLED = "garbled"  # the answer is not what the API promises
    INTERRUPTED = "interrupted"  # the run was asked to stop before the call was made


class ProviderError(Exception):
    """A call that failed, or a list that can't be trusted.

    Attributes:
        message: one sentence for people; holds no secret and no URL path.
        may_have_acted: whether the provider may have carried the call out all the same.
        status: of HTTP; 0 where there was no answer.
    """

    def __init__(
        self,
        kind: ErrorKind,
        message: str,
        help: str = "",  # noqa: A002 - as diagnostics call it
        *,
        may_have_acted: bool = False,
        status: int = 0,
    ) -> None:
        super().__init__(kind, message)
        self.kind = kind
        self.message = message
        self.help = help
        self.may_have_acted = may_have_acted
        self.status = status

    def __str__(self) -> str:
        return self.message


class Reading(Struct, frozen=True, kw_only=True):
    """All webhooks of an account, listed to the end."""

    account: str
    remotes: tuple[Remote, ...] = ()  # in the provider's order, no id twice
    count: int | None = None  # how many the provider says there are; None where it doesn't say
