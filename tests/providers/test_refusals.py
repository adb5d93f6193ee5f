"""How long people are told to wait, and until when; and what a refusal asks them to check."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from reconciler.http.errors import come_back, duration
from reconciler.model.reading import ErrorKind, ProviderError
from reconciler.providers.registry import Writer, open_writer
from tests.providers.tools import RawServer, Run, account, fields, says
from tests.support.builders import hook

NOW = datetime(2026, 3, 1, 23, 59, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        pytest.param(0.2, "1 s", id="rounded-up"),
        pytest.param(120, "120 s", id="seconds-up-to-two-minutes"),
        pytest.param(121, "3 min", id="then-minutes"),
        pytest.param(7200, "120 min", id="minutes-up-to-two-hours"),
        pytest.param(7201, "3 h", id="then-hours"),
        pytest.param(172_800, "48 h", id="hours-up-to-two-days"),
        pytest.param(172_801, "3 days", id="then-days"),
    ],
)
def test_duration_is_said_as_people_say_it(seconds: float, said: str) -> None:
    assert duration(seconds) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        pytest.param(45, "Run the command again in 45 s (not before 2026-03-02 00:00:15 UTC).", id="the-next-day"),
        pytest.param(29.2, "Run the command again in 30 s (not before 2026-03-02 00:00:00 UTC).", id="rounded-up"),
        pytest.param(1e12, "Run the command again in 11574075 days.", id="beyond-the-calendar"),
    ],
)
def test_when_to_come_back(seconds: float, said: str) -> None:
    assert come_back(seconds, NOW) == said


def _failed(status: str, call: Callable[[Writer], object]) -> ProviderError:
    with RawServer(says(status, b"{}")) as server:
        client = open_writer(account(server.base_url), Run().context)
        with pytest.raises(ProviderError) as caught:
            call(client)
        client.close()
    return caught.value


VALUES = "Check that the provider supports the entry's values."


@pytest.mark.parametrize("status", ["400 X", "409 X", "422 X"])
@pytest.mark.parametrize(
    ("call", "help_"),
    [
        pytest.param(lambda client: client.create(fields()), VALUES, id="create"),
        pytest.param(lambda client: client.update("1", fields(), hook("1")), VALUES, id="update"),
        pytest.param(
            lambda client: client.delete("1"),
            "Check in the Shippo web app (Settings, API, Webhooks) why it can't be deleted.",
            id="delete",
        ),
        pytest.param(lambda client: client.list(), "Check that `base_url` is the provider's API.", id="list"),
        pytest.param(lambda client: client.get("1"), "Check that `base_url` is the provider's API.", id="get"),
    ],
)
def test_refusal_asks_to_check_values_only_where_some_were_sent(
    status: str, call: Callable[[Writer], object], help_: str
) -> None:
    error = _failed(status, call)
    assert (error.kind, error.help) == (ErrorKind.INVALID, help_)


def test_create_that_is_answered_with_404_is_not_said_to_have_no_list() -> None:
    error = _failed("404 X", lambda client: client.create(fields()))
    assert (error.kind, error.message) == (ErrorKind.DENIED, "Shippo responded to the create with 404 (not found)")
    assert "which permissions the token in `SHIPPO_TOKEN` has" in error.help
