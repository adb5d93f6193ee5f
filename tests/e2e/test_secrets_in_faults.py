"""No secret is told where calls fail, whatever a provider answers, quotes or echoes."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from reconciler.sandbox.faults import DROP_ANSWER, LATE_BAD_GATEWAY, RESET_ANSWER, RESET_REQUEST, Action, Answer, Rule
from tests.e2e.secretive import FED, THERE, WRITTEN, Secretive
from tests.e2e.tool import HOST
from tests.providers.tools import RawServer, says
from tests.support.faults import HoldRequest

JSON = ("--format", "json")
YES = ("--auto-approve", "--allow-losses", "9")


_SAID = [value for name, value in {**FED, **WRITTEN, **THERE}.items() if name != "path in words"]
"""What a provider may quote. It may put a word into a sentence that isn't in what was sent: nobody can know."""


def _quoting(form: Callable[[str], object]) -> bytes:
    return json.dumps(form(" ".join(_SAID))).encode()


BODIES = {
    "detail": _quoting(lambda said: {"detail": f"Not acceptable: {said}"}),
    "one-a-field": json.dumps({f"field_{n}": [f"The value {said} is wrong."] for n, said in enumerate(_SAID)}).encode(),
    "words-of-one": json.dumps({"url": _SAID, "event": [{"a": _SAID}], "detail": _SAID[1]}).encode(),
    "names": json.dumps({name: ["no"] for said in _SAID for name in (said, said.lower())}).encode(),
    "nested": _quoting(lambda said: {"error": {"message": said, "request": {"headers": {"Authorization": said}}}}),
    "text": _quoting(lambda said: said),
    "html": f"<html><body><h1>Bad request</h1><pre>{' '.join(_SAID)}</pre></body></html>".encode(),
    "webhook": json.dumps({"object_id": _SAID[0], "url": _SAID[1], "event": 7, "active": _SAID[2]}).encode(),
    "made": json.dumps(
        {
            "object_id": "made",
            "url": f"{HOST}/made/{THERE['gone path']}?token={THERE['gone query']}",
            "event": "track_updated",
            "active": True,
            "is_test": False,
            "object_owner": "shop-owner@sandbox.example",
            "detail": FED["query"],
        }
    ).encode(),
    "list": json.dumps({"results": [{"url": said} for said in _SAID], "count": 1, "next": _SAID[0]}).encode(),
}
_ANSWERS = [
    *(pytest.param(Answer(status=400, body=body), id=f"400-{name}") for name, body in BODIES.items()),
    *(
        pytest.param(Answer(status=status, body=BODIES["names"], retry_after=_SAID[1]), id=f"{status}")
        for status in (401, 403, 404, 409, 418, 422, 429, 500, 503)
    ),
    *(
        pytest.param(Answer(status=200, body=BODIES[name]), id=f"200-{name}")
        for name in ("html", "webhook", "made", "list")
    ),
    pytest.param(Answer(status=302, location=f"https://evil.example.com/{_SAID[1]}?token={_SAID[2]}"), id="redirect"),
    pytest.param(Answer(status=302, location=f"https://{_SAID[3]}:{_SAID[5]}@evil.example.com/"), id="redirect-user"),
    pytest.param(Answer(status=302, location=f"//[{_SAID[3]}"), id="redirect-nonsense"),
    pytest.param(RESET_REQUEST, id="reset"),
    pytest.param(RESET_ANSWER, id="reset-after"),
    pytest.param(DROP_ANSWER, id="dropped"),
    pytest.param(Action(cut=150), id="cut"),
    pytest.param(LATE_BAD_GATEWAY, id="502-html"),
]


@pytest.mark.parametrize("action", _ANSWERS)
def test_list_that_fails_tells_no_secret(looked: Secretive, action: Action) -> None:
    with looked.fault(Rule(action=action, method="GET", path="/webhooks")):
        looked.run("plan", "-vv", *JSON)


@pytest.mark.parametrize("talk", [(), ("-v",), ("-q",), JSON], ids=" ".join)
def test_list_that_fails_tells_no_secret_in_any_format(looked: Secretive, talk: tuple[str, ...]) -> None:
    with looked.fault(Rule(action=Answer(status=400, body=BODIES["names"]), method="GET")):
        for command in (("plan",), ("drift",), ("list",), ("apply", *YES)):
            looked.run(*command, *talk)
        looked.run("export")


@pytest.mark.parametrize("action", _ANSWERS)
def test_apply_that_fails_tells_no_secret(world: Secretive, action: Action) -> None:
    writes = [Rule(action=action, method=method) for method in ("POST", "PUT", "DELETE")]
    with world.fault(*writes):
        world.run("apply", *YES, "-vv")
    with world.fault(*writes[:1], Rule(action=action, path="/webhooks/*"), optional=True):  # all may be done by now
        world.run("apply", *YES, *JSON)


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        pytest.param("200 OK", [f"X-{name}: {value}" for name, value in FED.items()], id="no-header-at-all"),
        pytest.param("200 OK", [f"{_SAID[1]}", f" {_SAID[2]}: x", "\x00: y"], id="broken"),
        pytest.param(f"200 {_SAID[1]}", [f"Set-Cookie: a={_SAID[2]}"], id="reason-and-cookie"),
        pytest.param(f"400 {_SAID[1]}", [f"WWW-Authenticate: {_SAID[2]}", f"Retry-After: {_SAID[3]}"], id="refused"),
        pytest.param(f"{_SAID[1]} {_SAID[2]}", [], id="no-status"),
        pytest.param("200 OK", ["Content-Encoding: gzip"], id="not-gzipped"),
        pytest.param("200 OK", [f"Transfer-Encoding: chunked\r\n\r\n{_SAID[1]}"], id="bad-chunk"),
        pytest.param("200 OK", [f"Content-Length: {_SAID[1]}"], id="bad-length"),
    ],
)
def test_heads_of_answers_tell_no_secret(looked: Secretive, status: str, headers: list[str]) -> None:
    with RawServer(says(status, BODIES["list"], *headers)) as server:
        file = looked.folder / "raw.yaml"
        looked.write(
            (looked.folder / "webhooks.yaml").read_text().replace(looked.sandbox.base_url, server.base_url), file.name
        )
        ended = looked.run("plan", "-vv", "-f", file.name)
        assert (ended.code, bool(server.received)) == (1, True)


def test_next_page_tells_no_secret(looked: Secretive) -> None:
    for following in (
        f"?page=2&cursor={_SAID[1]}",
        f"/{_SAID[1]}?cursor={_SAID[2]}",
        f"https://evil.example.com/{_SAID[1]}?token={_SAID[2]}",
        f"https://user:{_SAID[5]}@evil.example.com/",
        f"https://[{_SAID[5]}",
    ):
        body = json.dumps({"results": [], "count": 30, "next": following}).encode()
        with looked.fault(Rule(action=Answer(status=200, body=body), method="GET")):
            assert looked.run("plan", "-vv").code == 1


@pytest.mark.parametrize("talk", [("-vv",), JSON], ids=" ".join)
def test_provider_that_is_silent_or_away_tells_no_secret(looked: Secretive, talk: tuple[str, ...]) -> None:
    good = (looked.folder / "webhooks.yaml").read_text(encoding="utf-8")
    looked.write(good.replace("provider: shippo", "provider: shippo, timeout: 0.1"), "silent.yaml")
    with looked.fault(Rule(action=HoldRequest())):
        silent = looked.run("plan", "-f", "silent.yaml", *talk)
    looked.write(good.replace(looked.sandbox.base_url, "http://127.0.0.1:1"), "away.yaml")  # nobody listens there
    away = looked.run("plan", "-f", "away.yaml", *talk)
    assert ("did not respond within" in silent.out, "refused the connection" in away.out) == (True, True), (
        silent.out + away.out
    )
