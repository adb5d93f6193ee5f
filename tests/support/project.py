"""A team's repository on a small GitHub, with the documented workflows and a sandbox as the provider."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from msgspec import Struct, field

from tests.support.hub import REPOSITORY, Hub, hub
from tests.support.sandbox import Sandbox
from tests.support.workflows import ROOT, During, Event, Ran, Workflows, git

TOKEN, HOOK_TOKEN = "shippo_live_of-the-project", "hook-token-9f2c"
ORDERS = "  orders:\n    url: https://hooks.example.com/orders?token=${HOOK_TOKEN}\n    events: [transaction_created]\n"
TRACKING = "  tracking:\n    url: https://hooks.example.com/tracking\n    events: [track_updated]\n"
RETURNS = "  returns:\n    url: https://hooks.example.com/returns\n    events: [transaction_updated]\n"
WORKFLOWS = ROOT / "examples" / "github-actions"
FILE = "webhooks.yaml"


class Project(Struct, kw_only=True):
    """The repository, and what people do in it."""

    folder: Path
    hub: Hub
    sandbox: Sandbox
    workflows: Workflows
    token: str = TOKEN
    branches: dict[int, str] = field(default_factory=dict)

    @property
    def origin(self) -> Path:
        return self.workflows.origin

    def file(self, webhooks: str, more: str = "") -> str:
        """The text of `webhooks.yaml` with these entries."""
        return (
            "version: 1\naccounts:\n  live:\n    provider: shippo\n    token: ${SHIPPO_LIVE_TOKEN}\n    mode: live\n"
            f"    base_url: {self.sandbox.base_url}\nowns: [https://hooks.example.com/*]\n{more}webhooks:\n{webhooks}"
        )

    def commit(self, text: str, *parents: str) -> str:
        """A commit of this file, and nothing else."""
        (self.origin / FILE).write_text(text, encoding="utf-8")
        git(self.origin, "add", FILE)
        tree = git(self.origin, "write-tree")
        return git(self.origin, "commit-tree", tree, "-m", "Change", *(word for one in parents for word in ("-p", one)))

    def main(self) -> str:
        return git(self.origin, "rev-parse", "refs/heads/main")

    def start(self, text: str) -> None:
        """The branch `main` begins with this file."""
        git(self.origin, "update-ref", "refs/heads/main", self.commit(text))

    def open(self, text: str, *, source: str = REPOSITORY) -> int:
        """Open a pull request with this file; its number."""
        issue = self.hub.open_issue("Change webhooks", "", "octocat")
        self.branches[issue.number] = source
        issue.pull = {}
        self.push(issue.number, text)
        return issue.number

    def push(self, number: int, text: str) -> None:
        """Push a commit with this file to a pull request."""
        head = self.commit(text, self.main())
        git(self.origin, "update-ref", f"refs/pull/{number}/head", head)
        self.hub.issues[number].pull = {
            "number": number,
            "head": {"sha": head, "repo": {"full_name": self.branches[number]}},
            "merged": False,
            "merged_at": None,
            "merge_commit_sha": None,
        }

    def pull(self, number: int) -> dict[str, Any]:
        pull = self.hub.issues[number].pull
        assert pull is not None
        return pull

    def merge(self, number: int) -> str:
        """Merge a pull request; the merge's commit."""
        pull = self.pull(number)
        merge = self._merged(pull["head"]["sha"])
        git(self.origin, "update-ref", "refs/heads/main", merge)
        pull |= {"merged": True, "merged_at": f"2026-01-02T00:00:{number:02}Z", "merge_commit_sha": merge}
        return merge

    def _merged(self, head: str) -> str:
        tree = git(self.origin, "rev-parse", f"{head}^{{tree}}")
        return git(self.origin, "commit-tree", tree, "-m", "Merge", "-p", self.main(), "-p", head)

    def plan(self, number: int, *, actor: str = "octocat", **inputs: str) -> Ran:
        """The workflow of a pull request."""
        pull = self.pull(number)
        is_trusted = pull["head"]["repo"]["full_name"] == REPOSITORY and actor != "dependabot[bot]"
        event = Event(
            name="pull_request", payload={"action": "synchronize", "number": number, "pull_request": pull},
            sha=self._merged(pull["head"]["sha"]), ref=f"refs/pull/{number}/merge", actor=actor,
            gets_secrets=is_trusted,
        )  # fmt: skip
        return self.workflows.run(WORKFLOWS / "plan.yml", event, inputs=inputs)

    def apply(self, during: During | None = None, *, by_hand: bool = False, **inputs: str) -> Ran:
        """The workflow of a push to `main`, or one that somebody starts."""
        sha = self.main()
        event = Event(name="workflow_dispatch" if by_hand else "push", payload={"after": sha}, sha=sha)
        return self.workflows.run(WORKFLOWS / "apply.yml", event, during, inputs)

    def drift(self, **inputs: str) -> Ran:
        """The workflow of the schedule."""
        event = Event(name="schedule", payload={"schedule": "23 5 * * *"}, sha=self.main())
        return self.workflows.run(WORKFLOWS / "drift.yml", event, inputs=inputs)

    def there(self) -> set[tuple[str, str]]:
        """What the provider has: paths and events."""
        prefix = "https://hooks.example.com"
        return {(hook.url.removeprefix(prefix), hook.event) for hook in self.sandbox.store.list(self.token)}

    def delete(self, event: str) -> None:
        """Somebody deletes the webhooks of an event at the provider."""
        for hook in self.sandbox.store.list(self.token):
            if hook.event == event:
                self.sandbox.store.delete(self.token, hook.object_id)

    def check_secrets(self, *others: str) -> None:
        """No secret stands where anybody may read it."""
        told = self.told()
        found = [secret for secret in (*self.workflows.secrets.values(), *others) if secret and secret in told]
        assert found == [], told

    def told(self) -> str:
        """Everything that anybody may read: logs, summaries, comments, issues, artifacts, and what was sent on."""
        kept = [path.read_text("utf-8", "replace") for path in self.workflows.stored.rglob("*") if path.is_file()]
        return "\n".join([*self.workflows.texts, self.hub.written(), str(self.hub.told), *kept])


Make = Callable[..., Project]


def makes_projects(stack: ExitStack, folder: Path, sandbox: Sandbox) -> Make:
    """Makes projects that end with the stack, when their secrets are looked for; each has an account of its own."""

    def make(**secrets: str) -> Project:
        number = sandbox.mark()
        origin = folder / str(number) / "origin"
        origin.mkdir(parents=True)
        git(origin, "init", "--quiet", "--initial-branch=main")
        token = f"{TOKEN}-{folder.name}-{number}"
        kept = {"SHIPPO_LIVE_TOKEN": token, "HOOK_TOKEN": HOOK_TOKEN, **secrets}
        served = stack.enter_context(hub())
        served.labels |= {f"webhooks: {word}" for word in ("changes", "none", "losses")}
        workflows = Workflows(hub=served, origin=origin, folder=origin.parent, secrets=kept)
        made = Project(folder=origin.parent, hub=served, sandbox=sandbox, workflows=workflows, token=token)
        stack.callback(made.check_secrets)
        return made

    return make
