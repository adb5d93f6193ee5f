"""A story that people live through with each service: adopt what is there, change it, rotate, find drift, delete.

The installed command is run as processes; what became of the service is asked of the service itself, by plain HTTP.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.real.service import RealServer
from tests.real.story import NEXT_SECRET, ORDERS, PARTS, Story

pytestmark = pytest.mark.real


@pytest.mark.parametrize("running_server", list(PARTS), indirect=True)
def test_adopt_change_rotate_drift_delete(server: RealServer, tmp_path: Path) -> None:
    part = PARTS[server.service]
    story = Story(folder=tmp_path, server=server, part=part)
    before, after = part.events
    theirs = server.make(part.theirs)[server.id]
    server.make(part.audit)
    audited = story.audited()

    # Adopt: a file that `export` writes, or that says the same, changes nothing.
    story.write(None)
    exported = story.run("export").out
    assert ORDERS in exported
    (tmp_path / "webhooks.yaml").write_text(exported, encoding="utf-8")
    story.run("plan", "--detailed-exitcode")
    story.write(story.entry(before))
    story.run("plan", "--detailed-exitcode")

    # Change.
    story.write(story.entry(after, secret=True))
    story.run("drift", code=2)
    story.apply()
    (hook,) = story.there()
    assert (hook[server.id], part.shown(hook)) == (theirs, (ORDERS, frozenset(after), True))

    # Rotate: a secret that can't be read is no difference, so it is sent where somebody asks for it, and only there.
    story, before_it = replace(story, secret=NEXT_SECRET), story.there()
    if part.shown_secret:
        story.run("drift", code=2)
        story.apply()
        (hook,) = story.there()
        assert part.shown_secret(hook) == NEXT_SECRET
    else:
        if not part.hides_secret:
            story.run("drift")
        story.apply("--resend-secrets")
        (hook,) = story.there()
        assert [hook] != before_it  # when it was last changed
    assert hook[server.id] == theirs

    # Drift: somebody changes it by hand.
    answer = server.call("PATCH", server.hook(theirs), part.drift)
    assert answer.ok, answer.text
    story.run("drift", code=2)
    story.apply()
    (hook,) = story.there()
    assert part.shown(hook) == (ORDERS, frozenset(after), True)

    # Delete.
    story.write(None)
    story.run("apply", "--auto-approve", code=3)  # the endpoint would lose its events
    assert len(story.there()) == 1
    story.run("apply", "--auto-approve", "--allow-losses", "1")
    assert story.there() == []
    story.run("drift")
    assert story.audited() == audited
