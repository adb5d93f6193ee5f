"""What of a provider's URL no file may say in clear: what hides in a plan, and what a variable of the file holds."""

from __future__ import annotations

import pytest

from reconciler.model.showing import Hides, Showing
from reconciler.model.url import Url
from tests.model.texts import env, sent, written

WORD = "swordfish"
"""A secret that reads as a word: only the file's variable gives away that it is one."""
PATH = (written("https://h.io/in/", env("A", WORD), "/orders?ref=", env("B", "mackerel")),)
MIXED = (written("https://h.io/in/hook-", env("A", WORD)),)
NAME = (written("https://h.io/in?", env("A", WORD), "=yes"),)
WHOLE = (written(env("URL", f"https://h.io/in/{WORD}?ref=mackerel&page=2")),)


@pytest.mark.parametrize(
    ("file", "remote", "segments", "items"),
    [
        pytest.param((), f"https://h.io/in/{WORD}?ref=mackerel", [False, False], [Hides.NOTHING], id="unknown"),
        pytest.param(PATH, f"https://h.io/in/{WORD}/x", [False, True, False], [], id="segment-alone"),
        pytest.param(PATH, f"https://g.io/{WORD}", [True], [], id="at-any-host"),
        pytest.param(PATH, "https://h.io/sw%6Frdfish", [True], [], id="in-normal-form"),
        pytest.param(PATH, "https://h.io/in/x?ref=mackerel", [False, False], [Hides.VALUE], id="item"),
        pytest.param(MIXED, f"https://h.io/hook-{WORD}/{WORD}", [True, False], [], id="whole-segments-only"),
        pytest.param(NAME, f"https://h.io/x?{WORD}=yes&{WORD}=no", [False], [Hides.ALL, Hides.NOTHING], id="name"),
        pytest.param(
            WHOLE, f"https://h.io/in/{WORD}?ref=mackerel&page=2", [True, True], [Hides.ALL] * 2, id="whole-variable"
        ),
        pytest.param(WHOLE, f"https://h.io/{WORD}?page=2", [False], [Hides.NOTHING], id="another-than-the-whole"),
        pytest.param(PATH, "https://h.io/Zk8Wq3Lx7Vr2/orders?key=x", [True, True], [Hides.VALUE], id="no-words"),
    ],
)
def test_file_says_in_clear_only_what_no_variable_holds(
    file: tuple[Url, ...], remote: str, segments: list[bool], items: list[Hides]
) -> None:
    showing, url = Showing(file), sent(remote)
    assert list(showing.hidden_segments(url)) == segments
    assert [showing.hidden_in(url, item) for item in url.items] == items
