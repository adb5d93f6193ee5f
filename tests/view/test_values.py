"""Values as they may be shown: times, and what is said of fields that hide something."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from reconciler.view.values import sensitive, time_text

_EAST = timezone(timedelta(hours=5, minutes=45))


@pytest.mark.parametrize(
    ("time", "text"),
    [
        pytest.param(datetime(2026, 3, 2, 9, 30, tzinfo=UTC), "2026-03-02T09:30:00Z", id="whole-seconds"),
        pytest.param(datetime(2026, 3, 2, 9, 30, 59, 999_999, UTC), "2026-03-02T09:30:59Z", id="never-rounded-up"),
        pytest.param(datetime(2026, 1, 1, 0, 30, tzinfo=_EAST), "2025-12-31T18:45:00Z", id="elsewhere"),
        pytest.param(datetime(1, 1, 1, tzinfo=UTC), "0001-01-01T00:00:00Z", id="the-first"),
        pytest.param(datetime.max.replace(tzinfo=UTC), "9999-12-31T23:59:59Z", id="the-last"),
    ],
)
def test_times_are_in_utc_and_to_the_second(time: datetime, text: str) -> None:
    assert time_text(time) == text


@pytest.mark.parametrize(
    ("value", "hides"),
    [
        pytest.param("https://a.example/x", False, id="clear"),
        pytest.param("https://a.example/‹hidden›", True, id="hidden"),
        pytest.param("https://a.example/‹hidden 2›", True, id="numbered"),
        pytest.param("https://a.example/?token=‹changed›", True, id="changed"),
        pytest.param("${URL}", True, id="a-variable"),
        pytest.param(("${URL}",), False, id="a-list"),
        pytest.param(None, False, id="nothing"),
    ],
)
def test_what_hides_something_is_sensitive(value: str | tuple[str, ...] | None, *, hides: bool) -> None:
    assert sensitive({"field": value, "active": True}) == ({"field": True} if hides else {})
    assert sensitive(None) is False
