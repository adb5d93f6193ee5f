"""The limits: as published, over a sliding minute, per account and kind."""

from collections import deque
from email.message import Message

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.sandbox.api import LIMITS, Limiter, SandboxOptions, ShippoApi
from reconciler.sandbox.messages import Request
from reconciler.sandbox.store import Store

from .tools import LIVE_TOKEN, TOKEN, StillClock


@pytest.mark.parametrize(
    ("token", "method", "path", "allowed"),
    [
        pytest.param(LIVE_TOKEN, "POST", "/webhooks", 500, id="live-write"),
        pytest.param(TOKEN, "POST", "/webhooks", 50, id="test-write"),
        pytest.param(TOKEN, "PUT", "/webhooks/x", 50, id="test-put"),
        pytest.param(TOKEN, "DELETE", "/webhooks/x", 50, id="test-delete"),
        pytest.param(LIVE_TOKEN, "GET", "/webhooks/x", 4000, id="live-read"),
        pytest.param(TOKEN, "GET", "/webhooks/x", 400, id="test-read"),
        pytest.param(LIVE_TOKEN, "GET", "/webhooks", 50, id="live-list"),
        pytest.param(TOKEN, "GET", "/webhooks", 10, id="test-list"),
    ],
)
def test_the_published_limits(token: str, method: str, path: str, allowed: int) -> None:
    store = Store()
    api = ShippoApi(store, SandboxOptions(limits=True, clock=StillClock()))
    statuses = [api(request(token, method, path)).status for _ in range(allowed + 1)]
    store.close()
    assert 429 not in statuses[:-1]
    assert statuses[-1] == 429


def test_calls_of_one_kind_do_not_count_as_another() -> None:
    store = Store()
    api = ShippoApi(store, SandboxOptions(limits=True, clock=StillClock()))
    for method, path, allowed in (("GET", "/webhooks", 10), ("POST", "/webhooks", 50), ("GET", "/webhooks/x", 400)):
        assert 429 not in [api(request(TOKEN, method, path)).status for _ in range(allowed)]
    assert [api(request(TOKEN, method, "/webhooks/x")).status for method in ("PUT", "DELETE")] == [429, 429]
    store.close()


def request(token: str, method: str, path: str) -> Request:
    headers = Message()
    headers["Authorization"] = f"ShippoToken {token}"
    return Request(method=method, path=path, query={}, headers=headers, body=b"", base_url="")


def test_the_window_slides() -> None:
    clock = StillClock(1000.0)
    limiter = Limiter(clock)
    answers = []
    for now in (1000.0, 1020.0, 1040.0, 1040.5, 1059.9, 1060.0, 1060.0, 1080.0):
        clock.now = now
        answers.append(limiter.admit("a", "read one", 3))
    # Refused calls don't count, so waiting as told is enough.
    assert answers == [0, 0, 0, 20, 1, 0, 20, 0]


def test_accounts_and_kinds_are_counted_apart() -> None:
    limiter = Limiter(StillClock())
    for account in ("a", "b"):
        for kind in LIMITS:
            answers = [limiter.admit(account, kind, 3) for _ in range(4)]
            assert answers == [0, 0, 0, 60]


# Eighths of a second, so that sums are exact.
@given(steps=st.lists(st.integers(0, 360), max_size=60))
def test_no_window_ever_holds_more_than_the_limit(steps: list[int]) -> None:
    clock = StillClock(0.0)
    limiter = Limiter(clock)
    admitted: deque[float] = deque()
    for step in steps:
        clock.now += step / 8
        wait = limiter.admit("a", "write", 3)
        if wait == 0:
            admitted.append(clock.now)
        else:
            assert 1 <= wait <= 60
            assert len([time for time in admitted if time > clock.now + wait - 60]) < 3  # then there is room
        assert len([time for time in admitted if time > clock.now - 60]) <= 3
