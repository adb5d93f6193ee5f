"""No more threads, as under a container's limit: all is done with those that there are, and the report is given."""

from __future__ import annotations

from functools import partial

import pytest

from tests.e2e.forked import Forked
from tests.e2e.tool import HOST, Tool, entries
from tests.support.threads import limit_threads


@pytest.mark.parametrize("more", [(), ("--format", "json")], ids=["text", "json"])
@pytest.mark.parametrize("most", [0, 1, 2, 3, 5, 8])
def test_apply_is_done_whole_and_reported_with_as_few_threads_as_there_are(
    tool: Tool, most: int, more: tuple[str, ...]
) -> None:
    for number in range(6):
        tool.hook(f"/gone/{number}")
    tool.write(entries(**{f"e{number}": f"/{number}" for number in range(12)}))
    arguments = ("apply", "--auto-approve", "--allow-losses", "9", "--backup", "back.yaml", *more)
    with Forked(tool.folder, *arguments, first=partial(limit_threads, most)) as command:
        ended = command.end()
    assert (ended.code, "Apply complete: 12 created, 0 updated, 6 deleted." in ended.out) == (0, True), ended.all
    assert sorted(webhook.url for webhook in tool.there()) == sorted(f"{HOST}/{number}" for number in range(12))
    if not more:
        at_once = max(most - 2, 1)  # one has listed, one works on the account
        assert f"The system allows no more threads: changes are made {at_once} at a time, not 10.\n" in ended.err, (
            ended.err
        )


def test_several_accounts_are_done_one_after_another_where_there_is_no_thread(tool: Tool) -> None:
    names = ("east", "live", "west")
    accounts = "".join(
        f"  {name}:\n    provider: shippo\n    token: ${{{name.upper()}}}\n    base_url: {tool.sandbox.base_url}\n"
        for name in names
    )
    urls = "".join(
        f"  {name}:\n    account: {name}\n    url: {HOST}/{name}\n    events: [all, track_updated]\n" for name in names
    )
    (tool.folder / "webhooks.yaml").write_text(
        f"version: 1\naccounts:\n{accounts}owns: ['{HOST}/*']\nwebhooks:\n{urls}"
    )
    environment = {name.upper(): f"shippo_live_threads-{name}" for name in names}
    with Forked(
        tool.folder, "apply", "--auto-approve", environment=environment, first=partial(limit_threads, 0)
    ) as command:
        ended = command.end()
    assert ended.code == 0, ended.all
    assert [len(tool.sandbox.store.list(token)) for token in environment.values()] == [2, 2, 2]


@pytest.mark.parametrize("command", ["plan", "drift", "list", "export"])
def test_what_only_looks_needs_no_thread(tool: Tool, command: str) -> None:
    tool.write(entries())
    with Forked(tool.folder, command, first=partial(limit_threads, 0)) as run:
        assert run.end().code == 0
