"""The webhooks of Gitea and Forgejo, on a server that does as their source says: what is surprising there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.gitea import Gitea, gitea_server
from tests.support.hooks_api import TOKEN
from tests.support.work import SECRETS, Work

WEB, ORG = "/repos/acme/web", "/orgs/acme"
URL = "https://hooks.example.com/gitea"
ENTRY = f"url: '{URL}', events: [issues, pull_request, push]"
SECRET = ENTRY + ", secret: '${HOOK_SECRET}'"
PLACE = "repositories: acme/web"


@pytest.fixture
def gitea() -> Iterator[Gitea]:
    with gitea_server(WEB, ORG) as server:
        yield server


@pytest.fixture(params=["gitea", "forgejo"])
def work(request: pytest.FixtureRequest, tmp_path: Path, gitea: Gitea) -> Work:
    gitea.splits_reviews = request.param == "forgejo"
    return Work(tmp_path, request.param, gitea.base_url, TOKEN)


def kind(work: Work) -> str:
    return next(iter(work.token)).partition("_")[0].lower()


def test_a_webhook_is_made_active_with_its_own_type(work: Work, gitea: Gitea) -> None:
    work.write(SECRET, PLACE)
    work.apply()
    work.in_step()
    (hook,) = gitea.of(WEB)
    assert (hook["active"], hook["type"], hook["secret"]) == (True, kind(work), SECRETS["HOOK_SECRET"])
    hook["active"] = False
    work.apply()
    work.in_step()
    assert gitea.of(WEB)[0]["active"] is True


def test_an_organization_is_a_place_too(work: Work, gitea: Gitea) -> None:
    work.write(ENTRY, "organization: acme")
    work.apply()
    work.in_step()
    assert len(gitea.of(ORG)) == 1


def test_issues_and_pull_requests_are_that_alone(work: Work, gitea: Gitea) -> None:
    work.write(ENTRY, PLACE)
    work.apply()
    work.in_step()
    assert gitea.of(WEB)[0]["events"] == {"issues", "pull_request", "push"}


@pytest.mark.parametrize(
    "events",
    [
        ["pull_request_review"],
        ["pull_request_comment"],
        ["pull_request_comment", "pull_request_review"],
        ["issue_comment", "pull_request_sync"],
    ],
    ids="+".join,
)
def test_reviews_are_one_event_however_they_are_listed(work: Work, gitea: Gitea, events: list[str]) -> None:
    work.write(f"url: '{URL}', events: [{', '.join(events)}]", PLACE)
    work.apply()
    work.in_step()
    assert gitea.of(WEB)[0]["events"] == set(events)


def test_an_update_sends_what_it_would_take_away(work: Work, gitea: Gitea) -> None:
    theirs = {"branch_filter": "main", "authorization_header": "Bearer by-hand", "secret": "theirs"}
    gitea.put(WEB, URL, "push", kind=kind(work), content_type="form", **theirs)
    work.write(ENTRY + ", branch_filter: main", PLACE)
    work.apply()
    work.in_step()
    (hook,) = gitea.of(WEB)
    assert {name: hook[name] for name in theirs} == theirs
    assert (hook["content_type"], hook["events"]) == ("json", {"issues", "pull_request", "push"})


def test_an_authorization_header_in_clear_is_a_secret(work: Work, gitea: Gitea) -> None:
    gitea.put(WEB, URL, "push", "issues", "pull_request", kind=kind(work), authorization_header="Bearer their-key-7")
    work.write(ENTRY + ", authorization_header: '${HOOK_SECRET}'", PLACE)
    for command in (["plan"], ["plan", "--format", "json"], ["list"], ["export"], ["apply", "--auto-approve"]):
        code, out, err = work.run(*command)
        assert (code, "their-key" in out + err) == (0, False), out + err
    work.in_step()
    assert gitea.of(WEB)[0]["authorization_header"] == SECRETS["HOOK_SECRET"]


def test_an_authorization_header_that_is_not_shown_is_sent_with_every_update(work: Work, gitea: Gitea) -> None:
    gitea.shows_authorization = False
    said = ", authorization_header: '${HOOK_SECRET}'"
    work.write(ENTRY + said, PLACE)
    work.apply()
    work.in_step()
    work.write(ENTRY.replace("push", "release") + said, PLACE)
    work.apply()
    work.in_step()
    (hook,) = gitea.of(WEB)
    assert hook["authorization_header"] == SECRETS["HOOK_SECRET"]


@pytest.mark.parametrize("by_hand", ["", "*"], ids=["empty", "all"])
def test_no_branch_filter_and_one_for_all_are_the_same(work: Work, gitea: Gitea, by_hand: str) -> None:
    gitea.put(WEB, URL, "push", "issues", "pull_request", kind=kind(work), branch_filter=by_hand)
    work.write(ENTRY, PLACE)
    work.in_step()
    work.write(ENTRY + ", branch_filter: 'release/*'", PLACE)
    assert "branch_filter  * → release/*" in work.plan()
    work.apply()
    work.in_step()


def test_a_branch_filter_that_is_not_shown_is_not_said_to_be_set(work: Work, gitea: Gitea) -> None:
    gitea.shows_branch_filter = False
    work.write(ENTRY + ", branch_filter: main", PLACE)
    work.refused("apply", "--auto-approve")
    work.write(ENTRY + ", branch_filter: main, ignore_changes: [branch_filter]", PLACE)
    work.in_step()


def test_no_update_changes_a_type_so_that_another_webhook_takes_its_place(work: Work, gitea: Gitea) -> None:
    hook_id = gitea.put(WEB, URL, "push", "issues", "pull_request", kind="discord")
    work.write(ENTRY, PLACE)
    assert "would remove its `secret`" in work.refused()  # nobody can read whether it has one
    work.write(SECRET, PLACE)
    work.apply()
    work.in_step()
    (hook,) = gitea.of(WEB)
    assert (hook["id"] != hook_id, hook["type"]) == (True, kind(work))


def test_what_takes_the_place_of_a_webhook_has_its_authorization_header(work: Work, gitea: Gitea) -> None:
    gitea.put(WEB, URL, "push", kind="discord", authorization_header="Bearer by-hand", branch_filter="main")
    work.write(SECRET, PLACE)
    work.apply()
    work.in_step()
    (hook,) = gitea.of(WEB)
    assert (hook["type"], hook["authorization_header"], hook["branch_filter"]) == (kind(work), "Bearer by-hand", "*")


def test_no_update_is_sent_a_secret_that_it_would_not_change(work: Work, gitea: Gitea) -> None:
    gitea.put(WEB, URL, "push", kind=kind(work), secret="theirs")
    work.write(SECRET, PLACE)
    work.apply()
    work.in_step()
    ((_, _, sent),) = gitea.writes()
    assert ("secret" in sent["config"], gitea.of(WEB)[0]["secret"]) == (False, "theirs")


@pytest.mark.parametrize("count", [0, 1, 10, 25, 50, 51])
@pytest.mark.parametrize("limit", [50, 10])
def test_every_page_is_listed_though_no_answer_names_the_next_one(
    work: Work, gitea: Gitea, count: int, limit: int
) -> None:
    for number in range(count):
        gitea.put(WEB, f"https://other.example.com/{number}")
    gitea.limit = limit
    work.write(ENTRY, PLACE)
    assert work.listed() == count


def test_each_account_says_where_its_own_server_is(work: Work) -> None:
    work.write(ENTRY, PLACE)
    file = work.folder / "webhooks.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text("".join(line for line in text.splitlines(keepends=True) if "base_url" not in line))
    assert "has no `base_url`" in work.refused("validate")


def test_an_export_describes_it_and_the_next_plan_is_empty(work: Work, gitea: Gitea) -> None:
    gitea.put(WEB, URL, "push", "pull_request", kind="discord", branch_filter="main", content_type="form")
    work.write(ENTRY.replace("/gitea", "/other"), PLACE)
    code, out, err = work.run("export")
    assert code == 0, out + err
    for said in ("type: discord", "branch_filter: main", "content_type: form"):
        assert said in out
    (work.folder / "webhooks.yaml").write_text(out)
    work.in_step()
