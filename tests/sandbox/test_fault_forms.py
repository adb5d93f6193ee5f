"""The command line's faults: each form is a rule, and everything else is an error that says which forms there are."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.sandbox.fault_forms import FORMS, parse_fault
from reconciler.sandbox.faults import (
    BAD_GATEWAY,
    Answer,
    Chance,
    CutAnswer,
    DripAnswer,
    DropAnswer,
    From,
    Hang,
    Nth,
    Refuse,
    ReplaceAnswer,
    ResetAnswer,
    ResetRequest,
    Rule,
    ShortenAnswer,
)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("503", Rule(action=Answer(status=503))),
        ("503:POST", Rule(action=Answer(status=503), method="POST")),
        ("503:post", Rule(action=Answer(status=503), method="POST")),
        ("429@3", Rule(action=Answer(status=429), when=Nth(k=3))),
        ("429/5@3", Rule(action=Answer(status=429, retry_after="5"), when=Nth(k=3))),
        ("500@2+", Rule(action=Answer(status=500), when=From(k=2))),
        ("drop:POST@1", Rule(action=DropAnswer(), method="POST", when=Nth(k=1))),
        ("html:GET", Rule(action=BAD_GATEWAY, method="GET")),
        ("html-after", Rule(action=ReplaceAnswer(answer=BAD_GATEWAY))),
        ("HTML-After", Rule(action=ReplaceAnswer(answer=BAD_GATEWAY))),
        ("reset-after:PUT", Rule(action=ResetAnswer(), method="PUT")),
        ("reset-before:DELETE@4+", Rule(action=ResetRequest(), method="DELETE", when=From(k=4))),
        ("cut", Rule(action=CutAnswer(after=10))),
        ("cut/0", Rule(action=CutAnswer(after=0))),
        ("short", Rule(action=ShortenAnswer(after=10))),
        ("short/0:GET", Rule(action=ShortenAnswer(after=0), method="GET")),
        ("drip", Rule(action=DripAnswer(pause=0.1))),
        ("drip/5:GET", Rule(action=DripAnswer(pause=0.005), method="GET")),
        ("hang:POST", Rule(action=Hang(), method="POST")),
        ("refuse@3", Rule(action=Refuse(), when=Nth(k=3))),
        ("redirect", Rule(action=Answer(status=307, location="https://elsewhere.example/webhooks"))),
        ("20%:503", Rule(action=Answer(status=503), when=Chance(probability=0.2))),
        ("2.5%:cut/7:GET", Rule(action=CutAnswer(after=7), method="GET", when=Chance(probability=0.025))),
        ("100%:drop", Rule(action=DropAnswer(), when=Chance(probability=1.0))),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_form_is_a_rule(text: str, rule: Rule) -> None:
    assert parse_fault(text) == rule


@pytest.mark.parametrize(
    "text",
    [
        *("", "200", "399", "600", "5033", "teapot", "503:PATCH", "503@", "503@0", "503@-1", "503@x", "@1", ":POST"),
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
