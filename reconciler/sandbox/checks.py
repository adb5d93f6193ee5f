"""What the sandbox accepts as a webhook, and what it says about the rest, in the words of the API."""

import json
from typing import Final, TypedDict
from urllib.parse import urlsplit

from reconciler.sandbox.messages import RequestError

EVENTS: Final = (
    *("transaction_created", "transaction_updated", "track_updated"),
    *("batch_created", "batch_purchased", "all"),
)
URL_LIMIT: Final = 200  # characters; a URL must be shorter
_REQUIRED: Final = "This field is required."
_NO_FLAG: Final = "Must be a valid boolean."


class WebhookFields(TypedDict):
    """The four fields that a caller settles."""

    url: str
    event: str
    active: bool
    is_test: bool


def check_body(body: bytes) -> WebhookFields:
    """Read a webhook from the body of a POST or PUT; what is left out has its default, unknown fields are ignored.

    Raises:
        RequestError: with all that is wrong with it.
    """
    try:
        document: object = json.loads(body)
    except (ValueError, RecursionError):
        raise RequestError(400, "JSON parse error.") from None
    if not isinstance(document, dict):
        raise RequestError(400, "Invalid data. Expected a JSON object.")
    active, is_test = document.get("active", True), document.get("is_test", False)
    if is_test in ("true", "false"):  # as the API's documentation sends it
        is_test = is_test == "true"
    problems = {
        "event": _event_problem(document.get("event")),
        "url": _url_problem(document.get("url")),
        "active": "" if isinstance(active, bool) else _NO_FLAG,
        "is_test": "" if isinstance(is_test, bool) else _NO_FLAG,
    }
    if any(problems.values()):
        raise RequestError(400, {field: [problem] for field, problem in problems.items() if problem})
    return WebhookFields(url=document["url"], event=document["event"], active=active, is_test=is_test)


def _event_problem(event: object) -> str:
    if event is None:
        return _REQUIRED
    return "" if event in EVENTS else f'"{event}" is not a valid choice.'


def _url_problem(url: object) -> str:
    if url is None:
        return _REQUIRED
    if not isinstance(url, str):
        return "Not a valid string."
    if len(url) >= URL_LIMIT:
        return f"Ensure this field has no more than {URL_LIMIT - 1} characters."
    try:
        parts = urlsplit(url)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname)
        _ = parts.port  # raises where it isn't a number
    except ValueError:
        sound = False
    # `urlsplit` drops tabs and newlines silently.
    return "" if sound and url.isprintable() and " " not in url else "Enter a valid URL."
