"""GitHub's webhooks through the commands, on a server that does as GitHub's documentation says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.github import MASK, TOKEN, GitHub, github_server
from tests.support.here import main_here

WEB, API, ORG = "/repos/acme/web", "/repos/acme/api", "/orgs/acme"
CI = "https://ci.example.com/github"
SECRET = "correct-horse-battery"
TOP = """\
version: 1
accounts:
  services:
    provider: github
    token: ${GITHUB_TOKEN}
    base_url: BASE
    PLACES
owns: [https://ci.example.com/*]
webhooks:
"""
ENTRY = f"  ci:\n    url: {CI}\n    events: [push, pull_request]\n"


@pytest.fixture
def github() -> Iterator[GitHub]:
    with github_server(WEB, API, ORG) as server:
        yield server


class Work:
    """A folder with a file, and the commands in it."""

    def __init__(self, folder: Path, github: GitHub) -> None:
        self.folder = folder
        self.github = github

    def write(self, entries: str = ENTRY, places: str = "repositories: [acme/web]") -> None:
        text = TOP.replace("BASE", self.github.base_url).replace("PLACES", places)
        (self.folder / "webhooks.yaml").write_text(text + entries)

    def run(self, *arguments: str, **environment: str) -> tuple[int, str, str]:
        found = main_here(self.folder, arguments, {"GITHUB_TOKEN": TOKEN, "CI_SECRET": SECRET, **environment})
        assert SECRET not in found[1] + found[2]
        assert MASK not in found[1] + found[2]
        return found

    def apply(self) -> str:
        code, out, err = self.run("apply", "--auto-approve")
        assert code == 0, out + err
        return out

    def in_step(self) -> None:
        code, out, err = self.run("drift")
        assert code == 0, out + err

    def drifted(self) -> str:
        code, out, err = self.run("drift")
        assert code == 2, out + err
        return out

    def rows(self) -> list[Any]:
        code, out, err = self.run("plan", "--format", "json")
        assert code == 0, out + err
        rows: list[Any] = json.loads(out)["resource_changes"]
        return rows


@pytest.fixture
def work(tmp_path: Path, github: GitHub) -> Work:
    return Work(tmp_path, github)


def test_a_file_is_applied_once_and_holds_in_all_places(work: Work) -> None:
    work.write(ENTRY + "    secret: ${CI_SECRET}\n    content_type: form\n", "repositories: [acme/web, acme/api]")
    out = work.apply()
    assert "services:acme/web/ci" in out
    assert "services:acme/api/ci" in out
    for place in (WEB, API):
        (hook,) = work.github.of(place)
        assert (hook["name"], hook["active"], sorted(hook["events"])) == ("web", True, ["pull_request", "push"])
        assert hook["config"] == {"url": CI, "content_type": "form", "insecure_ssl": "0", "secret": SECRET}
    work.in_step()
    work.github.calls.clear()
    work.apply()
    assert work.github.writes() == []


def test_an_organisation_and_one_of_several_places(work: Work) -> None:
    work.write(ENTRY, "organization: acme")
    work.apply()
    assert len(work.github.of(ORG)) == 1
    work.write(ENTRY + "    account: services:acme/api\n", "repositories: [acme/web, acme/api]")
    work.apply()
    assert [len(work.github.of(place)) for place in (WEB, API)] == [0, 1]


@pytest.mark.parametrize(
    ("entry", "by_hand", "shown"),
    [
        pytest.param("", {"insecure_ssl": "1"}, "insecure_ssl  true → false", id="tls-switched-off"),
        pytest.param("", {"content_type": "form"}, "content_type  form → json", id="content-type"),
        pytest.param("    insecure_ssl: true\n", {}, "insecure_ssl  false → true", id="tls-wanted-off"),
    ],
)
def test_what_was_changed_by_hand_is_drift_and_a_secret_that_no_file_says_stays(
    work: Work, entry: str, by_hand: dict[str, Any], shown: str
) -> None:
    work.write(ENTRY + entry)
    hook_id = work.github.put(WEB, CI, "push", "pull_request", secret="theirs", **by_hand)
    assert shown in work.drifted()
    work.apply()
    work.in_step()
    assert work.github.places[WEB][hook_id]["config"]["secret"] == "theirs"
    assert [(method, path) for method, path, _ in work.github.writes()] == [("PATCH", f"/hooks/{hook_id}/config")]


def test_an_update_of_events_leaves_the_config_alone(work: Work) -> None:
    work.write(ENTRY)
    hook_id = work.github.put(WEB, CI, "push", secret="theirs")
    work.apply()
    assert work.github.writes() == [("PATCH", f"/hooks/{hook_id}", {"events": ["pull_request", "push"]})]
    assert work.github.of(WEB)[0]["config"]["secret"] == "theirs"


def test_a_secret_that_is_missing_is_drift_and_comes_with_the_whole_config(work: Work) -> None:
    work.write(ENTRY + "    secret: ${CI_SECRET}\n")
    hook_id = work.github.put(WEB, CI, "push", "pull_request", content_type="form")
    assert "secret        (none) → ‹hidden›" in work.drifted()
    work.apply()
    work.in_step()
    config = {"url": CI, "content_type": "json", "insecure_ssl": "0", "secret": SECRET}
    assert work.github.writes() == [("PATCH", f"/hooks/{hook_id}", {"config": config})]


def test_a_secret_is_not_shown_where_there_is_none(work: Work) -> None:
    work.write(ENTRY)
    work.github.put(WEB, CI, "push", "pull_request")
    (row,) = work.rows()
    assert row["change"]["before"]["secret"] is None
    work.github.of(WEB)[0]["config"]["secret"] = "theirs"
    (row,) = work.rows()
    assert row["change"]["before"]["secret"] == "‹hidden›"
    assert row["change"]["actions"] == ["no-op"]


def test_another_webhook_of_the_same_url_is_no_duplicate_unless_its_events_are_carried(work: Work) -> None:
    work.write(ENTRY)
    work.github.put(WEB, CI, "push", "pull_request")
    other = work.github.put(WEB, CI, "issues")
    code, out, err = work.run("plan")
    assert (code, "has the same URL as" in out + err, f"@{other}" in out + err) == (1, True, True)
    work.github.places[WEB][other]["events"] = ["push"]
    work.apply()
    assert [hook["id"] for hook in work.github.of(WEB)] == [1]


@pytest.mark.parametrize("count", [29, 30, 31, 100, 101, 230])
@pytest.mark.parametrize("page", [(30, 100), (30, 30)], ids=["as-asked", "never-more-than-thirty"])
@pytest.mark.parametrize("links", [True, False], ids=["links", "no-links"])
def test_every_page_is_listed_though_links_may_be_lost(
    work: Work, count: int, page: tuple[int, int], *, links: bool
) -> None:
    for number in range(count):
        work.github.put(WEB, f"https://other.example.com/{number}")
    work.github.page, work.github.links = page, links
    work.write("")
    (work.folder / "webhooks.yaml").write_text(
        (work.folder / "webhooks.yaml").read_text().replace("webhooks:\n", "webhooks: {}\n")
    )
    code, out, err = work.run("list", "--format", "json")
    assert code == 0, out + err
    assert len(json.loads(out)["webhooks"]) == count


def test_a_403_with_a_reset_time_is_waited_for_and_another_one_is_not(work: Work) -> None:
    work.write(ENTRY)
    work.github.throttle = 1
    work.github.throttle_headers = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1"}
    code, out, err = work.run("plan")
    assert code == 0, out + err
    work.github.calls.clear()
    work.github.throttle, work.github.throttle_headers = 5, {"x-ratelimit-remaining": "12"}
    code, out, err = work.run("plan")
    assert (code, len(work.github.calls)) == (1, 1)
    assert "denied" in out + err


def test_a_place_that_can_not_be_seen_stops_only_itself(work: Work) -> None:
    work.write(ENTRY, "repositories: [acme/web, acme/secret]")
    code, out, err = work.run("apply", "--auto-approve")
    assert code == 1
    assert len(work.github.of(WEB)) == 1
    assert "services:acme/secret" in out + err
    assert "Check `base_url` and `repositories`" in out + err


@pytest.mark.parametrize(
    "only", [("--account", "services:acme/web"), ("--target", "services:acme/web/ci")], ids=["account", "target"]
)
def test_destroying_one_place_waits_for_no_other(work: Work, only: tuple[str, str]) -> None:
    work.write(places="repositories: [acme/web, acme/api]")
    work.apply()
    work.write(places="repositories: [acme/web, acme/secret]")
    code, out, err = work.run("destroy", "--auto-approve", "--allow-losses", "1", *only)
    assert "1 deleted" in out, out + err
    assert (code, work.github.of(WEB)) == (0 if "--account" in only else 1, []), out + err


def test_an_export_describes_every_field_and_the_next_plan_is_empty(work: Work) -> None:
    work.write("  other: {url: https://ci.example.com/other, events: [push]}\n")
    work.apply()
    work.github.put(WEB, CI, "push", "issues", content_type="form", insecure_ssl="1", secret="theirs")
    work.github.put(WEB, "https://ci.example.com/off", active=False)
    code, out, err = work.run("export")
    assert code == 0, out + err
    assert "content_type: form" in out
    assert "insecure_ssl: true" in out
    (work.folder / "webhooks.yaml").write_text(out)
    names = {line.split("${")[1].split("}")[0] for line in out.splitlines() if "secret: " in line}
    assert len(names) == 1
    code, out, err = work.run("plan", "--detailed-exitcode", **dict.fromkeys(names, "theirs-again"))
    assert code == 0, out + err


def test_a_saved_plan_knows_masked_secrets_and_applies(work: Work) -> None:
    work.write(ENTRY + "    secret: ${CI_SECRET}\n")
    work.github.put(WEB, CI, "push", secret="theirs")
    assert work.run("plan", "--out", "saved.plan")[0] == 0
    code, out, err = work.run("apply", "saved.plan")
    assert code == 0, out + err
    work.in_step()


def test_githubs_own_reason_for_a_refusal_is_told(work: Work) -> None:
    work.write()
    work.github.refusal = "The maximum number of webhooks has been reached"
    code, out, err = work.run("apply", "--auto-approve")
    assert code == 1
    assert "The maximum number of webhooks has been reached" in out + err


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param("services:\n", '"services:acme/web":\n', "error[bad-name]", id="name-of-a-place"),
        pytest.param("[acme/web]", "[acme/web, Acme/Web]", "listed twice", id="places-that-differ-in-case"),
        pytest.param("[acme/web]", '["${R}", acme/web]', "listed twice", id="places-by-a-variable"),
        pytest.param("[push, pull_request]", "[psuh]", "error[event-unknown]", id="event"),
        pytest.param(CI, "https://elsewhere.example.com/", "error[not-owned]", id="not-owned"),
    ],
)
@pytest.mark.parametrize("place", ["acme/web", '"${UNSET}"'], ids=["place", "unset-place"])
def test_wrong_input_is_told_whether_places_are_known_or_not(
    work: Work, place: str, old: str, new: str, expected: str
) -> None:
    work.write()
    path = work.folder / "webhooks.yaml"
    assert old in path.read_text()
    text = path.read_text().replace(old, new)
    path.write_text(text.replace("[acme/web]", f"[{place}]"))
    code, out, err = work.run("validate", "--var", "R=acme/web")
    assert (code, expected in out + err) == (1, True), out + err


def test_a_dollar_sign_in_a_secret_is_not_quoted(work: Work) -> None:
    for literal in ("$Hunter2zz", "abc$Hunter2zz$1"):
        work.write(ENTRY + f"    secret: {literal}\n")
        code, out, err = work.run("validate", "--format", "json")
        assert (code, "Hunter2zz" in out + err) == (1, False), out + err


def test_a_secret_that_the_provider_wipes_is_no_update_that_was_done(work: Work) -> None:
    work.write()
    work.github.put(WEB, CI, "push", "pull_request", secret="theirs", insecure_ssl="1")
    work.github.forgets = True
    code, out, err = work.run("apply", "--auto-approve")
    assert (code, "different when read back" in out + err) == (1, True), out + err


@pytest.mark.parametrize("secret", ["", "    secret: ${CI_SECRET}\n"], ids=["unsaid", "said"])
def test_no_move_and_no_duplicate_takes_a_secret_away_that_the_file_does_not_say(work: Work, secret: str) -> None:
    work.write(ENTRY.replace("/github", "/github2") + secret)
    work.github.put(WEB, CI, "push", "pull_request", secret="theirs")
    code, out, err = work.run("plan")
    assert (code, "would remove its `secret`" in out + err) == ((0, False) if secret else (1, True)), out + err
    work.write(ENTRY + secret)
    work.github.places[WEB].clear()
    work.github.put(WEB, CI, "push", "pull_request")
    work.github.put(WEB, CI, "push", secret="theirs")
    code, out, err = work.run("plan")
    assert (code, "would remove its `secret`" in out + err) == ((0, False) if secret else (1, True)), out + err


def test_a_refusal_names_no_line_that_would_reach_other_places(work: Work) -> None:
    work.write("  other: {url: https://ci.example.com/other, events: [push]}\n", "repositories: [acme/web, acme/api]")
    work.apply()
    for number in range(4):
        work.github.put(WEB, f"https://ci.example.com/{number}")
    code, out, err = work.run("plan")
    assert (code, "--allow-losses 4" in out + err, "absent" in err) == (3, True, False), out + err


def test_a_content_type_that_the_answer_does_not_have_is_githubs_default(work: Work) -> None:
    work.write()
    work.github.put(WEB, CI, "push", "pull_request")
    del work.github.of(WEB)[0]["config"]["content_type"]
    assert "content_type  form → json" in work.drifted()


def test_a_mask_is_no_secret(work: Work) -> None:
    work.write(ENTRY + "    secret: ${CI_SECRET}\n")
    found = main_here(work.folder, ["plan"], {"GITHUB_TOKEN": TOKEN, "CI_SECRET": MASK})
    assert (found[0], "`${CI_SECRET}` contains a masked value" in found[2], work.github.calls) == (1, True, [])


def test_a_backup_has_all_events_of_webhooks_at_one_url(work: Work) -> None:
    work.write("  other:\n    url: https://ci.example.com/other\n    events: [push]\n")
    work.github.put(WEB, CI, "push")
    work.github.put(WEB, CI, "watch")
    code, out, err = work.run("apply", "--auto-approve", "--allow-losses", "9", "--backup", "before.yaml")
    assert code == 0, out + err
    assert [hook["config"]["url"] for hook in work.github.of(WEB)] == ["https://ci.example.com/other"]
    code, out, err = work.run("apply", "-f", "before.yaml", "--auto-approve", "--allow-losses", "9", GITHUB_TOKEN=TOKEN)
    assert code == 0, out + err
    assert [sorted(hook["events"]) for hook in work.github.of(WEB) if hook["config"]["url"] == CI] == [
        ["push", "watch"]
    ]


@pytest.mark.parametrize(
    ("events", "said"),
    [
        pytest.param((), "responded to the create with 404", id="create"),
        pytest.param(("push",), "the webhook still exists, but GitHub responded with 404", id="update"),
    ],
)
def test_what_a_token_may_only_read_is_not_said_to_be_gone(work: Work, events: tuple[str, ...], said: str) -> None:
    work.write()
    if events:
        work.github.put(WEB, CI, *events)
    work.github.read_only = True
    code, out, err = work.run("apply", "--auto-approve")
    assert (code, said in out + err) == (1, True), out + err
    assert "which permissions the token in `GITHUB_TOKEN` has" in out + err
    assert "deleted it in the meantime" not in out + err
    assert "no list of webhooks" not in out + err


def test_what_a_token_may_not_delete_is_not_said_to_be_confirmed(work: Work) -> None:
    work.write("  other: {url: https://ci.example.com/other, events: [push]}\n")
    work.github.put(WEB, "https://ci.example.com/other")
    work.github.put(WEB, CI)
    work.github.read_only = True
    code, out, err = work.run("apply", "--auto-approve")
    assert (code, "the webhook still exists, but GitHub responded with 404" in out + err) == (1, True), out + err
    assert "confirmed by the provider" not in out + err


def test_an_update_of_which_only_one_call_succeeded_says_what_it_changed(work: Work) -> None:
    work.write()
    hook_id = work.github.put(WEB, CI, "push", secret="theirs", insecure_ssl="1")
    work.github.frozen = f"/hooks/{hook_id}"
    code, out, err = work.run("apply", "--auto-approve")
    assert (code, "only `insecure_ssl` was changed: GitHub rejected the request (422)" in out + err) == (1, True)
    assert work.github.of(WEB)[0]["config"]["insecure_ssl"] == "0"
