"""What the commands say: endings of the contract, no secret anywhere, and nothing that isn't so."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache

from tests.robustness.case import FOREIGN_SECRET, OLD_SECRET, SECRETS, Case, Mode, Told
from tests.robustness.drawing import TOKENS
from tests.robustness.stage import BACKUP_FILE, Phase, Stage
from tests.support.canaries import Canaries

_ENDED = (0, 1, 3)
_DEATHS = {"SIGKILL": (-9,), "SIGTERM": (143, -15), "SIGINT": (130,)}


def words(case: Case, told: Told) -> Iterator[str]:
    """Every ending is one of the contract's, without a traceback, and no secret shows."""
    deaths = _DEATHS[case.death.signal] if case.death is not None else ()
    looked = (2,) if told.arguments[0] in ("plan", "drift") else ()
    name = " ".join(told.arguments)
    if told.code not in (*_ENDED, *deaths, *looked):
        yield f"ending: `{name}` ended with {told.code}: {told.err[-300:]}"
    for text in (told.out, told.err):
        if "Traceback" in text or "this is a bug" in text:
            yield f"traceback: `{name}`: {text[-600:]}"
        for secret in _leaks(text):
            yield f"leak: `{name}` shows {secret}: {text[-1500:]}"


def honest(case: Case, phase: Phase) -> Iterator[str]:
    """What a run reports as done is so, and what it reports as not done isn't."""
    if not case.json or len(phase.told) != 1 or case.mode is Mode.LOOK or not case.tells_the_truth or case.meddling:
        return
    effects = {
        (entry.method, entry.object_id) for entries in phase.log.values() for entry in entries if entry.took_effect
    }
    after = {object_id: one for there in phase.after.values() for object_id, one in there.items()}
    last: dict[tuple[str, str], Mapping[str, str]] = {}
    for line in phase.told[0].out.splitlines():
        said = json.loads(line) if line.startswith("{") and line.endswith("}") else {}
        if said.get("type") in ("apply_complete", "apply_errored"):
            last[said["hook"]["resource"]["addr"], said["hook"]["action"]] = said["hook"]
    for (address, action), hook in last.items():
        object_id, outcome = hook["object_id"], hook["outcome"]
        there = object_id in after
        if outcome in ("done", "already") and object_id and there is (action == "delete"):
            # A switched-off webhook that is gone delivers as much.
            yield f"report: {address} {action} is {outcome}, and isn't"
        method = {"update": "PUT", "delete": "DELETE"}.get(action)
        if outcome in ("failed", "held", "not_started") and (method, object_id) in effects:
            yield f"report: {address} {action} is {outcome}, and was done"


def leaks_in_files(stage: Stage) -> list[str]:
    """The secrets that the files of a case's folder tell, those aside that are there to hold them."""
    return [
        f"leak: {path.name} has {secret}"
        for path in stage.folder.iterdir()
        if path.name not in (f"{BACKUP_FILE}.env", "webhooks.yaml")
        for secret in _leaks(path.read_text(encoding="utf-8", errors="replace"))
    ]


def _leaks(text: str) -> list[str]:
    return _canaries().found_in(text)


@cache
def _canaries() -> Canaries:
    tokens = {f"a token of {token[:11]}": token.split("_", 2)[2] for token in TOKENS}
    return Canaries({**SECRETS, "an old secret": OLD_SECRET, "a foreign secret": FOREIGN_SECRET, **tokens})
