"""Guards account by account: one that is not listed to its end gets no write, one that is refused refuses the run."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from msgspec import Struct

from reconciler.sandbox.faults import Answer, Rule, When
from tests.e2e.test_guards import KEEP, fill
from tests.e2e.tool import HOST, TOKEN, Tool, entries, run_here
from tests.support.sandbox import Sandbox
from tests.view.published import judged


def _accounts(*, more: str = "", **sandboxes: Sandbox) -> str:
    """The beginning of a file with an account at each of these sandboxes."""
    lines = ["version: 1", "accounts:"]
    for name, sandbox in sandboxes.items():
        lines += [f"  {name}:", "    provider: shippo", "    token: ${SHIPPO_API_TOKEN}"]
        lines += [f"    base_url: {sandbox.base_url}"]
    return "\n".join([*lines, f"owns: ['{HOST}/*']", more]) + "\n"


def _document(count: int, *urls: str) -> bytes:
    hooks = [
        {"object_id": f"id-{n}", "url": url, "event": "track_updated", "active": True, "is_test": False}
        for n, url in enumerate(urls)
    ]
    return json.dumps({"next": None, "previous": None, "count": count, "results": hooks}).encode()


SECOND_PAGES = (2, 4, 6)
"""Which calls ask for the second of two pages where the list is made three times."""
HTML = Answer(status=200, body=b"<html>moved</html>", content_type="text/html")
INCOMPLETE = [
    pytest.param([Rule(action=Answer(status=200, body=_document(2, f"{HOST}/a")))], id="count-says-more"),
    pytest.param([Rule(action=Answer(status=200, body=_document(0, f"{HOST}/a")))], id="count-says-less"),
    pytest.param(
        [Rule(action=Answer(status=200, body=_document(5)), when=When(nth=k)) for k in SECOND_PAGES],
        id="second-page-says-another-count",
    ),
    pytest.param(
        [Rule(action=Answer(status=200, body=_document(30, f"{HOST}/a")), when=When(nth=k)) for k in SECOND_PAGES],
        id="second-page-is-short",
    ),
    pytest.param([Rule(action=HTML, when=When(nth=k)) for k in SECOND_PAGES], id="html-on-the-second-page"),
    pytest.param([Rule(action=Answer(status=403), when=When(nth=2))], id="second-page-denied"),
]


@pytest.mark.parametrize("rules", INCOMPLETE)
@pytest.mark.parametrize("allowed", [(), ("--allow-losses", "99")], ids=["guarded", "allowed"])
def test_account_whose_list_is_not_whole_gets_no_write_and_the_other_goes_on(
    tool: Tool, rules: list[Rule], allowed: tuple[str, ...]
) -> None:
    with Sandbox() as whole:
        fill(tool, [(f"/{number}", "track_updated") for number in range(30)])
        (tool.folder / "webhooks.yaml").write_text(
            _accounts(lying=tool.sandbox, whole=whole)
            + f"webhooks:\n  a: {{account: lying, url: '{HOST}/a', events: [track_updated]}}\n"
            f"  b: {{account: whole, url: '{HOST}/b', events: [track_updated]}}\n"
        )
        before = tool.there()
        armed = [tool.sandbox.faults.add(rule) for rule in rules]
        ended = run_here(tool.folder, "apply", "--auto-approve", *allowed)
        assert armed[0].applied
        assert (ended.code, tool.there(), tool.writes()) == (1, before, []), ended.all
        assert ended.out.splitlines()[-1].endswith("1 created, 0 updated, 0 deleted; not checked: lying.")
        assert [webhook.url for webhook in whole.store.list(TOKEN)] == [f"{HOST}/b"]


@pytest.fixture
def two(tool: Tool) -> Iterator[tuple[Tool, Tool]]:
    """Two accounts of one file, with three and with two endpoints that nothing in it names, and one that it does."""
    with Sandbox() as sandbox:
        other = Tool(folder=tool.folder, sandbox=sandbox)
        fill(tool, [*((f"/{number}", "track_updated") for number in range(3)), KEEP])
        fill(other, [*((f"/{number}", "track_updated") for number in range(2)), KEEP])
        yield tool, other


def _write_two(two: tuple[Tool, Tool], limits: str, *, one: str = "") -> None:
    """Write their file; `one` are lines of the first account's own."""
    text = _accounts(more=limits, one=two[0].sandbox, two=two[1].sandbox).replace("  two:\n", f"{one}  two:\n")
    (two[0].folder / "webhooks.yaml").write_text(
        f"{text}webhooks:\n  keep: {{accounts: [one, two], url: '{HOST}/keep', events: [track_updated]}}\n"
        f"  new: {{accounts: [one, two], url: '{HOST}/new', events: [track_updated]}}\n"
    )


@pytest.mark.parametrize(
    ("limit", "allowed", "refused"),
    [
        pytest.param(3, (), [], id="neither"),
        pytest.param(2, (), ["one"], id="the-first"),
        pytest.param(1, (), ["one", "two"], id="both"),
        pytest.param(9, ("--allow-losses", "2"), ["one"], id="the-option-counts-for-each"),
        pytest.param(0, ("--allow-losses", "3"), [], id="the-option-lifts-both"),
    ],
)
def test_one_refused_account_refuses_the_run_and_nothing_is_written_in_either(
    two: tuple[Tool, Tool], limit: int, allowed: tuple[str, ...], refused: list[str]
) -> None:
    _write_two(two, f"limits: {{max_losses: {limit}}}")
    before = [account.there() for account in two]
    ended = run_here(two[0].folder, "apply", "--auto-approve", *allowed)
    if refused:
        assert (ended.code, [account.there() for account in two]) == (3, before), ended.all
        assert [account.writes() for account in two] == [[], []]
        assert ended.out.splitlines()[-1] == f"Refused for account {', '.join(refused)}. Nothing was changed."
        said = ["add `--allow-losses 3`" in ended.out, "add `--allow-losses 2`" in ended.out]
        assert said == [True, "two" in refused]
    else:
        assert ended.code == 0, ended.all
        assert [len(account.there()) for account in two] == [2, 2]


def test_limit_under_an_account_is_that_accounts(two: tuple[Tool, Tool]) -> None:
    _write_two(two, "limits: {max_losses: 0}", one="    limits: {max_losses: 3}\n")
    ended = run_here(two[0].folder, "apply", "--auto-approve")
    assert (ended.code, ended.out.splitlines()[-1]) == (3, "Refused for account two. Nothing was changed.")
    # The other alone is refused no longer.
    assert run_here(two[0].folder, "apply", "--auto-approve", "--account", "one").code == 0
    assert [account.writes() != [] for account in two] == [True, False]


def test_refusal_as_a_stream_names_the_account_and_ends_with_3(two: tuple[Tool, Tool]) -> None:
    _write_two(two, "limits: {max_losses: 2}")
    ended = run_here(two[0].folder, "apply", "--auto-approve", "--format", "json")
    lines = [judged("apply-stream", line) for line in ended.out.splitlines()]
    last = lines[-1]
    assert (ended.code, last["exit_code"], last["@message"]) == (3, 3, "Refused for account one. Nothing was changed.")
    losses = [line["loss"] for line in lines if line["type"] == "planned_loss"]
    assert [loss["account"] for loss in losses] == ["one"] * 3 + ["two"] * 2
    (refused,) = [line for line in lines if line["type"] == "refused"]
    assert refused["account"] == "one"
    assert refused["remedy"]["absent"] == [loss["absent"] for loss in losses[:3]]
    # The plan says the same, and what it says lets it through.
    plan = json.loads(run_here(two[0].folder, "plan", "--format", "json").out)
    assert [account["remedy"] for account in plan["accounts"]] == [refused["remedy"], None]
    allowed = str(refused["remedy"]["allow_losses"])
    assert run_here(two[0].folder, "apply", "--auto-approve", "--allow-losses", allowed).code == 0


OLD = "https://old.example.org/x"
AT_TOP = f"absent:\n  - {OLD}\n"
IN_ACCOUNT = f"    absent:\n      - {OLD}\n"
REPEATING = ", together with the items of the top-level `absent`, which then no longer applies to this account"


class Placed(Struct, frozen=True, kw_only=True):
    """Where a file of two accounts says `absent`, and where a refusal says that more of it goes for the first."""

    top: str = ""
    one: str = ""
    two: str = ""
    said: str
    after: str
    repeated: str = ""


PLACED = [
    pytest.param(Placed(said="add this to account one", after="  one:\n"), id="none"),
    pytest.param(Placed(top="absent: []\n", said="add this to account one", after="  one:\n"), id="top-is-empty"),
    pytest.param(
        Placed(
            top=AT_TOP,
            said=f"add this to account one{REPEATING}",
            after="  one:\n",
            repeated=f"      - {OLD}\n",
        ),
        id="top-for-both",
    ),
    pytest.param(
        Placed(top=AT_TOP, two=IN_ACCOUNT, said="add this to `absent` at the top of the file", after=AT_TOP),
        id="top-for-this-one-alone",
    ),
    pytest.param(
        Placed(two=IN_ACCOUNT, said="add this to the file", after="version: 1\n"),
        id="only-the-other-has-one",
    ),
    pytest.param(Placed(one=IN_ACCOUNT, said="add this to `absent` of account one", after=IN_ACCOUNT), id="its-own"),
    pytest.param(
        Placed(top=AT_TOP, one=IN_ACCOUNT, said="add this to `absent` of account one", after=IN_ACCOUNT),
        id="its-own-and-top",
    ),
]


@pytest.mark.parametrize("filtered", [(), ("--account", "one")], ids=["whole", "filtered"])
@pytest.mark.parametrize("placed", PLACED)
def test_lines_for_absent_are_for_the_account_alone_and_hide_nothing(
    two: tuple[Tool, Tool], placed: Placed, filtered: tuple[str, ...]
) -> None:
    # The other account has one of what goes here without being responsible for it, and wants the other; not where it
    # isn't read, as then nothing may be deleted here that it wants.
    a = "" if filtered else f"  a: {{account: two, url: '{HOST}/a', events: [track_updated]}}\n"
    for account in two:
        fill(account, [("/a", "track_updated"), ("/b", "track_updated"), KEEP, (OLD, "track_updated")])
    file = two[0].folder / "webhooks.yaml"
    text = _accounts(more=f"limits: {{max_losses: 0}}\n{placed.top}", one=two[0].sandbox, two=two[1].sandbox)
    text = text.replace("  one:\n", f"  one:\n{placed.one}")
    text = text.replace("  two:\n", f"  two:\n    owns: ['{HOST}/a', '{HOST}/keep']\n{placed.two}")
    file.write_text(
        f"{text}webhooks:\n  keep: {{accounts: [one, two], url: '{HOST}/keep', events: [track_updated]}}\n{a}"
    )
    refused = run_here(two[0].folder, "apply", "--auto-approve", *filtered)
    assert (refused.code, two[0].writes(), two[1].writes()) == (3, [], [])
    _, said, rest = refused.out.partition(f"  If this is intended, add `--allow-losses 2`, or {placed.said}:\n\n")
    assert said, refused.out
    lines = rest.partition("\n\n")[0] + "\n" + placed.repeated
    file.write_text(file.read_text().replace(placed.after, placed.after + lines, 1))
    done = run_here(two[0].folder, "apply", "--auto-approve", *filtered)
    assert done.code == 0, done.all
    old_of_one = [] if placed.top == AT_TOP or placed.one else [OLD]
    old_of_two = [] if not filtered and (placed.top == AT_TOP or placed.two) else [OLD]
    assert [webhook.url for webhook in two[0].there()] == [f"{HOST}/keep", *old_of_one]
    assert [webhook.url for webhook in two[1].there()] == [f"{HOST}/a", f"{HOST}/b", f"{HOST}/keep", *old_of_two]


@pytest.mark.parametrize(
    ("more", "said", "after"),
    [
        pytest.param("", "add this to the file", "version: 1\n", id="none"),
        pytest.param(AT_TOP, "add this to `absent` at the top of the file", AT_TOP, id="top"),
    ],
)
@pytest.mark.parametrize("filtered", [(), ("--account", "default")], ids=["whole", "filtered"])
def test_lines_for_absent_of_the_only_account_go_to_the_top(
    tool: Tool, more: str, said: str, after: str, filtered: tuple[str, ...]
) -> None:
    fill(tool, [("/a", "track_updated"), KEEP])
    tool.write(entries(keep="/keep"), more="limits: {max_losses: 0}\n" + more)
    refused = run_here(tool.folder, "apply", "--auto-approve", *filtered)
    _, found, rest = refused.out.partition(f", or {said}:\n\n")
    assert (refused.code, bool(found)) == (3, True), refused.out
    file = tool.folder / "webhooks.yaml"
    file.write_text(file.read_text().replace(after, after + rest.partition("\n\n")[0] + "\n"))
    assert run_here(tool.folder, "apply", "--auto-approve", *filtered).code == 0
    assert [webhook.url for webhook in tool.there()] == [f"{HOST}/keep"]
