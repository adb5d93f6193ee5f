"""What the runner gives a step, and what a step gives back to it."""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from reconciler.output.pipeline import append_summary, command

COMMANDS = ("plan", "apply", "drift", "validate")
DIGITS = 8
"""How many characters of a hash tell configurations apart, and of a commit's."""


class JobError(Exception):
    """The action can't go on; its text says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """The inputs of the action, as texts."""

    texts: dict[str, str]

    def __getitem__(self, name: str) -> str:
        return self.texts.get(name, "").strip()

    def lines(self, name: str) -> tuple[str, ...]:
        """The lines of an input that has one value a line."""
        return tuple(filter(None, map(str.strip, self[name].splitlines())))

    def is_on(self, name: str) -> bool:
        """Whether a boolean input is true.

        Raises:
            JobError: it is neither true nor false.
        """
        if self[name] not in ("true", "false"):
            raise JobError(f"The input `{name}` is `true` or `false`.")
        return self[name] == "true"

    @property
    def command(self) -> str:
        if self["command"] not in COMMANDS:
            raise JobError(f"The input `command` is one of: {', '.join(COMMANDS)}.")
        return self["command"]

    def configuration(self, variables: tuple[str, ...]) -> str:
        """A name for what is planned: what is planned of other inputs has another one.

        Args:
            variables: those of `var`, without the values that may be secret: from the name they could be guessed.
        """
        parts = [*self.lines("file"), *self.lines("account")]
        names = ("file", "account", "var-file", "env-file")
        told = [self["working-directory"], self["base-url"], variables, *map(self.lines, names)]
        words = re.sub(r"[^a-z0-9]+", "-", "-".join(parts).lower()).strip("-")[:40].strip("-")
        return f"{words}-{hashlib.sha256(json.dumps(told).encode()).hexdigest()[:DIGITS]}"

    @property
    def sources(self) -> list[str]:
        """The options that say from what a plan is made; a saved plan keeps them."""
        return self._options("file", "var", "var-file", "env-file", "base-url")

    @property
    def accounts(self) -> list[str]:
        """The options of every command that say which accounts."""
        return self._options("account")

    @property
    def filters(self) -> list[str]:
        """The options that a saved plan keeps, too, and that can't be given beside it."""
        losses = self["allow-losses"]
        losses = losses.lstrip("0") or losses[:1]  # as a saved plan has the number
        return [*self.accounts, *([f"--allow-losses={losses}"] if losses else [])]

    @property
    def hosts(self) -> list[str]:
        """The options that no plan keeps."""
        return self._options("allow-host")

    @property
    def shown(self) -> list[str]:
        """The options of what is looked at that say how much is shown."""
        return ["--show-unmanaged"] if self.is_on("show-unmanaged") else []

    def _options(self, *names: str) -> list[str]:
        return [f"--{name}={value}" for name in names for value in self.lines(name)]


class Job:
    """The job that this step is part of, by its environment."""

    def __init__(self) -> None:
        self.inputs = Inputs(json.loads(os.environ.get("ACTION_INPUTS", "{}")))
        self.event_name = os.environ["GITHUB_EVENT_NAME"]
        self.repository = os.environ["GITHUB_REPOSITORY"]
        self.sha = os.environ["GITHUB_SHA"]

    @cached_property
    def event(self) -> dict[str, Any]:
        """What happened, as a webhook of GitHub says it."""
        found: dict[str, Any] = json.loads(Path(os.environ["GITHUB_EVENT_PATH"]).read_text("utf-8"))
        return found

    @property
    def pull_request(self) -> dict[str, Any] | None:
        """The pull request that the event is about."""
        return self.event.get("pull_request") if self.event_name == "pull_request" else None

    @property
    def is_of_a_fork(self) -> bool:
        """Whether it is a fork's pull request: GitHub keeps secrets from it, and its token only reads."""
        pull = self.pull_request
        # The head of a fork that was deleted has no repository.
        return pull is not None and (pull["head"].get("repo") or {}).get("full_name") != self.repository

    @property
    def may_lack_secrets(self) -> bool:
        """Whether GitHub keeps the repository's secrets from the job: Dependabot's has secrets of its own, or none."""
        return self.is_of_a_fork or os.environ.get("GITHUB_ACTOR") == "dependabot[bot]"

    @property
    def is_in_a_fork(self) -> bool:
        """Whether the repository is itself a fork: with the workflows of where it comes from, without its secrets."""
        return bool((self.event.get("repository") or {}).get("fork"))

    @property
    def attempt(self) -> str:
        """Which time it is that the run's jobs are run."""
        return os.environ.get("GITHUB_RUN_ATTEMPT", "1")

    @property
    def run_url(self) -> str:
        return f"{self._url}/actions/runs/{os.environ['GITHUB_RUN_ID']}"

    @property
    def secrets_url(self) -> str:
        """Where the repository's secrets are set."""
        return f"{self._url}/settings/secrets/actions"

    @property
    def _url(self) -> str:
        return f"{os.environ['GITHUB_SERVER_URL']}/{self.repository}"


def output(**values: object) -> None:
    """Set outputs of the step; `_` in a name stands for `-`."""
    with Path(os.environ["GITHUB_OUTPUT"]).open("a", encoding="utf-8") as file:
        for name, value in values.items():
            # GitHub's way for values that may have any character: the delimiter can't be guessed.
            delimiter = f"ghadelimiter_{secrets.token_hex(16)}"
            file.write(f"{name.replace('_', '-')}<<{delimiter}\n{value}\n{delimiter}\n")


def summarize(markdown: str) -> None:
    """Add to the job's summary."""
    path = os.environ.get("GITHUB_STEP_SUMMARY")
    if path and markdown and (problem := append_summary(Path(path), f"\n{markdown}\n")):
        annotate("warning", problem)


def annotate(level: str, text: str) -> None:
    """Show a `notice`, `warning` or `error` at the run."""
    print(command(level, text, title="Webhooks"), flush=True)
