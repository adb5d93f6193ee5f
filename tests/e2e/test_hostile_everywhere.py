"""Hostile text of a provider or of a saved plan comes out of every command harmless, on a pipe and on a terminal."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from reconciler.sandbox.faults import Answer
from tests.e2e.harmless import EVERYTHING, JSON, TEXTS, check_harmless, fault, quoted, run, sent, short
from tests.e2e.terminal import Terminal
from tests.e2e.tool import HOST, TOKEN, Tool, entries
from tests.support.digests import write_sealed

_OWN_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_OWN_SCREEN = re.compile(r"\x1b\[(?:\?25[lh]|[0-9]*[AK])")
"""What `rich` moves and clears with where progress is redrawn in place."""


def hook(number: int, **fields: object) -> dict[str, object]:
    """A webhook as the provider shows it."""
    return {
        "object_id": f"hook-{number}",
        "object_created": "2026-01-01T00:00:00Z",
        "object_updated": "2026-01-01T00:00:00Z",
        "object_owner": "somebody@example.com",
        "url": f"{HOST}/{number}",
        "event": "track_updated",
        "active": True,
        "is_test": False,
        **fields,
    }


# What a provider says

FIELDS = ("object_id", "object_created", "object_updated", "object_owner", "url", "path", "query", "event", "unknown")


def _hostile_hooks(text: str) -> list[dict[str, object]]:
    """A webhook for each field that may be hostile; an id and an event are texts, or the account isn't read."""
    values: dict[str, dict[str, object]] = {
        "object_id": {"object_id": sent(text)[:190]},
        "event": {"event": sent(text)},
        "url": {"url": text},
        "path": {"url": f"{HOST}/{text}"},
        "query": {"url": f"{HOST}/?{text}={text}"},
        "unknown": {text: text},
    }
    return [hook(number, **values.get(field, {field: text})) for number, field in enumerate(FIELDS)]


READ = f"{len(FIELDS)} of {len(FIELDS)} webhooks listed"
READ_JSON = f'"listed":{len(FIELDS)},'
LOOKS = [
    (("plan", "-vv"), 3, READ),
    (("plan", *JSON), 3, READ_JSON),
    (("list", "-vv"), 0, f"\n{len(FIELDS)} webhooks.\n"),
    (("list", *JSON), 0, READ_JSON),
    (("plan", "--destroy"), 3, READ),
    (("drift",), 2, READ),
    (("export",), 0, READ),
    (("export", "--missing", "-v"), 0, READ),
    (("export", "--secrets-to", "hostile.env", "--out", "hostile.yaml"), 0, ""),
    (("apply", "--auto-approve", *JSON), 3, '"exit_code":'),  # an account that wasn't read would be 1
    (("plan", "--out", "hostile.plan"), 3, READ),
    (("show", "hostile.plan", "-v"), 0, READ),
    (("show", "hostile.plan", *JSON), 0, READ_JSON),
]
"""Each with its code where what is hostile is owned, and with words that say that all of it was read."""


@pytest.mark.parametrize(
    ("text", "owns"),
    [*((text, f"[{HOST}/*]") for text in TEXTS), (EVERYTHING, "[]"), (EVERYTHING, f"[{HOST}/*]")],
    ids=short,
)
def test_what_a_provider_has_comes_out_harmless(shared: Tool, text: str, owns: str) -> None:
    shared.write(entries(**({} if owns == "[]" else {"a": "/a", "b": "/1"})), owns=owns)
    hooks = _hostile_hooks(text)
    body = json.dumps({"results": hooks, "count": len(hooks), "next": None}).encode()
    with fault(shared, Answer(status=200, body=body)):
        for command, code, words in LOOKS:
            ended = run(shared, *command)
            assert (ended.code, words in ended.out) == (0 if owns == "[]" else code, True), (command, ended.all)
    assert READ in (shared.folder / "hostile.yaml").read_text(encoding="utf-8")
    for name in ("hostile.yaml", "hostile.plan"):
        check_harmless((shared.folder / name).read_text(encoding="utf-8"))
    for name in ("hostile.yaml", "hostile.plan", "hostile.env"):
        (shared.folder / name).unlink()


@pytest.mark.parametrize("text", TEXTS, ids=short)
def test_what_a_provider_complains_of_comes_out_harmless(tool: Tool, text: str) -> None:
    tool.hook("/b")
    tool.hook("/gone")
    for method, wanted in (("DELETE", {"b": "/b"}), ("POST", {"a": "/a", "b": "/b"})):
        tool.write(entries(**wanted))
        for said in ({"detail": text}, {text: [text]}, {"url": [text, text]}, text):
            with fault(tool, Answer(status=400, body=json.dumps(said).encode()), method):
                assert run(tool, "apply", "--auto-approve", "-vv").code == 1
    with fault(tool, Answer(status=500, body=text.encode("utf-8", "surrogatepass"), content_type="text/html"), "POST"):
        assert run(tool, "apply", "--auto-approve", *JSON).code == 1
    for made in (hook(1, object_id=text[:190]), hook(1, event=text), hook(1, url=text)):
        with fault(tool, Answer(status=200, body=json.dumps(made).encode()), "POST"):
            assert run(tool, "apply", "--auto-approve").code == 1


@pytest.mark.parametrize("talk", [(), ("-vv",), JSON], ids=" ".join)
def test_hostile_webhooks_are_deleted_and_brought_back_harmlessly(tool: Tool, talk: tuple[str, ...]) -> None:
    for number, text in enumerate(TEXTS):
        event, is_test = sent(text), number % 2 == 0
        object_id = f"{number}{event[:100]}"
        tool.sandbox.store.create(TOKEN, url=f"{HOST}/{number}", event=event, object_id=object_id, is_test=is_test)
    tool.write(entries(a="/a"), more="limits: {max_losses: 99}\n")
    assert run(tool, "apply", "--auto-approve", "--backup", "back.yaml", *talk).code == 0
    check_harmless((tool.folder / "back.yaml").read_text(encoding="utf-8"))
    # The sandbox knows no such events.
    assert run(tool, "apply", "-f", "back.yaml", "--auto-approve", *talk).code == 1
    run(tool, "destroy", "--auto-approve", *talk)


# What a saved plan says


def _texts(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:  # noqa: ANN401 - JSON
    """Where every text and every key of a document stands."""
    if isinstance(value, str):
        yield path
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from _texts(inner, (*path, key))


def test_forged_plan_comes_out_harmless(tool: Tool) -> None:
    tool.hook("/gone?token=x")
    tool.hook("/b", active=False)
    tool.hook("https://other.example.com/b")
    tool.hook("/twice")
    tool.hook("/twice")
    tool.write(entries(a="/a", b="/b", twice="/twice"))
    assert tool.run("plan", "--out", "saved.plan").code == 0
    good = json.loads((tool.folder / "saved.plan").read_bytes())
    del good["saved"]["checksum"]
    # Words of ours, which no other text may take the place of: such a plan is refused.
    fixed = {"format_version", "status", "actions", "hint", "salt", "digest", "absent_place", "on_unmanaged"}
    fixed |= {"action_reason", "verdict", "severity", "tool", "terraform_version", "document_version"}
    words = [path for path in _texts(good) if fixed & set(path) or (path[0] != "accounts" and path[-1] == "mode")]
    paths = [path for path in _texts(good) if path not in words]
    assert len(paths) > 90
    forged = json.loads(json.dumps(good))
    for path in paths:
        *above, last = path
        there = forged
        for step in above:
            there = there[step]
        there[last] = EVERYTHING
    for row in forged["resource_changes"]:
        for side in ("before", "after"):
            row["change"][side] = row["change"][side] and {EVERYTHING: EVERYTHING, "b": [EVERYTHING]}
    write_sealed(tool.folder / "forged.plan", forged)
    for talk in ((), ("-vv",), JSON):
        assert run(tool, "show", "forged.plan", *talk).code == 0
        run(tool, "apply", "forged.plan", *talk)


# Pipe and terminal


@pytest.mark.parametrize(
    "command",
    [("plan", "-vv"), ("list",), ("export",), ("apply", "--allow-losses", "99"), ("validate",)],
    ids=" ".join,
)
def test_terminal_gets_printable_characters_and_our_own_colours_only(tool: Tool, command: tuple[str, ...]) -> None:
    for number, text in enumerate(TEXTS):
        event = sent(text)
        tool.sandbox.store.create(TOKEN, url=f"{HOST}/{number}", event=event, object_id=f"{number}{event[:100]}")
    tool.write(
        entries(a="/a") + f"    description: {quoted(EVERYTHING)}\n    {quoted('x-' + EVERYTHING)}: 1\n",
        more="limits: {max_losses: 99}\n",
    )
    with Terminal(tool, *command) as terminal:
        if command[0] == "apply":
            terminal.until("Only `yes` is accepted: ")
            terminal.type("yes\n")
        assert terminal.end() in (0, 2), terminal.shown
    shown = _OWN_SCREEN.sub("", _OWN_COLOUR.sub("", terminal.shown.replace("\r", "")))
    check_harmless(shown)
    assert "add-mask" in shown or command[0] == "validate"


def test_pipe_gets_printable_characters_only(tool: Tool) -> None:
    for number, text in enumerate(TEXTS):
        tool.hook(f"/{number}", sent(text))
    tool.write(entries(a="/a"))
    ended = tool.run("apply", "--auto-approve", "--allow-losses", "99", "-vv")
    assert ended.code == 0
    check_harmless(ended.out)
    check_harmless(ended.err)
