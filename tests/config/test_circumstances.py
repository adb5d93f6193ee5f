"""What a load meets beside the file's text: folders that can't be listed, parsers without words, a collector off."""

from __future__ import annotations

import gc
import os
from pathlib import Path

import pytest
import yaml

from reconciler.config.cursor import Cursor
from reconciler.config.diagnostics import Diagnostics, SourceText
from reconciler.config.yaml_errors import syntax_error
from reconciler.config.yaml_nodes import parse
from reconciler.model.diagnostic import Diagnostic, Place, Severity
from tests.config.tools import ENTRY, GOOD, OWNS, TOP, complaints, configuration, inputs, loaded


def test_folder_that_can_not_be_listed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: str) -> list[str]:
        raise PermissionError(13, "Permission denied", path)

    folder = str(tmp_path)
    monkeypatch.setattr(os, "listdir", refuse)
    assert loaded(inputs(files=(folder,))).diagnostics == (
        Diagnostic(
            severity=Severity.ERROR,
            code="file-unreadable",
            place=Place(file=folder),
            message="this file can't be read: Permission denied",
            help="Check the path and its permissions.",
        ),
    )


def test_yaml_error_that_has_no_place_is_still_a_complaint_about_the_file() -> None:
    diagnostics = Diagnostics()
    syntax_error(yaml.YAMLError("something"), SourceText("webhooks.yaml", "text"), diagnostics)
    assert diagnostics.found == (
        Diagnostic(
            severity=Severity.ERROR,
            code="yaml-syntax",
            place=Place(file="webhooks.yaml", line=1),
            message="the file is not valid YAML",
            help="Check the indentation, quotes and brackets here.",
        ),
    )


def test_token_of_the_usual_account_must_be_one_of_the_provider() -> None:
    found = loaded(inputs(TOP + OWNS + ENTRY, environment={"SHIPPO_API_TOKEN": "sk_0123456789abcdef"}))
    assert complaints(found) == [("token-kind", "<stdin>", "the token doesn't begin with one of Shippo's prefixes")]
    assert "0123456789abcdef" not in repr(found.diagnostics)


@pytest.mark.parametrize("is_on", [True, False])
def test_cyclic_collector_is_afterwards_as_it_was(is_on: bool) -> None:  # noqa: FBT001 - the only column
    was_on = gc.isenabled()
    try:
        (gc.enable if is_on else gc.disable)()
        configuration(inputs(GOOD))
        assert gc.isenabled() is is_on
    finally:
        (gc.enable if was_on else gc.disable)()


def _cursor() -> Cursor:
    document = parse(SourceText("webhooks.yaml", GOOD), Diagnostics())
    assert document is not None
    return Cursor(document)


@pytest.mark.parametrize(
    ("path", "place"),
    [
        pytest.param((), "webhooks.yaml:1:1", id="the-file"),
        pytest.param(("owns", 0), "webhooks.yaml:8:5", id="item"),
        pytest.param(("webhooks", "orders", "url"), "webhooks.yaml:11:10", id="value"),
    ],
)
def test_place_of_a_value(path: tuple[str | int, ...], place: str) -> None:
    assert str(_cursor().spans_at(path)[1].place) == place
