"""The sandbox as tests use it: with a log of every request, faults that come and go, and answers that lie."""

from __future__ import annotations

import json
from urllib.parse import urlencode

from msgspec import Struct

from reconciler.sandbox import server
from reconciler.sandbox.api import SandboxOptions, account_of
from reconciler.sandbox.messages import Request, Response
from reconciler.sandbox.store import Webhook
from tests.support.faults import LiveFaults
from tests.support.lies import HONEST, Lies, LyingApi

_EFFECTS = {("POST", 201), ("PUT", 200), ("DELETE", 204)}


class LogEntry(Struct, frozen=True, kw_only=True):
    """One request that was carried out, and what became of it.

    Attributes:
        sequence: rises by one from entry to entry, in the order in which the effects happened.
        time: seconds since the epoch, by the sandbox's clock.
        account: the request's token, and after a NUL the managed account's id; empty where the token was refused.
        path: without the query.
        query: `page` and `results` as they were sent.
        took_effect: whether the request created, updated or deleted a webhook (a PUT that changes nothing counts).
        object_id: the webhook the request was about, where it was about one.
        webhook: that webhook after the request; None where there is none of that id (any more).
    """

    sequence: int
    time: float
    account: str
    method: str
    path: str
    query: str
    status: int
    took_effect: bool
    object_id: str | None
    webhook: Webhook | None


class Sandbox(server.Sandbox):
    """A sandbox that keeps a log, and may lie.

    Args:
        options: how it is to behave; None: as Shippo's documentation says, without limits.
        lies: in which ways it answers otherwise.
    """

    def __init__(self, options: SandboxOptions | None = None, lies: Lies = HONEST) -> None:
        self._log: list[LogEntry] = []
        self._lies = lies
        options = options or SandboxOptions()
        self.faults: LiveFaults = LiveFaults(self)
        for rule in options.faults:
            self.faults.add(rule)
        super().__init__(options)

    def serve(self) -> None:
        self._api = LyingApi(self.store, self.options, self._lies)
        self.start(self._carry_out, self.faults)

    def close(self) -> None:
        """Abandon what is held, and end all. Closing twice is fine."""
        self.faults.end()
        super().close()

    def lie(self, lies: Lies) -> None:
        """Answer in these ways from now on."""
        self._api.lie(lies)

    def log(self, *, after: int = 0) -> tuple[LogEntry, ...]:
        """The requests that were carried out, oldest first; `after` is a `mark()`."""
        return tuple(self._log[after:])

    def mark(self) -> int:
        """Where the log ends now: `log(after=mark)` gives what came later."""
        return len(self._log)

    def _carry_out(self, request: Request) -> Response:
        # The effect and its entry happen at once, so that the log's order is that of the effects.
        with self.store.transaction():
            response = self._api(request)
            account = account_of(request) or ""
            object_id = _object_id(request, response) if account else None
            self._log.append(
                LogEntry(
                    sequence=len(self._log) + 1,
                    time=self.options.clock(),
                    account=account,
                    method=request.method,
                    path=request.path,
                    query=urlencode(
                        [(name, request.query[name]) for name in ("page", "results") if name in request.query]
                    ),
                    status=response.status,
                    took_effect=(request.method, response.status) in _EFFECTS,
                    object_id=object_id,
                    webhook=None if object_id is None else self.store.get(account, object_id),
                )
            )
        return response


def _object_id(request: Request, response: Response) -> str | None:
    if request.method == "POST" and response.status in (200, 201):
        return str(json.loads(response.body)["object_id"])
    return request.path.removeprefix("/webhooks").strip("/") or None
