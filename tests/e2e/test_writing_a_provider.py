"""`docs/writing-a-provider.md`, followed step by step: its package is made, installed, tested, and used."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e.tool import WAIT

PAGE = (Path(__file__).parents[2] / "docs" / "writing-a-provider.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
FILES = {text.split()[1]: text.partition("\n")[2] for _, text in BLOCKS if re.match(r"# \S+\.\w+\n", text)}
TYPED = [line for kind, text in BLOCKS if kind == "sh" for line in text.splitlines()]
PORT = "8017"  # the page's


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page's files, installed as an installer does it: without one, which would need the network."""
    folder = tmp_path_factory.mktemp("birds")
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    project = tomllib.loads(FILES["pyproject.toml"])["project"]
    info = folder / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n")
    ((group, names),) = project["entry-points"].items()
    lines = [f"[{group}]", *(f"{name} = {value}" for name, value in names.items())]
    (info / "entry_points.txt").write_text("\n".join(lines))
    return folder


def _run(package: Path, *command: str, said: Mapping[str, str] | None = None) -> str:
    base = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "RECONCILER"))}
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=package, env={**base, "PYTHONPATH": str(package), **(said or {})},
        stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8", timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@contextmanager
def _sandbox(package: Path, *arguments: str) -> Iterator[tuple[str, str]]:
    """Its address, and what it says to put into a file, and to type."""
    process = subprocess.Popen(
        [sys.executable, "-m", "reconciler", *arguments], cwd=package,
        env={**os.environ, "PYTHONPATH": str(package)}, encoding="utf-8",
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    with process:
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            address, said = process.stdout.readline().strip(), ""
            while not said.endswith("reconciler list\n"):
                line = process.stderr.readline()
                assert line
                said += line
            yield address, said
        finally:
            process.terminate()
            process.wait(WAIT)


def test_every_block_is_a_file_or_typed_here() -> None:
    assert [*FILES] == ["pyproject.toml", "birds.py", "test_birds.py", "webhooks.yaml"]
    assert [
        "pip install -e . pytest",
        "pytest",
        "reconciler providers",
        f"reconciler sandbox --provider birds --port {PORT}",
        "export BIRDS_TOKEN=sandbox SIGNING_KEY=correct-horse-battery",
        "reconciler plan",
        "reconciler apply",
        "reconciler plan",
    ] == TYPED
    assert len(FILES["birds.py"].splitlines()) < 60
    assert len(FILES["test_birds.py"].split("\n\n")) == 2


def test_suite_passes(package: Path) -> None:
    last = _run(package, "pytest", "-q", "-p", "no:cacheprovider").splitlines()[-1]
    assert re.fullmatch(r"[345]\d passed, \d skipped in .*", last)


def test_documented_webhook_is_what_the_api_shows(package: Path) -> None:
    shown = json.loads(next(text for kind, text in BLOCKS if kind == "json"))
    code = (
        "import json, birds\n"
        "from reconciler.model.url import BUILT_IN_SECRET_PARAMS\n"
        "from reconciler.providers.wire import RemoteReader\n"
        f"shown = json.loads({json.dumps(json.dumps(shown))})\n"
        "remote = RemoteReader(birds.BIRDS, birds.BIRDS.rest, BUILT_IN_SECRET_PARAMS).read(shown)\n"
        "print(remote.id, remote.unknown, remote.unreadable, remote.fields['active'])\n"
    )
    (package / "reads.py").write_text(code)
    assert _run(package, "reads") == "7 () () True\n"


def test_it_is_listed_planned_and_applied(package: Path) -> None:
    listed = _run(package, "reconciler", "providers")
    assert "birds (Birds, from the package reconciler-birds)" in listed
    assert "  create-only: `region`\n" in listed
    document = json.loads(_run(package, "reconciler", "providers", "--format", "json"))
    birds, *_ = document["providers"]
    assert birds["secrets"] == [{"name": "secret", "reads_back": "masked"}]
    *_, exported = [line for line in TYPED if line.startswith("export ")]
    said = dict(item.split("=") for item in exported.split()[1:])
    with _sandbox(package, "sandbox", "--provider", "birds") as (address, words):
        text = FILES["webhooks.yaml"]
        accounts = text[text.index("accounts:\n") : text.index("owns:")].replace(f"http://127.0.0.1:{PORT}/v1", address)
        assert "".join(f"  {line}\n" for line in accounts.splitlines()) in words
        assert f"BIRDS_TOKEN={said['BIRDS_TOKEN']} reconciler list" in words
        (package / "webhooks.yaml").write_text(text.replace(f"http://127.0.0.1:{PORT}/v1", address))
        assert "Plan: 1 to create" in _run(package, "reconciler", "plan", said=said)
        assert "1 created" in _run(package, "reconciler", "apply", "--auto-approve", said=said)
        assert "No changes" in _run(package, "reconciler", "plan", said=said)
