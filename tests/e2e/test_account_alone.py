"""One account of two, the other's token not at hand: what it may delete without asking the other."""

from __future__ import annotations

from tests.e2e.tool import HOST, Tool

FILE = """version: 1
accounts:
  live: {{provider: shippo, token: '${{SHIPPO_API_TOKEN}}', base_url: '{base}', owns: ['{host}/*']}}
  test: {{provider: shippo, token: '${{ELSEWHERE}}', base_url: '{base}', {mode}owns: ['{host}/*']}}
webhooks:
  orders: {{account: live, url: '{host}/orders', events: [track_updated]}}
  trial: {{account: test, url: '{host}/{path}?token=${{SECRET}}', events: [track_updated]}}
"""


def run(tool: Tool, path: str, mode: str = "") -> tuple[int, str]:
    (tool.folder / "webhooks.yaml").write_text(FILE.format(base=tool.sandbox.base_url, host=HOST, path=path, mode=mode))
    ended = tool.run("plan", "--account", "live")
    return ended.code, ended.all


def test_an_unread_account_stops_what_its_endpoints_may_be_until_its_mode_is_pinned(tool: Tool) -> None:
    tool.hook("/orders")
    tool.hook("/old")
    code, said = run(tool, "elsewhere")
    assert (code, "1 to delete" in said) == (0, True)
    code, said = run(tool, "old")
    assert code == 1
    assert "or set the `mode` of test in the file" in said
    code, said = run(tool, "old", "mode: test, ")
    assert (code, "1 to delete" in said) == (0, True)
