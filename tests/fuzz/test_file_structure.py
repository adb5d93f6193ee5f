"""Documents that are nearly right: wrong types, odd YAML, odd variables anywhere end in complaints or in a plan."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.support.draws import draws

from .running import check_places, provider, run_twice, validated
from .shapes import NUMBERS, TEXTS, paths, spoiled

FILE = "webhooks.yaml"
BASE: dict[str, Any] = {
    "version": 1,
    "x-anchors": {"events": ["all"]},
    "accounts": {
        "live": {"provider": "shippo", "token": "${LIVE}", "mode": "live", "timeout": 5, "trust_count": True},
        "test": {"provider": "shippo", "token": "${TEST}", "account_id": "acct", "limits": {"max_losses": 1}},
    },
    "owns": ["https://h.example.com/*", "https://*.hooks.example.com/x"],
    "absent": ["https://old.example.com/a", {"url": "https://h.example.com/b", "events": ["all"]}],
    "protect": ["https://h.example.com/kept"],
    "defaults": {"account": "live", "active": True, "ignore_changes": ["url"]},
    "limits": {"max_losses": 3},
    "secret_params": ["pass"],
    "public_params": ["code"],
    "webhooks": {
        "orders": {"url": "https://h.example.com/orders?token=${HOOK}", "events": ["transaction_created", "all"]},
        "tracking": {"url": "https://h.example.com/t", "events": ["track_updated"], "accounts": ["live", "test"],
                     "active": False, "is_test": "${FLAG}", "description": "text"},
    },
}  # fmt: skip
ENVIRONMENT = {"LIVE": "shippo_live_a", "TEST": "shippo_test_b", "HOOK": "Qx7vRt2mZk9pLw4n", "FLAG": "true"}

VARIABLES = [
    "${",
    "${}",
    "${A:-${B}}",
    "$$",
    "$",
    "$A",
    "${A",
    "${A:?}",
    "${A:-}",
    "${LIVE}",
    "${HOOK}",
    "${HOOK:-x}",
    "https://h.example.com/${HOOK}",
    "https://${HOOK}/",
    "${A:-https://h.example.com/x}",
    "${A:?say ${LIVE}}",
    "${ A}",
    "$${A}",
    "${é}",
    "${A:-" * 60 + "}" * 60,
    "${HOOK}" * 2_000,
    "$" * 9_999,
]
ODD = [
    ".nan",
    ".inf",
    "1e999",
    "0x1f",
    "0o17",
    "1_000",
    "12:30:45",
    "2001-01-01",
    "2001-01-01T00:00:00Z",
    "-0",
    "007",
    "!!binary aGk=",
    "!!set {a, b}",
    "!!omap [a: 1]",
    "!!python/object:os.system x",
    "!x",
    "&x [*x]",
    "*nowhere",
    "&a {b: c}",
    "{<<: {url: a}}",
    "{<<: 1}",
    "{<<: [1, {a: 1}]}",
    "{<<: {}, <<: {}}",
    "{? [a] : b}",
    "{? {a: b} : c}",
    "{~: 1}",
    "{null: 1}",
    "{1: 2}",
    "{true: 1}",
    "{a: 1, a: 2}",
    "{&k a: *k}",
    "yes",
    "on",
    "~",
    "null",
    "''",
    '""',
    r'"\0"',
    r'"\x85"',
    r'"\uD800"',
    r'"\U0010FFFF"',
    "{é: 1}",
    "{" + unicodedata.normalize("NFD", "é") + ": 1}",
    "{u\N{CYRILLIC SMALL LETTER GHE}l: x}",
    "[" * 60 + "]" * 60,
    "{a: " * 60 + "}" * 60,
    "9" * 5_000,
    "a" * 10_001,
    "[a, a]",
    "[1, a, [], {}]",
    "[&i all, *i, *i]",
    "- a",
    "? a",
    "a: b",
    "#",
    "@x",
    "`x`",
    "%x",
]
RAW = "\x00raw\x00"


values = st.sampled_from(ODD).map(lambda text: RAW + text) | st.sampled_from(VARIABLES) | NUMBERS | TEXTS


@st.composite
def documents(draw: st.DrawFn) -> str:
    """The base after a few changes, as one line of flow style or as block style."""
    made = draw(spoiled(BASE)) if draw(st.booleans()) else json.loads(json.dumps(BASE))
    for _ in range(draw(st.integers(0, 2))):
        there = sorted(paths(made), key=str)
        if there:
            *way, last = draw(st.sampled_from(there))
            above = made
            for step in way:
                above = above[step]
            above[last] = draw(values)
    return _flow(made) if draw(st.booleans()) else _block(made)


def _flow(value: Any) -> str:  # noqa: ANN401 - plain JSON
    match value:
        case dict():
            return "{" + ", ".join(f"{_text(key)}: {_flow(inner)}" for key, inner in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(_flow, value)) + "]"
        case str():
            return _text(value)
    return _number(value)


def _block(value: Any, indent: str = "") -> str:  # noqa: ANN401 - plain JSON
    if isinstance(value, dict) and value:
        return "".join(f"\n{indent}{_text(key)}: {_block(inner, indent + '  ')}" for key, inner in value.items())
    if isinstance(value, list) and value:
        return "".join(f"\n{indent}- {_flow(inner)}" for inner in value)
    return _flow(value)


def _text(text: str) -> str:
    return text.removeprefix(RAW) if text.startswith(RAW) else json.dumps(text, ensure_ascii=False)


def _number(value: Any) -> str:  # noqa: ANN401 - plain JSON
    return "1" + "0" * 4_000 if isinstance(value, int) and abs(value) > 2**70 else json.dumps(value)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with provider():
        yield tmp_path_factory.mktemp("structure")


@draws(60)
@given(text=documents())
@example(text=_flow(BASE))
@example(text=_block(BASE))
@example(text="{? ? a : b}")
@example(text="&a [*a]")
@example(text="a: &a\n  <<: *a\n")
@example(text="<<: &a [*a]")
def test_nearly_valid_document_is_complained_of_or_plans(folder: Path, text: str) -> None:
    data = text.encode("utf-8", "surrogatepass")
    (folder / FILE).write_bytes(data)
    found = validated(folder)
    check_places(found, FILE, data)
    planned = run_twice(folder, "plan", environment=ENVIRONMENT)
    is_valid = all(complaint.severity == "warning" for complaint in found)
    assert planned.code in (0, 1) if is_valid else planned.code == 1
    assert ("error" in planned.all) == (planned.code == 1)
    if is_valid and not _has_odd_variable(text):
        assert planned.code == 0 or "not checked" in planned.out, planned.all


def _has_odd_variable(text: str) -> bool:
    """Whether a value of the environment may make it another file than the one that is valid."""
    usual = json.dumps(BASE)
    return any(
        text.count(f"${{{name}") > usual.count(f"${{{name}") for name in ("LIVE", "TEST", "HOOK", "FLAG", "A", "B")
    )


def test_base_is_valid(folder: Path) -> None:
    for text in (_flow(BASE), _block(BASE)):
        (folder / FILE).write_text(text)
        assert [complaint for complaint in validated(folder) if complaint.severity == "error"] == []
        assert run_twice(folder, "plan", environment=ENVIRONMENT).code == 0
