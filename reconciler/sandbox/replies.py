"""What the fault proxy answers: the upstream's answer, something made up, or nothing."""

from dataclasses import replace
from http.client import responses
from typing import Final

from reconciler.sandbox.http1 import Message
from reconciler.sandbox.rules import (
    Action,
    Answer,
    DropAnswer,
    Refuse,
    ReplaceAnswer,
    ResetAnswer,
    ResetRequest,
    ShortenAnswer,
)

_UNREACHABLE: Final = Answer(
    status=502, body=b"The server behind the fault proxy gave no answer.\n", content_type="text/plain"
)


def reply_to(action: Action | None, upstream: Message | None) -> Message | None:
    """Choose what the client is to get.

    Args:
        action: what the rule says; None: there is no rule.
        upstream: the upstream's answer; None: it wasn't asked, or gave none.

    Returns:
        The answer, whole; None: nothing at all.
    """
    match action:
        case Answer():
            return _made_up(action)
        case ReplaceAnswer():
            return _made_up(action.answer)
        case DropAnswer() | ResetAnswer() | ResetRequest() | Refuse():
            return None
        case ShortenAnswer(after=after) if upstream is not None:
            return replace(upstream, body=upstream.body[:after])
        case _:
            return upstream or _made_up(_UNREACHABLE)


def _made_up(answer: Answer) -> Message:
    retry = () if answer.retry_after is None else (("Retry-After", answer.retry_after),)
    place = () if answer.location is None else (("Location", answer.location),)
    headers = (("Content-Type", answer.content_type), *retry, *place)
    return Message(
        start=f"HTTP/1.1 {answer.status} {responses.get(answer.status, 'Made Up')}", headers=headers, body=answer.body
    )
