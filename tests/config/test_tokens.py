"""Tokens as they come wrong: each is told in a sentence of its own, and quoted nowhere."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from reconciler.config.load import load
from tests.config.tools import ENTRY, LIVE_TOKEN, OWNS, PROVIDERS, TOP, complaints, configuration, inputs, loaded

SECRET = "0123456789abcdef"
HERE = "    base_url: http://127.0.0.1:1\n"
ACCOUNT = "accounts:\n  shop:\n    provider: shippo\n    token: ${KEY}\n"
WRONG = [
    pytest.param(f'"{LIVE_TOKEN}"', "has quotes around it", id="double-quotes"),
    pytest.param(f"'{LIVE_TOKEN}'", "has quotes around it", id="single-quotes"),
    pytest.param(f"\u201c{LIVE_TOKEN}\u201d", "has quotes around it", id="typographic-quotes"),
    pytest.param(f'{LIVE_TOKEN}"', "has a quote at its beginning or end", id="quote-behind"),
    pytest.param(f"{LIVE_TOKEN}\n", "has a line break before or after it", id="line-break"),
    pytest.param(f"{LIVE_TOKEN}\r\n", "has a line break before or after it", id="windows-line-break"),
    pytest.param(f" {LIVE_TOKEN}", "has white space before or after it", id="space-before"),
    pytest.param(f"ShippoToken {LIVE_TOKEN}", "has the scheme `ShippoToken` before the token", id="shippotoken"),
    pytest.param(f"bearer\t{LIVE_TOKEN}", "has the scheme `bearer` before the token", id="bearer"),
    pytest.param(f"Token {SECRET}", "has the scheme `Token` before the token", id="token"),
    pytest.param(f"Authorization: Bearer oauth.{SECRET}", "has the scheme `Bearer` before the token", id="header"),
    pytest.param(f"Authorization: {SECRET}", "is a complete header", id="header-without-a-scheme"),
    pytest.param("***", "is a masked token, such as `***`", id="masked"),
    pytest.param("shippo_live_********", "is a masked token, such as `***`", id="masked-behind-the-prefix"),
    pytest.param("shippo_live_12\u2026", "is a masked token, such as `***`", id="cut-for-redaction"),
    pytest.param("shippo_live_xxxx", "is a masked token, such as `***`", id="crossed-out"),
    pytest.param(
        "shippo_live_YOUR_TOKEN", ("contains a placeholder that was not replaced"), id="words-behind-the-prefix"
    ),
    pytest.param("${SHIPPO_KEY}", "contains a placeholder that was not replaced", id="variable"),
    pytest.param("$SHIPPO_KEY", "contains a placeholder that was not replaced", id="shell-variable"),
    pytest.param("$(cat key)", "contains a placeholder that was not replaced", id="command"),
    pytest.param("{{ secrets.key }}", "contains a placeholder that was not replaced", id="braces"),
    pytest.param("shippo_live_${REST}", "contains a placeholder that was not replaced", id="variable-in-it"),
    pytest.param("<your token>", "contains a placeholder that was not replaced", id="angle-brackets"),
    pytest.param("your-token-here", "contains a placeholder that was not replaced", id="words"),
    pytest.param("changeme", "contains a placeholder that was not replaced", id="changeme"),
    pytest.param(f"{LIVE_TOKEN} {LIVE_TOKEN}", "has white space in it", id="two-tokens"),
    pytest.param(f"shippo_live_{SECRET}\n{SECRET}", "has a line break in it", id="two-lines"),
    pytest.param(
        f"shippo_live_\u200b{SECRET}",
        "has U+200B ZERO WIDTH SPACE in it, which isn't allowed in a header",
        id="unseen",
    ),
    pytest.param(
        f"shippo_live_\u00e9{SECRET}",
        "has a non-ASCII character in it, which isn't allowed in a header",
        id="letter",
    ),
]


@pytest.mark.parametrize("more", ["", HERE, "    mode: live\n", HERE + "    mode: live\n"])
@pytest.mark.parametrize(("value", "said"), WRONG)
def test_a_token_that_is_not_one_is_told_as_what_it_is_and_as_nothing_else(value: str, said: str, more: str) -> None:
    found = loaded(inputs(TOP + ACCOUNT + more + OWNS + ENTRY, environment={"KEY": value}))
    assert [(one.code, str(one.place), one.message) for one in found.diagnostics] == [
        ("header-characters", "<stdin>:5:12", f"`${{KEY}}` {said}")
    ]
    assert SECRET not in "".join(one.message + one.help + one.source for one in found.diagnostics)


@pytest.mark.parametrize(("value", "said"), WRONG)
def test_so_is_the_usual_token(value: str, said: str) -> None:
    given = inputs(TOP + OWNS + ENTRY, environment={"SHIPPO_API_TOKEN": value})
    assert [message for _, _, message in complaints(loaded(given))] == [f"`${{SHIPPO_API_TOKEN}}` {said}"]
    assert [one.message for one in load(replace(given, files=()), PROVIDERS).diagnostics] == [
        f"`${{SHIPPO_API_TOKEN}}` {said}"
    ]


@pytest.mark.parametrize("value", ["'acct_1'", "acct_1\n", "acct 1", "acct_\u200b1"])
def test_an_account_id_is_checked_as_what_a_header_carries(value: str) -> None:
    text = TOP + ACCOUNT + "    account_id: ${ID}\n" + OWNS + ENTRY
    found = complaints(loaded(inputs(text, environment={"KEY": LIVE_TOKEN, "ID": value})))
    assert [(code, place) for code, place, _ in found] == [("header-characters", "6:17")]


@pytest.mark.parametrize("base", ["", HERE], ids=["own-host", "loopback"])
@pytest.mark.parametrize(("mode", "is_test"), [("live", False), ("test", True)])
def test_an_oauth_token_is_one_whose_kind_the_mode_pins(base: str, mode: str, *, is_test: bool) -> None:
    text = TOP + ACCOUNT + base + f"    mode: {mode}\n" + OWNS + ENTRY
    (account,) = configuration(inputs(text, environment={"KEY": f"oauth.{SECRET}"})).accounts
    assert (account.kind, account.scope) == (mode, (("is_test", is_test),))


@pytest.mark.parametrize(
    ("base", "more"),
    [
        pytest.param("", "", id="own-host"),
        pytest.param(HERE, " For a sandbox, run `export KEY=shippo_test_sandbox`.", id="loopback"),
    ],
)
def test_an_oauth_token_without_a_mode_is_told_to_pin_it(base: str, more: str) -> None:
    found = loaded(inputs(TOP + ACCOUNT + base + OWNS + ENTRY, environment={"KEY": f"oauth.{SECRET}"}))
    assert [(one.code, one.message, one.help) for one in found.diagnostics] == [
        (
            "token-kind",
            "the token doesn't show whether it is a live or test token",
            f"Set it in the account with this token: `mode: live` or `mode: test`.{more}",
        )
    ]


def test_an_oauth_token_stands_nowhere_else() -> None:
    text = TOP + OWNS + ENTRY.replace("/a\n", "/a?token=${OTHER}\n")
    given = inputs(text, environment={"SHIPPO_API_TOKEN": LIVE_TOKEN, "OTHER": f"oauth.{SECRET}"})
    assert [code for code, _, _ in complaints(loaded(given))] == ["token-elsewhere"]


@pytest.mark.parametrize("value", [LIVE_TOKEN, "shippo_test_1", "shippo_live_of-these-tests", "shippo_live_tokenless"])
def test_a_token_is_fine(value: str) -> None:
    assert loaded(inputs(TOP + ACCOUNT + OWNS + ENTRY, environment={"KEY": value})).diagnostics == ()


def test_an_oauth_token_in_the_usual_variable_is_told_how_to_name_the_account() -> None:
    given = inputs(TOP + OWNS + ENTRY, environment={"SHIPPO_API_TOKEN": f"oauth.{SECRET}"})
    (found,) = loaded(given).diagnostics
    named = "accounts: {live: {provider: shippo, mode: live}}"
    assert found.help == f"Add the account to the file with its mode, such as `{named}`."
    assert loaded(inputs(TOP + named + "\n" + OWNS + ENTRY, environment=given.environment)).diagnostics == ()


@pytest.mark.parametrize("more", ["", HERE])
def test_a_prefix_alone_is_no_token(more: str) -> None:
    found = loaded(inputs(TOP + ACCOUNT + more + OWNS + ENTRY, environment={"KEY": "shippo_live_"}))
    assert [(one.code, one.message) for one in found.diagnostics] == [
        ("token-kind", "the token ends after its prefix, `shippo_live_`")
    ]
