"""What is said of a call that failed, as a `ProviderError`: one sentence, and what to check.

The provider's own words are shown as far as they may be: it likes to quote the URL, a secret.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice, pairwise
from urllib.parse import unquote

from reconciler.http.exchange import (
    NOT_THE_API,
    PROXY_CREDENTIALS,
    REQUEST_TIMEOUT,
    Ending,
    NoReply,
    Reply,
    Request,
    UnexpectedAnswerError,
    parse_json,
)
from reconciler.model.configuration import Account
from reconciler.model.reading import ErrorKind, ProviderError
from reconciler.model.redaction import reads_as_words
from reconciler.model.secret import HIDDEN, Origin, SecretText
from reconciler.model.url import BUILT_IN_SECRET_PARAMS, Url
from reconciler.model.webhook import Fields

_UNITS = ((120, 1, "s"), (7200, 60, "min"), (172_800, 3600, "h"), (math.inf, 86400, "days"))  # up to so many seconds
_INVALID = "Check that the provider supports the entry's values."
_GONE = "Somebody may have deleted it in the meantime; run `plan` again."
_REDIRECT = "Redirects are never followed, because the token would be sent along; fix `base_url`."
_OUTAGE = "Try again later, or check whether the provider reports an outage."
_REFUSALS = {
    **{status: (ErrorKind.INVALID, f"rejected the request ({status})", _INVALID) for status in (400, 409, 422)},
    404: (ErrorKind.GONE, "responded with 404 (not found)", _GONE),
    407: (ErrorKind.REFUSED, PROXY_CREDENTIALS.message, PROXY_CREDENTIALS.help),
}

_FIELD = re.compile(r"[a-z][a-z0-9]{0,15}(?:_[a-z0-9]{1,15}){0,3}")
_CHUNK = re.compile(r"\(?(?P<core>[A-Za-z0-9]+(?:[-_/.'’][A-Za-z0-9]+)*)\)?[.,;:!?]{0,3}\)?")
_QUOTES = re.compile(r"(?<![^\s(])(?P<quote>[\"'`])(?:(?!(?P=quote)(?![A-Za-z0-9])).)*(?P=quote)")
_WORD = re.compile(r"[a-z]+|[A-Z][a-z]+|[A-Z]{2,6}s?|[A-Z]|[0-9]{1,4}")
_LETTERS = re.compile(r"[A-Za-z0-9]+")
_ONLY_NUMBERS = re.compile(r"[0-9.,;:/-]*[0-9][0-9.,;:/-]*")
# Names under which services say what is wrong with the whole request: the name adds nothing.
_SENTENCES = frozenset({"detail", "error", "message", "title", "reason", "non_field_errors"})
_LONGEST = 200
_MOST_FIELDS = 5
_MOST_LOOKED_AT = 100
_SHORTEST_PIECE = 3  # characters; shorter ones are in every sentence
_SHORTEST_PART = 4  # characters of a longer piece that are taken for a part of it
_MOST_NUMBERS = 4  # more than that may spell a text, character by character
_CLEAR = frozenset({Origin.LITERAL, Origin.OPTION})
_WINDOW = 8  # characters of a secret, whatever stands between them


def failure(account: Account, origin: str, request: Request, outcome: Reply | NoReply) -> ProviderError:
    """The last attempt got no answer that can be read, or one that is no success and doesn't ask to wait."""
    provider, token, status = account.provider, account.token.reveal(), outcome.status
    if isinstance(outcome, NoReply):
        kind = ErrorKind.GARBLED if outcome.ending is Ending.UNUSABLE else ErrorKind.UNREACHABLE
        return ProviderError(kind, f"{provider.title} at {origin} {outcome.message}", outcome.help)
    if status == 404 and request.is_collection:  # noqa: PLR2004 - HTTP's own number
        headers = (setting.name for setting in provider.settings if setting.header)
        keys = " and ".join(f"`{key}`" for key in ("base_url", *(place.setting for place in provider.places), *headers))
        hidden = ", and that the token has access to it" if provider.places else ""
        message = f"{provider.title} has no list of webhooks at this URL (404)"
        return ProviderError(ErrorKind.REFUSED, message, f"Check {keys} under the account{hidden}.", status=status)
    kind, message, help_ = _refusal(account, request, outcome)
    if status >= 400:  # noqa: PLR2004 - HTTP's own classes
        # A token's known prefix may show, and the provider's own words.
        headers = (value.reveal() for _, value in account.header_settings)
        secrets = (*_secrets_of(request.fields), token.removeprefix(provider.prefix_of(token)), *headers)
        sent = provider.events_of(request.fields) if request.fields else ()
        shown = {*sent, *provider.events, *(spec.name for spec in provider.fields)}
        message += complaint(outcome.body, secrets, frozenset(shown))
    return ProviderError(kind, f"{provider.title} {message}", help_, status=status)


def _refusal(account: Account, request: Request, reply: Reply) -> tuple[ErrorKind, str, str]:
    status = reply.status
    if status in (401, 403):
        return ErrorKind.DENIED, f"denied the request with {status}", _check_token(account, request, status)
    if status in _REFUSALS:
        return _REFUSALS[status]
    if status in range(300, 400):
        where = f" to {reply.redirect}" if reply.redirect else ""
        return ErrorKind.REFUSED, f"responded with a redirect ({status}){where}", _REDIRECT
    if status == REQUEST_TIMEOUT or status >= 500:  # noqa: PLR2004 - HTTP's own classes
        return ErrorKind.REFUSED, f"could not process the request ({status})", _OUTAGE
    return ErrorKind.REFUSED, f"responded with {status}, which is unexpected", NOT_THE_API


def limited(account: Account, seconds: float, now: datetime, status: int) -> ProviderError:
    """The provider asks for a longer wait than a run may wait; `status` is 0 where another call was answered so."""
    kind = ErrorKind.REFUSED if status == 503 else ErrorKind.LIMITED  # noqa: PLR2004 - HTTP's own number
    message = f"{account.provider.title} asks for a longer wait than a run allows"
    return ProviderError(kind, message, come_back(seconds, now), status=status)


def interrupted(account: Account, *, again: bool) -> ProviderError:
    """The run was asked to stop before the call (`again`: before its next attempt)."""
    message = f"stopped before the request to {account.provider.title} {'could be sent again' if again else 'was sent'}"
    return ProviderError(ErrorKind.INTERRUPTED, message, "Run the command again; it continues from there.")


def come_back(seconds: float, now: datetime) -> str:
    """When to try again, as a sentence."""
    try:
        at = f" (not before {now + timedelta(seconds=math.ceil(seconds)):%Y-%m-%d %H:%M:%S} UTC)"
    except OverflowError:
        at = ""
    return f"Run the command again in {duration(seconds)}{at}."


def duration(seconds: float) -> str:
    """Seconds as people say them, rounded up: `45 s`, `6 min`, `3 h`, `2 days`."""
    size, unit = next((size, unit) for most, size, unit in _UNITS if seconds <= most)
    return f"{math.ceil(seconds / size)} {unit}"


def _check_token(account: Account, request: Request, status: int) -> str:
    token = " and ".join(f"`{name}`" for name in account.token.variables()) or "the account's token"
    headers = " and ".join(f"`{setting.name}`" for setting, _ in account.header_settings)
    if status == 403 and request.method != "GET":  # noqa: PLR2004 - HTTP's own number
        also = f", also for {headers}" if headers else ""
        portal = account.provider.portal or "the provider’s portal"
        return f"Check in {portal} which permissions the token in {token} has{also}, and which limits the account has."
    kind = f", for {account.kind} {account.provider.auth.kind_setting}" if account.kind else ""
    managed = f", and that {headers} is an account that it may access" if headers else ""
    return f"Check that {token} is a complete and valid token{kind}{managed}."


def complaint(body: bytes, secrets: Iterable[str], shown: frozenset[str] = frozenset()) -> str:
    """The provider's complaint, to go on after a sentence's words: `: url: Ensure …; event`, or nothing.

    What repeats a secret, is quoted (unless it is `shown`), or doesn't read as a word is replaced: it may be a secret
    that wasn't sent, another webhook's. Where no word is left, or words together spell one, only the field is named.
    """
    try:
        document = parse_json(body)
    except UnexpectedAnswerError:
        return ""
    mask = _Mask(secrets, shown)
    said = (text for name, messages in _messages(document) if (text := mask.said(name, messages)))
    text = "; ".join(dict.fromkeys(islice(said, _MOST_FIELDS)))
    return f": {text}" if text else ""


def _secrets_of(fields: Fields) -> Iterator[str]:
    """What of a webhook's fields must not show: of a URL what the file doesn't write in clear, its host aside."""
    for value in fields.values():
        if isinstance(value, Url):
            texts = (*value.segments, *(item.text for item in value.items))
            yield from (part.text for text in texts for part in text.parts if part.origin not in _CLEAR)
            yield from (item.text.reveal().partition("=")[2] for item in value.items if item.secret)
        elif isinstance(value, SecretText):
            yield value.reveal()


def _messages(document: object) -> Iterator[tuple[str, object]]:
    """Each field and what is said of it; what stands in an object under `error` counts as if it stood outside."""
    if not isinstance(document, dict):
        return
    for name, messages in islice(document.items(), _MOST_LOOKED_AT):
        if name in _SENTENCES and isinstance(messages, dict):
            inner = islice(messages.items(), _MOST_LOOKED_AT)
            yield from ((name, said) for name, said in inner if name in _SENTENCES)
        else:
            yield name, messages


class _Mask:
    """Hides what must not show, in lower case, with percent-encoding and in clear."""

    def __init__(self, secrets: Iterable[str], shown: frozenset[str]) -> None:
        texts = [text.lower() for value in secrets for text in (value, unquote(value))]
        words = [_LETTERS.findall(text) for text in texts]
        self._shown = shown
        self._pieces = frozenset(piece for found in words for piece in found if len(piece) >= _SHORTEST_PIECE)
        self._windows = frozenset(
            text[start : start + _WINDOW]
            for text in map("".join, words)
            if len(text) >= _SHORTEST_PART
            for start in range(max(len(text) - _WINDOW, 0) + 1)
        )

    def said(self, name: str, messages: object) -> str:
        """A field and what is said of it, as far as both may show."""
        if not _FIELD.fullmatch(name) or not reads_as_words(name) or self._is_secret(name):
            return ""
        first = messages[0] if isinstance(messages, list) and messages else messages
        if isinstance(first, dict):  # as GitHub lists what is wrong
            first = first.get("message")
        text = self._harmless(first) if isinstance(first, str) else ""
        if name in _SENTENCES:
            return text
        return f"`{name}`: {text}" if text else f"`{name}`"

    def _harmless(self, message: str) -> str:
        """The message with what may not show replaced; nothing where that may not suffice, or leaves no word."""
        cut = message if len(message) <= _LONGEST else message[:_LONGEST].rpartition(" ")[0] + " …"
        unquoted = _QUOTES.sub(lambda found: found[0] if found[0][1:-1] in self._shown else HIDDEN, cut)
        chunks = [self._chunk(chunk) for chunk in unquoted.split()]
        for number, before in enumerate(chunks[:-1]):
            if before.endswith(":") and before.rstrip(":").lower() in BUILT_IN_SECRET_PARAMS:
                chunks[number + 1] = HIDDEN
        # Several chunks may spell a secret together, with blanks and signs between or as numbers.
        spelt = "".join(_LETTERS.findall(" ".join(chunk for chunk in chunks if HIDDEN not in chunk)))
        is_spelt = any(window in spelt.lower() for window in self._windows)
        is_coded = sum(_ONLY_NUMBERS.fullmatch(chunk) is not None for chunk in chunks) > _MOST_NUMBERS
        is_bare = len(chunks) == 1 and not chunks[0][:1].isupper()  # no sentence: it may be anything
        if not spelt or is_spelt or is_coded or is_bare:
            return ""
        pairs = pairwise(["", *chunks])
        return " ".join(chunk for before, chunk in pairs if not before == chunk == HIDDEN).rstrip(".!")

    def _chunk(self, chunk: str) -> str:
        """What stands between two blanks, or as much of it as may show."""
        bare = chunk.strip("\"'`().,;:!?")
        if chunk == "…" or (bare in self._shown and not self._is_secret(bare)):
            return chunk
        found = _CHUNK.fullmatch(chunk)
        words = re.split(r"[-_/.'’]", found["core"]) if found else ()
        is_clear = all(_WORD.fullmatch(word) and reads_as_words(word) for word in words)
        if found and is_clear and not self._is_secret(found["core"]):
            return chunk
        return HIDDEN + (chunk[-1] if chunk[-1] in ".,;:" else "")

    def _is_secret(self, text: str) -> bool:
        """Whether any of its words is a piece of a secret, or part of one, or holds one. In doubt it is."""
        return any(
            word == piece
            or (len(word) >= _SHORTEST_PART and word in piece)
            or (len(piece) > _SHORTEST_PART and piece in word)
            for word in _LETTERS.findall(text.lower())
            for piece in self._pieces
        )
