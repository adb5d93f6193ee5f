"""A provider of a package that takes forms, and replaces the part a secret is in: through the commands, over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from msgspec import Struct, field

from reconciler.provider import (
    Auth,
    Body,
    Provider,
    ProviderPlugin,
    Rest,
    Update,
    choice,
    events,
    secret,
    switch,
    url,
)
from reconciler.providers import registry
from tests.support.here import main_here
from tests.support.serving import serving

PLUGIN = ProviderPlugin(
    interface=1,
    provider=Provider(
        name="formic",
        title="Formic",
        fields=(
            url(at="config.url"),
            events("order.paid", "order.sent", at="events"),
            switch(at="enabled"),
            choice("format", "json", "form", default="json", at="config.format"),
            secret("secret", at="config.secret"),
        ),
        base_url="https://api.formic.example",
        auth=Auth(variable="FORMIC_TOKEN"),
        portal="Formic's settings",
        rest=Rest(collection="/hooks", body=Body.FORM, update=Update(verb="PATCH", partial=True, units={"config": ""})),
    ),
)
FILE = """\
version: 1
accounts:
  default:
    provider: formic
    token: ${FORMIC_TOKEN}
    base_url: BASE
owns: [https://hooks.example.com/*]
webhooks:
  a:
    url: https://hooks.example.com/a&b?x=1
    events: [order.paid, order.sent]
"""


def _nested(pairs: list[tuple[str, str]]) -> dict[str, Any]:
    """What `events[]=a&config[url]=b` means."""
    document: dict[str, Any] = {}
    for name, value in pairs:
        outer, _, inner = name.rstrip("]").partition("[")
        if not name.endswith("]"):
            document[name] = {"true": True, "false": False}.get(value, value)
        elif not inner:
            document.setdefault(outer, []).append(value)
        else:
            document.setdefault(outer, {})[inner] = value
    return document


class Formic(Struct):
    base_url: str = ""
    hooks: dict[str, dict[str, Any]] = field(default_factory=dict)
    bodies: list[tuple[str, str]] = field(default_factory=list)


@pytest.fixture
def formic(monkeypatch: pytest.MonkeyPatch) -> Iterator[Formic]:
    """The package is installed, and its server runs."""
    entry = EntryPoint("formic", f"{__name__}:PLUGIN", "reconciler.providers")
    monkeypatch.setattr(registry, "_entry_points", lambda: (entry,))
    state = Formic()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            pass

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            wanted = self.path.removeprefix("/hooks").strip("/")
            if self.command != "GET":
                assert self.headers["Content-Type"] == "application/x-www-form-urlencoded"
                state.bodies.append((self.command, body))
            sent = _nested(parse_qsl(body, keep_blank_values=True))
            if self.command == "POST":
                wanted = str(len(state.hooks) + 1)
                state.hooks[wanted] = {"id": wanted, "enabled": True, **sent}
            elif self.command == "PATCH":
                state.hooks[wanted] |= sent  # `config` is replaced as a whole, its secret with it
            answer = _shown(state.hooks[wanted]) if wanted else [_shown(hook) for hook in state.hooks.values()]
            data = json.dumps(answer).encode()
            self.send_response(201 if self.command == "POST" else 200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PATCH = _answer  # noqa: N815

    with serving(Handler) as state.base_url:
        yield state


def _shown(hook: dict[str, Any]) -> dict[str, Any]:
    return {**hook, "config": {name: value for name, value in hook["config"].items() if name != "secret"}}


def _run(folder: Path, formic: Formic, *arguments: str, more: str = "") -> tuple[int, str, str]:
    (folder / "webhooks.yaml").write_text(FILE.replace("BASE", formic.base_url) + more)
    return main_here(folder, arguments, {"FORMIC_TOKEN": "token-of-formic", "KEY": "a correct horse"})


def test_fields_go_as_a_form_and_come_back_the_same(tmp_path: Path, formic: Formic) -> None:
    code, out, err = _run(tmp_path, formic, "apply", "--auto-approve", more="    secret: ${KEY}\n    active: false\n")
    assert code == 0, out + err
    config = {"url": "https://hooks.example.com/a&b?x=1", "format": "json", "secret": "a correct horse"}
    assert formic.hooks == {
        "1": {"id": "1", "enabled": False, "events": ["order.paid", "order.sent"], "config": config}
    }
    code, out, err = _run(tmp_path, formic, "drift", more="    secret: ${KEY}\n    active: false\n")
    assert code == 0, out + err


def test_an_update_outside_the_part_leaves_its_secret_alone(tmp_path: Path, formic: Formic) -> None:
    _run(tmp_path, formic, "apply", "--auto-approve", more="    secret: ${KEY}\n    active: false\n")
    code, out, err = _run(tmp_path, formic, "apply", "--auto-approve", more="")
    assert code == 0, out + err
    assert formic.bodies[-1] == ("PATCH", "enabled=true")
    assert formic.hooks["1"]["config"]["secret"] == "a correct horse"


def test_an_update_that_would_take_the_secret_away_is_refused_in_the_plan(tmp_path: Path, formic: Formic) -> None:
    _run(tmp_path, formic, "apply", "--auto-approve", more="    secret: ${KEY}\n")
    sent = len(formic.bodies)
    for command in (["plan"], ["apply", "--auto-approve"]):
        code, out, err = _run(tmp_path, formic, *command, more="    format: form\n")
        assert (code, len(formic.bodies)) == (1, sent), out + err
        assert "secret" in err + out
    code, out, err = _run(tmp_path, formic, "apply", "--auto-approve", more="    format: form\n    secret: ${KEY}\n")
    assert code == 0, out + err
    assert formic.hooks["1"]["config"] == {
        "url": "https://hooks.example.com/a&b?x=1", "format": "form", "secret": "a correct horse",
    }  # fmt: skip
