"""Another webhook that takes the place of one, for a new secret that no update sends: nothing else may go for it.

At Gitea, whose updates can't change a secret, and which has two of a URL and its events if somebody wants that.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.support.gitea import Gitea, gitea_server
from tests.support.hooks_api import TOKEN, Answer
from tests.support.work import SECRETS, Work

WEB = "/repos/acme/web"
URL = "https://hooks.example.com/gitea"
RENEW = ("apply", "--auto-approve", "--resend-secrets")
NEW = SECRETS["HOOK_SECRET"]
HELD = {1: "twice", 2: "old"}


@pytest.fixture
def gitea() -> Iterator[Gitea]:
    with gitea_server(WEB) as server:
        yield server


@pytest.fixture
def work(tmp_path: Path, gitea: Gitea) -> Work:
    work = Work(tmp_path, "gitea", gitea.base_url, TOKEN)
    work.write(f"url: '{URL}', events: [push], secret: '${{HOOK_SECRET}}'", "repositories: acme/web")
    return work


@pytest.fixture
def twice(gitea: Gitea) -> Gitea:
    """One that has the entry's webhook twice, with secrets of their own."""
    for secret in HELD.values():
        gitea.put(WEB, URL, "push", secret=secret)
    return gitea


def secrets(gitea: Gitea) -> dict[int, str]:
    return {hook["id"]: hook["secret"] for hook in gitea.of(WEB)}


def answer_with(gitea: Gitea, method: str, status: int, *, carried_out: bool = False) -> None:
    """Let each request of a method be answered with an error."""
    usual = gitea.answer

    def answer(asked: str, *rest: object) -> Answer:
        if asked != method:
            return usual(asked, *rest)  # type: ignore[arg-type]  # as it was called
        if carried_out:
            usual(asked, *rest)  # type: ignore[arg-type]
        return Answer(status, {"message": "no"})

    gitea.answer = answer  # type: ignore[method-assign, assignment]


@pytest.mark.parametrize(
    ("options", "left"),
    [
        pytest.param([], {3: NEW}, id="all"),
        pytest.param(["--target", "ci"], {1: "twice", 3: NEW}, id="only-the-entry"),
        pytest.param(["--exclude", "@1"], {1: "twice", 3: NEW}, id="all-but-the-duplicate"),
        pytest.param(["--exclude", "@2"], HELD, id="all-but-the-one-that-goes"),
        pytest.param(["--exclude", "ci"], HELD, id="all-but-the-entry"),
        pytest.param(["--target", "@2"], HELD, id="only-the-one-that-goes"),
        pytest.param(["--target", "@1"], HELD, id="only-the-duplicate"),
    ],
)
def test_the_new_one_stays_and_only_what_the_plan_showed_goes(
    work: Work, twice: Gitea, options: Sequence[str], left: dict[int, str]
) -> None:
    code, out, err = work.run(*RENEW, *options)
    assert (code, secrets(twice)) == (0, left), out + err


def test_one_whose_place_is_taken_goes_with_the_next_apply_if_it_did_not_go_with_this_one(
    work: Work, gitea: Gitea
) -> None:
    gitea.put(WEB, URL, "push", secret="old")
    usual = gitea.answer
    answer_with(gitea, "DELETE", 500)
    assert work.run(*RENEW)[0] == 1
    assert secrets(gitea) == {1: "old", 2: NEW}
    gitea.answer = usual  # type: ignore[method-assign]
    work.apply()
    assert secrets(gitea) == {2: NEW}
    work.in_step()


@pytest.mark.parametrize("kind", ["gitea", "slack"])
def test_one_of_other_events_is_nobody_s_to_delete_whatever_its_type(work: Work, gitea: Gitea, kind: str) -> None:
    gitea.put(WEB, URL, "push", "release", kind=kind, secret="theirs")
    gitea.put(WEB, URL, "push")
    assert "but other events (release)" in work.refused("apply", "--auto-approve")
    assert secrets(gitea) == {1: "theirs", 2: ""}


@pytest.mark.parametrize("status", [422, 502])
def test_nothing_goes_where_the_new_one_was_not_made(work: Work, twice: Gitea, status: int) -> None:
    answer_with(twice, "POST", status)
    code, out, err = work.run(*RENEW)
    assert (code, secrets(twice)) == (1, HELD), out + err
    assert "0 created" in out + err


def test_nothing_goes_where_the_service_answers_with_what_is_there(work: Work, twice: Gitea) -> None:
    hook = twice.of(WEB)[0]
    twice.create = lambda place, sent: Answer(201, twice.shown(place, hook))  # type: ignore[method-assign] # noqa: ARG005
    code, out, err = work.run(*RENEW)
    assert (code, secrets(twice)) == (1, HELD), out + err
    assert "was there before" in out + err


def test_the_new_one_is_found_where_its_answer_was_lost(work: Work, twice: Gitea) -> None:
    answer_with(twice, "POST", 502, carried_out=True)
    code, out, err = work.run(*RENEW)
    assert (code, secrets(twice)) == (0, {3: NEW}), out + err
