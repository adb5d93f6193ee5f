"""URLs in normal form as they stand take a shorter way, and mean the same as when they are written differently."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.known_urls import UrlTail
from reconciler.model.pattern import PatternSet, parse_pattern
from reconciler.model.secret import Part, SecretText
from reconciler.model.url import Url, normal_text, parse_url
from tests.model.texts import env, option, written

_SEGMENTS = st.text("abz09-_~!$&'()*+,;=:@", max_size=6) | st.sampled_from(["a.b", "a..", "x.", "shop-1"])
_HEADS = st.builds(
    lambda scheme, host, port, path: f"{scheme}://{host}{port}" + "".join(f"/{segment}" for segment in path),
    st.sampled_from(["https", "http"]),
    st.sampled_from(["h.example.com", "H.Example.com", "127.0.0.1", "a-b.io", "h.io."]),
    st.sampled_from(["", ":443", ":80", ":8443"]),
    st.lists(_SEGMENTS, max_size=4),
)
_QUERIES = st.lists(
    st.sampled_from(["token=s", "a=1", "b", "b=", "key=a=b", "", "a=/?x", "Api-Key=k", "z:@=~"]), max_size=4
).map("&".join)


def _written_otherwise(raw: str) -> str:
    """The same URL, but not in normal form: with a segment that means nothing, and a letter of it escaped."""
    head, mark, query = raw.partition("?")
    scheme, _, rest = head.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}://{host}/%61/../{path if slash else ''}{mark}{query}"


def _what_it_is(url: Url) -> tuple[object, ...]:
    return (
        url,
        [normal_text(segment.reveal()) for segment in url.segments],
        [(item.normal, item.secret, item.text.reveal(), item.value_origins) for item in url.items],
        url.symbolic,
    )


@given(_HEADS, st.none() | _QUERIES)
def test_a_url_in_normal_form_is_what_it_is_in_another(head: str, query: str | None) -> None:
    raw = head if query is None else f"{head}?{query}"
    url, other = parse_url(SecretText.literal(raw)), parse_url(SecretText.literal(_written_otherwise(raw)))
    assert _what_it_is(url) == _what_it_is(other)
    assert url.reveal() == raw
    assert "/" + "/".join(segment.reveal() for segment in url.segments) == url.endpoint.path


_TAILS: tuple[tuple[str | Part, ...], ...] = (
    ("",),
    ("?",),
    ("?a=1&token=", env("T", "s3"), "&b"),
    ("?ref=", option("R", "x")),
)


@given(_HEADS, _HEADS, st.sampled_from(_TAILS))
def test_what_is_behind_another_head_is_the_url_that_is_read_anew(
    first: str, head: str, tail: tuple[str | Part, ...]
) -> None:
    begins, *others = tail
    found = UrlTail(written(f"{first}{begins}", *others), first).behind(head)
    expected = written(f"{head}{begins}", *others)
    if found is None:
        assert head != expected.endpoint.head  # which isn't in normal form as it stands
        return
    assert _what_it_is(found) == _what_it_is(expected)
    assert found.source.parts == expected.source.parts
    assert (found.reveal(), found.clear_head) == (expected.reveal(), expected.clear_head)
    assert (found.is_known, found.has_clear_path) == (expected.is_known, expected.has_clear_path)
    assert found.length == expected.length


@pytest.mark.parametrize(
    "head",
    [
        pytest.param("https://h.io/a/../b", id="dot-segments"),
        pytest.param("https://h.io/.well-known/x", id="a-dot-that-begins-a-segment"),
        pytest.param("https://h.io/%61", id="an-escape"),
        pytest.param("https://h.io/ä", id="not-ascii"),
        pytest.param("https://h.io/a b", id="white-space"),
        pytest.param("https://h.io", id="no-path"),
        pytest.param("https://H.io/a", id="a-host-in-capitals"),
        pytest.param("https://h.io:443/a", id="the-usual-port"),
        pytest.param("https://u@h.io/a", id="user-info"),
        pytest.param("https://[::1]/a", id="ipv6"),
        pytest.param("https://1.2.3/a", id="a-host-that-is-none"),
        pytest.param("https://h.io:99999/a", id="a-port-that-is-none"),
        pytest.param("ftp://h.io/a", id="another-scheme"),
        pytest.param("https://h.io/a#b", id="a-fragment"),
        pytest.param("h.io/a", id="no-scheme"),
    ],
)
def test_only_a_head_in_normal_form_takes_a_known_query(head: str) -> None:
    assert UrlTail(written("https://h.io/a?token=", env("T", "s3")), "https://h.io/a").behind(head) is None


_PATTERNS = (
    *("https://h.example.com/a/*", "https://h.example.com/a/b", "https://*.example.com/a/*", "http://*.example.com/*"),
    *("https://h.example.com:8443/*", "https://*.h.example.com/*", "https://h.example.com/*/b"),
)


@given(st.lists(st.sampled_from(_PATTERNS), unique=True), st.lists(_HEADS | st.just("https://h.example.com/a/b")))
def test_a_set_of_patterns_finds_what_matches_one_by_one(patterns: list[str], heads: list[str]) -> None:
    parsed = [parse_pattern(SecretText.literal(pattern)) for pattern in patterns]
    together = PatternSet(parsed)
    for endpoint in (parse_url(SecretText.literal(head)).endpoint for head in heads):
        matching = {pattern for pattern in parsed if pattern.matches(endpoint)}
        assert set(together.find_all(endpoint)) == matching
        assert (together.find(endpoint) in matching) if matching else together.find(endpoint) is None
