"""A provider that keeps URLs its own way: what is said of it ends in step, and one webhook counts as one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.e2e.tool import HOST, Ended, Tool
from tests.support.canaries import leaks
from tests.support.lies import Lies
from tests.support.sandbox import Sandbox

SECRET = "Zq7X2kPz9LmW4RtY"
IGNORE = (
    "It will differ in every plan. If the webhook works, add `ignore_changes: [url]` to its entry, so that secret "
    "parameters are left as they are at the provider."
)
WRITE = "If this is the same URL, write it in the file as the provider stores it: "
MADE = "create: created, but different when read back"
NOT_MADE = "create: not created: the provider made a different webhook, which was deleted again"
PLAIN = "a value of only letters, digits, `-`, `.`, `_` and `~`"


def _value(change: Callable[[str], str]) -> Callable[[str], str]:
    """A provider that changes what stands behind the last equals sign."""

    def rewrite(url: str) -> str:
        head, equals, value = url.rpartition("=")
        return head + equals + change(value)

    return rewrite


def _entry(query: str, *more: str) -> str:
    lines = ["webhooks:", "  parcels:", f"    url: {HOST}/in{query}", "    events: [track_updated]"]
    return "\n".join([*lines, *(f"    {line}" for line in more)]) + "\n"


def _apply(tool: Tool, file: str, secret: str, *more: str) -> Ended:
    tool.write(file)
    ended = tool.run("apply", "--auto-approve", "-q", *more, SHOP_SECRET=secret)
    assert leaks(SECRET, ended.all) == leaks(SECRET.lower(), ended.all) == []
    return ended


TOKEN = "?secret=${SHOP_SECRET}"
CASES = [
    pytest.param(
        _value(lambda value: "*" * len(value)), (TOKEN, SECRET), MADE,
        f"The provider returns `secret` masked. {IGNORE}", (_entry(TOKEN, "ignore_changes: [url]"), SECRET),
        id="masked",
    ),
    pytest.param(
        _value(lambda value: f"{value[:2]}****"), (TOKEN, SECRET), MADE,
        f"The provider returns `secret` masked. {IGNORE}", (_entry(TOKEN, "ignore_changes: [url]"), SECRET),
        id="masked-behind-its-beginning",
    ),
    pytest.param(
        lambda url: url.partition("?")[0], (TOKEN, SECRET), MADE,
        f"The provider returns the URL without `secret`. {IGNORE}", (_entry(TOKEN, "ignore_changes: [url]"), SECRET),
        id="dropped",
    ),
    pytest.param(
        _value(str.lower), (TOKEN, SECRET), MADE,
        "The provider stores `secret` in lower case: set SHOP_SECRET to the lower-case value.",
        (_entry(TOKEN), SECRET.lower()),
        id="lower-case",
    ),
    pytest.param(
        _value(unquote), (TOKEN, f"{SECRET}%3D%3D"), MADE,
        f"The provider stores `secret` with other escapes: set SHOP_SECRET to {PLAIN}.", (_entry(TOKEN), SECRET),
        id="decoded",
    ),
    pytest.param(
        _value(lambda value: value.replace("!", "%21")), (TOKEN, f"{SECRET}!"), MADE,
        f"The provider stores `secret` with other escapes: set SHOP_SECRET to {PLAIN}.", (_entry(TOKEN), SECRET),
        id="encoded",
    ),
    pytest.param(
        lambda url: url.replace("%20", "+"), (f"?lane=old%20town&{TOKEN[1:]}", SECRET), NOT_MADE,
        f"{WRITE}{HOST}/in?lane=old+town&secret=${{SHOP_SECRET}}", (_entry(f"?lane=old+town&{TOKEN[1:]}"), SECRET),
        id="blank-as-plus",
    ),
    pytest.param(
        lambda url: url.replace("/in?", "/in/?"), (TOKEN, SECRET), NOT_MADE,
        f"{WRITE}{HOST}/in/?secret=${{SHOP_SECRET}}", (_entry(f"/{TOKEN}"), SECRET),
        id="slash-at-the-end",
    ),
    pytest.param(
        lambda url: url.replace("%2F", "/"), (f"?to=a%2Fb&{TOKEN[1:]}", SECRET), NOT_MADE,
        f"{WRITE}{HOST}/in?to=a/b&secret=${{SHOP_SECRET}}", (_entry(f"?to=a/b&{TOKEN[1:]}"), SECRET),
        id="decoded-in-clear",
    ),
    pytest.param(
        lambda url: url.replace("&", "&amp;"), (f"?lane=7&{TOKEN[1:]}", SECRET), NOT_MADE,
        f"The provider stores the URL as {HOST}/in?lane=7&amp;secret=${{SHOP_SECRET}}, which a file can't contain: "
        f"the URL "
        "has a `;` in its query, which receivers interpret differently. Use a URL that it stores unchanged.",
        (_entry(TOKEN), SECRET),
        id="html",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("rewrite", "first", "words", "said", "then"), CASES)
def test_what_is_said_of_another_form_ends_in_step(
    tmp_path: Path, rewrite: Callable[[str], str], first: tuple[str, str], words: str, said: str, then: tuple[str, str]
) -> None:
    with Sandbox(lies=Lies(rewrite_url=rewrite)) as sandbox:
        tool = Tool(folder=tmp_path, sandbox=sandbox)
        ended = _apply(tool, _entry(first[0]), first[1])
        assert ended.code == 1
        assert f"parcels[track_updated] ({_id(ended)}): {words}\n    help: {said}\n" in ended.out
        assert f"\nNot done, or not confirmed:\n  parcels[track_updated]: {words}\n" in ended.all
        created = int(words == MADE)
        assert f"Apply incomplete: {created} created, 0 updated, 0 deleted; 1 not done." in ended.all
        assert len(tool.there()) == created

        assert _apply(tool, *then).code == 0
        assert tool.run("plan", "--detailed-exitcode", SHOP_SECRET=then[1]).code == 0
        assert len(tool.there()) == 1


def _id(ended: Ended) -> str:
    return ended.out.rpartition("parcels[track_updated] (")[2].partition(")")[0]


@pytest.mark.parametrize("seen", ["****", ""], ids=["masked", "emptied"])
def test_ignored_secret_that_is_masked_goes_as_the_file_has_it_with_an_update(tmp_path: Path, seen: str) -> None:
    sent: list[str] = []

    def rewrite(url: str) -> str:
        sent.append(url)
        return _value(lambda _: seen)(url)

    with Sandbox(lies=Lies(rewrite_url=rewrite)) as sandbox:
        tool = Tool(folder=tmp_path, sandbox=sandbox)
        assert _apply(tool, _entry(TOKEN, "ignore_changes: [url]"), SECRET).code == 0
        off = _entry(TOKEN, "ignore_changes: [url]", "active: false")
        assert _apply(tool, off, SECRET, "--allow-losses", "1").code == 0
        assert _apply(tool, _entry(TOKEN, "ignore_changes: [url]"), SECRET).code == 0
        assert sent == [f"{HOST}/in?secret={SECRET}"] * 3
        assert tool.run("plan", "--detailed-exitcode", SHOP_SECRET=SECRET).code == 0


def test_update_that_comes_back_masked_says_the_same_and_counts_once(tmp_path: Path) -> None:
    with Sandbox(lies=Lies(rewrite_url=_value(lambda _: "****"))) as sandbox:
        tool = Tool(folder=tmp_path, sandbox=sandbox)
        assert _apply(tool, _entry(TOKEN), SECRET).code == 1
        ended = _apply(tool, _entry(TOKEN), SECRET)
        assert ended.code == 1
        assert f"    help: The provider returns `secret` masked. {IGNORE}\n" in ended.out
        assert "Apply incomplete: 0 created, 0 updated, 0 deleted; 1 not done." in ended.all
        lines = tool.run("apply", "--auto-approve", "--format", "json", SHOP_SECRET=SECRET).lines()
        assert [line["type"] for line in lines].count("apply_errored") == 1
