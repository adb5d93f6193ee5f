"""GitLab's webhooks, on a server that does as its documentation says: what is surprising there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.gitlab_hooks import GitLab, gitlab_server
from tests.support.hooks_api import TOKEN
from tests.support.work import SECRETS, Work

WEB, DEEP, GROUP = "/projects/acme%2Fweb", "/projects/acme%2Fteam%2Fapi", "/groups/acme"
URL = "https://hooks.example.com/gitlab"
ENTRY = f"url: '{URL}', events: [merge_requests, tag_push]"
SECRET = ENTRY + ", secret: '${HOOK_SECRET}'"
PROJECT = "projects: acme/web"


@pytest.fixture
def gitlab() -> Iterator[GitLab]:
    with gitlab_server(WEB, DEEP, GROUP, "/projects/42") as server:
        yield server


@pytest.fixture
def work(tmp_path: Path, gitlab: GitLab) -> Work:
    return Work(tmp_path, "gitlab", gitlab.base_url, TOKEN)


def on(hook: dict[str, Any]) -> set[str]:
    return {name.removesuffix("_events") for name, value in hook.items() if name.endswith("_events") and value}


def test_paths_of_projects_and_groups_are_one_segment(work: Work, gitlab: GitLab) -> None:
    work.write(ENTRY, "projects: [acme/web, acme/team/api]")
    out = work.apply()
    assert "main:acme/team/api/ci" in out
    work.in_step()
    work.write(ENTRY, "projects: ['42']")
    work.apply()
    assert [len(gitlab.of(place)) for place in (WEB, DEEP, "/projects/42", GROUP)] == [1, 1, 1, 0]
    work.in_step()
    work.write(ENTRY.replace("tag_push", "subgroup"), "groups: acme")
    work.apply()
    work.in_step()
    assert on(*gitlab.of(GROUP)) == {"merge_requests", "subgroup"}


def test_every_boolean_is_sent_so_that_pushes_are_not_added(work: Work, gitlab: GitLab) -> None:
    work.write(ENTRY, PROJECT)
    work.apply()
    (hook,) = gitlab.of(WEB)
    assert on(hook) == {"merge_requests", "tag_push"}
    gitlab.places[WEB][hook["id"]] |= {"push_events": True, "emoji_events": True}
    assert "emoji" in work.plan()
    work.apply()
    work.in_step()
    assert on(*gitlab.of(WEB)) == {"merge_requests", "tag_push"}


def test_an_event_that_a_project_does_not_have_is_not_said_to_be_set(work: Work) -> None:
    work.write(ENTRY.replace("tag_push", "subgroup"), PROJECT)
    assert "different" in work.refused("apply", "--auto-approve")


HEADERS = ", custom_headers: {X-Key: '${OTHER_SECRET}'}"


def test_headers_are_made_with_a_webhook_and_replace_it_where_they_change(work: Work, gitlab: GitLab) -> None:
    work.write(SECRET + HEADERS, PROJECT)
    work.apply()
    work.in_step()
    (first,) = gitlab.places[WEB].values()
    assert first["custom_headers"] == [{"key": "X-Key", "value": SECRETS["OTHER_SECRET"]}]
    work.write(SECRET.replace("tag_push", "job") + HEADERS, PROJECT)
    work.apply()
    assert [*gitlab.places[WEB].values()] == [first], "the rest changes in place"
    assert "custom_headers" not in gitlab.writes()[-1][2]
    work.write(SECRET.replace("tag_push", "job") + HEADERS.replace("X-Key", "X-Other"), PROJECT)
    assert "replaces" in work.plan()
    work.apply()
    work.in_step()
    (second,) = gitlab.places[WEB].values()
    assert ([pair["key"] for pair in second["custom_headers"]], second["id"] == first["id"]) == (["X-Other"], False)


def test_older_servers_have_no_headers(work: Work, gitlab: GitLab) -> None:
    gitlab.tells_pairs = False
    work.write(ENTRY, PROJECT)
    work.apply()
    work.in_step()


def test_what_another_url_takes_away_is_refused_where_the_file_does_not_say_it(work: Work, gitlab: GitLab) -> None:
    gitlab.put(WEB, f"{URL}?token=old", "merge_requests", "tag_push", custom_headers=[{"key": "X-Key", "value": "a"}])
    work.write(ENTRY.replace(URL, f"{URL}?token=${{HOOK_SECRET}}"), PROJECT)
    assert "`custom_headers`" in work.refused("apply", "--auto-approve")
    assert gitlab.writes() == []


def test_headers_that_a_replacement_would_lose_are_refused_too(work: Work, gitlab: GitLab) -> None:
    pair = {"key": "X-Key", "value": "theirs"}
    gitlab.put(WEB, URL, "merge_requests", "tag_push", custom_headers=[pair], alert_status="disabled")
    work.write(ENTRY + ", active: true", PROJECT)
    assert "`custom_headers`" in work.refused("apply", "--auto-approve")
    assert gitlab.writes() == []


def test_another_secret_in_the_url_takes_another_webhook_with_the_same_headers(work: Work, gitlab: GitLab) -> None:
    gitlab.put(WEB, f"{URL}?token=old", "merge_requests", "tag_push", custom_headers=[{"key": "X-Key", "value": "a"}])
    work.write(ENTRY.replace(URL, f"{URL}?token=${{HOOK_SECRET}}") + HEADERS, PROJECT)
    work.apply()
    work.in_step()
    (hook,) = gitlab.places[WEB].values()
    assert hook["custom_headers"] == [{"key": "X-Key", "value": SECRETS["OTHER_SECRET"]}]
    assert [method for method, *_ in gitlab.writes()] == ["POST", "DELETE"]


def test_digest_of_a_token_shows_that_there_is_a_new_one(work: Work, gitlab: GitLab) -> None:
    work.write(SECRET + ", description: Builds, secret_digest: true", PROJECT)
    work.apply()
    work.in_step()
    (hook,) = gitlab.of(WEB)
    first = hook["description"]
    assert first.startswith("Builds [secret ")
    work.write(SECRET.replace("HOOK_SECRET", "OTHER_SECRET") + ", description: Builds, secret_digest: true", PROJECT)
    assert "description" in work.plan()
    code, out, err = work.run("plan", "--allow-unset", "--detailed-exitcode", OTHER_SECRET="")
    assert (code, "description" in out) == (0, False), out + err
    work.apply()
    work.in_step()
    (hook,) = gitlab.of(WEB)
    assert hook["description"] != first
    assert gitlab.places[WEB][hook["id"]]["token"] == SECRETS["OTHER_SECRET"]
    # Whoever describes it, or doesn't ask for it, has no use for it.
    assert "[secret" not in work.run("export")[1]
    work.write(SECRET.replace("HOOK_SECRET", "OTHER_SECRET") + ", description: Builds", PROJECT)
    work.in_step()


def test_digest_can_not_stand_where_nothing_is_compared(work: Work) -> None:
    work.write(SECRET + ", secret_digest: true, ignore_changes: [description]", PROJECT)
    assert "`ignore_changes` leaves alone" in work.refused("validate")


def test_the_token_is_sent_with_every_update_and_kept_where_nobody_says_it(work: Work, gitlab: GitLab) -> None:
    hook_id = gitlab.put(WEB, URL, "merge_requests", token="theirs")
    work.write(ENTRY, PROJECT)
    work.apply()
    work.in_step()
    assert (gitlab.places[WEB][hook_id]["token"], "token" in gitlab.writes()[-1][2]) == ("theirs", False)
    gitlab.places[WEB][hook_id]["push_events"] = True
    work.write(SECRET, PROJECT)
    work.apply()
    work.in_step()
    assert gitlab.places[WEB][hook_id]["token"] == SECRETS["HOOK_SECRET"]


@pytest.mark.parametrize("name", ["token", "signing_token"])
def test_a_secret_that_is_missing_is_drift(work: Work, gitlab: GitLab, name: str) -> None:
    key = {"token": "secret"}.get(name, name)
    work.write(f"{ENTRY}, {key}: '${{HOOK_SECRET}}'", PROJECT)
    hook_id = gitlab.put(WEB, URL, "merge_requests", "tag_push")
    assert f"{key}  (none) → ‹hidden›" in work.plan()
    work.apply()
    work.in_step()
    assert gitlab.places[WEB][hook_id][name] == SECRETS["HOOK_SECRET"]


def test_before_19_a_webhook_is_taken_to_have_a_token(work: Work, gitlab: GitLab) -> None:
    gitlab.tells_tokens = False
    work.write(SECRET, PROJECT)
    work.apply()
    work.in_step()
    work.write(ENTRY, PROJECT)
    work.in_step()


@pytest.mark.parametrize("token", [{"token": "theirs"}, {}], ids=["with", "without"])
def test_another_secret_parameter_would_take_the_token_away(work: Work, gitlab: GitLab, token: dict[str, str]) -> None:
    changed = ENTRY.replace("/gitlab", "/gitlab?key=${OTHER_SECRET}")
    gitlab.put(WEB, f"{URL}?key=other", "merge_requests", "tag_push", **token)
    work.write(changed, PROJECT)
    if token:
        assert "would remove its `secret`" in work.refused()
        work.write(changed + ", secret: '${HOOK_SECRET}'", PROJECT)
    work.apply()
    work.in_step()
    assert gitlab.of(WEB)[0].get("token") == (SECRETS["HOOK_SECRET"] if token else None)


def test_another_spelling_of_a_url_is_not_sent_since_it_would_take_the_token_away(work: Work, gitlab: GitLab) -> None:
    gitlab.put(WEB, URL.replace("hooks.example.com", "HOOKS.example.com"), "merge_requests", token="theirs")
    work.write(ENTRY, PROJECT)
    work.apply()
    work.in_step()
    assert gitlab.of(WEB)[0]["token"] == "theirs"


def test_what_gitlab_switched_off_is_drift_only_where_the_file_says_that_it_must_deliver(
    work: Work, gitlab: GitLab
) -> None:
    status = {"alert_status": "temporarily_disabled", "disabled_until": "2026-11-28T12:00:00Z"}
    hook_id = gitlab.put(WEB, URL, "merge_requests", "tag_push", **status)
    work.write(ENTRY, PROJECT)
    work.in_step()
    work.write(ENTRY + ", active: true", PROJECT)
    assert work.run("drift")[0] == 2
    work.apply()
    work.in_step()
    (hook,) = gitlab.of(WEB)
    assert (hook["id"] != hook_id, hook["alert_status"]) == (True, "executable")


def test_a_webhook_of_which_gitlab_says_no_status_is_on(work: Work, gitlab: GitLab) -> None:
    hook_id = gitlab.put(WEB, URL, "merge_requests", "tag_push")
    del gitlab.places[WEB][hook_id]["alert_status"]
    work.write(ENTRY + ", active: true", PROJECT)
    work.in_step()


def test_nothing_switches_a_webhook_off(work: Work, gitlab: GitLab) -> None:
    work.write(ENTRY + ", active: false", PROJECT)
    assert "GitLab doesn't support `active: false`" in work.refused("validate")
    assert gitlab.calls == []


def test_every_key_is_sent_and_read_back(work: Work, gitlab: GitLab) -> None:
    others = (
        "name: CI, description: Builds, enable_ssl_verification: false, push_events_branch_filter: 'release/*', "
        "branch_filter_strategy: regex, custom_webhook_template: '{\"event\": 1}'"
    )
    work.write(f"{SECRET}, signing_token: '${{OTHER_SECRET}}', {others}", PROJECT)
    work.apply()
    work.in_step()
    (hook,) = gitlab.of(WEB)
    assert (hook["name"], hook["enable_ssl_verification"], hook["branch_filter_strategy"]) == ("CI", False, "regex")
    work.write(ENTRY, PROJECT)
    work.apply()
    work.in_step()
    (hook,) = gitlab.of(WEB)
    assert (hook["name"], hook["push_events_branch_filter"], hook["enable_ssl_verification"]) == ("", "", True)
    assert hook["signing_token"] == SECRETS["OTHER_SECRET"]


@pytest.mark.parametrize("count", [19, 20, 21, 100, 101, 201])
def test_every_page_is_listed(work: Work, gitlab: GitLab, count: int) -> None:
    for number in range(count):
        gitlab.put(WEB, f"https://other.example.com/{number}")
    work.write(ENTRY, PROJECT)
    assert work.listed() == count


def test_404_may_mean_that_the_token_may_not_see_it(work: Work) -> None:
    work.write(ENTRY, "projects: [acme/web, acme/secret]")
    code, out, err = work.run("plan")
    assert (code, "Check `base_url` and `projects`" in out + err) == (1, True), out + err


def test_an_export_describes_it_and_the_next_plan_is_empty(work: Work, gitlab: GitLab) -> None:
    gitlab.put(WEB, URL, "merge_requests", token="theirs", description="by hand", branch_filter_strategy="all_branches")
    work.write(ENTRY.replace("/gitlab", "/other"), PROJECT)
    code, out, err = work.run("export")
    assert (code, "description: by hand" in out, "branch_filter_strategy: all_branches" in out) == (0, True, True), err
    assert ("secret: ${" in out, "signing_token" in out) == (True, False), out
