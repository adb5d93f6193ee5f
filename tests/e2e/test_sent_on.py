"""A provider, or somebody in its place, that sends calls on to another server: it gets none of them, and no token."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from reconciler.sandbox.faults import Answer, Rule
from tests.e2e.hostility import COMMANDS, TOKEN, Target, aimed
from tests.e2e.tool import HOST, Tool


@pytest.fixture
def target(tool: Tool, monkeypatch: pytest.MonkeyPatch) -> Iterator[Target]:
    with aimed(tool, monkeypatch) as made:
        yield made


EXISTING = """\
  there:
    url: https://hooks.example.com/there?token=${AWS_SECRET_ACCESS_KEY}
    events: [all]
"""


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/webhooks"), ("GET", "/webhooks/*"), ("POST", "*"), ("PUT", "*"), ("DELETE", "*")],
)
def test_no_call_follows_a_redirect(target: Target, method: str, path: str, status: int) -> None:
    store, faults = target.tool.sandbox.store, target.tool.sandbox.faults
    for url in (f"{HOST}/there?token=old", f"{HOST}/gone"):
        store.create(TOKEN, url=url, event="all", active=True, is_test=False)
    target.write({"webhooks:\n": f"webhooks:\n{EXISTING}"})
    location = target.fill("http://127.0.0.1:{listener}/webhooks")
    armed = faults.add(Rule(action=Answer(status=status, location=location), method=method, path=path))
    ended = target.run("apply", "--auto-approve")
    assert (ended.code, armed.applied > 0, target.received) == (1, True, [])
    assert f"Shippo responded with a redirect ({status}) to {target.fill('http://127.0.0.1:{listener}')}" in ended.out


@pytest.mark.parametrize(
    "location",
    [
        "//127.0.0.1:{listener}/webhooks",
        "http://localhost:{listener}/webhooks",
        "https://127.0.0.1:{port}/webhooks",
        "http://127.0.0.1:{port}@127.0.0.1:{listener}/webhooks",
        "http://127.0.0.1:{listener}\\@127.0.0.1:{port}/webhooks",
        "http://127.0.0.1:{listener}#@127.0.0.1:{port}/webhooks",
        "\\\\127.0.0.1:{listener}/webhooks",
        "https://evil.example/webhooks",
        "/webhooks/",
        "",
    ],
)
def test_no_location_is_followed(target: Target, location: str) -> None:
    target.tool.sandbox.faults.add(Rule(action=Answer(status=307, location=target.fill(location))))
    target.write()
    for command in COMMANDS[1:]:
        assert target.run(*command).code == 1
    assert (target.watch.names, target.methods(), target.received) == ([], [], [])


ELSEWHERE = "the provider's list continues at another origin, "
NO_URL = "the provider's list links to a next page that is not a valid URL"


@pytest.mark.parametrize(
    ("following", "said"),
    [
        ("http://127.0.0.1:{listener}/webhooks?page=2", f"{ELSEWHERE}http://127.0.0.1:{{listener}}"),
        ("//127.0.0.1:{listener}/webhooks?page=2", f"{ELSEWHERE}http://127.0.0.1:{{listener}}"),
        ("\thttp://127.0.0.1:{listener}/", f"{ELSEWHERE}http://127.0.0.1:{{listener}}"),
        ("http://localhost:{port}/webhooks?page=2", f"{ELSEWHERE}http://localhost:{{port}}"),
        ("https://127.0.0.1:{port}/webhooks?page=2", f"{ELSEWHERE}https://127.0.0.1:{{port}}"),
        ("https://evil.example/webhooks?page=2", f"{ELSEWHERE}https://evil.example"),
        ("http://127.0.0.1:{port}@127.0.0.1:{listener}/webhooks", NO_URL),
        ("http://127.0.0.1:{listener}\\@127.0.0.1:{port}/webhooks", NO_URL),
        ("http://127.0.0.1:{listener}#@127.0.0.1:{port}/webhooks", NO_URL),
        ("http://127.0.0.1:{port}.evil.example/webhooks", NO_URL),
        ("http:\\\\127.0.0.1:{listener}/", NO_URL),
        ("\\\\127.0.0.1:{listener}\\webhooks", NO_URL),
        ("file:///etc/passwd", NO_URL),
        ("javascript:alert(1)", NO_URL),
        # These are paths of the provider itself.
        ("////127.0.0.1:{listener}/webhooks", ""),
        ("http:/127.0.0.1:{listener}/webhooks", ""),
        ("http:127.0.0.1:{listener}/webhooks", ""),
        ("..//127.0.0.1:{listener}/webhooks", ""),
    ],
)
def test_no_next_page_is_read_elsewhere(target: Target, following: str, said: str) -> None:
    page = {"count": 0, "next": target.fill(following), "previous": None, "results": []}
    target.tool.sandbox.faults.add(Rule(action=Answer(status=200, body=json.dumps(page).encode()), path="/webhooks"))
    target.write()
    for command in COMMANDS[1:]:
        ended = target.run(*command)
        assert (ended.code, target.fill(said) in ended.out) == (1, True), ended.all
    assert (target.watch.names, target.tool.writes(), target.received) == ([], [], [])
