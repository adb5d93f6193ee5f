"""Guards account by account: one that is not listed to its end gets no write, one that is refused refuses the run."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from reconciler.sandbox.options import SandboxOptions
from reconciler.sandbox.rules import Answer, Nth, Rule
from reconciler.sandbox.server import Sandbox
from tests.e2e.here import run_here
from tests.e2e.test_guards import KEEP, fill
from tests.e2e.tool import HOST, TOKEN, Tool


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
        [Rule(action=Answer(status=200, body=_document(5)), when=Nth(k=k)) for k in SECOND_PAGES],
        id="second-page-says-another-count",
    ),
    pytest.param(
        [Rule(action=Answer(status=200, body=_document(30, f"{HOST}/a")), when=Nth(k=k)) for k in SECOND_PAGES],
        id="second-page-is-short",
    ),
    pytest.param([Rule(action=HTML, when=Nth(k=k)) for k in SECOND_PAGES], id="html-on-the-second-page"),
    pytest.param([Rule(action=Answer(status=403), when=Nth(k=2))], id="second-page-denied"),
]


@pytest.mark.parametrize("rules", INCOMPLETE)
@pytest.mark.parametrize("allowed", [(), ("--allow-losses", "99")], ids=["guarded", "allowed"])
def test_account_whose_list_is_not_whole_gets_no_write_and_the_other_goes_on(
    tool: Tool, rules: list[Rule], allowed: tuple[str, ...]
) -> None:
    with Sandbox(SandboxOptions(limits=None)) as whole:
        fill(tool, [(f"/{number}", "track_updated") for number in range(30)])
        (tool.folder / "webhooks.yaml").write_text(
            _accounts(lying=tool.sandbox, whole=whole)
            + f"webhooks:\n  a: {{account: lying, url: '{HOST}/a', events: [track_updated]}}\n"
            f"  b: {{account: whole, url: '{HOST}/b', events: [track_updated]}}\n"
        )
        before = tool.there()
        assert tool.sandbox.proxy is not None
        armed = [tool.sandbox.proxy.add(rule) for rule in rules]
        ended = run_here(tool.folder, "apply", "--auto-approve", *allowed)
        assert armed[0].applied
        assert (ended.code, tool.there(), tool.writes()) == (1, before, []), ended.all
        assert ended.out.splitlines()[-1].endswith("1 created, 0 updated, 0 deleted; not checked: lying.")
        assert [webhook.url for webhook in whole.store.list(TOKEN)] == [f"{HOST}/b"]


@pytest.fixture
def two(tool: Tool) -> Iterator[tuple[Tool, Tool]]:
    """Two accounts of one file, with three and with two endpoints that nothing in it names, and one that it does."""
    with Sandbox(SandboxOptions(limits=None)) as sandbox:
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
    last = ended.lines()[-1]
    assert (ended.code, last["exit_code"], last["@message"]) == (3, 3, "Refused for account one. Nothing was changed.")


def test_lines_for_absent_are_the_accounts_own_and_leave_the_others_alone(two: tuple[Tool, Tool]) -> None:
    # The other account wants one of what goes here, and has the other without being responsible for it.
    for account in two:
        fill(account, [("/a", "track_updated"), ("/b", "track_updated"), KEEP])
    file = two[0].folder / "webhooks.yaml"
    text = _accounts(more="limits: {max_losses: 0}", one=two[0].sandbox, two=two[1].sandbox)
    file.write_text(
        text.replace("\nowns:", f"\n    owns: ['{HOST}/a', '{HOST}/keep']\nowns:")
        + f"webhooks:\n  keep: {{accounts: [one, two], url: '{HOST}/keep', events: [track_updated]}}\n"
        f"  a: {{account: two, url: '{HOST}/a', events: [track_updated]}}\n"
    )
    before = two[1].there()
    refused = run_here(two[0].folder, "apply", "--auto-approve")
    assert (refused.code, two[0].writes()) == (3, [])
    assert "add `--allow-losses 2`, or name under `absent` of account one in the file what must go:" in refused.out
    lines = "    absent:" + refused.out.partition("\n    absent:")[2].partition("\n\n")[0] + "\n"
    file.write_text(file.read_text().replace("  two:\n", lines + "  two:\n"))
    assert run_here(two[0].folder, "apply", "--auto-approve").code == 0
    assert [webhook.url for webhook in two[0].there()] == [f"{HOST}/keep"]
    assert two[1].there() == before
