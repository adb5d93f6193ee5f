"""A story that people live through with each service: adopt what is there, change it, rotate, find drift, delete.

The installed command is run as processes; what became of the service is asked of the service itself, by plain HTTP.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.tool import COMMAND, Ended
from tests.real.service import RealServer

pytestmark = pytest.mark.real

ORDERS = "https://hooks.example.com/orders"
AUDIT = "https://audit.example.com/"
SECRET, NEXT_SECRET = "correct-horse-battery", "staple-of-another-horse"
WAIT = 120  # seconds that a command may take


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One service's part in the story. Places are the first of those that its server has.

    Attributes:
        account: the account's own lines; `BASE` stands for the server's URL, `TOKEN` is the credential's variable.
        events: those of the entry, before and after the change.
        theirs: a webhook of `ORDERS` as the service has it, which somebody made by hand, with the first events.
        audit: another one, which no file says.
        shown: what matters of a webhook of the service: its URL, its events as a file says them, whether it is on.
        drift: what somebody changes by hand.
        secret: whether a file can say one.
        is_gone: whether a webhook that is listed was deleted all the same.
    """

    account: str
    events: tuple[tuple[str, ...], tuple[str, ...]]
    theirs: Mapping[str, object]
    audit: Mapping[str, object]
    shown: Callable[[dict[str, Any]], tuple[str, frozenset[str], bool]]
    drift: Mapping[str, object]
    secret: bool = False
    is_gone: Callable[[dict[str, Any]], bool] = lambda _: False


PARTS = {
    # The emulator shows no mask and has no `/config`, so that a secret, once set, always looks as if it weren't there.
    "emulate": Part(
        account="provider: github\n    repositories: [acme/web]",
        events=(("push",), ("pull_request", "push")),
        theirs={"config": {"url": ORDERS, "content_type": "json"}, "events": ["push"]},
        audit={"config": {"url": AUDIT, "content_type": "json"}, "events": ["*"]},
        shown=lambda hook: (hook["config"]["url"], frozenset(hook["events"]), hook["active"]),
        drift={"active": False},
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A folder with a file, the command in it, and the service."""

    folder: Path
    server: RealServer
    part: Part

    def write(self, entry: str | None) -> None:
        """Write the file with one entry, or none."""
        account = f"    {self.part.account}\n    base_url: {self.server.base_url}\n"
        account += "    token: ${TOKEN}\n" if self.server.token else ""
        webhooks = f"webhooks:\n  orders:\n{entry}" if entry else "webhooks: {}\n"
        text = f"version: 1\naccounts:\n  real:\n{account}owns: [https://hooks.example.com/*]\n{webhooks}"
        (self.folder / "webhooks.yaml").write_text(text, encoding="utf-8")

    def entry(self, events: tuple[str, ...]) -> str:
        secret = "    secret: ${SECRET}\n" if self.part.secret else ""
        return f"    url: {ORDERS}\n    events: [{', '.join(events)}]\n{secret}"

    def run(self, *arguments: str, code: int = 0, secret: str = SECRET) -> Ended:
        """Run the installed command to its end, in which no secret is printed."""
        base = {"PATH": "/usr/bin:/bin", "HOME": str(self.folder), "PYTHONWARNINGS": "error"}
        done = subprocess.run(
            [COMMAND, *arguments],
            cwd=self.folder,
            env={**base, "TOKEN": self.server.token, "SECRET": secret},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=WAIT,
            check=False,
        )
        ended = Ended(code=done.returncode, out=done.stdout, err=done.stderr)
        assert ended.code == code, ended.all
        assert "Traceback" not in ended.err, ended.err
        assert [one for one in (SECRET, NEXT_SECRET, self.server.token) if one and one in ended.all] == []
        return ended

    def there(self) -> list[dict[str, Any]]:
        """What the service has of the file's webhooks."""
        hooks = [hook for hook in self.server.all() if not self.part.is_gone(hook)]
        return [hook for hook in hooks if self.part.shown(hook)[0] != AUDIT]

    def audited(self) -> list[dict[str, Any]]:
        """The webhook that no file says, which stays as it is through all this."""
        return [hook for hook in self.server.all() if self.part.shown(hook)[0] == AUDIT]


@pytest.mark.parametrize("running_server", list(PARTS), indirect=True)
def test_adopt_change_rotate_drift_delete(server: RealServer, tmp_path: Path) -> None:
    part = PARTS[server.service]
    story = Story(folder=tmp_path, server=server, part=part)
    before, after = part.events
    theirs = server.make(part.theirs)[server.id]
    server.make(part.audit)
    audited = story.audited()

    # Adopt: a file that `export` writes, or that says the same, changes nothing that the service shows.
    story.write(None)
    exported = story.run("export").out
    assert ORDERS in exported
    if not part.secret:  # no service says which one it has
        (tmp_path / "webhooks.yaml").write_text(exported, encoding="utf-8")
        story.run("plan", "--detailed-exitcode")
        story.write(story.entry(before))
        story.run("plan", "--detailed-exitcode")

    # Change.
    story.write(story.entry(after))
    story.run("drift", code=2)
    story.run("apply", "--auto-approve")
    (hook,) = story.there()
    assert (hook[server.id], part.shown(hook)) == (theirs, (ORDERS, frozenset(after), True))
    story.run("drift")

    # Drift: somebody changes it by hand.
    answer = server.call("PATCH", server.hook(theirs), part.drift)
    assert answer.ok, answer.text
    story.run("drift", code=2)
    story.run("apply", "--auto-approve")
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
