"""Complaints about a file, a variable or an option tell no secret, wherever somebody put it."""

from __future__ import annotations

import pytest
from msgspec import Struct, field

from tests.e2e.secretive import FED, OPTIONS, WRITTEN, Secretive

C = WRITTEN["literal"]
"""A secret that somebody wrote into the file."""

URL = "url: 'https://hooks.example.com/query?token=${QUERY}'"
QUERY = "  query: {" + URL


class Wrong(Struct, frozen=True, kw_only=True):
    """What is wrong.

    Attributes:
        old: the piece of the good file that is replaced.
        new: what takes its place.
        more: variables that are set otherwise.
        options: the command's.
    """

    old: str = ""
    new: str = ""
    more: dict[str, str] = field(default_factory=dict)
    options: tuple[str, ...] = OPTIONS


def entry(new: str) -> Wrong:
    """Another way to write the first entry, up to its events."""
    return Wrong(old=QUERY, new="  query: {" + new)


def url(text: str, **more: str) -> Wrong:
    """Another URL of it."""
    return Wrong(old=URL, new=f"url: '{text}'", more=more)


def value(**more: str) -> Wrong:
    """Variables that don't fit."""
    return Wrong(more=more)


WRONG = {
    # a value of the environment where none may stand
    "host": url("https://${QUERY}.example.com/"),
    "port": url("https://hooks.example.com:${QUERY}/"),
    "scheme": url("${QUERY}://hooks.example.com/"),
    "user-info": url("https://user:${QUERY}@hooks.example.com/"),
    "fragment": url("https://hooks.example.com/#${QUERY}"),
    "description": entry(URL + ", description: 'x ${QUERY}'"),
    "event": Wrong(old="events: [track_updated]", new="events: ['${QUERY}']"),
    "webhook-name": Wrong(old="  query:", new="  '${QUERY}':"),
    "account": Wrong(old="{account: main}", new="{account: '${QUERY}'}"),
    "active": entry(URL + ", active: '${QUERY}'"),
    "ignored": entry(URL + ", ignore_changes: ['${QUERY}']"),
    "pattern-host": Wrong(old="owns: [", new="owns: ['https://${QUERY}/*', "),
    "pattern": Wrong(old="owns: [", new="owns: ['${QUERY}', "),
    "absent-event": Wrong(old="absent: [", new="absent: [{url: 'https://a.example.com/', events: ['${QUERY}']}, "),
    "provider": Wrong(old="provider: shippo", new="provider: '${QUERY}'"),
    "mode": Wrong(old="provider: shippo", new="provider: shippo, mode: '${QUERY}'"),
    "base-url": Wrong(old="provider: shippo, token", new="provider: shippo, base_url: '${QUERY}', token"),
    "token-elsewhere": url("https://hooks.example.com/${MAIN_TOKEN}"),
    "token-in-a-default": url("https://hooks.example.com/${NOPE:-${MAIN_TOKEN}}"),
    "message": url("https://hooks.example.com/?token=${NOPE:?set ${QUERY} or ${SPARE:-x}}"),
    "unset": url("https://hooks.example.com/${QUERY}?token=${NOPE}"),
    "not-owned": url("https://other.example.com/${QUERY}?token=${QUERY}"),
    "same-as-another": entry("url: 'https://hooks.example.com/in/${PATH_PART}/orders?token=${QUERY}'"),
    # a value that doesn't fit
    "value-with-a-space": value(QUERY=f"{C} x"),
    "value-with-a-quotation-mark": value(QUERY=f'{C}"x'),
    "value-with-a-line-break": value(QUERY=f"{C}\n{C[::-1]}"),
    "value-with-an-escape": value(PATH_PART=f"\x1b[31m{C}"),
    "value-with-a-bare-percent": value(PATH_PART=f"{C}%"),
    "value-too-long": value(QUERY=C * 20),
    "value-empty": value(QUERY=""),
    "whole-url-no-url": value(WHOLE=C),
    "whole-url-http": value(WHOLE=f"http://whole.example.com/{C}"),
    "whole-url-not-owned": value(WHOLE=f"https://{C}.example.net/{C}"),
    "whole-url-user-info": value(WHOLE=f"https://u:{C}@whole.example.com/"),
    "whole-url-bad-escape": value(WHOLE=f"https://whole.example.com/%zz{C}"),
    "whole-url-bad-host": value(WHOLE=f"https://whole..example.com:99999/{C}"),
    "whole-url-with-a-space": value(WHOLE=f"https://whole.example.com/{C} {C}"),
    "whole-url-lone-surrogate": value(WHOLE=f"https://whole.example.com/{C}\udcff"),
    "token-with-a-line-break": value(MAIN_TOKEN=f"shippo_live_{C}\n"),
    "token-of-no-kind": value(MAIN_TOKEN=C),
    "token-of-the-other-kind": Wrong(old="provider: shippo", new="provider: shippo, mode: test"),
    "tokens-alike": value(MAIN_TOKEN=f"shippo_test_{FED['other token']}", MAIN_ID=" "),
    "account-id-with-a-line-break": value(MAIN_ID=f"{C}\r\nX: y"),
    "mounted-file-not-there": value(MOUNTED_FILE=f"/nowhere/{C}"),
    "mounted-file-a-folder": value(MOUNTED_FILE="mounted"),
    "env-file-bad-line": Wrong(options=("--env-file", "bad.env")),
    "env-file-no-text": Wrong(options=("--env-file", "mounted")),
    "secret-by-option": Wrong(options=(*OPTIONS, "--var", f"QUERY={C}")),
    "token-by-option": Wrong(options=(*OPTIONS, "--var", f"MAIN_TOKEN={C}")),
    "option-without-a-name": Wrong(options=(*OPTIONS, "--var", C)),
    # a secret in the file, beside what is wrong
    "token-literal": Wrong(old="'${MAIN_TOKEN}'", new=f"shippo_live_{C}"),
    "token-literal-default": Wrong(old="'${MAIN_TOKEN}'", new=f"'${{MAIN_TOKEN:-shippo_live_{C}}}'"),
    "token-literal-list": Wrong(old="'${MAIN_TOKEN}'", new=f"[shippo_live_{C}]"),
    "token-literal-anchor": Wrong(old="'${MAIN_TOKEN}'", new=f"&{C} shippo_live_{C}"),
    "parameter-literal": url(f"https://hooks.example.com/?token={C}"),
    "parameter-literal-default": url(f"https://hooks.example.com/?token=${{NOPE:-{C}}}"),
    "parameter-literal-whole-default": url(f"${{NOPE:-https://hooks.example.com/?token={C}}}"),
    "path-literal": url(f"https://hooks.example.com/services/T0{C[:6]}/{C}"),
    "path-literal-with-more": url(f"https://hooks.example.com/x-{C}%20/${{QUERY}}"),
    "path-literal-unquoted": entry(f"url: https://hooks.example.com/in/{C}"),
    "user-info-literal": url(f"https://user:{C}@hooks.example.com/"),
    "parameter-and-bad-variable": url(f"https://hooks.example.com/?token={C}&x=$X"),
    "parameter-and-bad-host": url(f"https://hooks..example.com/?token={C}"),
    "parameter-in-a-list": entry(f"url: ['https://hooks.example.com/?token={C}']"),
    "parameter-in-a-number": entry(f"url: 12, description: [{C}]"),
    "keys-twice": entry(f"{URL}, url: 'https://hooks.example.com/?token={C}', {C}: 1, {C}: 2"),
    "unknown-key": entry(f"{URL}, {C}: {C}"),
    "name": Wrong(old="  query:", new=f"  {C}:"),
    "event-literal": Wrong(old="events: [track_updated]", new=f"events: [{C}, '{C} x']"),
    "account-literal": Wrong(old="{account: main}", new=f"{{account: {C}}}"),
    "provider-literal": Wrong(old="provider: shippo", new=f"provider: {C}"),
    "boolean-literal": entry(f"{URL}, active: {C}"),
    "version": Wrong(old="version: 1", new=f"version: {C}"),
    "anchor": entry(f"url: *{C}"),
    "tag": entry(f"url: !{C} x"),
    "tag-handle": entry(f"url: !{C}!x y"),
    "directive": Wrong(old="version: 1", new=f"%{C} {C}\n---\nversion: 1: 2"),
    "merge-key": entry(f"<<: {C}"),
    "second-document": Wrong(old="webhooks:", new=f"---\n{C}: {C}\nwebhooks:"),
    "unquoted-variable": Wrong(old=URL, new=f"url: {{a: ${{QUERY}}, token: {C}}}"),
    "quote-left-open": Wrong(old=URL, new=f"url: 'https://hooks.example.com/?token={C}"),
    "bracket-left-open": Wrong(old=QUERY, new="  query: [{" + f"url: 'https://hooks.example.com/?token={C}'"),
    "colon-in-a-value": Wrong(old=QUERY, new=f"  token: {C}: {C}\n{QUERY}"),
    "tab": Wrong(old=QUERY, new=f"\tquery: {C}\n{QUERY}"),
    "escape": Wrong(old=URL, new=f'url: "https://hooks.example.com/?token={C}\\q"'),
    "control-character": Wrong(old=URL, new=f"url: 'https://hooks.example.com/?token={C}\x07'"),
}


@pytest.mark.parametrize("wrong", [pytest.param(wrong, id=name) for name, wrong in WRONG.items()])
def test_complaint_tells_no_secret(looked: Secretive, wrong: Wrong) -> None:
    good = (looked.folder / "webhooks.yaml").read_text(encoding="utf-8")
    assert wrong.old in good
    looked.write(good.replace(wrong.old, wrong.new) if wrong.old else good, "wrong.yaml")
    looked.write(f"A=1\n{C} {C}\nB={C}'\n", "bad.env")
    mark = looked.sandbox.mark()
    for command in (("validate", "-vv"), ("validate", "--format", "json"), ("apply", "--auto-approve", "-vv")):
        ended = looked.run(*command, "-f", "wrong.yaml", options=wrong.options, **wrong.more)
        assert command[0] == "validate" or ended.code == 1, ended.err
    assert looked.sandbox.log(after=mark) == ()
