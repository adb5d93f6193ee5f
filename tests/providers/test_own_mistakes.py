"""A built-in client that can't be opened is our mistake, and no package's."""

from __future__ import annotations

import pytest

from reconciler.providers import rest
from reconciler.providers.registry import open_reader, open_writer

from .tools import Run, account


def test_built_in_client_that_breaks_is_a_bug_and_not_explained_away(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> object:
        raise ZeroDivisionError

    monkeypatch.setattr(rest, "RestReader", fail)
    monkeypatch.setattr(rest, "RestWriter", fail)
    for open_client in (open_reader, open_writer):
        with pytest.raises(ZeroDivisionError):
            open_client(account("http://127.0.0.1:1"), Run().context)
