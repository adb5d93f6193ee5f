"""The fault proxy: each action as the client and the server see it, which requests a rule is about, and its log."""

import http.client
import json
import random
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from operator import attrgetter
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug.wrappers import Response

from reconciler.sandbox.armed import ArmedRule
from reconciler.sandbox.options import SandboxOptions
from reconciler.sandbox.proxy import FaultProxy, ProxyEntry
from reconciler.sandbox.rules import (
    BAD_GATEWAY,
    Action,
    Answer,
    Chance,
    CutAnswer,
    DripAnswer,
    DropAnswer,
    Every,
    From,
    HoldAnswer,
    HoldRequest,
    Nth,
    Refuse,
    ReplaceAnswer,
    ResetAnswer,
    ResetRequest,
    Rule,
    ShortenAnswer,
    When,
)
from reconciler.sandbox.server import Sandbox

from .tools import TOKEN, URL, Api, connect, headers

BODY = f'{{"url": "{URL}", "event": "all"}}'
TEAPOT = Answer(status=418, body=b"short and stout", content_type="text/plain", retry_after="tomorrow")


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(SandboxOptions(limits=None, proxy=True)) as sandbox:
        yield sandbox


@pytest.fixture
def proxy(sandbox: Sandbox) -> FaultProxy:
    assert sandbox.proxy is not None
    return sandbox.proxy


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as pool:
        yield pool


def post(proxy: FaultProxy) -> tuple[int, bytes]:
    connection = connect(proxy.address)
    try:
        connection.request("POST", "/webhooks", BODY, headers())
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def effects(sandbox: Sandbox) -> int:
    return len(sandbox.store.list(TOKEN))


@pytest.mark.parametrize(
    ("action", "content", "retry_after", "effect"),
    [
        pytest.param(TEAPOT, (418, "text/plain", b"short and stout"), "tomorrow", 0, id="answer"),
        pytest.param(BAD_GATEWAY, (502, "text/html", BAD_GATEWAY.body), None, 0, id="html"),
        pytest.param(ReplaceAnswer(), (502, "text/html", BAD_GATEWAY.body), None, 1, id="replace-by-html"),
        pytest.param(
            ReplaceAnswer(answer=TEAPOT), (418, "text/plain", b"short and stout"), "tomorrow", 1, id="replace"
        ),
    ],
)
def test_an_answer_is_made_up(
    sandbox: Sandbox,
    proxy: FaultProxy,
    action: Action,
    content: tuple[int, str, bytes],
    retry_after: str | None,
    effect: int,
) -> None:
    rule = Rule(action=action)
    proxy.add(rule)
    with Api(sandbox.base_url) as api:
        answer = api.call("POST", "/webhooks", {"url": URL, "event": "all"})
    assert (answer.status_code, answer.headers["Content-Type"], answer.content) == content
    assert answer.headers.get("Retry-After") == retry_after
    assert effects(sandbox) == effect
    upstream = 201 if effect else None
    assert proxy.log() == (
        ProxyEntry(method="POST", path="/webhooks", rule=rule, upstream_status=upstream, answered=content[0]),
    )


@pytest.mark.parametrize(
    ("action", "failure", "effect"),
    [
        pytest.param(DropAnswer(), http.client.RemoteDisconnected, 1, id="drop"),
        pytest.param(ResetAnswer(), ConnectionResetError, 1, id="reset-after"),
        pytest.param(ResetRequest(), ConnectionResetError, 0, id="reset-before"),
        pytest.param(CutAnswer(after=7), http.client.IncompleteRead, 1, id="cut"),
        pytest.param(CutAnswer(after=0), http.client.IncompleteRead, 1, id="cut-all"),
    ],
)
def test_a_connection_fails(
    sandbox: Sandbox, proxy: FaultProxy, action: Action, failure: type[Exception], effect: int
) -> None:
    rule = Rule(action=action)
    proxy.add(rule)
    with pytest.raises(failure) as caught:
        post(proxy)
    assert type(caught.value) is failure
    if isinstance(action, CutAnswer) and isinstance(caught.value, http.client.IncompleteRead):
        assert caught.value.partial == b'{"objec'[: action.after]
    assert effects(sandbox) == effect
    upstream = 201 if effect else None
    assert proxy.log() == (
        ProxyEntry(method="POST", path="/webhooks", rule=rule, upstream_status=upstream, answered=None),
    )


def test_a_cut_beyond_the_end_cuts_nothing(proxy: FaultProxy) -> None:
    proxy.add(Rule(action=CutAnswer(after=10_000)))
    assert post(proxy)[0] == 201
    assert [entry.answered for entry in proxy.log()] == [201]


def test_a_request_is_held_before_it_reaches_the_server(
    sandbox: Sandbox, proxy: FaultProxy, pool: ThreadPoolExecutor
) -> None:
    held = proxy.add(Rule(action=HoldRequest()))
    call = pool.submit(post, proxy)
    held.wait_until_held()
    assert (held.held, effects(sandbox), call.done()) == (1, 0, False)
    held.release()
    assert call.result(10)[0] == 201
    assert (held.held, effects(sandbox)) == (0, 1)


def test_an_answer_is_held_after_the_effect(sandbox: Sandbox, proxy: FaultProxy, pool: ThreadPoolExecutor) -> None:
    held = proxy.add(Rule(action=HoldAnswer()))
    call = pool.submit(post, proxy)
    held.wait_until_held()
    assert (effects(sandbox), call.done()) == (1, False)
    held.release()
    assert call.result(10)[0] == 201


@pytest.mark.parametrize(
    ("action", "effect"), [(HoldRequest(), 0), (HoldAnswer(), 1)], ids=["before", "after-the-effect"]
)
def test_a_held_call_can_be_abandoned(
    sandbox: Sandbox, proxy: FaultProxy, pool: ThreadPoolExecutor, action: Action, effect: int
) -> None:
    held = proxy.add(Rule(action=action))
    call = pool.submit(post, proxy)
    held.wait_until_held()
    held.abandon()
    assert isinstance(call.exception(10), http.client.RemoteDisconnected)
    assert effects(sandbox) == effect
    assert [entry.answered for entry in proxy.log()] == [None]


def test_several_calls_are_held_and_released_together(
    sandbox: Sandbox, proxy: FaultProxy, pool: ThreadPoolExecutor
) -> None:
    barrier = proxy.add(Rule(action=HoldRequest(), method="POST"))
    calls = [pool.submit(post, proxy) for _ in range(5)]
    barrier.wait_until_held(5)
    assert effects(sandbox) == 0
    proxy.remove(barrier)
    assert [call.result(10)[0] for call in calls] == [201] * 5
    assert post(proxy)[0] == 201  # the rule is gone


def test_a_wait_in_vain_says_so(proxy: FaultProxy) -> None:
    armed = proxy.add(Rule(action=HoldRequest()))
    with pytest.raises(TimeoutError, match=r"0 of 2 calls were held after 0\.01 seconds"):
        armed.wait_until_held(2, timeout=0.01)
    with pytest.raises(TimeoutError, match=r"applied 0 times, not 1, after 0\.01 seconds"):
        armed.wait_until_applied(timeout=0.01)


def test_a_rule_can_be_waited_for(proxy: FaultProxy, pool: ThreadPoolExecutor) -> None:
    armed = proxy.add(Rule(action=TEAPOT, when=Nth(k=2)))
    calls = [pool.submit(post, proxy) for _ in range(2)]
    armed.wait_until_applied()
    assert sorted(call.result(10)[0] for call in calls) == [201, 418]
    assert (armed.seen, armed.applied) == (2, 1)


@pytest.mark.parametrize("action", [HoldRequest(), HoldAnswer()], ids=["before", "after"])
def test_closing_ends_held_calls(pool: ThreadPoolExecutor, action: Action) -> None:
    with Sandbox(SandboxOptions(proxy=True)) as sandbox:
        assert sandbox.proxy is not None
        held = sandbox.proxy.add(Rule(action=action))
        call: Future[tuple[int, bytes]] = pool.submit(post, sandbox.proxy)
        held.wait_until_held()
    assert isinstance(call.exception(10), OSError)
    held.release()  # nothing is there any more, and nothing happens


@pytest.mark.parametrize(
    ("when", "applied"),
    [
        pytest.param(Every(), [1, 2, 3, 4], id="every"),
        pytest.param(Nth(k=1), [1], id="first"),
        pytest.param(Nth(k=3), [3], id="third"),
        pytest.param(From(k=3), [3, 4], id="from-the-third"),
        pytest.param(Nth(k=9), [], id="never"),
        pytest.param(Chance(probability=1.0), [1, 2, 3, 4], id="certain"),
        pytest.param(Chance(probability=0.0), [], id="impossible"),
    ],
)
def test_which_of_the_requests(when: When, applied: list[int]) -> None:
    armed = ArmedRule(Rule(action=TEAPOT, method="POST", when=when))
    rng = random.Random(1)  # noqa: S311 - no secret
    found = []
    for number in range(1, 5):
        # Others in between don't count.
        assert not armed.decides("GET", "/webhooks", rng, already_decided=False)
        if armed.decides("POST", "/webhooks", rng, already_decided=False):
            found.append(number)
    assert found == applied
    assert (armed.seen, armed.applied) == (4, len(applied))


def test_chance_is_drawn_from_the_given_source() -> None:
    def drawn(seed: int) -> list[bool]:
        armed = ArmedRule(Rule(action=TEAPOT, when=Chance(probability=0.3)))
        rng = random.Random(seed)  # noqa: S311 - no secret
        return [armed.decides("GET", "/", rng, already_decided=False) for _ in range(1000)]

    assert drawn(1) == drawn(1) != drawn(2)
    assert 250 < sum(drawn(1)) < 350


@pytest.mark.parametrize(
    ("rule", "method", "path", "matches"),
    [
        pytest.param(Rule(action=TEAPOT), "GET", "/x", True, id="all"),
        pytest.param(Rule(action=TEAPOT, method="PUT"), "GET", "/x", False, id="another-method"),
        pytest.param(Rule(action=TEAPOT, path="/webhooks"), "GET", "/webhooks", True, id="path"),
        pytest.param(Rule(action=TEAPOT, path="/webhooks"), "GET", "/webhooks/1", False, id="longer"),
        pytest.param(Rule(action=TEAPOT, path="/webhooks/*"), "GET", "/webhooks/1", True, id="star"),
        pytest.param(Rule(action=TEAPOT, path="/webhooks/*"), "GET", "/webhooks", False, id="star-after-slash"),
        pytest.param(Rule(action=TEAPOT, path="/[a].b*"), "GET", "/[a].b", True, id="nothing-else-is-special"),
        pytest.param(Rule(action=TEAPOT, path="/[a].b"), "GET", "/axb", False, id="no-regular-expression"),
    ],
)
def test_what_a_rule_is_about(rule: Rule, method: str, path: str, *, matches: bool) -> None:
    assert rule.matches(method, path) is matches


def test_the_first_rule_that_applies_decides_and_all_count(proxy: FaultProxy) -> None:
    first = proxy.add(Rule(action=Answer(status=500), when=Nth(k=2)))
    second = proxy.add(Rule(action=Answer(status=503), when=Nth(k=2)))
    third = proxy.add(Rule(action=Answer(status=504), when=From(k=3)))
    assert [post(proxy)[0] for _ in range(4)] == [201, 500, 504, 504]
    assert [armed.applied for armed in proxy.armed()] == [1, 0, 2]
    assert [armed.seen for armed in (first, second, third)] == [4, 4, 4]


def test_the_query_is_neither_matched_nor_logged(proxy: FaultProxy) -> None:
    proxy.add(Rule(action=TEAPOT, path="/webhooks"))
    connection = connect(proxy.address)
    connection.request("GET", "/webhooks?token=secret")
    assert connection.getresponse().status == 418
    connection.close()
    assert [entry.path for entry in proxy.log()] == ["/webhooks"]


def test_one_connection_carries_many_requests(proxy: FaultProxy) -> None:
    connection = connect(proxy.address)
    statuses, sockets = [], set()
    for method, body in (("POST", BODY), ("GET", None), ("HEAD", None), ("POST", "{}"), ("GET", None)):
        connection.request(method, "/webhooks", body, headers())
        sockets.add(connection.sock)
        answer = connection.getresponse()
        answer.read()
        statuses.append(answer.status)
    connection.close()
    assert statuses == [201, 200, 405, 400, 200]
    assert len(sockets) == 1


@pytest.mark.parametrize("body", [b"", b"one", b"x" * 300_000], ids=["empty", "short", "long"])
def test_bodies_of_any_length_and_framing_pass(httpserver: HTTPServer, body: bytes) -> None:
    httpserver.expect_request("/whole").respond_with_data(body)
    # Without a length, the server ends the body by closing the connection or in chunks.
    httpserver.expect_request("/stream").respond_with_handler(
        lambda _: Response(body[start : start + 1000] for start in range(0, len(body), 1000))
    )
    with FaultProxy((httpserver.host, httpserver.port)) as proxy, Api(proxy.base_url) as api:
        for path in ("/whole", "/stream", "/whole"):
            answer = api.call("POST", path, data=body)
            assert (answer.status_code, answer.content) == (200, body)
    assert [request.get_data() for request, _ in httpserver.log] == [body] * 3


def test_the_answer_to_a_head_keeps_its_length(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/whole").respond_with_data(b"one")
    with FaultProxy((httpserver.host, httpserver.port)) as proxy, Api(proxy.base_url) as api:
        answer = api.call("HEAD", "/whole")
        assert (answer.status_code, answer.headers["Content-Length"], answer.content) == (200, "3", b"")


def test_the_clients_headers_reach_the_server(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/x").respond_with_data("y", headers={"Set-Cookie": "a=b", "X-More": "c"})
    with FaultProxy((httpserver.host, httpserver.port)) as proxy, Api(proxy.base_url) as api:
        answer = api.call("GET", "/x", host="elsewhere.test")
    assert (answer.headers["X-More"], answer.headers["Set-Cookie"]) == ("c", "a=b")
    ((request, _),) = httpserver.log
    assert (request.host, request.headers["Authorization"]) == ("elsewhere.test", f"ShippoToken {TOKEN}")


def test_a_server_that_is_not_there_is_a_502() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        nobody = listener.getsockname()
    with FaultProxy(nobody) as proxy:
        assert post(proxy)[0] == 502
        assert [(entry.upstream_status, entry.answered) for entry in proxy.log()] == [(None, 502)]


@pytest.mark.parametrize("data", [b"", b"hello\r\n\r\n", b"GET / HTTP/1.1\r\nContent-Length: 5\r\n\r\nab"])
def test_what_is_no_request_gets_no_answer(proxy: FaultProxy, data: bytes) -> None:
    with socket.create_connection(proxy.address, 10) as client:
        client.sendall(data)
        client.shutdown(socket.SHUT_WR)
        assert client.recv(100) == b""
    assert proxy.log() == ()
    assert post(proxy)[0] == 201


def test_nothing_is_left_behind() -> None:
    before = set(threading.enumerate())
    with socket.create_server(("127.0.0.1", 0)) as listener:
        proxy = FaultProxy(listener.getsockname())
        idle = socket.create_connection(proxy.address, 10)
        proxy.close()
        proxy.close()
    assert set(threading.enumerate()) == before
    idle.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(proxy.address, 5)


def test_shortened_answer_is_whole_http_with_a_cut_body(proxy: FaultProxy, sandbox: Sandbox) -> None:
    proxy.add(Rule(action=ShortenAnswer(after=7)))
    assert post(proxy) == (201, b'{"objec')
    assert effects(sandbox) == 1


def test_dripped_answer_is_the_answer(proxy: FaultProxy, sandbox: Sandbox) -> None:
    proxy.add(Rule(action=DripAnswer(pause=0)))
    status, body = post(proxy)
    assert (status, json.loads(body)["url"]) == (201, URL)
    assert effects(sandbox) == 1


def test_redirect_names_its_place(proxy: FaultProxy, sandbox: Sandbox) -> None:
    proxy.add(Rule(action=Answer(status=307, location="https://elsewhere.example/")))
    with Api(sandbox.base_url) as api:
        answer = api.call("GET", "/webhooks")
    assert (answer.status_code, answer.headers["Location"]) == (307, "https://elsewhere.example/")


def test_connections_are_refused_until_the_rule_is_removed(proxy: FaultProxy, sandbox: Sandbox) -> None:
    armed = proxy.add(Rule(action=Refuse(), when=Nth(k=2)))
    address = proxy.address
    assert post(proxy)[0] == 201
    with pytest.raises(ConnectionResetError):
        post(proxy)
    for _ in range(2):
        with pytest.raises(ConnectionRefusedError):
            post(proxy)
    proxy.remove(armed)
    assert post(proxy)[0] == 201
    assert (proxy.address, effects(sandbox)) == (address, 2)


@pytest.mark.parametrize("step", ["_decide", "_door.shut"])
def test_rule_that_is_removed_while_it_is_applied_leaves_nothing_shut(
    proxy: FaultProxy, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    armed = proxy.add(Rule(action=Refuse()))
    usual = attrgetter(step)(proxy)
    removing: list[Future[None]] = []

    def first_decided_then_removed(*arguments: Any) -> Any:  # noqa: ANN401 - as the step itself
        decided = usual(*arguments) if step == "_decide" else None
        removing.append(pool.submit(proxy.remove, armed))
        while armed in proxy.armed():
            pass
        return usual(*arguments) if step == "_door.shut" else decided

    *owner, name = step.split(".")
    monkeypatch.setattr(attrgetter(*owner)(proxy) if owner else proxy, name, first_decided_then_removed)
    with pytest.raises(ConnectionResetError):
        post(proxy)
    removing[0].result(10)
    monkeypatch.undo()
    assert post(proxy)[0] == 201


def test_one_rule_of_two_that_refuse_keeps_the_door_shut(proxy: FaultProxy) -> None:
    first = proxy.add(Rule(action=Refuse(), when=Nth(k=1)))
    second = proxy.add(Rule(action=Refuse(), when=Nth(k=1)))
    third = proxy.add(Rule(action=Refuse(), when=Nth(k=2)))
    with pytest.raises(ConnectionResetError):
        post(proxy)
    proxy.remove(third)  # never applied
    with pytest.raises(ConnectionRefusedError):
        post(proxy)
    proxy.remove(first)
    assert (post(proxy)[0], second.applied) == (201, 0)


def test_proxy_closes_while_it_refuses_connections() -> None:
    with FaultProxy(("127.0.0.1", 1), rules=[Rule(action=Refuse())]) as proxy:
        with pytest.raises(ConnectionResetError):
            post(proxy)
        (armed,) = proxy.armed()
    proxy.remove(armed)
    with pytest.raises(ConnectionRefusedError):
        post(proxy)
