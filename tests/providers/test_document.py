"""Bytes that call themselves JSON."""

from __future__ import annotations

import json
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


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(r'["\ud800", "\ude00\ud83d", "\ud83d\ude00"]', id="halves-of-pairs"),
        pytest.param("[1e400, -1e400]", id="beyond-floats"),
        pytest.param("[-0, -0.0, 1E5, 0.1, 2.2250738585072014e-308, 9007199254740993.0]", id="numbers"),
        pytest.param("[18446744073709551616, 123456789012345678901234567890]", id="large-numbers"),
        pytest.param('{"b": 1, "a": 2, "b": {"": null}}', id="a-name-twice"),
    ],
)
def test_every_document_is_read_as_the_standard_library_reads_it(text: str) -> None:
    assert repr(parse_json(text.encode())) == repr(json.loads(text))


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(st.lists(_JSON) | st.dictionaries(st.text(), _JSON), st.booleans())
def test_so_is_any(document: object, ascii_only: bool) -> None:  # noqa: FBT001 - drawn
    text = json.dumps(document, ensure_ascii=ascii_only)
    assert repr(parse_json(text.encode())) == repr(json.loads(text))


@given(st.binary())
def test_no_bytes_lead_to_another_exception(body: bytes) -> None:
    with suppress(UnexpectedAnswerError):
        parse_json(body)
