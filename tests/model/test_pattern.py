"""Patterns: what is none, what each matches, and that a set of them answers as a plain look at each would."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reconciler.model.diagnostic import UrlError
from reconciler.model.pattern import Pattern, PatternSet, parse_pattern, widened
from reconciler.model.secret import Part, SecretText
from reconciler.model.url import parse_url
from tests.model.texts import env, option, sent, text, unset, written


def pattern(*parts: str | Part) -> Pattern:
    return parse_pattern(text(*parts))


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        pytest.param("*", "pattern-shape", id="star-alone"),
        pytest.param("", "pattern-shape", id="nothing"),
        pytest.param("hooks.example.com/*", "pattern-shape", id="no-scheme"),
        pytest.param("*://h.io/*", "pattern-shape", id="star-as-scheme"),
        pytest.param("http*://h.io/*", "pattern-shape", id="star-in-the-scheme"),
        pytest.param("/shippo/*", "pattern-shape", id="path-alone"),
        pytest.param("https://*", "pattern-host", id="star-as-the-whole-host"),
        pytest.param("https://*/x", "pattern-host", id="star-as-the-whole-host-with-a-path"),
        pytest.param("https://*.com/*", "pattern-host", id="star-before-one-label"),
        pytest.param("https://*.com./*", "pattern-host", id="star-before-one-label-and-a-dot"),
        pytest.param("https://*.localhost/*", "pattern-host", id="star-before-localhost"),
        pytest.param("https://hooks.example.com*", "pattern-host", id="star-after-the-host"),
        pytest.param("https://hook*.example.com/*", "pattern-host", id="star-in-a-label"),
        pytest.param("https://*hooks.example.com/*", "pattern-host", id="star-at-a-labels-start"),
        pytest.param("https://a.*.example.com/*", "pattern-host", id="star-in-the-middle"),
        pytest.param("https://*.*.example.com/*", "pattern-host", id="two-stars-in-the-host"),
        pytest.param("https://h.io:*/x", "pattern-host", id="star-as-port"),
        pytest.param("https://h.io:84*/x", "pattern-host", id="star-in-the-port"),
        pytest.param("https://*.2.3.4/*", "url-host", id="star-in-an-ipv4-address"),
        pytest.param("https://*.[::1]/*", "pattern-host", id="star-before-ipv6"),
        pytest.param("https://*.1.2.3.4/*", "pattern-host", id="star-before-ipv4"),
        pytest.param("https://h.io/*?token=*", "pattern-query", id="query"),
        pytest.param("https://h.io/*?", "pattern-query", id="empty-query"),
        pytest.param("https://h.io/*#x", "url-fragment", id="fragment"),
        pytest.param("https://h.io/*#", "url-fragment", id="empty-fragment"),
        pytest.param("https://h.io/a/../*", "pattern-shape", id="two-dots"),
        pytest.param("https://h.io/a/./*", "pattern-shape", id="one-dot"),
        pytest.param("https://h.io/%2e%2E/*", "pattern-shape", id="escaped-dots"),
        pytest.param("https://h.io/*/..", "pattern-shape", id="dots-at-the-end"),
        pytest.param("https://u:p@h.io/*", "url-userinfo", id="user-info"),
        pytest.param("https://*.u@example.com/*", "url-userinfo", id="user-info-after-a-star"),
        pytest.param("https://*@h.io/", "pattern-host", id="star-as-user"),
        pytest.param("https:///x", "url-host", id="no-host"),
        pytest.param("ftp://h.io/*", "url-scheme", id="ftp"),
        pytest.param("https://h.io/%4*", "url-escape", id="star-in-an-escape"),
        pytest.param("https://h.io/a b*", "url-character", id="space"),
        pytest.param("https://h.io\\/*", "url-character", id="backslash"),
    ],
)
def test_what_is_no_pattern_is_refused_with_its_code(raw: str, code: str) -> None:
    with pytest.raises(UrlError) as caught:
        pattern(raw)
    assert caught.value.code == code


def test_environment_stands_in_no_patterns_host() -> None:
    for parts in [("https://", env("H", "h.io"), "/*"), (env("P", "https://h.io/*"),), ("https://*.", env("H", "a.b"))]:
        with pytest.raises(UrlError) as caught:
            pattern(*parts)
        assert caught.value.code == "url-variable-host"


@pytest.mark.parametrize(
    ("raw", "matching", "others"),
    [
        pytest.param(
            "https://hooks.example.com/shippo/*",
            [
                "https://hooks.example.com/shippo/",
                "https://hooks.example.com/shippo/a/b",
                "https://HOOKS.example.com:443/shippo/a?x=1&token=2",
            ],
            [
                "https://hooks.example.com/shippo",
                "https://hooks.example.com/Shippo/a",
                "https://hooks.example.com/x/shippo/a",
                "http://hooks.example.com/shippo/a",
                "https://hooks.example.com:8443/shippo/a",
                "https://hooks.example.com.evil.io/shippo/a",
                "https://evil.io/hooks.example.com/shippo/a",
                "https://hooks.example.com/shippo/../a",
            ],
            id="star-at-the-end",
        ),
        pytest.param(
            "https://h.io/a",
            ["https://h.io/a", "https://h.io/%61?q"],
            ["https://h.io/a/", "https://h.io/A", "https://h.io/ab"],
            id="exact",
        ),
        pytest.param(
            "https://h.io",
            ["https://h.io/", "https://h.io"],
            ["https://h.io/a", "https://a.h.io/"],
            id="bare-host-is-its-root",
        ),
        pytest.param("https://h.io/*", ["https://h.io", "https://h.io/a"], ["https://a.h.io/"], id="whole-host"),
        pytest.param(
            "https://h.io/*/x",
            ["https://h.io/a/x", "https://h.io//x", "https://h.io/a/b/x", "https://h.io/x/x/x"],
            ["https://h.io/x", "https://h.io/a/x/"],
            id="star-in-the-middle",
        ),
        pytest.param(
            "https://h.io/a*a",
            ["https://h.io/aa", "https://h.io/aba", "https://h.io/aaa"],
            ["https://h.io/a"],
            id="ends-do-not-overlap",
        ),
        pytest.param(
            "https://h.io/*ab*ab*",
            ["https://h.io/abab", "https://h.io/xabyabz"],
            ["https://h.io/ab", "https://h.io/aab"],
            id="several-stars",
        ),
        pytest.param(
            "https://h.io/**", ["https://h.io/", "https://h.io/a"], ["https://x.h.io/"], id="two-stars-are-one"
        ),
        pytest.param(
            "https://h.io/x*",
            ["https://h.io/x", "https://h.io/xy/z"],
            ["https://h.io/"],
            id="star-stands-for-nothing-too",
        ),
        pytest.param(
            "https://*.example.com/*",
            ["https://a.example.com/x", "https://b.a.example.com/"],
            [
                "https://example.com/x",
                "https://evilexample.com/x",
                "https://evil.io/x.example.com/p",
                "https://a.example.com.evil.io/",
                "https://evil.io/?a.example.com/",
                "https://a.example.com:8443/",
                "http://a.example.com/",
            ],
            id="star-as-the-leftmost-label",
        ),
        pytest.param(
            "https://*.a.example.com/*",
            ["https://b.a.example.com/", "https://c.b.a.example.com/x"],
            ["https://a.example.com/", "https://b.example.com/"],
            id="star-before-three-labels",
        ),
        pytest.param(
            "https://*.example.com:8443/x",
            ["https://a.example.com:8443/x"],
            ["https://a.example.com/x"],
            id="star-host-with-a-port",
        ),
        pytest.param("http://127.0.0.1:80/*", ["http://127.0.0.1/x"], ["http://127.0.0.1:8080/x"], id="default-port"),
        pytest.param(
            "https://B\u00dccher.example/\u00e4*",
            ["https://xn--bcher-kva.example/%c3%a4x"],
            ["https://bucher.example/ax"],
            id="normal-form",
        ),
        pytest.param(
            "https://h.io/%2A", ["https://h.io/%2a"], ["https://h.io/x", "https://h.io/*"], id="escaped-star-is-no-star"
        ),
        pytest.param("https://h.io/a.*", ["https://h.io/a.b"], ["https://h.io/ab"], id="dot-is-a-dot"),
    ],
)
def test_what_a_pattern_matches(raw: str, matching: list[str], others: list[str]) -> None:
    endpoints = [sent(url).endpoint for url in [*matching, *others]]
    expected = [True] * len(matching) + [False] * len(others)
    assert [pattern(raw).matches(endpoint) for endpoint in endpoints] == expected
    assert [endpoint in PatternSet([pattern(raw)]) for endpoint in endpoints] == expected


@pytest.mark.parametrize(
    ("parts", "matches_more"),
    [
        pytest.param(("https://h.io/", env("V", "*")), False, id="environment"),
        pytest.param(("https://h.io/", option("V", "*")), True, id="option"),
        pytest.param(("https://h.io/", "*"), True, id="literal"),
    ],
)
def test_star_of_the_environment_is_a_literal_one(parts: tuple[str | Part, ...], matches_more: bool) -> None:  # noqa: FBT001 - a column
    found = pattern(*parts)
    assert found.matches(sent("https://h.io/*").endpoint)
    assert found.matches(sent("https://h.io/x").endpoint) is matches_more
    assert found.is_exact is not matches_more


def test_pattern_prints_its_variables_by_name() -> None:
    found = pattern("https://h.io/", env("P", "swordfish"), "/*")
    assert (str(found), repr(found)) == ("https://h.io/${P}/*", "Pattern(https://h.io/${P}/*)")
    assert "swordfish" not in repr(PatternSet([found]))


def test_pattern_may_be_judged_aloud_by_its_variables_names() -> None:
    secret = pattern("https://h.io/", env("P", "x"), "/*")
    assert secret.matches(written("https://h.io/", env("P", "x"), "/y").endpoint)
    for value in ("x", "other"):
        assert secret.symbolic.matches(written("https://h.io/", env("P", value), "/y").symbolic)
    assert not secret.symbolic.matches(written("https://h.io/x/y").symbolic)
    assert not secret.symbolic.matches(written("https://h.io/", env("Q", "x"), "/y").symbolic)
    assert secret.symbolic.source is secret.source
    clear = pattern("https://h.io/", option("P", "x"), "/*")
    assert clear.symbolic is clear


@pytest.mark.parametrize(
    ("parts", "matches"),
    [
        pytest.param(("https://h.io/s/", unset("P")), "https://h.io/s/*", id="end-of-the-path"),
        pytest.param(("https://h.io/", unset("P"), "/s"), "https://h.io/*/s", id="middle"),
        pytest.param(("https://*.h.io/", unset("P"), "/*"), "https://*.h.io/*/*", id="beside-stars"),
        pytest.param(("https://h.io/", env("E", "e"), "-", unset("P")), "https://h.io/e-*", id="what-is-set-stays"),
    ],
)
def test_pattern_of_which_a_variable_is_not_set_is_widened(parts: tuple[str | Part, ...], matches: str) -> None:
    there = pattern(*parts)
    assert (there.widened, there == there.widened) == (pattern(matches), False)
    known = pattern(matches)
    assert known.widened is known


def test_url_is_widened_without_its_query() -> None:
    assert str(widened(text("https://h.io/s/", unset("P"), "?q=", unset("Q"), "?"))) == "https://h.io/s/*"
    assert str(widened(text("https://h.io/", env("P", "p")))) == "https://h.io/${P}"


def test_patterns_are_equal_by_what_they_match() -> None:
    assert pattern("https://H.io:443/%61*") == pattern("https://h.io/a*")


HOSTS = ("example.com", "a.example.com", "b.a.example.com", "example.com.evil.io", "evil.io", "h.io")
PATHS = ("/", "/a", "/a/", "/a/b", "/b/a", "/aa", "/a.example.com/a", "/x.example.com")
_ENDPOINTS = st.builds(
    "{}://{}{}{}".format,
    st.sampled_from(["https", "http"]),
    st.sampled_from(HOSTS),
    st.sampled_from(["", ":8443"]),
    st.sampled_from(PATHS),
)
_PATTERNS = st.builds(
    "{}://{}{}{}{}{}".format,
    st.sampled_from(["https", "http"]),
    st.sampled_from(["", "*."]),
    st.sampled_from(HOSTS),
    st.sampled_from(["", ":8443"]),
    st.sampled_from(PATHS),
    st.sampled_from(["", "*", "*a", "/*/a"]),
)


@given(raws=st.lists(_PATTERNS, max_size=6), url=_ENDPOINTS)
@example(raws=["https://*.example.com/*", "https://a.example.com/a"], url="https://a.example.com/a")
def test_a_set_answers_as_a_plain_look_at_each(raws: list[str], url: str) -> None:
    patterns = [parse_pattern(SecretText.literal(raw)) for raw in raws]
    endpoint = sent(url).endpoint
    matching = [one for one in patterns if one.matches(endpoint)]
    found = PatternSet(patterns)
    assert (found.find(endpoint) in matching) if matching else found.find(endpoint) is None
    assert {id(one) for one in found.find_all(endpoint)} <= {id(one) for one in matching}
    assert set(found.find_all(endpoint)) == set(matching)
    assert (endpoint in found) is bool(matching)
    assert bool(found) is bool(raws)


@given(raw=_PATTERNS, url=_ENDPOINTS)
def test_no_star_reaches_from_one_part_into_another(raw: str, url: str) -> None:
    found, endpoint = parse_pattern(SecretText.literal(raw)), sent(url).endpoint
    if not found.matches(endpoint):
        return
    scheme, _, rest = raw.partition("://")
    host = rest.partition("/")[0].partition(":")[0]
    assert endpoint.scheme == scheme
    labels = endpoint.host.split(".")
    wanted = host.removeprefix("*.").split(".")
    assert labels[-len(wanted) :] == wanted
    assert (len(labels) > len(wanted)) is host.startswith("*.")
    assert endpoint.path.startswith("/" + rest.partition("/")[2].partition("*")[0])


@given(path=st.text("ab*", max_size=10), said=st.text("ab", max_size=12))
def test_star_means_what_a_regular_expression_says(path: str, said: str) -> None:
    found = pattern(f"https://h.io/{path}")
    expected = re.fullmatch(".*".join(map(re.escape, path.split("*"))), said)
    assert found.matches(sent(f"https://h.io/{said}").endpoint) is (expected is not None)


def test_many_stars_take_no_more_than_a_look_along_the_path() -> None:
    found = pattern("https://h.io/" + "*a" * 200 + "*b")
    assert not found.matches(sent("https://h.io/" + "a" * 100_000).endpoint)


HELP = (
    "Write it as `https://hooks.example.com/shippo/*`; in a host, `*` is the leftmost label, followed by at least two "
    "more."
)


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        pytest.param("*", ("pattern-shape", "the pattern is not a URL", HELP), id="no-url"),
        pytest.param(
            "https://h.io/x?y",
            ("pattern-query", "the pattern has a query, which patterns ignore", "Remove the `?` and what follows it."),
            id="query",
        ),
        pytest.param(
            "https://a*.h.io/x",
            ("pattern-host", "the pattern has a `*` in its host or port that isn't the whole leftmost label", HELP),
            id="star-in-a-label",
        ),
        pytest.param(
            "https://*.io/x",
            ("pattern-host", "the pattern's `*` must be followed by at least two host labels", HELP),
            id="one-label",
        ),
        pytest.param(
            "https://h.io/x/../*",
            ("pattern-shape", "the pattern's path has a `.` or `..` segment", "Write the path without it."),
            id="dots",
        ),
    ],
)
def test_what_is_told_of_a_text_that_is_no_pattern(raw: str, told: tuple[str, str, str]) -> None:
    with pytest.raises(UrlError) as caught:
        pattern(raw)
    assert (caught.value.code, caught.value.message, caught.value.help) == told


def test_set_finds_an_exact_pattern_first_and_each_of_those_at_one_host() -> None:
    every, exact, other = pattern("https://h.io/*"), pattern("https://h.io/a"), pattern("https://h.io/a*")
    found = PatternSet([every, exact, other]).find_all(parse_url(text("https://h.io/a")).endpoint)
    assert list(found) == [exact, every, other]


def test_pattern_keeps_its_path_as_written() -> None:
    assert pattern("https://h.io/", env("A", "%7ex"), "/*").path.reveal() == "/%7ex/*"
