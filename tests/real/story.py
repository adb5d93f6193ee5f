"""The parts that services play in what people live through with each, and a folder in which the command is run."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

from tests.e2e.tool import COMMAND, Ended
from tests.real.service import RealServer

ORDERS = "https://hooks.example.com/orders"
AUDIT = "https://audit.example.com/"
SECRET, NEXT_SECRET = "correct-horse-battery", "staple-of-another-horse"
WAIT = 120  # seconds that a command may take


class Part(Struct, frozen=True, kw_only=True):
    """One service's part in the story. Places are the first of those that its server has.

    Attributes:
        account: the account's own lines.
        events: those of the entry, before and after the change.
        theirs: a webhook of `ORDERS` as the service has it, which somebody made by hand, with the first events.
        audit: another one, which no file says.
        shown: what matters of a webhook of the service: its URL, its events as a file says them, whether it is on.
        drift: what somebody changes by hand.
        secret: the line of an entry that says the secret; empty where it stands in the URL.
        shown_secret: the secret of a webhook, where the service shows it.
        hides_secret: whether the service doesn't even say that there is one, so that nobody can confirm it.
    """

    account: str
    events: tuple[tuple[str, ...], tuple[str, ...]]
    theirs: Mapping[str, object]
    audit: Mapping[str, object]
    shown: Callable[[dict[str, Any]], tuple[str, frozenset[str], bool]]
    drift: Mapping[str, object]
    secret: str = ""
    shown_secret: Callable[[dict[str, Any]], str] | None = None
    hides_secret: bool = False


def _of_pretix(url: str, action: str) -> Mapping[str, object]:
    return {"target_url": url, "all_events": True, "limit_events": [], "action_types": [action]}


PARTS = {
    # GitHub shows a mask. Of the emulator, a secret always looks as if it weren't there: each apply sends it again.
    "emulate": Part(
        account="provider: github\n    repositories: [acme/web]",
        events=(("push",), ("pull_request", "push")),
        theirs={"config": {"url": ORDERS, "content_type": "json"}, "events": ["push"]},
        audit={"config": {"url": AUDIT, "content_type": "json"}, "events": ["*"]},
        shown=lambda hook: (hook["config"]["url"], frozenset(hook["events"]), hook["active"]),
        drift={"active": False},
        secret="secret: ${SECRET}",
        hides_secret=True,
    ),
    "mlflow": Part(
        account="provider: mlflow",
        events=(
            ("model_version.created",),
            ("model_version_tag.set", "model_version.created", "model_version_alias.created"),
        ),
        theirs={"name": "orders", "url": ORDERS, "events": [{"entity": "MODEL_VERSION", "action": "CREATED"}]},
        audit={"name": "orders", "url": AUDIT, "events": [{"entity": "PROMPT", "action": "CREATED"}]},
        shown=lambda hook: (
            hook["url"],
            frozenset(f"{event['entity']}.{event['action']}".lower() for event in hook["events"]),
            hook["status"] == "ACTIVE",
        ),
        drift={"status": "DISABLED", "description": "by hand"},
        secret="secret: ${SECRET}",
    ),
    "pretix": Part(
        account="provider: pretix\n    organizers: [acme]",
        events=(
            ("pretix.event.order.paid",),
            ("pretix.event.order.placed", "pretix.event.order.changed.*", "pretix.event.order.paid"),
        ),
        theirs=_of_pretix(ORDERS, "pretix.event.order.paid"),
        audit=_of_pretix(AUDIT, "pretix.event.checkin"),
        shown=lambda hook: (hook["target_url"].partition("?")[0], frozenset(hook["action_types"]), hook["enabled"]),
        drift={"comment": "by hand", "action_types": ["pretix.event.order.placed"]},
        shown_secret=lambda hook: hook["target_url"].partition("?token=")[2],
    ),
    # Its own update by hand takes the actions away, too.
    "labelstudio": Part(
        account="provider: labelstudio\n    projects: ['1']",
        events=(("TASKS_CREATED",), ("TASKS_DELETED", "ANNOTATION_CREATED", "TASKS_CREATED")),
        theirs={"project": 1, "url": ORDERS, "send_for_all_actions": False, "actions": ["TASKS_CREATED"]},
        audit={"project": 1, "url": AUDIT},
        shown=lambda hook: (hook["url"], frozenset(hook["actions"]), hook["is_active"]),
        drift={"is_active": False},
        secret="headers: {X-Key: '${SECRET}'}",
        shown_secret=lambda hook: hook["headers"]["X-Key"],
    ),
}


class Story(Struct, frozen=True, kw_only=True):
    """A folder with a file, the command in it with the secret of a run, and the service."""

    folder: Path
    server: RealServer
    part: Part
    owned: str = "https://hooks.example.com/*"
    secret: str = SECRET

    def write(self, entry: str | None, account: str = "") -> None:
        """Write the file with one entry, or none; the account's own lines may be others."""
        account = f"    {account or self.part.account}\n    base_url: {self.server.base_url}\n"
        account += "    token: ${TOKEN}\n" if self.server.token else ""
        webhooks = f"webhooks:\n  orders:\n{entry}" if entry else "webhooks: {}\n"
        text = f"version: 1\naccounts:\n  real:\n{account}owns: [{self.owned}]\n{webhooks}"
        (self.folder / "webhooks.yaml").write_text(text, encoding="utf-8")

    def entry(self, events: tuple[str, ...], *, secret: bool = False, url: str = ORDERS) -> str:
        """The lines of an entry, with the secret if it says one."""
        token = "?token=${SECRET}" if secret and not self.part.secret else ""
        lines = [f"url: {url}{token}", f"events: [{', '.join(map(repr, events))}]"]
        lines += [self.part.secret] if secret else []
        return "".join(f"    {line}\n" for line in lines)

    def run(self, *arguments: str, code: int = 0) -> Ended:
        """Run the installed command to its end, in which no secret is printed."""
        base = {"PATH": "/usr/bin:/bin", "HOME": str(self.folder), "PYTHONWARNINGS": "error"}
        done = subprocess.run(
            [COMMAND, *arguments],
            cwd=self.folder,
            env={**base, "TOKEN": self.server.token, "SECRET": self.secret},
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

    def apply(self, *options: str) -> None:
        """Apply an entry that says the secret, and see that nothing is left to do, as far as one can."""
        hides = self.part.hides_secret
        said = self.run("apply", "--auto-approve", *options, code=int(hides)).all
        assert ("different when read back" in said) == hides
        assert ("secret" in self.run("drift", code=2 if hides else 0).out) == hides

    def there(self) -> list[dict[str, Any]]:
        """What the service has of the file's webhooks."""
        hooks = [hook for hook in self.server.all() if not self.server.is_gone(hook)]
        return [hook for hook in hooks if self.part.shown(hook)[0] != AUDIT]

    def audited(self) -> list[dict[str, Any]]:
        """The webhook that no file says, which stays as it is through all this."""
        return [hook for hook in self.server.all() if self.part.shown(hook)[0] == AUDIT]
