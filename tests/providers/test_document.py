"""Bytes that call themselves JSON."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.http.exchange import UnexpectedAnswerError, parse_json


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        pytest.param(b"", "isn't JSON", id="nothing"),
        pytest.param(b"<html>", "isn't JSON", id="html"),
        pytest.param(b'{"a": 1', "isn't JSON", id="cut"),
        pytest.param(b'{"a": 1} x', "isn't JSON", id="something-behind"),
        pytest.param(b'{"a": NaN}', "isn't JSON", id="nan"),
        pytest.param(b'{"a": ' + b"9" * 5000 + b"}", "isn't JSON", id="huge-number"),
        pytest.param(b'{"a": "\xff"}', "isn't UTF-8", id="bad-bytes"),
        pytest.param(b"[" * 100_000, "is nested too deeply", id="deep-list"),
        pytest.param(b'{"a":' * 100_000, "is nested too deeply", id="deep-object"),
        pytest.param(b"null", "is JSON, but neither an object nor a list", id="null"),
        pytest.param(b"true", "is JSON, but neither an object nor a list", id="bool"),
        pytest.param(b'"text"', "is JSON, but neither an object nor a list", id="text"),
    ],
)
def test_what_is_no_json_object_is_refused_with_a_reason_that_quotes_nothing(body: bytes, reason: str) -> None:
    with pytest.raises(UnexpectedAnswerError) as caught:
        parse_json(body)
    assert str(caught.value) == reason
    assert caught.value.__context__ is None


@pytest.mark.parametrize("body", [pytest.param(b'\xef\xbb\xbf{"a": 1}', id="byte-order-mark"), b' {"a": 1}\n'])
def test_an_object_is_read(body: bytes) -> None:
    assert parse_json(body) == {"a": 1}


@given(st.binary())
def test_no_bytes_lead_to_another_exception(body: bytes) -> None:
    with suppress(UnexpectedAnswerError):
        parse_json(body)
