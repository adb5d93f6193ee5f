"""What reads as words, and how seldom a random token does."""

from __future__ import annotations

import random
import re
import string
import uuid
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.redaction import is_wordless, reads_as_words


@pytest.mark.parametrize(
    "words",
    [
        *("", "v1", "v", "7", "2024", "webhooks", "shippo2-prod", "orders_2024", "ORDERS", "Orders", "orderEvents"),
        *(
            "order-tracking-and-fulfilment",
            "customer_acme_corp",
            "2023_q4",
            "index.html",
            "v2.1",
            "xml",
            "http",
            "gzip",
        ),
        *("myApiKeyName", "ordErs", "rhythm", "a" * 40),
    ],
)
def test_words(words: str) -> None:
    assert reads_as_words(words)


@pytest.mark.parametrize(
    "no_words",
    [
        *("20245", "v12345", "orders20245", "2fast", "a1b", "T024BE7LD", "aB", "apiV2", "bcdfg", "borschtsky", "A1B2"),
        *(
            "a b",
            "a%20b",
            "a+b",
            "\u00e4pfel",
            "a--b",
            ".well-known",
            "orders\n",
            "a" * 41,
            "x" * 5,
            "caf\u00e9",
            "\u0664",
        ),
    ],
)
def test_no_words(no_words: str) -> None:
    assert not reads_as_words(no_words)


LETTERS, LOWER, DIGITS = string.ascii_letters, string.ascii_lowercase, string.digits


@pytest.mark.parametrize(
    ("characters", "length", "at_most"),
    [
        pytest.param(LETTERS + DIGITS, 14, 0.002, id="letters-and-digits-14"),
        pytest.param(LETTERS + DIGITS, 16, 0.001, id="letters-and-digits-16"),
        pytest.param(LETTERS + DIGITS, 24, 0.0001, id="letters-and-digits-24"),
        pytest.param(LETTERS + DIGITS + "-_", 18, 0.001, id="base64url-18"),
        pytest.param("0123456789abcdef", 14, 0.0001, id="hexadecimal-14"),
        pytest.param(LOWER + DIGITS, 14, 0.01, id="lower-case-and-digits-14"),
        pytest.param(LOWER + DIGITS, 20, 0.002, id="lower-case-and-digits-20"),
        pytest.param(LOWER + DIGITS, 7, 0.14, id="short-ids"),
        pytest.param(DIGITS, 5, 0.0, id="numbers"),
    ],
)
def test_random_tokens_seldom_read_as_words(characters: str, length: int, at_most: float) -> None:
    chance = random.Random(14)  # noqa: S311 - the same tokens at every run
    tokens = ["".join(chance.choices(characters, k=length)) for _ in range(20_000)]
    assert sum(map(reads_as_words, tokens)) / len(tokens) <= at_most


def test_no_uuid_reads_as_words() -> None:
    chance = random.Random(14)  # noqa: S311 - the same at every run
    assert not [one for _ in range(5000) if reads_as_words(one := str(uuid.UUID(int=chance.getrandbits(128))))]


@given(
    st.lists(st.sampled_from(["/", "-", "%", "%34", "%41", "a", "shop", "XKCDWQ", "v", "7", "2024", "٤", "é"])).map(
        "".join
    )
)
def test_path_is_wordless_where_one_of_its_runs_reads_as_no_word(path: str) -> None:
    runs = [run for piece in path.split("/") for run in re.findall(r"[^\W_]+", unquote(piece))]
    assert is_wordless(path) is not all(map(reads_as_words, runs))
