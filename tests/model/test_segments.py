"""The segments of a pattern's path as the file writes them: what may be shown of a provider's path because of it."""

from __future__ import annotations

import pytest

from reconciler.model.pattern import parse_pattern
from reconciler.model.secret import Part
from tests.model.texts import env, text


@pytest.mark.parametrize(
    ("parts", "segments"),
    [
        pytest.param(("https://h.io",), [], id="no-path"),
        pytest.param(("https://h.io/",), [""], id="bare-path"),
        pytest.param(("https://h.io/a/B%2f",), ["a", "B%2f"], id="as-written"),
        pytest.param(("https://*.h.io/a",), ["a"], id="wildcard-host"),
        pytest.param(("https://h.io/a/*/b*/c",), ["a", "c"], id="those-with-a-wildcard-left-out"),
        pytest.param(("https://h.io/a/", env("P", "x"), "/b"), ["a", "${P}", "b"], id="variables-by-name"),
    ],
)
def test_segments_of_a_pattern(parts: tuple[str | Part, ...], segments: list[str]) -> None:
    assert [str(segment) for segment in parse_pattern(text(*parts)).segments] == segments
