"""Shippo's webhook API as a WSGI application over a store."""

import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from werkzeug.exceptions import NotFound
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from reconciler.sandbox.checks import Fields, Refusal, check_body
from reconciler.sandbox.lies import Liar, Lies
from reconciler.sandbox.limits import Kind, Limiter
from reconciler.sandbox.options import SandboxOptions
from reconciler.sandbox.records import LogEntry, Webhook, account_key
from reconciler.sandbox.store import Page, Store

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

DEFAULT_PAGE: Final = 25
LONGEST_PAGE: Final = 100
TOKEN_PREFIXES: Final = ("shippo_live_", "shippo_test_")

# No slash is strict, so that `/webhooks/` is answered and not redirected.
_PATHS: Final = Map(
    [Rule("/webhooks", endpoint="all"), Rule("/webhooks/<object_id>", endpoint="one")],
    strict_slashes=False,
    merge_slashes=False,
)
_METHODS: Final = {"all": ("GET", "POST"), "one": ("GET", "PUT", "DELETE")}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Caller:
    """Who asks: one account."""

    token: str
    account_id: str | None

    @property
    def account(self) -> str:
        return account_key(self.token, self.account_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    """What a request is answered, and what the log says of it."""

    status: int
    document: object = None
    headers: tuple[tuple[str, str], ...] = ()
    took_effect: bool = False
    object_id: str | None = None
    webhook: Webhook | None = None


class SandboxApp:
    """The WSGI application.

    Args:
        store: where webhooks and the log are kept.
        options: how to behave; what is about listening and faults is not looked at.
        sleep: waits that many seconds; for the latency.
    """

    def __init__(self, store: Store, options: SandboxOptions, *, sleep: Callable[[float], object] = time.sleep) -> None:
        self._store = store
        self._options = options
        self._sleep = sleep
        self._limiter = Limiter(options.limits, options.clock)
        self._liar = Liar(options.lies)

    def lie(self, lies: Lies) -> None:
        """Tell these lies from now on."""
        self._liar = Liar(lies)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer one request, as WSGI wants it."""
        request = Request(environ)
        if self._options.latency > 0:
            self._sleep(self._options.latency)
        caller = _caller(request)
        # The effect and its entry in the log happen at once, so that the log's order is that of the effects.
        with self._store.transaction():
            outcome = _UNKNOWN_CALLER if caller is None else self._answer(request, caller)
            self._store.record(
                LogEntry(
                    sequence=0,
                    time=self._options.clock(),
                    account="" if caller is None else caller.account,
                    method=request.method,
                    path=request.path,
                    query=urlencode(
                        [(name, request.args[name]) for name in ("page", "results") if name in request.args]
                    ),
                    status=outcome.status,
                    took_effect=outcome.took_effect,
                    object_id=outcome.object_id,
                    webhook=outcome.webhook,
                )
            )
        body = b"" if outcome.document is None else json.dumps(outcome.document).encode("ascii")
        response = Response(body, status=outcome.status, headers=list(outcome.headers), content_type="application/json")
        if outcome.document is None:
            del response.headers["Content-Type"]
        return response(environ, start_response)

    def _answer(self, request: Request, caller: _Caller) -> _Outcome:
        try:
            endpoint, arguments = _PATHS.bind("sandbox").match(request.path)
        except NotFound:
            return _NOT_FOUND
        if request.method not in _METHODS[endpoint]:
            return _Outcome(
                status=405,
                document={"detail": f'Method "{request.method}" not allowed.'},
                headers=(("Allow", ", ".join(_METHODS[endpoint])),),
            )
        wait = self._limiter.admit(caller.account, _kind(request.method, endpoint), is_test=_is_test(caller.token))
        if wait is not None:
            return _Outcome(
                status=429,
                document={"detail": f"Request was throttled. Expected available in {wait} seconds."},
                headers=(("Retry-After", str(wait)),),
                object_id=arguments.get("object_id"),
            )
        match endpoint, request.method:
            case "all", "GET":
                return self._list(request, caller)
            case "all", _:
                return self._create(request, caller)
            case _, "GET":
                return self._get(caller, arguments["object_id"])
            case _, "PUT":
                return self._update(request, caller, arguments["object_id"])
            case _:
                return self._delete(caller, arguments["object_id"])

    def _list(self, request: Request, caller: _Caller) -> _Outcome:
        size = self._options.page_size or _page_size(request.args.get("results", ""))
        number = _positive(request.args.get("page", "1"))
        if number is None:
            return _NO_SUCH_PAGE
        self._liar.page_is_asked(caller.account, number)
        page = self._page(caller, (number - 1) * size, size)
        if not page.webhooks and number > 1:
            return _NO_SUCH_PAGE

        def address(of: int) -> str:
            return f"{request.base_url}?{urlencode({'page': of, 'results': size})}"

        return _Outcome(
            status=200,
            document={
                "next": self._liar.next_page(address(number + 1) if number * size < page.count else None),
                "previous": address(number - 1) if number > 1 else None,
                "count": self._liar.count(caller.account, page.count),
                "results": [webhook.document() for webhook in page.webhooks],
            },
        )

    def _page(self, caller: _Caller, start: int, size: int) -> Page:
        live_only = self._options.hide_inactive
        hidden = self._liar.hidden(caller.account)
        if not hidden and not self._liar.ghosts:
            return self._store.page(
                caller.token, start=start, size=size, live_only=live_only, account_id=caller.account_id
            )
        everything = self._store.page(caller.token, live_only=live_only, account_id=caller.account_id)
        there = (webhook for webhook in everything.webhooks if webhook.object_id not in hidden)
        shown = (*self._liar.ghosts, *there)
        return Page(webhooks=shown[start : start + size], count=len(shown))

    def _create(self, request: Request, caller: _Caller) -> _Outcome:
        fields = check_body(request.get_data())
        if isinstance(fields, Refusal):
            return _Outcome(status=400, document=fields.document())
        there = self._liar.found(fields, self._store.list(caller.token, account_id=caller.account_id))
        if there is not None:
            return _shown(200, there)
        webhook = self._store.create(
            caller.token,
            url=self._kept_url(fields),
            event=fields.event,
            active=fields.active,
            is_test=fields.is_test,
            account_id=caller.account_id,
        )
        self._liar.created(caller.account, webhook.object_id)
        self._liar.written(webhook.object_id, None)
        return _shown(201, webhook, took_effect=True)

    def _get(self, caller: _Caller, object_id: str) -> _Outcome:
        webhook = self._liar.read(object_id, self._store.get(caller.token, object_id, account_id=caller.account_id))
        return _no_such_webhook(object_id) if webhook is None else _shown(200, webhook)

    def _update(self, request: Request, caller: _Caller, object_id: str) -> _Outcome:
        before = self._store.get(caller.token, object_id, account_id=caller.account_id)
        if before is None:
            return _no_such_webhook(object_id)
        fields = check_body(request.get_data())
        if isinstance(fields, Refusal):
            return _Outcome(status=400, document=fields.document(), object_id=object_id, webhook=before)
        after = self._store.update(
            caller.token,
            object_id,
            url=self._kept_url(fields),
            event=fields.event,
            active=fields.active,
            is_test=fields.is_test,
            account_id=caller.account_id,
        )
        self._liar.written(object_id, before)
        return _no_such_webhook(object_id) if after is None else _shown(200, after, took_effect=True)

    def _delete(self, caller: _Caller, object_id: str) -> _Outcome:
        before = self._store.get(caller.token, object_id, account_id=caller.account_id)
        if before is None or not self._store.delete(caller.token, object_id, account_id=caller.account_id):
            return _no_such_webhook(object_id)
        self._liar.written(object_id, before)
        return _Outcome(status=204, took_effect=True, object_id=object_id)

    def _kept_url(self, fields: Fields) -> str:
        rewrite = self._options.rewrite_url
        return fields.url if rewrite is None else rewrite(fields.url)


_NOT_FOUND: Final = _Outcome(status=404, document={"detail": "Not found."})
_NO_SUCH_PAGE: Final = _Outcome(status=404, document={"detail": "Invalid page."})
_UNKNOWN_CALLER: Final = _Outcome(
    status=401,
    document={"detail": "Authentication credentials were not provided or are not valid."},
    headers=(("WWW-Authenticate", "ShippoToken"),),
)


def _caller(request: Request) -> _Caller | None:
    scheme, _, token = request.headers.get("Authorization", "").strip().partition(" ")
    known = any(token.startswith(prefix) and len(token) > len(prefix) for prefix in TOKEN_PREFIXES)
    if scheme.lower() != "shippotoken" or not known or any(character.isspace() for character in token):
        return None
    return _Caller(token=token, account_id=request.headers.get("SHIPPO-ACCOUNT-ID"))


def _is_test(token: str) -> bool:
    return token.startswith("shippo_test_")


def _kind(method: str, endpoint: str) -> Kind:
    if method != "GET":
        return Kind.WRITE
    return Kind.LIST if endpoint == "all" else Kind.READ


def _positive(text: str) -> int | None:
    # Longer numbers are beyond SQLite's integers, and Python's `int` would take other digits than ASCII ones.
    return int(text) or None if text.isascii() and text.isdigit() and len(text) < 10 else None  # noqa: PLR2004


def _page_size(asked: str) -> int:
    return min(_positive(asked) or DEFAULT_PAGE, LONGEST_PAGE)


def _shown(status: int, webhook: Webhook, *, took_effect: bool = False) -> _Outcome:
    return _Outcome(
        status=status,
        document=webhook.document(),
        took_effect=took_effect,
        object_id=webhook.object_id,
        webhook=webhook,
    )


def _no_such_webhook(object_id: str) -> _Outcome:
    return _Outcome(status=404, document={"detail": "Not found."}, object_id=object_id)
