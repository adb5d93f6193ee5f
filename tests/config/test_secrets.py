"""No diagnostic and no value's `repr` tells a secret, wherever in the file somebody puts it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.config.load import Loaded
from tests.config.tools import ENTRY, LIVE_TOKEN, OWNS, TOP, inputs, loaded
from tests.support.canaries import windows

CANARY = "Qx7vRt2mZk9pLw4nB8sD"
ACCOUNT = "accounts: {live: {provider: shippo, token: '${LIVE}'}}\n"

PLACES = {
    "token": TOP + ACCOUNT.replace("${LIVE}", "${X}") + OWNS + ENTRY,
    "token-and-path": TOP + ACCOUNT.replace("${LIVE}", "${X}") + OWNS + ENTRY.replace("/a\n", "/${X}\n"),
    "usual-token": TOP + OWNS + ENTRY + "    description: ${SHIPPO_API_TOKEN}\n",
    "account-id": TOP + ACCOUNT.replace("}'", "}', account_id: '${X}'") + OWNS + ENTRY,
    "mode": TOP + ACCOUNT.replace("}'", "}', mode: '${X}'") + OWNS + ENTRY,
    "base-url": TOP + ACCOUNT.replace("}'", "}', base_url: '${X}'") + OWNS + ENTRY,
    "base-url-host": TOP + ACCOUNT.replace("}'", "}', base_url: 'https://${X}/'") + OWNS + ENTRY,
    "provider": TOP + ACCOUNT.replace("shippo", "'${X}'") + OWNS + ENTRY,
    "path": TOP + OWNS + ENTRY.replace("/a\n", "/${X}/b\n"),
    "path-not-owned": TOP + OWNS + ENTRY.replace("h.example.com/a", "i.example.com/${X}"),
    "query": TOP + OWNS + ENTRY.replace("/a\n", "/a?token=${X}\n"),
    "other-query": TOP + OWNS + ENTRY.replace("/a\n", "/a?x=${X}\n"),
    "host": TOP + OWNS + ENTRY.replace("h.example.com", "${X}.example.com"),
    "port": TOP + OWNS + ENTRY.replace("h.example.com", "h.example.com:${X}"),
    "user-info": TOP + OWNS + ENTRY.replace("h.example.com", "u:${X}@h.example.com"),
    "scheme": TOP + OWNS + ENTRY.replace("https://h.example.com/a", "${X}://h.example.com/a"),
    "whole-url": TOP + OWNS + ENTRY.replace("https://h.example.com/a", "${X}"),
    "whole-url-that-is-one": TOP + OWNS + ENTRY.replace("https://h.example.com/a", "${URL}"),
    "event": TOP + OWNS + ENTRY.replace("[track_updated]", "['${X}']"),
    "description": TOP + OWNS + ENTRY + "    description: ${X}\n",
    "account": TOP + ACCOUNT + OWNS + ENTRY + "    account: ${X}\n",
    "active": TOP + OWNS + ENTRY + "    active: ${X}\n",
    "ignored": TOP + OWNS + ENTRY + "    ignore_changes: ['${X}']\n",
    "name": TOP + OWNS + ENTRY.replace("  a:", "  ${X}:"),
    "pattern": TOP + "owns: ['https://h.example.com/${X}']\n" + ENTRY,
    "pattern-host": TOP + "owns: ['https://${X}/*']\n" + ENTRY,
    "absent": TOP + OWNS + "absent: [{url: 'https://h.example.com/${X}', events: ['${X}']}]\n" + ENTRY,
    "whole-pattern": TOP + "owns: ['${X}']\n" + ENTRY,
    "secret-params": TOP + "secret_params: ['${X}']\n" + OWNS + ENTRY,
    "default": TOP + OWNS + ENTRY + "    description: ${NOPE:-${X}}\n",
    "message": TOP + OWNS + ENTRY.replace("/a\n", "/a?token=${NOPE:?${X} ${X:-x}}\n"),
    "two-entries": TOP
    + OWNS
    + ENTRY.replace("/a\n", "/${X}\n")
    + "  b: {url: 'https://h.example.com/${X}', events: [track_updated]}\n",
}


def texts(found: Loaded) -> Iterator[str]:
    yield repr(found)
    for diagnostic in found.diagnostics:
        yield from (diagnostic.message, diagnostic.help, diagnostic.source, repr(diagnostic))


def check_hidden(found: Loaded, secret: str, said_anyway: str = "") -> None:
    hidden = {form for form in (*windows(secret), *windows(repr(secret)[1:-1])) if form.strip()}
    for text in texts(found):
        assert not [form for form in hidden if form in text and form not in said_anyway]


FORMS = {
    "plain": CANARY,
    "line-break": CANARY + "\n" + CANARY[::-1],
    "control": CANARY + "\x1b[31m" + CANARY[::-1],
    "url": f"https://u:{CANARY}@{CANARY}.example.com/{CANARY}?token={CANARY}#{CANARY}",
    "percent": CANARY + "%zz" + CANARY[::-1],
    "lone-surrogate": CANARY + "\udcff" + CANARY[::-1],
    "token": "shippo_live_" + CANARY,
    "host": CANARY.lower() + ".example.com",
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("place", PLACES)
def test_a_value_from_the_environment_shows_nowhere(place: str, form: str) -> None:
    secret = FORMS[form]
    url = f"https://i.example.com/{CANARY}?key={CANARY}"
    environment = {"SHIPPO_API_TOKEN": LIVE_TOKEN, "LIVE": LIVE_TOKEN, "X": secret, "URL": url}
    found = loaded(inputs(PLACES[place], environment=environment))
    for piece in (CANARY, CANARY[::-1], CANARY.lower(), LIVE_TOKEN.removeprefix("shippo_live_")):
        check_hidden(found, piece)


@lru_cache
def said_of_others(place: str) -> str:
    """All that is said of other values in the same place."""
    environment = {"SHIPPO_API_TOKEN": LIVE_TOKEN, "LIVE": LIVE_TOKEN}
    values = [*FORMS.values(), "a b", "*", "%", "true", "shippo", "live", "track_updated"]
    return "".join(
        text
        for value in values
        for text in texts(loaded(inputs(PLACES[place], environment={**environment, "X": value})))
    )


@settings(max_examples=150, deadline=None)
@given(
    place=st.sampled_from(sorted(PLACES)),
    secret=st.text(st.characters(codec=None, exclude_characters="\0"), min_size=12, max_size=30).filter(
        lambda text: len(set(text)) > len(text) // 2
    ),
)
def test_no_drawn_value_shows(place: str, secret: str) -> None:
    environment = {"SHIPPO_API_TOKEN": LIVE_TOKEN, "LIVE": LIVE_TOKEN}
    # Values are drawn from the tool's own words too: what is said of every value is no leak.
    found = loaded(inputs(PLACES[place], environment={**environment, "X": secret}))
    check_hidden(found, secret, said_of_others(place))


@pytest.mark.parametrize("place", PLACES)
def test_an_option_is_quoted_by_no_diagnostic_either(place: str) -> None:
    found = loaded(inputs(PLACES[place], variables={"X": CANARY}))
    for diagnostic in found.diagnostics:
        assert CANARY not in repr(diagnostic)


LITERAL = {
    "token": TOP + f"accounts: {{live: {{provider: shippo, token: {CANARY}}}}}\n" + OWNS + ENTRY,
    "token-in-quotes": TOP + f'accounts: {{live: {{provider: shippo, token: "{CANARY}"}}}}\n' + OWNS + ENTRY,
    "token-over-two-lines": TOP
    + f"accounts:\n  live:\n    provider: shippo\n    token: shippo\n      {CANARY}\n    mode: x\n"
    + OWNS
    + ENTRY,
    "token-that-is-a-url-too": TOP
    + f"accounts: {{live: {{provider: shippo, token: &t {CANARY}}}}}\n"
    + OWNS
    + ENTRY.replace("https://h.example.com/a", "*t"),
    "token-twice": TOP + f"accounts: {{live: {{provider: shippo, token: a, token: {CANARY}}}}}\n" + OWNS + ENTRY,
    "token-mistyped": TOP + f"accounts: {{live: {{provider: shippo, tokn: {CANARY}}}}}\n" + OWNS + ENTRY,
    "token-as-a-list": TOP + f"accounts: {{live: {{provider: shippo, token: [{CANARY}]}}}}\n" + OWNS + ENTRY,
    "token-as-a-default": TOP + f"accounts: {{live: {{provider: shippo, token: '${{X:-{CANARY}}}'}}}}\n" + OWNS + ENTRY,
    "token-in-a-comment": TOP + OWNS + ENTRY.replace("/a\n", f"/a?token=$X # {CANARY}\n"),
    "parameter": TOP + OWNS + ENTRY.replace("/a\n", f"/a?token={CANARY}\n"),
    "parameter-in-capitals": TOP + OWNS + ENTRY.replace("/a\n", f"/a?x=y&ToKen={CANARY}&z=$X\n"),
    "parameter-escaped": TOP + OWNS + ENTRY.replace("/a\n", f"/a?%74oken={CANARY}\n"),
    "parameter-escaped-by-yaml": TOP
    + OWNS
    + ENTRY.replace("https://h.example.com/a", f'"https://h.example.com/a?\\x74oken={CANARY}"'),
    "parameter-named-secret": TOP + "secret_params: [Hook]\n" + OWNS + ENTRY.replace("/a\n", f"/a?hook={CANARY}\n"),
    "parameter-like-a-secret": TOP + OWNS + ENTRY.replace("/a\n", f"/a?hook_secret={CANARY}&z=$X\n"),
    "parameter-as-a-default": TOP + OWNS + ENTRY.replace("/a\n", f"/a?token=${{X:-y {CANARY}}}\n"),
    "parameter-of-a-pattern": TOP + f"owns: ['https://h.example.com/?key={CANARY}']\n" + ENTRY,
    "parameter-of-a-base-url": TOP
    + ACCOUNT.replace("}'", f"}}', base_url: 'https://h.example.com/?key={CANARY}'")
    + OWNS
    + ENTRY,
    "user-info": TOP + OWNS + ENTRY.replace("h.example", f"user:{CANARY}@h.example"),
    "user-info-with-a-slash": TOP + OWNS + ENTRY.replace("h.example", f"user:a/{CANARY}@h.example"),
    "unknown-key": TOP + OWNS + ENTRY + f"    {CANARY}: 1\n",
    "name": TOP + OWNS + ENTRY.replace("  a:", f"  {CANARY}:"),
    "does-not-parse": TOP + f"accounts: {{live: {{provider: shippo, token: {CANARY}\n" + OWNS + ENTRY,
    "tab": TOP + OWNS + f"webhooks:\n\ta: {{url: https://user:{CANARY}@h.example.com/{CANARY}?token={CANARY}}}\n",
    "no-utf-8": TOP + OWNS + f"# {CANARY}\x07\n",
}


@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in LITERAL.items()])
def test_a_secret_that_the_file_writes_is_masked_in_its_line(text: str) -> None:
    found = loaded(inputs(text, environment={"SHIPPO_API_TOKEN": LIVE_TOKEN, "LIVE": LIVE_TOKEN}))
    assert found.diagnostics
    for diagnostic in found.diagnostics:
        check_hidden(Loaded(configuration=None, diagnostics=(diagnostic,)), CANARY)
