"""GitHub's webhooks, on a server that does as its documentation says: its limits and refusals.

What its masks, units and permissions ask for is tested in `tests/e2e/test_github.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.github import TOKEN, GitHub, github_server
from tests.support.work import Work

WEB, ORG = "/repos/acme/web", "/orgs/acme"
URL = "https://hooks.example.com/github"
ENTRY = f"url: '{URL}', events: [push, pull_request]"


@pytest.fixture
def github() -> Iterator[GitHub]:
    with github_server(WEB, ORG) as server:
        yield server


@pytest.fixture
def work(tmp_path: Path, github: GitHub) -> Work:
    return Work(tmp_path, "github", github.base_url, TOKEN)


@pytest.mark.parametrize(
    "reason",
    ["Hook already exists on this repository", 'The "push" event cannot have more than 20 hooks'],
    ids=["same-url-and-events", "twenty"],
)
def test_githubs_reason_for_a_refusal_is_told(work: Work, github: GitHub, reason: str) -> None:
    github.refusal = reason
    work.write(ENTRY, "repositories: acme/web")
    said = work.refused("apply", "--auto-approve")
    assert all(word in said for word in reason.replace('"', "").split()), said
    assert github.of(WEB) == []


@pytest.mark.parametrize(
    "headers",
    [{"retry-after": "1"}, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1"}],
    ids=["secondary", "primary"],
)
def test_an_answer_that_says_how_long_to_wait_is_waited_for(
    work: Work, github: GitHub, headers: dict[str, str]
) -> None:
    github.throttle, github.throttle_headers = 2, headers
    work.write(ENTRY, "repositories: acme/web")
    work.apply()
    work.in_step()
    assert len(github.of(WEB)) == 1


def test_how_the_last_delivery_went_is_no_difference_and_no_unknown_field(work: Work, github: GitHub) -> None:
    hook_id = github.put(WEB, URL, "push", "pull_request")
    github.places[WEB][hook_id]["last_response"] = {"code": 502, "status": "failed", "message": "bad gateway"}
    work.write(ENTRY, "repositories: acme/web")
    work.in_step()
    code, out, err = work.run("plan", "-vv")
    assert (code, "unknown fields" in out) == (0, False), out + err


def test_an_organizations_webhooks_have_fewer_fields(work: Work, github: GitHub) -> None:
    work.write(ENTRY + ", active: false", "organization: acme")
    work.apply()
    work.in_step()
    (hook,) = github.of(ORG)
    assert (hook["active"], hook["name"]) == (False, "web")
