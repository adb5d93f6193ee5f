"""Shippo's webhook API over a store: paths, headers, paging and errors as its documentation says."""

import re
import sqlite3
from typing import Final
from urllib.parse import urlencode

from reconciler.sandbox.checks import Refusal, check_body
from reconciler.sandbox.limits import LIVE, TEST, CallKind, Limiter
from reconciler.sandbox.messages import Request, Response, json_response
from reconciler.sandbox.options import SandboxOptions
from reconciler.sandbox.store import Store, StoredPage, Webhook

DEFAULT_PAGE: Final = 25
LONGEST_PAGE: Final = 100
TEST_PREFIX: Final = "shippo_test_"
_TOKEN: Final = re.compile(rf"(?:shippo_live_|{TEST_PREFIX})(?:(?![*<>{{}}$])[!-~])+")
_AUTHORIZATION: Final = re.compile(rf"ShippoToken +({_TOKEN.pattern})", re.IGNORECASE)
_PATH: Final = re.compile(r"/webhooks(?:/(?P<object_id>[^/]+))?/?")


def is_token(text: str) -> bool:
    """Whether a text is shaped like a token of Shippo's; each such one is an account of its own."""
    return _TOKEN.fullmatch(text) is not None


def account_of(request: Request) -> str | None:
    """Who asks: the token, and after a NUL the managed account's id if there is one; None: no good token."""
    found = _AUTHORIZATION.fullmatch(request.headers.get("Authorization", "").strip())
    if found is None or not is_token(found[1]):
        return None
    managed = request.headers.get("SHIPPO-ACCOUNT-ID", "")
    return f"{found[1]}\0{managed}" if managed else found[1]


class ShippoApi:
    """The API.

    Args:
        store: where the webhooks are kept.
        options: how to behave; what is about the server and faults is not looked at.
    """

    def __init__(self, store: Store, options: SandboxOptions) -> None:
        self._store = store
        self._options = options
        self._limiter = Limiter(options.clock) if options.limits else None

    def __call__(self, request: Request) -> Response:
        """Answer a request; what it does is done at once, or not at all."""
        account = account_of(request)
        if account is None:
            detail = {"detail": "Authentication credentials were not provided or are not valid."}
            return json_response(401, detail, ("WWW-Authenticate", "ShippoToken"))
        try:
            with self._store.transaction():
                return self._answer(request, account)
        except sqlite3.Error as error:  # such as a full disk
            return json_response(500, {"detail": f"The sandbox's store failed: {error}"})

    def list(self, request: Request, account: str) -> Response:
        """Answer with a page of an account's webhooks."""
        size = self._options.page_size or min(_positive(request.query.get("results", "")) or DEFAULT_PAGE, LONGEST_PAGE)
        number = _positive(request.query.get("page", "1"))
        page = None if number is None else self.page(account, (number - 1) * size, size)
        if number is None or page is None or (number > 1 and not page.webhooks):
            return json_response(404, {"detail": "Invalid page."})

        def address(of: int) -> str:
            return f"{request.base_url}{request.path}?{urlencode({'page': of, 'results': size})}"

        return json_response(
            200,
            {
                "next": address(number + 1) if number * size < page.count else None,
                "previous": address(number - 1) if number > 1 else None,
                "count": page.count,
                "results": [webhook.document() for webhook in page.webhooks],
            },
        )

    def page(self, account: str, start: int, size: int) -> StoredPage:
        """The webhooks on a page."""
        return self._store.page(account, start=start, size=size, live_only=self._options.hide_inactive)

    def create(self, request: Request, account: str) -> Response:
        """Make a webhook."""
        fields = check_body(request.body)
        if isinstance(fields, Refusal):
            return json_response(400, fields.document())
        webhook = self._store.create(
            account, url=fields.url, event=fields.event, active=fields.active, is_test=fields.is_test
        )
        return json_response(201, webhook.document())

    def get(self, account: str, object_id: str) -> Response:
        """Answer with one webhook."""
        return shown(self._store.get(account, object_id))

    def update(self, request: Request, account: str, object_id: str) -> Response:
        """Change a webhook; what the request leaves out has its default again."""
        if self._store.get(account, object_id) is None:
            return shown(None)
        fields = check_body(request.body)
        if isinstance(fields, Refusal):
            return json_response(400, fields.document())
        changed = self._store.update(
            account, object_id, url=fields.url, event=fields.event, active=fields.active, is_test=fields.is_test
        )
        return shown(changed)

    def delete(self, account: str, object_id: str) -> Response:
        """Remove a webhook."""
        return Response(status=204) if self._store.delete(account, object_id) else shown(None)

    def _answer(self, request: Request, account: str) -> Response:
        found = _PATH.fullmatch(request.path)
        if found is None:
            return shown(None)
        object_id = found["object_id"]
        methods = ("GET", "POST") if object_id is None else ("GET", "PUT", "DELETE")
        if request.method not in methods:
            detail = {"detail": f'Method "{request.method}" not allowed.'}
            return json_response(405, detail, ("Allow", ", ".join(methods)))
        wait = self._wait(request, account, CallKind.LIST if object_id is None else CallKind.READ)
        if wait is not None:
            detail = {"detail": f"Request was throttled. Expected available in {wait} seconds."}
            return json_response(429, detail, ("Retry-After", str(wait)))
        match request.method:
            case "GET":
                return self.list(request, account) if object_id is None else self.get(account, object_id)
            case "POST":
                return self.create(request, account)
            case "PUT":
                return self.update(request, account, object_id)
            case _:
                return self.delete(account, object_id)

    def _wait(self, request: Request, account: str, reading: CallKind) -> int | None:
        """After how many seconds there is room for the call again; None: there is now."""
        if self._limiter is None:
            return None
        kind = reading if request.method == "GET" else CallKind.WRITE
        return self._limiter.admit(account, kind, (TEST if account.startswith(TEST_PREFIX) else LIVE)[kind])


def shown(webhook: Webhook | None) -> Response:
    """The answer that shows a webhook, or says that there is none."""
    return json_response(404, {"detail": "Not found."}) if webhook is None else json_response(200, webhook.document())


def _positive(text: str) -> int | None:
    # Longer numbers are beyond SQLite's integers, and Python's `int` would take other digits than ASCII ones.
    return int(text) or None if text.isascii() and text.isdigit() and len(text) < 10 else None  # noqa: PLR2004
