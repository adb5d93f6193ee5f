"""Patterns of places through the commands: repositories that GitHub lists at each run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from reconciler import ConfigurationError, PlanChangedError, apply, load, plan
from tests.support.github import TOKEN, GitHub, github_server
from tests.support.here import main_here

CI = "https://ci.example.com/github"
NAMES = ("svc-a", "svc-b", "web")
PLACES = [f"/repos/acme/{name}" for name in NAMES]
TOP = """\
version: 1
accounts:
  services:
    provider: github
    token: ${GITHUB_TOKEN}
    base_url: BASE
    repositories: PLACES
owns: [https://ci.example.com/*]
webhooks:
"""
ENTRY = f"  ci:\n    url: {CI}\n    events: [push]\n"


class Work:
    """A folder with a file, and the commands in it."""

    def __init__(self, folder: Path, github: GitHub) -> None:
        self.folder = folder
        self.github = github

    def write(self, places: str, entries: str = ENTRY) -> None:
        text = TOP.replace("BASE", self.github.base_url).replace("PLACES", places)
        (self.folder / "webhooks.yaml").write_text(text + entries)

    def run(self, *arguments: str) -> tuple[int, str, str]:
        return main_here(self.folder, arguments, {"GITHUB_TOKEN": TOKEN})

    def plan(self, *arguments: str) -> dict[str, Any]:
        _, out, _ = self.run("plan", "--format", "json", *arguments)
        document: dict[str, Any] = json.loads(out)
        return document

    def created(self, *arguments: str) -> list[str]:
        rows = self.plan(*arguments)["resource_changes"]
        return [row["webhook_address"] for row in rows if row["change"]["actions"] == ["create"]]

    def hooks(self) -> dict[str, list[str]]:
        """Where there are webhooks, and their URLs."""
        urls = {place: [hook["config"]["url"] for hook in self.github.of(place)] for place in self.github.places}
        return {place.removeprefix("/repos/acme/"): found for place, found in urls.items() if found}

    def lists(self) -> int:
        """How many pages of repositories were asked for."""
        return sum(path.endswith("/repos") for _, path, _ in self.github.calls)


@pytest.fixture
def work(tmp_path: Path) -> Iterator[Work]:
    with github_server(*PLACES) as github:
        yield Work(tmp_path, github)


def applied(work: Work, *arguments: str) -> str:
    code, out, err = work.run("apply", "--auto-approve", *arguments)
    assert code == 0, out + err
    return out


@pytest.mark.parametrize(
    ("places", "account", "found"),
    [
        pytest.param("[acme/svc-*]", "", ["svc-a", "svc-b"], id="a-pattern"),
        pytest.param("acme/*", "", ["svc-a", "svc-b", "web"], id="all"),
        pytest.param("[acme/web, acme/svc-*]", "", ["svc-a", "svc-b", "web"], id="beside-a-name"),
        pytest.param("[acme/*-a, acme/svc-*]", "", ["svc-a", "svc-b"], id="patterns-that-overlap"),
        pytest.param("[acme/svc-a, acme/svc-*]", "", ["svc-a", "svc-b"], id="a-name-that-a-pattern-matches"),
        pytest.param("[ACME/SVC-*]", "", ["svc-a", "svc-b"], id="in-another-case"),
        pytest.param("acme/*", "services", ["svc-a", "svc-b", "web"], id="for-all-places"),
        pytest.param("acme/*", "services:acme/svc-*", ["svc-a", "svc-b"], id="for-places-of-a-narrower-pattern"),
        pytest.param("acme/svc-*", "services:acme/*", ["svc-a", "svc-b"], id="for-places-of-a-wider-pattern"),
        pytest.param("acme/*", "services:acme/web", ["web"], id="for-one-place-that-a-pattern-matches"),
        pytest.param("[acme/svc-b, acme/web]", "services:acme/svc-*", ["svc-b"], id="for-names-that-a-pattern-matches"),
    ],
)
def test_entries_are_for_the_places_that_patterns_mean(work: Work, places: str, account: str, found: list[str]) -> None:
    work.write(places, ENTRY + (f"    account: {account}\n" if account else ""))
    applied(work)
    assert work.hooks() == {name: [CI] for name in found}
    code, out, err = work.run("drift")
    assert code == 0, out + err


def test_a_new_repository_has_its_webhooks_at_the_next_run_and_an_archived_one_is_left_alone(work: Work) -> None:
    work.write("acme/*")
    work.github.archived.add("/repos/acme/web")
    applied(work)
    assert sorted(work.hooks()) == ["svc-a", "svc-b"]
    work.github.places["/repos/acme/svc-c"] = {}
    assert work.created() == ["services:acme/svc-c/ci"]
    applied(work)
    assert sorted(work.hooks()) == ["svc-a", "svc-b", "svc-c"]


def test_the_repositories_on_all_pages_are_found_by_one_list_for_all_patterns(work: Work) -> None:
    work.github.page = (2, 3)
    work.github.places |= {f"/repos/acme/svc-{number}": {} for number in range(8)}
    work.write("[acme/svc-*, acme/web*]")
    assert len(work.created()) == 11
    assert work.lists() == 2 * 4  # until two lists of several pages agree


def test_two_hundred_repositories_are_places_of_one_account_and_one_of_them_stops_only_itself(work: Work) -> None:
    names = [f"bulk-{number:03}" for number in range(200)]
    work.github.places |= {f"/repos/acme/{name}": {} for name in names}
    work.github.broken.add("/repos/acme/bulk-007")
    work.write("[acme/bulk-*]")
    assert work.created() == [f"services:acme/{name}/ci" for name in names if name != "bulk-007"]


def test_one_pattern_that_means_one_repository_has_the_addresses_of_several(work: Work) -> None:
    work.write("acme/web*")
    assert work.created() == ["services:acme/web/ci"]


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        pytest.param(["--account", "services:acme/svc-a"], ["svc-a"], id="one-place"),
        pytest.param(["--account", "services:*-a"], ["svc-a"], id="a-pattern-of-accounts"),
        pytest.param(["--account", "services"], ["svc-a", "svc-b"], id="all-its-places"),
        pytest.param(["--target", "services:acme/svc-b/ci"], ["svc-b"], id="an-address"),
        pytest.param(["--exclude", "services:acme/svc-b/*"], ["svc-a"], id="all-but-a-place"),
        pytest.param(["--target", 'module.services["acme/svc-b"].github_webhook.ci'], ["svc-b"], id="terraform"),
    ],
)
def test_filters_mean_places_of_patterns(work: Work, filters: list[str], found: list[str]) -> None:
    work.write("acme/svc-*")
    assert work.created(*filters) == [f"services:acme/{name}/ci" for name in found]
    for command in ("validate", "doctor"):
        code, out, err = work.run(
            command, *(filters if command == "doctor" else filters[:2] * ("account" in filters[0]))
        )
        assert "not found" not in out + err, command
        assert code in (0, 1)


@pytest.mark.parametrize(
    ("filters", "message"),
    [
        pytest.param(["--account", "services:acme/svc-x"], "account not found", id="account"),
        pytest.param(["--target", "services:acme/svc-x/ci"], "webhook not found", id="target"),
    ],
)
def test_a_filter_that_means_no_listed_place_is_an_error(work: Work, filters: list[str], message: str) -> None:
    work.write("acme/svc-*")
    code, out, err = work.run("plan", *filters)
    assert (code, message in out + err) == (1, True), out + err


def test_what_is_listed_without_need_is_not(work: Work) -> None:
    work.write("acme/svc-*", ENTRY + "    account: services\n")
    text = (work.folder / "webhooks.yaml").read_text()
    other = (
        "  other:\n    provider: github\n    token: ${GITHUB_TOKEN}\n    base_url: BASE\n    repositories: acme/web\n"
    )
    (work.folder / "webhooks.yaml").write_text(
        text.replace("owns:", other.replace("BASE", work.github.base_url) + "owns:")
    )
    assert work.created("--account", "other") == []
    assert work.run("validate")[0] == 0
    assert work.lists() == 0


def test_a_place_that_cannot_be_read_stops_only_itself(work: Work) -> None:
    work.write("acme/*")
    work.github.broken.add("/repos/acme/svc-b")
    code, out, _ = work.run("apply", "--auto-approve")
    assert code == 1
    assert sorted(work.hooks()) == ["svc-a", "web"]
    assert "Account services:acme/svc-b (GitHub): not checked" in out
    assert "not checked: services:acme/svc-b" in out


def test_a_list_that_fails_stops_only_its_pattern(work: Work) -> None:
    work.github.users.add("jane")
    work.write("[acme/svc-*, jane/*]")
    code, out, _ = work.run("apply", "--auto-approve")
    assert code == 1
    assert sorted(work.hooks()) == ["svc-a", "svc-b"]
    assert "Account services:jane/* (GitHub): not checked" in out
    assert "GitHub has no organization `jane` that the token may see (404)" in out


def test_a_pattern_that_matches_nothing_says_what_there_is(work: Work) -> None:
    work.write("[acme/web, acme/srv-*]")
    code, out, _ = work.run("plan")
    assert code == 1
    assert "error: `acme/srv-*` under `repositories` matches nothing that GitHub lists" in out
    assert "help: There are: acme/svc-a, acme/svc-b, acme/web." in out
    assert "+ services:acme/web/ci" in out


@pytest.mark.parametrize("places", ["acme/*", "[acme/*, acme/svc-b]"], ids=["patterns", "beside-a-name"])
@pytest.mark.parametrize("place", ["acme/svc-x", "acme/svc-x*", "acme/old"])
def test_an_entry_for_a_place_that_is_not_there_stops_its_own_account_only(
    work: Work, place: str, places: str, tmp_path: Path
) -> None:
    """What the entry had at another place stays: its name may be a slip."""
    work.write(places)
    applied(work)
    work.github.places |= {"/repos/acme/old": {}, "/repos/beta/one": {}}
    work.github.archived.add("/repos/acme/old")
    work.write(places, ENTRY + f"    accounts: [services:{place}, others]\n")
    text = (tmp_path / "webhooks.yaml").read_text()
    other = text[text.index("  services:") : text.index("owns:")].replace("services:", "others:")
    other = other.replace(places, "beta/*")
    (tmp_path / "webhooks.yaml").write_text(text.replace("owns:", f"{other}owns:"))
    assert work.run("validate")[0] == 0
    before = len(work.github.writes())
    code, out, err = work.run("apply", "--auto-approve")
    assert code == 1, out + err
    message = f"`services:{place}`, for which `ci` is, is not an account of this configuration, and matches none"
    assert message in out
    assert "The places of `services` are: acme/svc-a, acme/svc-b, acme/web." in out
    assert len(work.github.writes()) == before + 1
    assert len(work.github.of("/repos/beta/one")) == 1
    assert sorted(work.hooks())[-3:] == ["svc-a", "svc-b", "web"]


def test_two_entries_that_are_one_webhook_in_a_place_stop_that_place(work: Work) -> None:
    twice = f"  b:\n    url: {CI}\n    events: [push]\n    account: services:acme/*-b\n"
    work.write("acme/*", ENTRY + "    account: services:acme/svc-*\n" + twice)
    code, out, _ = work.run("plan")
    assert code == 1
    assert "error: the entries `ci` and `b` are the same webhook here" in out
    assert work.created() == ["services:acme/svc-a/ci"]


def test_a_place_of_two_accounts_is_planned_in_one(work: Work) -> None:
    work.write("acme/svc-*", ENTRY + "    accounts: [services, other]\n")
    text = (work.folder / "webhooks.yaml").read_text()
    account = text[text.index("  services:") : text.index("owns:")]
    other = account.replace("services:", "other:").replace("acme/svc-*", "acme/*a")
    (work.folder / "webhooks.yaml").write_text(text.replace("owns:", other + "owns:"))
    code, out, _ = work.run("apply", "--auto-approve")
    assert code == 1
    assert "error: `services:acme/svc-a` is the same place" in out
    assert work.hooks() == {"svc-a": [CI], "svc-b": [CI]}


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        pytest.param("'*'", "Write a name such as `acme/web`, or a pattern such as `acme/*`", id="nobody"),
        pytest.param("'*/web'", "Write a name such as `acme/web`, or a pattern such as `acme/*`", id="any-owner"),
        pytest.param("acme/../*", "expected a name such as `acme/web`, or a pattern such as `acme/*`", id="dots"),
        pytest.param(
            "acme/a/b*", "expected a name such as `acme/web`, or a pattern such as `acme/*`", id="two-slashes"
        ),
    ],
)
def test_a_pattern_names_its_owner(work: Work, pattern: str, message: str) -> None:
    work.write(f"[{pattern}]")
    code, out, err = work.run("validate")
    assert code == 1
    assert message in out + err


def test_a_saved_plan_is_stale_for_a_new_repository_only_if_that_brings_changes(work: Work) -> None:
    work.write("acme/*", ENTRY + "    account: services:acme/svc-*\n")
    assert work.run("plan", "--out", "reviewed.plan")[0] == 0
    work.github.places["/repos/acme/svc-c"] = {}
    code, out, err = work.run("apply", "reviewed.plan")
    assert code == 3, out + err
    assert "services:acme/svc-c/ci: create now, not in the saved plan" in out + err
    del work.github.places["/repos/acme/svc-c"]
    work.github.places["/repos/acme/docs"] = {}
    apply_code, out, err = work.run("apply", "reviewed.plan")
    assert apply_code == 0, out + err
    assert sorted(work.hooks()) == ["svc-a", "svc-b"]


def test_list_and_export_name_the_places(work: Work) -> None:
    work.write("acme/svc-*")
    applied(work)
    code, out, _ = work.run("list", "--format", "json")
    assert code == 0
    assert [row["account"] for row in json.loads(out)["webhooks"]] == ["services:acme/svc-a", "services:acme/svc-b"]
    code, out, err = work.run("export", "--out", "exported.yaml")
    assert code == 0, out + err
    code, out, err = work.run("drift", "-f", "exported.yaml")
    assert code == 0, out + err


def test_many_places_without_changes_are_told_in_a_line(work: Work) -> None:
    work.github.places |= {f"/repos/acme/app-{number:02}": {} for number in range(27)}
    for place in work.github.places:
        if "app-" in place:
            work.github.put(place, CI, "push")
            work.github.put(place, "https://other.example.com", "push")
    work.write("acme/*")
    reports = ("--report", "markdown=plan.md", "--report", "html=plan.html", "--report", "json=plan.json")
    code, out, err = work.run("plan", *reports)
    assert code == 0, out + err
    told = "Account services (GitHub): 27 of 30 places without changes, 54 webhooks listed"
    heads = [line for line in out.splitlines() if line.startswith("Account ")]
    assert heads == [told, *(f"Account services:acme/{name} (GitHub): 0 webhooks listed" for name in NAMES)]
    assert "    27 at https://other.example.com\n" in out
    markdown = (work.folder / "plan.md").read_text()
    assert markdown.count("\n- Account ") == 4
    page = (work.folder / "plan.html").read_text()
    assert "27 of 30 places in step" in page
    assert "app-" not in page
    # Who receives what: once for all of them, and once for each place that changes.
    assert page.count(f'<th scope="row"><small>services</small> {CI}') == 1
    assert page.count(f"</small> {CI}") == 4
    assert len(json.loads((work.folder / "plan.json").read_text())["accounts"]) == 30
    code, out, err = work.run("plan", "-v")
    assert out.count("\nAccount services:acme/app-") + out.startswith("Account services:acme/app-") == 27


def test_of_many_accounts_that_are_not_checked_the_last_line_names_some(work: Work) -> None:
    work.github.broken |= {f"/repos/acme/app-{number:02}" for number in range(20)}
    work.github.places |= {place: {} for place in work.github.broken}
    work.write("acme/app-*")
    code, out, _ = work.run("plan")
    assert code == 1
    assert out.rstrip().endswith("services:acme/app-09 and 10 more.")


def test_the_library_lists_places_at_each_plan(work: Work) -> None:
    work.write("acme/svc-*")
    configuration = load(work.folder / "webhooks.yaml", environment={"GITHUB_TOKEN": TOKEN})
    assert configuration.accounts == ("services:acme/svc-*",)
    first = plan(configuration)
    assert len(first.changes) == 2
    work.github.places["/repos/acme/svc-c"] = {}
    with pytest.raises(PlanChangedError) as caught:
        apply(first)
    assert apply(caught.value.plan).is_complete
    assert sorted(work.hooks()) == ["svc-a", "svc-b", "svc-c"]
    narrow = load(work.folder / "webhooks.yaml", environment={"GITHUB_TOKEN": TOKEN}, accounts="services:acme/svc-x")
    with pytest.raises(ConfigurationError, match="account not found"):
        plan(narrow)


@pytest.mark.parametrize(
    ("limit", "message"),
    [
        pytest.param("MOST_PLACES", "there are 3 accounts, counting each place as one; 2 are allowed", id="accounts"),
        pytest.param("MOST_AT_PLACES", "there are 3 webhooks, counting each place's; 2 are allowed", id="webhooks"),
    ],
)
def test_patterns_mean_no_more_than_files_may_say(
    work: Work, limit: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"reconciler.operations.places.{limit}", 2)
    work.write("acme/*")
    code, out, err = work.run("apply", "--auto-approve")
    assert (code, message in err) == (1, True), out + err
    assert work.github.writes() == []
