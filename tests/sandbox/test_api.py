"""The API over real HTTP: calls, errors, paging, limits, and what the log says of each."""

import json
import sqlite3
from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec.structs import replace

from reconciler.sandbox.api import SandboxOptions
from reconciler.sandbox.server import Sandbox as SandboxServer
from reconciler.sandbox.store import OBJECT_OWNER, Store
from tests.support.lies import Lies
from tests.support.sandbox import LogEntry, Sandbox

from .tools import LIVE_TOKEN, OTHER_TOKEN, TOKEN, URL, Api, StillClock

MOMENT = datetime(2021, 6, 28, 15, 44, 11, 647_000, tzinfo=UTC)
GOOD = {"url": URL, "event": "all"}


def fill(store: Store, count: int) -> list[str]:
    return [store.create(TOKEN, url=f"{URL}/{number}", event="all").object_id for number in range(count)]


def logged(sandbox: Sandbox) -> list[tuple[str, str, int, bool]]:
    return [(entry.method, entry.path, entry.status, entry.took_effect) for entry in sandbox.log()]


@pytest.mark.parametrize("slash", ["", "/"], ids=["without-slash", "with-slash"])
def test_the_five_calls(sandbox: Sandbox, api: Api, slash: str) -> None:
    made = api.call("POST", f"/webhooks{slash}", GOOD)
    document = made.json()
    one = f"/webhooks/{document['object_id']}{slash}"
    assert made.status_code == 201
    assert document == {
        "object_id": document["object_id"],
        "object_created": document["object_created"],
        "object_updated": document["object_created"],
        "object_owner": OBJECT_OWNER,
        "url": URL,
        "event": "all",
        "active": True,
        "is_test": False,
    }
    listed = api.call("GET", f"/webhooks{slash}")
    assert (listed.status_code, listed.json()) == (
        200,
        {"next": None, "previous": None, "count": 1, "results": [document]},
    )
    got = api.call("GET", one)
    assert (got.status_code, got.json()) == (200, document)
    changed = api.call("PUT", one, {"url": URL, "event": "track_updated", "active": False, "is_test": True})
    changes = {"event": "track_updated", "active": False, "is_test": True}
    assert (changed.status_code, changed.json()) == (
        200,
        {**document, **changes, "object_updated": changed.json()["object_updated"]},
    )
    deleted = api.call("DELETE", one)
    assert (deleted.status_code, deleted.content) == (204, b"")
    assert "Content-Type" not in deleted.headers
    assert api.call("GET", one).status_code == 404
    assert logged(sandbox) == [
        ("POST", f"/webhooks{slash}", 201, True),
        ("GET", f"/webhooks{slash}", 200, False),
        ("GET", one, 200, False),
        ("PUT", one, 200, True),
        ("DELETE", one, 204, True),
        ("GET", one, 404, False),
    ]


def test_times_are_shown_as_the_api_does(sandbox: Sandbox, api: Api) -> None:
    sandbox.store.create(TOKEN, url=URL, event="all", created=MOMENT)
    (document,) = api.call("GET", "/webhooks").json()["results"]
    assert document["object_created"] == "2021-06-28T15:44:11.647Z"
    assert document["object_updated"] == document["object_created"]


def test_what_a_put_leaves_out_has_its_default_again(sandbox: Sandbox, api: Api) -> None:
    made = sandbox.store.create(TOKEN, url=URL, event="all", active=False, is_test=True)
    assert api.call("PUT", f"/webhooks/{made.object_id}", GOOD).status_code == 200
    (now,) = sandbox.store.list(TOKEN)
    assert now == replace(made, active=True, is_test=False, object_updated=now.object_updated)


@pytest.mark.parametrize(("sent", "kept"), [("true", True), ("false", False), (True, True), (False, False)], ids=repr)
def test_is_test_may_be_a_text(sandbox: Sandbox, api: Api, sent: object, *, kept: bool) -> None:
    assert api.call("POST", "/webhooks", {**GOOD, "is_test": sent}).status_code == 201
    assert [webhook.is_test for webhook in sandbox.store.list(TOKEN)] == [kept]


def test_the_same_url_and_event_can_be_registered_twice(sandbox: Sandbox, api: Api) -> None:
    assert [api.call("POST", "/webhooks", GOOD).status_code for _ in range(2)] == [201, 201]
    assert len(sandbox.store.list(TOKEN)) == 2


REQUIRED = ["This field is required."]
NO_TEXT = ["Not a valid string."]
NO_URL = ["Enter a valid URL."]
NO_FLAG = ["Must be a valid boolean."]


@pytest.mark.parametrize(
    ("document", "complaint"),
    [
        pytest.param({}, {"event": REQUIRED, "url": REQUIRED}, id="nothing"),
        pytest.param({"event": "all"}, {"url": REQUIRED}, id="no-url"),
        pytest.param({"url": URL}, {"event": REQUIRED}, id="no-event"),
        pytest.param({**GOOD, "event": "order_paid"}, {"event": ['"order_paid" is not a valid choice.']}, id="event"),
        pytest.param({**GOOD, "event": ["all"]}, {"event": ["\"['all']\" is not a valid choice."]}, id="event-list"),
        pytest.param({**GOOD, "event": None}, {"event": REQUIRED}, id="event-null"),
        pytest.param({**GOOD, "url": 7}, {"url": NO_TEXT}, id="url-number"),
        pytest.param({**GOOD, "url": ""}, {"url": NO_URL}, id="url-empty"),
        pytest.param({**GOOD, "url": "ftp://h.example.com/x"}, {"url": NO_URL}, id="url-ftp"),
        pytest.param({**GOOD, "url": "hooks.example.com/x"}, {"url": NO_URL}, id="url-no-scheme"),
        pytest.param({**GOOD, "url": "https:///x"}, {"url": NO_URL}, id="url-no-host"),
        pytest.param({**GOOD, "url": "https://h.example.com:port/"}, {"url": NO_URL}, id="url-port"),
        pytest.param({**GOOD, "url": "https://h.example.com/a b"}, {"url": NO_URL}, id="url-space"),
        pytest.param({**GOOD, "url": "https://h.example.com/\n"}, {"url": NO_URL}, id="url-newline"),
        pytest.param({**GOOD, "url": "https://h.example.com/\ud800"}, {"url": NO_URL}, id="url-surrogate"),
        pytest.param(
            {**GOOD, "url": URL.ljust(200, "x")},
            {"url": ["Ensure this field has no more than 199 characters."]},
            id="url-of-200",
        ),
        pytest.param({**GOOD, "active": "true"}, {"active": NO_FLAG}, id="active-text"),
        pytest.param({**GOOD, "active": None}, {"active": NO_FLAG}, id="active-null"),
        pytest.param({**GOOD, "is_test": "yes"}, {"is_test": NO_FLAG}, id="is-test-text"),
        pytest.param({**GOOD, "is_test": 1}, {"is_test": NO_FLAG}, id="is-test-number"),
        pytest.param([GOOD], {"detail": "Invalid data. Expected a JSON object."}, id="list"),
    ],
)
def test_bad_input_is_refused_and_does_nothing(
    sandbox: Sandbox, api: Api, document: object, complaint: dict[str, Any]
) -> None:
    before = sandbox.store.create(TOKEN, url=URL, event="all")
    for method, path in (("POST", "/webhooks"), ("PUT", f"/webhooks/{before.object_id}")):
        answer = api.call(method, path, document)
        assert (answer.status_code, answer.json()) == (400, complaint)
    assert sandbox.store.list(TOKEN) == (before,)
    assert [entry.webhook for entry in sandbox.log()] == [None, before]
    assert not any(entry.took_effect for entry in sandbox.log())


@pytest.mark.parametrize(
    "body", [b"", b'{"url": ', b'{"\xff"}', b"[" * 100_000], ids=["empty", "cut", "bytes", "too-deep"]
)
def test_a_body_that_is_no_json_is_refused(api: Api, body: bytes) -> None:
    answer = api.call("POST", "/webhooks", data=body)
    assert (answer.status_code, answer.json()) == (400, {"detail": "JSON parse error."})


def test_a_url_of_199_characters_is_accepted(sandbox: Sandbox, api: Api) -> None:
    assert api.call("POST", "/webhooks", {**GOOD, "url": URL.ljust(199, "x")}).status_code == 201
    assert [len(webhook.url) for webhook in sandbox.store.list(TOKEN)] == [199]


@pytest.mark.parametrize(
    "authorization",
    [
        pytest.param(None, id="none"),
        pytest.param("", id="empty"),
        pytest.param("ShippoToken", id="no-token"),
        pytest.param("ShippoToken shippo_test_", id="only-a-prefix"),
        pytest.param("ShippoToken other_test_abc", id="unknown-prefix"),
        pytest.param(f"Bearer {TOKEN}", id="another-scheme"),
        pytest.param(TOKEN, id="no-scheme"),
        pytest.param(f"ShippoToken {TOKEN} twice", id="garbled"),
        pytest.param(f'ShippoToken "{TOKEN}"', id="quoted"),
        pytest.param("ShippoToken shippo_test_****", id="masked"),
        pytest.param("ShippoToken shippo_test_${TOKEN}", id="placeholder"),
        pytest.param(f"ShippoToken {TOKEN.upper()}", id="upper-case"),
    ],
)
def test_without_a_good_token_there_is_nothing(sandbox: Sandbox, authorization: str | None) -> None:
    mine = sandbox.store.create(TOKEN, url=URL, event="all")
    extra = {} if authorization is None else {"Authorization": authorization}
    with Api(sandbox.base_url, None, **extra) as api:
        for method, path in (("GET", "/webhooks"), ("POST", "/webhooks"), ("DELETE", f"/webhooks/{mine.object_id}")):
            answer = api.call(method, path)
            assert (answer.status_code, list(answer.json())) == (401, ["detail"])
    assert sandbox.store.list(TOKEN) == (mine,)
    assert {entry.account for entry in sandbox.log()} == {""}


def test_tokens_and_managed_accounts_are_accounts_of_their_own(sandbox: Sandbox) -> None:
    clients = [(TOKEN, {}), (OTHER_TOKEN, {}), (LIVE_TOKEN, {}), (TOKEN, {"SHIPPO-ACCOUNT-ID": "m1"})]
    for token, extra in clients:
        with Api(sandbox.base_url, token, **extra) as api:
            assert api.call("GET", "/webhooks").json()["count"] == 0
            one = api.call("POST", "/webhooks", GOOD).json()["object_id"]
            assert api.call("GET", "/webhooks").json()["count"] == 1
            assert api.call("GET", f"/webhooks/{one}").status_code == 200
    with Api(sandbox.base_url, OTHER_TOKEN) as api:
        assert api.call("DELETE", f"/webhooks/{one}").status_code == 404
    assert len(sandbox.store.list(f"{TOKEN}\0m1")) == 1


@pytest.mark.parametrize(
    ("method", "path", "status", "allow"),
    [
        pytest.param("GET", "/", 404, None, id="root"),
        pytest.param("POST", "/tracks", 404, None, id="tracks"),
        pytest.param("GET", "/webhooks/a/b", 404, None, id="deeper"),
        pytest.param("GET", f"/webhooks/{'0' * 32}", 404, None, id="get-unknown"),
        pytest.param("DELETE", f"/webhooks/{'0' * 32}", 404, None, id="delete-unknown"),
        pytest.param("DELETE", "/webhooks", 405, "GET, POST", id="delete-all"),
        pytest.param("PATCH", f"/webhooks/{'0' * 32}", 405, "GET, PUT, DELETE", id="patch"),
        pytest.param("POST", f"/webhooks/{'0' * 32}", 405, "GET, PUT, DELETE", id="post-to-one"),
    ],
)
def test_other_paths_and_methods(api: Api, method: str, path: str, status: int, allow: str | None) -> None:
    answer = api.call(method, path)
    assert (answer.status_code, list(answer.json()), answer.headers.get("Allow")) == (status, ["detail"], allow)


def test_a_put_to_an_unknown_webhook_is_404(api: Api) -> None:
    assert api.call("PUT", f"/webhooks/{'0' * 32}", GOOD).status_code == 404


@pytest.mark.parametrize("path", ["/webhooks", "/webhooks/"])
def test_the_pages_are_linked_from_the_first_to_the_last(sandbox: Sandbox, api: Api, path: str) -> None:
    ids = fill(sandbox.store, 60)
    page = api.call("GET", path).json()
    seen, links = [], []
    while True:
        assert page["count"] == 60
        seen += [webhook["object_id"] for webhook in page["results"]]
        links.append((page["previous"], page["next"]))
        if page["next"] is None:
            break
        assert page["next"].startswith(sandbox.base_url)
        page = api.call("GET", page["next"].removeprefix(sandbox.base_url)).json()
    first, second, third = (f"{sandbox.base_url}{path}?page={number}&results=25" for number in (1, 2, 3))
    assert seen == ids
    assert links == [(None, second), (first, third), (second, None)]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param("", range(25), id="default"),
        pytest.param("?results=7", range(7), id="size"),
        pytest.param("?page=2&results=50", range(50, 100), id="page"),
        pytest.param("?page=3&results=50", range(100, 120), id="last"),
        pytest.param("?results=1000", range(100), id="cap"),
        pytest.param("?results=0", range(25), id="size-0"),
        pytest.param("?results=-3", range(25), id="size-negative"),
        pytest.param("?results=many", range(25), id="size-word"),
    ],
)
def test_page_and_results(sandbox: Sandbox, api: Api, query: str, expected: range) -> None:
    ids = fill(sandbox.store, 120)
    results = api.call("GET", f"/webhooks{query}").json()["results"]
    assert [webhook["object_id"] for webhook in results] == [ids[number] for number in expected]


@pytest.mark.parametrize("page", ["4", "0", "-1", "x", "9" * 30, "²", ""])
def test_a_page_that_is_not_there_is_404(sandbox: Sandbox, api: Api, page: str) -> None:
    fill(sandbox.store, 60)
    answer = api.call("GET", f"/webhooks?page={page}")
    assert (answer.status_code, answer.json()) == (404, {"detail": "Invalid page."})


def test_a_full_last_page_has_no_next(sandbox: Sandbox, api: Api) -> None:
    fill(sandbox.store, 50)
    assert api.call("GET", "/webhooks?page=2").json()["next"] is None


def test_the_addresses_of_pages_follow_the_host_header(sandbox: Sandbox, api: Api) -> None:
    fill(sandbox.store, 26)
    answer = api.call("GET", "/webhooks", host="sandbox.test:81")
    assert answer.json()["next"] == "http://sandbox.test:81/webhooks?page=2&results=25"


def test_a_page_size_can_be_forced() -> None:
    with Sandbox(SandboxOptions(page_size=2)) as sandbox, Api(sandbox.base_url) as api:
        fill(sandbox.store, 3)
        page = api.call("GET", "/webhooks?results=100").json()
    assert (len(page["results"]), page["count"]) == (2, 3)
    assert page["next"] == f"{sandbox.base_url}/webhooks?page=2&results=2"


def test_inactive_webhooks_can_be_left_out_of_the_list() -> None:
    with Sandbox(SandboxOptions(hide_inactive=True)) as sandbox, Api(sandbox.base_url) as api:
        shown, hidden = (sandbox.store.create(TOKEN, url=URL, event="all", active=active) for active in (True, False))
        page = api.call("GET", "/webhooks").json()
        assert [webhook["object_id"] for webhook in page["results"]] == [shown.object_id]
        assert page["count"] == 1
        assert api.call("GET", f"/webhooks/{hidden.object_id}").json()["active"] is False


def test_the_provider_can_store_urls_its_own_way() -> None:
    with Sandbox(lies=Lies(rewrite_url=lambda url: url + "/")) as sandbox, Api(sandbox.base_url) as api:
        made = api.call("POST", "/webhooks", GOOD).json()
        assert made["url"] == URL + "/"
        changed = api.call("PUT", f"/webhooks/{made['object_id']}", {**GOOD, "url": URL + "/x"}).json()
        assert changed["url"] == URL + "/x/"
        assert [webhook.url for webhook in sandbox.store.list(TOKEN)] == [URL + "/x/"]


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [("GET", "/webhooks", 10), ("DELETE", "/webhooks/x", 50), ("GET", "/webhooks/x", 400)],
    ids=["list", "write", "read"],
)
def test_beyond_the_limit_it_says_when_to_come_back(method: str, path: str, allowed: int) -> None:
    clock = StillClock()
    with Sandbox(SandboxOptions(limits=True, clock=clock)) as sandbox, Api(sandbox.base_url) as api:
        assert 429 not in {api.call(method, path).status_code for _ in range(allowed)}
        clock.now += 18
        refused = api.call(method, path)
        assert (refused.status_code, refused.headers["Retry-After"], list(refused.json())) == (429, "42", ["detail"])
        with Api(sandbox.base_url, OTHER_TOKEN) as other:
            assert other.call(method, path).status_code != 429
        clock.now += 42
        assert api.call(method, path).status_code != 429


def test_a_refused_write_does_nothing() -> None:
    with Sandbox(SandboxOptions(limits=True, clock=StillClock())) as sandbox, Api(sandbox.base_url) as api:
        statuses = [api.call("POST", "/webhooks", GOOD).status_code for _ in range(51)]
        assert statuses == [201] * 50 + [429]
        assert len(sandbox.store.list(TOKEN)) == 50


def test_the_log_tells_the_whole_story(sandbox: Sandbox, api: Api) -> None:
    one = api.call("POST", "/webhooks", GOOD).json()["object_id"]
    api.call("GET", "/webhooks?results=100&token=secret&page=1")
    api.call("PUT", f"/webhooks/{one}", {**GOOD, "active": False})
    (kept,) = sandbox.store.list(TOKEN)
    api.call("DELETE", f"/webhooks/{one}")
    log = sandbox.log()
    made = replace(kept, active=True, object_updated=kept.object_created)
    blank = LogEntry(
        sequence=0,
        time=0.0,
        account=TOKEN,
        method="",
        path=f"/webhooks/{one}",
        query="",
        status=0,
        took_effect=True,
        object_id=one,
        webhook=None,
    )
    assert [replace(entry, sequence=0, time=0.0) for entry in log] == [
        replace(blank, method="POST", path="/webhooks", status=201, webhook=made),
        replace(
            blank,
            method="GET",
            path="/webhooks",
            query="page=1&results=100",
            status=200,
            took_effect=False,
            object_id=None,
        ),
        replace(blank, method="PUT", status=200, webhook=kept),
        replace(blank, method="DELETE", status=204),
    ]
    assert [entry.sequence for entry in log] == sorted({entry.sequence for entry in log})
    assert [entry.time for entry in log] == sorted(entry.time for entry in log)


def test_a_store_that_fails_is_answered_with_500_and_nothing_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = Store.create

    def create(*arguments: Any, **fields: Any) -> None:  # noqa: ANN401 - passed on
        usual(*arguments, **fields)
        raise sqlite3.OperationalError("database or disk is full")

    with SandboxServer() as sandbox, Api(sandbox.base_url) as api:
        monkeypatch.setattr(Store, "create", create)
        answer = api.call("POST", "/webhooks", GOOD)
        assert (answer.status_code, list(answer.json())) == (500, ["detail"])
        monkeypatch.undo()
        assert sandbox.store.list(TOKEN) == ()
        assert api.call("POST", "/webhooks", GOOD).status_code == 201


def test_unknown_fields_are_ignored(sandbox: Sandbox, api: Api) -> None:
    answer = api.call("POST", "/webhooks", data=json.dumps({**GOOD, "object_id": "mine", "x": 1}).encode())
    assert answer.status_code == 201
    assert [webhook.object_id for webhook in sandbox.store.list(TOKEN)] == [answer.json()["object_id"]]
    assert answer.json()["object_id"] != "mine"
