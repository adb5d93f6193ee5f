"""An account with something for each kind of change to do, and commands that die while they work on it."""

from __future__ import annotations

import itertools
import signal
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct, field

from reconciler.sandbox.faults import Action, Rule, When
from reconciler.sandbox.store import Webhook
from tests.e2e.forked import Forked
from tests.e2e.tool import HOST, Ended, Tool, entries, run_here
from tests.support.faults import ArmedRule, LiveFaults
from tests.support.replay import gaps
from tests.support.sandbox import LogEntry, Sandbox

Kept = tuple[str, str, bool]
"""What somebody who restores an account wants back of a webhook: URL, event, active."""

APPLY = ("apply", "--auto-approve", "--allow-losses", "9", "--parallelism", "1")
ELSEWHERE = "https://other.example.com/x"
WANTED: frozenset[Kept] = frozenset(
    {
        (f"{HOST}/token?token=new", "track_updated", True),
        (f"{HOST}/off", "track_updated", False),
        (f"{HOST}/renamed", "batch_created", True),
        (f"{HOST}/single", "track_updated", True),
        (f"{HOST}/single", "batch_created", True),
        (f"{HOST}/twice", "track_updated", True),
        (f"{HOST}/protected", "track_updated", False),
        (ELSEWHERE, "all", True),
    }
)
"""What there is after an apply: updates that widen and narrow, a create, a delete, a rename, `all` made singles, and a
duplicate gone; what is protected, and what is somebody else's, as it was."""

_FILE = (
    entries(
        token="/token?token=${T}",
        renamed="/renamed batch_created",
        single="/single track_updated batch_created",
        twice="/twice",
        protected="/protected",
    )
    + f"  off:\n    url: {HOST}/off\n    events: [track_updated]\n    active: false\n"
)
_NUMBERS = itertools.count()


class Patient(Struct, kw_only=True):
    """An account of its own, and a folder of its own with the file for it.

    Attributes:
        before: what the account has at the beginning, by id.
    """

    folder: Path
    sandbox: Sandbox
    token: str = field(default_factory=lambda: f"shippo_live_patient-{next(_NUMBERS)}")
    before: dict[str, Webhook] = field(default_factory=dict)
    mark: int = 0

    def __post_init__(self) -> None:
        self.folder = self.folder / self.token
        self.folder.mkdir()
        Tool(folder=self.folder, sandbox=self.sandbox).write(_FILE, more=f"protect: [{HOST}/protected]\n")
        for number, (url, event, active) in enumerate(
            (
                ("/token?token=old", "track_updated", True),
                ("/off", "track_updated", True),
                ("/gone", "track_updated", True),
                ("/old", "batch_created", True),
                ("/single", "all", True),
                ("/twice", "track_updated", True),
                ("/twice", "track_updated", True),
                ("/protected", "track_updated", False),
                (ELSEWHERE, "all", True),
            )
        ):
            # Ids in this order, so that every patient's changes come in one order.
            self.sandbox.store.create(
                self.token,
                object_id=f"{self.token}-{number}",
                url=url if url == ELSEWHERE else HOST + url,
                event=event,
                active=active,
            )
        self.before = self.there()
        self.mark = self.sandbox.mark()

    @property
    def untouchable(self) -> list[Webhook]:
        """What is protected or somebody else's, as it was at the beginning."""
        return [webhook for webhook in self.before.values() if webhook.url in (ELSEWHERE, f"{HOST}/protected")]

    @property
    def environment(self) -> Mapping[str, str]:
        """What the file's variables are."""
        return {"SHIPPO_API_TOKEN": self.token, "T": "new"}

    @property
    def faults(self) -> LiveFaults:
        """What holds its calls."""
        return self.sandbox.faults

    def there(self) -> dict[str, Webhook]:
        """What the account has now, by id."""
        return {webhook.object_id: webhook for webhook in self.sandbox.store.list(self.token)}

    def log(self, after: int | None = None) -> list[LogEntry]:
        """The account's requests that reached the provider."""
        key = self.token
        log = self.sandbox.log(after=self.mark if after is None else after)
        return [entry for entry in log if entry.account == key]

    def writes(self, after: int | None = None) -> list[LogEntry]:
        """Those that would change something."""
        return [entry for entry in self.log(after) if entry.method != "GET"]

    def run(self, *arguments: str) -> Ended:
        """Run a command to its end, in this process."""
        return run_here(self.folder, *arguments, environment=self.environment)

    def start(self, *arguments: str, first: Callable[[], object] | None = None) -> Forked:
        """Start a command in a process of its own."""
        return Forked(self.folder, *arguments, environment=self.environment, first=first)

    @contextmanager
    def holding(self, rule: Rule) -> Iterator[ArmedRule]:
        """Meanwhile calls are held as a rule says."""
        held = self.faults.add(rule)
        try:
            yield held
        finally:
            self.faults.remove(held)

    def dies(self, action: Action, k: int, *arguments: str) -> None:
        """Run a command that is killed while its k-th call is held; a request that is held never gets there."""
        with self.holding(Rule(action=action, when=When(nth=k))) as held, self.start(*arguments) as command:
            held.wait_until_held()
            command.process.kill()
            assert command.end().code == -signal.SIGKILL
            held.abandon()

    def check_finished(self) -> None:
        """The account is as wanted, the plan is empty, and on the way there nothing was lost or touched by mistake."""
        plan = self.run("plan", "--detailed-exitcode")
        assert plan.code == 0, plan.all
        there = self.there()
        assert kept(there) == Counter(WANTED)
        assert [there.get(other.object_id) for other in self.untouchable] == self.untouchable
        assert gaps(self.before, self.log()) == set()


def kept(webhooks: Mapping[str, Webhook]) -> Counter[Kept]:
    """Webhooks as somebody who restores them wants them back."""
    return Counter((webhook.url, webhook.event, webhook.active) for webhook in webhooks.values())


def calls_of(patient: Patient, *arguments: str) -> list[str]:
    """The methods of the calls that a command makes, in their order; it must end well."""
    mark = len(patient.faults.log())
    done = patient.run(*arguments)
    assert done.code == 0, done.all
    return [call.method for call in patient.faults.log()[mark:]]


def writes_in(calls: list[str]) -> list[int]:
    """Which of the calls change something; 1 is the first call."""
    return [k for k, method in enumerate(calls, 1) if method != "GET"]
