"""Runs a command that hostile text may come out of, and sees that it comes out harmless."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from reconciler.output.escaping import visible
from reconciler.sandbox.faults import Answer, Rule
from tests.e2e.tool import Ended, Tool, run_here
from tests.support.clock import FakeClock
from tests.view.hostile import HOSTILE

JSON = ("--format", "json")
TEXTS = [text for text in HOSTILE if text]
EVERYTHING = "".join(text[:40] for text in TEXTS if "\ud800" not in text)
"""All of them in one, but for what can't be sent as text."""


def run(tool: Tool, *arguments: str, environment: Mapping[str, str] | None = None) -> Ended:
    """Run a command in this process; what it says must be harmless."""
    ended = run_here(tool.folder, *arguments, environment=environment, clock=FakeClock())
    check_harmless(ended.out)
    check_harmless(ended.err)
    return ended


def check_harmless(text: str) -> None:
    """See that only printable characters and line feeds come out, and no line that a pipeline takes for a command."""
    lines = text.split("\n")
    assert [line for line in lines if visible(line) != line] == []
    assert [line for line in lines if line.lstrip().startswith("::")] == []


def quoted(text: str) -> str:
    """A text as YAML that is nothing but ASCII."""
    return json.dumps(text)


@contextmanager
def fault(tool: Tool, answer: Answer, *methods: str) -> Iterator[None]:
    """Meanwhile calls of these methods (GET where none is named) are answered so; each must come."""
    proxy = tool.sandbox.faults
    assert proxy is not None
    armed = [proxy.add(Rule(action=answer, method=method)) for method in methods or ("GET",)]
    try:
        yield
    finally:
        for one in armed:
            proxy.remove(one)
    assert [one.rule.method for one in armed if not one.applied] == []


def sent(text: str) -> str:
    """A text that can be sent: without lone surrogates."""
    return text.encode("utf-8", "replace").decode()


def short(text: str) -> str:
    """The beginning of a text: the name of a test."""
    return ascii(text[:12])
