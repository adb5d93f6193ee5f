"""The pages of `docs/how-to`, followed step by step: files are written as they stand there, commands typed.

A ```yaml block that begins with `# PATH.yaml` is that file; ```sh blocks, and the lines of ```console blocks that begin
with `$ `, are typed into one shell, with `yes` as the answer where a command asks. Each command must end with 0, or as
`# exits with N` behind it says. The account is a sandbox's: commands get its `--base-url`.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.e2e.terminal import Terminal
from tests.e2e.tool import COMMAND, Tool

FOLDER = Path(__file__).parents[2] / "docs" / "how-to"
TESTED_ELSEWHERE = {
    "README": "a list",
    "adopt-an-account": "tests/e2e/test_adopting.py",
    "check-receivers": "tests/doctor/test_command.py",
}
PAGES = sorted(path.stem for path in FOLDER.glob("*.md") if path.stem not in TESTED_ELSEWHERE)
LEFT: dict[str, set[str]] = {
    "another-host": {
        f"https://old.example.com/shippo/{name} {event}"
        for name in ("orders", "tracking")
        for event in ("transaction_created", "track_updated")
    },
    "blue-green": {
        f"https://{side}.example.com/shippo/{rest}"
        for side in ("blue", "green")
        for rest in ("orders transaction_created", "tracking track_updated")
    },
    "maintenance": {
        "https://hooks.example.com/shippo/orders transaction_created",
        "https://hooks.example.com/shippo/orders transaction_updated",
        "https://hooks.example.com/shippo/tracking track_updated",
    },
    "pull-request-previews": {
        "https://pr-42.preview.example.com/shippo transaction_created",
        "https://pr-42.preview.example.com/shippo track_updated",
    },
    "rotate-a-token": {
        "https://hooks.example.com/shippo/orders?token=Pm3nYb60Kd27 transaction_created",
        "https://hooks.example.com/shippo/orders?token=Pm3nYb60Kd27 transaction_updated",
    },
    "secrets-in-the-file": {
        "https://hooks.example.com/orders?token=Zr4vTq81hW9x transaction_created",
        "https://hooks.example.com/in/x9K2mQ7pL4vN track_updated",
        "https://hooks.example.com/shops/1234567 track_updated",
    },
    "tenants": {
        "https://hooks.example.com/shippo/acme?token=Zr4vTq81 track_updated",
        "https://hooks.example.com/shippo/initech?token=Pm3nYb60 track_updated",
    },
    "tunnel": set(),
    "two-teams": {
        "https://shop.example.com/shippo/orders transaction_created",
        "https://tracking.example.com/shippo/parcels track_updated",
    },
}
"""The webhooks that are on at the provider in the end: URL and event."""
_BLOCK = re.compile(r"^```(yaml|sh|console)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_FILE = re.compile(r"# ([\w./-]+\.ya?ml)\n")
_SHELL = """
set -e
TERM=dumb PATH={bin}:$PATH
test ! -f .shell || . ./.shell
reconciler() {{
  case $1 in
    apply | destroy | drift | export | list | plan | validate) command reconciler "$@" --base-url {base_url} ;;
    *) command reconciler "$@" ;;
  esac
}}
{commands}
declare -px >.shell
"""
_EXIT = re.compile(r"^(.*\S) +# exits with (\d+)$", re.MULTILINE)


def _type(tool: Tool, commands: str) -> None:
    """Type commands into a shell that has the variables of the one before."""
    checked = _EXIT.sub(r"if \1; then false; else [ $? = \2 ]; fi", commands)
    shell = _SHELL.format(bin=Path(COMMAND).parent, base_url=tool.sandbox.base_url, commands=checked)
    with Terminal(tool, shell=shell) as terminal:
        code = terminal.end_answering("Only `yes` is accepted: ", "yes\n")
        assert code == 0, f"{commands}\n{terminal.shown}"


@pytest.mark.parametrize("name", PAGES)
def test_page_does_what_it_says(tool: Tool, name: str) -> None:
    page = (FOLDER / f"{name}.md").read_text(encoding="utf-8")
    for language, text in _BLOCK.findall(page):
        file = _FILE.match(text)
        if language == "yaml" and file is not None:
            path = tool.folder / file[1]
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        elif language != "yaml":
            lines = [line[2:] for line in text.splitlines() if line.startswith("$ ")]
            _type(tool, "\n".join(lines) if language == "console" else text)
    assert {f"{webhook.url} {webhook.event}" for webhook in tool.there() if webhook.active} == LEFT[name]


def test_every_page_is_in_the_list_of_pages() -> None:
    listed = re.findall(
        r"^\| \[[\w ]+\]\(([\w-]+)\.md\)", (FOLDER / "README.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert sorted(listed) == sorted({path.stem for path in FOLDER.glob("*.md")} - {"README"})


@pytest.mark.parametrize("name", PAGES)
def test_page_fits_a_screen(name: str) -> None:
    assert len((FOLDER / f"{name}.md").read_text(encoding="utf-8").splitlines()) <= 60
