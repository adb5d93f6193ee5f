"""Shippo's webhook API over a store: paths, headers, paging and errors as its documentation says."""

import math
import re
import sqlite3
import time
from collections import defaultdict, deque
from collections.abc import Callable
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

from msgspec import Struct
from msgspec.structs import asdict

from reconciler.sandbox.checks import check_body
from reconciler.sandbox.faults import Rule
from reconciler.sandbox.messages import Request, RequestError, Response, json_response
from reconciler.sandbox.store import Store, Webhook

DEFAULT_PAGE: Final = 25
LONGEST_PAGE: Final = 100
WINDOW: Final = 60.0  # seconds
# How many calls a live and a test token may make in a window, as published.
LIMITS: Final = {"write": (500, 50), "read one": (4000, 400), "list": (50, 10)}
TEST_PREFIX: Final = "shippo_test_"
_TOKEN: Final = re.compile(rf"(?:shippo_live_|{TEST_PREFIX})(?:(?![*<>{{}}$])[!-~])+")
_AUTHORIZATION: Final = re.compile(r"ShippoToken +(\S+)", re.IGNORECASE)
_PATH: Final = re.compile(r"/webhooks(?:/(?P<object_id>.+?))?/?", re.DOTALL)


class SandboxOptions(Struct, frozen=True, kw_only=True):
    """How a sandbox is to behave; left alone, on a free port, as Shippo's documentation says, but without limits."""

    port: int = 0
    data: Path | None = None  # the file to keep the webhooks in; None: a temporary one
    limits: bool = False  # the published rate limits apply
    page_size: int | None = None  # whatever the caller asks for; None: as asked, 25 by default, 100 at most
    hide_inactive: bool = False  # the list leaves out webhooks that aren't active
    clock: Callable[[], float] = time.time  # seconds since the epoch, for limits and times
    faults: tuple[Rule, ...] = ()
    log: Callable[[str], None] | None = None  # takes a line for each request; called from several threads


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


class Limiter:
    """Counts calls per account and kind over a sliding window, by a clock in seconds. For one thread at a time."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._calls: defaultdict[tuple[str, str], deque[float]] = defaultdict(deque)

    def admit(self, account: str, kind: str, allowed: int) -> int:
        """Count a call if there is room for it, and give 0; else after how many whole seconds there is room again."""
        now = self._clock()
        calls = self._calls[account, kind]
        while calls and calls[0] <= now - WINDOW:
            calls.popleft()
        if len(calls) < allowed:
            calls.append(now)
            return 0
        return max(1, math.ceil(calls[0] + WINDOW - now))


class ShippoApi:
    """The API; it looks only at those options that are neither about the server nor about faults."""

    def __init__(self, store: Store, options: SandboxOptions) -> None:
        self._store = store
        self._options = options
        self._limiter = Limiter(options.clock)

    def __call__(self, request: Request) -> Response:
        """Answer a request; what it does is done at once, or not at all."""
        try:
            with self._store.transaction():
                return self._answer(request)
        except RequestError as error:
            return error.response
        except sqlite3.Error as error:  # such as a full disk
            return json_response(500, {"detail": f"The sandbox's data file failed: {error}"})

    def list(self, request: Request, account: str) -> Response:
        """Answer with a page of an account's webhooks."""
        size = self._options.page_size or min(_number(request.query.get("results", "")) or DEFAULT_PAGE, LONGEST_PAGE)
        number = _number(request.query.get("page", "1"))
        webhooks, count = self.page(account, max(0, number - 1) * size, size)
        if not number or (number > 1 and not webhooks):
            raise RequestError(404, "Invalid page.")

        def address(of: int) -> str:
            return f"{request.base_url}{request.path}?{urlencode({'page': of, 'results': size})}"

        document = {
            "next": address(number + 1) if number * size < count else None,
            "previous": address(number - 1) if number > 1 else None,
            "count": count,
            "results": [asdict(webhook) for webhook in webhooks],
        }
        return json_response(200, document)

    def page(self, account: str, start: int, size: int) -> tuple[tuple[Webhook, ...], int]:
        return self._store.page(account, start=start, size=size, live_only=self._options.hide_inactive)

    def create(self, request: Request, account: str) -> Response:
        return json_response(201, asdict(self._store.create(account, **check_body(request.body))))

    def get(self, account: str, object_id: str) -> Response:
        return shown(self._store.get(account, object_id))

    def update(self, request: Request, account: str, object_id: str) -> Response:
        """Change a webhook; what the request leaves out has its default again."""
        return shown(self._store.update(account, object_id, **check_body(request.body)))

    def delete(self, account: str, object_id: str) -> Response:
        return Response(status=204) if self._store.delete(account, object_id) else shown(None)

    def _answer(self, request: Request) -> Response:
        account = account_of(request)
        if account is None:
            detail = "Authentication credentials were not provided or are not valid."
            raise RequestError(401, detail, ("WWW-Authenticate", "ShippoToken"))
        found = _PATH.fullmatch(request.path)
        if found is None:
            return shown(None)
        object_id = found["object_id"]
        methods = ("GET", "POST") if object_id is None else ("GET", "PUT", "DELETE")
        if request.method not in methods:
            raise RequestError(405, f'Method "{request.method}" not allowed.', ("Allow", ", ".join(methods)))
        kind = "list" if object_id is None else "read one"
        if request.method != "GET":
            kind = "write"
        live, test = LIMITS[kind]
        allowed = test if account.startswith(TEST_PREFIX) else live
        wait = self._limiter.admit(account, kind, allowed) if self._options.limits else 0
        if wait:
            detail = f"Request was throttled. Expected available in {wait} seconds."
            raise RequestError(429, detail, ("Retry-After", str(wait)))
        match request.method:
            case "GET":
                return self.list(request, account) if object_id is None else self.get(account, object_id)
            case "POST":
                return self.create(request, account)
            case "PUT":
                return self.update(request, account, object_id)
            case _:
                return self.delete(account, object_id)


def shown(webhook: Webhook | None) -> Response:
    """The answer that shows a webhook; RequestError: there is none."""
    if webhook is None:
        raise RequestError(404, "Not found.")
    return json_response(200, asdict(webhook))


def _number(text: str) -> int:
    return int(text) if re.fullmatch("[0-9]{1,9}", text) else 0  # longer ones are beyond SQLite's integers
