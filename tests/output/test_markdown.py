"""Markdown for GitHub: nothing foreign breaks out of it or pings anybody, and it stays below GitHub's limit."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from reconciler.model.diagnostic import Diagnostic, Severity
from reconciler.model.plan import Change
from reconciler.model.report import Finished, Outcome, Result, Started
from reconciler.output.escaping import visible
from reconciler.output.formats import reporter
from reconciler.output.gfm import Part, code, fitted, marker, prose
from reconciler.view.redact import view_plan
from reconciler.view.results import ResultMask
from tests.output.telling import context_of, plan_told, run_told
from tests.support.builders import entry, hook, only, planned
from tests.view.hostile import HOSTILE, HostileRun, hostile_runs

GITHUBS_LIMIT = 65_536
PARSER = MarkdownIt("gfm-like", {"html": True})
_MARKUP = """
` `` ``` ```````  ~~~ a`b``c |a|b| <details> </details></summary> <b>x</b> <!-- --> --><script>
[x](https://evil.example.com) ![x](https://evil.example.com/x.png) [x]:https://evil.example.com
@octocat @acme/team #123 GH-123 acme/web#1 0123abcd https://evil.example.com www.evil.example.com
me@evil.example.com mailto:me@evil.example.com **x** _x_ ~~x~~ $x$ :rocket: &#64;octocat \\
# - 1. > --- \u202e /close !1
"""
SENTENCES = ("a\n\n# b", "a\r\n```", "`reconciler plan` (see `x`), and `y`.", "- x", "> x")
texts = st.lists(
    st.sampled_from((*_MARKUP.split(), *SENTENCES, *HOSTILE, " ", "a")) | st.text(max_size=6), max_size=6
).map("".join)

_HTML = re.compile(r"</?(?:details|sub)>|<summary>[\w ,;:`'()-]*</summary>|<!-- reconciler:[\w ./,=*:+%-]* -->")
_PLAIN = re.compile(r"[A-Za-z0-9 .,;:()'…·-]*")
_REFERENCE = re.compile(r"(?i)\bgh-\d|\b[0-9a-f]{7,40}\b|www\.|https?:")


def _flat(tokens: list[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from _flat(token.children or [])


def check_harmless(text: str) -> None:
    """See that foreign text stands in code, and that all else is ours."""
    for token in _flat(PARSER.parse(text)):
        if token.type in ("html_block", "html_inline"):
            assert _HTML.sub("", token.content).strip() == "", token.content
        elif token.type == "text":
            assert _PLAIN.fullmatch(token.content), token.content
            assert not _REFERENCE.search(token.content), token.content
        else:
            kind = token.type.removesuffix("_open").removesuffix("_close")
            assert kind in {
                "inline", "paragraph", "heading", "bullet_list", "list_item", "code_inline", "fence", "softbreak",
            }, token  # fmt: skip


def codes(text: str) -> list[str]:
    """What a document shows as code."""
    return [token.content for token in _flat(PARSER.parse(text)) if token.type in ("code_inline", "fence")]


@settings(max_examples=40)
@given(text=texts)
def test_foreign_text_is_code_and_whole(text: str) -> None:
    made = f"- {code(text)}: a {code(text)}{code('x')}"
    check_harmless(f"- {code(text)}: a {code(text)}")
    shown = visible(text)
    if len(shown) < 900 and shown.strip() == shown and shown:
        assert codes(f"- {code(text)}") == [shown], made


@settings(max_examples=40)
@given(text=texts)
@example(text="`a` `@octocat``")
@example(text="see (`a b`): `c`d, www.evil.example.com. GH-1")
def test_sentence_with_foreign_words_is_harmless(text: str) -> None:
    check_harmless(f"- Said: {prose(text)}")
    check_harmless(f"## Said: {prose(text)}")


def test_sentence_of_plain_words_stays_as_it_is() -> None:
    words = "Plan: 2 to create, 1 to update (it's in-step); 3 unmanaged."
    assert prose(words) == words
    assert prose("Run `reconciler plan`, then set ${TOKEN}.") == "Run `reconciler plan`, then set `${TOKEN}`."


@settings(max_examples=40)
@given(lines=st.lists(texts.map(visible).filter(bool), max_size=5), most=st.integers(400, 4000))
def test_fences_hold_and_the_document_stays_below_its_limit(lines: list[str], most: int) -> None:
    items = [f"+ {line}" for line in lines]
    parts = [
        Part(title="Deletes", items=items, language="diff"),
        Part(title="Others", items=items, language="diff", is_folded=True),
        Part(title="Errors", items=lines, language="text"),
    ]
    text = fitted("<!-- reconciler:x -->\n## Plan", parts, "<sub>x</sub>", most)
    check_harmless(text)
    assert len(text.encode()) < most
    fences = [(token.info, token.content.splitlines()) for token in PARSER.parse(text) if token.type == "fence"]
    assert {line[:1] for language, found in fences for line in found if language == "diff"} <= {"+"}
    told = [int(number) for number in re.findall(r"… and (\d+) more that do", text)]
    assert sum(len(found) for _, found in fences) + sum(told) == 3 * len(items)


@settings(max_examples=40)
@given(name=texts)
def test_marker_is_one_comment_and_tells_names_apart(name: str) -> None:
    tokens = [token for token in PARSER.parse(f"{marker(name)}\n## x") if token.type == "html_block"]
    assert [token.content.count("-->") for token in tokens] == [1]
    assert re.fullmatch(r"<!-- reconciler:(?:(?!--)[\w ./,=*:+%-])* -->", marker(name))
    assert marker(name) != marker(f"{name} ") != marker(f"{name}-")


@settings(max_examples=12)
@given(run=hostile_runs(), told=st.tuples(st.booleans(), st.booleans()), configuration=texts)
def test_document_of_a_hostile_run_is_harmless(run: HostileRun, told: tuple[bool, bool], configuration: str) -> None:
    applies, shows_unmanaged = told
    text = run_told("markdown", run, applies=applies, shows_unmanaged=shows_unmanaged, configuration=configuration)
    check_harmless(text)
    assert text.startswith("<!-- reconciler:")
    assert len(text.encode()) < GITHUBS_LIMIT


ALLOWING = "Lines that would allow these deletes"


def _many(number: int) -> str:
    kept = [hook(f"kept{index}", f"/kept/{index}", active=False) for index in range(number)]
    gone = [hook(f"gone{index}", f"/gone/{index}") for index in range(number)]
    wanted = [entry(f"kept{index}", f"/kept/{index}") for index in range(number)]
    new = [entry(f"new{index}", f"/new/{index}") for index in range(number)]
    return plan_told("markdown", planned([*wanted, *new], [*kept, *gone]))


def test_of_5000_changes_the_losses_and_deletes_come_first_and_the_rest_is_counted() -> None:
    text = _many(1_670)
    assert 60_000 < len(text.encode()) < GITHUBS_LIMIT
    check_harmless(text)
    titles = re.findall(r"^(?:### |<summary>)([^<\n]*)", text, re.MULTILINE)
    assert titles == ["Refused", "Losses (1670)", "Deletes (1670)", ALLOWING, "1670 to create, 1670 to update"]
    counted = sum(map(int, re.findall(r"… and (\d+) more", text)))
    lines_for_absent = 1 + 1 + 2 * 1_670
    assert counted + len(re.findall(r"^- (?:`https|@gone)|^[+!] ", text, re.MULTILINE)) == 1_670 * 4 + lines_for_absent


def test_changes_that_fit_show_their_fields_with_signs_in_the_first_column() -> None:
    text = plan_told(
        "markdown", planned([entry("a"), entry("b", "/b")], [hook("1", active=False), hook("2", "/c", "all")])
    )
    fences = [token.content for token in PARSER.parse(text) if token.type == "fence"]
    assert "".join(fences).splitlines() == [
        "- @2  delete: not in the file, last changed 2026-01-02 00:00:00 UTC",
        "-     url: https://hooks.example.com/c",
        "-     event: all",
        "-     active: true",
        "-     is_test: false",
        "+ b[track_updated]  create: not at the provider",
        "+     url: https://hooks.example.com/b",
        "+     event: track_updated",
        "+     active: true",
        "+     is_test: false",
        "! a[track_updated]  update in place: switched off at the provider, last changed 2026-01-02 00:00:00 UTC",
        "-     active: false",
        "+     active: true",
    ]
    assert text.index("```diff\n- @2") < text.index("<details>")


def test_unmanaged_webhooks_are_counted_by_host_unless_they_are_asked_for() -> None:
    plan = planned([entry("a")], [hook("1"), hook("other", "https://other.example.com/secret-path")])
    text = plan_told("markdown", plan)
    assert "- 1 at `https://other.example.com`" in text
    assert "secret-path" not in text
    assert "`@other` `track_updated` `https://other.example.com/secret-path`" in plan_told(
        "markdown", plan, shows_unmanaged=True
    )


def test_apply_that_was_cut_off_says_what_was_done_and_what_may_have_been() -> None:
    plan = planned([entry("a"), entry("b", "/b")], [hook("1", active=False), hook("2", "/c")])
    out = io.StringIO()
    story = reporter("markdown", context_of(out))
    changes = only(plan).changes
    story.plan(view_plan(plan))
    with story.live(ResultMask(plan)):
        story(Started(account="default", change=changes[0]))
        story(Finished(account="default", result=Result(change=changes[0], outcome=Outcome.DONE)))
        story(Started(account="default", change=changes[1]))
    stopped = Diagnostic(severity=Severity.ERROR, code="stopped", message="Stopped immediately.", help="")
    assert story.fail([stopped], 143) == 143
    text = out.getvalue()
    assert f"- `{_address(changes[1])}` update: may have been done, but no response confirms it" in text
    assert f"- `{_address(changes[2])}` delete: not started" in text
    assert f"+ {_address(changes[0])}  create: done" in text


def _address(change: Change) -> str:
    return change.address.text(long=False)


@pytest.mark.parametrize("number", [1, 2])
def test_errors_stand_in_the_document_with_their_places(number: int) -> None:
    out = io.StringIO()
    story = reporter("markdown", context_of(out))
    error = Diagnostic(severity=Severity.ERROR, code="url-host", message="no `host`", help="Give one.")
    story.fail([error] * number, 1)
    title = "Failed: no `host`" if number == 1 else "Failed: 2 errors"
    assert out.getvalue().startswith(
        f"<!-- reconciler:webhooks.yaml -->\n## {title}\n\n### Errors ({number})\n\n```text\n"
    )
    assert out.getvalue().count("error[url-host]: no `host`\n  help: Give one.\n") == number
