"""How long people are told to wait, and until when."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from reconciler.http.errors import come_back, duration

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
