"""What the sandbox accepts as a webhook, and what it says about the rest, in the words of the API."""

import json
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

EVENTS: Final = (
    "transaction_created",
    "transaction_updated",
    "track_updated",
    "batch_created",
    "batch_purchased",
    "all",
)
URL_LIMIT: Final = 200  # characters; a URL must be shorter
_REQUIRED: Final = "This field is required."


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookFields:
    """The four fields that a caller settles; what a request leaves out has its default."""

    url: str
    event: str
    active: bool
    is_test: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """What is wrong with a body: the answer's JSON, either a text per field or one `detail`."""

    problems: tuple[tuple[str, str], ...]

    def document(self) -> dict[str, list[str] | str]:
        """The body of the answer, ready for JSON."""
        return {field: text if field == "detail" else [text] for field, text in self.problems}


def check_body(body: bytes) -> WebhookFields | Refusal:
    """Read a webhook from the body of a POST or PUT.

    Args:
        body: the body as it came, JSON if all is well. WebhookFields that nobody knows are ignored.

    Returns:
        The fields, or all that is wrong with them.
    """
    try:
        document: object = json.loads(body)
    except (ValueError, RecursionError) as error:
        # The error of a decoder doesn't quote; of its kinds, only this one says where.
        where = f" at character {error.pos}" if isinstance(error, json.JSONDecodeError) else ""
        return Refusal(problems=(("detail", f"JSON parse error{where}."),))
    if not isinstance(document, dict):
        return Refusal(problems=(("detail", "Invalid data. Expected a JSON object."),))
    url, event = document.get("url"), document.get("event")
    active, is_test = document.get("active", True), document.get("is_test", False)
    is_test = {"true": True, "false": False}.get(is_test, is_test) if isinstance(is_test, str) else is_test
    problems = (
        ("event", _REQUIRED if "event" not in document else _event_problem(event)),
        ("url", _REQUIRED if "url" not in document else _url_problem(url)),
        ("active", None if isinstance(active, bool) else "Must be a valid boolean."),
        ("is_test", None if isinstance(is_test, bool) else "Must be a valid boolean."),
    )
    found = tuple((field, text) for field, text in problems if text is not None)
    if found:
        return Refusal(problems=found)
    # Checked above; said again for the type checker.
    return WebhookFields(url=str(url), event=str(event), active=bool(active), is_test=bool(is_test))


def _event_problem(event: object) -> str | None:
    if not isinstance(event, str):
        return "Not a valid string."
    return None if event in EVENTS else f'"{event}" is not a valid choice.'


def _url_problem(url: object) -> str | None:
    if not isinstance(url, str):
        return "Not a valid string."
    if not url:
        return "This field may not be blank."
    if len(url) >= URL_LIMIT:
        return f"Ensure this field has no more than {URL_LIMIT - 1} characters."
    try:
        parts = urlsplit(url)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname)
        _ = parts.port  # raises where it isn't a number
    except ValueError:
        sound = False
    # `urlsplit` drops tabs and newlines silently.
    return None if sound and url.isprintable() and " " not in url else "Enter a valid URL."
