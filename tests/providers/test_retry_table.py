"""Each way in which a call can fail, against each method: attempts, waits and what is said. The table is the contract.

`retry_table.md` is read as the expectation; the documentation shows the same file.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from reconciler.model.reading import ProviderError
from reconciler.model.webhook import Remote
from reconciler.providers.registry import Writer, open_writer
from reconciler.sandbox.faults import DROP_ANSWER, RESET_ANSWER, RESET_REQUEST, Action, Answer, Rule
from tests.support.clock import FakeClock
from tests.support.faults import HoldAnswer
from tests.support.sandbox import Sandbox

from .tools import TOKEN, URL, Run, account, fields

TABLE = Path(__file__).with_name("retry_table.md")
METHODS = ("GET", "POST", "PUT", "DELETE")


def _status(status: int, **more: str) -> Answer:
    """The provider carries the call out, and something in between answers this."""
    return Answer(acts=True, status=status, **more)  # type: ignore[arg-type]  # `retry_after` is the only one


FAULTS: dict[str, Action | None] = {
    "no connection": None,
    "reset before it was carried out": RESET_REQUEST,
    "reset after it was carried out": RESET_ANSWER,
    "closed without an answer": DROP_ANSWER,
    "no answer in time": HoldAnswer(),
    "answer cut": Action(cut=5),
    "HTML with 200": Answer(acts=True, status=200, body=b"<html>", content_type="text/html"),
    "301": _status(301),
    "400": _status(400),
    "401": _status(401),
    "402": _status(402),
    "403": _status(403),
    "404": _status(404),
    "408": _status(408),
    "409": _status(409),
    "422": _status(422),
    "429": _status(429),
    "429, Retry-After: 100": _status(429, retry_after="100"),
    "429, Retry-After: a day": _status(429, retry_after="86400"),
    "429, Retry-After: a past date": _status(429, retry_after="Thu, 01 Jan 2026 00:00:00 GMT"),
    "429, Retry-After: nonsense": _status(429, retry_after="soon"),
    "500": _status(500),
    "501": _status(501),
    "502": _status(502),
    "503": _status(503),
    "503, Retry-After: 7": _status(503, retry_after="7"),
    "503, Retry-After: a day": _status(503, retry_after="86400"),
    "504": _status(504),
    **{str(status): _status(status) for status in range(520, 526)},
}
NOW = Remote(id="a", key=None, fields=fields())
CALLS: dict[str, Callable[[Writer, str], object]] = {
    "GET": lambda client, object_id: client.get(object_id),
    "POST": lambda client, _: client.create(fields()),
    "PUT": lambda client, object_id: client.update(object_id, fields(), NOW),
    "DELETE": lambda client, object_id: client.delete(object_id),
}


def rows() -> dict[str, dict[str, str]]:
    head, _, *lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in TABLE.read_text().splitlines()]
    return {line[0]: dict(zip(head[1:], line[1:], strict=True)) for line in lines}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


def outcome(sandbox: Sandbox, fault: str, method: str) -> tuple[str, str]:
    """The cells for what happened: attempts and what was said, and the waits (chance gives a half of each)."""
    object_id = sandbox.store.create(TOKEN, url=URL, event="all").object_id
    run = Run(clock=FakeClock(chance=0.5))
    action, rule, base_url = FAULTS[fault], None, sandbox.base_url
    if action is None:
        base_url = f"http://127.0.0.1:{_closed_port()}"
    else:
        rule = sandbox.faults.add(Rule(action=action))
    # Only where no answer comes is its time waited out: elsewhere a busy machine may take longer than that.
    timeout = 0.1 if isinstance(action, HoldAnswer) else 30.0
    client = open_writer(account(base_url, timeout=timeout), run.context)
    said = "done"
    try:
        CALLS[method](client, object_id)
    except ProviderError as error:
        said = error.kind.value + (", may have acted" if error.may_have_acted else "")
        said += "" if error.__cause__ is error.__context__ is None else ", with an exception that may hold a secret"
    finally:
        client.close()
        if rule is not None:
            sandbox.faults.remove(rule)
            assert rule.applied == len(run.calls())
    waits = " ".join(f"{seconds:g}" for seconds in run.clock.sleeps)
    return f"{len(run.calls())}: {said}", waits


def _closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def test_the_table_has_a_row_for_each_fault() -> None:
    assert list(rows()) == list(FAULTS)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_failing_call_ends_as_the_table_says(sandbox: Sandbox, fault: str, method: str) -> None:
    row = rows()[fault]
    found, waits = outcome(sandbox, fault, method)
    assert found == row[method]
    attempts = int(found.partition(":")[0])
    assert waits.split() == row["waits (s)"].split()[: attempts - 1]
