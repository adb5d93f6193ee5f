"""Faults over real HTTP: each as the client and the store see it, which requests a rule is about, and what is held."""

import http.client
import json
import random
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from msgspec.structs import replace

from reconciler.sandbox.api import SandboxOptions
from reconciler.sandbox.faults import (
    BAD_GATEWAY,
    DROP_ANSWER,
    LATE_BAD_GATEWAY,
    REFUSE,
    RESET_ANSWER,
    RESET_REQUEST,
    Action,
    Answer,
    Faults,
    Rule,
    When,
    parse_fault,
)
from reconciler.sandbox.messages import Response
from reconciler.sandbox.server import HttpServer
from reconciler.sandbox.server import Sandbox as SandboxServer
from tests.support.faults import HoldAnswer, HoldRequest, LiveFaults, Received
from tests.support.sandbox import Sandbox

from .tools import TOKEN, URL, Api, connect, headers

BODY = f'{{"url": "{URL}", "event": "all"}}'
TEAPOT = Answer(status=418, body=b"short and stout", content_type="text/plain", retry_after="tomorrow")


@pytest.fixture
def faults(sandbox: Sandbox) -> LiveFaults:
    return sandbox.faults


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as pool:
        yield pool


def post(base_url: str) -> tuple[int, bytes]:
    connection = connect(base_url)
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
        pytest.param(LATE_BAD_GATEWAY, (502, "text/html", BAD_GATEWAY.body), None, 1, id="replace-by-html"),
        pytest.param(replace(TEAPOT, acts=True), (418, "text/plain", b"short and stout"), "tomorrow", 1, id="replace"),
    ],
)
def test_an_answer_is_made_up(
    sandbox: Sandbox,
    faults: LiveFaults,
    action: Action,
    content: tuple[int, str, bytes],
    retry_after: str | None,
    effect: int,
) -> None:
    rule = Rule(action=action)
    faults.add(rule)
    with Api(sandbox.base_url) as api:
        answer = api.call("POST", "/webhooks", {"url": URL, "event": "all"})
    assert (answer.status_code, answer.headers["Content-Type"], answer.content) == content
    assert answer.headers.get("Retry-After") == retry_after
    assert effects(sandbox) == effect
    assert faults.log() == (Received(method="POST", path="/webhooks", rule=rule, answered=content[0]),)


@pytest.mark.parametrize(
    ("action", "failure", "effect"),
    [
        pytest.param(DROP_ANSWER, http.client.RemoteDisconnected, 1, id="drop"),
        pytest.param(RESET_ANSWER, ConnectionResetError, 1, id="reset-after"),
        pytest.param(RESET_REQUEST, ConnectionResetError, 0, id="reset-before"),
        pytest.param(Action(cut=7), http.client.IncompleteRead, 1, id="cut"),
        pytest.param(Action(cut=0), http.client.IncompleteRead, 1, id="cut-all"),
    ],
)
def test_a_connection_fails(
    sandbox: Sandbox, faults: LiveFaults, action: Action, failure: type[Exception], effect: int
) -> None:
    rule = Rule(action=action)
    faults.add(rule)
    with pytest.raises(failure) as caught:
        post(sandbox.base_url)
    assert type(caught.value) is failure
    if isinstance(caught.value, http.client.IncompleteRead):
        assert caught.value.partial == b'{"objec'[: action.cut]
    assert effects(sandbox) == effect
    assert faults.log() == (Received(method="POST", path="/webhooks", rule=rule, answered=None),)


def test_a_cut_beyond_the_end_cuts_nothing(faults: LiveFaults, sandbox: Sandbox) -> None:
    faults.add(Rule(action=Action(cut=10_000)))
    assert post(sandbox.base_url)[0] == 201
    assert [entry.answered for entry in faults.log()] == [201]


def test_a_request_is_held_before_it_reaches_the_server(
    sandbox: Sandbox, faults: LiveFaults, pool: ThreadPoolExecutor
) -> None:
    held = faults.add(Rule(action=HoldRequest()))
    call = pool.submit(post, sandbox.base_url)
    held.wait_until_held()
    assert (held.held, effects(sandbox), call.done()) == (1, 0, False)
    held.release()
    assert call.result(10)[0] == 201
    assert (held.held, effects(sandbox)) == (0, 1)


def test_an_answer_is_held_after_the_effect(sandbox: Sandbox, faults: LiveFaults, pool: ThreadPoolExecutor) -> None:
    held = faults.add(Rule(action=HoldAnswer()))
    call = pool.submit(post, sandbox.base_url)
    held.wait_until_held()
    assert (effects(sandbox), call.done()) == (1, False)
    held.release()
    assert call.result(10)[0] == 201


@pytest.mark.parametrize(
    ("action", "effect"), [(HoldRequest(), 0), (HoldAnswer(), 1)], ids=["before", "after-the-effect"]
)
def test_a_held_call_can_be_abandoned(
    sandbox: Sandbox, faults: LiveFaults, pool: ThreadPoolExecutor, action: Action, effect: int
) -> None:
    held = faults.add(Rule(action=action))
    call = pool.submit(post, sandbox.base_url)
    held.wait_until_held()
    held.abandon()
    assert isinstance(call.exception(10), http.client.RemoteDisconnected)
    assert effects(sandbox) == effect
    assert [entry.answered for entry in faults.log()] == [None]


def test_several_calls_are_held_and_released_together(
    sandbox: Sandbox, faults: LiveFaults, pool: ThreadPoolExecutor
) -> None:
    barrier = faults.add(Rule(action=HoldRequest(), method="POST"))
    calls = [pool.submit(post, sandbox.base_url) for _ in range(5)]
    barrier.wait_until_held(5)
    assert effects(sandbox) == 0
    faults.remove(barrier)
    assert [call.result(10)[0] for call in calls] == [201] * 5
    assert post(sandbox.base_url)[0] == 201  # the rule is gone


def test_a_wait_in_vain_says_so(faults: LiveFaults) -> None:
    armed = faults.add(Rule(action=HoldRequest()))
    with pytest.raises(TimeoutError, match=r"0 of 2 calls were held after 0\.01 seconds"):
        armed.wait_until_held(2, timeout=0.01)
    with pytest.raises(TimeoutError, match=r"applied 0 times, not 1, after 0\.01 seconds"):
        armed.wait_until_applied(timeout=0.01)


def test_a_rule_can_be_waited_for(faults: LiveFaults, sandbox: Sandbox, pool: ThreadPoolExecutor) -> None:
    armed = faults.add(Rule(action=TEAPOT, when=When(nth=2)))
    calls = [pool.submit(post, sandbox.base_url) for _ in range(2)]
    armed.wait_until_applied()
    assert sorted(call.result(10)[0] for call in calls) == [201, 418]
    assert (armed.seen, armed.applied) == (2, 1)


@pytest.mark.parametrize("action", [HoldRequest(), HoldAnswer()], ids=["before", "after"])
def test_closing_ends_held_calls(pool: ThreadPoolExecutor, action: Action) -> None:
    with Sandbox() as sandbox:
        held = sandbox.faults.add(Rule(action=action))
        call: Future[tuple[int, bytes]] = pool.submit(post, sandbox.base_url)
        held.wait_until_held()
    assert isinstance(call.exception(10), OSError)
    held.release()  # nothing is there any more, and nothing happens


@pytest.mark.parametrize(
    ("when", "applied"),
    [
        pytest.param(When(), [1, 2, 3, 4], id="every"),
        pytest.param(When(nth=1), [1], id="first"),
        pytest.param(When(nth=3), [3], id="third"),
        pytest.param(When(since=3), [3, 4], id="from-the-third"),
        pytest.param(When(nth=9), [], id="never"),
        pytest.param(When(chance=1.0), [1, 2, 3, 4], id="certain"),
        pytest.param(When(chance=0.0), [], id="impossible"),
    ],
)
def test_which_of_the_requests(when: When, applied: list[int]) -> None:
    faults = Faults([Rule(action=TEAPOT, method="POST", when=when)])
    found = []
    for number in range(1, 5):
        # Others in between don't count.
        assert status(faults, "GET") == 200
        if status(faults, "POST") == 418:
            found.append(number)
    assert found == applied


def status(faults: Faults, method: str) -> int:
    _, response = faults.respond(method, "/webhooks", lambda: Response(status=200))
    assert response is not None
    return response.status


def test_chance_is_drawn_from_the_given_source() -> None:
    def drawn(seed: int) -> list[bool]:
        rng = random.Random(seed)  # noqa: S311 - no secret
        return [When(chance=0.3).applies(number, rng) for number in range(1000)]

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


def test_the_first_rule_that_applies_decides_and_all_count(faults: LiveFaults, sandbox: Sandbox) -> None:
    first = faults.add(Rule(action=Answer(status=500), when=When(nth=2)))
    second = faults.add(Rule(action=Answer(status=503), when=When(nth=2)))
    third = faults.add(Rule(action=Answer(status=504), when=When(since=3)))
    assert [post(sandbox.base_url)[0] for _ in range(4)] == [201, 500, 504, 504]
    assert [armed.applied for armed in faults.armed()] == [1, 0, 2]
    assert [armed.seen for armed in (first, second, third)] == [4, 4, 4]


def test_the_query_is_neither_matched_nor_logged(faults: LiveFaults, sandbox: Sandbox) -> None:
    faults.add(Rule(action=TEAPOT, path="/webhooks"))
    connection = connect(sandbox.base_url)
    connection.request("GET", "/webhooks?token=secret")
    assert connection.getresponse().status == 418
    connection.close()
    assert [entry.path for entry in faults.log()] == ["/webhooks"]


def test_shortened_answer_is_whole_http_with_a_cut_body(faults: LiveFaults, sandbox: Sandbox) -> None:
    faults.add(Rule(action=Action(short=7)))
    assert post(sandbox.base_url) == (201, b'{"objec')
    assert effects(sandbox) == 1


def test_dripped_answer_is_the_answer(faults: LiveFaults, sandbox: Sandbox) -> None:
    faults.add(Rule(action=Action(pause=0)))
    status, body = post(sandbox.base_url)
    assert (status, json.loads(body)["url"]) == (201, URL)
    assert effects(sandbox) == 1


def test_redirect_names_its_place(faults: LiveFaults, sandbox: Sandbox) -> None:
    faults.add(Rule(action=Answer(status=307, location="https://elsewhere.example/")))
    with Api(sandbox.base_url) as api:
        answer = api.call("GET", "/webhooks")
    assert (answer.status_code, answer.headers["Location"]) == (307, "https://elsewhere.example/")


def test_connections_are_refused_until_the_rule_is_removed(faults: LiveFaults, sandbox: Sandbox) -> None:
    armed = faults.add(Rule(action=REFUSE, when=When(nth=2)))
    address = sandbox.base_url
    assert post(sandbox.base_url)[0] == 201
    with pytest.raises(ConnectionResetError):
        post(sandbox.base_url)
    for _ in range(2):
        with pytest.raises(ConnectionRefusedError):
            post(sandbox.base_url)
    faults.remove(armed)
    assert post(sandbox.base_url)[0] == 201
    assert (sandbox.base_url, effects(sandbox)) == (address, 2)


def test_rule_that_is_removed_while_it_is_applied_leaves_nothing_shut(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    armed = sandbox.faults.add(Rule(action=REFUSE))
    usual = HttpServer.heed_refusals

    def removed_first(server: HttpServer) -> None:
        monkeypatch.undo()
        sandbox.faults.remove(armed)
        usual(server)

    monkeypatch.setattr(HttpServer, "heed_refusals", removed_first)
    with pytest.raises(ConnectionResetError):
        post(sandbox.base_url)
    assert post(sandbox.base_url)[0] == 201


def test_one_rule_of_two_that_refuse_keeps_the_door_shut(faults: LiveFaults, sandbox: Sandbox) -> None:
    first = faults.add(Rule(action=REFUSE, when=When(nth=1)))
    second = faults.add(Rule(action=REFUSE, when=When(nth=1)))
    third = faults.add(Rule(action=REFUSE, when=When(nth=2)))
    with pytest.raises(ConnectionResetError):
        post(sandbox.base_url)
    faults.remove(third)  # never applied
    with pytest.raises(ConnectionRefusedError):
        post(sandbox.base_url)
    faults.remove(first)
    assert (post(sandbox.base_url)[0], second.applied) == (201, 0)


def test_sandbox_closes_while_it_refuses_connections() -> None:
    with SandboxServer(SandboxOptions(faults=(parse_fault("refuse"),))) as sandbox:
        with pytest.raises(ConnectionResetError):
            post(sandbox.base_url)
        with pytest.raises(ConnectionRefusedError):
            post(sandbox.base_url)


@pytest.mark.parametrize(
    ("fault", "expected", "effect"),
    [
        pytest.param("503", 503, 0, id="status"),
        pytest.param("429/5", 429, 0, id="retry-after"),
        pytest.param("html", 502, 0, id="html"),
        pytest.param("html-after", 502, 1, id="html-after"),
        pytest.param("drop", http.client.RemoteDisconnected, 1, id="drop"),
        pytest.param("reset-after", ConnectionResetError, 1, id="reset-after"),
        pytest.param("reset-before", ConnectionResetError, 0, id="reset-before"),
        pytest.param("cut", http.client.IncompleteRead, 1, id="cut"),
        pytest.param("short/20", 201, 1, id="short"),
        pytest.param("redirect", 307, 0, id="redirect"),
        pytest.param("hang", TimeoutError, 1, id="hang"),
        pytest.param("drip/0", 201, 1, id="drip"),
        pytest.param("refuse", ConnectionResetError, 0, id="refuse"),
    ],
)
def test_each_form_of_the_command_line(fault: str, expected: int | type[Exception], effect: int) -> None:
    with SandboxServer(SandboxOptions(faults=(parse_fault(fault),))) as sandbox:
        connection = connect(sandbox.base_url)
        connection.timeout = 0.3 if fault == "hang" else 10
        found: int | type[Exception]
        try:
            connection.request("POST", "/webhooks", BODY, headers())
            answer = connection.getresponse()
            answer.read()
            found = answer.status
        except (OSError, http.client.HTTPException) as error:
            found = type(error)
        connection.close()
        assert (found, len(sandbox.store.list(TOKEN))) == (expected, effect)


def test_dripped_answer_takes_its_time() -> None:
    with SandboxServer(SandboxOptions(faults=(parse_fault("drip/1"),))) as sandbox, Api(sandbox.base_url) as api:
        begin = time.monotonic()
        assert api.call("GET", "/webhooks").status_code == 200
        assert time.monotonic() - begin > 0.1  # more than a hundred bytes


def test_call_that_was_decided_before_its_rule_is_removed_is_not_held() -> None:
    with Sandbox() as sandbox:
        armed = sandbox.faults.add(Rule(action=HoldRequest()))
        sandbox.faults.remove(armed)
        assert armed.hold()  # as the call's thread does, a moment later
        other = sandbox.faults.add(Rule(action=HoldRequest()))
        sandbox.faults.end()
        assert not other.hold()
