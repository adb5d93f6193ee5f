"""What is said of a file does not hang on what a secret holds: else it gives the secret away, question by question."""

from __future__ import annotations

import pytest

from tests.config.tools import configuration, inputs, loaded

BASE = """\
version: 1
accounts:
  one: {{provider: shippo, token: '${{TOKEN_ONE}}', mode: live, owns: {owns}, absent: {absent}}}
webhooks:
  a: {{url: '{url}', events: [all]}}
"""
GUESSES = [f"https://h.example.com/{guess}" for guess in ("A*", "K*", "*9v*", "*R", "K", "*")]


def _said(owns: list[str], absent: list[str], url: str, secret: str) -> list[tuple[str, str]]:
    environment = {"TOKEN_ONE": "shippo_live_1", "DB": secret}
    found = loaded(inputs(BASE.format(owns=owns, absent=absent, url=url), environment=environment))
    return [(diagnostic.code, str(diagnostic.place)) for diagnostic in found.diagnostics]


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("https://h.example.com/${DB}", id="path"),
        pytest.param("https://h.example.com/a-${DB}/b", id="within-a-segment"),
        pytest.param("${DB}", id="whole"),
    ],
)
@pytest.mark.parametrize("guess", GUESSES)
@pytest.mark.parametrize("claim", ["owns", "absent", "both"])
def test_no_pattern_tells_what_a_variable_holds(url: str, guess: str, claim: str) -> None:
    owns = [guess] if claim == "owns" else ["https://h.example.com/*", *([guess] if claim == "both" else [])]
    absent = [guess] if claim == "absent" else []
    secrets = ("Kx9vQ2mZ7pLw4TzR", "Another-value")
    if url == "${DB}":
        secrets = (f"https://h.example.com/{secrets[0]}", f"https://h.example.com/{secrets[1]}")
    first, second = (_said(owns, absent, url, secret) for secret in secrets)
    assert first == second


def test_pattern_that_names_the_same_variable_owns() -> None:
    text = BASE.format(
        owns=["https://h.example.com/s/${DB}"], absent=[], url="https://h.example.com/s/${DB}?token=${T}"
    )
    found = configuration(inputs(text, environment={"TOKEN_ONE": "shippo_live_1", "DB": "x", "T": "y"}))
    assert [wanted.address.name for wanted in found.desired] == ["a"]
