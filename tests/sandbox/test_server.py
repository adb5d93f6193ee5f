"""The sandbox as a whole: starts on a free port, survives a restart, serves many at once, and leaves nothing behind."""

import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
from msgspec.structs import replace

from reconciler.sandbox.api import SandboxOptions
from reconciler.sandbox.faults import parse_fault
from reconciler.sandbox.server import Sandbox
from reconciler.sandbox.store import StoreError
from tests.support.sandbox import Sandbox as LoggedSandbox

from .tools import TOKEN, URL, Api, address_of

GOOD = {"url": URL, "event": "all"}


@pytest.fixture
def no_thread_left() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    for thread in set(threading.enumerate()) - before:
        thread.join(5)  # it says that it ends just before it does
    assert set(threading.enumerate()) == before


@pytest.mark.usefixtures("no_thread_left")
def test_nothing_is_left_behind() -> None:
    with Sandbox() as sandbox, Api(sandbox.base_url) as api:
        assert api.call("POST", "/webhooks", GOOD).status_code == 201
        idle = socket.create_connection(address_of(sandbox.base_url), 5)
        sandbox.close()
        sandbox.close()
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        sandbox.store.list(TOKEN)
    assert idle.recv(1) == b""
    idle.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address_of(sandbox.base_url), 5)


def test_two_sandboxes_do_not_meet() -> None:
    with Sandbox() as one, Sandbox() as two:
        assert one.base_url != two.base_url
        one.store.create(TOKEN, url=URL, event="all")
        assert two.store.list(TOKEN) == ()


def test_a_restart_on_the_same_file_and_port_goes_on_where_it_was(tmp_path: Path) -> None:
    options = SandboxOptions(data=tmp_path / "sandbox.db")
    with Sandbox(options) as first, Api(first.base_url) as api:
        made = api.call("POST", "/webhooks", GOOD).json()
    with Sandbox(replace(options, port=address_of(first.base_url)[1])) as second, Api(first.base_url) as api:
        assert second.base_url == first.base_url
        assert api.call("GET", "/webhooks").json()["results"] == [made]


@pytest.mark.usefixtures("no_thread_left")
def test_a_port_that_is_taken_is_an_error_that_leaves_nothing(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="in use"):
        Sandbox(SandboxOptions(port=taken.getsockname()[1], data=tmp_path / "sandbox.db"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("no_thread_left")
def test_a_file_that_is_no_store_is_an_error_that_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "webhooks.yaml").write_text("version: 1\n" * 100)
    with pytest.raises(StoreError):
        Sandbox(SandboxOptions(data=tmp_path / "webhooks.yaml"))


@pytest.mark.usefixtures("no_thread_left")
def test_a_thread_that_cannot_be_started_is_an_error_that_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", fail)
    with pytest.raises(OSError, match="no more threads"):
        Sandbox()


def test_chance_is_alike_in_every_run() -> None:
    def statuses() -> list[int]:
        with Sandbox(SandboxOptions(faults=(parse_fault("50%:503"),))) as sandbox, Api(sandbox.base_url) as api:
            return [api.call("GET", "/webhooks/x").status_code for _ in range(20)]

    assert statuses() == statuses()
    assert set(statuses()) == {404, 503}


def test_limits_apply_only_where_they_are_asked_for() -> None:
    for limits, expected in ((False, {200}), (True, {200, 429})):
        with Sandbox(SandboxOptions(limits=limits)) as sandbox, Api(sandbox.base_url) as api:
            assert {api.call("GET", "/webhooks").status_code for _ in range(11)} == expected


def test_many_clients_at_once_lose_nothing() -> None:
    with LoggedSandbox() as sandbox:

        def work(client: int) -> list[str]:
            with Api(sandbox.base_url) as api:
                made = [api.call("POST", "/webhooks", {**GOOD, "url": f"{URL}/{client}"}).json() for _ in range(10)]
                for document in made[:5]:
                    assert api.call("DELETE", f"/webhooks/{document['object_id']}").status_code == 204
                return [document["object_id"] for document in made[5:]]

        with ThreadPoolExecutor(12) as pool:
            kept = [one for ids in pool.map(work, range(12)) for one in ids]
        assert {webhook.object_id for webhook in sandbox.store.list(TOKEN)} == set(kept)
        log = sandbox.log()
    # Replayed in the log's order, the effects give what is there.
    alive: set[str | None] = set()
    for entry in log:
        if entry.webhook is None:
            alive.remove(entry.object_id)
        else:
            alive.add(entry.object_id)
    assert alive == set(kept)


def test_many_connections_at_once_are_served() -> None:
    with Sandbox() as sandbox, ExitStack() as clients:
        apis = [clients.enter_context(Api(sandbox.base_url)) for _ in range(100)]
        assert {api.call("GET", "/webhooks").status_code for api in apis} == {200}


@pytest.mark.usefixtures("no_thread_left")
@pytest.mark.parametrize("fault", ["drip/600000", "hang"])
def test_closing_does_not_wait_for_what_is_slow(fault: str) -> None:
    with (
        Sandbox(SandboxOptions(faults=(parse_fault(fault),))) as sandbox,
        socket.create_connection(address_of(sandbox.base_url), 10) as client,
    ):
        client.sendall(b"GET /webhooks HTTP/1.1\r\nHost: x\r\n\r\n")
        client.settimeout(0.1)
        with pytest.raises(TimeoutError):
            client.recv(1)
        begin = time.monotonic()
        sandbox.close()
        assert time.monotonic() - begin < 0.5
        client.settimeout(10)
        assert client.recv(12) in (b"", b"HTTP/1.1 401")


@pytest.mark.usefixtures("no_thread_left")
def test_closing_does_not_wait_for_a_client_that_reads_nothing() -> None:
    with Sandbox(SandboxOptions(page_size=100)) as sandbox:
        for _ in range(100):
            sandbox.store.create(TOKEN, url=URL, event="all")
        with socket.create_connection(address_of(sandbox.base_url), 10) as client:
            request = f"GET /webhooks HTTP/1.1\r\nHost: x\r\nAuthorization: ShippoToken {TOKEN}\r\n\r\n"
            client.sendall(request.encode() * 500)
            begin = time.monotonic()
            sandbox.close()
            assert time.monotonic() - begin < 5


def test_it_imports_nothing_of_the_package_but_the_model_and_no_client_library() -> None:
    program = """
import importlib, pkgutil, sys, reconciler.sandbox
for found in pkgutil.iter_modules(reconciler.sandbox.__path__):
    importlib.import_module(f"reconciler.sandbox.{found.name}")
allowed = ("reconciler.sandbox", "reconciler.model")
ours = {name for name in sys.modules if name.startswith("reconciler.") and not name.startswith(allowed)}
others = {"requests", "click", "yaml", "jsonschema", "rich", "deepdiff", "asyncio", "werkzeug"}
print(sorted(ours | sys.modules.keys() & others))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("[]\n", "")
