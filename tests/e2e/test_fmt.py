"""`fmt` on files: rewritten whole with their permissions, checked, shown, or left alone."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.e2e.tool import COMMAND, Tool, entries, run_here

UGLY = "version:   1\nwebhooks:\n    # the orders\n    orders:\n        url: https://h.example.com/a   \n"
NEAT = "version: 1\nwebhooks:\n  # the orders\n  orders:\n    url: https://h.example.com/a\n"


def test_file_is_rewritten_with_its_permissions_through_a_link(tmp_path: Path) -> None:
    real = tmp_path / "real.yaml"
    real.write_text(UGLY)
    real.chmod(0o640)
    (tmp_path / "webhooks.yaml").symlink_to("real.yaml")
    ended = run_here(tmp_path, "fmt")
    assert (ended.code, ended.out, ended.err, real.read_text()) == (0, "webhooks.yaml\n", "", NEAT)
    assert (real.stat().st_mode & 0o777, (tmp_path / "webhooks.yaml").is_symlink()) == (0o640, True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["real.yaml", "webhooks.yaml"]
    before = real.stat()
    assert (run_here(tmp_path, "fmt").out, real.stat().st_mtime_ns) == ("", before.st_mtime_ns)


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(("a.yaml", "b.yaml"), id="paths"),
        pytest.param(("-f", "a.yaml", "-f", "b.yaml"), id="options"),
        pytest.param(("-f", "a.yaml", "b.yaml"), id="both"),
        pytest.param((".",), id="folder"),
    ],
)
def test_several_files_are_formatted_or_checked(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    files = [tmp_path / "a.yaml", tmp_path / "b.yaml"]
    for file in files:
        file.write_text(UGLY)
    (tmp_path / "notes.txt").touch()
    names = [line.rpartition("/")[2] for line in run_here(tmp_path, "fmt", *arguments, "--check").out.splitlines()]
    assert (names, {file.read_text() for file in files}) == (["a.yaml", "b.yaml"], {UGLY})
    assert run_here(tmp_path, "fmt", *arguments).code == 0
    assert {file.read_text() for file in files} == {NEAT}
    checked = run_here(tmp_path, "fmt", *arguments, "--check", "--diff")
    assert (checked.code, checked.out, checked.err) == (0, "", "")


def test_check_names_what_is_not_formatted_and_exits_with_1(tmp_path: Path) -> None:
    (tmp_path / "webhooks.yaml").write_text(UGLY)
    ended = run_here(tmp_path, "fmt", "--check")
    assert (ended.code, ended.out) == (1, "webhooks.yaml\n")
    assert ended.err == "1 file isn't formatted. `reconciler fmt` formats it.\n"


def test_diff_shows_lines(tmp_path: Path) -> None:
    (tmp_path / "webhooks.yaml").write_text(UGLY)
    ended = run_here(tmp_path, "fmt", "--diff")
    assert ended.code == 1
    assert ended.out.splitlines()[:5] == ["--- webhooks.yaml", "+++ webhooks.yaml (formatted)", "@@ -1,6 +1,6 @@",
                                          "-version:   1", "+version: 1"]  # fmt: skip
    assert (tmp_path / "webhooks.yaml").read_text() == UGLY


@pytest.mark.parametrize(
    ("text", "code"),
    [
        pytest.param("a: {token:   open-sesame}\n", None, id="token"),
        pytest.param("a: {secret:   open-sesame}\n", None, id="field-of-a-provider"),
        pytest.param("a: {token: open-sesame, # b\n  c: 1}\n", "format-unsafe", id="token-refused"),
        pytest.param("a: {secret: open-sesame, # b\n  c: 1}\n", "format-unsafe", id="field-refused"),
        pytest.param("a: {token: open-sesame, b: !x 1}\n", "yaml-tag", id="token-beside-what-yaml-refuses"),
    ],
)
def test_secret_that_reads_as_words_is_masked(tmp_path: Path, text: str, code: str | None) -> None:
    (tmp_path / "webhooks.yaml").write_text(text)
    ended = run_here(tmp_path, "fmt", "--diff")
    assert ended.code == 1
    assert "open-sesame" not in ended.all
    assert f"error[{code}]" in ended.err if code else "•" * len("open-sesame") in ended.out


def test_secret_of_an_installed_provider_is_masked_beside_a_broken_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    info = tmp_path / "other-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: other\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[reconciler.providers]\nbroken = nowhere:X\nother = other_hooks:PLUGIN\n")
    (tmp_path / "other_hooks.py").write_text("""\
from msgspec.structs import replace
from reconciler.provider import INTERFACE, ProviderPlugin
from reconciler.providers.github import GITHUB
fields = tuple(replace(one, name="signing_key") if one.name == "secret" else one for one in GITHUB.fields)
PLUGIN = ProviderPlugin(interface=INTERFACE, provider=replace(GITHUB, name="other", fields=fields))
""")
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "webhooks.yaml").write_text("a: {signing_key:   open-sesame}\n")
    ended = run_here(tmp_path, "fmt", "--diff")
    assert (ended.code, "open-sesame" in ended.all, "signing_key: •••••••••••" in ended.out) == (1, False, True)


def test_more_errors_than_anybody_reads_are_cut(tmp_path: Path) -> None:
    (tmp_path / "webhooks.yaml").write_text("a:\n" + "  - !x y\n" * 10_001)
    ended = run_here(tmp_path, "fmt")
    assert (ended.code, ended.err.count("error["), "error[too-much]" in ended.err) == (1, 10_001, True)


def test_standard_input_goes_to_standard_output(tmp_path: Path) -> None:
    ended = run_here(tmp_path, "fmt", "-", stdin=UGLY)
    assert (ended.code, ended.out, ended.err) == (0, NEAT, "")
    assert run_here(tmp_path, "fmt", "-", stdin=NEAT).out == NEAT
    checked = run_here(tmp_path, "fmt", "-", "--check", stdin=UGLY)
    assert (checked.code, checked.out) == (1, "<stdin>\n")


COMMANDS = "# ##[group]é →\nwebhooks: |\n  ::error::x\n"
"""A formatted file with what GitHub's runner would take for commands."""


@pytest.mark.parametrize(
    "variables",
    [
        pytest.param({}, id="alone"),
        pytest.param({"GITHUB_ACTIONS": "true"}, id="in-a-pipeline"),
        pytest.param({"PYTHONIOENCODING": "ascii"}, id="ascii"),
    ],
)
def test_file_from_standard_input_is_written_to_a_file_as_it_is(tmp_path: Path, variables: dict[str, str]) -> None:
    there, made = tmp_path / "there.yaml", tmp_path / "made.yaml"
    there.write_text(COMMANDS, encoding="utf-8")
    with there.open("rb") as given, made.open("wb") as shown:
        subprocess.run(
            [COMMAND, "fmt", "-"], stdin=given, stdout=shown, env={"PATH": "/usr/bin", **variables}, check=True
        )
    assert made.read_text(encoding="utf-8") == COMMANDS


def test_file_from_standard_input_gives_a_pipeline_no_command(tmp_path: Path) -> None:
    assert run_here(tmp_path, "fmt", "-", stdin=COMMANDS).out == COMMANDS
    in_log = run_here(tmp_path, "fmt", "-", stdin=COMMANDS, environment={"GITHUB_ACTIONS": "true"}).out
    assert in_log == "# #\\x23[group]é →\nwebhooks: |\n  \\x3a:error::x\n"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        pytest.param("a: [\n", "yaml-syntax", id="syntax"),
        pytest.param("a: [b, # x\n  c]\n", "format-unsafe", id="comment-that-would-be-lost"),
        pytest.param("a: 1\na: 2\n", "yaml-duplicate-key", id="key-twice"),
        pytest.param("# " + "x" * 2**20 + "\na: 1\n", "too-much", id="large"),
        pytest.param("", "file-empty", id="empty"),
    ],
)
def test_no_file_changes_where_one_is_wrong(tmp_path: Path, text: str, code: str) -> None:
    (tmp_path / "good.yaml").write_text(UGLY)
    (tmp_path / "bad.yaml").write_text(text)
    ended = run_here(tmp_path, "fmt", "good.yaml", "bad.yaml")
    assert (ended.code, ended.out, f"error[{code}]" in ended.err, "bad.yaml" in ended.err) == (1, "", True, True)
    assert ((tmp_path / "good.yaml").read_text(), (tmp_path / "bad.yaml").read_text()) == (UGLY, text)


def test_missing_file_is_said_so(tmp_path: Path) -> None:
    ended = run_here(tmp_path, "fmt", "nowhere.yaml")
    assert (ended.code, "file not found" in ended.err) == (1, True)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_folder_that_cannot_be_written_to_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "webhooks.yaml").write_text(UGLY)
    tmp_path.chmod(0o500)
    ended = run_here(tmp_path, "fmt")
    tmp_path.chmod(0o700)
    assert (ended.code, "can't be written" in ended.err) == (1, True)


def test_what_export_writes_is_formatted(tool: Tool) -> None:
    for url in ("/orders?token=q8Zr21Lm4F", "/returns", "https://other.example.com/x y"):
        for event in ("track_updated", "batch_created"):
            tool.hook(url, event)
    tool.write(entries(orders="/orders"))
    exported = tool.run("export")
    assert exported.code == 0
    checked = tool.run("fmt", "-", "--diff", stdin=exported.out)
    assert (checked.code, checked.out) == (0, "")
