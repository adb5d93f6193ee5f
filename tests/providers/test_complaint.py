"""What of a provider's complaint may be shown."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.providers.complaint import complaint

SECRET = "CorrectHorseBattery"
SENT = json.dumps({"url": f"https://hooks.example.com/orders/{SECRET}?token=s%77ordfish&n=42", "event": "all"}).encode()


def said(document: object) -> str:
    return complaint(json.dumps(document).encode(), SENT, ["abcdef0123456789"])


@pytest.mark.parametrize(
    ("document", "text"),
    [
        pytest.param(
            {"url": ["Ensure this field has no more than 200 characters."]},
            ": `url`: Ensure this field has no more than 200 characters",
            id="field-and-message",
        ),
        pytest.param({"detail": "Unsupported media type."}, ": Unsupported media type", id="detail"),
        pytest.param({"url": ["First.", "Second."]}, ": `url`: First", id="the-first-message-only"),
        pytest.param({"url": "Not good.", "event": ["Nor this."]}, ": `url`: Not good; `event`: Nor this", id="two"),
        pytest.param({"url": [f"{SECRET} is taken."]}, ": `url`", id="repeats-the-path"),
        pytest.param({"url": [f"{SECRET.lower()} is taken."]}, ": `url`", id="repeats-it-in-lower-case"),
        pytest.param({"url": ["CorrectHor is too long."]}, ": `url`", id="repeats-a-part"),
        pytest.param({"url": ["Horse is bad."]}, ": `url`", id="repeats-a-part-within"),
        pytest.param({"url": ["swordfish is bad."]}, ": `url`", id="repeats-the-query-decoded"),
        pytest.param({"url": ["Bad orders."]}, ": `url`", id="repeats-an-ordinary-word-of-it"),
        pytest.param({"url": ["'https://x.example/' is no URL."]}, ": `url`", id="another-url"),
        pytest.param({"url": ["a\x1b[31mb"]}, ": `url`", id="control-characters"),
        pytest.param({"url": ["::add-mask::x"]}, ": `url`", id="workflow-command"),
        pytest.param({"url": ["word " * 60]}, ": `url`", id="too-long"),
        pytest.param({"url": {"nested": ["No."]}}, ": `url`", id="nested"),
        pytest.param({"url": []}, ": `url`", id="no-message"),
        pytest.param({"abcdef0123456789": ["No."]}, "", id="the-token-as-a-field"),
        pytest.param({SECRET.lower(): ["No."]}, "", id="the-secret-as-a-field"),
        pytest.param({"[bold]": ["No."]}, "", id="no-field-name"),
        pytest.param({"detail": ["a@b"]}, "", id="a-detail-that-is-not-harmless"),
        pytest.param({}, "", id="nothing"),
        pytest.param(["no"], "", id="no-object"),
        pytest.param(
            {f"f{n}": "No." for n in range(9)}, ": `f0`: No; `f1`: No; `f2`: No; `f3`: No; `f4`: No", id="many"
        ),
    ],
)
def test_a_complaint_says_what_is_harmless_and_else_the_field(document: object, text: str) -> None:
    assert said(document) == text


def test_html_says_nothing() -> None:
    assert complaint(b"<html>", SENT, []) == ""


def test_a_call_without_a_body_can_be_complained_about() -> None:
    assert complaint(b'{"detail": "No way."}', None, []) == ": No way"


@given(
    st.recursive(
        st.text() | st.none() | st.just(SECRET), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_no_complaint_repeats_the_secret(document: object) -> None:
    assert SECRET[:8].lower() not in said(document).lower()
