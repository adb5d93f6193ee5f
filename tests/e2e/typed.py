"""Somebody who types what a page of the docs says, block by block, at a terminal. Nothing leaves the machine.

A ```yaml block that begins with `# PATH.yaml` is that file. ```sh blocks, and the lines of ```console blocks that begin
with `$ `, are typed into one shell, with `yes` as the answer where a command asks. Each command must end with 0, or as
`# exits with N` behind it says. The other lines of a ```console block must be printed, in this order; `…` stands for
lines that it leaves out.
"""

from __future__ import annotations

import os
import re
import shlex
import signal
from contextlib import ExitStack, suppress
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self

import yaml
from msgspec import Struct

from tests.e2e.terminal import Terminal
from tests.e2e.tool import COMMAND, TOKEN, Tool
from tests.support.serving import serving

TEST_TOKEN = "shippo_test_of-these-pages"
_PRINTED_SANDBOX = "http://127.0.0.1:8080"
_FILE = re.compile(r"# ([\w./-]+\.ya?ml)\n")
_EXITS = re.compile(r"^(.*\S) +# exits with ([1-9]\d*)$", re.MULTILINE)

_ANSWERS = {"Only `yes` is accepted: ": "yes\n", "Press Enter to continue (Ctrl-C stops): ": "\n"}

# What is typed as `reconciler`: where nothing else says so, the account is the test's sandbox, `doctor` asks a receiver
# of the test, and the page's own sandbox runs in the background, on a free port.
_RECONCILER = """\
#!/bin/bash
case "$1 $*" in
  sandbox*)
    trap '' HUP  # it stays when this block's terminal is closed
    {command} "$@" --port 0 > {own}/sandbox.url 2> {own}/sandbox.log < /dev/null &
    echo $! >> {own}/sandbox.pid
    until [ -s {own}/sandbox.url ]; do kill -0 $! || exit 1; sleep 0.05; done
    exit ;;
  doctor*) set -- "$@" -f {own}/receiver.yaml ;;
  *\\ --base-url*) set -- "${{@/#{printed}/$(cat {own}/sandbox.url)}}" ;;
  apply*|destroy*|drift*|export*|list*|plan*) set -- "$@" --base-url {account} ;;
esac
exec {command} "$@"
"""
_RECEIVER = """\
version: 1
owns: ["{url}/*"]
webhooks: {{orders: {{url: "{url}/shippo", events: [track_updated]}}}}
"""
# It deletes a webhook in the page's sandbox.
_CURL = """\
#!/bin/bash
PATH=${{PATH#*:}} exec curl --silent --show-error "${{@/#{printed}/$(cat {own}/sandbox.url)}}"
"""
# Other programs only note how they were called; an environment of Python has what is typed from it.
_OTHER = """\
#!/bin/bash
echo "${{0##*/}} $*" >> {own}/calls
if [ "$1 $2" = "-m venv" ]; then mkdir -p "$3/bin" && cp {own}/pip {own}/reconciler "$3/bin"; fi
"""
_SHELL = """\
export TERM=dumb PATH={own}:$PATH HTTPS_PROXY=http://127.0.0.1:9 NO_PROXY=127.0.0.1
export GIT_{{AUTHOR,COMMITTER}}_NAME=a GIT_{{AUTHOR,COMMITTER}}_EMAIL=a@example.com
set -e
[ ! -e {own}/state ] || . {own}/state
{commands}
{{ declare -px; printf 'cd %q\\n' "$PWD"; }} > {own}/state
"""


class Block(Struct, frozen=True, kw_only=True):
    """A block of code of a page: its heading, its language, and its text."""

    heading: str
    language: str
    text: str

    @property
    def is_typed(self) -> bool:
        """Whether it is for a shell."""
        return self.language in ("sh", "console")

    @property
    def is_workflow(self) -> bool:
        """Whether it is a workflow of GitHub Actions."""
        return self.language == "yaml" and "\njobs:\n" in self.text


def blocks(page: Path) -> tuple[Block, ...]:
    """A page's blocks, in order."""
    found, heading = [], ""
    pieces = re.split(r"^```(\w*)\n(.*?)^```$", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    for words, language, text in zip(pieces[::3], pieces[1::3], pieces[2::3], strict=False):
        heading = [heading, *re.findall(r"^#+ (.*)$", words, re.MULTILINE)][-1]
        found.append(Block(heading=heading, language=language, text=text))
    return tuple(found)


class Typist:
    """A terminal in the tool's folder, whose variables and folder stay from block to block.

    Args:
        tool: its sandbox stands for the provider.
    Attributes:
        shown: what each block printed.
    """

    def __init__(self, tool: Tool) -> None:
        self.shown: list[str] = []
        self._tool = tool
        self._stack = ExitStack()
        self._own = Path(self._stack.enter_context(TemporaryDirectory(prefix="typed-")))

    def __enter__(self) -> Self:
        words = {"own": self._own, "command": COMMAND, "account": self._tool.sandbox.base_url}
        quoted = {name: shlex.quote(str(word)) for name, word in words.items()}
        printed = _PRINTED_SANDBOX.replace("/", "\\/")
        self._program("reconciler", _RECONCILER.format(printed=printed, **quoted))
        self._program("curl", _CURL.format(printed=printed, **quoted))
        for name in ("gh", "pip", "pipx", "python3", "uv"):
            self._program(name, _OTHER.format(**quoted))
        receiver = self._stack.enter_context(serving(_Receiver))
        (self._own / "receiver.yaml").write_text(_RECEIVER.format(url=receiver), encoding="utf-8")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number in self._lines("sandbox.pid"):
            with suppress(ProcessLookupError):
                os.kill(int(number), signal.SIGTERM)
        self._stack.close()

    @property
    def calls(self) -> list[str]:
        """The calls of other programs, such as `pip install …`."""
        return self._lines("calls")

    def follow(self, block: Block) -> str:
        """Write the file of a block, or type its commands; what they printed."""
        file = _FILE.match(block.text)
        if block.language == "sh":
            self.type(block.text)
        elif block.language == "console":
            self.type("\n".join(line[2:] for line in block.text.splitlines() if line.startswith("$ ")))
            self._check_shown(block)
        elif block.language == "yaml" and file is not None:
            path = self._tool.folder / file[1]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, encoding="utf-8")
        return self.shown[-1] if block.is_typed else ""

    def run_workflow(self, block: Block) -> str:
        """Run the steps of a workflow, whose secrets are those of `hooks.env`; what they printed."""
        workflow = yaml.safe_load(block.text)
        steps = [step["run"] for job in workflow["jobs"].values() for step in job["steps"] if "run" in step]
        return self.type("set -a; . ./hooks.env; set +a\n" + "".join(f"({step})\n" for step in steps))

    def type(self, commands: str) -> str:
        """Type commands; what they printed, the escapes of the terminal aside."""
        checked = _EXITS.sub(r"if \1; then false; else [ $? = \2 ]; fi", commands)
        for printed, token in (("shippo_live_…", TOKEN), ("shippo_test_…", TEST_TOKEN)):
            checked = checked.replace(printed, token)
        shell = _SHELL.format(own=shlex.quote(str(self._own)), commands=checked)
        with Terminal(self._tool, shell=shell, size=(80, 24)) as terminal:
            code = terminal.end_answering(_ANSWERS)
            assert code == 0, f"{commands}\n{terminal.shown}"
            self.shown.append(terminal.shown.replace("\r\n", "\n"))
        return self.shown[-1]

    def _check_shown(self, block: Block) -> None:
        """What stands below the commands was printed."""
        shown = self.shown[-1]
        for address in self._lines("sandbox.url"):
            shown = shown.replace(address, _PRINTED_SANDBOX)
        rest = shown
        for lines in filter(None, re.split(r"^(?:\$ .*|…)\n", block.text, flags=re.MULTILINE)):
            _, found, rest = rest.partition(lines)
            assert found, f"not printed, or not here:\n{lines}\nprinted:\n{shown}"

    def _program(self, name: str, text: str) -> None:
        (self._own / name).write_text(text, encoding="utf-8")
        (self._own / name).chmod(0o755)

    def _lines(self, name: str) -> list[str]:
        path = self._own / name
        return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


class _Receiver(BaseHTTPRequestHandler):
    def do_OPTIONS(self) -> None:
        self.send_response(204)
        self.end_headers()

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.do_OPTIONS()

    def log_message(self, *_args: object) -> None:
        pass
