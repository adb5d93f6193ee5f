"""What of a provider's URL no file may say in clear: what hides in a plan, and what a variable of the file holds."""

from __future__ import annotations

from itertools import zip_longest

import pytest

from reconciler.model.redaction import Redaction
from reconciler.model.secret import hides
from reconciler.model.url import Url
from tests.model.texts import env, sent, written

WORD = "swordfish"
"""A secret that reads as a word: only the file's variable gives away that it is one."""
PATH = (written("https://h.io/in/", env("A", WORD), "/orders?ref=", env("B", "mackerel")),)
MIXED = (written("https://h.io/in/hook-", env("A", WORD)),)
NAME = (written("https://h.io/in?", env("A", WORD), "=yes"),)
TOKEN = (written("https://h.io/in/Zk8Wq3Lx7Vr2"),)
CLEAR = (written("https://h.io/?lang=en"),)
WHOLE = (written(env("URL", f"https://h.io/in/{WORD}?ref=mackerel&page=2")),)


@pytest.mark.parametrize(
    ("file", "remote", "segments", "items"),
    [
        pytest.param((), f"https://h.io/in/{WORD}?ref=mackerel", [False, False], ["ref="], id="unknown"),
        pytest.param(PATH, f"https://h.io/in/{WORD}/x", [False, True, False], [], id="segment-alone"),
        pytest.param(PATH, f"https://g.io/{WORD}", [True], [], id="at-any-host"),
        pytest.param(PATH, "https://h.io/sw%6Frdfish", [True], [], id="in-normal-form"),
        pytest.param(PATH, "https://h.io/in/x?ref=mackerel", [False, False], ["ref="], id="item"),
        pytest.param(MIXED, f"https://h.io/hook-{WORD}/{WORD}", [True, False], [], id="whole-segments-only"),
        pytest.param(NAME, f"https://h.io/x?{WORD}=yes&{WORD}=no", [False], ["", f"{WORD}="], id="name"),
        pytest.param(WHOLE, f"https://h.io/in/{WORD}?ref=mackerel&page=2", [True, True], ["", ""], id="whole-variable"),
        pytest.param(WHOLE, f"https://h.io/{WORD}?page=2", [False], ["page="], id="another-than-the-whole"),
        pytest.param(CLEAR, "https://g.io/?lang=en&lang=de", [False], ["lang=en", "lang="], id="clear"),
        pytest.param((), "https://h.io/?lang=&flag", [False], ["lang=", "flag"], id="no-value"),
        pytest.param(PATH, "https://h.io/Zk8Wq3Lx7Vr2/orders?key=x", [True, True], ["key="], id="no-words"),
        pytest.param((), "https://h.io/orders\u200b/in", [True, True], [], id="character-that-cannot-be-seen"),
        pytest.param(TOKEN, "https://h.io/in/Zk8Wq3Lx7Vr2/x", [False, False, False], [], id="clear-in-the-file"),
        pytest.param(TOKEN, "https://g.io/in/Zk8Wq3Lx7Vr2/x", [False, True, True], [], id="clear-at-another-host"),
    ],
)
def test_file_says_in_clear_only_what_no_variable_holds(
    file: tuple[Url, ...], remote: str, segments: list[bool], items: list[str]
) -> None:
    redaction, url = Redaction(file), sent(remote)
    assert list(redaction.segments_for_variables(url)) == segments
    # What shows of the path is what a file may say in clear, and variables by name.
    path = redaction.show(url).removeprefix(url.endpoint.origin).partition("?")[0]
    shown = zip_longest(path.split("/")[1:], segments)
    assert all((text is None or hides(text) or "${" in text) == is_hidden for text, is_hidden in shown)
    assert [redaction.clear_part(url, item, item.text.reveal()) for item in url.items] == items


def test_values_of_public_parameters_may_be_said_in_clear_a_variables_not() -> None:
    redaction = Redaction([written("https://h.io/?ref=", env("REF", WORD))], frozenset({"ref", "x9y8z7w6"}))
    url = sent(f"https://h.io/?REF=Zk8Wq3Lx7Vr2&x9y8z7w6=1&ref={WORD}")
    clear = [redaction.clear_part(url, item, item.text.reveal()) for item in url.items]
    assert clear == ["REF=Zk8Wq3Lx7Vr2", "x9y8z7w6=1", "ref="]
