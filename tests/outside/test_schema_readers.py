"""The published schemas, read by validators of three other languages' ecosystems, each as strict as it can be."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from reconciler.config.shape import accepts

pytestmark = pytest.mark.outside

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
SCHEMAS = sorted((ROOT / "schemas").glob("*.schema.json"))
FILE = ROOT / "schemas" / "webhooks.schema.json"
Reader = Callable[..., int]


def _ended(*command: str | Path, **variables: str) -> int:
    environment = {**os.environ, **variables}
    done = subprocess.run(command, env=environment, capture_output=True, encoding="utf-8", check=False)
    print(done.stdout, done.stderr)  # noqa: T201 - shown where a test fails
    return done.returncode


def ajv(schema: Path, *documents: Path) -> int:
    return _ended("node", HERE / "ajv.cjs", schema, *documents)


def check_jsonschema(schema: Path, *documents: Path) -> int:
    command = [sys.executable, "-m", "check_jsonschema"]
    if not documents:
        return _ended(*command, "--check-metaschema", schema)
    return _ended(*command, "--schemafile", schema, *documents)


@pytest.fixture(scope="session")
def gojsonschema(tmp_path_factory: pytest.TempPathFactory) -> Reader:
    """Debian's, whose regular expressions are RE2."""
    folder = tmp_path_factory.mktemp("go")
    program = folder / "gojsonschema"
    variables = {"GOPATH": "/usr/share/gocode", "GO111MODULE": "off", "GOFLAGS": "", "GOCACHE": str(folder / "cache")}
    assert _ended("go", "build", "-o", program, HERE / "gojsonschema" / "main.go", **variables) == 0
    return lambda *paths: _ended(program, *paths)


@pytest.fixture(params=["ajv", "check-jsonschema", "gojsonschema"])
def reader(request: pytest.FixtureRequest) -> Reader:
    if request.param == "gojsonschema":
        found: Reader = request.getfixturevalue("gojsonschema")
        return found
    return {"ajv": ajv, "check-jsonschema": check_jsonschema}[request.param]


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda path: path.name.partition(".")[0])
def test_schema_is_accepted(reader: Reader, schema: Path) -> None:
    assert reader(schema) == 0


def test_examples_are_accepted(reader: Reader, tmp_path: Path) -> None:
    documents = []
    for number, path in enumerate(sorted((ROOT / "examples").glob("*/webhooks.yaml"))):
        documents.append(tmp_path / f"{number}.json")
        documents[-1].write_text(json.dumps(yaml.safe_load(path.read_text(encoding="utf-8"))))
    assert len(documents) > 3
    assert reader(FILE, *documents) == 0


ENTRY = {"url": "https://h.example.com", "events": ["push"]}
HUB = {"provider": "github", "repositories": ["acme/web"]}
REFUSED = [
    pytest.param({"webhooks": {"a\n": ENTRY}}, id="line-break-in-a-name"),
    pytest.param({"webhooks": {"a": {**ENTRY, "active": "${A}\n"}}}, id="line-break-after-a-variable"),
    pytest.param({"webhooks": {"a": {**ENTRY, "activ": True}}}, id="unknown-key"),
    pytest.param({"webhooks": {"a": {**ENTRY, "account": "a", "accounts": ["b"]}}}, id="account-twice"),
    pytest.param({"accounts": {"hub": {**HUB, "mode": "live"}}}, id="key-of-another-provider"),
    pytest.param({"accounts": {"hub": {**HUB, "repositories": ["acme/.."]}}}, id="dots"),
    pytest.param({"absent": [{"id": "1", "url": "https://h.example.com/*"}]}, id="id-and-url"),
]


@pytest.mark.parametrize("changed", REFUSED)
def test_what_the_tool_refuses_is_refused(reader: Reader, changed: dict[str, Any], tmp_path: Path) -> None:
    good: dict[str, Any] = {"version": 1, "accounts": {"hub": HUB}, "webhooks": {"a": {**ENTRY, "active": "${A}"}}}
    documents: dict[str, Any] = {"good": good, "bad": {**good, **changed}}
    for name, document in documents.items():
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps(document))
        is_accepted = accepts(document, FILE.read_text(encoding="utf-8"))
        assert is_accepted is (name == "good")
        assert reader(FILE, path) == (0 if is_accepted else 1)
