"""A file of another provider: its own fields, and what a file that doesn't say them means."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from msgspec.structs import replace

from reconciler.config.load import Inputs, Loaded, load
from reconciler.config.shape import accepts
from reconciler.model.secret import SecretText
from reconciler.model.webhook import Desired
from reconciler.providers.shippo import SHIPPO
from tests.contract.pigeonry import PIGEONRY
from tests.e2e.tool import run_here

FILE = """\
version: 1
accounts:
  loft:
    provider: pigeonry
    token: ${LOFT_TOKEN}
owns: [https://hooks.example.com/*]
webhooks:
  arrivals:
    url: https://hooks.example.com/arrivals
    events: [bird.arrived, bird.left]
"""


def _load(text: str, path: Path) -> Loaded:
    path.write_text(text, encoding="utf-8")
    inputs = Inputs(
        files=(str(path),),
        variables={"FORM": "form"} if "${FORM}" in text else {},
        env_files=(),
        environment={"LOFT_TOKEN": "some-token", "KEY": "swordfish"},
        allowed_hosts=frozenset(),
        standard_input=bytes,
    )
    return load(inputs, {SHIPPO.name: SHIPPO, PIGEONRY.name: PIGEONRY})


def _wanted(text: str, path: Path) -> Desired:
    loaded = _load(text, path)
    assert loaded.configuration is not None, loaded.diagnostics
    (wanted,) = loaded.configuration.desired
    return wanted


def test_fields_that_a_file_does_not_say_are_as_usual_and_secrets_left_alone(tmp_path: Path) -> None:
    wanted = _wanted(FILE, tmp_path / "webhooks.yaml")
    assert wanted.ignored == {"signing_key"}
    usual = {spec.name: spec.default for spec in PIGEONRY.own_fields}
    assert {name: wanted.fields[name] for name in usual} == usual
    assert wanted.fields["events"] == frozenset({"bird.arrived", "bird.left"})


def test_fields_that_a_file_says_are_wanted(tmp_path: Path) -> None:
    own = """\
    format: ${FORM}
    note: For the loft
    signing_key: ${KEY}
    settings: {retry: {limit: 5}}
    ignore_changes: [note]
"""
    wanted = _wanted(FILE + own, tmp_path / "webhooks.yaml")
    assert wanted.ignored == {"note"}
    key = wanted.fields["signing_key"]
    assert key == SecretText.literal("swordfish")
    assert str(key) == "${KEY}"
    assert (wanted.fields["format"], wanted.fields["note"]) == ("form", "For the loft")
    assert wanted.fields["settings"] == {"retry": {"limit": 5, "delays": [1, 5, 5]}, "headers": {}}


def test_an_entry_s_own_fields_win_over_those_of_defaults(tmp_path: Path) -> None:
    defaults = "defaults: {format: form, note: All}\n"
    wanted = _wanted(defaults + FILE + "    note: Mine\n", tmp_path / "webhooks.yaml")
    assert (wanted.fields["format"], wanted.fields["note"]) == ("form", "Mine")


FAULTS = [
    pytest.param(
        "format: xml", ("wrong-value", "`format` must be `json` or `form`", "Write `json` or `form`."), id="choice"
    ),
    pytest.param(
        "format: ${KEY}",
        (
            "variable-place",
            (
                "`${KEY}` comes from the environment, whose values may be used only in tokens, account ids, paths "
                "and queries"
            ),
            "Set it with `--var KEY=VALUE`, or in a file with `--var-file`.",
        ),
        id="choice-from-the-environment",
    ),
    pytest.param(
        "signing_key: swordfish",
        (
            "secret-not-variable",
            "`signing_key` must be a single variable",
            "Put the value in an environment variable and write that variable here, such as `${SIGNING_KEY}`.",
        ),
        id="secret-in-the-file",
    ),
    pytest.param(
        "signing_key: ${NO:-swordfish}",
        (
            "secret-not-variable",
            "`signing_key` must be a single variable",
            "Put the value in an environment variable and write that variable here, such as `${SIGNING_KEY}`.",
        ),
        id="secret-as-a-default",
    ),
    pytest.param(
        "settings: text",
        ("wrong-type", "`settings`: expected a mapping, found text", "Write `key: value` lines below it."),
        id="settings",
    ),
    pytest.param(
        "is_test: true",
        (
            "unknown-key",
            "`is_test` is not a known key of an entry",
            (
                "Known keys are url, events, for_each, account, accounts, active, ignore_changes, public_params, "
                "public_path, description, format, note, signing_key, settings, and any `x-…`."
            ),
        ),
        id="another-providers",
    ),
    pytest.param(
        "ignore_changes: [is_test]",
        (
            "wrong-value",
            "an item of `ignore_changes` must be `active`, `url`, `format`, `note`, `signing_key` or `settings`",
            "Write `active`, `url`, `format`, `note`, `signing_key` or `settings`.",
        ),
        id="ignored",
    ),
]


@pytest.mark.parametrize(("line", "expected"), FAULTS)
def test_what_is_wrong_with_a_field_is_said(tmp_path: Path, line: str, expected: tuple[str, str, str]) -> None:
    loaded = _load(f"{FILE}    {line}\n", tmp_path / "webhooks.yaml")
    (found,) = loaded.diagnostics
    assert (found.code, found.message, found.help) == expected
    assert found.place is not None
    assert found.place.line == len(FILE.splitlines()) + 1
    assert "swordfish" not in repr(found)


def test_schema_for_editors_has_what_packages_provide(tmp_path: Path) -> None:
    printed = run_here(tmp_path, "schema").out
    *events, _ = json.loads(printed)["definitions"]["pigeonry_event"]["anyOf"]
    assert [event["enum"][0] for event in events] == list(PIGEONRY.events)
    document = yaml.safe_load(f"{FILE}    note: For the loft\n")
    assert accepts(document, printed)
    document["accounts"]["loft"]["mode"] = "live"  # Shippo's
    assert not accepts(document, printed)


def test_secret_since_needs_a_provider_that_says_when_it_changed_a_webhook(tmp_path: Path) -> None:
    assert PIGEONRY.rest is not None
    dated = replace(PIGEONRY, rest=replace(PIGEONRY.rest, updated="updated_at"))
    assert [spec.name for provider in (PIGEONRY, dated) for spec in provider.about_secrets] == ["secret_since"]
    loaded = _load(f"{FILE}    secret_since: 2026-11-01\n", tmp_path / "webhooks.yaml")
    assert [found.code for found in loaded.diagnostics] == ["unknown-key"]
