"""`plan --out`, `show`, `apply PLANFILE`: exactly that plan, or a refusal."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler.sandbox.faults import Answer, Rule
from tests.e2e.tool import HOST, TOKEN, Ended, Tool, entries, run_here
from tests.support.canaries import Canaries

SECRETS = {"T": "wantedSecretQWERTZ12", "OLD": "formerSecretASDFGH34", "P": "T00PATHSECRETyxcv56"}
PLAN = "saved.plan"


@pytest.fixture
def run(tool: Tool) -> Callable[..., Ended]:
    def runner(*arguments: str, **variables: str) -> Ended:
        return run_here(tool.folder, *arguments, environment=SECRETS | variables)

    return runner


@pytest.fixture
def ids(tool: Tool) -> dict[str, str]:
    """An account with something for each action to do, and a plan that is saved."""
    found = {
        "update": tool.hook(f"/a?token={SECRETS['OLD']}"),
        "switch": tool.hook("/b", active=False),
        "delete": tool.hook("/gone"),
        "keep": tool.hook("/keep"),
    }
    tool.write(entries(a="/a?token=${T}", b="/b", keep="/keep", new="/new/${P}"))
    saved = run_here(tool.folder, "plan", "--out", PLAN, environment=SECRETS)
    assert saved.code == 0, saved.all
    return found


def test_saved_plan_is_carried_out_exactly_and_only_once(
    tool: Tool, ids: dict[str, str], run: Callable[..., Ended]
) -> None:
    done = run("apply", PLAN)
    assert (done.code, done.out.splitlines()[-1]) == (0, "Apply complete: 1 created, 2 updated, 1 deleted."), done.all
    assert ids["delete"] not in {webhook.object_id for webhook in tool.there()}
    mark = tool.sandbox.mark()
    again = run("apply", PLAN)
    assert (again.code, tool.writes(mark)) == (3, [])
    assert "no change now" in again.err


def test_another_token_for_the_same_account_works(tool: Tool, run: Callable[..., Ended]) -> None:
    # The sandbox gives each token an account of its own, so the two accounts are set up alike.
    other = "shippo_live_another-token"
    tool.hook("/a", active=False)
    twin = tool.there()[0]
    tool.sandbox.store.create(
        other, url=twin.url, event=twin.event, active=False, is_test=False, object_id=twin.object_id[:-1] + "0"
    )
    tool.write(entries(b="/b"), owns=f"[{HOST}/b]")
    assert run("plan", "--out", PLAN).code == 0
    assert run("apply", PLAN, SHIPPO_API_TOKEN=other).code == 0
    assert [webhook.url for webhook in tool.sandbox.store.list(other)][1:] == [f"{HOST}/b"]


@pytest.mark.parametrize("target", ["update", "switch", "delete"])
@pytest.mark.parametrize("field", ["url", "event", "active", "is_test", "removed"])
def test_stale_plan_is_refused_and_says_what_differs(
    tool: Tool, ids: dict[str, str], run: Callable[..., Ended], target: str, field: str
) -> None:
    store, object_id = tool.sandbox.store, ids[target]
    there = store.get(TOKEN, object_id)
    assert there is not None
    if field == "removed":
        store.delete(TOKEN, object_id)
    else:
        changed = {
            "url": f"{there.url}{'&' if '?' in there.url else '?'}secret=x",
            "event": "batch_created",
            "active": not there.active,
            "is_test": True,
        }[field]
        fields = {"url": there.url, "event": there.event, "active": there.active, "is_test": there.is_test}
        store.update(TOKEN, object_id, **{**fields, field: changed})  # type: ignore[arg-type]  # the API's fields
    mark = tool.sandbox.mark()
    refused = run("apply", PLAN)
    assert (refused.code, tool.writes(mark)) == (3, []), refused.all
    named = {"update": "a[track_updated]", "switch": "b[track_updated]", "delete": f"@{object_id}"}[target]
    assert named in refused.err.split("the saved plan is out of date:", 1)[1], refused.err


@pytest.mark.parametrize("active", [True, False])
def test_pre_created_key_makes_a_plan_stale(
    tool: Tool, ids: dict[str, str], run: Callable[..., Ended], *, active: bool
) -> None:
    assert ids
    tool.hook(f"/new/{SECRETS['P']}", active=active)
    mark = tool.sandbox.mark()
    refused = run("apply", PLAN)
    assert (refused.code, tool.writes(mark)) == (3, [])
    assert "new[track_updated]" in refused.err.split("is out of date:")[1]


def test_changed_file_or_variable_makes_a_plan_stale(
    tool: Tool, ids: dict[str, str], run: Callable[..., Ended]
) -> None:
    assert ids
    assert run("apply", PLAN, T="anotherSecret").code == 3
    assert run("apply", PLAN, P="anotherPath").code == 3
    tool.write(entries(a="/a?token=${T}", b="/b", keep="/keep", new="/new/${P}", more="/more"))
    refused = run("apply", PLAN)
    assert (refused.code, "more[track_updated]" in refused.err, tool.writes()) == (3, True, [])


def test_unmanaged_webhooks_do_not_count(tool: Tool, ids: dict[str, str], run: Callable[..., Ended]) -> None:
    assert ids
    tool.hook("https://other.example.com/x")
    assert run("apply", PLAN).code == 0


def test_filters_and_allowed_losses_are_kept_and_can_not_be_changed(
    tool: Tool, ids: dict[str, str], run: Callable[..., Ended]
) -> None:
    assert run("plan", "--target", "new", "--allow-losses", "9", "--out", PLAN).code == 0
    for more in (["--target", "a"], ["--account", "default"], ["--allow-losses", "1"], ["--destroy"]):
        refused = run("apply", PLAN, *more)
        assert (refused.code, tool.writes()) == (1, [])
    assert run("apply", PLAN).code == 0
    assert [entry.method for entry in tool.writes()] == ["POST"]
    assert ids["delete"] in {webhook.object_id for webhook in tool.there()}


def test_refused_plan_is_saved_and_refused_again(tool: Tool, run: Callable[..., Ended]) -> None:
    tool.hook("/a")
    tool.write(entries())
    assert run("plan", "--out", PLAN).code == 3
    assert (run("apply", PLAN).code, tool.writes()) == (3, [])
    assert run("plan", "--out", PLAN, "--allow-losses", "1").code == 0
    assert (run("apply", PLAN).code, tool.there()) == (0, ())


def test_empty_plan_is_saved_and_done(tool: Tool, run: Callable[..., Ended]) -> None:
    tool.write(entries())
    assert run("plan", "--out", PLAN).code == 0
    assert run("apply", PLAN).code == 0


def test_plan_of_an_account_that_could_not_be_read_is_not_saved(
    tool: Tool, ids: dict[str, str], run: Callable[..., Ended]
) -> None:
    assert ids
    before = (tool.folder / PLAN).read_bytes()
    armed = tool.sandbox.faults.add(Rule(action=Answer(status=403)))
    ended = run("plan", "--out", PLAN)
    assert (ended.code, (tool.folder / PLAN).read_bytes()) == (1, before)
    assert run("apply", PLAN).code == 1
    tool.sandbox.faults.remove(armed)
    assert run("apply", PLAN).code == 0


def test_plan_file_that_can_not_be_written_is_an_error(ids: dict[str, str], run: Callable[..., Ended]) -> None:
    assert ids
    ended = run("plan", "--out", "nowhere/saved.plan")
    assert (ended.code, "nowhere/saved.plan" in ended.err) == (1, True)


def test_saved_plan_is_its_owners_alone(tool: Tool, ids: dict[str, str]) -> None:
    assert ids
    assert (tool.folder / PLAN).stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tool.folder.iterdir() if path.name.startswith(".")] == []


def test_no_secret_is_in_the_plan_file_or_in_what_show_prints(
    tool: Tool, ids: dict[str, str], run: Callable[..., Ended]
) -> None:
    assert ids
    texts = [
        (tool.folder / PLAN).read_text(encoding="utf-8"),
        *(run("show", PLAN, *more).all for more in ((), ("-vv",), ("--format", "json"))),
    ]
    canaries = Canaries({**SECRETS, "token": TOKEN.removeprefix("shippo_live_")})
    assert [found for text in texts for found in canaries.found_in(text)] == []


def test_show_says_when_and_from_which_files_and_shows_the_plan(ids: dict[str, str], run: Callable[..., Ended]) -> None:
    assert ids
    shown, planned = run("show", PLAN), run("plan")
    assert shown.out.splitlines()[0].endswith("made from webhooks.yaml")
    assert shown.out.split("\n", 2)[2] == planned.out
    document = run("show", PLAN, "--format", "json").json()
    fresh = run("plan", "--format", "json").json()
    for each in (document, fresh):
        del each["timestamp"]
    assert document.pop("saved")["version"] == 3
    assert document == fresh


def _refused(run: Callable[..., Ended], path: Path, data: bytes) -> str:
    path.write_bytes(data)
    ended = run("show", path.name)
    assert (ended.code, ended.out) == (3, ""), data
    return ended.err


@pytest.fixture
def small(tool: Tool, run: Callable[..., Ended]) -> bytes:
    """A small saved plan: nothing to do."""
    tool.write(entries())
    assert run("plan", "--out", PLAN).code == 0
    return (tool.folder / PLAN).read_bytes()


def test_every_byte_that_is_flipped_is_noticed(tool: Tool, small: bytes, run: Callable[..., Ended]) -> None:
    path = tool.folder / "altered.plan"
    for position in range(len(small)):
        altered = bytearray(small)
        altered[position] ^= 1 << (position % 8)
        _refused(run, path, bytes(altered))


def test_every_cut_is_noticed(tool: Tool, small: bytes, run: Callable[..., Ended]) -> None:
    path = tool.folder / "cut.plan"
    for length in range(len(small)):
        assert "plan-cut" in _refused(run, path, small[:length])


def test_other_version_and_altered_plan_have_codes_of_their_own(
    tool: Tool, small: bytes, run: Callable[..., Ended]
) -> None:
    path = tool.folder / "other.plan"
    assert "plan-version" in _refused(
        run, path, small.replace(b'"document_version": "2.0"', b'"document_version": "1.0"')
    )
    assert "plan-version" in _refused(run, path, b"{}\n")
    assert "plan-altered" in _refused(run, path, small.replace(b'"destroy": false', b'"destroy": true'))
    assert "plan-altered" in _refused(run, path, b"[" * 100_000)
    assert "plan-altered" in _refused(run, path, small + b" ")
    ended = run("apply", path.name)
    assert (ended.code, tool.writes()) == (3, [])


def test_plan_file_that_is_not_there_is_an_error(tool: Tool, run: Callable[..., Ended]) -> None:
    tool.write(entries())
    for command in (["show", "none.plan"], ["apply", "none.plan"]):
        ended = run(*command)
        assert (ended.code, "none.plan" in ended.err) == (1, True)
