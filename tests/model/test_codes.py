"""The page of codes has every code that the package uses, and no other."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import reconciler
from tests.support.codes import CODES, PAGE

PACKAGE = Path(reconciler.__file__).parent
KEBAB = re.compile(r"[a-z]+(?:-[a-z0-9]+)*")
MAKERS = {"UrlError", "SavedPlanError", "_found", "error", "warning"}


def trees() -> Iterator[tuple[Path, ast.Module]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        yield path, ast.parse(path.read_text(encoding="utf-8"))


def used_codes() -> Iterator[tuple[str, str]]:
    """Where diagnostics and the errors that become some are made: the code and the file."""
    for path, tree in trees():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            first = node.args[:1] if name in MAKERS else []
            keywords = [keyword.value for keyword in node.keywords if keyword.arg == "code"]
            for value in (*first, *keywords):
                if isinstance(value, ast.Constant) and isinstance(value.value, str) and KEBAB.fullmatch(value.value):
                    yield value.value, path.name


def test_every_code_that_is_used_is_on_the_page() -> None:
    used = dict(used_codes())
    assert len(used) > 40
    assert {code: name for code, name in used.items() if code not in CODES} == {}


def test_every_code_on_the_page_is_used() -> None:
    words = {
        node.value
        for _, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert CODES.keys() - words == set()


def test_every_code_is_explained_in_sentences() -> None:
    assert len(CODES) == PAGE.read_text(encoding="utf-8").count("\n## ")
    assert list(CODES) == sorted(CODES)
    for code, text in CODES.items():
        assert KEBAB.fullmatch(code)
        assert text[0].isupper() or text[0] == "`"
        assert text.endswith(".")
