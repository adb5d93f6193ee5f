"""Builds a release and checks it: `dist/`, its notes, and what it is made of. Needs `pip install '.[release]'`.

The time in the archives is that of the commit, so that whoever builds the commit with the same setuptools gets the same
bytes.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import runpy
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).parent.parent
VERSION = runpy.run_path(str(ROOT / "reconciler" / "__init__.py"))["__version__"]
"""Of the files here: what is installed may be older."""


def main() -> None:
    """Build what the command line says; SystemExit where something is wrong."""
    parser = argparse.ArgumentParser(description="Build a release and check it.")
    parser.add_argument("--tag", help="the tag that it is released as, which must be its version")
    parser.add_argument("--out", type=Path, required=True, help="an empty folder")
    given = parser.parse_args()
    if given.tag not in (None, f"v{VERSION}"):
        sys.exit(f"error: the tag is {given.tag}, but the version is {VERSION}\nhelp: tag the release v{VERSION}")
    given.out.mkdir(parents=True, exist_ok=True)
    if given.tag is not None:
        (given.out / "notes.md").write_text(notes((ROOT / "CHANGELOG.md").read_text("utf-8"), VERSION), "utf-8")
    build(given.out / "dist")
    check(given.out / "dist")
    list_parts(given.out / "dist", given.out / "sbom.cdx.json")


def notes(changelog: str, version: str) -> str:
    """The changelog's section of a version.

    Raises:
        SystemExit: it has none, or an empty one.
    """
    found = re.search(rf"^## {re.escape(version)}(?: .*)?\n((?:(?!## ).*\n)*)", changelog, re.MULTILINE)
    if found is None or not found[1].strip():
        sys.exit(f"error: CHANGELOG.md has no section {version}\nhelp: give what stands under Unreleased that heading")
    return found[1].strip() + "\n"


def build(dist: Path) -> None:
    """A source distribution, and the wheel that is built from it."""
    time = os.environ.get("SOURCE_DATE_EPOCH") or _run("git", "log", "-1", "--format=%ct").strip()
    _run(sys.executable, "-m", "build", "--outdir", dist.resolve(), SOURCE_DATE_EPOCH=time)


def check(dist: Path) -> None:
    """Let others judge what was built."""
    (wheel,), (source,) = dist.glob("*.whl"), dist.glob("*.tar.gz")
    _run(sys.executable, "-m", "twine", "check", "--strict", wheel.resolve(), source.resolve())
    _run(sys.executable, "-m", "check_wheel_contents", wheel.resolve())
    _run(sys.executable, "-m", "pyroma", "--min=10", source.resolve())


def list_parts(dist: Path, path: Path) -> None:
    """Write what an environment with only the wheel is made of, in CycloneDX's form."""
    (wheel,) = dist.glob("*.whl")
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = Path(folder, "bin", "python")
        _run(python, "-m", "pip", "install", "--quiet", wheel.resolve())
        _run(python, "-m", "pip", "uninstall", "--quiet", "--yes", "setuptools", "pip")
        _run(
            *(sys.executable, "-m", "cyclonedx_py", "environment", "--pyproject", "pyproject.toml"),
            *("--mc-type", "application", "--output-reproducible", "--of", "JSON", "-o", path.resolve(), python),
        )
    parts = json.loads(path.read_text("utf-8"))
    parts["metadata"]["component"]["version"] = VERSION  # it isn't in pyproject.toml
    path.write_text(json.dumps(parts, indent=2, ensure_ascii=False) + "\n", "utf-8")


def _run(*command: str | Path, **environment: str) -> str:
    """What a command prints; where it fails, that is shown, and all ends."""
    done = subprocess.run(
        [str(word) for word in command],
        cwd=ROOT,
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    )
    if done.returncode:
        sys.exit(f"{done.stdout}\nerror: {' '.join(map(str, command))} failed")
    return done.stdout


if __name__ == "__main__":
    main()
