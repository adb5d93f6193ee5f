"""A URL that ends as that of an entry before it takes a shorter way: whatever is said of it is said all the same."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from reconciler.model.diagnostic import Diagnostic
from tests.config.tools import inputs, loaded

_TOP = """\
version: 1
accounts:
  live: {provider: shippo, token: '${LIVE}', mode: live}
owns: ['https://h.example.com/*', 'https://*.example.org/*']
webhooks:
"""
_FIRST = "  first:\n    url: https://h.example.com/first{tail}\n    events: [track_updated]\n"
_SECOND = "  second:\n    url: {head}{tail}\n    events: [track_updated]\n"
_ENVIRONMENT = {"LIVE": "shippo_live_" + "0" * 40, "T": "Qx7vRt2mZk9pLw4n", "BAD": "a b"}
_LINES = 3  # of an entry
_ABOVE = _TOP.count("\n")


def _said(text: str) -> list[tuple[str, int, Diagnostic]]:
    """Each diagnostic with its code and line, and without its place."""

    def shown(one: Diagnostic) -> tuple[str, int, Diagnostic]:
        return one.code, 0 if one.place is None else one.place.line, replace(one, place=None)

    return [shown(one) for one in loaded(inputs(text, environment=_ENVIRONMENT)).diagnostics]


@pytest.mark.parametrize("tail", ["", "?token=${T}", "?a=1&token=${T}&b=$$", "?token=${T:-x}", "?token=${LIVE}"])
@pytest.mark.parametrize(
    "head",
    [
        pytest.param("https://h.example.com/second", id="nothing"),
        pytest.param("https://h.example.com/first", id="the-same"),
        pytest.param("https://h.example.com/a8f3kq92mz7x", id="a-path-that-reads-as-no-word"),
        pytest.param("https://other.example.com/second", id="not-owned"),
        pytest.param("http://h.example.com/second", id="http"),
        pytest.param("https://h.example.com/" + "/word" * 60, id="too-long"),
        pytest.param("https://h.example.com/a b", id="white-space"),
        pytest.param("https://h.example.com/../second", id="dot-segments"),
        pytest.param("https://1.2.3/second", id="no-host"),
        pytest.param("https://u:p@h.example.com/second", id="user-info"),
        pytest.param("https://${T}.example.com/second", id="a-secret-in-the-host"),
        pytest.param("https://h.example.com/${BAD}", id="a-value-that-leaves-its-place"),
        pytest.param("https://h.example.com/${LIVE}", id="a-token"),
        pytest.param("https://h.example.com/${NOT_SET}", id="unset"),
        pytest.param("https://x.example.org/second", id="another-pattern"),
    ],
)
def test_what_is_said_of_a_second_entry(head: str, tail: str) -> None:
    second = _SECOND.format(head=head, tail=tail)
    alone = _said(_TOP + second)
    both = _said(_TOP + _FIRST.format(tail=tail) + second)
    # What is said of patterns is about all entries.
    about_both = ("owns-unused", "webhook-twice")
    of_second = [(code, line - _LINES, one) for code, line, one in both if code not in about_both]
    of_second = [one for one in of_second if one[1] > _ABOVE]
    assert of_second == [one for one in alone if one[0] not in about_both and one[1] > _ABOVE]
