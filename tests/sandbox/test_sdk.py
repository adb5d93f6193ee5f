"""The official SDK works against the sandbox unchanged."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from shippo import Shippo
from shippo.models.components import Webhook, WebhookEventTypeEnum, WebhookUpdateRequest
from shippo.models.errors import SDKError

from reconciler.sandbox.store import OBJECT_OWNER
from tests.support.sandbox import Sandbox

from .tools import TOKEN, URL

MOMENT = datetime(2021, 6, 28, 15, 44, 11, 647_000, tzinfo=UTC)


def client(sandbox: Sandbox, token: str) -> Shippo:
    return Shippo(api_key_header=token, server_url=sandbox.base_url, shippo_api_version="2018-02-08")


@pytest.fixture
def sdk(sandbox: Sandbox) -> Iterator[Shippo]:
    sdk = client(sandbox, TOKEN)
    yield sdk
    sdk.sdk_configuration.client.close()


def request(**changes: object) -> WebhookUpdateRequest:
    return WebhookUpdateRequest(**{"event": WebhookEventTypeEnum.ALL, "url": URL, **changes})


def test_the_five_calls(sandbox: Sandbox, sdk: Shippo) -> None:
    made = sdk.webhooks.create_webhook(request(is_test=True))
    (kept,) = sandbox.store.list(TOKEN)
    created = datetime.fromisoformat(kept.object_created)
    expected = Webhook(
        event="all",
        url=URL,
        active=True,
        is_test=True,
        object_created=created,
        object_id=kept.object_id,
        object_updated=created,
        object_owner=OBJECT_OWNER,
    )
    assert made == expected
    listed = sdk.webhooks.list_webhooks()
    assert (listed.next, listed.previous, listed.count, listed.results) == (None, None, 1, [expected])
    assert sdk.webhooks.get_webhook(made.object_id) == expected
    changed = sdk.webhooks.update_webhook(made.object_id, request(active=False))
    assert (changed.active, changed.is_test) == (False, False)
    sdk.webhooks.delete_webhook(made.object_id)
    assert sandbox.store.list(TOKEN) == ()


def test_its_list_sees_the_first_page_only(sandbox: Sandbox, sdk: Shippo) -> None:
    for _ in range(30):
        sandbox.store.create(TOKEN, url=URL, event="all", created=MOMENT)
    page = sdk.webhooks.list_webhooks()
    assert (len(page.results), page.count) == (25, 30)
    assert page.results[0].object_created == MOMENT


@pytest.mark.parametrize("token", [TOKEN, f"ShippoToken {TOKEN}"], ids=["bare-token", "with-scheme"])
def test_both_ways_to_give_it_a_token_work(sandbox: Sandbox, token: str) -> None:
    sandbox.store.create(TOKEN, url=URL, event="all")
    sdk = client(sandbox, token)
    assert sdk.webhooks.list_webhooks().count == 1
    sdk.sdk_configuration.client.close()


def test_a_bad_request_is_its_error_400(sdk: Shippo) -> None:
    with pytest.raises(SDKError) as caught:
        sdk.webhooks.create_webhook(request(url="not a url"))
    assert (caught.value.status_code, caught.value.body) == (400, '{"url": ["Enter a valid URL."]}')


def test_a_bad_token_is_its_error_401(sandbox: Sandbox) -> None:
    sdk = client(sandbox, "somebody")
    with pytest.raises(SDKError) as caught:
        sdk.webhooks.list_webhooks()
    sdk.sdk_configuration.client.close()
    assert caught.value.status_code == 401


@pytest.mark.parametrize("call", ["get_webhook", "delete_webhook", "update_webhook"])
def test_an_unknown_webhook_is_its_error_404(sdk: Shippo, call: str) -> None:
    arguments = (request(),) if call == "update_webhook" else ()
    with pytest.raises(SDKError) as caught:
        getattr(sdk.webhooks, call)("0" * 32, *arguments)
    assert (caught.value.status_code, caught.value.body) == (404, '{"detail": "Not found."}')
