"""Shippo's answers, from plain JSON values to `Remote` and `Page`; or a clear no."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from reconciler.model.secret import SecretText
from reconciler.model.url import Url, parse_url
from reconciler.model.url_error import UrlError
from reconciler.model.webhook import Remote, Value
from reconciler.providers.paging import LARGEST, Page, size_of
from reconciler.providers.shippo import SHIPPO

_KEPT_BY_SHIPPO = frozenset({"object_id", "object_created", "object_updated", "object_owner"})
_LONGEST_ID = 200
_LONGEST_URL = 10_000  # a longer one would take much memory in its parts, and nobody can have asked for it
_MOST_UNKNOWN = 100
_HIGHEST_COUNT = 10**9
_HALF = re.compile(r"[\ud800-\udfff]")
_HIGHEST_ID = 10**30
_FLAGS = {"true": True, "false": False, "1": True, "0": False, "1.0": True, "0.0": False}
_WHOLE = re.compile(r"\s*(?P<whole>[0-9]{1,15})(?:\.0{1,9})?\s*", re.ASCII)


class UnexpectedAnswer(Exception):  # noqa: N818 - says what it is
    """An answer that isn't what the API promises; says what is wrong, and quotes nothing but field names."""


def page_of(document: Mapping[str, object], secret_params: frozenset[str]) -> Page:
    """A page of the list.

    Raises:
        UnexpectedAnswer: it isn't one, or one of its webhooks isn't one, or they are too large.
    """
    results, count, following = document.get("results"), document.get("count"), document.get("next")
    if not isinstance(results, list):
        raise UnexpectedAnswer("has no list of `results`")
    count = None if count is None else _count(count)
    if following is not None and not isinstance(following, str):
        raise UnexpectedAnswer("has a `next` that is no text")
    remotes: list[Remote] = []
    size = 0
    for result in results:
        remotes.append(remote_of(_object(result), secret_params))
        size += size_of(remotes[-1])
        if size > LARGEST:
            raise UnexpectedAnswer("has more webhooks, or larger ones, than any account")
    return Page(remotes=tuple(remotes), count=count, next=following or None)


def remote_of(document: Mapping[str, object], secret_params: frozenset[str]) -> Remote:
    """One webhook.

    Args:
        document: as Shippo shows it.
        secret_params: names of the secret query parameters.
    Returns:
        The webhook; where a field of it holds nothing that can be read, one without a key that says which.
    Raises:
        UnexpectedAnswer: it isn't one: nothing says which one it is.
    """
    object_id = _id(document)
    said: dict[str, Value] = {
        "url": _url(document.get("url"), secret_params),
        "event": _text(document.get("event")),
        **{name: _flag(document[name]) for name in ("active", "is_test") if document.get(name) is not None},
    }
    unreadable = tuple(name for name, value in said.items() if value is None)
    fields = SHIPPO.normalise(said)
    return Remote(
        id=object_id,
        key=None if unreadable else SHIPPO.key_of(fields),
        unreadable=unreadable,
        fields=fields,
        created=_time(document.get("object_created")),
        updated=_time(document.get("object_updated")),
        unknown=tuple(
            sorted(_writable(name) for name in document if name not in fields and name not in _KEPT_BY_SHIPPO)
        )[:_MOST_UNKNOWN],
    )


def _object(value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise UnexpectedAnswer("lists something that is no webhook")
    return value


def _count(value: object) -> int:
    """How many: a whole number, as a text or with a fraction of nothing too."""
    text = value if isinstance(value, str) else str(value)
    found = None if isinstance(value, bool) else _WHOLE.fullmatch(text)
    if found is None or int(found["whole"]) > _HIGHEST_COUNT:
        raise UnexpectedAnswer("has a `count` that is no number")
    return int(found["whole"])


def _id(document: Mapping[str, object]) -> str:
    value = document.get("object_id")
    if value is None:
        raise UnexpectedAnswer("has a webhook without `object_id`")
    text = _text(str(value) if type(value) is int and abs(value) < _HIGHEST_ID else value)
    if text is None:
        raise UnexpectedAnswer("has a webhook whose `object_id` is no text")
    if not text or len(text) > _LONGEST_ID or text in (".", ".."):
        raise UnexpectedAnswer("has an `object_id` that can't be one")
    return text


def _text(value: object) -> str | None:
    """A text that can be written; None where it is none."""
    return value if isinstance(value, str) and _writable(value) == value else None


def _flag(value: object) -> bool | None:
    """True or false, which Shippo's own documentation also spells as texts; None where it is neither."""
    if isinstance(value, bool):
        return value
    return _FLAGS.get(str(value).lower()) if isinstance(value, str | int | float) else None


def _url(value: object, secret_params: frozenset[str]) -> Url | SecretText | None:
    if not isinstance(value, str):
        return None
    text = SecretText.provider(_writable(value))
    if text.reveal() != value or len(value) > _LONGEST_URL:
        return text
    try:
        return parse_url(text, secret_params)
    except UrlError:
        return text


def _writable(text: str) -> str:
    """The text without halves of surrogate pairs, which JSON can spell and nothing can write."""
    return _HALF.sub("\N{REPLACEMENT CHARACTER}", text)


def _time(value: object) -> datetime | None:
    """A time in UTC, or None: no decision but which duplicate is older hangs on it."""
    if not isinstance(value, str):
        return None
    try:
        time = datetime.fromisoformat(value)
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
