"""`help`, `version`, and the examples that end every help: each runs as printed."""

from __future__ import annotations

import re
import shlex
import shutil
import signal
import subprocess
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import click
import pytest

from reconciler import __version__
from reconciler.cli.command import Command
from reconciler.cli.main import COMMANDS, reconciler
from reconciler.cli.topics import TOPICS, topic_text
from reconciler.model.diagnostic import SIGNALLED, ExitCode
from reconciler.output.formats import REPORT_FORMATS
from reconciler.providers.registry import built_in
from tests.e2e.terminal import Terminal
from tests.e2e.tool import COMMAND, HOST, WAIT, Ended, Tool, entries
from tests.support.serving import serving

ROOT = Path(__file__).parents[2]
WRITTEN = re.compile(r"(?:--out|--secrets-to|> ?)\s*([\w./-]+)")
CODES = {"drift": 2, "plan --detailed-exitcode": 2}
"""Exit codes of examples that begin so, where there are changes; 0 of the others."""


def _commands() -> dict[str, Command]:
    context = click.Context(reconciler, info_name="reconciler")
    found = {name: reconciler.get_command(context, name) for name in COMMANDS}
    return {name: one for name, one in found.items() if isinstance(one, Command)}


EXAMPLES = {
    f"{name}-{number}": line
    for name, one in _commands().items()
    for number, line in enumerate(line for line in one.examples if line and line[0] != "#")
}


def test_every_command_has_examples_that_fit_a_terminal() -> None:
    assert _commands().keys() == COMMANDS.keys()
    assert {name for name, one in _commands().items() if not one.examples} == set()
    lines = [line for one in _commands().values() for line in one.examples]
    assert [line for line in lines if len(line) > 78] == []


@pytest.fixture(scope="module")
def receiver() -> Iterator[str]:
    """The base URL of what receives the webhooks, for `doctor`."""

    class Handler(BaseHTTPRequestHandler):
        def do_OPTIONS(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.send_response(204)
            self.end_headers()

        do_POST = do_OPTIONS  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    with serving(Handler) as base_url:
        yield base_url


@pytest.mark.parametrize("line", EXAMPLES.values(), ids=EXAMPLES)
def test_example_runs_as_printed(tool: Tool, receiver: str, line: str) -> None:
    tool.environment |= {"RECONCILER_FILE": "account.yaml", "PATH": f"{Path(COMMAND).parent}:/usr/bin:/bin"}
    tool.write(entries(orders="/orders", tracking="/tracking"))
    file = tool.folder / "webhooks.yaml"
    file.write_text(file.read_text().replace(HOST, receiver))
    (tool.folder / "account.yaml").write_bytes(file.read_bytes())
    (tool.folder / "hooks.env").touch()
    (tool.folder / "hooks").mkdir()
    (tool.folder / "hooks" / "one.yaml").write_bytes(file.read_bytes())
    (tool.folder / ".config" / "fish" / "completions").mkdir(parents=True)  # as fish does at its first start
    if "destroy" in line:
        tool.hook(f"{receiver}/orders"), tool.hook(f"{receiver}/tracking")
    assert tool.run("plan", "--out", "reviewed.plan").code in (0, 3)
    for number in (1, 2):
        (tool.folder / f"{number}.json").write_text(tool.run("plan", f"--shard={number}/2", "--format=json").out)
    for name in WRITTEN.findall(line):
        (tool.folder / name).unlink(missing_ok=True)
    if line == "reconciler init":
        file.unlink()
    words = shlex.split(line)
    if words[1] == "sandbox":
        assert _served(tool, line).startswith("http://127.0.0.1:")
    elif words[1] in ("apply", "destroy") and not {"--auto-approve", "reviewed.plan"} & {*words}:
        with Terminal(tool, *words[1:]) as terminal:
            terminal.until("Only `yes` is accepted")
            terminal.type("yes\n")
            assert terminal.end() == 0, terminal.shown
    else:
        ended = tool.run(*words[1:]) if set("|<>*").isdisjoint(line) else _in_a_shell(tool, line)
        wanted = next((code for start, code in CODES.items() if line.startswith(f"reconciler {start}")), 0)
        assert ended.code == wanted, ended.all


def _in_a_shell(tool: Tool, line: str) -> Ended:
    shell = ["bash", "-o", "pipefail", "-c", line]
    if "completion zsh" in line:
        if shutil.which("zsh") is None:
            pytest.skip("zsh is not installed")
        shell = ["zsh", "-f", "-c", f"autoload -U compinit; compinit -u -D; {line}"]
    done = subprocess.run(
        shell, cwd=tool.folder, env=tool.env({}), stdin=subprocess.DEVNULL,
        capture_output=True, encoding="utf-8", timeout=WAIT, check=False,
    )  # fmt: skip
    return Ended(code=done.returncode, out=done.stdout, err=done.stderr)


def _served(tool: Tool, line: str) -> str:
    process = subprocess.Popen(
        ["bash", "-c", f"exec {line}"], cwd=tool.folder, env=tool.env({}), stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, encoding="utf-8",
    )  # fmt: skip
    assert process.stdout is not None
    address = process.stdout.readline()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=WAIT)
    return address


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_a_command_is_what_its_option_shows(tool: Tool, name: str) -> None:
    asked, shown = tool.run("help", name), tool.run(name, "--help")
    assert (asked.code, asked.out, asked.err) == (0, shown.out, "")
    assert asked.out.startswith(f"Usage: reconciler {name} ")
    assert asked.out.rpartition("\nExamples:\n")[2].lstrip().startswith(("reconciler ", "# "))


def test_help_alone_shows_the_commands_and_the_topics(tool: Tool) -> None:
    ended = tool.run("help")
    assert (ended.code, ended.out) == (0, tool.run("--help").out)
    for name, (_, line) in (*COMMANDS.items(), *TOPICS.items()):
        assert re.search(rf"^  {name} +{re.escape(line)}$", ended.out, re.MULTILINE), name


@pytest.mark.parametrize("name", TOPICS)
def test_topic_is_shown_and_fits_a_terminal(tool: Tool, name: str) -> None:
    ended = tool.run("help", name)
    assert (ended.code, ended.out) == (0, topic_text(name))
    assert [line for line in ended.out.splitlines() if len(line) > 80] == []


def test_topics_are_true() -> None:
    assert re.findall(r"^  ([\w-]+)  ", TOPICS["formats"][0], re.MULTILINE) == [*REPORT_FORMATS]
    codes = {int(code) for code in re.findall(r"^  (\d+) ", TOPICS["exit-codes"][0], re.MULTILINE)}
    signals = {SIGNALLED + one for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    assert codes == {*map(int, ExitCode)} | signals


def test_topic_names_the_variables_that_are_read_and_no_others() -> None:
    package = ROOT / "reconciler"
    read = {*re.findall(r"environ(?:ment)?(?:\.get\(|\[)\"([A-Z]\w+)\"", _sources(package))}
    # These are read in a loop, or by a library that the messages speak of.
    read |= {*re.findall(r"[\"`]([A-Z]+(?:_[A-Z]+)+)[\"`]", _sources(package / "http") + _sources(package / "output"))}
    read |= {provider.auth.variable for provider in built_in()}
    told = re.findall(r"^  ([A-Z][A-Z_]+(?:, [A-Z_]+)*),?$", topic_text("environment"), re.MULTILINE)
    assert {name for line in told for name in line.split(", ")} == {
        *(name for name in read if not name.startswith("COMP_")), "COLUMNS", "NAME_FILE"
    }  # fmt: skip


def _sources(folder: Path) -> str:
    return "".join(path.read_text() for path in folder.rglob("*.py"))


def test_every_published_schema_is_printed(tool: Tool) -> None:
    published = {path.read_text() for path in (ROOT / "schemas").glob("*.schema.json")}
    names = re.findall(r"`(\w+)`", TOPICS["formats"][0].partition("`reconciler schema`")[2].partition("JSON Schema")[0])
    assert {tool.run("schema", name).out for name in ("file", *names)} == published
    assert len(names) + 1 == len(published)


def test_version_is_what_the_option_shows(tool: Tool) -> None:
    ended = tool.run("version")
    assert (ended.code, ended.out, ended.err) == (0, f"reconciler {__version__}\n", "")
    assert tool.run("--version").out == ended.out
