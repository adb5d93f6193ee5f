"""The one issue about drift, and who is told."""

from __future__ import annotations

import pytest
from steps.report import report

from tests.action.conftest import Step
from tests.support.hub import BOT, Issue, Token

FIRST = "<!-- reconciler:webhooks.yaml -->"
LABEL = "webhooks: drift"


def _report(step: Step, code: int, words: str = "Drift detected: 1 difference.") -> int:
    step.task("drift")
    step.found(f"{FIRST}\n## {words}", exitcode=code, verdict=words)
    step.hub.calls.clear()
    return report(step.folder)


def _open(step: Step) -> list[Issue]:
    return [issue for issue in step.hub.issues.values() if issue.state == "open" and issue.author == BOT]


@pytest.fixture
def told(step: Step) -> Step:
    step.give(notify_url=f"{step.hub.base_url}/incoming")
    return step


def _texts(step: Step) -> list[str]:
    return [message["text"] for message in step.hub.told]


def test_one_issue_is_opened_updated_and_closed(told: Step) -> None:
    for number in range(5):
        told.hub.open_issue(f"Something else {number}", "", "octocat", [LABEL])
    assert _report(told, 2) == 0
    (issue,) = _open(told)
    assert (issue.title, issue.labels) == ("Webhooks have drifted: webhooks.yaml", [LABEL])
    _report(told, 2)
    assert (told.hub.writes(), len(told.hub.told)) == ([], 1)
    _report(told, 2, "Drift detected: 2 differences.")
    assert ("2 differences" in issue.body, told.outputs()["url"].endswith(f"/issues/{issue.number}")) == (True, True)
    _report(told, 1, "Not checked: live.")
    assert issue.title == "Webhooks could not be checked: webhooks.yaml"
    _report(told, 0, "No drift: 3 webhooks.")
    assert (issue.state, _open(told)) == ("closed", [])
    _report(told, 0, "No drift: 3 webhooks.")
    assert told.hub.writes() == []
    assert [text.splitlines()[:2] for text in _texts(told)] == [
        ["Webhooks have drifted: webhooks.yaml", "Drift detected: 1 difference."],
        ["Webhooks have drifted: webhooks.yaml", "Drift detected: 2 differences."],
        ["Webhooks could not be checked: webhooks.yaml", "Not checked: live."],
        ["Webhooks match again: webhooks.yaml", "No drift: 3 webhooks."],
    ]
    assert len(told.hub.comments_of(issue.number)) == 2  # who follows it hears of each other state


def test_what_keeps_drift_from_being_looked_for_is_told(step: Step) -> None:
    step.task("drift", note="`TOKEN` is not set.", level="error")
    step.found("## Failed: `${TOKEN}` is not set", exitcode=1)
    assert report(step.folder) == 0
    (issue,) = _open(step)
    assert "> [!WARNING]\n> `TOKEN` is not set.\n\n## Failed" in issue.body


def test_only_issues_of_its_own_are_read(step: Step) -> None:
    for number in range(9):
        step.hub.open_issue(f"Something else {number}", "", "octocat", [LABEL])
    _report(step, 2)
    assert [path for method, path in step.hub.calls if method == "GET"] == [step.hub.path("issues")] * 2


def test_drift_after_a_closed_issue_opens_another(step: Step) -> None:
    for code in (2, 0, 2):
        _report(step, code)
    assert [issue.state for issue in step.hub.issues.values()] == ["closed", "open"]


def test_issues_of_others_and_of_other_files_are_left_alone(step: Step) -> None:
    _report(step, 2)
    (issue,) = _open(step)
    issue.author = "stranger"
    _report(step, 2)
    step.give(file="other.yaml")
    _report(step, 2)
    assert len(step.hub.issues) == 3
    _report(step, 0)
    assert [issue.state for issue in step.hub.issues.values()] == ["open", "open", "closed"]


def test_issue_whose_label_was_taken_off_is_kept_and_labelled_again(step: Step) -> None:
    _report(step, 2)
    (issue,) = _open(step)
    issue.labels[:] = ["later"]
    _report(step, 2)
    assert (len(step.hub.issues), issue.labels) == (1, ["later", LABEL])


def test_title_is_no_longer_than_github_takes(step: Step) -> None:
    step.give(file="\n".join(f"folder/{number}.yaml" for number in range(40)))
    _report(step, 2)
    (issue,) = _open(step)
    assert (len(issue.title), issue.title[-1]) == (256, "…")


def test_two_runs_at_once_end_with_one_issue(step: Step) -> None:
    _report(step, 2)
    (issue,) = _open(step)
    step.hub.issues.clear()

    def other_run(method: str, path: str) -> None:
        if method == "POST" and path.endswith("/issues"):
            step.hub.before = None
            step.hub.open_issue(issue.title, issue.body, BOT, [LABEL])

    step.hub.before = other_run
    _report(step, 2)
    assert [issue.state for issue in step.hub.issues.values()] == ["open", "closed"]


@pytest.mark.parametrize("code", [3, 130, 143], ids=str)
def test_run_that_found_out_nothing_changes_nothing(told: Step, code: int) -> None:
    _report(told, 2)
    _report(told, code)
    assert (told.hub.writes(), len(told.hub.told)) == ([], 1)


def test_without_an_issue_each_drift_is_told(told: Step) -> None:
    told.give(issue_label="")
    for code in (2, 2, 1, 0):
        assert _report(told, code) == 0
    assert (len(told.hub.told), told.hub.issues) == (3, {})


def test_issue_that_cannot_be_kept_is_an_error_and_told_all_the_same(
    told: Step, capsys: pytest.CaptureFixture[str]
) -> None:
    told.hub.tokens["the-token"] = Token(BOT, {"issues": "read"})
    assert _report(told, 2) == 1
    assert "::error title=Webhooks::GitHub refused POST issues with 403" in capsys.readouterr().out
    assert len(told.hub.told) == 1


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("http://127.0.0.1:1/services/T0/SECRET", id="refused"),
        pytest.param("http://SECRET@[::1", id="no-address"),
        pytest.param("services/SECRET", id="no-scheme"),
        pytest.param("HUB/SECRET", id="answered-404"),
    ],
)
def test_notify_url_is_a_secret_when_it_fails(step: Step, url: str, capsys: pytest.CaptureFixture[str]) -> None:
    step.give(notify_url=url.replace("HUB", step.hub.base_url))
    assert _report(step, 2) == 0
    said = capsys.readouterr()
    assert "::warning title=Webhooks::The `notify-url` could not be told: " in said.out
    assert "SECRET" not in said.out + said.err + step.summary()


def test_what_is_told_has_no_markup(told: Step) -> None:
    _report(told, 2, "Drift <!channel> & <https://evil.example|here>")
    assert "Drift &lt;!channel&gt; &amp; &lt;https://evil.example|here&gt;" in _texts(told)[0]
