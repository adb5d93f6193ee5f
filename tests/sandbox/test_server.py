"""The sandbox as a whole: starts on a free port, survives a restart, serves many at once, and leaves nothing behind."""

import socket
import sqlite3
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.sandbox.database import StoreError
from reconciler.sandbox.faults import parse_fault
from reconciler.sandbox.options import SandboxOptions
from reconciler.sandbox.rules import Answer, Rule
from reconciler.sandbox.server import Sandbox

from .tools import TOKEN, URL, Api

GOOD = {"url": URL, "event": "all"}


def address_of(sandbox: Sandbox) -> tuple[str, int]:
    host, port = sandbox.base_url.removeprefix("http://").rsplit(":", 1)
    return host, int(port)


def end_of(threads: set[threading.Thread]) -> set[threading.Thread]:
    """Those still alive after a moment: the server's workers say that they end just before they do."""
    for thread in threads:
        thread.join(5)
    return {thread for thread in threads if thread.is_alive()}


@pytest.mark.parametrize("options", [SandboxOptions(), SandboxOptions(proxy=True)], ids=["plain", "proxied"])
def test_nothing_is_left_behind(options: SandboxOptions) -> None:
    before = set(threading.enumerate())
    with Sandbox(options) as sandbox, Api(sandbox.base_url) as api:
        assert api.call("POST", "/webhooks", GOOD).status_code == 201
        started = set(threading.enumerate()) - before
        assert started
    assert end_of(started) == set()
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        sandbox.store.mark()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address_of(sandbox), 5)


def test_closing_twice_is_fine() -> None:
    sandbox = Sandbox()
    sandbox.close()
    sandbox.close()


def test_two_sandboxes_do_not_meet() -> None:
    with Sandbox() as one, Sandbox() as two:
        assert one.base_url != two.base_url
        one.store.create(TOKEN, url=URL, event="all")
        assert two.store.list(TOKEN) == ()


def test_a_restart_on_the_same_file_and_port_goes_on_where_it_was(tmp_path: Path) -> None:
    options = SandboxOptions(data=tmp_path / "sandbox.db")
    with Sandbox(options) as first, Api(first.base_url) as api:
        made = api.call("POST", "/webhooks", GOOD).json()
        log = first.store.log()
    with Sandbox(replace(options, port=address_of(first)[1])) as second, Api(first.base_url) as api:
        assert second.base_url == first.base_url
        assert second.store.log() == log
        assert api.call("GET", "/webhooks").json()["results"] == [made]


@pytest.mark.parametrize("proxy", [False, True], ids=["plain", "proxied"])
def test_a_port_that_is_taken_is_an_error_that_leaves_nothing(*, proxy: bool) -> None:
    before = set(threading.enumerate())
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="in use"):
        Sandbox(SandboxOptions(port=taken.getsockname()[1], proxy=proxy))
    assert end_of(set(threading.enumerate()) - before) == set()


def test_a_file_that_is_no_store_is_an_error_that_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "webhooks.yaml").write_text("version: 1\n" * 100)
    before = set(threading.enumerate())
    with pytest.raises(StoreError):
        Sandbox(SandboxOptions(data=tmp_path / "webhooks.yaml"))
    assert set(threading.enumerate()) == before


def test_with_faults_the_proxy_is_the_address() -> None:
    fault = parse_fault("503:GET@1")
    with Sandbox(SandboxOptions(faults=(fault,))) as sandbox, Api(sandbox.base_url) as api:
        assert sandbox.proxy is not None
        assert sandbox.base_url == sandbox.proxy.base_url
        assert [api.call("GET", "/webhooks").status_code for _ in range(2)] == [503, 200]
        assert [armed.applied for armed in sandbox.proxy.armed()] == [1]
        assert [entry.status for entry in sandbox.store.log()] == [200]


def test_pages_lead_through_the_proxy() -> None:
    with Sandbox(SandboxOptions(proxy=True, page_size=1)) as sandbox, Api(sandbox.base_url) as api:
        for _ in range(2):
            sandbox.store.create(TOKEN, url=URL, event="all")
        assert api.call("GET", "/webhooks").json()["next"].startswith(sandbox.base_url + "/")


def test_chance_starts_from_a_number() -> None:
    faults = (parse_fault("50%:503"),)

    def statuses(seed: int) -> list[int]:
        with Sandbox(SandboxOptions(faults=faults, fault_seed=seed)) as sandbox, Api(sandbox.base_url) as api:
            return [api.call("GET", "/webhooks/x").status_code for _ in range(20)]

    assert statuses(1) == statuses(1) != statuses(2)
    assert set(statuses(1)) == {404, 503}


def test_many_clients_at_once_lose_nothing() -> None:
    with Sandbox(SandboxOptions(limits=None)) as sandbox:

        def work(client: int) -> list[str]:
            with Api(sandbox.base_url) as api:
                made = [api.call("POST", "/webhooks", {**GOOD, "url": f"{URL}/{client}"}).json() for _ in range(10)]
                for document in made[:5]:
                    assert api.call("DELETE", f"/webhooks/{document['object_id']}").status_code == 204
                return [document["object_id"] for document in made[5:]]

        with ThreadPoolExecutor(12) as pool:
            kept = [one for ids in pool.map(work, range(12)) for one in ids]
        assert {webhook.object_id for webhook in sandbox.store.list(TOKEN)} == set(kept)
        log = sandbox.store.log()
    # Replayed in the log's order, the effects give what is there.
    alive: set[str | None] = set()
    for entry in log:
        if entry.webhook is None:
            alive.remove(entry.object_id)
        else:
            alive.add(entry.object_id)
    assert alive == set(kept)


def test_answers_take_as_long_as_they_shall() -> None:
    with Sandbox(SandboxOptions(latency=0.05)) as sandbox, Api(sandbox.base_url) as api:
        begin = time.monotonic()
        assert api.call("GET", "/webhooks").status_code == 200
        assert time.monotonic() - begin >= 0.05


def test_closing_does_not_wait_for_the_latency() -> None:
    before = set(threading.enumerate())
    with Sandbox(SandboxOptions(latency=600, proxy=True)) as sandbox:
        assert sandbox.proxy is not None
        # When the second one is answered, the first is with the server or just before it.
        sandbox.proxy.add(Rule(action=Answer(status=503), path="/second"))
        with ThreadPoolExecutor(1) as pool, Api(sandbox.base_url) as api, Api(sandbox.base_url) as other:
            slow = pool.submit(api.call, "GET", "/webhooks")
            assert other.call("GET", "/second").status_code == 503
            started = {thread for thread in threading.enumerate() if thread.name.startswith("waitress")} - before
            sandbox.close()
            assert end_of(started) == set()
            assert slow.exception(10) is not None or slow.result().status_code in (200, 502)


def test_it_serves_until_it_is_stopped() -> None:
    with Sandbox() as sandbox:
        waiter = threading.Thread(target=sandbox.serve_until_stopped)
        waiter.start()
        with Api(sandbox.base_url) as api:
            assert api.call("GET", "/webhooks").status_code == 200
        assert waiter.is_alive()
        sandbox.stop()
        waiter.join(5)
        assert not waiter.is_alive()


def test_it_imports_nothing_else_of_the_package_and_no_client_library() -> None:
    program = """
import importlib, pkgutil, sys, reconciler.sandbox
for found in pkgutil.iter_modules(reconciler.sandbox.__path__):
    importlib.import_module(f"reconciler.sandbox.{found.name}")
ours = {name for name in sys.modules if name.startswith("reconciler.") and not name.startswith("reconciler.sandbox")}
print(sorted(ours | sys.modules.keys() & {"requests", "click", "yaml", "jsonschema", "rich", "deepdiff"}))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("[]\n", "")
