"""`apply --backup FILE`: the way back, after whole and half-finished applies."""

from __future__ import annotations

import itertools
import resource
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from reconciler.sandbox.faults import Answer, Rule, When
from tests.e2e.tool import COMMAND, HOST, WAIT, Tool, delivered, entries, run_here
from tests.support.draws import draws
from tests.support.sandbox import Sandbox

_NUMBERS = itertools.count()


def test_backup_brings_back_what_was_deleted_and_changed(tool: Tool) -> None:
    tool.hook("/a?token=formerSECRETtoken12")
    tool.hook("/b", active=False)
    tool.hook("/gone?tenant=acme", "all")
    other = tool.hook("https://other.example.com/x")
    before = Counter((webhook.url, webhook.event, webhook.active) for webhook in tool.there())
    tool.write(entries(a="/a?token=${T}", b="/b", new="/new"))
    tool.environment["T"] = "new"
    done = tool.run("apply", "--auto-approve", "--backup", "back.yaml")
    assert done.code == 0, done.all
    text = (tool.folder / "back.yaml").read_text()
    assert "formerSECRET" not in text + done.all
    assert (tool.folder / "back.yaml.env").read_text() == (
        "HOOK_A_TOKEN='formerSECRETtoken12'\nHOOK_GONE_TENANT='acme'\n"
    )
    assert {(tool.folder / name).stat().st_mode & 0o777 for name in ("back.yaml", "back.yaml.env")} == {0o600}
    back = tool.run("apply", "-f", "back.yaml", "--env-file", "back.yaml.env", "--auto-approve", "--allow-losses", "2")
    assert back.code == 0, back.all
    assert "warning" not in back.all
    assert Counter((webhook.url, webhook.event, webhook.active) for webhook in tool.there()) == before
    assert other in {webhook.object_id for webhook in tool.there()}


def test_backup_names_what_was_named_absent_and_owns_it(tool: Tool) -> None:
    tool.hook("/a")
    tool.hook("https://old.example.net/x")
    tool.write(entries(a="/a"), more="absent:\n  - https://old.example.net/*\n")
    assert tool.run("apply", "--auto-approve", "--backup", "back.yaml").code == 0
    assert len(tool.there()) == 1
    assert tool.run("apply", "-f", "back.yaml", "--auto-approve").code == 0
    assert sorted(webhook.url for webhook in tool.there()) == [f"{HOST}/a", "https://old.example.net/x"]


def test_backup_says_what_the_file_says_of_what_only_looks_like_a_secret(tool: Tool) -> None:
    urls = ["/shops/1234567/in", "/b?key=orders"]
    tool.hook(urls[0], active=False)
    tool.hook(urls[1], active=False)
    public = ("public_path: true", "public_params: [Key]")
    lines = (f"  e{n}: {{url: '{HOST}{urls[n]}', events: [track_updated], {public[n]}}}\n" for n in (0, 1))
    tool.write("webhooks:\n" + "".join(lines))
    assert tool.run("apply", "--auto-approve", "--backup", "back.yaml").code == 0
    assert (tool.folder / "back.yaml.env").read_text() == ""
    back = tool.run("apply", "-f", "back.yaml", "--auto-approve", "--allow-losses", "2")
    assert (back.code, back.err) == (0, "")
    assert [(webhook.url, webhook.active) for webhook in tool.there()] == [(HOST + url, False) for url in urls]
    assert tool.run("validate", "-f", "back.yaml", "--strict").code == 0


def test_what_no_backup_can_describe_outlasts_the_way_back(tool: Tool) -> None:
    odd = tool.hook("/odd", "two words")
    tool.hook("/a", active=False)
    tool.write(entries(a="/a"))
    assert tool.run("apply", "--auto-approve", "--backup", "back.yaml", "--target", "a").code == 0
    assert f"  - id: {odd}  # two words" in (tool.folder / "back.yaml").read_text()
    back = tool.run("apply", "-f", "back.yaml", "--auto-approve", "--allow-losses", "1")
    assert back.code == 0, back.all
    assert [(webhook.object_id == odd, webhook.active) for webhook in tool.there()] == [(True, True), (False, False)]


@pytest.mark.parametrize("taken", ["back.yaml", "back.yaml.env"])
def test_backup_never_overwrites_and_then_nothing_is_applied(tool: Tool, taken: str) -> None:
    (tool.folder / taken).write_text("mine")
    tool.write(entries(a="/a"))
    ended = tool.run("apply", "--auto-approve", "--backup", "back.yaml")
    assert (ended.code, tool.writes(), (tool.folder / taken).read_text()) == (1, [], "mine")
    assert len([path for path in tool.folder.iterdir() if "back" in path.name]) == 1


def test_backup_that_can_not_be_written_stops_the_apply(tool: Tool) -> None:
    tool.write(entries(a="/a"))
    ended = tool.run("apply", "--auto-approve", "--backup", "nowhere/back.yaml")
    assert (ended.code, tool.writes()) == (1, [])


def test_full_disk_leaves_no_half_a_backup_and_nothing_is_applied(tool: Tool) -> None:
    for number in range(40):
        tool.hook(f"/{number}")
    tool.write(entries(a="/a"))
    ended = subprocess.run(
        [COMMAND, "apply", "--auto-approve", "--allow-losses", "99", "--backup", "back.yaml"],
        cwd=tool.folder, env=tool.env({"PYTHONDONTWRITEBYTECODE": "1"}), stdin=subprocess.DEVNULL, capture_output=True,
        timeout=WAIT, check=False, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (500, 500)),
    )  # fmt: skip
    assert (ended.returncode, tool.writes()) == (1, []), ended.stderr
    assert [path.name for path in tool.folder.iterdir()] == ["webhooks.yaml"]


HOOKS = st.fixed_dictionaries(
    {
        "url": st.sampled_from(
            [
                f"{HOST}{path}"
                for path in ("/a", "/a?token=abc123DEF456", "/a?token=x", "/b?tenant=1", "/c/T0000XYZ9", "/d")
            ]
        ),
        "event": st.sampled_from(["track_updated", "all", "batch_created"]),
        "active": st.booleans(),
    }
)
FILES = st.dictionaries(
    st.sampled_from(["a", "b", "c"]),
    st.sampled_from(
        ["/a all", "/a?token=${NEW} track_updated", "/b?tenant=1", "/b?tenant=2 all", "/new batch_created all"]
    ),
    max_size=3,
).filter(
    lambda drawn: (
        len(set(drawn.values())) == len(drawn)
        and not {"/a all", "/a?token=${NEW} track_updated"} <= set(drawn.values())
    )
)


@pytest.fixture(scope="module")
def provider() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@given(
    drawn=st.lists(HOOKS, max_size=6),
    wanted=FILES,
    refused_from=st.one_of(st.none(), st.integers(1, 6)),
)
@draws(30, HealthCheck.function_scoped_fixture)
def test_backup_restores_after_whole_and_half_finished_applies(
    provider: Sandbox, tmp_path: Path, drawn: list[dict[str, object]], wanted: dict[str, str], refused_from: int | None
) -> None:
    token = f"shippo_live_backup-{next(_NUMBERS)}"
    environment = {"SHIPPO_API_TOKEN": token, "NEW": "new"}
    for hook in drawn:
        provider.store.create(token, **hook)  # type: ignore[arg-type]  # the API's fields
    before, received = {*kinds(provider, token)}, delivered(provider, token)
    Tool(folder=tmp_path, sandbox=provider).write(entries(**wanted))
    for name in ("back.yaml", "back.yaml.env"):
        (tmp_path / name).unlink(missing_ok=True)
    common = ("--auto-approve", "--allow-losses", "99")
    armed = [
        provider.faults.add(Rule(action=Answer(status=400), method=method, when=When(since=refused_from)))
        for method in ("POST", "PUT", "DELETE")
        if refused_from is not None
    ]
    done = run_here(tmp_path, "apply", *common, "--backup", "back.yaml", environment=environment)
    for rule in armed:
        provider.faults.remove(rule)
    assert done.code == 0 or armed, done.all
    if not (tmp_path / "back.yaml").exists():
        assert "No changes" in done.out
        return
    files = ("-f", "back.yaml", "--env-file", "back.yaml.env")
    back = run_here(tmp_path, "apply", *files, *common, environment=environment)
    assert back.code == 0, back.all
    # Off and absent deliver the same, and so do one and two: nothing else is missing or new.
    assert {*kinds(provider, token)} <= before
    assert delivered(provider, token) == received


def kinds(provider: Sandbox, token: str) -> Iterator[tuple[str, str, bool]]:
    return ((webhook.url, webhook.event, webhook.active) for webhook in provider.store.list(token))
