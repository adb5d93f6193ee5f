"""Accounts that a platform manages, through the commands: one entry of the file for all of them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from reconciler import __version__
from reconciler.operations.reading import AT_ONCE
from tests.support.fleet import EVENTS, TOKEN, URL, Fleet, fleet_server
from tests.support.here import main_here

OTHER_TOKEN = "shippo_test_8f3k2x9q7w1zt5v"
ROOT = Path(__file__).parents[2]
TOP = """\
version: 1
accounts:
  live:
    provider: shippo
    token: ${SHIPPO_API_TOKEN}
    base_url: BASE
    rate_limits: off
    account_ids: IDS
owns: [https://hooks.example.com/*]
webhooks:
"""
ENTRY = f"  orders:\n    url: {URL}\n    events: [track_updated, batch_created]\n"


class Work:
    """A folder with a file, and the commands in it."""

    def __init__(self, folder: Path, fleet: Fleet) -> None:
        self.folder, self.fleet = folder, fleet

    def write(self, ids: str = "[a1, b2, c3]", entries: str = ENTRY, more: str = "") -> None:
        text = TOP.replace("BASE", self.fleet.base_url).replace("IDS", ids).replace("owns:", f"{more}owns:")
        (self.folder / "webhooks.yaml").write_text(text + entries)

    def run(self, *arguments: str) -> tuple[int, str, str]:
        return main_here(self.folder, arguments, {"SHIPPO_API_TOKEN": TOKEN})

    def document(self, *arguments: str) -> dict[str, Any]:
        _, out, _ = self.run(*arguments, "--format", "json")
        document: dict[str, Any] = json.loads(out)
        return document

    def created(self, *arguments: str) -> list[str]:
        rows = self.document("plan", *arguments)["resource_changes"]
        return [row["webhook_address"] for row in rows if row["change"]["actions"] == ["create"]]

    def apply(self, *arguments: str) -> tuple[int, str]:
        code, out, err = self.run("apply", "--auto-approve", *arguments)
        return code, out + err


@pytest.fixture
def work(tmp_path: Path) -> Iterator[Work]:
    with fleet_server() as fleet:
        yield Work(tmp_path, fleet)


@pytest.mark.parametrize(
    ("ids", "found"),
    [
        pytest.param("[a1, b2]", ["a1", "b2"], id="a-list"),
        pytest.param("a1", ["a1"], id="one"),
        pytest.param("'@ids.txt'", ["a1", "b2", "c3"], id="a-file"),
        pytest.param("all", ["a1", "b2", "d4"], id="all-that-are-listed"),
    ],
)
def test_each_account_has_the_webhooks_of_the_file_sent_with_its_own_header(
    work: Work, ids: str, found: list[str]
) -> None:
    (work.folder / "ids.txt").write_text("# ours\na1\nb2\n\n  c3  \n")
    work.fleet.managed = ["d4", "a1", "b2"]
    work.write(ids)
    assert work.created() == [
        f"live:{one}/orders[{event}]" for one in found for event in ("batch_created", "track_updated")
    ]
    code, said = work.apply()
    assert code == 0, said
    assert work.fleet.made() == dict.fromkeys(found, 2)
    assert {account for account, method, _ in work.fleet.calls if method == "POST"} == {*found}
    code, out, err = work.run("drift")
    assert code == 0, out + err


def test_the_list_of_all_accounts_is_read_to_its_last_page(work: Work) -> None:
    work.fleet.managed = [f"acct{number}" for number in range(250)]
    work.write("all")
    assert len(work.created()) == 500
    assert len({account for account, _, path in work.fleet.calls if path == "/webhooks"}) == 250


@pytest.mark.parametrize(
    ("odd", "name", "why"),
    [
        pytest.param(None, "live:?", "without `object_id`", id="missing"),
        pytest.param("", "live:?", "without `object_id`", id="empty"),
        pytest.param(5, "live:?", "without `object_id`", id="a-number"),
        pytest.param(["x"], "live:?", "without `object_id`", id="a-list"),
        pytest.param("a b", "live:?a%20b", '"a b"', id="a-space"),
        pytest.param("a/b", "live:?a%2Fb", '"a/b"', id="a-path"),
        pytest.param("..", "live:?..", '".."', id="above"),
        pytest.param("*", "live:?%2A", '"*"', id="a-star"),
        pytest.param("\x1b[31mred", "live:?%1B%5B31mred", "31mred", id="a-colour"),
        pytest.param("a\r\nX-Evil: 1", "live:?a%0D%0AX-Evil%3A%201", "X-Evil", id="a-header"),
        pytest.param("\ud800", "live:?%3F", "d800", id="half-a-character"),
        pytest.param("é", "live:?%C3%A9", "is no id", id="not-ascii"),
        pytest.param("a1 " * 100, f"live:?{'a1%20' * 20}", "is no id", id="long"),
        pytest.param(TOKEN, "live:?", "has a token in it", id="the-token"),
        pytest.param(OTHER_TOKEN, "live:?", "has a token in it", id="another-token"),
        pytest.param(f"x {TOKEN}", "live:?", "has a token in it", id="the-token-in-it"),
    ],
)
def test_an_odd_id_in_the_list_of_all_is_not_checked_and_stops_no_other(
    work: Work, odd: object, name: str, why: str
) -> None:
    work.fleet.managed = ["a1", odd, "b2", odd]
    work.write("all")
    code, out, err = work.run("plan", "--format", "json")
    document = json.loads(out)
    assert code == 1
    assert {one["name"] for one in document["accounts"]} == {"live:a1", "live:b2", name}
    assert document["summary"]["not_checked"] == 1
    code, out, err = work.run("apply", "--auto-approve")
    assert code == 1
    assert why in out + err
    assert "\x1b" not in out + err
    assert TOKEN not in out + err
    assert OTHER_TOKEN not in out + err
    assert work.fleet.made() == {"a1": 2, "b2": 2}
    assert {account for account, _, _ in work.fleet.calls} == {"", "a1", "b2"}
    names = shards(work, 3, "plan")
    assert work.run("merge-reports", *names)[0] == 1
    assert same(work.document("merge-reports", *names)) == same(work.document("plan"))


def test_a_fleet_whose_accounts_cannot_be_listed_says_so_once_also_in_shards(work: Work) -> None:
    work.fleet.lists_no_accounts = True
    work.write("all")
    code, out, err = work.run("plan")
    assert code == 1
    assert "the `account_ids` can't be listed" in out + err
    assert "``" not in out + err
    names = shards(work, 3, "plan")
    assert same(work.document("merge-reports", *names)) == same(work.document("plan"))


@pytest.mark.parametrize(
    ("ids", "text", "message"),
    [
        pytest.param("'@none.txt'", None, "can't be read: No such file or directory", id="no-file"),
        pytest.param("'@ids.txt'", "# none\n\n", "names none", id="an-empty-file"),
        pytest.param("'@ids.txt'", "a1\nb 2\n", "in line 2 of its file", id="a-space"),
        pytest.param("'@ids.txt'", "a1\nb2\na1\n", "listed twice in line 3", id="twice-in-a-file"),
        pytest.param("[a1, b2, a1]", None, "", id="twice-in-the-list"),
        pytest.param("'@ids.txt'", f"a1\n{OTHER_TOKEN}\n", "line 2 of its file begins like a token", id="a-token"),
        pytest.param(f"['{OTHER_TOKEN}']", None, "begins like a token", id="a-token-in-a-list"),
        pytest.param("[a1, all]", None, "expected a name", id="all-in-a-list"),
        pytest.param("[a1, 'b/2']", None, "wrong format", id="a-path"),
        pytest.param("[a1]\n    account_id: b2", None, "has both `account_id` and `account_ids`", id="beside-one"),
        pytest.param("[]", None, "", id="none"),
    ],
)
def test_what_is_wrong_with_ids_is_said_and_nothing_is_asked(
    work: Work, ids: str, text: str | None, message: str
) -> None:
    if text is not None:
        (work.folder / "ids.txt").write_text(text)
    work.write(ids)
    code, out, err = work.run("plan")
    assert code == 1
    assert message in out + err
    assert not work.fleet.calls
    assert OTHER_TOKEN not in out + err


CANARY = "canary-5ecret-of-a-mount"


def elsewhere(work: Work) -> Path:
    """A file with what fits an id, in no folder below that of the YAML file."""
    work.folder /= "in"
    work.folder.mkdir()
    file = work.folder.parent / "mounted"
    file.write_text(CANARY)
    return file


def outside(work: Work) -> str:
    return f"@{elsewhere(work)}"


def above(work: Work) -> str:
    return f"@../{elsewhere(work).name}"


def down_and_above(work: Work) -> str:
    name = elsewhere(work).name
    (work.folder / "sub").mkdir()
    return f"@sub/../../{name}"


def through_a_link(work: Work) -> str:
    file = elsewhere(work)
    (work.folder / "ids.txt").symlink_to(file)
    return "@ids.txt"


def through_a_link_to_a_folder(work: Work) -> str:
    file = elsewhere(work)
    (work.folder / "sub").symlink_to(file.parent)
    return "@sub/mounted"


def absolute_though_below(work: Work) -> str:
    (work.folder / "ids.txt").write_text(CANARY)
    return f"@{work.folder / 'ids.txt'}"


def pipe(work: Work) -> str:
    os.mkfifo(work.folder / "ids.txt")
    return "@ids.txt"


def device(work: Work) -> str:
    (work.folder / "ids.txt").symlink_to("/dev/zero")
    return "@ids.txt"


def proc(_work: Work) -> str:
    return "@/proc/self/environ"


def folder(work: Work) -> str:
    (work.folder / "sub").mkdir()
    return "@sub"


def in_a_variable(work: Work) -> str:
    (work.folder / "ids.txt").write_text(CANARY)
    return "@${WHERE}"


def whole_in_a_variable(work: Work) -> str:
    (work.folder / "ids.txt").write_text(CANARY)
    return "${WHOLE}"


def value_of_a_variable(work: Work) -> str:
    (work.folder / "ids.txt").write_text(f"a1\n {CANARY} \n")
    return "@ids.txt"


def value_from_a_file(work: Work) -> str:
    (work.folder / "ids.txt").write_text("a1\nanother-5ecret\n")
    return "@ids.txt"


def other_text(work: Work) -> str:
    (work.folder / "ids.txt").write_text(f"HOOK_TOKEN={CANARY}\n")
    return "@ids.txt"


def other_bytes(work: Work) -> str:
    (work.folder / "ids.txt").write_bytes(CANARY.encode("utf-16"))
    return "@ids.txt"


@pytest.mark.parametrize("command", ["validate", "plan"])
@pytest.mark.parametrize(
    ("made", "message"),
    [
        (outside, "below the folder"),
        (above, "below the folder"),
        (down_and_above, "below the folder"),
        (through_a_link, "below the folder"),
        (through_a_link_to_a_folder, "below the folder"),
        (absolute_though_below, "below the folder"),
        (device, "below the folder"),
        (proc, "below the folder"),
        (pipe, "is no file"),
        (folder, "is no file"),
        (in_a_variable, "has a variable in it"),
        (whole_in_a_variable, "has a variable in it"),
        (value_of_a_variable, "line 2 of its file is the value of a variable"),
        (value_from_a_file, "line 2 of its file is the value of a variable"),
        (other_text, "in line 1 of its file"),
        (other_bytes, "it is not UTF-8"),
    ],
)
def test_a_file_of_ids_shows_no_secret_of_the_machine(
    work: Work, tmp_path: Path, made: Callable[[Work], str], message: str, command: str
) -> None:
    if not hasattr(os, "mkfifo") and made is pipe:
        pytest.skip("no pipes")
    (tmp_path / "second").write_text("another-5ecret\n")
    work.write(f"'{made(work)}'", ENTRY.replace(URL, f"{URL}?token=${{HOOK_TOKEN}}&key=${{SECOND}}"))
    environment = {"SHIPPO_API_TOKEN": TOKEN, "HOOK_TOKEN": CANARY, "SECOND_FILE": str(tmp_path / "second")}
    options: dict[Callable[[Work], str], list[str]] = {
        in_a_variable: ["--var", "WHERE=ids.txt"],
        whole_in_a_variable: ["--var", "WHOLE=@ids.txt"],
    }
    code, out, err = main_here(work.folder, [command, *options.get(made, [])], environment)
    assert code == 1
    assert message in out + err
    assert "5ecret" not in out + err
    assert not work.fleet.calls


@pytest.mark.parametrize("where", ["sub/ids.txt", "..data/ids.txt", "./ids.txt"])
def test_a_file_of_ids_may_be_below_the_folder_as_mounted_volumes_link_it(work: Work, where: str) -> None:
    file = work.folder / where
    file.parent.mkdir(exist_ok=True)
    file.write_text("a1\n")
    (work.folder / "linked.txt").symlink_to(where)
    for name in (where, "linked.txt"):
        work.write(f"'@{name}'")
        assert len(work.created()) == 2


def test_ids_that_differ_only_in_case_are_accounts_of_their_own(work: Work) -> None:
    (work.folder / "ids.txt").write_text("a1\nA1\n")
    work.fleet.managed = ["A1", "a1"]
    more = f"  tracking:\n    account: live:A1\n    url: {URL}/b\n    events: [track_updated]\n"
    for ids in ("[a1, A1]", "'@ids.txt'", "all"):
        work.write(ids, ENTRY + more)
        found = work.created()
        assert sorted({one.partition("/")[0] for one in found}) == ["live:A1", "live:a1"]
        assert [one for one in found if "tracking" in one] == ["live:A1/tracking[track_updated]"]
    assert work.apply()[0] == 0
    assert work.fleet.made() == {"a1": 2, "A1": 3}
    work.write("[a1]", ENTRY + more)
    assert "is not an account of this configuration" in "".join(work.run("validate")[1:])


def test_an_entry_may_be_for_some_accounts_and_filters_mean_them(work: Work) -> None:
    work.write(entries=ENTRY + f"  tracking:\n    account: live:b2\n    url: {URL}/b\n    events: [track_updated]\n")
    assert "live:b2/tracking[track_updated]" in work.created()
    assert len(work.created()) == 7
    assert work.created("--account", "live:a*") == [
        f"live:a1/orders[{one}]" for one in ("batch_created", "track_updated")
    ]
    assert work.created("--target", "live:c3/orders[batch_created]") == ["live:c3/orders[batch_created]"]
    assert len(work.created("--account", "live")) == 7
    work.write(entries=ENTRY + f"  tracking:\n    account: live:zz\n    url: {URL}/b\n    events: [track_updated]\n")
    code, out, err = work.run("validate")
    assert code == 1
    assert "is not an account of this configuration" in out + err


def test_an_account_that_fails_stops_no_other_and_gets_what_it_lacks_later(work: Work) -> None:
    work.fleet.denied = {"b2"}
    work.write()
    code, said = work.apply()
    assert code == 1
    assert "not checked: live:b2" in said
    assert work.fleet.made() == {"a1": 2, "c3": 2}
    work.fleet.denied = set()
    code, said = work.apply()
    assert code == 0, said
    assert work.fleet.made() == {"a1": 2, "b2": 2, "c3": 2}


def test_a_service_that_ignores_the_header_gets_one_create_that_is_deleted_again(work: Work) -> None:
    work.fleet.ignores_header = True
    work.write()
    code, said = work.apply()
    assert code == 1
    assert "ignores `SHIPPO-ACCOUNT-ID`" in said
    assert [method for _, method, _ in work.fleet.writes()] == ["POST", "DELETE"]
    assert not work.fleet.made()


def _create_for(account: str) -> Callable[[str, str], str]:
    return lambda method, its: account if method == "POST" else its


@pytest.mark.parametrize(
    ("acts_for", "refuses", "made", "said_too"),
    [
        pytest.param(_create_for(""), [], {"": 1}, "was not found in `live:a1`", id="the-platform-s-own"),
        pytest.param(_create_for("c3"), [], {}, "was deleted again", id="a-sibling"),
        pytest.param(
            _create_for("b2"), [("DELETE", "b2")], {"b2": 1}, "may still be in `live:b2`", id="a-sibling-that-keeps-it"
        ),
        pytest.param(
            lambda method, its: "" if method in ("POST", "DELETE") else its,
            [],
            {},
            "was deleted again",
            id="writes-only",
        ),
        pytest.param(
            lambda _, its: "b2" if its == "a1" else its, [], {}, "was deleted again", id="two-accounts-are-one"
        ),
        pytest.param(
            lambda _, its: "b2" if its == "a1" else its,
            [("DELETE", "a1"), ("DELETE", "b2")],
            {"b2": 1},
            "may still be in `live:a1` and `live:b2`",
            id="two-accounts-are-one-that-keeps-it",
        ),
    ],
)
def test_a_first_create_that_is_not_its_own_account_s_alone_stops_the_fleet(
    work: Work, acts_for: Callable[[str, str], str], refuses: list[tuple[str, str]], made: dict[str, int], said_too: str
) -> None:
    work.fleet.acts_for, work.fleet.refuses = acts_for, {*refuses}
    work.write()
    code, said = work.apply()
    assert code == 1
    assert [method for _, method, _ in work.fleet.writes()].count("POST") == 1
    assert work.fleet.made() == made
    assert "ignores `SHIPPO-ACCOUNT-ID`" in said
    assert f"{1:032x}" in said
    assert said_too in " ".join(said.split()), said
    assert "0 created" in said


@pytest.mark.parametrize("accounts", [1, 3, 7])
def test_a_create_that_is_refused_for_what_it_is_stops_nothing_else(work: Work, accounts: int) -> None:
    """Nothing is known against the header then; each account has the same bad entry, and one that is first."""
    ids = [f"a{number}" for number in range(accounts)]
    work.fleet.refuses_urls = {f"{URL}-bad"}
    bad = f"  a-bad:\n    url: {URL}-bad\n    events: [track_updated, batch_created]\n"
    work.write(f"[{', '.join(ids)}]", entries=bad + ENTRY, more="")
    code, said = work.apply()
    assert code == 1
    assert work.fleet.made() == dict.fromkeys(ids, 2), said
    assert "nobody knows" not in said
    assert f"{2 * accounts} created" in said


def test_after_a_refused_create_the_next_one_is_the_probe(work: Work) -> None:
    work.fleet.refuses_urls = {f"{URL}-bad"}
    work.fleet.ignores_header = True
    bad = f"  a-bad:\n    url: {URL}-bad\n    events: [track_updated]\n"
    work.write(entries=bad + ENTRY)
    code, said = work.apply()
    assert code == 1
    assert "ignores `SHIPPO-ACCOUNT-ID`" in said
    assert [method for _, method, _ in work.fleet.writes()] == ["POST", "POST", "DELETE"]
    assert not work.fleet.made()


def test_what_may_be_older_than_the_run_is_not_deleted_again(work: Work) -> None:
    work.write(entries=f"  orders:\n    url: {URL}\n    events: [track_updated]\n")
    old = work.fleet.add("", "track_updated")
    old["object_created"] = "2020-01-05T12:00:00.000Z"
    work.fleet.add("a1", "transaction_created", "https://elsewhere.example.com/x")
    work.fleet.answer_with = old
    code, said = work.apply()
    assert code == 1
    assert old["object_id"] in said
    assert "may be older than this run" in said
    assert [method for _, method, _ in work.fleet.writes()] == ["POST"]


def test_a_first_create_that_can_not_be_read_back_stops_the_fleet(work: Work) -> None:
    def deny(method: str, _account: str) -> None:
        if method == "POST":
            work.fleet.refuses = {("GET", one) for one in ("a1", "b2", "c3")}

    work.fleet.on_call = deny
    work.write()
    code, said = work.apply()
    assert code == 1
    assert "can't be read back" in said
    assert f"the webhook {1:032x} may still be in `live:a1`" in said
    assert [method for _, method, _ in work.fleet.writes()] == ["POST", "DELETE"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("is_ignored", [True, False], ids=["ignored", "heeded"])
@pytest.mark.parametrize("at", ["a1", "b2"])
def test_a_signal_before_the_other_account_was_looked_at_leaves_nothing_that_is_called_done(
    work: Work, number: int, at: str, *, is_ignored: bool
) -> None:
    work.fleet.ignores_header = is_ignored
    work.write()

    def stop(method: str, account: str) -> None:
        if method == "GET" and account == at and work.fleet.writes():
            process.send_signal(number)
            time.sleep(0.3)

    work.fleet.on_call = stop
    command = (str(Path(sys.executable).parent / "reconciler"), "apply", "--auto-approve")
    environment = {"SHIPPO_API_TOKEN": TOKEN, "PATH": "/usr/bin:/bin"}
    with subprocess.Popen(
        command, cwd=work.folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        said = " ".join(process.communicate(timeout=30)[0].split())
    assert process.returncode == 128 + number
    assert [method for _, method, _ in work.fleet.writes()] == ["POST"]
    if at == "b2" and not is_ignored:
        assert "1 created" in said  # it was seen to be in one account only
    else:
        assert f"the webhook {1:032x} may still be in `live:a1`" in said
        assert "at the provider" in said
        assert "0 created" in said
    work.fleet.on_call = lambda _method, _account: None
    code, out, err = work.run("apply", "--auto-approve")
    if is_ignored:
        assert code == 1
        assert f"{1:032x}" in out + err
        assert "An entry of the file describes this webhook" in out + err
        assert len(work.fleet.writes()) == 1
    else:
        assert code == 0, out + err
        assert work.fleet.made() == {"a1": 2, "b2": 2, "c3": 2}


@pytest.mark.parametrize("entries", [1, 2])
@pytest.mark.parametrize("parallelism", [1, 10])
def test_two_accounts_that_turn_out_to_be_one_are_noticed_in_the_run(
    work: Work, entries: int, parallelism: int
) -> None:
    work.fleet.acts_for = lambda _method, its: "shared" if its in ("c3", "d4") else its
    events = ", ".join(EVENTS[:entries])
    work.write("[a1, b2, c3, d4]", entries=f"  orders:\n    url: {URL}\n    events: [{events}]\n")
    code, said = work.apply("--parallelism", str(parallelism))
    said = " ".join(said.split())
    assert code == 1, said
    assert "both in `live:c3` and in `live:d4`" in said
    assert "Apply complete" not in said
    deleted = {path.rpartition("/")[2] for _, method, path in work.fleet.writes() if method == "DELETE"}
    there = {one for hooks in work.fleet.hooks.values() for one in hooks}
    for one in there - work.fleet.hooks["a1"].keys() - work.fleet.hooks["b2"].keys():
        assert len(work.fleet.hooks["shared"]) <= entries, one
    assert not deleted & there
    code, out, err = work.run("plan")
    assert (code == 1) is bool(work.fleet.hooks["shared"]), out + err


def test_ids_may_be_counted_anew_in_each_account(work: Work) -> None:
    work.fleet.counts_anew = True
    work.write()
    assert work.apply()[0] == 0
    assert work.fleet.made() == {"a1": 2, "b2": 2, "c3": 2}
    code, out, err = work.run("drift")
    assert code == 0, out + err


def test_a_fleet_whose_other_accounts_could_not_be_read_is_left_alone(work: Work) -> None:
    work.fleet.denied = {"b2", "c3"}
    work.fleet.ignores_header = True
    work.write()
    code, said = work.apply()
    assert code == 1
    assert "no other account can be listed" in said
    assert [method for _, method, _ in work.fleet.writes()] == ["POST", "DELETE"]


def test_a_service_that_ignores_the_header_later_stops_the_other_creates_and_each_id_is_said(work: Work) -> None:
    names = [f"acct{number:03}" for number in range(80)]
    work.write(f"[{', '.join(names)}]", entries=f"  orders:\n    url: {URL}\n    events: [track_updated]\n")

    def acts_for(method: str, its: str) -> str:
        return "" if method == "POST" and work.fleet.hooks[names[0]] else its

    work.fleet.acts_for = acts_for
    code, said = work.apply()
    assert code == 1
    made = work.fleet.hooks[""]
    assert work.fleet.made()[names[0]] == 1
    assert 1 <= len(made) <= AT_ONCE + 1
    assert all(f"the webhook {one} was not found in" in said for one in made)
    assert "which doesn't have it" in said
    assert "1 created" in said


@pytest.mark.parametrize("other", ["account_ids: [b1]", "account_id: b1", ""], ids=["a-fleet", "one", "the-token-s"])
@pytest.mark.parametrize("is_ignored", [True, False], ids=["ignored", "heeded"])
def test_a_fleet_of_one_is_compared_with_other_accounts_of_its_token(
    work: Work, other: str, *, is_ignored: bool
) -> None:
    lines = ["provider: shippo", "token: ${SHIPPO_API_TOKEN}", f"base_url: {work.fleet.base_url}", other]
    body = "".join(f"    {line}\n" for line in lines if line)
    entries = f"  orders:\n    account: ACCOUNT\n    url: {URL}\n    events: [track_updated]\n"
    entries = entries.replace("ACCOUNT", "live") + entries.replace("orders", "more").replace("ACCOUNT", "main")
    work.write("[a1]", entries, more=f"  main:\n{body}")
    work.fleet.ignores_header = is_ignored
    code, said = work.apply()
    assert code == int(is_ignored), said
    if is_ignored:
        assert "ignores `SHIPPO-ACCOUNT-ID`" in said
        assert [method for _, method, _ in work.fleet.writes()][:2] == ["POST", "DELETE"]
        assert sum(work.fleet.made().values()) == (not other.startswith("account_ids"))
    else:
        assert work.fleet.made() == {"a1": 1, "b1" if other else "": 1}


@pytest.mark.parametrize(
    "url", [f"{URL}/old", "https://elsewhere.example.com/x", URL], ids=["owned", "other", "wanted"]
)
@pytest.mark.parametrize("two", [("a1", "b2"), ("b2", "d4"), ("c3", "d4")])
def test_one_webhook_in_two_accounts_stops_the_whole_fleet_owned_or_not(
    work: Work, url: str, two: tuple[str, str]
) -> None:
    work.write("[a1, b2, c3, d4]")
    for account in ("a1", "b2", "c3", "d4"):
        work.fleet.add(account, "batch_purchased", f"{URL}/{account}")
    hook = work.fleet.add(two[0], "track_updated", url)
    work.fleet.hooks[two[1]][hook["object_id"]] = hook
    code, said = work.apply()
    assert code == 1
    assert f"the webhook {hook['object_id']} both in `live:{two[0]}` and in `live:{two[1]}`" in said
    assert "live:a1, live:b2, live:c3, live:d4" in said
    assert ("An entry of the file describes this webhook" in said) is (url == URL)
    assert not work.fleet.writes()


def test_one_webhook_in_two_of_many_accounts_in_step_stops_the_whole_fleet(work: Work) -> None:
    names = [f"acct{number:03}" for number in range(20)]
    work.write(f"[{', '.join(names)}]", entries=f"  orders:\n    url: {URL}\n    events: [{', '.join(EVENTS)}]\n")
    for name in names:
        work.fleet.fill(name, 5)
    work.fleet.hooks[names[7]] = work.fleet.hooks[names[4]]
    work.fleet.hooks[names[19]].clear()
    code, out, err = work.run("plan")
    assert code == 1
    assert "has the same webhook both in `live:acct004` and in `live:acct007`" in " ".join((out + err).split())
    assert "to create" not in out


def test_the_first_create_is_made_alone_and_looked_for_in_one_other_account(work: Work) -> None:
    work.write()
    assert work.apply()[0] == 0
    calls = [(account, method) for account, method, path in work.fleet.calls if path == "/webhooks"]
    first = calls.index(("a1", "POST"))
    assert calls[first : first + 3] == [("a1", "POST"), ("a1", "GET"), ("b2", "GET")]


@pytest.mark.parametrize("command", ["plan", "apply"])
def test_two_accounts_with_one_webhook_stop_the_whole_fleet(work: Work, command: str) -> None:
    work.write()
    work.fleet.lists_for_all = True
    work.fleet.add("a1", "track_updated", f"{URL}/old")
    arguments = ["--auto-approve"] if command == "apply" else []
    code, out, err = work.run(command, *arguments)
    assert code == 1
    assert "ignores `SHIPPO-ACCOUNT-ID`" in out + err
    assert "live:a1, live:b2, live:c3" in out + err
    assert not work.fleet.writes()


def test_updates_alone_are_made_only_once_two_lists_were_compared(work: Work) -> None:
    work.write()
    assert work.apply()[0] == 0
    for hook in work.fleet.hooks["a1"].values():
        hook["active"] = False
    mark = len(work.fleet.calls)
    assert work.apply("--account", "live:a1")[0] == 0
    assert [one for one in work.fleet.calls[mark:] if one[0] != "a1"] == [("b2", "GET", "/webhooks")]
    for hook in work.fleet.hooks["a1"].values():
        hook["active"] = False
    work.fleet.lists_for_all = True
    work.fleet.hooks["b2"].clear()
    mark = len(work.fleet.writes())
    code, said = work.apply("--account", "live:a1")
    assert code == 1
    assert "ignores `SHIPPO-ACCOUNT-ID`" in said
    assert len(work.fleet.writes()) == mark


def test_accounts_in_step_are_counted_and_those_that_change_have_a_line_each(work: Work) -> None:
    names = [f"acct{number:03}" for number in range(40)]
    work.write(f"[{', '.join(names)}]", entries=f"  orders:\n    url: {URL}\n    events: [{', '.join(EVENTS)}]\n")
    for name in names:
        work.fleet.fill(name, 5 if int(name[-3:]) < 25 else 4)
    code, out, err = work.run("plan")
    assert code == 0, err
    assert "Account live (Shippo, live mode): 25 of 40 places without changes, 125 of 125 webhooks listed" in out
    assert "Plan: 15 to create, 0 to update, 0 to delete." in out
    assert out.count("acct") == 15, out
    assert len(out.splitlines()) < 25
    code, out, err = work.run("plan", "--account", "live:acct03*")
    assert out.count("+ live:acct03") == 10
    document = work.document("plan")
    assert len(document["accounts"]) == 40
    assert len(document["resource_changes"]) == 200
    assert document["summary"]["unchanged"] == 185


def test_a_target_in_an_account_that_is_only_counted_is_found(work: Work) -> None:
    names = [f"acct{number:03}" for number in range(8)]
    work.write(f"[{', '.join(names)}]")
    assert work.apply()[0] == 0
    code, out, err = work.run("plan", "--target", "live:acct003/orders[track_updated]")
    assert code == 0, out + err
    assert "No changes" in out
    code, out, err = work.run("plan", "--target", "live:acct003/order[track_updated]")
    assert code == 1
    assert "not found" in err


MANY = [f"acct{number:03}" for number in range(23)]


def shards(work: Work, count: int, *arguments: str) -> list[str]:
    """The reports of all shards, each in a file."""
    names = []
    for number in range(1, count + 1):
        _, out, err = work.run(*arguments, "--shard", f"{number}/{count}", "--format", "json")
        assert "bug" not in err, err
        names.append(f"{arguments[0]}-{number}.json")
        (work.folder / names[-1]).write_text(out)
    return names


def same(document: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in document.items() if key != "timestamp"}


@pytest.fixture
def many(work: Work) -> Work:
    work.write(f"[{', '.join(MANY)}]", more="unmanaged: fail\n")
    for name in MANY[:9]:
        work.fleet.fill(name, 4)
    work.fleet.add(MANY[20], "all", "https://elsewhere.example.com/x")
    work.fleet.denied = {MANY[15]}
    return work


@pytest.mark.parametrize("command", ["plan", "drift"])
def test_joined_reports_of_shards_are_the_report_of_one_run(many: Work, command: str) -> None:
    whole = many.document(command)
    names = shards(many, 4, command)
    asked = [account for account, _, _ in many.fleet.calls[-len(MANY) :]]
    assert sorted(asked) == MANY
    merged = many.document("merge-reports", *names)
    assert same(merged) == same(whole)
    assert whole["summary"]["not_checked"] == 1
    code, out, _ = many.run("merge-reports", *reversed(names))
    assert code == many.run(command)[0] == 1
    assert f"live:{MANY[15]}" in out
    many.fleet.denied = set()
    names = shards(many, 4, command)
    assert many.run("merge-reports", *names)[0] == many.run(command)[0] == (2 if command == "drift" else 0)
    assert many.run("merge-reports", *names, "--detailed-exitcode")[0] == 2


def test_a_matrix_of_jobs_runs_a_fleet_as_the_docs_say(many: Work) -> None:
    page = (ROOT / "docs" / "accounts.md").read_text("utf-8").partition("## On several machines")[2]
    command, joined = page.partition("```sh\n")[2].partition("```")[0], page.partition("`reconciler merge")[2]
    many.fleet.denied = set()
    environment = {"SHIPPO_API_TOKEN": TOKEN, "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin"}

    def run(line: str, **more: str) -> int:
        shell = ["bash", "-euo", "pipefail", "-c", line]
        done = subprocess.run(shell, cwd=many.folder, env=environment | more, check=False, capture_output=True)
        return done.returncode

    # Each part has something to do.
    assert {run(command, CI_NODE_INDEX=str(number), CI_NODE_TOTAL="4") for number in range(1, 5)} == {2}
    assert run(f"reconciler merge{joined.partition('`')[0]}") == 2


def test_an_apply_in_shards_does_what_one_run_does(many: Work) -> None:
    names = shards(many, 4, "apply", "--auto-approve")
    made = many.fleet.made()
    assert all(made[name] >= 2 for name in MANY if name != MANY[15])
    assert made[MANY[15]] == 0
    code, out, err = many.run("merge-reports", *names)
    assert code == 1, err
    assert "error" in out
    code, out, _ = many.run("merge-reports", *names, "--format", "json")
    lines = [json.loads(line) for line in out.splitlines()]
    assert [line["type"] for line in (lines[0], lines[-1])] == ["version", "change_summary"]
    assert lines[-1]["exit_code"] == code == 1
    assert lines[-1]["changes"]["add"] == 26
    many.fleet.denied = set()
    assert many.apply()[0] == 0
    names = shards(many, 2, "apply", "--auto-approve")
    code, out, err = many.run("merge-reports", *names)
    assert (code, out.strip()) == (0, "Apply complete: 0 created, 0 updated, 0 deleted."), err


def test_a_refused_apply_in_shards_says_why_and_which_account(many: Work) -> None:
    many.fleet.denied = set()
    for name in MANY:
        for number in range(5):
            many.fleet.add(name, "all", f"https://hooks.example.com/other-{number}")
    names = shards(many, 2, "apply", "--auto-approve", "--account", f"live:{MANY[0]}", "--account", f"live:{MANY[1]}")
    whole = many.apply("--account", f"live:{MANY[0]}", "--account", f"live:{MANY[1]}")
    code, out, err = many.run("merge-reports", *names)
    assert code == whole[0] == 3, (out, err)
    assert out.count(": refused: ") == 2
    assert all(f"error: live:{name}: refused: " in out for name in MANY[:2])


@pytest.mark.parametrize("name", ["markdown", "html", "junit"])
def test_an_apply_in_shards_is_joined_as_text_or_json_only(many: Work, name: str) -> None:
    names = shards(many, 2, "apply", "--auto-approve")
    for more in (("--format", name), ("--report", f"{name}=out")):
        code, _, err = many.run("merge-reports", *names, *more)
        assert code == 1
        assert "as text or JSON only" in err


def test_a_fleet_that_cannot_be_listed_counts_once_in_a_joined_apply(work: Work) -> None:
    work.fleet.lists_no_accounts = True
    work.write("all")
    names = shards(work, 3, "apply", "--auto-approve")
    code, out, err = work.run("merge-reports", *names)
    assert code == 1, err
    assert out.count("can't be listed") == 1
    assert "; 1 error." in out
    lines = [json.loads(line) for line in work.run("merge-reports", *names, "--format", "json")[1].splitlines()]
    assert [line.get("account") for line in lines if line["type"] == "diagnostic"] == ["live:*"]


def test_reports_that_do_not_belong_together_are_refused(many: Work) -> None:
    names = shards(many, 3, "plan")
    others = shards(many, 3, "drift")
    two = shards(many, 2, "plan")[:1]
    names = shards(many, 3, "plan")
    (many.folder / "whole.json").write_text(many.run("plan", "--format", "json")[1])
    (many.folder / "failed.json").write_text(many.run("plan", "--account", "none", "--format", "json")[1])
    (many.folder / "none.json").write_text("{}")
    (many.folder / "no.json").write_text("{")
    many.write(f"[{', '.join(MANY)}]", ENTRY.replace("orders:", "other:"), more="unmanaged: fail\n")
    _, out, _ = many.run("plan", "--shard", "3/3", "--format", "json")
    (many.folder / "other.json").write_text(out)
    for given, message in (
        (names[:2], "no report of shard 3 of 3"),
        ([names[0]], "no report of shards 2, 3 of 3"),
        ([*names, names[1]], "are both of shard 2 of 3"),
        ([*names[:2], "other.json"], "of another configuration"),
        ([*names[:2], others[2]], "of another command"),
        (["whole.json"], "of no shard"),
        ([*names[:2], "failed.json"], "of a run that failed"),
        ([*names, "none.json"], "is no report"),
        ([*names, "no.json"], "is no JSON"),
        ([*names, "missing.json"], "can't be read"),
    ):
        code, out, err = many.run("merge-reports", *given)
        assert code == 1, given
        assert message in out + err, given
    assert two


def _of(document: dict[str, Any], **changes: object) -> bytes:
    return json.dumps({**document, **changes}).encode()


def _shard(document: dict[str, Any], **changes: object) -> bytes:
    return _of(document, shard={**document["shard"], **changes})


HOSTILE: dict[str, tuple[Callable[[dict[str, Any]], bytes], str]] = {
    "empty": (lambda _: b"", "is empty: its run printed nothing"),
    "blank": (lambda _: b" \n\n", "is empty: its run printed nothing"),
    "only-a-mark": (lambda _: b"\xef\xbb\xbf", "is empty: its run printed nothing"),
    "not-utf-8": (lambda _: b"\xff\x00\x80", "is not UTF-8"),
    "utf-16": (lambda one: _of(one).decode().encode("utf-16"), "is not UTF-8"),
    "cut-off": (lambda one: _of(one)[:-40], "is no JSON"),
    "noise-before": (lambda one: b"log\n" + _of(one), "is no JSON"),
    "nul": (lambda _: b"\0" * 40, "is no JSON"),
    "deep": (lambda _: b"[" * 100_000, "is no JSON"),
    "long-number": (lambda _: b"9" * 10_000, "is no JSON"),
    "not-a-number": (lambda _: b'{"resource_changes": NaN}', "is no JSON"),
    "null": (lambda _: b"null", "is no report"),
    "a-list": (lambda _: b"[]", "is no report"),
    "a-text": (lambda _: b'"\\u001b[31m\\ud800"', "is no report"),
    "a-number": (lambda _: b"1", "is no report"),
    "failed-with-no-reason": (lambda _: b'{"valid": false, "diagnostics": [{"summary": 5}]}', "is no report"),
    "failed-with-a-number": (lambda _: b'{"valid": false, "diagnostics": 5}', "is no report"),
    "another-type": (lambda one: _of(one, resource_changes=5), "is no report"),
    "no-accounts": (lambda one: _of(one, accounts=[]), "is no report"),
    "an-account-twice": (lambda one: _of(one, accounts=one["accounts"] * 2), "is no report"),
    "shard-0": (lambda one: _shard(one, number=0), "is of shard 0 of 2"),
    "shard-above-all": (lambda one: _shard(one, number=3), "is of shard 3 of 2"),
    "countless-shards": (lambda one: _shard(one, count=10**12), "of shard 1 of 1000000000000"),
    "other-accounts": (lambda one: _shard(one, accounts=10**12), "of another configuration"),
    "another-shard-s-accounts": (lambda one: _shard(one, number=2), "both have the account live:"),
    "lines-of-nothing": (lambda _: b"{}\n{}\n", "is no report"),
    "lines-of-lists": (lambda _: b"[]\n5\n", "is no report"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_report_of_any_content_is_joined_or_said_what_is_wrong_with(work: Work, kind: str) -> None:
    content, message = HOSTILE[kind]
    work.write()
    names = shards(work, 2, "plan")
    document = json.loads((work.folder / names[0]).read_text())
    (work.folder / "hostile.json").write_bytes(content(document))
    given = ["hostile.json", names[0] if kind.startswith("another-shard") else names[1]]
    for arguments in (given, given[::-1]):
        code, out, err = work.run("merge-reports", *arguments)
        assert code == 1
        assert message in out + err
        assert "bug" not in out + err
        assert "\x1b" not in out + err


def _without(value: object) -> Iterator[tuple[str | int, ...]]:
    """The paths of all that a document has, of its lists only what stands first."""
    found = value.items() if isinstance(value, dict) else enumerate(value[:1]) if isinstance(value, list) else ()
    for key, inner in found:
        yield (key,)
        yield from ((key, *path) for path in _without(inner))


@pytest.mark.parametrize("command", [["plan"], ["apply", "--auto-approve"]], ids=["plan", "apply"])
def test_a_value_of_a_report_that_is_missing_or_another_is_never_a_crash(many: Work, command: list[str]) -> None:
    names = shards(many, 2, *command)
    file = many.folder / names[0]
    lines = [json.loads(line) for line in file.read_text().splitlines() if line] if command[0] == "apply" else None
    whole: Any = lines or json.loads(file.read_text())
    paths = [path for path in _without(whole) if not {"planned_values", "configuration"}.intersection(path)]
    others: tuple[object, ...] = (None, True, -1, 10**30, "x\x1b[31m\ud800", [], {}, [None])
    for number, path in enumerate(paths):
        changed = json.loads(json.dumps(whole))
        inner = changed
        for key in path[:-1]:
            inner = inner[key]
        if number % 3:
            inner[path[-1]] = others[number % len(others)]
        else:
            del inner[path[-1]]
        file.write_text("\n".join(map(json.dumps, changed)) if lines else json.dumps(changed))
        code, out, err = many.run("merge-reports", *names, "--format", "json" if number % 2 else "text")
        assert "bug" not in out + err, (path, out + err)
        assert code in range(256)
        assert "\x1b" not in out + err


@pytest.mark.parametrize("shard", ["0/2", "3/2", "1", "/2", "a/b", "1/1001", "-1/2"])
def test_what_is_no_shard_is_refused(work: Work, shard: str) -> None:
    work.write()
    code, out, err = work.run("plan", f"--shard={shard}")
    assert code == 1
    assert "write it as I/N" in out + err


def test_a_saved_plan_of_a_shard_is_applied_to_that_shard(many: Work) -> None:
    many.fleet.denied = set()
    code, out, err = many.run("plan", "--shard", "2/3", "--out", "reviewed.plan")
    assert code == 0, out + err
    code, out, err = many.run("apply", "reviewed.plan")
    assert code == 0, out + err
    assert {account for account, _, _ in many.fleet.writes()} < {*MANY}
    before = len(many.fleet.writes())
    assert many.apply("--shard", "2/3")[0] == 0
    assert len(many.fleet.writes()) == before


def test_more_shards_than_accounts_leave_some_with_nothing_to_do(work: Work) -> None:
    work.write()
    ended = [work.apply("--shard", f"{number}/5")[0] for number in range(1, 6)]
    assert ended == [0] * 5
    assert work.fleet.made() == {"a1": 2, "b2": 2, "c3": 2}


def test_metrics_have_each_account_also_those_in_step(work: Work) -> None:
    work.write(f"[{', '.join(MANY)}]")
    assert work.apply()[0] == 0
    code, out, err = work.run("drift", "--report", "prometheus=metrics.prom")
    assert code == 0, out + err
    text = (work.folder / "metrics.prom").read_text()
    assert text.count("reconciler_account_losses{") == len(MANY)


_OTHERS = [
    pytest.param({"entries": ENTRY + "    active: false\n"}, (), id="a-setting"),
    pytest.param({"entries": ENTRY.replace("orders:", "other:")}, (), id="a-name"),
    pytest.param({"entries": ENTRY.replace("shippo/orders", "shippo/${KIND}")}, ("--var", "KIND=x"), id="a-variable"),
    pytest.param({"more": "limits: {max_losses: 0}\n"}, (), id="limits"),
    pytest.param({"more": "unmanaged: ignore\n"}, (), id="unmanaged"),
    pytest.param({"more": "protect: [https://hooks.example.com/x/*]\n"}, (), id="protect"),
    pytest.param({"more": "known: [https://other.example.com/*]\n"}, (), id="known"),
    pytest.param({"more": "absent: [https://hooks.example.com/old]\n"}, (), id="absent"),
    pytest.param({"ids": "[a1, b2, c3, d4, e5]"}, (), id="another-account"),
    pytest.param({"ids": "[a1, b2, c3, d5]"}, (), id="another-name"),
    pytest.param({}, ("--allow-losses", "9"), id="allow-losses"),
    pytest.param({}, ("--exclude", "nothing*"), id="exclude"),
    pytest.param({}, ("--destroy",), id="destroy"),
]


@pytest.mark.parametrize("command", ["plan", "apply"])
@pytest.mark.parametrize(("written", "options"), _OTHERS)
def test_shards_of_different_runs_are_not_joined(
    work: Work, command: str, written: dict[str, str], options: tuple[str, ...]
) -> None:
    ids = {"ids": "[a1, b2, c3, d4]"}
    if "--exclude" in options:
        options = ("--exclude", "orders[batch_created]")
    work.write(**ids)
    approved = ["--auto-approve"] if command == "apply" else []
    names = shards(work, 2, command, *approved)
    assert work.run("merge-reports", *names)[0] == 0
    work.write(**(ids | written))
    _, out, err = work.run(command, *approved, "--shard", "2/2", "--format", "json", *options)
    (work.folder / "other.json").write_text(out)
    code, out, err = work.run("merge-reports", names[0], "other.json")
    assert code == 1, out
    assert "of another configuration" in err


@pytest.mark.parametrize("command", ["plan", "apply"])
def test_shards_of_different_versions_are_not_joined(work: Work, command: str) -> None:
    work.write()
    names = shards(work, 2, command, *(["--auto-approve"] if command == "apply" else []))
    other = work.folder / names[1]
    other.write_text(other.read_text().replace(f'"{__version__}"', '"9.9.9"'))
    code, _, err = work.run("merge-reports", *names)
    assert code == 1
    assert "of another configuration, version" in err


def _second(work: Work, ids: str, entries: str = ENTRY) -> None:
    """Let the file have another account beside the fleet, and entries for both."""
    path = work.folder / "webhooks.yaml"
    account = f"  us:\n    provider: shippo\n    token: ${{SHIPPO_API_TOKEN}}\n    base_url: {work.fleet.base_url}\n"
    account += f"    rate_limits: off\n    mode: live\n{ids}"
    text = path.read_text().replace("owns:", f"{account}owns:").replace(ENTRY, entries)
    path.write_text(text.replace("  orders:\n", "  orders:\n    accounts: [live, us]\n"))


def _twice(work: Work, *accounts: str) -> None:
    """Let them have a webhook twice, of which the newer one is to be deleted."""
    for account in accounts:
        work.fleet.add(account, "track_updated")["object_created"] = "2026-01-06T12:00:00.000Z"


def test_shards_of_two_fleets_delete_what_one_run_does(work: Work) -> None:
    work.write("[a1, b2, c3]")
    _second(work, "    account_ids: [d4, e5, f6]\n")
    assert work.apply()[0] == 0
    _twice(work, "a1", "b2", "c3", "e5")
    for count in (2, 4):
        whole = work.document("plan")
        assert whole["summary"]["delete"] == 4
        assert same(work.document("merge-reports", *shards(work, count, "plan"))) == same(whole)
    names = shards(work, 4, "apply", "--auto-approve")
    code, out, err = work.run("merge-reports", *names)
    assert (code, out.strip()) == (0, "Apply complete: 0 created, 0 updated, 4 deleted."), err
    assert work.fleet.made() == dict.fromkeys(["a1", "b2", "c3", "d4", "e5", "f6"], 2)


@pytest.mark.parametrize(
    ("fleet", "other"),
    [
        pytest.param("[a1, b2, c3]", "", id="an-account-without-a-header"),
        pytest.param("[a1, b2, c3]", "    account_ids: [B2, e5]\n", id="a-fleet-with-one-of-the-same"),
        pytest.param("[a1]", "    account_ids: [d4, e5]\n", id="a-fleet-of-one-that-nothing-is-compared-with"),
    ],
)
def test_a_shard_refuses_what_may_be_another_account_s_and_says_what_works(work: Work, fleet: str, other: str) -> None:
    work.write(fleet)
    work.fleet.fill("b2", 3)
    _second(work, other)
    accounts = ["a1"] if fleet == "[a1]" else ["b2"]
    work.apply("--account", f"live:{accounts[0]}", "--account", "us")
    _twice(work, *accounts)
    refused = ""
    for number in range(1, 8):
        _, out, err = work.run("plan", "--shard", f"{number}/7")
        refused += out + err
    assert "may delete a webhook that an entry of account us" in " ".join(refused.split())
    assert f"with `--account live:{accounts[0]} --account us" in " ".join(refused.split())


def test_what_a_shard_refuses_is_done_with_the_two_accounts_that_it_names(work: Work) -> None:
    work.write("[a1, b2, c3]")
    _second(work, "")
    assert work.apply()[0] == 0
    _twice(work, "b2")
    said = [work.apply("--shard", f"{number}/4") for number in range(1, 5)]
    (refused,) = [text for code, text in said if code]
    options = " ".join(refused.split()).partition("or with `")[2].partition("`")[0]
    assert options == "--account live:b2 --account us"
    code, text = work.apply(*options.split())
    assert code == 0, text
    assert [work.apply("--shard", f"{number}/4")[0] for number in range(1, 5)] == [0] * 4
    assert work.fleet.made() == {"a1": 2, "b2": 2, "c3": 2, "": 2}


@pytest.mark.parametrize(
    ("limits", "shard", "said"),
    [
        pytest.param("{list: 8}", "1/4", "the provider allows 2 lists a minute to each of 4 shards", id="a-part"),
        pytest.param("{list: 7}", "4/4", "the provider allows 1 lists a minute to each of 4 shards", id="rounded-down"),
        pytest.param("{list: 2}", "2/4", "the provider allows 1 lists a minute to each of 4 shards", id="one-at-least"),
        pytest.param("{list: 2}", "1/1", "the provider allows 2 lists a minute", id="one-shard"),
    ],
)
def test_shards_share_the_rate_limits(work: Work, limits: str, shard: str, said: str) -> None:
    work.write(f"[{', '.join(MANY)}]")
    path = work.folder / "webhooks.yaml"
    path.write_text(path.read_text().replace("rate_limits: off", f"rate_limits: {limits}"))
    code, _, err = work.run("plan", "--shard", shard, "--account", "live:acct0*")
    assert code == 0, err
    assert said in " ".join(err.split())
    assert ("of 4 shards" in err) == shard.endswith("/4")


def test_places_that_turn_out_another_s_are_not_counted(work: Work) -> None:
    names = [f"acct{number:03}" for number in range(8)]
    work.write(f"[{', '.join(names)}]")
    assert work.apply()[0] == 0
    for name in names[:3]:
        work.fleet.add(name, "all", "https://elsewhere.example.com/x")
    path = work.folder / "webhooks.yaml"
    path.write_text(path.read_text().replace("  orders:\n", "  orders:\n    account: live\n"))
    base_url = work.fleet.base_url.replace("127.0.0.1", "localhost")
    other = f"  other:\n    provider: shippo\n    token: ${{SHIPPO_API_TOKEN}}\n    base_url: {base_url}\n"
    path.write_text(path.read_text().replace("owns:", f"{other}    rate_limits: off\n    account_id: acct007\nowns:"))
    code, out, _ = work.run("plan")
    assert code == 1
    assert "7 of 8 places without changes, 17 of 17 webhooks listed" in out
    assert "live:acct007" in out


@pytest.mark.parametrize("limits", ["off", "{list: 500, write: 1000}"])
def test_a_backup_keeps_the_rate_limits_of_the_file(work: Work, limits: str) -> None:
    work.write("[a1, b2]")
    file = work.folder / "webhooks.yaml"
    file.write_text(file.read_text().replace("rate_limits: off", f"rate_limits: {limits}"))
    work.fleet.fill("a1", 1)
    assert work.apply("--backup", "before.yaml")[0] == 0
    backup = yaml.safe_load((work.folder / "before.yaml").read_text())
    account = next(iter(backup["accounts"].values()))
    assert account["rate_limits"] == ("off" if limits == "off" else yaml.safe_load(limits))
    code, out, err = work.run("validate", "-f", "before.yaml", "--env-file", "before.yaml.env")
    assert code == 0, out + err
