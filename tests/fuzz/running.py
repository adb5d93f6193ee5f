"""Runs a command twice in this process, against a provider that is no server, and judges what it says."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from msgspec import Struct

from reconciler.http.exchange import ApiRequest, Reply
from reconciler.http.transport import Session
from tests.e2e.tool import Ended, run_here

REMOTES = [
    {"object_id": "1", "event": "transaction_created", "url": "https://h.example.com/orders?token=x", "active": True},
    {"object_id": "2", "event": "track_updated", "url": "https://hooks.example.com/shippo", "is_test": "true"},
    {"object_id": "3", "event": "all", "url": "https://u:p@elsewhere.example.com/", "new": 1},
]


@contextmanager
def provider() -> Iterator[None]:
    """Meanwhile every account of every file has a few webhooks, and no call leaves the process."""

    def send(_session: Session, request: ApiRequest) -> Reply:
        assert request.method == "GET", request
        page = {"next": None, "previous": None, "count": len(REMOTES), "results": REMOTES}
        return Reply(status=200, body=json.dumps(page).encode())

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Session, "send", send)
        yield


class Complaint(Struct, frozen=True):
    """A diagnostic as `validate --format json` has it."""

    severity: str
    code: str
    file: str
    line: int
    column: int
    summary: str


def run_twice(folder: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> Ended:
    """Run a command twice; both runs must say the same."""
    first, second = (run_here(folder, *arguments, environment=environment) for _ in range(2))
    assert first == second
    return first


def validated(folder: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> list[Complaint]:
    """What `validate` says of a file; its exit code must fit."""
    ended = run_twice(folder, "validate", "--format", "json", *arguments, environment=environment)
    document = ended.json()
    found = [_complaint(diagnostic) for diagnostic in document["diagnostics"]]
    errors = sum(complaint.severity == "error" for complaint in found)
    assert (ended.code, ended.err) == (1 if errors else 0, "")
    assert (document["valid"], document["error_count"]) == (not errors, errors)
    return found


def check_places(found: Sequence[Complaint], name: str, data: bytes) -> None:
    """Every complaint stands in the file, at a character that it has, or just behind its line.

    But for one of an option: the spoiled file has no place for what stands on the command line.
    """
    lines = re.split(r"\r\n|\r|\n", data.decode("utf-8", errors="replace").removeprefix("\ufeff"))
    for complaint in found:
        assert complaint.file == ("" if complaint.code == "variable-unused" else name), complaint
        if complaint.line:
            assert 1 <= complaint.line <= len(lines), complaint
            assert 1 <= complaint.column <= len(lines[complaint.line - 1]) + 1, complaint


def _complaint(diagnostic: Mapping[str, object]) -> Complaint:
    place = diagnostic.get("range", {"filename": ""})
    assert isinstance(place, dict)
    start = place.get("start", {"line": 0, "column": 0})
    return Complaint(
        severity=str(diagnostic["severity"]),
        code=str(diagnostic["code"]),
        file=str(place["filename"]),
        line=start["line"],
        column=start["column"],
        summary=str(diagnostic["summary"]),
    )
