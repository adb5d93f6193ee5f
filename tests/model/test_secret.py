"""Text with origins: prints masked however it is printed, and keeps its origins when it is cut."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.secret import HIDDEN, Origin, Part, SecretText
from tests.model.texts import env, option, text

VALUE = "swordfish-3f9a"
MIXED = text("https://h.io/", env("T", VALUE), "/x?", option("Q", "q"), Part("~1", Origin.PLACEHOLDER, "P"))


@pytest.mark.parametrize(
    ("secret", "shown"),
    [
        pytest.param(SecretText.literal("a b"), "a b", id="literal"),
        pytest.param(SecretText.environment("T", VALUE), "${T}", id="environment"),
        pytest.param(SecretText.provider(VALUE), HIDDEN, id="provider"),
        pytest.param(text(option("O", "plain")), "plain", id="option"),
        pytest.param(text(Part("~1", Origin.PLACEHOLDER, "P")), "${P}", id="placeholder"),
        pytest.param(MIXED, "https://h.io/${T}/x?q${P}", id="mixed"),
        pytest.param(SecretText(()), "", id="nothing"),
    ],
)
def test_text_shows_what_its_origins_allow(secret: SecretText, shown: str) -> None:
    assert str(secret) == shown
    assert f"{secret}" == shown
    assert f"{secret:>60}" == shown.rjust(60)
    assert f"{secret!r}" == f"SecretText({shown!r})"
    assert "%s" % secret == shown  # noqa: UP031 - one more way to print it
    assert "{0:.3}".format(secret) == shown[:3]  # noqa: UP030, UP032 - and another


@pytest.mark.parametrize(
    "printed",
    [
        pytest.param(repr, id="repr"),
        pytest.param(str, id="str"),
        pytest.param(lambda secret: repr([secret, {"a": secret}]), id="repr-of-what-holds-it"),
        pytest.param(lambda secret: repr(secret.parts), id="repr-of-its-parts"),
        pytest.param(lambda secret: str(ValueError(secret)), id="exception"),
        pytest.param(lambda secret: repr(list(secret.split("/"))), id="split"),
        pytest.param(lambda secret: str(secret.slice(0, 20)), id="slice"),
        pytest.param(lambda secret: str(SecretText.joined([secret, secret], ",")), id="joined"),
    ],
)
def test_nothing_that_prints_it_prints_the_value(printed: Callable[[SecretText], str]) -> None:
    said = printed(MIXED)
    assert not [said for start in range(len(VALUE) - 7) if VALUE[start : start + 8] in said]


def test_json_refuses_it_and_quotes_nothing() -> None:
    with pytest.raises(TypeError) as caught:
        json.dumps({"token": MIXED})
    assert VALUE not in str(caught.value)


def test_equality_looks_at_the_characters_and_not_at_their_origin() -> None:
    one, other = SecretText.literal("abc"), text("a", env("B", "bc"))
    assert (one == other, hash(one) == hash(other), one == text("abd")) == (True, True, False)
    assert {one, other} == {one}


def test_text_says_its_length_origins_and_variables() -> None:
    assert (len(MIXED), bool(MIXED), bool(SecretText(()))) == (len(MIXED.reveal()), True, False)
    assert MIXED.origins() == {Origin.LITERAL, Origin.ENVIRONMENT, Origin.OPTION, Origin.PLACEHOLDER}
    assert MIXED.variables() == ("T", "Q", "P")
    assert MIXED.variables(Origin.OPTION, Origin.PLACEHOLDER) == ("Q", "P")


_PARTS = st.builds(
    Part,
    st.text("ab/", max_size=4),
    st.sampled_from(Origin),
    st.sampled_from(["", "A", "B"]),
)
_TEXTS = st.lists(_PARTS, max_size=5).map(lambda parts: SecretText(tuple(parts)))


def _origins(secret: SecretText) -> list[tuple[str, Origin, str]]:
    """Each character with where it came from."""
    return [(character, part.origin, part.name) for part in secret.parts for character in part.text]


@given(secret=_TEXTS, start=st.integers(0, 20), length=st.integers(0, 20))
def test_slice_is_a_slice_of_the_characters_and_of_their_origins(secret: SecretText, start: int, length: int) -> None:
    cut = secret.slice(start, start + length)
    assert cut.reveal() == secret.reveal()[start : start + length]
    assert _origins(cut) == _origins(secret)[start : start + length]


@given(secret=_TEXTS)
def test_split_pieces_joined_again_reveal_the_same(secret: SecretText) -> None:
    pieces = list(secret.split("/"))
    assert [piece.reveal() for piece in pieces] == secret.reveal().split("/")
    assert SecretText.joined(pieces, "/") == secret
    assert [origin for piece in pieces for origin in _origins(piece)] == [
        origin for origin in _origins(secret) if origin[0] != "/"
    ]


@given(texts=st.lists(_TEXTS, max_size=4), separator=st.sampled_from(["", "&"]))
def test_joined_text_reveals_and_shows_the_joined_texts(texts: list[SecretText], separator: str) -> None:
    joined = SecretText.joined(texts, separator)
    assert joined.reveal() == separator.join(one.reveal() for one in texts)
    assert str(joined) == separator.join(str(one) for one in texts)
