"""A URL as a value: what makes two equal, what a variable holds of it, and how it may be judged aloud."""

from __future__ import annotations

import string

import pytest

from reconciler.model.diagnostic import UrlError
from reconciler.model.secret import Part
from reconciler.model.url import normal_text, parse_url
from reconciler.model.url_characters import fits_as_value
from tests.model.texts import env, option, sent, text, unset, written


@pytest.mark.parametrize(
    "name",
    [
        *("pass", "pwd", "pw", "passwd", "password", "hash", "hmac", "sig", "signature", "auth", "code"),
        *("token", "secret", "key", "access_token", "apikey", "API-Key", "apiKey", "api_key", "ApiKey", "%61pikey"),
        *("X-Amz-Signature", "x-amz-security-token", "hub.verify_token", "client_secret", "private_token", "zapikey"),
        *("x-vercel-protection-bypass", "subscription-key", "aeg-sas-key", "webhook_secret", "hookToken"),
    ],
)
def test_names_of_secret_parameters_however_they_are_spelled(name: str) -> None:
    assert sent(f"https://h.io/?{name}=x").endpoint.query == ()


@pytest.mark.parametrize("name", ["tenant", "id", "tokens", "keyword", "passenger", "hash_of", "codes", "author", ""])
def test_names_of_other_parameters(name: str) -> None:
    assert sent(f"https://h.io/?{name}=x").secrets == ()


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        pytest.param("https://h.io/%7ea?b=%2f", "https://h.io/~a?b=%2F", True, id="spelling"),
        pytest.param("https://h.io/x/../a", "https://h.io/a", True, id="dot-segments"),
        pytest.param("https://localhost/a", "http://localhost/a", False, id="scheme"),
        pytest.param("https://h.io/a", "https://h.io:444/a", False, id="port"),
        pytest.param("https://h.io/a", "https://i.io/a", False, id="host"),
        pytest.param("https://h.io/a?b", "https://h.io/a", False, id="query"),
    ],
)
def test_urls_are_equal_where_their_normal_forms_are(one: str, other: str, equal: bool) -> None:  # noqa: FBT001 - a column
    assert (sent(one) == sent(other)) is equal
    assert (sent(one).endpoint == sent(other).endpoint) is equal


@pytest.mark.parametrize(
    ("parts", "name"),
    [
        pytest.param((env("U", "https://h.io/x"),), "U", id="environment"),
        pytest.param((unset("U", "https://unset1.invalid/"),), "U", id="unset"),
        pytest.param((option("U", "https://h.io/x"),), "", id="option-is-plain"),
        pytest.param(("https://h.io/x",), "", id="literal"),
        pytest.param((unset("S", "https"), "://h.io/x"), "", id="scheme-alone"),
        pytest.param(("https://h.io/", env("P", "x")), "", id="path-alone"),
    ],
)
def test_variable_that_is_the_whole_url(parts: tuple[str | Part, ...], name: str) -> None:
    assert written(*parts).whole_variable == name


@pytest.mark.parametrize(
    ("parts", "path"),
    [
        pytest.param(("https://h.io",), "/", id="bare"),
        pytest.param(("https://h.io/a/%7eb?c=d",), "/a/~b", id="literal-in-normal-form"),
        pytest.param(("https://h.io/", option("O", "a"), "/b"), "/a/b", id="option-is-plain"),
        pytest.param(("https://h.io/", env("P", "swordfish"), "/b"), "/%00P%00/b", id="environment-by-name"),
        pytest.param(("https://h.io/a-", unset("P", "~1")), "/a-%00P%00", id="unset-by-name"),
        pytest.param(("https://h.io/a/", env("P", ".."), "/b"), "/b", id="dot-segments-are-gone"),
    ],
)
def test_endpoint_as_it_may_be_judged_aloud(parts: tuple[str | Part, ...], path: str) -> None:
    url = written(*parts)
    assert (url.symbolic.path, url.symbolic.origin, url.symbolic.query) == (path, "https://h.io", url.endpoint.query)


@pytest.mark.parametrize("scheme", ["ftp", "wss", "htps", "git+https", "h2", "a.b-c"])
def test_other_schemes_are_told_as_such(scheme: str) -> None:
    with pytest.raises(UrlError) as caught:
        parse_url(text(f"{scheme}://h.io/"))
    assert caught.value.code == "url-scheme"


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        pytest.param(("https://h.i", env("E", "o"), "/x"), "url-variable-host", id="last-character-of-the-host"),
        pytest.param(("https://h.io/\x9f",), "url-character", id="last-control-character"),
        pytest.param(("https://h.io/\x7f",), "url-character", id="delete"),
        pytest.param(("https://h.io/\udfff",), "url-character", id="last-surrogate"),
        pytest.param(("https://h.io/\ud800",), "url-character", id="first-surrogate"),
        pytest.param(("https://h.io/%4g",), "url-escape", id="first-letter-that-is-no-digit"),
    ],
)
def test_borders_of_what_a_url_may_hold(parts: tuple[str | Part, ...], code: str) -> None:
    with pytest.raises(UrlError) as caught:
        parse_url(text(*parts))
    assert caught.value.code == code


def test_values_that_stay_within_their_place() -> None:
    control = {chr(number) for number in (*range(0x21), *range(0x7F, 0xA1))}
    refused = {character for character in map(chr, range(0x100)) if not fits_as_value(f"a{character}")}
    assert refused == control | set("&#?/+%")
    assert fits_as_value("%41")
    assert not fits_as_value("%4")


def test_escapes_of_unreserved_characters_are_taken_away_and_no_others() -> None:
    unreserved = {*string.ascii_letters, *string.digits, *"-._~"}
    cleared = {byte for byte in range(0x100) if normal_text(f"%{byte:02x}") != f"%{byte:02X}"}
    assert {chr(byte) for byte in cleared} == unreserved
    assert all(normal_text(f"%{byte:02X}") == chr(byte) for byte in cleared)


def test_characters_that_stay_and_those_that_are_escaped() -> None:
    stay = {*string.ascii_letters, *string.digits, *"-._~", *"!$&'()*+,;=:@/?"}
    # Behind an escape, so that no text is taken as it is.
    assert {c for c in map(chr, range(0x80)) if c != "%" and normal_text(f"%41{c}") == f"A{c}"} == stay
    assert normal_text("%41\n\x00 %\u20ac") == "A%0A%00%20%25%E2%82%AC"
