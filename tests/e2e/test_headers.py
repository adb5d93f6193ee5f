"""Headers of the user's own: names may show, values are secrets everywhere, whatever a service shows of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from dotenv import dotenv_values

from tests.support.courier import MASK, TOKEN, Courier, courier_server, install_couriers
from tests.support.here import main_here

OLD, NEW, THEIRS = "correct-horse-battery", "staple-horse-correct", "zebra-piano-lantern"
FILE = """\
version: 1
accounts:
  parcels:
    provider: KIND
    token: ${COURIER_TOKEN}
    base_url: BASE
owns: [https://hooks.example.com/*]
webhooks:
  parcels:
    url: https://hooks.example.com/parcels
    events: [parcel.sent]
"""
HEADERS = """\
    headers:
      Authorization: Bearer ${HOOK_TOKEN}
      X-Env: ${HOOK_ENV}
"""
WANTED = {"Authorization": f"Bearer {OLD}", "X-Env": "production-eleven"}


class Work:
    def __init__(self, folder: Path, courier: Courier) -> None:
        self.folder, self.courier = folder, courier
        self.environment = {"COURIER_TOKEN": TOKEN, "HOOK_TOKEN": OLD, "HOOK_ENV": "production-eleven"}
        self.write()

    def write(self, more: str = HEADERS) -> None:
        text = FILE.replace("BASE", self.courier.base_url).replace("KIND", self.courier.kind)
        (self.folder / "webhooks.yaml").write_text(text + more)

    def run(self, *arguments: str) -> tuple[int, str]:
        code, out, err = main_here(self.folder, arguments, self.environment)
        for secret in (OLD, NEW, THEIRS, "production-eleven", MASK):
            assert secret not in out + err
        return code, out + err

    def apply(self) -> None:
        code, said = self.run("apply", "--auto-approve")
        assert code == 0, said

    def rows(self) -> list[Any]:
        rows: list[Any] = json.loads(self.run("plan", "--format", "json")[1])["resource_changes"]
        return [row for row in rows if row["change"]["actions"] != ["no-op"]]


@pytest.fixture(params=["clear", "keys", "masked", "never"])
def work(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Work]:
    install_couriers(monkeypatch)
    with courier_server(request.param) as server:
        yield Work(tmp_path, server)


def _is(work: Work, *kinds: str) -> bool:
    return work.courier.kind in kinds


def test_they_are_made_and_the_next_plan_is_empty(work: Work) -> None:
    assert '"Authorization": "‹hidden›"' in work.run("plan", "-vv")[1]
    work.apply()
    assert work.courier.headers == [WANTED]
    assert work.rows() == []


def test_new_value_is_a_difference_only_where_it_shows_and_resend_sends_it(work: Work) -> None:
    work.apply()
    work.environment["HOOK_TOKEN"] = NEW
    rows = work.rows()
    assert len(rows) == _is(work, "clear")
    if rows:
        assert rows[0]["change"]["after"]["headers"] == '{"Authorization": "‹changed›", "X-Env": "‹hidden›"}'
    assert work.run("apply", "--auto-approve", "--resend-secrets")[0] == 0
    assert work.courier.headers == [{**WANTED, "Authorization": f"Bearer {NEW}"}]
    assert work.rows() == []


def test_they_are_sent_with_an_update_that_has_another_reason(work: Work) -> None:
    work.apply()
    work.environment["HOOK_TOKEN"] = NEW
    work.write("    note: new\n" + HEADERS)
    work.apply()
    assert work.courier.headers == [{**WANTED, "Authorization": f"Bearer {NEW}"}]


@pytest.mark.parametrize("there", [{"X-Env": THEIRS}, {**WANTED, "X-Other": THEIRS}, {}], ids=["less", "more", "none"])
def test_name_that_is_missing_or_too_many_is_drift_where_names_show(work: Work, there: dict[str, str]) -> None:
    work.apply()
    work.courier.hooks["1"]["headers"] = there
    assert work.run("drift")[0] == (0 if _is(work, "never") else 2)
    work.apply()
    assert work.courier.headers == [there if _is(work, "never") else WANTED]


def test_case_of_a_name_makes_no_difference(work: Work) -> None:
    work.apply()
    work.courier.hooks["1"]["headers"] = {name.upper(): value for name, value in reversed(WANTED.items())}
    assert work.rows() == []


def test_what_no_file_says_stays_and_no_mask_is_sent_back(work: Work) -> None:
    work.apply()
    work.courier.hooks["1"]["headers"] = {"X-Their": THEIRS}
    work.courier.sent.clear()
    work.write("    note: new\n")
    work.apply()
    assert work.courier.headers == [{"X-Their": THEIRS}]
    assert MASK not in json.dumps(work.courier.sent)


def test_empty_ones_mean_none(work: Work) -> None:
    work.apply()
    work.write("    note: new\n    headers: {}\n")
    work.apply()
    assert work.courier.headers == [{}]
    assert work.rows() == []


def test_export_has_a_variable_for_each_and_leads_back(work: Work) -> None:
    work.courier.hooks["1"] = {
        "id": "1",
        "url": "https://hooks.example.com/parcels",
        "events": ["parcel.sent"],
        "headers": {"X-Their": THEIRS},
    }
    work.write("")
    code, said = work.run("export", "--out", "out.yaml", "--secrets-to", "out.env")
    assert code == 0, said
    (entry,) = yaml.safe_load((work.folder / "out.yaml").read_text())["webhooks"].values()
    if _is(work, "never"):
        assert "headers" not in entry
        return
    assert entry["headers"] == {"X-Their": "${HOOK_PARCELS_HEADERS_X_THEIR}"}
    known = dotenv_values(work.folder / "out.env")
    assert known.get("HOOK_PARCELS_HEADERS_X_THEIR") == (THEIRS if _is(work, "clear") else None)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (f"      X-Env: {THEIRS}\n", "secret-not-variable"),
        ("      X-Env: ${HOOK_ENV:-some}\n", "secret-not-variable"),
        ("      X-Env: '***'\n", "secret-not-variable"),
        ("      X-Env: ${COURIER_TOKEN}\n", "token-elsewhere"),
        ("      X Env: ${HOOK_ENV}\n", "wrong-value"),
        ("      X-Env: ${HOOK_ENV}\n      x-env: ${HOOK_ENV}\n", "wrong-value"),
        ("      X-Env: 1\n", "wrong-type"),
        ("      - X-Env\n", "wrong-type"),
    ],
)
def test_wrong_ones_are_said_and_not_shown(work: Work, text: str, code: str) -> None:
    work.write("    headers:\n" + text)
    status, said = work.run("validate")
    assert status == 1
    assert f"error[{code}]" in said


def test_masked_value_in_a_variable_is_an_error(work: Work) -> None:
    work.environment["HOOK_TOKEN"] = MASK
    code, out, err = main_here(work.folder, ("plan",), work.environment)
    assert code == 1
    assert "contains a masked value" in out + err


def test_plain_values_are_no_secrets(work: Work) -> None:
    code, said = work.run("plan", "--var", "HOOK_ENV=x")
    assert code == 1
    assert "error[variable-option-secret]" in said


def test_unset_ones_are_not_compared(work: Work) -> None:
    work.apply()
    del work.environment["HOOK_TOKEN"]
    code, said = work.run("drift", "--allow-unset")
    assert code == 0
    assert "not compared, since not set: ${HOOK_TOKEN}" in said
