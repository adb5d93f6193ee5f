"""The one comment on plans of a pull request, and its labels."""

from __future__ import annotations

import pytest
from steps.report import report

from tests.action.conftest import HEAD, Step, pull_request
from tests.support.hub import BOT, Token

FIRST = "<!-- reconciler:webhooks.yaml -->"


def _report(step: Step, pull: int, **values: object) -> int:
    """Report a plan of the pull request."""
    step.give("pull_request", pull_request(pull))
    step.task("plan", asked="plan", pull=pull, head=HEAD)
    words = values.pop("words", "No changes.")
    step.found(f"{FIRST}\n## {words}", **{"exitcode": 0, **values})
    return report(step.folder)


def test_one_comment_is_found_on_any_page_and_edited_only_when_its_text_changes(step: Step, pull: int) -> None:
    for number in range(5):
        step.hub.comment(pull, f"Looks good, {number}", "reviewer")
    assert _report(step, pull, words="Plan: 1 to create.") == 0
    for number in range(5):
        step.hub.comment(pull, f"Merge it, {number}", "reviewer")
    before = len(step.hub.writes())
    _report(step, pull, words="Plan: 1 to create.")
    assert len(step.hub.writes()) == before
    _report(step, pull, words="Plan: 2 to create.")
    (comment,) = step.hub.comments_of(pull)
    assert "Plan: 2 to create." in comment
    assert comment.count("<!--") == comment.splitlines()[0].count("<!-- reconciler:webhooks-yaml-") == 1
    assert step.hub.writes()[before:] == [("PATCH", step.hub.path("issues/comments/106"))]
    assert step.outputs()["url"].endswith("/comments/106")


def test_comment_of_somebody_else_with_the_same_marker_is_left_alone(step: Step, pull: int) -> None:
    _report(step, pull)
    (ours,) = step.hub.comments_of(pull)
    step.hub.comments.clear()
    step.hub.comment(pull, ours, "stranger")
    _report(step, pull)
    assert (step.hub.comments_of(pull), step.hub.comments_of(pull, "stranger")) == ([ours], [ours])


def test_comments_of_other_configurations_and_of_applies_are_left_alone(step: Step, pull: int) -> None:
    _report(step, pull, words="one")
    step.give(working_directory="other")
    _report(step, pull, words="two")
    step.task("apply", asked="apply", pull=pull, head=HEAD)
    step.found("## Apply complete", exitcode=0)
    report(step.folder)
    _report(step, pull, words="three")
    said = [[word for word in ("one", "two", "three", "Apply") if word in text] for text in step.hub.comments_of(pull)]
    assert said == [["one"], ["three"], ["Apply"]]


def test_two_runs_at_once_end_with_one_comment(step: Step, pull: int) -> None:
    _report(step, pull, words="of this run")
    (text,) = step.hub.comments_of(pull)
    step.hub.comments.clear()

    def other_run(method: str, path: str) -> None:
        if method == "POST" and path.endswith("/comments"):
            step.hub.before = None
            step.hub.comment(pull, text.replace("this", "another"), BOT)

    step.hub.before = other_run
    _report(step, pull, words="of this run")
    assert step.hub.comments_of(pull) == [text]


def test_comment_is_found_below_what_somebody_wrote_above_it(step: Step, pull: int) -> None:
    _report(step, pull, words="one")
    (comment,) = step.hub.comments.values()
    comment["body"] = f"Look here:\r\n\r\n{comment['body']}"
    _report(step, pull, words="two")
    (text,) = step.hub.comments_of(pull)
    assert "## two" in text


def test_comment_that_is_deleted_meanwhile_is_made_anew(step: Step, pull: int) -> None:
    _report(step, pull, words="one")

    def before(method: str, _: str) -> None:
        if method == "PATCH":
            step.hub.comments.clear()

    step.hub.before = before
    _report(step, pull, words="two")
    (text,) = step.hub.comments_of(pull)
    assert "## two" in text


def test_comment_of_the_same_plan_is_not_edited_by_another_run(step: Step, pull: int) -> None:
    digests = ("a" * 16, "b" * 16)
    for run, digest in enumerate(digests):
        step.patch.setenv("GITHUB_RUN_ID", str(run))
        _report(step, pull, words=f"No changes.\n\n<sub>reconciler `webhooks.yaml` · plan digest `{digest}`</sub>")
    assert [method for method, _ in step.hub.writes()] == ["POST", "POST"]  # the comment, and its label
    (text,) = step.hub.comments_of(pull)
    assert "digest" not in text


UNKNOWN = [
    pytest.param((200, {}, b"<html>"), id="html"),
    pytest.param((201, {}, b""), id="empty"),
    pytest.param((301, {"Location": "/elsewhere"}, b""), id="moved"),
    pytest.param((200, {}, b'{"id": 1}'), id="object"),
    pytest.param((200, {}, b'[{"id": 1, "body": "", "user": null}, {"id": 2}]'), id="no-user"),
    pytest.param((200, {"Link": '<https://evil.example/2>; rel="next"'}, b"[]"), id="page-elsewhere"),
    pytest.param((403, {}, b'{"message": "API rate limit exceeded"}'), id="rate-limit"),
    pytest.param((500, {}, b"x"), id="error"),
]


@pytest.mark.parametrize("answer", UNKNOWN)
def test_whatever_github_answers_the_job_has_its_outputs(
    step: Step, pull: int, answer: tuple[int, dict[str, str], bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    step.hub.before = lambda *_: answer
    assert _report(step, pull, changes=3) == 0
    assert (step.outputs()["changes"], step.outputs()["exitcode"]) == ("3", "0")
    said = capsys.readouterr().out
    assert said.startswith("::warning title=Webhooks::GitHub")
    assert "permission" not in said
    if answer[0] == 403:
        assert "with 403 (API rate limit exceeded)." in said


def test_labels_are_told_apart_as_github_does(step: Step, pull: int) -> None:
    step.hub.issues[pull].labels[:] = ["Webhooks: Changes", "WEBHOOKS: none"]
    _report(step, pull, changes=3)
    assert step.hub.issues[pull].labels == ["Webhooks: Changes"]


def test_plan_that_failed_is_not_labelled_as_without_changes(step: Step, pull: int) -> None:
    step.hub.issues[pull].labels[:] = ["webhooks: none", "bug"]
    _report(step, pull, exitcode=1)
    assert step.hub.issues[pull].labels == ["bug"]


def test_a_pull_request_is_labelled_by_its_plan(step: Step, pull: int) -> None:
    labels = step.hub.issues[pull].labels
    labels.append("bug")
    _report(step, pull, changes=3, losses=1)
    assert {*labels} == {"bug", "webhooks: changes", "webhooks: losses"}
    _report(step, pull, changes=0, losses=0)
    assert {*labels} == {"bug", "webhooks: none"}
    step.give(label="")
    _report(step, pull, changes=3, losses=1)
    assert {*labels} == {"bug", "webhooks: none"}


def test_comment_and_labels_can_be_off(step: Step, pull: int) -> None:
    step.give(comment="false", label="")
    _report(step, pull, changes=3)
    assert (step.hub.writes(), step.outputs()["changes"]) == ([], "3")


@pytest.mark.parametrize(
    ("permissions", "words"),
    [
        pytest.param({"pull-requests": "read"}, "Does the job have the permission `issues: write`", id="comment"),
        pytest.param({"pull-requests": "write"}, "Does the job have the permission `issues: write`", id="new-label"),
    ],
)
def test_missing_permission_is_a_warning_that_names_it(
    step: Step, pull: int, permissions: dict[str, str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    step.hub.tokens["the-token"] = Token(BOT, permissions)
    step.give(label="unheard-of")
    assert _report(step, pull, changes=1) == 0
    said = capsys.readouterr().out
    assert said.startswith("::warning title=Webhooks::GitHub refused POST issues with 403")
    assert words in said
    assert step.outputs()["changes"] == "1"


def test_fork_is_told_nothing_but_the_summary(step: Step, pull: int) -> None:
    step.give("pull_request", pull_request(pull, source="stranger/webhooks"))
    step.task("validate", asked="plan", pull=pull, head=HEAD, note="Only validated.")
    step.found(exitcode=0)
    assert report(step.folder) == 0
    assert (step.hub.writes(), "Only validated." in step.summary()) == ([], True)


@pytest.mark.parametrize(("level", "kind"), [("notice", "NOTE"), ("warning", "WARNING"), ("error", "WARNING")])
def test_what_was_not_compared_is_told_at_the_pull_request(step: Step, pull: int, level: str, kind: str) -> None:
    step.give("pull_request", pull_request(pull))
    step.task("validate", asked="plan", pull=pull, head=HEAD, note="Nothing was compared.", level=level)
    step.found(exitcode=0)
    assert report(step.folder) == 0
    (comment,) = step.hub.comments_of(pull)
    assert f"\n\n> [!{kind}]\n> Nothing was compared.\n\n## " in comment
    assert step.hub.issues[pull].labels == []


def test_a_killed_apply_is_reported_too(step: Step, pull: int) -> None:
    step.task("apply", pull=pull, head=HEAD)
    assert report(step.folder) == 0
    (comment,) = step.hub.comments_of(pull)
    for words in ("The run was ended before it could report.", "To do what is left, run this workflow by hand."):
        assert words in comment
        assert words in step.summary()
    assert step.outputs()["exitcode"] == ""


def test_outputs_hold_hostile_values(step: Step, pull: int) -> None:
    verdict = "No plan: EOF ghadelimiter_00 changes=0 ::set-output name=a::b"
    _report(step, pull, verdict=verdict, changes=1)
    assert (step.outputs()["verdict"], step.outputs()["changes"]) == (verdict, "1")
