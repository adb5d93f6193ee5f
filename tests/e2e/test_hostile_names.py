"""Hostile text of a file, an option, a variable or a file's name comes out of every command harmless."""

from __future__ import annotations

import pytest

from tests.e2e.harmless import EVERYTHING, JSON, TEXTS, quoted, run, short
from tests.e2e.tool import HOST, Tool, entries

# What a file says

_TOP = "version: 1\naccounts: {{default: {{provider: shippo, token: '${{SHIPPO_API_TOKEN}}', base_url: '{base}'}}}}\n"
_OWNS = f"owns: [{HOST}/*]\n"
_A = f"url: '{HOST}/a', events: [track_updated]"
PLACES = {
    "description": f"{_OWNS}webhooks: {{a: {{{_A}, description: {{0}}}}}}\n",
    "event": f"{_OWNS}webhooks: {{a: {{url: '{HOST}/a', events: [{{0}}, track_updated]}}}}\n",
    "url": f"{_OWNS}webhooks: {{a: {{url: {{0}}, events: [track_updated]}}}}\n",
    "path": f"{_OWNS}webhooks: {{a: {{url: {{1}}, events: [track_updated]}}}}\n",
    "pattern": f"owns: [{HOST}/*, {{0}}, {{1}}]\nwebhooks: {{a: {{{_A}}}}}\n",
    "absent": f"{_OWNS}absent: [{{url: {{1}}, events: [{{0}}]}}]\nwebhooks: {{a: {{{_A}}}}}\n",
    "protect": f"{_OWNS}protect: [{{1}}]\nwebhooks: {{a: {{{_A}}}}}\n",
    "x-key": f"{_OWNS}x-{{2}}: {{0}}\nwebhooks: {{a: {{{_A}}}}}\n",
    "unknown-key": f"{_OWNS}webhooks: {{a: {{{_A}, {{0}}: 1}}}}\n",
    "name": f"{_OWNS}webhooks: {{{{0}}: {{{_A}}}}}\n",
    "account": f"{_OWNS}webhooks: {{a: {{{_A}, account: {{0}}}}}}\n",
    "secret-params": f"{_OWNS}secret_params: [{{0}}]\nwebhooks: {{a: {{{_A}}}}}\n",
    "boolean": f"{_OWNS}webhooks: {{a: {{{_A}, active: {{0}}}}}}\n",
    "message": f"{_OWNS}webhooks: {{a: {{url: '{HOST}/${{NOPE:?{{2}}}}', events: [track_updated]}}}}\n",
    "default": f"{_OWNS}webhooks: {{a: {{url: '{HOST}/${{NOPE:-{{2}}}}', events: [track_updated]}}}}\n",
    "raw": f"{_OWNS}webhooks: {{a: {{url: {HOST}/{{2}}, events: [track_updated]}}}} # {{2}}\n{{2}}: {{2}}\n",
    "twice": f"{_OWNS}webhooks: {{{{0}}: 1, {{0}}: 2}}\n",
}


@pytest.mark.parametrize("place", PLACES)
def test_what_a_file_says_comes_out_harmless(shared: Tool, place: str) -> None:
    top = _TOP.format(base=shared.sandbox.base_url)
    for text in TEXTS:
        raw = text.replace("\n", " ") if place != "raw" else text
        written = PLACES[place]
        for number, piece in enumerate((quoted(text), quoted(f"{HOST}/{text}"), raw)):
            written = written.replace(f"{{{number}}}", piece)
        (shared.folder / "webhooks.yaml").write_bytes((top + written).encode("utf-8", "surrogatepass"))
        for command in (("validate",), ("plan", "-v", *JSON)):
            run(shared, *command)


@pytest.mark.parametrize("text", TEXTS, ids=short)
def test_options_and_variables_come_out_harmless(shared: Tool, text: str) -> None:
    shared.write(entries(a="/a", b="/${X}"))
    for option in ("--target", "--account", "--var", "--allow-host", "--format", "--allow-losses", f"--{text}", text):
        run(shared, "plan", option, text, "--var", "X=x")
    for value in (f"X={text}", f"NOBODY={text}"):
        run(shared, "plan", "--var", value)
    run(shared, text)
    run(shared, "plan", "-vv", environment={"X": text})
    run(shared, "plan", "-vv", environment={"X_FILE": text})
    run(shared, "plan", environment={"X": "x", "RECONCILER_ALLOW_HOSTS": text, "RECONCILER_FILE": text})


@pytest.mark.parametrize(
    "text",
    [
        # A name has up to 255 bytes, and we put something behind it.
        *(EVERYTHING.replace("\x00", "")[start : start + 80] for start in (0, 80, 160)),
        *(text for text in TEXTS if text.startswith(("\ud800", "xxx", "\n", "##["))),
    ],
    ids=short,
)
def test_names_of_files_come_out_harmless(tool: Tool, text: str) -> None:
    name = text.replace("/", "_").encode("utf-8", "surrogatepass").decode("utf-8", "surrogateescape")
    tool.hook("/x/Zk8Wq3Lx7Vr2Tn5b")
    for once in (("init", "-f", name), ("init", "-f", name), ("validate", "-f", name)):
        run(tool, *once)
    (tool.folder / "folder").mkdir()
    too_long = len(name) > 200
    tool.write(entries(a="/a"), name="short" if too_long else name)
    tool.write(entries(b="/b"), name="folder/short.yaml" if too_long else f"folder/{name}.yaml")
    for command in (
        ("plan", *JSON),
        ("plan", "-f", f"{name}.no"),
        ("plan", "--out", f"{name}.plan"),
        ("show", f"{name}.plan"),
        ("show", f"{name}.plan", *JSON),
        ("plan", "--out", "folder"),
        ("plan", "--out", f"{name}/x"),
        ("plan", "--out", name),
        ("plan", "--env-file", name),
        ("export", "--out", f"{name}.export", "--secrets-to", f"{name}.env"),
        ("export", "--out", f"{name}.export"),
        ("export", "--secrets-to", f"{name}.env"),
        ("apply", f"{name}.plan"),
        ("apply", "--auto-approve", "--backup", f"{name}.back"),
        ("apply", "--auto-approve", "--backup", f"{name}.back"),
        ("apply", name),
    ):
        run(tool, *command, *(("-f", "folder") if command[0] != "show" else ()))
    run(tool, "validate", "-f", name, *JSON)
    run(tool, "validate", "-f", "folder", "-f", "folder")
