"""A saved plan's digest holds all that would be done and no more; one that was altered with care is refused too."""

from __future__ import annotations

import hashlib
import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from reconciler.model.plan import Filters, Plan
from reconciler.model.secret import SecretText
from reconciler.model.url import parse_url
from reconciler.model.webhook import Address, Desired
from reconciler.operations.saved_plan import SavedPlanError, digest_of, is_of, is_saved_plan, read_saved, sealed
from reconciler.view.codec import json_text
from reconciler.view.documents import Sources
from reconciler.view.redact import view_plan
from tests.contract.pigeonry import PIGEONRY
from tests.support.builders import HOST, account, entry, hook, planned

SALT = b"0123456789abcdef"
SOURCES = Sources(
    files=("prod.yaml", "more"), variables={"REGION": "eu"}, var_files=("eu.env",), env_files=("hooks.env",)
)


def a_plan(*, targets: tuple[str, ...] = (), allowed_losses: int | None = None) -> Plan:
    """An update, a delete (a loss), a webhook in step, and one that nobody manages."""
    return planned(
        [entry("a", "/a?token=wanted"), entry("keep", "/keep")],
        [
            hook("1", "/a?token=former"),
            hook("2", "/gone"),
            hook("3", "/keep"),
            hook("u", "https://other.example.com/u"),
        ],
        targets=targets,
        allowed_losses=allowed_losses,
    )


def test_digest_does_not_hang_on_the_order_of_accounts_entries_and_lists() -> None:
    accounts = [account(name, base_url=f"https://{name}.example.com") for name in ("live", "east", "west")]
    entries = [entry(f"{name}-{path}", f"/{path}", account=name) for name in ("live", "east") for path in ("a", "b")]
    there = {one.name: [hook(f"{one.name}{number}", f"/gone/{number}") for number in range(3)] for one in accounts}
    digests = {
        digest_of(planned(wanted, {name: there[name][::way] for name in there}, order), SALT)
        for way in (1, -1)
        for wanted in (entries, entries[::-1])
        for order in itertools.permutations(accounts)
    }
    assert len(digests) == 1


def test_digest_costs_so_much_that_guessing_does_not_pay(monkeypatch: pytest.MonkeyPatch) -> None:
    costs: list[dict[str, int]] = []

    def noted(_essence: bytes, *, salt: bytes, **cost: int) -> bytes:
        costs.append(cost)
        return salt

    monkeypatch.setattr(hashlib, "scrypt", noted)
    digest_of(a_plan(), SALT)
    assert costs == [{"n": 2**14, "r": 8, "p": 1}]


def test_digest_hangs_on_its_salt() -> None:
    assert digest_of(a_plan(), SALT[::-1]) != digest_of(a_plan(), SALT)
    assert len({sealed(view_plan(a_plan()), a_plan(), SOURCES)[0] for _ in range(2)}) == 2


def test_sets_settings_and_secrets_are_in_the_digest() -> None:
    digests = {
        digest_of(_subscription_plan(topics, limit, key), SALT)
        for topics in (frozenset({"bird.left", "bird.lost"}), frozenset({"bird.left"}))
        for limit in (3, 5)
        for key in ("one", "two")
    }
    assert len(digests) == 8


def _subscription_plan(topics: frozenset[str], limit: int, key: str) -> Plan:
    """A plan that creates one webhook of a provider with sets, nested settings and a secret that never reads back."""
    fields = PIGEONRY.normalise(
        {
            "url": parse_url(SecretText.literal(f"{HOST}/a")),
            "events": topics,
            "settings": {"retry": {"limit": limit}},
            "signing_key": SecretText.environment("KEY", key),
        }
    )
    webhook_key = PIGEONRY.key_of(fields)
    assert webhook_key is not None
    wanted = Desired(
        address=Address(account="default", name="a"),
        key=webhook_key,
        fields=fields,
        place=entry("a").place,
    )
    return planned([wanted], [], [replace(account(), provider=PIGEONRY, scope=())])


def _saved() -> dict[str, Any]:
    made = a_plan()
    document: dict[str, Any] = json.loads(sealed(view_plan(made), made, SOURCES)[0])
    return document


def _signed_anew(document: dict[str, Any]) -> bytes:
    """The text of a saved plan whose checksum fits, as somebody who knows the format could make it."""
    saved = {key: value for key, value in document["saved"].items() if key != "checksum"}
    checksum = hashlib.sha256((json_text({**document, "saved": saved}) + "\n").encode()).hexdigest()
    return (json_text({**document, "saved": {**saved, "checksum": checksum}}) + "\n").encode()


def test_saved_plan_reads_back_and_is_of_its_plan_only() -> None:
    made = a_plan(targets=("a", "@2"), allowed_losses=4)
    view, seal = read_saved(sealed(view_plan(made), made, SOURCES)[0].encode())
    assert replace(view, saved=None) == view_plan(made)
    assert (seal.filters, seal.allowed_losses, seal.sources) == (Filters(targets=("a", "@2")), 4, SOURCES)
    assert is_of(seal, made)
    assert not is_of(seal, a_plan())
    assert is_of(read_saved(_signed_anew(_saved()))[1], a_plan())


@pytest.mark.parametrize(
    ("key", "value"),
    [
        pytest.param("sources", None, id="sources-that-are-no-mapping"),
        pytest.param(
            "sources", {"files": "a", "variables": {}, "var_files": [], "env_files": []}, id="files-that-are-no-list"
        ),
        pytest.param(
            "sources", {"files": [], "variables": [], "var_files": [], "env_files": []}, id="variables-that-are-a-list"
        ),
        pytest.param(
            "sources",
            {"files": [], "variables": {"A": 1}, "var_files": [], "env_files": []},
            id="variable-that-is-a-number",
        ),
        pytest.param(
            "sources", {"files": [], "variables": {}, "var_files": [], "env_files": [None]}, id="env-file-that-is-null"
        ),
        pytest.param("sources", {"files": [], "variables": {}}, id="sources-that-lack-something"),
        pytest.param("filters", 3, id="filters-that-are-no-mapping"),
        pytest.param("filters", {"accounts": [], "targets": None}, id="filters-that-are-no-list"),
        pytest.param("salt", "zz", id="salt-that-is-no-hex"),
        pytest.param("salt", 7, id="salt-that-is-no-text"),
    ],
)
def test_saved_plan_of_the_wrong_shape_is_refused_though_its_checksum_fits(key: str, value: object) -> None:
    document = _saved()
    document["saved"][key] = value
    with pytest.raises(SavedPlanError) as caught:
        read_saved(_signed_anew(document))
    assert (caught.value.code, caught.value.message) == ("plan-altered", "the saved plan was modified")


@pytest.mark.parametrize("key", ["sources", "filters", "allowed_losses", "salt", "digest"])
def test_saved_plan_that_lacks_something_is_refused(key: str) -> None:
    document = _saved()
    del document["saved"][key]
    with pytest.raises(SavedPlanError) as caught:
        read_saved(_signed_anew(document))
    assert caught.value.code == "plan-altered"


def _text() -> bytes:
    made = a_plan()
    return sealed(view_plan(made), made, SOURCES)[0].encode()


@pytest.mark.parametrize("length", [1, 5, 30, 200, -200, -3, -2, -1])
def test_saved_plan_that_was_cut_off_is_told_as_such(length: int) -> None:
    with pytest.raises(SavedPlanError) as caught:
        read_saved(_text()[:length])
    assert (caught.value.code, caught.value.message) == ("plan-cut", "the saved plan is incomplete")


VERSION = "the plan was saved by another version of this tool, or is not a saved plan"
ALTERED = "the saved plan was modified"


@pytest.mark.parametrize(
    ("data", "code", "message"),
    [
        pytest.param(b"{}", "plan-version", VERSION, id="another-document"),
        pytest.param(b'{"saved": 3}', "plan-version", VERSION, id="nothing-saved"),
        pytest.param(_text().replace(b'"document_version": "2.0"', b'"document_version": "9"'), "plan-version", VERSION,
                     id="another-format"),
        pytest.param(_text().replace(b'"version":3', b'"version":1'), "plan-version", VERSION, id="another-version"),
        pytest.param(_text().replace(b"gone", b"gane"), "plan-altered", ALTERED, id="altered"),
        pytest.param(_text() + b"\n", "plan-altered", ALTERED, id="one-line-more"),
        pytest.param(b"[]", "plan-altered", f"{ALTERED}, or is not a saved plan", id="no-mapping"),
        pytest.param(b"version: 1\n", "plan-altered", f"{ALTERED}, or is not a saved plan", id="no-json"),
        pytest.param(b"\xff", "plan-altered", f"{ALTERED}, or is not a saved plan", id="no-text"),
        pytest.param(b"[" * 100_000, "plan-altered", f"{ALTERED}, or is not a saved plan", id="too-deep"),
    ],
)  # fmt: skip
def test_what_is_no_saved_plan_of_ours_is_refused(data: bytes, code: str, message: str) -> None:
    with pytest.raises(SavedPlanError) as caught:
        read_saved(data)
    assert (caught.value.code, caught.value.message) == (code, message)


@pytest.mark.parametrize(
    ("data", "is_plan"),
    [
        pytest.param(_text(), True, id="plan"),
        pytest.param(_text()[:40], True, id="cut"),
        pytest.param(b"version: 1\n", False, id="file"),
        pytest.param(b"", False, id="empty"),
    ],
)
def test_file_that_a_plan_may_replace_begins_as_a_plan_does(tmp_path: Path, data: bytes, *, is_plan: bool) -> None:
    path = tmp_path / "some"
    path.write_bytes(data)
    assert is_saved_plan(path) is is_plan
