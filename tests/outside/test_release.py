"""A release is made, twice, and used as people use it: installed, beside others, from its sources. Needs a network."""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from reconciler import __version__
from tests.e2e.tool import WAIT
from tests.outside.copies import copied, tracked

pytestmark = pytest.mark.outside
ROOT = Path(__file__).parents[2]
EPOCH = "1700000000"
LONG = 900
EXAMPLE = "examples/library/apply_additions.py"
OTHERS = "error: the package `reconciler`, a different project, has replaced files"


def run(*command: str | Path, cwd: Path = ROOT, code: int = 0, **environment: str) -> str:
    """What a command prints; it must end with this code."""
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=LONG,
        check=False,
    )
    assert done.returncode == code, done.stdout
    return done.stdout


def tool(name: str) -> Path:
    """A tool of the extra `release` or `outside`."""
    return Path(sys.executable).with_name(name)


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two folders with the same release: of clones at other places, whose files have other times and modes."""
    one, other = (tmp_path_factory.mktemp("clone") / name for name in ("one", "another/place"))
    copied(one, 0o022)
    copied(other, 0o077)
    run(sys.executable, "release/build.py", "--out", one / "out", cwd=one, SOURCE_DATE_EPOCH=EPOCH)
    command = "umask 077 && exec " + shlex.join([sys.executable, "-m", "build", "--outdir", "out/dist"])
    run("bash", "-c", command, cwd=other, SOURCE_DATE_EPOCH=EPOCH)
    return one / "out", other / "out"


@pytest.fixture(scope="session")
def wheel(built: tuple[Path, Path]) -> Path:
    return next(built[0].glob("dist/*.whl"))


def environment(folder: Path, *packages: str | Path) -> Path:
    """A new environment with these packages, installed one after another; its folder of commands."""
    run(sys.executable, "-m", "venv", folder)
    for package in packages:
        run(folder / "bin" / "pip", "install", "--quiet", *shlex.split(str(package)))
    return folder / "bin"


def test_two_builds_are_the_same(built: tuple[Path, Path]) -> None:
    one, other = (
        {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in folder.glob("dist/*")} for folder in built
    )
    assert len(one) == 2
    assert one == other


def test_sources_are_all_that_is_under_version_control(built: tuple[Path, Path]) -> None:
    with tarfile.open(next(built[0].glob("dist/*.tar.gz"))) as archive:
        files = {member.name.partition("/")[2] for member in archive.getmembers() if member.isfile()}
    made = {name for name in files if name in ("PKG-INFO", "setup.cfg") or ".egg-info/" in name}
    assert files - made == set(tracked())


def test_parts_are_listed(built: tuple[Path, Path]) -> None:
    parts = (built[0] / "sbom.cdx.json").read_text(encoding="utf-8")
    component = json.loads(parts)["metadata"]["component"]
    assert (component["name"], component["version"]) == ("webhook-reconciler", __version__)
    assert '"ruamel.yaml"' in parts
    assert "file://" not in parts


def test_tag_must_be_the_version(tmp_path: Path) -> None:
    said = run(sys.executable, "release/build.py", "--tag", "v9.9.9", "--out", tmp_path, code=1)
    assert said == f"error: the tag is v9.9.9, but the version is {__version__}\nhelp: tag the release v{__version__}\n"


def test_wheel_works_alone_and_users_code_is_checked(wheel: Path, tmp_path: Path) -> None:
    commands = environment(tmp_path / "clean", wheel)
    installed = run(commands / "pip", "list", "--format", "freeze")
    assert not {"pytest", "mypy", "hypothesis"} & {line.partition("==")[0] for line in installed.splitlines()}
    assert "Refused for account default." in run(commands / "reconciler", "demo", "--no-pause", cwd=tmp_path)
    assert run(commands / "webhook-reconciler", "--version", cwd=tmp_path) == f"reconciler {__version__}\n"
    assert '"$schema"' in run(commands / "reconciler", "schema", cwd=tmp_path)
    assert (tmp_path / "clean" / "share" / "man" / "man1" / "reconciler.1").is_file()
    code = shutil.copy(ROOT / EXAMPLE, tmp_path / "users_code.py")
    python = commands / "python"
    run(tool("mypy"), "--strict", "--python-executable", python, code, cwd=tmp_path)
    run(tool("pyright"), "--pythonpath", python, code, cwd=tmp_path)
    wrong = tmp_path / "wrong.py"
    wrong.write_text("from reconciler import load, plan\n\nplan(load('webhooks.yaml'), targets=1).sumary\n")
    said = run(tool("mypy"), "--strict", "--python-executable", python, wrong, cwd=tmp_path, code=1)
    assert "[arg-type]" in said
    assert "[attr-defined]" in said
    said = run(tool("pyright"), "--pythonpath", python, wrong, cwd=tmp_path, code=1)
    assert "reportArgumentType" in said
    assert "reportAttributeAccessIssue" in said


def test_sources_have_the_whole_suite(built: tuple[Path, Path], tmp_path: Path) -> None:
    """It is collected whole, and a part of each kind runs."""
    with tarfile.open(next(built[1].glob("dist/*.tar.gz"))) as archive:
        archive.extractall(tmp_path, filter="data")
    (sources,) = tmp_path.iterdir()
    # As the README's test command installs it, which is run in the sources' folder.
    python = environment(tmp_path / "env", f"-e {sources}[test]") / "python"
    here, there = (
        run(program, "-m", "pytest", "-q", "--collect-only", "-p", "no:cacheprovider", cwd=folder).splitlines()[-1]
        for program, folder in ((sys.executable, ROOT), (python, sources))
    )
    assert here.split(" in ")[0] == there.split(" in ")[0]
    parts = ["tests/model", "tests/test_docs.py", "tests/test_release.py", "tests/test_library.py"]
    parts += ["tests/scenarios", "tests/e2e/test_examples.py", "tests/e2e/test_new_user.py"]
    run(python, "-m", "pytest", "-q", "-n", "2", "-p", "no:cacheprovider", *parts, cwd=sources)


@pytest.mark.parametrize("first", ["reconciler", "webhook-reconciler"])
def test_package_of_the_same_name(wheel: Path, tmp_path: Path, first: str) -> None:
    """What was installed last has its `__init__`: ours goes on working, theirs is said to be in the way."""
    order: list[str | Path] = ["reconciler", wheel] if first == "reconciler" else [wheel, "reconciler"]
    commands = environment(tmp_path / "env", *order)
    works = first == "reconciler"
    said = run(commands / "reconciler", "--version", cwd=tmp_path, code=0 if works else 1)
    assert said.startswith(f"reconciler {__version__}\n" if works else OTHERS)
    run(commands / "pip", "uninstall", "--yes", "reconciler")
    said = run(commands / "webhook-reconciler", "--version", cwd=tmp_path, code=1)
    assert said.startswith(OTHERS)
    run(commands / "pip", "install", "--quiet", "--no-deps", "--force-reinstall", wheel)
    assert run(commands / "reconciler", "--version", cwd=tmp_path) == f"reconciler {__version__}\n"


def test_uvx_runs_it(wheel: Path, tmp_path: Path) -> None:
    uvx = tool("uvx")
    said = run(uvx, "--python", sys.executable, "--from", wheel, "webhook-reconciler", "--version", cwd=tmp_path)
    assert said.endswith(f"reconciler {__version__}\n")


def test_clone_needs_nothing_but_pip(tmp_path: Path) -> None:
    """The two commands of the README, without a build tool."""
    commands = environment(tmp_path / "env", ROOT)
    done = subprocess.run(
        [commands / "reconciler", "--version"], cwd=tmp_path, capture_output=True, timeout=WAIT, check=True
    )
    assert done.stdout.decode() == f"reconciler {__version__}\n"
