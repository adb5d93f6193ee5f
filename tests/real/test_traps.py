"""What each service does differently from what one would think, and what a run makes of it there."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.real.service import RealServer
from tests.real.services import on
from tests.real.story import NEXT_SECRET, ORDERS, PARTS, SECRET, Story
from tests.support.serving import serving

pytestmark = pytest.mark.real

CREATED = {"entity": "MODEL_VERSION", "action": "CREATED"}


@pytest.fixture
def story(server: RealServer, tmp_path: Path) -> Story:
    return Story(folder=tmp_path, server=server, part=PARTS[server.service])


# Those that sign


@contextmanager
def receiver() -> Iterator[tuple[str, list[tuple[Mapping[str, str], bytes]]]]:
    """A URL, and what it receives: headers and body."""
    received: list[tuple[Mapping[str, str], bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing."""

    with serving(Handler) as url:
        yield url, received


def is_signed(headers: Mapping[str, str], body: bytes, secret: str) -> bool:
    if "x-hub-signature-256" in headers:  # GitHub's
        return headers["x-hub-signature-256"] == f"sha256={hmac.digest(secret.encode(), body, hashlib.sha256).hex()}"
    signed = f"{headers['x-mlflow-delivery-id']}.{headers['x-mlflow-timestamp']}.".encode() + body
    digest = hmac.digest(secret.encode(), signed, hashlib.sha256)
    return headers["x-mlflow-signature"] == f"v1,{base64.b64encode(digest).decode()}"


@on("mlflow", "emulate")
def test_deliveries_are_signed_with_the_secret_that_was_sent_last(story: Story) -> None:
    server, test_delivery = story.server, {"mlflow": "/test", "emulate": "/pings"}[story.server.service]
    with receiver() as (url, received):
        story = replace(story, owned=f"{url}/*")
        story.write(story.entry(story.part.events[0], secret=True, url=f"{url}/orders"))
        for secret, option in ((SECRET, ()), (NEXT_SECRET, ("--resend-secrets",))):
            replace(story, secret=secret).apply(*option)
            (hook,) = server.all()
            assert server.call("POST", f"{server.hook(hook[server.id])}{test_delivery}", {}).ok
            assert is_signed(*received[-1], secret)


# MLflow


@on("mlflow")
def test_mlflow_takes_two_of_one_name_which_are_told_apart_by_their_urls(story: Story) -> None:
    other = "https://elsewhere.example.com/"
    for url in (ORDERS, other):
        story.server.make({"name": "orders", "url": url, "events": [CREATED]})
    story.write(story.entry(("model_version.created",)))
    story.run("plan", "--detailed-exitcode")
    again = story.server.make({"name": "orders", "url": ORDERS, "events": [CREATED]})
    story.run("apply", "--auto-approve")  # of two that are the same the older one stays
    assert sorted(hook["url"] for hook in story.server.all()) == sorted((other, ORDERS))
    assert again["webhook_id"] not in {hook["webhook_id"] for hook in story.server.all()}


@on("mlflow")
def test_mlflow_lists_more_than_one_page(story: Story) -> None:
    for number in range(101):
        story.server.make({"name": "ci", "url": f"https://elsewhere.example.com/{number}", "events": [CREATED]})
    story.write(None)
    assert "101 webhooks listed" in story.run("plan").out


# pretix


@on("pretix")
def test_pretix_lists_more_than_one_page(story: Story) -> None:
    for number in range(60):
        body = {**PARTS["pretix"].theirs, "target_url": f"https://elsewhere.example.com/{number}"}
        story.server.make(body)
    last = story.server.make(PARTS["pretix"].theirs)["id"]
    story.write(story.entry(PARTS["pretix"].events[1]))
    assert "61 of 61 webhooks listed" in story.run("plan").out
    story.run("apply", "--auto-approve")
    (hook,) = (hook for hook in story.there() if hook["target_url"] == ORDERS)
    assert (hook["id"], len(hook["action_types"])) == (last, 3)


@on("pretix")
def test_pretix_keeps_what_was_destroyed_and_it_is_made_again_as_another(story: Story) -> None:
    story.write(story.entry(PARTS["pretix"].events[0]))
    story.run("apply", "--auto-approve")
    (first,) = story.there()
    story.run("destroy", "--auto-approve", "--allow-losses", "1")
    assert story.server.get(first["id"]) == first | {"enabled": False}
    story.write(None)
    story.run("plan", "--detailed-exitcode")
    story.write(story.entry(PARTS["pretix"].events[0]))
    story.run("apply", "--auto-approve")
    (second,) = story.there()
    assert second == first | {"id": second["id"]}
    assert second["id"] != first["id"]


# Label Studio


@on("labelstudio")
def test_label_studio_keeps_actions_and_headers_where_only_the_switch_is_changed(story: Story) -> None:
    _, events = story.part.events
    body = {"project": 1, "url": ORDERS, "send_for_all_actions": False, "actions": list(events)}
    made = story.server.make({**body, "is_active": False, "headers": {"X-Key": "abc"}})
    story.write(story.entry(events))
    story.run("apply", "--auto-approve")
    found = story.server.get(made["id"])
    assert (found["is_active"], found["actions"], found["headers"]) == (True, sorted(events), {"X-Key": "abc"})
    assert "abc" not in story.run("export").out + story.run("list", "--format", "json").out


@on("labelstudio")
def test_label_studio_has_another_webhook_in_another_project(story: Story) -> None:
    entry = story.entry(story.part.events[0])
    both = "provider: labelstudio\n    projects: ['1', '2']"
    for place in ("1", "2"):
        story.write(f"    account: real:{place}\n{entry}", both)
        story.run("apply", "--auto-approve", "--allow-losses", "1")
        (hook,) = story.server.all()
        assert hook["project"] == int(place)
        story.run("drift")


@on("labelstudio")
def test_label_studio_sends_every_action_where_the_file_says_so(story: Story) -> None:
    story.write(story.entry(("*",)))
    story.run("apply", "--auto-approve")
    (hook,) = story.there()
    assert (hook["send_for_all_actions"], hook["actions"]) == (True, [])
    story.run("drift")
