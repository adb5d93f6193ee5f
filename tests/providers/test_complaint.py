"""What of a provider's complaint may be shown."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.http.complaint import complaint

SECRET = "CorrectHorseBattery"
TOKEN = "abcdef0123456789"
SECRETS = (SECRET, "s%77ordfish", "42", TOKEN)


def said(document: object) -> str:
    return complaint(json.dumps(document).encode(), SECRETS, frozenset({"url", "event", "track_updated"}))


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
        pytest.param({"url": [f"{SECRET} is taken."]}, ": `url`: ‹hidden› is taken", id="repeats-the-path"),
        pytest.param(
            {"url": [f"{SECRET.lower()} is taken."]}, ": `url`: ‹hidden› is taken", id="repeats-it-in-lower-case"
        ),
        pytest.param({"url": ["CorrectHor is too long."]}, ": `url`: ‹hidden› is too long", id="repeats-a-part"),
        pytest.param({"url": ["Horse is bad."]}, ": `url`: ‹hidden› is bad", id="repeats-a-part-within"),
        pytest.param({"url": ["swordfish is bad."]}, ": `url`: ‹hidden› is bad", id="repeats-the-query-decoded"),
        pytest.param({"url": ["'https://x.example/' is no URL."]}, ": `url`: ‹hidden› is no URL", id="another-url"),
        pytest.param({"url": ["a\x1b[31mb"]}, ": `url`", id="control-characters"),
        pytest.param({"url": ["::add-mask::x"]}, ": `url`", id="workflow-command"),
        pytest.param({"url": ["text " * 60]}, ": `url`: " + "text " * 39 + "text …", id="too-long"),
        pytest.param({"url": {"nested": ["No."]}}, ": `url`", id="nested"),
        pytest.param({"url": []}, ": `url`", id="no-message"),
        pytest.param({"abcdef0123456789": ["No."]}, "", id="the-token-as-a-field"),
        pytest.param({SECRET.lower(): ["No."]}, "", id="the-secret-as-a-field"),
        pytest.param({"[bold]": ["No."]}, "", id="no-field-name"),
        pytest.param({"detail": ["a@b"]}, "", id="a-detail-that-is-not-harmless"),
        pytest.param({}, "", id="nothing"),
        pytest.param(["no"], "", id="no-object"),
        pytest.param({"url": ["Enter a valid URL."]}, ": `url`: Enter a valid URL", id="capitals"),
        pytest.param({"detail": "Your webhooks are used up."}, ": Your webhooks are used up", id="a-piece-of-a-host"),
        pytest.param(
            {"detail": "No more than 200 (two hundred) webhooks/account, please; see our docs!"},
            ": No more than 200 (two hundred) webhooks/account, please; see our docs",
            id="signs",
        ),
        pytest.param({"error": "Not allowed."}, ": Not allowed", id="error"),
        pytest.param({"error": {"code": 7, "message": "Not allowed."}}, ": Not allowed", id="nested-error"),
        pytest.param({"message": "No.", "detail": "No."}, ": No", id="said-twice"),
        pytest.param(
            {"event": ['"track_updated" is not a valid choice.']},
            ': `event`: "track_updated" is not a valid choice',
            id="the-event-quoted",
        ),
        pytest.param(
            {"event": ['"zebra fish" is not a valid choice.']},
            ": `event`: ‹hidden› is not a valid choice",
            id="something-else-quoted",
        ),
        pytest.param({"detail": "token: zebra is used"}, ": token: ‹hidden› is used", id="after-a-secret-name"),
        pytest.param({"detail": "Key C o r r e c t H o is used"}, "", id="spelt-out"),
        pytest.param({"url": "Key 67 111 114 114 101 is used"}, ": `url`", id="spelt-in-numbers"),
        pytest.param({"detail": "Key Q29ycmVjdEhvcnNl is used"}, ": Key ‹hidden› is used", id="in-base64"),
        pytest.param({"detail": "Key 436f7272656374 is used"}, ": Key ‹hidden› is used", id="in-hex"),
        pytest.param({"detail": "CorrectHorseBattery"}, "", id="nothing-but-the-secret"),
        pytest.param(
            {f"f{n}": "No." for n in range(9)}, ": `f0`: No; `f1`: No; `f2`: No; `f3`: No; `f4`: No", id="many"
        ),
    ],
)
def test_a_complaint_says_what_is_harmless_and_else_the_field(document: object, text: str) -> None:
    assert said(document) == text


def test_html_says_nothing() -> None:
    assert complaint(b"<html>", SECRETS) == ""


def test_a_call_without_a_body_can_be_complained_about() -> None:
    assert complaint(b'{"detail": "No way."}', ()) == ": No way"


def squeezed(text: str) -> str:
    return "".join(re.findall("[a-z0-9]", text.lower()))


WORDS = st.sampled_from(
    ["Enter", "a", "valid", "URL", SECRET, SECRET[3:12], *SECRET, "Correct", "orseBat", "swordfish", TOKEN]
)


@given(st.lists(WORDS, max_size=20), st.sampled_from(["", " ", "-", ".", ", ", "'", '"', "/"]))
def test_no_window_of_a_secret_shows_however_it_is_cut(words: list[str], between: str) -> None:
    shown = squeezed(said({"detail": between.join(words)}).replace("‹hidden›", "|"))
    for secret in (SECRET, "swordfish", TOKEN):
        text = squeezed(secret)
        assert not any(text[start : start + 8] in shown for start in range(len(text) - 7))


@given(
    st.recursive(
        st.text() | st.none() | st.just(SECRET), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_no_complaint_repeats_the_secret(document: object) -> None:
    assert SECRET[:8].lower() not in said(document).lower()
