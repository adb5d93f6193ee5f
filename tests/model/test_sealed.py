"""Values with secrets are leaves: whatever walks through values shows or carries nothing of them."""

from __future__ import annotations

import copy
import pickle

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from reconciler.model.known_urls import KnownUrls, UrlTail
from reconciler.model.pattern import PatternSet, parse_pattern
from reconciler.model.redaction import Redaction
from reconciler.model.secret import Origin, Part, SecretText, replace
from reconciler.model.webhook import Headers
from tests.model.texts import env, sent, written
from tests.support.builders import entry
from tests.support.canaries import leaks
from tests.support.printing import shown_in_every_way
from tests.support.reachable import reachable

SECRET = "swordfish-3f9a"
URL = written("https://h.example.com/", env("P", SECRET), "/x?token=", env("T", SECRET), "&q=", env("Q", SECRET))
PATTERN = parse_pattern(SecretText((Part("https://h.example.com/"), env("P", SECRET))))
KNOWN = KnownUrls([entry("e", URL)])
TAIL = UrlTail(written("https://h.example.com/x?token=", env("T", SECRET)), "https://h.example.com/x")
VALUES = [
    pytest.param(env("T", SECRET), id="part"),
    pytest.param(SecretText.environment("T", SECRET), id="text"),
    pytest.param(SecretText.provider(SECRET), id="text-of-a-provider"),
    pytest.param(URL, id="url"),
    pytest.param(URL.endpoint, id="endpoint"),
    pytest.param(URL.items[0], id="query-item"),
    pytest.param(PATTERN, id="pattern"),
    pytest.param(PatternSet([PATTERN]), id="pattern-set"),
    pytest.param(KNOWN, id="known-urls"),
    pytest.param(TAIL, id="tail-of-urls"),
    pytest.param(TAIL.behind("https://h.example.com/y"), id="url-of-a-tail"),
    pytest.param(Redaction([URL], patterns=[PATTERN]).seeing([URL]), id="redaction"),
]


@pytest.mark.parametrize("value", VALUES)
def test_nothing_that_walks_through_a_value_shows_its_secret(value: object) -> None:
    if isinstance(value, Redaction):
        assert SECRET not in value.show(sent(f"https://h.example.com/{SECRET}"))  # it keeps what it found
    assert any(SECRET in found for found, _ in reachable(value) if isinstance(found, str))
    for way, said in shown_in_every_way(value):
        assert leaks(SECRET, said) == [], way


@given(
    secret=st.text(st.characters(codec="utf-8"), min_size=8),
    origin=st.sampled_from([Origin.ENVIRONMENT, Origin.PROVIDER]),
)
def test_text_of_any_characters_stays_unsaid(secret: str, origin: Origin) -> None:
    def forms(text: str) -> tuple[object, ...]:
        return Part(text, origin, "NAME"), SecretText((Part(text, origin, "NAME"),))

    # What is said of any other text, such as `environment`, says nothing of this one.
    assume(not any(secret in said for value in forms("\0" * 8) for _, said in shown_in_every_way(value)))
    for value in forms(secret):
        assert [way for way, said in shown_in_every_way(value) if secret in said] == []


@pytest.mark.parametrize("value", VALUES)
def test_copy_is_the_value_and_pickling_is_refused(value: object) -> None:
    assert copy.copy(value) is copy.deepcopy(value) is value
    with pytest.raises(TypeError, match="can't be pickled: it may hold a secret"):
        pickle.dumps([value])


KEYS = [
    env("T", SECRET),
    URL.source,
    URL,
    TAIL.behind("https://h.io/y"),
    URL.endpoint,
    URL.items[0],
    PATTERN,
    Headers(),
]


@pytest.mark.parametrize("value", KEYS)
def test_nothing_changes_a_value_that_is_a_key(value: object) -> None:
    for name in type(value).__slots__:  # type: ignore[attr-defined]
        with pytest.raises(AttributeError, match="is frozen"):
            setattr(value, name, None)
        with pytest.raises(AttributeError, match="is frozen"):
            delattr(value, name)


def test_other_fields_make_another_value_of_the_same_type() -> None:
    part = env("T", SECRET)
    assert replace(part, name="U") == Part(SECRET, Origin.ENVIRONMENT, "U")
    assert replace(URL, items=URL.items[:1]).items == URL.items[:1]
    with pytest.raises(TypeError, match="nme"):
        replace(part, nme="U")
