"""Guards over HTTP: losses of each kind are refused with 3 and no write, and what is said to let them through does."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from reconciler.sandbox.store import Webhook
from tests.e2e.tool import HOST, TOKEN, Ended, Tool, entries, run_here

KEEP = ("/keep", "track_updated")
ALL = ("track_updated", "batch_created", "batch_purchased", "transaction_created", "transaction_updated")
NONE_ALLOWED = "limits: {max_losses: 0}\n"
ANYWHERE = f"[{HOST}/*, https://*.example.net/*]"


def _off(name: str, path: str) -> str:
    return f"  {name}:\n    url: {HOST}{path}\n    events: [track_updated]\n    active: false\n"


def _test(name: str, path: str) -> str:
    return f"  {name}:\n    url: {HOST}{path}\n    events: [track_updated]\n    is_test: true\n"


# What is there beside `keep`; the file; the lost endpoint and events as they are shown; whether `absent` may name it.
LOSSES = [
    pytest.param([("/a", "track_updated")], entries(keep="/keep"), f"{HOST}/a  track_updated", True, id="deleted"),
    pytest.param(
        [("/a", "track_updated"), ("/a", "batch_created")],
        entries(keep="/keep"),
        f"{HOST}/a  batch_created, track_updated",
        True,
        id="two-events-of-one-endpoint-are-one-loss",
    ),
    pytest.param(
        [("/a", "track_updated")], entries(keep="/keep") + _off("a", "/a"), f"{HOST}/a  track_updated", False,
        id="switched-off",
    ),
    pytest.param(
        [("/a", "all")],
        entries(keep="/keep", a="/a track_updated"),
        f"{HOST}/a  {', '.join(sorted({*ALL} - {'track_updated'}))}, any other event",
        True,
        id="all-narrowed-to-a-single",
    ),
    pytest.param(
        [("/a", "all")],
        entries(keep="/keep", a=f"/a {' '.join(ALL)}"),
        f"{HOST}/a  any other event",
        True,
        id="all-narrowed-to-every-known-single",
    ),
    pytest.param(
        [("/a", "track_updated")],
        entries(keep="/keep")
        + "".join(f"  {one}:\n    url: https://{one}.example.net/a\n    events: [track_updated]\n" for one in "ab"),
        f"{HOST}/a  track_updated",
        True,
        id="moved-to-one-of-two-hosts",
    ),
    pytest.param(
        [("/a", "track_updated")], entries(keep="/keep", a="/new", b="/newer"), f"{HOST}/a  track_updated", True,
        id="moved-to-one-of-two-paths",
    ),
    pytest.param(
        [("/a", "track_updated")], entries(keep="/keep", a="/a batch_created"), f"{HOST}/a  track_updated", True,
        id="event-swapped",
    ),
    pytest.param(
        [("/a", "track_updated")], entries(keep="/keep") + _test("a", "/a"), f"{HOST}/a  track_updated", False,
        id="is-test-changed",
    ),
    pytest.param(
        [("/a?tenant=acme", "track_updated")],
        entries(keep="/keep", a="/a?tenant=globex", b="/a?tenant=initech"),
        f"{HOST}/a?tenant=‹hidden›  track_updated",
        False,
        id="another-tenant",
    ),
    pytest.param(
        [("/h/T00SECRETxyz123", "track_updated")], entries(keep="/keep"), f"{HOST}/h/‹hidden›  track_updated", False,
        id="secret-path",
    ),
]  # fmt: skip


@pytest.fixture
def run(tool: Tool) -> Callable[..., Ended]:
    def runner(*arguments: str) -> Ended:
        return run_here(tool.folder, *arguments, environment=tool.environment)

    return runner


def pasted(output: str) -> str:
    """The lines for the file that a refusal prints, as somebody copies them."""
    return "absent:" + output.partition("\nabsent:")[2].partition("\n\n")[0] + "\n"


def _kept(webhooks: Sequence[Webhook]) -> list[tuple[str, str, bool, bool]]:
    return sorted((webhook.url, webhook.event, webhook.active, webhook.is_test) for webhook in webhooks)


def fill(tool: Tool, there: Sequence[tuple[str, str]]) -> None:
    """Let the account have these and nothing else."""
    for webhook in tool.there():
        tool.sandbox.store.delete(TOKEN, webhook.object_id)
    for path, event in there:
        tool.hook(path, event)


@pytest.mark.parametrize(("there", "file", "loss", "speakable"), LOSSES)
def test_loss_is_refused_and_what_is_said_to_let_it_through_does(
    tool: Tool,
    run: Callable[..., Ended],
    there: list[tuple[str, str]],
    file: str,
    loss: str,
    speakable: bool,  # noqa: FBT001 - a table
) -> None:
    fill(tool, [*there, KEEP])
    tool.write(file, owns=ANYWHERE, more=NONE_ALLOWED)
    before = tool.there()

    refused = run("apply", "--auto-approve")
    assert (refused.code, tool.there(), tool.writes()) == (3, before, [])
    assert f"\n  Losses (1, allowed: 0): endpoints that would stop receiving these events\n    {loss}\n" in refused.out
    assert (
        "\n  Refused: more endpoints than allowed would lose events.\n  If this is intended, add `--allow-losses 1`"
        in refused.out
    )
    assert refused.out.splitlines()[-1] == "Refused for account default. Nothing was changed."
    assert ("\nabsent:\n" in refused.out) == speakable
    # What it would do is what the plan says, and that it would be refused.
    plan = run("plan")
    assert (plan.code, plan.out.splitlines()[:-1]) == (3, refused.out.splitlines()[:-1])
    assert plan.out.splitlines()[-1].endswith("; refused: default.")

    assert run("apply", "--auto-approve", "--allow-losses", "1").code == 0
    assert run("plan", "--detailed-exitcode").code == 0
    done = _kept(tool.there())
    if speakable:
        fill(tool, [*there, KEEP])
        tool.write(file, owns=ANYWHERE, more=NONE_ALLOWED + pasted(refused.out))
        assert run("apply", "--auto-approve").code == 0
        assert _kept(tool.there()) == done


# No loss, though something goes: what is there; the file; what stands above the entries.
NO_LOSSES = [
    pytest.param([("/a", "all")], entries(keep="/keep", a="/a all"), "", id="nothing-goes"),
    pytest.param([KEEP], entries(keep="/keep"), "", id="duplicate"),
    pytest.param(
        [("/a", "track_updated"), ("/a", "batch_created")], entries(keep="/keep", a="/a all"), "", id="singles-to-all"
    ),
    pytest.param([("/a?token=old", "track_updated")], entries(keep="/keep", a="/a?token=${T}"), "", id="token-rotated"),
    pytest.param([("/a", "track_updated")], entries(keep="/keep", a="/new"), "", id="moved-to-another-path"),
    pytest.param(
        [("https://old.example.net/a", "track_updated")], entries(keep="/keep", a="/a"), "", id="not-owned-elsewhere"
    ),
    pytest.param(
        [("/a", "track_updated")], entries(keep="/keep"), f"absent: [{HOST}/a]\n", id="named-absent"
    ),
    pytest.param(
        [("/a", "track_updated")], entries(keep="/keep") + _off("a", "/a"), f"protect: [{HOST}/a]\n", id="protected"
    ),
    pytest.param(
        [("/a", "track_updated")],
        entries(keep="/keep"),
        f"protect: [{HOST}/a]\nabsent: [{HOST}/a]\n",
        id="protected-and-named-absent",
    ),
    pytest.param(
        [("https://elsewhere.example.org/a", "track_updated")], entries(keep="/keep"), "", id="not-owned"
    ),
]  # fmt: skip


@pytest.mark.parametrize(("there", "file", "more"), NO_LOSSES)
def test_what_loses_nothing_is_not_refused(
    tool: Tool, run: Callable[..., Ended], there: list[tuple[str, str]], file: str, more: str
) -> None:
    fill(tool, [*there, KEEP])
    tool.environment["T"] = "new"
    tool.write(file, more=NONE_ALLOWED + more)
    done = run("apply", "--auto-approve")
    assert (done.code, "Losses" in done.out) == (0, False), done.all
    for path, event in there:
        if "protect" in more or not path.startswith("/"):
            url = HOST + path if path.startswith("/") else path
            assert (url, event, True, False) in _kept(tool.there())


NOTHING_LEFT = "  Refused: no endpoint that this configuration owns would receive events any more.\n"


@pytest.mark.parametrize(
    ("file", "more"),
    [
        pytest.param(entries(), "", id="no-entries"),
        pytest.param("webhooks:" + "\n" + _off("a", "/a"), "", id="switched-off"),
        pytest.param(entries(), "protect: ['https://elsewhere.example.org/*']\n", id="what-is-protected-is-not-owned"),
        pytest.param(entries(), f"protect: [{HOST}/off]\n", id="what-is-protected-is-off"),
    ],
)
def test_last_endpoint_that_receives_anything_is_not_lost_without_consent(
    tool: Tool, run: Callable[..., Ended], file: str, more: str
) -> None:
    tool.hook("/a")
    tool.hook("/off", active=False)
    tool.hook("https://elsewhere.example.org/x")
    before = tool.there()
    tool.write(file, more="limits: {max_losses: 99}\n" + more)
    refused = run("apply", "--auto-approve")
    assert (refused.code, tool.there(), tool.writes(), NOTHING_LEFT in refused.out) == (3, before, [], True), (
        refused.all
    )
    assert "add `--allow-losses 1`" in refused.out
    assert run("apply", "--auto-approve", "--allow-losses", "1").code == 0
    assert not any(webhook.active for webhook in tool.there() if webhook.url.startswith(HOST))


def test_last_endpoint_may_go_where_the_file_names_it_absent(tool: Tool, run: Callable[..., Ended]) -> None:
    tool.hook("/a", "all")
    tool.write(entries())
    refused = run("apply", "--auto-approve")
    assert (refused.code, NOTHING_LEFT in refused.out) == (3, True)
    tool.write(entries(), more=pasted(refused.out))
    assert (run("apply", "--auto-approve").code, tool.there()) == (0, ())


def test_protected_endpoint_that_is_owned_still_receives(tool: Tool, run: Callable[..., Ended]) -> None:
    tool.hook("/a")
    protected = tool.hook("/p")
    tool.write(entries(), more=f"protect: [{HOST}/p]\n")
    assert run("apply", "--auto-approve").code == 0
    assert [webhook.object_id for webhook in tool.there()] == [protected]


@pytest.mark.parametrize("command", [("destroy",), ("apply", "--destroy")], ids=["destroy", "apply"])
@pytest.mark.parametrize(
    ("targets", "more"),
    [
        pytest.param((), "", id="everything"),
        pytest.param((), f"protect: [{HOST}/keep]\n", id="all-but-what-is-protected"),
        pytest.param(("--target", "a"), "", id="one"),
        pytest.param(("--exclude", "keep"), "", id="all-but-one"),
    ],
)
def test_destroy_always_asks_for_its_losses(
    tool: Tool, run: Callable[..., Ended], command: tuple[str, ...], targets: tuple[str, ...], more: str
) -> None:
    fill(tool, [("/a", "track_updated"), KEEP])
    tool.write(entries(a="/a", keep="/keep"), more="limits: {max_losses: 99}\n" + more)
    losses = 1 if targets or more else 2
    refused = run(*command, "--auto-approve", *targets)
    assert (refused.code, tool.writes()) == (3, []), refused.all
    assert f"add `--allow-losses {losses}`" in refused.out
    assert run(*command, "--auto-approve", *targets, "--allow-losses", str(losses - 1)).code == 3
    assert run(*command, "--auto-approve", *targets, "--allow-losses", str(losses)).code == 0
    assert len(tool.there()) == 2 - losses


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        pytest.param(("apply", "--auto-approve", "--allow-losses", "3"), 3, id="one-too-low"),
        pytest.param(("apply", "--auto-approve", "--allow-losses", "0"), 3, id="none"),
        pytest.param(("apply", "--auto-approve", "--allow-losses", "4"), 0, id="exactly"),
        pytest.param(("apply", "--auto-approve", "--allow-losses", "9" * 40), 0, id="huge"),
        pytest.param(("apply", "--auto-approve", "--allow-losses", "-1"), 1, id="negative"),
        pytest.param(("apply", "--auto-approve", "--allow-losses", "all"), 1, id="no-number"),
        pytest.param(("apply", "--auto-approve", "--allow-losses", "4.0"), 1, id="no-whole-number"),
        pytest.param(("apply", "--auto-approve", "--force"), 1, id="no-such-way"),
        pytest.param(("drift", "--allow-losses", "4"), 1, id="on-drift"),
        pytest.param(("list", "--allow-losses", "4"), 1, id="on-list"),
        pytest.param(("export", "--allow-losses", "4"), 1, id="on-export"),
        pytest.param(("validate", "--allow-losses", "4"), 1, id="on-validate"),
    ],
)
def test_allowed_losses_lift_the_guard_up_to_their_number(
    tool: Tool, run: Callable[..., Ended], arguments: tuple[str, ...], code: int
) -> None:
    fill(tool, [(f"/{number}", "track_updated") for number in range(4)])
    tool.write(entries())
    before = tool.there()
    ended = run(*arguments)
    assert (ended.code, tool.there()) == (code, () if code == 0 else before), ended.all
    assert (tool.writes() == []) == (code != 0)


def test_nothing_from_the_environment_allows_a_loss_or_approves_a_plan(tool: Tool) -> None:
    tool.hook("/a")
    tool.write(entries())
    names = ("ALLOW_LOSSES", "AUTO_APPROVE", "APPLY_ALLOW_LOSSES", "APPLY_AUTO_APPROVE", "TARGET", "ACCOUNT", "FORCE")
    environment = {f"RECONCILER_{name}": "1" for name in names}
    assert run_here(tool.folder, "apply", "--auto-approve", environment=environment).code == 3
    assert run_here(tool.folder, "apply", environment=environment).code == 1
    assert tool.writes() == []


def test_allowed_losses_of_a_saved_plan_are_its_own(tool: Tool, run: Callable[..., Ended]) -> None:
    fill(tool, [(f"/{number}", "track_updated") for number in range(4)])
    tool.write(entries())
    assert run("plan", "--out", "plan", "--allow-losses", "3").code == 3
    assert (run("apply", "plan").code, run("apply", "plan", "--allow-losses", "4").code, tool.writes()) == (3, 1, [])
    assert run("plan", "--out", "plan", "--allow-losses", "9" * 40).code == 0
    assert (run("apply", "plan").code, tool.there()) == (0, ())


def test_losses_of_which_some_can_not_be_named_are_let_through_by_both_ways_together(
    tool: Tool, run: Callable[..., Ended]
) -> None:
    fill(tool, [("/a", "track_updated"), ("/h/T00SECRETxyz123", "track_updated"), KEEP])
    tool.write(entries(keep="/keep"), more=NONE_ALLOWED)
    refused = run("apply", "--auto-approve")
    assert (refused.code, "  (1 of the losses can't be listed under `absent`.)" in refused.out) == (3, True)
    tool.write(entries(keep="/keep"), more=NONE_ALLOWED + pasted(refused.out))
    again = run("apply", "--auto-approve")
    assert (again.code, "add `--allow-losses 1`." in again.out, tool.writes()) == (3, True, [])
    assert run("apply", "--auto-approve", "--allow-losses", "1").code == 0


def test_quiet_refusal_says_what_goes_and_what_lets_it(tool: Tool) -> None:
    tool.hook("/keep", "track_updated"), tool.hook("/beta", "track_updated")
    tool.write(entries(keep="/keep"), more=NONE_ALLOWED)
    for command in (["plan"], ["apply", "--auto-approve"]):
        refused = tool.run(*command, "-q")
        assert (refused.code, f"delete: not in the file  {HOST}/beta" in refused.out) == (3, True), refused.all
        assert "If this is intended, add `--allow-losses 1`, or add this to the file:\n\nabsent:\n" in refused.out
