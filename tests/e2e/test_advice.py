"""Where warnings about the file are shown: whole by `validate` and at `-v`, elsewhere as a count."""

from __future__ import annotations

import pytest

from tests.e2e.tool import Tool, entries

WARNING = "warning[url-not-https]"
COUNT = "1 warning about the file: see `reconciler validate`, or use `-v`."


@pytest.mark.parametrize(
    ("arguments", "is_whole", "is_counted"),
    [
        pytest.param(["validate"], True, False, id="validate"),
        pytest.param(["plan"], False, True, id="plan"),
        pytest.param(["drift"], False, True, id="drift"),
        pytest.param(["list"], False, True, id="list"),
        pytest.param(["plan", "-v"], True, False, id="verbose"),
        pytest.param(["plan", "-q"], False, False, id="quiet"),
    ],
)
def test_warnings_bury_no_plan(tool: Tool, arguments: list[str], *, is_whole: bool, is_counted: bool) -> None:
    tool.write(entries(a="/a").replace("https://", "http://"), owns='["http://hooks.example.com/*"]')
    said = tool.run(*arguments).err
    assert (WARNING in said, COUNT in said) == (is_whole, is_counted)
