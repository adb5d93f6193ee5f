"""What many calls share: limits, budget, waits; and how a run that is asked to stop ends them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from itertools import pairwise

import pytest

from reconciler.http.pacing import CallBudget, ClientContext
from reconciler.model.provider import RateLimits
from reconciler.model.reading import ErrorKind, ProviderError
from reconciler.model.report import Called, Event, Waiting
from reconciler.model.webhook import Remote
from reconciler.providers.registry import open_reader, open_writer
from reconciler.providers.shippo import SHIPPO
from reconciler.sandbox.api import SandboxOptions
from reconciler.sandbox.faults import DROP_ANSWER, RESET_REQUEST, Answer, Rule, When
from tests.support.clock import FakeClock
from tests.support.sandbox import Sandbox

from .tools import TOKEN, URL, RawServer, Received, Run, account, answer, fields, says

LIMITS = SHIPPO.limits_of("test")  # test tokens: 10 lists, 50 writes and 400 reads a minute

NOW = Remote(id="a", key=None, fields=fields())


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def sandbox(clock: FakeClock) -> Iterator[Sandbox]:
    """A sandbox with the published limits, on the run's own clock."""
    with Sandbox(SandboxOptions(clock=clock.monotonic, limits=True)) as sandbox:
        yield sandbox


def failed(call: object) -> ProviderError:
    assert callable(call)
    with pytest.raises(ProviderError) as caught:
        call()
    return caught.value


# Limits (invariant 14)


def test_the_providers_limit_is_never_met_at_any_parallelism_by_accounts_that_share_a_token(
    clock: FakeClock, sandbox: Sandbox
) -> None:
    run = Run(clock=clock)
    clients = [open_writer(account(sandbox.base_url, name=name, limits=LIMITS), run.context) for name in ("one", "two")]

    def work(number: int) -> None:
        for turn in range(10):
            clients[number % 2].create(fields(f"https://hooks.example.com/{number}/{turn}"))
            if turn % 2:
                clients[number % 2].list()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for client in clients:
        client.close()
    log = sandbox.log()
    assert {entry.status for entry in log} == {200, 201}
    assert sum(entry.method == "POST" for entry in log) == 80
    assert sum(entry.method == "GET" for entry in log) == 40
    assert {event.reason for event in run.of(Waiting)} == {"the provider allows 10 lists a minute"}


def test_retries_are_counted_too(clock: FakeClock, sandbox: Sandbox) -> None:
    rule = sandbox.faults.add(Rule(action=Answer(acts=True, status=500)))
    run = Run(clock=clock)
    client = open_reader(account(sandbox.base_url, limits=LIMITS), run.context)
    for _ in range(15):
        failed(client.list)
    client.close()
    assert rule.applied == 45
    assert {entry.status for entry in sandbox.log()} == {200}


def test_other_tokens_and_other_origins_have_limits_of_their_own() -> None:
    run = Run()
    with RawServer(says("404 Not Found")) as one, RawServer(says("404 Not Found")) as two:
        for server, token in ((one, TOKEN), (one, TOKEN + "x"), (two, TOKEN)):
            client = open_reader(account(server.base_url, token=token, limits=RateLimits(get=1)), run.context)
            failed(lambda client=client: client.get("a"))
            client.close()
    assert run.clock.sleeps == []


def test_one_wait_is_told_once_however_many_calls_wait_for_it(clock: FakeClock) -> None:
    run = Run(clock=clock)
    with RawServer(says("404 Not Found")) as server:
        client = open_reader(account(server.base_url, limits=RateLimits(get=2)), run.context)
        for _ in range(5):
            failed(lambda: client.get("a"))
        client.close()
    assert run.of(Waiting) == [
        Waiting(account="test", seconds=60.25, reason="the provider allows 2 reads a minute"),
        Waiting(account="test", seconds=60.25, reason="the provider allows 2 reads a minute"),
    ]


def test_a_wait_is_news_where_it_is_long_and_lasts_longer_than_what_was_told() -> None:
    call_budgets = CallBudget(FakeClock())
    asked = [(0.0, 0.9, "a"), (0.0, 10.0, "a"), (1.0, 9.5, "a"), (1.0, 9.5, "b"), (5.0, 6.0, "a"), (10.5, 1.0, "a")]
    assert [call_budgets.is_news(*wait) for wait in asked] == [False, True, False, True, True, False]


# Budget and Retry-After (invariant 13)


def test_a_dead_provider_is_called_a_bounded_number_of_times(sandbox: Sandbox) -> None:
    rule = sandbox.faults.add(Rule(action=Answer(status=503)))
    run = Run()
    client = open_writer(account(sandbox.base_url), run.context)
    kinds = {failed(lambda: client.delete("a")).kind for _ in range(100)}
    client.close()
    assert kinds == {ErrorKind.REFUSED}
    assert rule.applied == 200  # 100 first attempts, and what 500 pays for at 5 a retry


@pytest.mark.parametrize("status", ["429 Too Many Requests", "503 Service Unavailable"])
@pytest.mark.parametrize(
    ("header", "least"),
    [
        pytest.param("7", 7.0, id="seconds"),
        pytest.param("Fri, 02 Jan 2026 03:05:05 GMT", 60.0, id="date"),
        pytest.param("Thu, 01 Jan 2026 00:00:00 GMT", 0.0, id="past-date"),
        pytest.param("soon", 0.0, id="nonsense"),
    ],
)
def test_no_call_of_the_token_comes_before_the_provider_wants_it(status: str, header: str, least: float) -> None:
    run = Run()
    with RawServer(says(status, b"", f"Retry-After: {header}")) as server:
        client = open_writer(account(server.base_url), run.context)
        times: list[float] = []
        run.events.clear()

        def listen(event: Event) -> None:
            if isinstance(event, Called):
                times.append(run.clock.monotonic())

        watched = ClientContext(clock=run.clock, listener=listen, secret_params=frozenset(), call_budgets={})
        client.close()
        client = open_writer(account(server.base_url), watched)
        failed(lambda: client.create(fields()))
        failed(lambda: client.get("a"))
        client.close()
    assert len(times) > 1
    assert times[1] - times[0] >= least
    if header.isdecimal():
        assert min(later - earlier for earlier, later in pairwise(times)) >= least


def test_all_threads_wait_for_one_refusal_and_it_counts_once() -> None:
    clock = FakeClock()
    run = Run(clock=clock)
    first = threading.Barrier(4)

    def handler(connection: object, _: Received) -> None:
        refused = len(server.received) <= 4
        if refused:
            first.wait(5)
        connection.sendall(answer("429 Too Many Requests" if refused else "404 Not Found"))  # type: ignore[attr-defined]

    with RawServer(handler) as server:
        client = open_reader(account(server.base_url), run.context)
        threads = [threading.Thread(target=lambda: failed(lambda: client.get("a"))) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        client.close()
    assert next(iter(run.context.call_budgets.values())).throttle.waited == 15.0
    assert run.waits() == [15.0]


def test_a_run_that_has_waited_enough_says_when_to_come_back_and_calls_no_more() -> None:
    run = Run()
    with RawServer(says("429 Too Many Requests", b"", "Retry-After: 86400")) as server:
        client = open_reader(account(server.base_url), run.context)
        first, second = failed(client.list), failed(lambda: client.get("a"))
        client.close()
    assert len(server.received) == 1
    assert (first.kind, first.status, second.kind, second.status) == (ErrorKind.LIMITED, 429, ErrorKind.LIMITED, 0)
    assert first.message == second.message == "Shippo asks for a longer wait than a run allows"
    assert first.help == "Run the command again in 24 h (not before 2026-01-03 03:04:05 UTC)."


@pytest.mark.parametrize("threads", [2, 10])
def test_a_wait_beyond_all_that_is_told_to_several_calls_is_waited_by_none(threads: int) -> None:
    run = Run()
    together = threading.Barrier(threads)

    def handler(connection: object, _: Received) -> None:
        together.wait(5)
        connection.sendall(answer("429 Too Many Requests", b"", "Retry-After: 4000"))  # type: ignore[attr-defined]

    errors: list[ProviderError] = []
    with RawServer(handler) as server:
        client = open_reader(account(server.base_url), run.context)
        calls = [
            threading.Thread(target=lambda: errors.append(failed(lambda: client.get("a")))) for _ in range(threads)
        ]
        for call in calls:
            call.start()
        for call in calls:
            call.join()
        client.close()
    assert (len(errors), len(server.received), run.clock.sleeps) == (threads, threads, [])
    assert {error.kind for error in errors} == {ErrorKind.LIMITED}
    assert all(error.help.startswith("Run the command again in 67 min") for error in errors)


@pytest.mark.parametrize("seconds", [1, 2, 5])
def test_waits_and_the_pacing_of_repeated_calls_are_five_minutes_together(seconds: int) -> None:
    run = Run()
    with RawServer(says("429 Too Many Requests", b"", f"Retry-After: {seconds}")) as server:
        client = open_reader(account(server.base_url, limits=RateLimits(list=10)), run.context)
        error = failed(client.list)
        client.close()
    assert error.kind is ErrorKind.LIMITED
    assert error.help.startswith("Run the command again in ")
    assert 200.0 < sum(run.clock.sleeps) <= 300.0


def test_a_date_to_come_back_at_is_measured_by_the_clock_that_says_it() -> None:
    headers = ("Retry-After: Thu, 05 Mar 2020 10:00:40 GMT", "Date: Thu, 05 Mar 2020 10:00:00 GMT")
    run = Run(clock=FakeClock(stop_at_sleep=1))
    with RawServer(says("429 Too Many Requests", b"", *headers)) as server:
        client = open_reader(account(server.base_url), run.context)
        failed(lambda: client.get("a"))
        client.close()
    assert run.clock.sleeps == [40.0]


@pytest.mark.parametrize("date", ["", "Date: lately"], ids=["absent", "nonsense"])
def test_a_date_to_come_back_at_is_else_measured_by_our_clock(date: str) -> None:
    headers = ("Retry-After: Fri, 02 Jan 2026 03:04:25 GMT", *([date] if date else []))
    run = Run(clock=FakeClock(stop_at_sleep=1))
    with RawServer(says("503 Service Unavailable", b"", *headers)) as server:
        client = open_reader(account(server.base_url), run.context)
        failed(lambda: client.get("a"))
        client.close()
    assert run.clock.sleeps == [20.0]


@pytest.mark.parametrize(
    ("token", "scheme"),
    [
        pytest.param("oauth.abcdef0123456789", "Bearer", id="oauth"),
        pytest.param("shippo_live_abcdef0123456789", "ShippoToken", id="live"),
        pytest.param("abcdef0123456789", "ShippoToken", id="unknown"),
    ],
)
def test_the_scheme_follows_the_tokens_kind(token: str, scheme: str) -> None:
    with RawServer(says("404 Not Found")) as server:
        client = open_reader(account(server.base_url, token=token), Run().context)
        failed(client.list)
        client.close()
    assert server.received[0].headers["authorization"] == f"{scheme} {token}"


@pytest.mark.parametrize("status", ["403 Forbidden", "404 Not Found", "407 X", "500 X", "503 X", "418 X", "408 X"])
def test_the_providers_own_reason_is_shown_whatever_the_status(status: str) -> None:
    body = b'{"detail": "Your plan allows 5 webhooks. Remove swordfish-in-clear."}'
    with RawServer(says(status, body)) as server:
        client = open_writer(account(server.base_url), Run().context)
        message = failed(lambda: client.update("a", fields(), NOW)).message
        client.close()
    assert message.endswith(": Your plan allows 5 webhooks. Remove ‹hidden›")


# Stop (invariant 8)


def test_no_call_is_made_once_the_run_is_asked_to_stop() -> None:
    run = Run()
    run.clock.stop()
    with RawServer(says("200 OK")) as server:
        client = open_writer(account(server.base_url), run.context)
        errors = [failed(client.list), failed(lambda: client.create(fields())), failed(lambda: client.delete("a"))]
        client.close()
    assert server.received == []
    assert [(error.kind, error.may_have_acted) for error in errors] == [(ErrorKind.INTERRUPTED, False)] * 3


@pytest.mark.parametrize("status", ["429 Too Many Requests", "500 Internal Server Error"])
def test_a_stop_ends_a_wait_at_once(status: str) -> None:
    run = Run(clock=FakeClock(stop_at_sleep=1))
    with RawServer(says(status)) as server:
        client = open_writer(account(server.base_url), run.context)
        error = failed(lambda: client.delete("a"))
        client.close()
    assert len(server.received) == 1
    assert (error.kind, error.may_have_acted) == (ErrorKind.INTERRUPTED, status.startswith("500"))


def test_a_stop_ends_a_wait_for_a_slot_at_once() -> None:
    run = Run(clock=FakeClock(stop_at_sleep=1))
    with RawServer(says("404 Not Found")) as server:
        client = open_reader(account(server.base_url, limits=RateLimits(get=1)), run.context)
        kinds = [failed(lambda: client.get("a")).kind for _ in range(2)]
        client.close()
    assert kinds == [ErrorKind.GONE, ErrorKind.INTERRUPTED]
    assert len(server.received) == 1


# Attempts together


def test_what_an_earlier_attempt_may_have_done_is_not_forgotten(sandbox: Sandbox) -> None:
    sandbox.faults.add(Rule(action=DROP_ANSWER, when=When(nth=1)))
    object_id = sandbox.store.create(TOKEN, url=URL, event="all").object_id
    run = Run()
    client = open_writer(account(sandbox.base_url), run.context)
    error = failed(lambda: client.delete(object_id))
    client.close()
    assert (error.kind, error.may_have_acted) == (ErrorKind.GONE, True)
    path = f"/webhooks/{object_id}"
    assert run.calls() == [("DELETE", path, 0, 1), ("DELETE", path, 404, 2)]


def test_a_create_after_a_429_is_sent_once_more_and_made_once(sandbox: Sandbox) -> None:
    sandbox.faults.add(Rule(action=Answer(status=429, retry_after="3"), when=When(nth=1)))
    run = Run()
    client = open_writer(account(sandbox.base_url), run.context)
    made = client.create(fields())
    client.close()
    assert [hook.object_id for hook in sandbox.store.list(TOKEN)] == [made.id]
    assert run.calls() == [("POST", "/webhooks", 429, 1), ("POST", "/webhooks", 201, 1)]
    assert run.waits() == [3.0]


def test_a_call_that_succeeds_at_its_second_attempt_gives_its_cost_back(clock: FakeClock, sandbox: Sandbox) -> None:
    run = Run(clock=clock)
    client = open_reader(account(sandbox.base_url, limits=LIMITS), run.context)
    for _ in range(150):
        rule = sandbox.faults.add(Rule(action=RESET_REQUEST, when=When(nth=1)))
        client.list()
        sandbox.faults.remove(rule)
    client.close()
    assert [status for _, _, status, _ in run.calls()] == [0, 200] * 150


def test_a_closed_client_may_be_used_again(sandbox: Sandbox) -> None:
    client = open_reader(account(sandbox.base_url), Run().context)
    client.list()
    client.close()
    client.close()
    assert client.list().count == 0
    client.close()
