"""The published schemas, ready to judge documents and lines."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import fastjsonschema

NAMES = ("plan", "listing", "doctor", "providers", "validation", "apply-stream")


def schema(name: str) -> dict[str, Any]:
    """A published schema."""
    document: dict[str, Any] = json.loads((files("reconciler.schemas") / f"{name}.schema.json").read_text("utf-8"))
    return document


@cache
def _judge(name: str) -> Callable[[object], object]:
    judge: Callable[[object], object] = fastjsonschema.compile(schema(name), use_default=False)
    return judge


def judged(name: str, text: str) -> Mapping[str, Any]:
    """A text that a program would read, parsed; fails where it isn't harmless JSON that its schema accepts."""
    assert text.isascii()
    assert all(character >= " " or character == "\n" for character in text), "a control character"
    assert "##[" not in text
    document: dict[str, Any] = json.loads(text)
    _judge(name)(document)
    return document
