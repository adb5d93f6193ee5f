"""Events that nobody knows: an error with a suggestion, which `allow_events` lifts."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.model.diagnostic import Severity
from tests.config.tools import ENTRY, OWNS, TOP, complaints, configuration, inputs, loaded

NEW = ENTRY.replace("track_updated", "shipment_delayed")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        pytest.param("tracking_updated", "track_updated", id="as-public-guides-have-it"),
        pytest.param("TRACK_UPDATED", "track_updated", id="upper-case"),
        pytest.param("Transaction_Created", "transaction_created", id="capitalised"),
        pytest.param("batchPurchased", "batch_purchased", id="camel-case"),
        pytest.param("batch-created", "batch_created", id="hyphen"),
        pytest.param("transaction.updated", "transaction_updated", id="dot"),
        pytest.param("ALL", "all", id="all"),
    ],
)
def test_an_unknown_event_is_an_error_with_a_suggestion(written: str, meant: str) -> None:
    (found,) = loaded(inputs(TOP + OWNS + ENTRY.replace("track_updated", written))).diagnostics
    assert (found.severity, found.code, str(found.place)) == (Severity.ERROR, "event-unknown", "<stdin>:6:14")
    assert found.message == f"`{written}` is not a known event of Shippo"
    assert found.help.startswith(f"Did you mean `{meant}`? ")
    assert found.help.endswith("If the event is newer than this version, add it to `allow_events` as well.")


def test_a_url_that_is_none_hides_no_event_that_nobody_knows() -> None:
    text = TOP + OWNS + NEW.replace("https://", "https://u@")
    assert [code for code, _, _ in complaints(loaded(inputs(text)))] == ["url-userinfo", "event-unknown"]


@pytest.mark.parametrize("allowed", ["[shipment_delayed]", "['${EVENT}']"])
def test_what_is_allowed_is_wanted(allowed: str) -> None:
    given = inputs(
        TOP + f"allow_events: {allowed}\n" + OWNS + NEW,
        variables={"EVENT": "shipment_delayed"} if "$" in allowed else {},
    )
    found = loaded(given)
    assert found.diagnostics == ()
    assert [str(desired.fields["event"]) for desired in configuration(given).desired] == ["shipment_delayed"]


def test_what_is_allowed_is_that_name_alone() -> None:
    text = TOP + "allow_events: [shipment_delayed]\n" + OWNS + NEW.replace("_delayed", "_delayed, Shipment_Delayed")
    assert [code for code, _, _ in complaints(loaded(inputs(text)))] == ["event-unknown"]


@pytest.mark.parametrize("allowed", ["track_updated", "shipment_delayed"])
def test_a_name_that_nothing_needs_is_no_error(allowed: str) -> None:
    assert loaded(inputs(TOP + f"allow_events: [{allowed}]\n" + OWNS + ENTRY)).diagnostics == ()


def test_allow_events_is_for_all_files_and_stands_in_one(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(TOP + "allow_events: [shipment_delayed]\n" + OWNS)
    (tmp_path / "b.yaml").write_text(TOP + NEW)
    given = inputs(files=(str(tmp_path),))
    assert loaded(given).diagnostics == ()
    (tmp_path / "b.yaml").write_text(TOP + NEW + "allow_events: [shipment_delayed]\n")
    assert [code for code, _, _ in complaints(loaded(given))] == ["key-in-two-files"]


@pytest.mark.parametrize(
    ("written", "code"),
    [("shipment_delayed", "wrong-type"), ("[]", None), ("[1]", "wrong-type"), ("[a, a]", "repeated-item")],
)
def test_its_shape_is_a_list_of_names(written: str, code: str | None) -> None:
    found = complaints(loaded(inputs(TOP + f"allow_events: {written}\n" + OWNS + ENTRY)))
    assert [said for said, _, _ in found] == ([] if code is None else [code])
