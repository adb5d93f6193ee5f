"""A sandbox's API that doesn't tell the truth: wrong counts, webhooks that show late, creates that make nothing."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable

from msgspec import Struct
from msgspec.structs import replace

from reconciler.sandbox.api import SandboxOptions, ShippoApi, shown
from reconciler.sandbox.checks import WebhookFields, check_body
from reconciler.sandbox.messages import Request, Response, json_response
from reconciler.sandbox.store import Store, Webhook


class Lies(Struct, frozen=True, kw_only=True):
    """In which ways an account's answers differ from what is documented.

    Attributes:
        count_off: what is added to the count on every page.
        count_lists: for how many lists the count is wrong, each account's own counted; None: for all.
        lag: for how many lists a webhook is left out after it was created.
        ghosts: webhooks that aren't there (any more) and are listed, before all others, in every account.
        meanwhile: is called before every page but the first, with the page's number: somebody changes the list while
            it is read.
        next_page: what the last page names as the next one; None: nothing, as it should.
        stale: how many reads of a webhook show it as it was before it was last written.
        finds: whether a webhook that is there is what a create asks for: its answer is then that one, and nothing is
            made.
        rewrite_url: how a URL is changed before it is kept; None: not at all.
    """

    count_off: int = 0
    count_lists: int | None = None
    lag: int = 0
    ghosts: tuple[Webhook, ...] = ()
    meanwhile: Callable[[int], None] | None = None
    next_page: str | None = None
    stale: int = 0
    finds: Callable[[WebhookFields, Webhook], bool] | None = None
    rewrite_url: Callable[[str], str] | None = None


HONEST = Lies()


class LyingApi(ShippoApi):
    """The API with lies. It is called by one thread at a time."""

    def __init__(self, store: Store, options: SandboxOptions, lies: Lies = HONEST) -> None:
        super().__init__(store, options)
        self.lie(lies)

    def lie(self, lies: Lies) -> None:
        """Tell these lies from now on."""
        self._lies = lies
        self._lists: Counter[str] = Counter()
        self._made: dict[str, int] = {}
        self._before: dict[str, list[Webhook | None]] = {}

    def list(self, request: Request, account: str) -> Response:
        number = request.query.get("page", "1")
        if number == "1":
            self._lists[account] += 1
        elif self._lies.meanwhile is not None:
            self._lies.meanwhile(int(number))
        document = json.loads(super().list(request, account).body)
        lists = self._lies.count_lists
        if lists is None or self._lists[account] <= lists:
            document["count"] += self._lies.count_off
        if document["next"] is None:
            document["next"] = self._lies.next_page
        return json_response(200, document)

    def page(self, account: str, start: int, size: int) -> tuple[tuple[Webhook, ...], int]:
        now = self._lists[account]
        hidden = {object_id for object_id, made in self._made.items() if now - made <= self._lies.lag}
        if not self._lies.ghosts and not (hidden and self._lies.lag):
            return super().page(account, start, size)
        there, _ = super().page(account, 0, -1)
        listed = (*self._lies.ghosts, *(webhook for webhook in there if webhook.object_id not in hidden))
        return listed[start : start + size], len(listed)

    def create(self, request: Request, account: str) -> Response:
        if (finds := self._lies.finds) is not None:
            fields = check_body(request.body)
            for webhook in self._store.list(account):
                if finds(fields, webhook):
                    return shown(webhook)
        response = super().create(self._rewritten(request), account)
        object_id = json.loads(response.body)["object_id"]
        self._made[object_id] = self._lists[account]
        self._before[object_id] = [None] * self._lies.stale
        return response

    def get(self, account: str, object_id: str) -> Response:
        stale = self._before.get(object_id)
        return shown(stale.pop()) if stale else super().get(account, object_id)

    def update(self, request: Request, account: str, object_id: str) -> Response:
        before = self._store.get(account, object_id)
        response = super().update(self._rewritten(request), account, object_id)
        self._before[object_id] = [before] * self._lies.stale
        return response

    def delete(self, account: str, object_id: str) -> Response:
        before = self._store.get(account, object_id)
        response = super().delete(account, object_id)
        self._before[object_id] = [before] * self._lies.stale
        return response

    def _rewritten(self, request: Request) -> Request:
        rewrite = self._lies.rewrite_url
        if rewrite is None:
            return request
        fields = check_body(request.body)
        return replace(request, body=json.dumps({**fields, "url": rewrite(fields["url"])}).encode())
