"""Shippo's five calls against a sandbox, and against servers that lie."""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from reconciler import __version__
from reconciler.model.reading import ErrorKind, ProviderError
from reconciler.model.report import Called, Listed
from reconciler.model.secret import SecretText
from reconciler.model.webhook import Fields, Remote
from reconciler.providers.registry import Writer, open_reader, open_writer
from reconciler.providers.rest import RestReader
from reconciler.sandbox.faults import Answer, Rule, When
from tests.support.lies import Lies
from tests.support.sandbox import Sandbox

from .tools import TOKEN, URL, RawServer, Run, account, fields, says

NOW = Remote(id="abc", key=None, fields=fields())
HOOK = {"object_id": "abc", "event": "all", "url": URL, "active": True, "is_test": True}


@pytest.fixture(scope="module")
def shared() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(shared: Sandbox) -> Iterator[Sandbox]:
    """The sandbox without what a test before has left."""
    yield shared
    for hook in shared.store.list(TOKEN):
        shared.store.delete(TOKEN, hook.object_id)


@contextmanager
def writing(base_url: str, run: Run | None = None, **settings: Any) -> Iterator[Writer]:  # noqa: ANN401
    client = open_writer(account(base_url, **settings), (run or Run()).context)
    try:
        yield client
    finally:
        client.close()


def failed(call: Callable[[], object]) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        call()
    error = caught.value
    said = "".join(traceback.format_exception(error)) + repr(error) + error.help
    assert "swordfish" not in said
    assert TOKEN not in said
    assert (error.__cause__, error.__context__) == (None, None)
    return error


def test_the_five_calls(sandbox: Sandbox) -> None:
    run = Run()
    with writing(sandbox.base_url, run) as client:
        made = client.create(fields())
        assert made.fields == fields()
        assert client.get(made.id) == made
        client.update(made.id, fields(active=False), made)
        changed = client.get(made.id)
        assert (changed.id, changed.fields, changed.created) == (made.id, fields(active=False), made.created)
        assert client.list().remotes == (changed,)
        client.delete(made.id)
        assert client.list().remotes == ()
    assert run.calls() == [
        ("POST", "/webhooks", 201, 1),
        ("GET", f"/webhooks/{made.id}", 200, 1),
        ("PUT", f"/webhooks/{made.id}", 200, 1),
        ("GET", f"/webhooks/{made.id}", 200, 1),
        ("GET", "/webhooks", 200, 1),
        ("DELETE", f"/webhooks/{made.id}", 204, 1),
        ("GET", "/webhooks", 200, 1),
    ]


def test_every_page_is_listed_whatever_the_page_size(sandbox: Sandbox) -> None:
    ids = [sandbox.store.create(TOKEN, url=URL, event="all").object_id for _ in range(230)]
    run = Run()
    with writing(sandbox.base_url, run) as client:
        reading = client.list()
    assert ([remote.id for remote in reading.remotes], reading.count, reading.account) == (ids, 230, "test")
    assert run.of(Listed) == [Listed(account="test", webhooks=number) for number in (100, 200, 230)]
    assert [event.path for event in run.of(Called)] == ["/webhooks", "/webhooks?…", "/webhooks?…"]


def test_the_headers_are_those_of_the_api() -> None:
    managed = SecretText.environment("ACCOUNT", "0123456789")
    with RawServer(says("200 OK", json.dumps(HOOK).encode())) as server:
        with writing(server.base_url, settings={"account_id": managed}) as client:
            client.get("abc")
        with writing(server.base_url) as client:
            client.get("abc")
    first, second = (request.headers for request in server.received)
    assert first == {
        "host": f"127.0.0.1:{server.port}",
        "authorization": f"ShippoToken {TOKEN}",
        "shippo-api-version": "2018-02-08",
        "shippo-account-id": "0123456789",
        "user-agent": f"webhook-reconciler/{__version__}",
        "accept": "application/json",
        "accept-encoding": "identity",
    }
    assert "shippo-account-id" not in second


@pytest.mark.parametrize("method", ["create", "update"])
def test_all_four_fields_are_always_sent_in_clear(method: str) -> None:
    with (
        RawServer(says("200 OK", json.dumps(HOOK).encode())) as server,
        writing(server.base_url + "/prefix/") as client,
    ):
        client.create(fields()) if method == "create" else client.update("abc", fields(), NOW)
    request = server.received[0]
    assert request.target == ("/prefix/webhooks" if method == "create" else "/prefix/webhooks/abc")
    assert json.loads(request.body) == {"url": URL, "event": "track_updated", "active": True, "is_test": True}
    assert request.headers["content-type"] == "application/json"


def test_a_url_without_a_normal_form_is_sent_as_it_is() -> None:
    """A protected or unmanaged one never is; but nothing breaks where one has to be sent back."""
    odd: Fields = {**fields(), "url": SecretText.provider("odd url")}
    with RawServer(says("200 OK", json.dumps(HOOK).encode())) as server, writing(server.base_url) as client:
        client.update("abc", odd, NOW)
    assert json.loads(server.received[0].body)["url"] == "odd url"


def test_an_id_cannot_lead_to_another_path() -> None:
    with RawServer(says("404 Not Found")) as server, writing(server.base_url) as client:
        for object_id in ("a/b", "a?b", "../x", "a\r\nX: y", "ü", "%2e%2e"):
            failed(lambda object_id=object_id: client.get(object_id))  # type: ignore[misc]
    assert [request.target for request in server.received] == [
        "/webhooks/a%2Fb",
        "/webhooks/a%3Fb",
        "/webhooks/..%2Fx",
        "/webhooks/a%0D%0AX%3A%20y",
        "/webhooks/%C3%BC",
        "/webhooks/%252e%252e",
    ]


@pytest.mark.parametrize("object_id", ["", ".", ".."])
def test_an_id_that_is_no_id_is_not_called_with(object_id: str) -> None:
    with RawServer(says("204 No Content")) as server, writing(server.base_url) as client:
        for call in (client.get, client.delete, lambda of: client.update(of, fields(), NOW)):
            assert failed(lambda call=call: call(object_id)).kind is ErrorKind.GONE  # type: ignore[misc]
    assert server.received == []


def test_a_url_that_the_provider_stores_differently_comes_back_as_it_stores_it() -> None:
    lies = Lies(rewrite_url=lambda url: url.replace("orders", "orders/"))
    with Sandbox(lies=lies) as sandbox, writing(sandbox.base_url) as client:
        made = client.create(fields())
    assert made.fields == fields(URL.replace("orders", "orders/"))


def test_a_create_that_is_refused_says_why(sandbox: Sandbox) -> None:
    with writing(sandbox.base_url) as client:
        error = failed(lambda: client.create(fields(URL + "x" * 200)))
    assert (error.kind, error.status, error.may_have_acted) == (ErrorKind.INVALID, 400, False)
    assert error.message.startswith("Shippo rejected the request (400): `url`: ")
    assert error.help == "Check that the provider supports the entry's values."


@pytest.mark.parametrize(
    ("status", "kind", "message", "help_"),
    [
        pytest.param(
            "401 Unauthorized",
            ErrorKind.DENIED,
            "Shippo denied the request with 401",
            "Check that `SHIPPO_TOKEN` is a complete and valid token, for test mode.",
            id="401",
        ),
        pytest.param(
            "403 Forbidden",
            ErrorKind.DENIED,
            "Shippo denied the request with 403",
            "Check that `SHIPPO_TOKEN` is a complete and valid token, for test mode.",
            id="403",
        ),
        pytest.param(
            "404 Not Found",
            ErrorKind.REFUSED,
            "Shippo has no list of webhooks at this URL (404)",
            "Check `base_url` and `account_id` under the account.",
            id="404",
        ),
        pytest.param(
            "301 Moved\r\nLocation: https://evil.example/webhooks?x=swordfish",
            ErrorKind.REFUSED,
            "Shippo responded with a redirect (301) to https://evil.example",
            "Redirects are never followed, because the token would be sent along; fix `base_url`.",
            id="redirect",
        ),
    ],
)
def test_a_list_that_fails_says_what_to_check(status: str, kind: ErrorKind, message: str, help_: str) -> None:
    with RawServer(says(status, b'{"detail": "swordfish"}')) as server, writing(server.base_url, kind="test") as client:
        error = failed(client.list)
    assert (error.kind, error.message, error.help) == (kind, message, help_)
    assert len(server.received) == 1


@pytest.mark.parametrize("method", ["list", "get", "create", "update"])
@pytest.mark.parametrize(
    ("body", "reason"),
    [
        pytest.param(b"<html>swordfish</html>", "isn't JSON", id="html"),
        pytest.param(b"", "isn't JSON", id="nothing"),
        pytest.param(b'["swordfish"]', "", id="list"),
        pytest.param(b'"swordfish"', "is JSON, but neither an object nor a list", id="text"),
        pytest.param(b"[" * 50_000, "is nested too deeply", id="deep"),
        pytest.param(b'{"results": [{"url": "swordfish"}]}', "", id="no-id"),
        pytest.param(b'{"object_id": true, "results": true}', "", id="bools"),
    ],
)
def test_an_answer_that_is_none_is_garbled_and_writes_may_have_acted(method: str, body: bytes, reason: str) -> None:
    with RawServer(says("200 OK", body)) as server, writing(server.base_url) as client:
        calls: dict[str, Callable[[], object]] = {
            "list": client.list,
            "get": lambda: client.get("abc"),
            "create": lambda: client.create(fields()),
            "update": lambda: client.update("abc", fields(), NOW),
        }
        error = failed(calls[method])
    assert (error.kind, error.may_have_acted) == (ErrorKind.GARBLED, method in ("create", "update"))
    assert error.message.startswith(f"Shippo's response (200) {reason}")
    assert len(server.received) == 1


def test_an_answer_that_cannot_be_unpacked_is_garbled_and_not_asked_for_again() -> None:
    with RawServer(says("200 OK", b"not gzip", "Content-Encoding: gzip")) as server, writing(server.base_url) as client:
        errors = [failed(lambda: client.get("abc")), failed(lambda: client.create(fields()))]
    assert [(error.kind, error.may_have_acted) for error in errors] == [
        (ErrorKind.GARBLED, False),
        (ErrorKind.GARBLED, True),
    ]
    assert errors[0].message == f"Shippo at {server.base_url} sent a response that can't be read"
    assert len(server.received) == 2


def test_an_answer_about_another_webhook_is_garbled() -> None:
    with RawServer(says("200 OK", json.dumps(HOOK).encode())) as server, writing(server.base_url) as client:
        got, updated = failed(lambda: client.get("abd")), failed(lambda: client.update("abd", fields(), NOW))
    assert got.message == updated.message == "Shippo's response (200) contains another webhook than the one requested"
    assert (got.may_have_acted, updated.may_have_acted) == (False, True)


def test_a_page_that_is_gone_meanwhile_begins_the_list_anew(sandbox: Sandbox) -> None:
    ids = [sandbox.store.create(TOKEN, url=URL, event="all").object_id for _ in range(130)]
    rule = sandbox.faults.add(Rule(action=Answer(acts=True, status=404), when=When(nth=2)))
    with writing(sandbox.base_url) as client:
        reading = client.list()
    sandbox.faults.remove(rule)
    assert [remote.id for remote in reading.remotes] == ids
    assert rule.seen == 4


def test_a_next_page_elsewhere_gets_nothing() -> None:
    with RawServer(says("200 OK")) as other:
        page = {"results": [HOOK], "count": 2, "next": f"{other.base_url}/webhooks?page=2"}
        with RawServer(says("200 OK", json.dumps(page).encode())) as server, writing(server.base_url) as client:
            error = failed(client.list)
    assert error.message == f"the provider's list continues at another origin, {other.base_url}"
    assert (len(server.received), other.received) == (1, [])


def test_a_count_that_is_not_trusted_does_not_stop_a_list() -> None:
    page = json.dumps({"results": [HOOK], "count": 131, "next": None}).encode()
    with RawServer(says("200 OK", page)) as server, writing(server.base_url, settings={"trust_count": False}) as client:
        reading = client.list()
    assert (len(reading.remotes), reading.count) == (1, 131)


@pytest.mark.parametrize("status", ["204 No Content", "200 OK", "202 Accepted"])
def test_a_delete_is_done_with_any_success(status: str) -> None:
    with RawServer(says(status)) as server, writing(server.base_url) as client:
        client.delete("abc")
    assert len(server.received) == 1


def test_a_token_that_may_not_go_there_opens_no_socket() -> None:
    with RawServer(says("200 OK")) as server:
        for base_url in (f"http://localhost.evil.example:{server.port}", f"http://user@127.0.0.1:{server.port}"):
            for open_client in (open_reader, open_writer):
                owner = account(base_url)
                error = failed(lambda open_client=open_client, owner=owner: open_client(owner, Run().context))  # type: ignore[misc]
                assert error.kind is ErrorKind.DENIED
    assert server.received == []


def test_the_reader_is_no_writer() -> None:
    assert {name for name in vars(RestReader) if not name.startswith("_")} == {"list", "places", "get", "close"}
