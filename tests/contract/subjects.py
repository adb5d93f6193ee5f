"""The providers under the contract. A new one is a `Subject` more in `SUBJECTS`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from msgspec import Struct, field
from msgspec.structs import asdict

from reconciler.model.provider import Provider
from reconciler.model.secret import SecretText
from reconciler.model.webhook import Value
from reconciler.providers.shippo import SHIPPO
from reconciler.sandbox.api import SandboxOptions
from reconciler.sandbox.faults import Answer, Rule
from reconciler.sandbox.messages import json_response
from reconciler.sandbox.store import Webhook
from reconciler.testing.servers import Call, Kept, MemoryServer
from tests.contract.pigeonry import PIGEONRY
from tests.support.builders import HOST
from tests.support.faults import LiveFaults
from tests.support.sandbox import Sandbox
from tests.support.site import Ticks


class Server(Protocol):
    """A provider's server with one account."""

    @property
    def faults(self) -> LiveFaults:
        """What goes wrong."""

    @property
    def base_url(self) -> str:
        """The API's base URL."""

    def put(self, kept: Kept) -> str:
        """Let the account have a webhook, younger than all others; its id. Nothing is logged."""

    def remove(self, object_id: str) -> None:
        """Remove a webhook as somebody else would. Nothing is logged."""

    def webhooks(self) -> Mapping[str, Kept]:
        """What the account has, by id."""

    def calls(self) -> tuple[Call, ...]:
        """Every request so far, those that were denied too."""

    def lead_on(self, following: str) -> None:
        """From now on, the first page of the list says that the list goes on there."""


class Subject(Struct, frozen=True, kw_only=True):
    """A provider under the contract.

    Attributes:
        provider: its declaration.
        token: the account's.
        serve: starts a server whose list has so many webhooks on a page.
        first_page: the target of the list's first page below the base URL.
        odd_page: the only page of a list with one webhook, which has the field `colour` and the event `brand_new`.
        changes: the changeable fields beside URL, events and the switch: what each is before and after.
    """

    provider: Provider
    token: str
    serve: Callable[[int], AbstractContextManager[Server]]
    first_page: str
    odd_page: bytes
    changes: Mapping[str, tuple[Value, Value]] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.provider.name


_SHIPPO_TOKEN = "shippo_live_0f1e2d3c4b5a69788796a5b4c3d2e1f0"


class _ShippoServer(Struct, frozen=True):
    sandbox: Sandbox

    @property
    def faults(self) -> LiveFaults:
        return self.sandbox.faults

    @property
    def base_url(self) -> str:
        return self.sandbox.base_url

    def put(self, kept: Kept) -> str:
        made = self.sandbox.store.create(
            _SHIPPO_TOKEN,
            url=str(kept["url"]),
            event=str(kept["event"]),
            active=kept["active"] is True,
            is_test=kept["is_test"] is True,
        )
        return made.object_id

    def remove(self, object_id: str) -> None:
        assert self.sandbox.store.delete(_SHIPPO_TOKEN, object_id)

    def webhooks(self) -> Mapping[str, Kept]:
        return {webhook.object_id: _shippo_kept(webhook) for webhook in self.sandbox.store.list(_SHIPPO_TOKEN)}

    def calls(self) -> tuple[Call, ...]:
        return tuple(
            Call(
                method=entry.method,
                path=entry.path,
                status=entry.status,
                object_id=entry.object_id or "" if entry.took_effect else "",
                kept=_shippo_kept(entry.webhook) if entry.took_effect and entry.webhook is not None else None,
            )
            for entry in self.sandbox.log()
        )

    def lead_on(self, following: str) -> None:
        page = {**json.loads(_SHIPPO_ODD_PAGE), "next": following}
        self.faults.add(Rule(action=Answer(status=200, body=json.dumps(page).encode()), method="GET", path="/webhooks"))


def _shippo_kept(webhook: Webhook) -> Kept:
    return {name: value for name, value in asdict(webhook).items() if not name.startswith("object_")}


_SHIPPO_ODD_PAGE = json.dumps(
    {
        "count": 1,
        "results": [
            {
                "object_id": "odd",
                "url": f"{HOST}/odd",
                "event": "brand_new",
                "active": True,
                "is_test": False,
                "colour": {"of": ["the", "week"]},
            }
        ],
    }
).encode()


@contextmanager
def _serve_shippo(page_size: int) -> Iterator[Server]:
    with Sandbox(SandboxOptions(clock=Ticks(), page_size=page_size)) as sandbox:
        yield _ShippoServer(sandbox)


_PIGEONRY_TOKEN = "pgn_9a8b7c6d5e4f3a2b1c0d"


class _PigeonryServer(MemoryServer):
    """The API that its declaration describes, with faults that come and go."""

    faults: LiveFaults

    def __init__(self, page_size: int) -> None:
        super().__init__(PIGEONRY, page_size=page_size, token=_PIGEONRY_TOKEN)
        self.faults = LiveFaults(self)
        self.at_end.callback(self.faults.end)

    def lead_on(self, following: str) -> None:
        link = ("Link", f'<{following}>; rel="next"')
        self.intercept = lambda request: (
            json_response(200, {"subscriptions": []}, link) if "page" not in request.query else None
        )


SHIPPO_SUBJECT = Subject(
    provider=SHIPPO,
    token=_SHIPPO_TOKEN,
    serve=_serve_shippo,
    first_page="/webhooks?results=100",
    odd_page=_SHIPPO_ODD_PAGE,
)

PIGEONRY_SUBJECT = Subject(
    provider=PIGEONRY,
    token=_PIGEONRY_TOKEN,
    serve=_PigeonryServer,
    first_page="/subscriptions?limit=50",
    odd_page=json.dumps(
        {"subscriptions": [{"id": 1, "target": f"{HOST}/odd", "topics": ["brand_new"], "colour": "of the week"}]}
    ).encode(),
    changes={
        "format": ("json", "form"),
        "note": ("", "for the orders team"),
        "settings": ({"retry": {"limit": 3}}, {"retry": {"limit": 5}, "headers": {"X-Loft": "north"}}),
        # A key alone is no difference; it goes along with the others.
        "signing_key": (SecretText.provider("the-old-key"), SecretText.environment("SIGNING_KEY", "the-new-key")),
    },
)

SUBJECTS = (SHIPPO_SUBJECT, PIGEONRY_SUBJECT)
