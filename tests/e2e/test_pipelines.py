"""In a pipeline: annotations, the summary, colour and folds come by themselves; nothing foreign is taken for a command.

And reports, which are written at every end of a run.
"""

from __future__ import annotations

import json
import re
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from junitparser import JUnitXml

from reconciler.cli.main import COMMANDS, reconciler
from reconciler.cli.options import REPORTING
from reconciler.output.formats import PLAN_FORMATS, REPORT_FORMATS
from reconciler.sandbox.faults import Answer, Rule, When
from tests.e2e.dying import APPLY, Patient
from tests.e2e.harmless import EVERYTHING, TEXTS, fault, sent
from tests.e2e.test_hostile_everywhere import hook
from tests.e2e.tool import COMMAND, HOST, TOKEN, Ended, Tool, entries, run_here
from tests.output.test_github import read_by_the_runner
from tests.output.test_markdown import check_harmless as check_markdown
from tests.support.clock import FakeClock
from tests.support.faults import HoldAnswer

GITHUB = {"GITHUB_ACTIONS": "true"}
GITLAB = {"GITLAB_CI": "true"}
OURS = {"error", "warning", "notice", "group", "endgroup"}
_SECTION = re.compile(r"\x1b\[0Ksection_(?:start|end):\d+:reconciler_\d+(?:\[collapsed=true\])?\r\x1b\[0K")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def check_only_our_commands(ended: Ended) -> None:
    """See that the runner finds no command but ours, and the terminal no escape."""
    for line in (*ended.out.split("\n"), *ended.err.split("\n")):
        if (read := read_by_the_runner(line)) is not None:
            assert read.name in OURS, line
            assert read.name.endswith("group") or read.properties["title"].startswith("reconciler"), line
        plain = _COLOUR.sub("", _SECTION.sub("", line))
        assert plain.isprintable(), line


HOSTILE_LOOKS = [
    *(("plan", "--format", name, "--show-unmanaged") for name in PLAN_FORMATS),
    ("drift", "-vv"),
    ("apply", "--auto-approve", "--format", "markdown"),
    ("list", "-v"),
    ("list", "--matrix"),
    ("export",),
]


@pytest.mark.parametrize("environment", [{}, GITHUB, GITLAB], ids=["alone", "github", "gitlab"])
def test_hostile_account_commands_no_pipeline(tool: Tool, environment: dict[str, str]) -> None:
    hooks = [hook(number, url=f"{HOST}/{text}", event=sent(text)) for number, text in enumerate((*TEXTS, EVERYTHING))]
    hooks += [hook(100 + number, object_id=f"{number}{sent(text)[:100]}") for number, text in enumerate(TEXTS)]
    body = json.dumps({"results": hooks, "count": len(hooks), "next": None}).encode()
    tool.write(entries(a="/a", b="/1"))
    reports = [part for name in REPORT_FORMATS for part in ("--report", f"{name}=report.{name}")]
    with fault(tool, Answer(status=200, body=body)):
        for arguments in HOSTILE_LOOKS:
            with_reports = reports if arguments == ("drift", "-vv") else []
            ended = run_here(tool.folder, *arguments, *with_reports, environment=environment, clock=FakeClock())
            check_only_our_commands(ended)
            assert "account default not checked" not in ended.all
    check_markdown((tool.folder / "report.markdown").read_text(encoding="utf-8"))
    assert len(JUnitXml.fromfile(str(tool.folder / "report.junit"))) == 2
    issues = json.loads((tool.folder / "report.code-quality").read_text(encoding="utf-8"))
    assert len({issue["fingerprint"] for issue in issues}) == len(issues) > 10


HOSTILE_WORDS = ("::error::x", "a\n::error::x", "##[error]x", "a\r\n##[error]x", " ::add-mask::x", "\x1b]8;;x\x07")
HOSTILE_OPTIONS = [
    *(
        ("plan", option, word)
        for option in ("-f", "--target", "--account", "--var", "--env-file", "--report")
        for word in HOSTILE_WORDS
    ),
    *(("show", word) for word in HOSTILE_WORDS),
    *((word,) for word in HOSTILE_WORDS),
    *(("plan", word) for word in HOSTILE_WORDS),
    *(("plan", "--out", f"no-such-folder/{word}") for word in HOSTILE_WORDS),
    *(("plan", "--report", f"markdown=no-such-folder/{word}") for word in HOSTILE_WORDS),
    *(("help", word) for word in HOSTILE_WORDS),
]


def test_hostile_arguments_command_no_pipeline(tool: Tool) -> None:
    tool.write(entries(a="/a"))
    for arguments in HOSTILE_OPTIONS:
        ended = run_here(tool.folder, *arguments, environment=GITHUB, clock=FakeClock())
        check_only_our_commands(ended)
        assert ended.code == 1, arguments


def test_hostile_complaints_of_a_provider_command_no_pipeline(tool: Tool) -> None:
    tool.write(entries(a="/a"))
    for word in HOSTILE_WORDS:
        with fault(tool, Answer(status=400, body=json.dumps({"detail": word, word: [word]}).encode()), "POST"):
            for talk in ((), ("--format", "markdown"), ("--format", "github")):
                arguments = ("apply", "--auto-approve", *talk)
                ended = run_here(tool.folder, *arguments, environment=GITHUB, clock=FakeClock())
                check_only_our_commands(ended)
                assert ended.code == 1


def test_hostile_file_commands_no_pipeline(tool: Tool) -> None:
    for word in HOSTILE_WORDS:
        text = json.dumps(word)
        tool.write(f"webhooks:\n  {text}:\n    url: {text}\n    events: [{text}]\n    {text}: {text}\n")
        for arguments in (("validate",), ("validate", "--format", "markdown"), ("plan", "--format", "github")):
            ended = run_here(tool.folder, *arguments, environment=GITHUB, clock=FakeClock())
            check_only_our_commands(ended)
            assert ended.code == 1


def test_in_github_actions_text_comes_with_annotations_summary_colour_and_groups(tool: Tool) -> None:
    summary = tool.folder / "summary.md"
    tool.environment |= {**GITHUB, "GITHUB_STEP_SUMMARY": str(summary), "GITHUB_WORKSPACE": str(tool.folder.parent)}
    tool.write(entries(**{f"name{number}": f"/{number}" for number in range(30)}))
    ended = tool.run("drift")
    assert ended.code == 2
    assert "\x1b[1mDrift detected: 30 differences.\x1b[0m" in ended.out
    assert [line for line in ended.out.splitlines() if line.startswith("::")] == [
        "::group::default: 30 to create, 0 to update, 0 to delete",
        "::endgroup::",
    ]
    marks = [read for line in ended.err.splitlines() if (read := read_by_the_runner(line)) is not None]
    assert [mark.name for mark in marks] == ["warning"] * 10
    assert marks[0].properties["file"] == f"{tool.folder.name}/webhooks.yaml"
    assert summary.read_text(encoding="utf-8").startswith("<!-- reconciler:webhooks.yaml -->\n## Drift detected: 30 ")
    assert tool.run("list").code == tool.run("drift", "--format", "json").code - 2 == 0
    assert summary.read_text(encoding="utf-8").count("<!-- reconciler:") == 1
    # Changes that are made are folded, too.
    ended = tool.run("apply", "--auto-approve")
    assert ended.out.count("::group::") == ended.out.count("::endgroup::") == 1
    assert "\x1b" not in tool.run("drift", NO_COLOR="1").all


def test_in_gitlab_what_is_long_is_a_section(tool: Tool) -> None:
    tool.environment |= GITLAB
    tool.write(entries(**{f"name{number}": f"/{number}" for number in range(30)}))
    ended = tool.run("plan")
    assert [len(re.findall(f"\x1b\\[0Ksection_{kind}:\\d+:reconciler_1", ended.out)) for kind in ("start", "end")] == [
        1,
        1,
    ]
    check_only_our_commands(ended)


def _gitlab(tool: Tool) -> Path:
    """A job of GitLab whose project is the folder; the report that it would find."""
    tool.environment |= {**GITLAB, "CI_PROJECT_DIR": str(tool.folder)}
    return tool.folder / "gl-code-quality-report.json"


def test_in_gitlab_the_code_quality_report_comes_by_itself(tool: Tool) -> None:
    path = _gitlab(tool)
    tool.write(entries(a="/a"))
    said = f"Wrote the code quality report to {path}."
    runs = {("validate",): 0, ("plan",): 1, ("plan", "-q"): 1, ("drift",): 1, ("validate", "--strict"): 0}
    for arguments, issues in runs.items():
        ended = tool.run(*arguments)
        assert (said in ended.err, said in ended.out) == ("-q" not in arguments, False), arguments
        assert len(json.loads(path.read_text(encoding="utf-8"))) == issues, arguments
    tool.write("webhooks: 1")
    assert tool.run("plan").code == 1
    assert len(json.loads(path.read_text(encoding="utf-8"))) > 0


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(("plan", "--format", "json"), id="not-for-people"),
        pytest.param(("plan", "--report", "code-quality=other.json"), id="elsewhere"),
        pytest.param(("apply", "--auto-approve"), id="changes"),
        pytest.param(("show", "reviewed.plan"), id="another-place"),
        pytest.param(("list",), id="no-report"),
    ],
)
def test_in_gitlab_no_code_quality_report_comes_where_it_is_not_due(tool: Tool, arguments: tuple[str, ...]) -> None:
    tool.write(entries(a="/a"))
    assert tool.run("plan", "--out", "reviewed.plan").code == 0
    path = _gitlab(tool)
    assert tool.run(*arguments).code == 0
    assert not path.exists()


@pytest.mark.parametrize("there", ["[]", "1", "[1]", '[\n  {"description":"x"}\n]', "", "FOLDER", "LINK"])
def test_in_gitlab_a_code_quality_report_of_another_tool_is_left_alone(tool: Tool, there: str) -> None:
    path, other = _gitlab(tool), tool.folder / "other"
    tool.write(entries(a="/a"))
    match there:
        case "FOLDER":
            path.mkdir()
        case "LINK":
            path.symlink_to(other)
        case text:
            path.write_text(text, encoding="utf-8")
    ended = tool.run("drift")
    assert (ended.code, other.exists()) == (2, False)
    assert f"warning: {path} is not a report of this tool: for another file, use `--report" in ended.err
    assert not path.is_file() or path.read_text(encoding="utf-8") == there


def test_in_gitlab_a_code_quality_report_that_cannot_be_written_is_no_error(tool: Tool) -> None:
    tool.environment |= {**GITLAB, "CI_PROJECT_DIR": str(tool.folder / "nowhere")}
    tool.write(entries(a="/a"))
    ended = tool.run("plan")
    assert (ended.code, "warning: " in ended.err, "No such file" in ended.err) == (0, True, True)


def test_file_gets_neither_colour_nor_folds(tool: Tool) -> None:
    tool.write(entries(**{f"name{number}": f"/{number}" for number in range(30)}))
    alone, shown = tool.run("plan").out, tool.folder / "plan.txt"
    with shown.open("wb") as file:
        environment = tool.env(GITHUB)
        done = subprocess.run(
            [COMMAND, "plan"], cwd=tool.folder, env=environment, stdout=file, stderr=subprocess.PIPE, check=False
        )
    assert done.returncode == 0, done.stderr
    assert shown.read_text(encoding="utf-8") == alone


# Reports at every end


def test_every_command_with_reports_is_known_to_have_them() -> None:
    with click.Context(reconciler, info_name="reconciler") as context:
        commands = {name: reconciler.get_command(context, name) for name in COMMANDS}
    having = [name for name, made in commands.items() if made and any(one.name == "reports" for one in made.params)]
    assert sorted(having) == sorted(REPORTING)


ENDS = [
    pytest.param(("plan", "--nonsense"), 1, "Failed: No such option", id="wrong-option"),
    pytest.param(("plan", "-f", "nowhere.yaml"), 1, "Failed: file not found", id="no-file"),
    pytest.param(("plan", "--target", "nothing"), 1, "Failed: `--target nothing`", id="no-such-webhook"),
    pytest.param(("apply",), 1, "Failed: there is no terminal", id="nobody-to-ask"),
    pytest.param(("apply", "no.plan"), 1, "Failed: `no.plan` can't be read", id="no-plan"),
    pytest.param(("validate",), 0, "Valid: 1 webhook in 1 account", id="valid"),
    pytest.param(("plan",), 0, "Plan: 1 to create", id="plan"),
    pytest.param(("drift",), 2, "Drift detected: 1 difference", id="drift"),
    pytest.param(("destroy", "--auto-approve"), 3, "Refused for account `default`", id="refused"),
    pytest.param(("apply", "--auto-approve"), 0, "Apply complete: 1 created", id="applied"),
]


@pytest.mark.parametrize(("arguments", "code", "verdict"), ENDS)
def test_report_is_written_at_every_end(tool: Tool, arguments: tuple[str, ...], code: int, verdict: str) -> None:
    tool.write(entries(a="/a") if arguments[0] != "destroy" else entries())
    for path in ("/b", "/c") if arguments[0] == "destroy" else ():
        tool.hook(path)
    names = [name for name in REPORT_FORMATS if name != "prometheus" or arguments == ("drift",)]
    reports = {name: tool.folder / f"out.{name}" for name in names}
    ended = tool.run(*arguments, *(part for name, path in reports.items() for part in ("--report", f"{name}={path}")))
    assert ended.code == code, ended.all
    text = reports["markdown"].read_text(encoding="utf-8")
    assert text.splitlines()[1].replace("`", "").startswith(f"## {verdict}".replace("`", "")), text
    check_markdown(text)
    xml = JUnitXml.fromfile(str(reports["junit"]))
    assert bool(xml.errors + xml.failures) == (code != 0 or arguments == ("plan",)), text
    if "prometheus" in reports:
        assert 'reconciler_exit_code{configuration="' in reports["prometheus"].read_text(encoding="utf-8")
    issues = json.loads(reports["code-quality"].read_text(encoding="utf-8"))
    assert [issue for issue in issues if issue["severity"] == "critical"] or code in (0, 2)
    text = reports["text"].read_text(encoding="utf-8")
    assert verdict.removeprefix("Failed: ").replace("`", "") in text.replace("`", "")
    assert "\x1b" not in text


def test_outputs_of_a_step_are_added_to_those_that_are_there(tool: Tool) -> None:
    tool.write(entries(a="/a"))
    path = tool.folder / "out"
    path.write_text("mine=1\n", encoding="utf-8")
    for _ in range(2):
        assert tool.run("plan", "--report", f"github-output={path}").code == 0
    names = [line.partition("=")[0] for line in path.read_text(encoding="utf-8").splitlines()]
    assert (names[0], names.count("exitcode"), names.count("changes")) == ("mine", 2, 2)
    ended = tool.run("plan", "--report", "github-output=no-such-folder/x")
    assert (ended.code, "error: no-such-folder/x can't be written: No such file" in ended.err) == (1, True)


def test_code_quality_names_a_file_as_it_is_called(tool: Tool) -> None:
    tool.write(entries(a="/a"), name="a b, c.yaml")
    ended = tool.run("plan", "-f", "a b, c.yaml", "--target", "nothing", "--report", "code-quality=out.json")
    (issue,) = json.loads((tool.folder / "out.json").read_text(encoding="utf-8"))
    assert (ended.code, issue["location"]["path"]) == (1, "a b, c.yaml")


def test_name_of_a_configuration_tells_no_user_info(tool: Tool) -> None:
    tool.write(entries(a="/a"))
    ended = tool.run("plan", "--base-url", "https://user:pa55@host.example?token=s3cret", "--format", "markdown")
    assert (ended.code, "pa55" in ended.all, "s3cret" in ended.all) == (1, False, False)
    assert ended.out.startswith("<!-- reconciler:webhooks.yaml base-url=host.example -->\n")


def test_report_that_cannot_be_written_is_an_error_and_the_apply_is_done(tool: Tool) -> None:
    tool.write(entries(a="/a"))
    ended = tool.run("apply", "--auto-approve", "--report", "markdown=no-such-folder/x", "--report", "junit=x.xml")
    assert (ended.code, len(tool.there())) == (1, 1)
    assert "error: no-such-folder/x can't be written: No such file or directory\nhelp: Give" in ended.err
    assert (tool.folder / "x.xml").exists()


@pytest.mark.parametrize("command", [("show",), ("apply", "--auto-approve")], ids=["show", "apply"])
@pytest.mark.parametrize("text", [None, "no plan"], ids=["missing", "broken"])
def test_report_on_a_saved_plan_that_cannot_be_read_is_not_taken_for_the_usual_file(
    tool: Tool, command: tuple[str, ...], text: str | None
) -> None:
    if text is not None:
        (tool.folder / "my.plan").write_text(text, encoding="utf-8")
    options = [f"--report={name}={name}.out" for name in ("markdown", "code-quality")]
    assert tool.run(*command, "my.plan", *options).code == (1 if text is None else 3)
    assert (tool.folder / "markdown.out").read_text(encoding="utf-8").startswith("<!-- reconciler:my.plan -->\n")
    (issue,) = json.loads((tool.folder / "code-quality.out").read_text(encoding="utf-8"))
    assert issue["location"]["path"] == "my.plan"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no device that is full")
def test_report_is_written_where_standard_output_cannot_be(tool: Tool) -> None:
    tool.write(entries(a="/a"))
    command = [COMMAND, "drift", "--report", "markdown=out.md"]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            command, cwd=tool.folder, env=tool.env({}), stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert (done.returncode, "the output can't be written" in done.stderr) == (1, True)
    lines = (tool.folder / "out.md").read_text(encoding="utf-8").splitlines()
    assert lines[1] == "## Failed: the output can't be written: No space left on device"
    assert "! a[track_updated]" in "\n".join(lines) or "+ a[track_updated]" in "\n".join(lines)


def test_stopped_apply_reports_what_was_done_and_what_was_not(patient: Callable[[], Patient]) -> None:
    stopped = patient()
    path = stopped.folder / "report.md"
    rule, report = Rule(action=HoldAnswer(), when=When(nth=3)), f"markdown={path}"
    with stopped.holding(rule) as held, stopped.start(*APPLY, "--report", report) as command:
        held.wait_until_held()
        command.signal(signal.SIGINT)
        command.until("Stopping: ")
        held.release()
        ended = command.end()
    text = path.read_text(encoding="utf-8")
    assert (ended.code, text.splitlines()[1][:12]) == (130, "## Stopped: ")
    assert ": not started" in text
    check_markdown(text)


def test_second_signal_ends_it_at_once_and_the_report_is_written(patient: Callable[[], Patient]) -> None:
    stopped = patient()
    path = stopped.folder / "report.md"
    rule, report = Rule(action=HoldAnswer(), when=When(nth=5)), f"markdown={path}"
    with stopped.holding(rule) as held, stopped.start(*APPLY, "--report", report) as command:
        held.wait_until_held()
        command.signal(signal.SIGINT)
        command.until("Stopping: ")
        sent_at = time.monotonic()
        command.signal(signal.SIGTERM)
        ended = command.end()
        assert time.monotonic() - sent_at < 1.0
        held.abandon()
    text = path.read_text(encoding="utf-8")
    assert (ended.code, text.splitlines()[1]) == (143, "## Stopped immediately: running requests were cut off.")
    assert "may have been done, but no response confirms it" in text
    assert "done, but could not be read back" in text  # what was answered
    assert ": not started" in text


@pytest.mark.parametrize("path", ["/a?token=${GIVEN}", "/${GIVEN}"], ids=["secret", "plain"])
def test_name_has_the_values_of_variables_only_once_they_are_known_to_be_plain(tool: Tool, path: str) -> None:
    tool.write(entries(a=path))
    options = [f"--report={name}=report.{name}" for name in REPORT_FORMATS]
    ended = run_here(tool.folder, "drift", "--var", "GIVEN=value-9f2c", *options, environment={})
    texts = {name: (tool.folder / f"report.{name}").read_text(encoding="utf-8") for name in REPORT_FORMATS}
    if "token" in path:
        assert (ended.code, texts["markdown"].splitlines()[0]) == (1, "<!-- reconciler:webhooks.yaml var=GIVEN -->")
        assert [name for name, text in texts.items() if "value-9f2c" in text] == []
    else:
        assert "<!-- reconciler:webhooks.yaml var=GIVEN=value-9f2c -->" in texts["markdown"]


def test_metrics_keep_the_time_of_the_last_success(tool: Tool) -> None:
    tool.write(entries(a="/a"))
    path = tool.folder / "reconciler.prom"
    for variables, code in (({}, 2), ({"SHIPPO_API_TOKEN": ""}, 1)):
        assert run_here(tool.folder, "drift", "--report", f"prometheus={path}", environment=variables).code == code
        text = path.read_text(encoding="utf-8")
        assert re.search(r"^reconciler_last_success_timestamp_seconds\{.*\} \d", text, re.MULTILINE)
        assert f'configuration="webhooks.yaml"}} {code}\n' in text
    assert not Path(f"{path}.tmp").exists()
    assert TOKEN not in text
