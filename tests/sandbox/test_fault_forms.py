"""The command line's faults: each form is a rule, and everything else is an error that says which forms there are."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.sandbox.faults import (
    BAD_GATEWAY,
    DROP_ANSWER,
    FORMS,
    HANG,
    LATE_BAD_GATEWAY,
    REFUSE,
    RESET_ANSWER,
    RESET_REQUEST,
    Action,
    Answer,
    Rule,
    When,
    parse_fault,
)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("503", Rule(action=Answer(status=503))),
        ("503:POST", Rule(action=Answer(status=503), method="POST")),
        ("503:post", Rule(action=Answer(status=503), method="POST")),
        ("429@3", Rule(action=Answer(status=429), when=When(nth=3))),
        ("429/5@3", Rule(action=Answer(status=429, retry_after="5"), when=When(nth=3))),
        ("500@2+", Rule(action=Answer(status=500), when=When(since=2))),
        ("drop:POST@1", Rule(action=DROP_ANSWER, method="POST", when=When(nth=1))),
        ("html:GET", Rule(action=BAD_GATEWAY, method="GET")),
        ("html-after", Rule(action=LATE_BAD_GATEWAY)),
        ("HTML-After", Rule(action=LATE_BAD_GATEWAY)),
        ("reset-after:PUT", Rule(action=RESET_ANSWER, method="PUT")),
        ("reset-before:DELETE@4+", Rule(action=RESET_REQUEST, method="DELETE", when=When(since=4))),
        ("cut", Rule(action=Action(cut=10))),
        ("cut/0", Rule(action=Action(cut=0))),
        ("short", Rule(action=Action(short=10))),
        ("short/0:GET", Rule(action=Action(short=0), method="GET")),
        ("drip", Rule(action=Action(pause=0.1))),
        ("drip/5:GET", Rule(action=Action(pause=0.005), method="GET")),
        ("hang:POST", Rule(action=HANG, method="POST")),
        ("refuse@3", Rule(action=REFUSE, when=When(nth=3))),
        ("redirect", Rule(action=Answer(status=307, location="https://elsewhere.example/webhooks"))),
        ("20%:503", Rule(action=Answer(status=503), when=When(chance=0.2))),
        ("2.5%:cut/7:GET", Rule(action=Action(cut=7), method="GET", when=When(chance=0.025))),
        ("100%:drop", Rule(action=DROP_ANSWER, when=When(chance=1.0))),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_form_is_a_rule(text: str, rule: Rule) -> None:
    assert parse_fault(text) == rule


@pytest.mark.parametrize(
    "text",
    [
        *("", "200", "399", "600", "5033", "teapot", "503:HEAD", "503@", "503@0", "503@-1", "503@x", "@1", ":POST"),
        *("503@1:POST", "503:POST:GET", "503%", "20%503", "%:503", "101%:503", "0%:503", "20%:503@1", "drop/5"),
        *("html/1", "503/", "503/x", " 503", "503\n", "٥٠٣", "503:POST@1 ", "reset", "re\u017fet-after"),
    ],
)
def test_anything_else_is_an_error_that_says_which_forms_there_are(text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(FORMS)) as caught:
        parse_fault(text)
    assert str(caught.value).startswith(repr(text))


def test_the_examples_of_the_help_are_faults() -> None:
    examples = FORMS.rpartition("Examples:")[2].split()
    assert len(examples) >= 5
    for example in examples:
        parse_fault(example)


def test_the_help_fits_a_terminal() -> None:
    assert max(len(line) for line in FORMS.splitlines()) <= 78


@given(text=st.text("0123456789%:/@+-. htmldropcutGETPOST", max_size=15))
def test_a_text_is_a_rule_or_a_value_error(text: str) -> None:
    try:
        rule = parse_fault(text)
    except ValueError:
        return
    assert isinstance(rule, Rule)
