"""The normal form of URLs, and what is no URL: a line for each point of the rules."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.diagnostic import UrlError
from reconciler.model.endpoint import BUILT_IN_SECRET_PARAMS
from reconciler.model.secret import Part, SecretText
from reconciler.model.url import Url, check_wanted, lenient_endpoint, normal_text, parse_url
from tests.model.texts import env, option, sent, text, written

LIMIT = 200


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        pytest.param("https://h.io/a b", "url-character", id="space"),
        pytest.param("https://h.io/a\tb", "url-character", id="tab-that-urlsplit-drops"),
        pytest.param("https://h.io/a\nb", "url-character", id="newline-that-urlsplit-drops"),
        pytest.param(" https://h.io/", "url-character", id="leading-space"),
        pytest.param("https://h.io/\u00a0", "url-character", id="no-break-space"),
        pytest.param("https://h.io/\u2028", "url-character", id="line-separator"),
        pytest.param("https://h.io/\x00", "url-character", id="nul"),
        pytest.param("https://h.io/\x7f", "url-character", id="delete"),
        pytest.param("https://h.io/\x9b", "url-character", id="c1"),
        pytest.param("https://h.io/\ud800", "url-character", id="lone-surrogate"),
        pytest.param("https://h\\@evil.io/", "url-character", id="backslash-that-moves-the-host"),
        pytest.param("https:/h.io/x", "url-host", id="one-slash"),
        pytest.param("https:///x", "url-host", id="no-host"),
        pytest.param("https://:443/x", "url-host", id="only-a-port"),
        pytest.param("https://?x", "url-host", id="only-a-query"),
        pytest.param("h.io/x", "url-host", id="no-scheme"),
        pytest.param("//h.io/x", "url-host", id="no-scheme-but-slashes"),
        pytest.param("", "url-host", id="nothing"),
        pytest.param("ftp://h.io/x", "url-scheme", id="ftp"),
        pytest.param("https://u:p@h.io/", "url-userinfo", id="user-and-password"),
        pytest.param("https://u@h.io/", "url-userinfo", id="user"),
        pytest.param("https://@h.io/", "url-userinfo", id="empty-user-info"),
        pytest.param("https://h.io/#x", "url-fragment", id="fragment"),
        pytest.param("https://h.io/#", "url-fragment", id="empty-fragment"),
        pytest.param("https://h.io?#", "url-fragment", id="empty-query-and-fragment"),
        pytest.param("https://h%2eio/", "url-host", id="escape-in-the-host"),
        pytest.param("https://[fe80::1%25eth0]/", "url-host", id="zone-id"),
        pytest.param("https://h.io/%", "url-escape", id="lone-percent"),
        pytest.param("https://h.io/%4", "url-escape", id="half-an-escape"),
        pytest.param("https://h.io/%zz", "url-escape", id="no-hex-digits"),
        pytest.param("https://h.io/?a=%u0041", "url-escape", id="bad-escape-in-the-query"),
        pytest.param("https://h.io/?a=1;b=2", "url-query", id="semicolon-in-the-query"),
        pytest.param("https://127.1/", "url-host", id="short-ipv4"),
        pytest.param("https://2130706433/", "url-host", id="ipv4-as-one-number"),
        pytest.param("https://0x7f.0.0.1/", "url-host", id="hexadecimal-ipv4"),
        pytest.param("https://h.0x7f/", "url-host", id="hexadecimal-last-label"),
        pytest.param("https://127.0.0.01/", "url-host", id="octal-ipv4"),
        pytest.param("https://256.1.1.1/", "url-host", id="ipv4-out-of-range"),
        pytest.param("https://[::1/", "url-host", id="open-bracket"),
        pytest.param("https://[::1]x/", "url-host", id="after-the-bracket"),
        pytest.param("https://[v1.x]/", "url-host", id="future-ip"),
        pytest.param("https://::1/", "url-host", id="ipv6-without-brackets"),
        pytest.param("https://h..io/", "url-host", id="empty-label"),
        pytest.param("https://h.io../", "url-host", id="two-trailing-dots"),
        pytest.param("https://./", "url-host", id="only-a-dot"),
        pytest.param("https://h!.io/", "url-host", id="character-no-host-has"),
        pytest.param(f"https://{'a' * 64}.io/", "url-host", id="label-of-64"),
        pytest.param("https://\u200b.io/", "url-host", id="zero-width-label"),
        pytest.param("https://xn--a.\u00e4\u200d.io/", "url-host", id="joiner-that-idna-refuses"),
        pytest.param("https://h.io:0/", "url-port", id="port-0"),
        pytest.param("https://h.io:65536/", "url-port", id="port-65536"),
        pytest.param("https://h.io:8x/", "url-port", id="port-of-letters"),
        pytest.param("https://h.io:\u0664/", "url-port", id="port-of-arabic-digits"),
        pytest.param("https://h.io:-1/", "url-port", id="negative-port"),
        pytest.param("https://h.io:80:90/", "url-host", id="two-ports"),
    ],
)
def test_what_is_no_url_is_refused_with_its_code(raw: str, code: str) -> None:
    with pytest.raises(UrlError) as caught:
        parse_url(SecretText.literal(raw))
    assert caught.value.code == code
    assert caught.value.help.endswith(".")


@pytest.mark.parametrize(
    "raw", ["https://swordfish@h.io/", "https://h.io/swordfish%", "swordfish", "https://h/?swordfish;"]
)
def test_complaints_quote_nothing_of_the_url(raw: str) -> None:
    with pytest.raises(UrlError) as caught:
        parse_url(SecretText.literal(raw))
    assert "swordfish" not in f"{caught.value.message} {caught.value.help}"


@pytest.mark.parametrize(
    ("raw", "normal"),
    [
        pytest.param("HTTPS://Hooks.Example.COM/A", "https://hooks.example.com/A", id="case-of-scheme-and-host"),
        pytest.param("https://h.io:443/", "https://h.io/", id="default-port"),
        pytest.param("http://h.io:80/", "http://h.io/", id="default-port-of-http"),
        pytest.param("https://h.io:80/", "https://h.io:80/", id="default-port-of-the-other-scheme"),
        pytest.param("https://h.io:/", "https://h.io/", id="empty-port"),
        pytest.param("https://h.io:08443/", "https://h.io:8443/", id="zeros-before-the-port"),
        pytest.param("https://h.io./x", "https://h.io/x", id="trailing-dot"),
        pytest.param("https://h.io", "https://h.io/", id="empty-path"),
        pytest.param("https://h.io?x", "https://h.io/?x", id="empty-path-before-a-query"),
        pytest.param("https://h.io/x/", "https://h.io/x/", id="trailing-slash-counts"),
        pytest.param("https://h.io/x//y", "https://h.io/x//y", id="empty-segment-counts"),
        pytest.param("https://[2001:DB8:0:0:0:0:0:1]/", "https://[2001:db8::1]/", id="ipv6"),
        pytest.param("https://[::1]:8443/", "https://[::1]:8443/", id="ipv6-and-port"),
        pytest.param("https://[::FFFF:7F00:1]/", "https://[::ffff:127.0.0.1]/", id="ipv4-in-ipv6"),
        pytest.param("https://10.0.0.1/", "https://10.0.0.1/", id="ipv4"),
        pytest.param("https://my_host.io/", "https://my_host.io/", id="underscore-survives"),
        pytest.param("https://r3---sn-x.io/", "https://r3---sn-x.io/", id="hyphens-survive"),
        pytest.param("https://xn--strae-oqa.de/", "https://xn--strae-oqa.de/", id="punycode-survives"),
        pytest.param("https://XN--abc.io/", "https://xn--abc.io/", id="even-bad-punycode-survives"),
        pytest.param("https://stra\u00dfe.de/", "https://xn--strae-oqa.de/", id="sharp-s-is-no-double-s"),
        pytest.param("https://B\u00dcCHER.example/", "https://xn--bcher-kva.example/", id="idna"),
        pytest.param("https://my_host.b\u00fccher.io/", "https://my_host.xn--bcher-kva.io/", id="label-by-label"),
        pytest.param("https://\uff11\uff10.0.0.1/", "https://10.0.0.1/", id="full-width-digits"),
        pytest.param("https://h.io/%7euser", "https://h.io/~user", id="escaped-unreserved"),
        pytest.param("https://h.io/%2f", "https://h.io/%2F", id="escape-digits-upper-case"),
        pytest.param("https://h.io/a%2Fb", "https://h.io/a%2Fb", id="escaped-slash-stays"),
        pytest.param("https://h.io/%E4", "https://h.io/%E4", id="escape-that-is-no-utf8"),
        pytest.param("https://h.io/\u00e4", "https://h.io/%C3%A4", id="raw-letter-is-utf8"),
        pytest.param('https://h.io/"<>^`{|}', "https://h.io/%22%3C%3E%5E%60%7B%7C%7D", id="raw-odd-characters"),
        pytest.param("https://h.io/!$&'()*+,;=:@", "https://h.io/!$&'()*+,;=:@", id="allowed-characters-stay"),
        pytest.param("https://h.io/a/./b/../c", "https://h.io/a/c", id="dot-segments"),
        pytest.param("https://h.io/a/%2e%2E/b", "https://h.io/b", id="escaped-dot-segments"),
        pytest.param("https://h.io/../../a", "https://h.io/a", id="above-the-root"),
        pytest.param("https://h.io/a/..", "https://h.io/", id="last-segment-two-dots"),
        pytest.param("https://h.io/a/.", "https://h.io/a/", id="last-segment-one-dot"),
        pytest.param("https://h.io/a//../b", "https://h.io/a/b", id="two-dots-after-an-empty-segment"),
        pytest.param("https://h.io/...", "https://h.io/...", id="three-dots-are-a-name"),
        pytest.param("https://h.io/?", "https://h.io/", id="empty-query-dropped"),
        pytest.param("https://h.io/?b=2&a=1", "https://h.io/?a=1&b=2", id="query-sorted-by-name"),
        pytest.param("https://h.io/?a=2&b=0&a=1", "https://h.io/?a=2&a=1&b=0", id="repeated-names-keep-their-order"),
        pytest.param("https://h.io/?a=1&a.b=2", "https://h.io/?a=1&a.b=2", id="sorted-by-name-not-by-item"),
        pytest.param("https://h.io/?q=%e4", "https://h.io/?q=%E4", id="query-escape"),
        pytest.param("https://h.io/?q=a+b", "https://h.io/?q=a+b", id="plus-stays"),
        pytest.param("https://h.io/?q=a%20b", "https://h.io/?q=a%20b", id="escaped-space-is-no-plus"),
        pytest.param("https://h.io/?q=a%2Bb", "https://h.io/?q=a%2Bb", id="escaped-plus-is-no-plus"),
        pytest.param("https://h.io/?q=a%26b", "https://h.io/?q=a%26b", id="escaped-ampersand-splits-nothing"),
        pytest.param("https://h.io/?x", "https://h.io/?x", id="without-a-value"),
        pytest.param("https://h.io/?x=", "https://h.io/?x=", id="with-an-empty-value"),
        pytest.param("https://h.io/?a&&b", "https://h.io/?&a&b", id="empty-item-kept"),
        pytest.param("https://h.io/?a?b/c", "https://h.io/?a?b/c", id="question-mark-and-slash-in-a-query"),
    ],
)
def test_normal_form(raw: str, normal: str) -> None:
    assert sent(raw).endpoint.reveal() == normal


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("https://h.io/?x=%E4", "https://h.io/?x=%E5", id="bytes-that-parse-qsl-makes-equal"),
        pytest.param("https://h.io/?x=+", "https://h.io/?x=%20", id="plus-and-space"),
        pytest.param("https://h.io/?x", "https://h.io/?x=", id="no-value-and-empty-value"),
        pytest.param("https://h.io/?x=", "https://h.io/", id="empty-value-and-no-parameter"),
        pytest.param("https://h.io/?a=1&a=2", "https://h.io/?a=2&a=1", id="order-of-a-repeated-name"),
        pytest.param("https://h.io/a", "https://h.io/A", id="case-of-the-path"),
        pytest.param("https://h.io/a", "https://h.io/a/", id="trailing-slash"),
        pytest.param("https://stra\u00dfe.de/", "https://strasse.de/", id="sharp-s"),
        pytest.param("https://h.io/?tenant=acme", "https://h.io/?tenant=globex", id="two-tenants"),
        pytest.param("https://h.io/?TENANT=acme", "https://h.io/?tenant=acme", id="case-of-an-ordinary-name"),
    ],
)
def test_different_endpoints(one: str, other: str) -> None:
    assert sent(one).endpoint != sent(other).endpoint


@pytest.mark.parametrize("name", sorted(BUILT_IN_SECRET_PARAMS))
def test_built_in_secret_parameters_are_no_part_of_the_endpoint(name: str) -> None:
    url = sent(f"https://h.io/?b=1&{name}=x&a=2")
    assert (url.endpoint.reveal(), url.secrets) == ("https://h.io/?a=2&b=1", (f"{name}=x",))


@pytest.mark.parametrize(
    ("query", "secrets"),
    [
        pytest.param("TOKEN=x", ("TOKEN=x",), id="without-case"),
        pytest.param("%74oken=x", ("token=x",), id="decoded"),
        pytest.param("token", ("token",), id="without-a-value"),
        pytest.param("token=", ("token=",), id="with-an-empty-value"),
        pytest.param("token=2&token=1", ("token=2", "token=1"), id="repeated-in-order"),
        pytest.param("token=1&key=2", ("key=2", "token=1"), id="sorted-by-name"),
        pytest.param("tokens=1&secretary=2", (), id="whole-names-only"),
    ],
)
def test_secret_parameters(query: str, secrets: tuple[str, ...]) -> None:
    assert sent(f"https://h.io/?{query}").secrets == secrets


def test_names_of_secret_parameters_are_the_files_to_say() -> None:
    names = BUILT_IN_SECRET_PARAMS - {"code"} | {"ticket"}
    url = sent("https://h.io/?code=1&ticket=2", names)
    assert (url.endpoint.query, url.secrets) == (("code=1",), ("ticket=2",))


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        pytest.param("https://h.io/?token=1", "https://H.io:443?token=1", True, id="normal-form-counts"),
        pytest.param("https://h.io/?token=1", "https://h.io/?token=2", False, id="secrets-count"),
        pytest.param("https://h.io/?token=1", "https://h.io/", False, id="missing-secret"),
        pytest.param("https://h.io/?token=", "https://h.io/?token", False, id="empty-and-no-value"),
        pytest.param("https://h.io/?token=1&a=2", "https://h.io/?a=2&token=1", True, id="order-does-not-count"),
    ],
)
def test_equality_of_urls(one: str, other: str, equal: bool) -> None:  # noqa: FBT001 - a column of the table
    assert (sent(one) == written(other)) is equal


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        pytest.param("https://h.io/".ljust(200, "a"), "url-too-long", id="200-characters"),
        pytest.param("http://h.io/", None, id="http"),
        pytest.param("https://h.io/".ljust(199, "a"), None, id="199-characters"),
    ],
)
def test_only_what_we_would_send_must_be_short(raw: str, code: str | None) -> None:
    url = sent(raw)
    if code is None:
        check_wanted(url, LIMIT)
        return
    with pytest.raises(UrlError) as caught:
        check_wanted(url, LIMIT)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        pytest.param("localhost:8080", True, id="localhost"),
        pytest.param("a.localhost", True, id="name-under-localhost"),
        pytest.param("127.9.9.9", True, id="ipv4"),
        pytest.param("[::1]", True, id="ipv6"),
        pytest.param("[::ffff:127.0.0.1]", True, id="ipv4-in-ipv6"),
        pytest.param("10.0.0.1", False, id="private-address"),
        pytest.param("localhost.example.com", False, id="name-like-loopback"),
        pytest.param("[::2]", False, id="other-ipv6"),
    ],
)
def test_which_hosts_are_this_machine(host: str, expected: bool) -> None:  # noqa: FBT001 - a column of the table
    assert sent(f"http://{host}/").is_loopback is expected


def test_length_is_that_of_the_characters_sent() -> None:
    check_wanted(written("https://h.io/?token=", env("T", "x" * 170)), LIMIT)
    with pytest.raises(UrlError, match="200 characters or more"):
        check_wanted(written("https://h.io/?token=", env("T", "x" * 180)), LIMIT)


VALUE = "url-variable-value"


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        pytest.param(("https://", env("H", "h.io"), "/x"), "url-variable-host", id="environment-as-host"),
        pytest.param(("https://a.", env("H", "h"), ".io/x"), "url-variable-host", id="environment-in-the-host"),
        pytest.param(("https://h.io:", env("P", "8443"), "/"), "url-variable-host", id="environment-as-port"),
        pytest.param((env("S", "https"), "://h.io/"), "url-variable-host", id="environment-as-scheme"),
        pytest.param((env("U", "https://h.io"), "/x"), "url-variable-host", id="environment-as-origin"),
        pytest.param(("https://h.io", env("E", ".evil.io")), "url-variable-host", id="environment-goes-on-in-the-host"),
        pytest.param(("https://h.io/", env("V", "a/b")), VALUE, id="slash"),
        pytest.param(("https://h.io/", env("V", "a?b")), VALUE, id="question-mark"),
        pytest.param(("https://h.io/", env("V", "a#b")), VALUE, id="hash"),
        pytest.param(("https://h.io/?t=", env("V", "a&b")), VALUE, id="ampersand"),
        pytest.param(("https://h.io/?t=", env("V", "a+b")), VALUE, id="plus"),
        pytest.param(("https://h.io/?t=", env("V", "a b")), VALUE, id="space"),
        pytest.param(("https://h.io/?t=", env("V", "a\n")), VALUE, id="newline"),
        pytest.param(("https://h.io/?t=", env("V", "a\x1b")), VALUE, id="control-character"),
        pytest.param(("https://h.io/?t=", env("V", "a%")), VALUE, id="bare-percent"),
        pytest.param(("https://h.io/?t=", env("V", "a%"), "41"), VALUE, id="percent-that-the-file-would-complete"),
        pytest.param(("https://h.io/?t=", option("V", "a&b")), VALUE, id="options-too"),
        pytest.param(("https://", option("H", "h.io/x")), VALUE, id="option-that-leaves-the-host"),
    ],
)
def test_values_stay_in_their_place(parts: tuple[str | Part, ...], code: str) -> None:
    with pytest.raises(UrlError) as caught:
        parse_url(text(*parts))
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("parts", "normal"),
    [
        pytest.param(("https://h.io/", env("V", "x%2Fy")), "https://h.io/x%2Fy", id="environment-in-the-path"),
        pytest.param(("https://h.io/?a=", env("V", "1=2")), "https://h.io/?a=1=2", id="environment-in-the-query"),
        pytest.param(("https://h.io/?", env("V", "a"), "=1"), "https://h.io/?a=1", id="environment-as-a-name"),
        pytest.param(("https://", option("H", "h.io:8443"), "/x"), "https://h.io:8443/x", id="option-as-host"),
        pytest.param((env("U", "https://h.io/a/b?c=1&d"),), "https://h.io/a/b?c=1&d", id="whole-url"),
        pytest.param((option("U", "https://h.io/a/b"),), "https://h.io/a/b", id="whole-url-as-option"),
    ],
)
def test_places_where_values_may_stand(parts: tuple[str | Part, ...], normal: str) -> None:
    assert parse_url(text(*parts)).endpoint.reveal() == normal


def test_whole_variable_is_named_only_where_it_is_the_whole_url() -> None:
    whole, path, plain = (
        written(env("U", "https://h.io/x")),
        written("https://h.io/", env("U", "x")),
        written("https://h.io/x"),
    )
    assert (whole.whole_variable, path.whole_variable, plain.whole_variable) == ("U", "", "")


def test_ignored_secrets_are_the_others_and_all_else_is_ours() -> None:
    wanted = written("https://h.io/x?token=", env("T", "new"), "&tenant=acme")
    kept = wanted.with_secrets_of(sent("https://h.io/x?tenant=acme&key=k&token=old"))
    assert kept.reveal() == "https://h.io/x?tenant=acme&key=k&token=old"
    assert (kept.endpoint, kept.secrets) == (wanted.endpoint, ("key=k", "token=old"))
    assert wanted.with_secrets_of(sent("https://h.io/x?tenant=acme")).reveal() == "https://h.io/x?tenant=acme"
    assert kept == sent(kept.reveal())
    assert kept.items == sent(kept.reveal()).items


def test_nothing_that_prints_a_url_prints_its_path_or_query() -> None:
    url = sent("https://h.io/swordfish?token=swordfish&a=swordfish")
    said = f"{url} {url!r} {url.endpoint} {url.endpoint!r} {url.items!r} {url.segments!r} {url.source!r}"
    assert "swordfish" not in said
    assert str(url) == "https://h.io/\u2026"


@st.composite
def _urls(draw: st.DrawFn) -> str:
    host = draw(st.sampled_from(["h.io", "H.io.", "b\u00fccher.io", "[::1]", "10.0.0.1"]))
    port = draw(st.sampled_from(["", ":443", ":8443"]))
    characters = 'aA0.~%2e%2F/:@&=+\u00e4"*'
    pieces = st.text(characters, max_size=12).map(lambda piece: piece.replace("%", "%4"))
    return f"https://{host}{port}/{draw(pieces)}?{draw(pieces)}"


@given(raw=_urls())
def test_normal_form_is_its_own_normal_form(raw: str) -> None:
    try:
        endpoint = sent(raw).endpoint
    except UrlError:
        return
    again: Url = sent(endpoint.reveal())
    assert again.endpoint == endpoint
    assert endpoint.reveal().isascii()


@given(raw=st.text())
def test_no_text_makes_anything_but_a_url_or_a_url_error(raw: str) -> None:
    for candidate in (raw, f"https://h.io/{raw}", f"https://{raw}/", f"https://h.io/?{raw}"):
        try:
            assert sent(candidate).reveal() == candidate
        except UrlError as error:
            assert error.code.startswith("url-")  # noqa: PT017 - either ending is good


@given(path=st.text(st.characters(exclude_categories=["Cs"])))
def test_normal_text_is_a_fixed_point(path: str) -> None:
    once = normal_text(path)
    assert normal_text(once) == once


@pytest.mark.parametrize(
    ("raw", "place"),
    [
        pytest.param("https://me:pw@h.io/a", "https://h.io/a", id="user-info"),
        pytest.param("https://a b:c d@h.io/a", "https://h.io/a", id="spaces-in-the-user-info"),
        pytest.param("https://me@h.io", "https://h.io/", id="no-path"),
        pytest.param("HTTP://me@H.IO:80/%7ea/./b", "http://h.io/~a/b", id="in-normal-form-else"),
        pytest.param("https://h.io:8443/a#x", "https://h.io:8443/a", id="fragment"),
        pytest.param("https://h.io/a?b=c#x/y?z", "https://h.io/a", id="query-and-fragment"),
        pytest.param("https://h.io/a b\tc", "https://h.io/a%20b%09c", id="white-space-in-the-path"),
        pytest.param("  https://h.io/a\n", "https://h.io/a", id="white-space-around"),
        pytest.param("https://h.io/a%zz\u200b", "https://h.io/a%25zz%E2%80%8B", id="what-no-url-may-hold"),
        pytest.param("https://h.io/a\\b", "https://h.io/a%5Cb", id="backslash-in-the-path"),
        pytest.param("https://h.io\\@evil.io/a", None, id="backslash-that-moves-the-host"),
        pytest.param("https://me:p/w@h.io/a", None, id="slash-in-the-password"),
        pytest.param("https://me:p@w@h.io/a", None, id="at-sign-in-the-password"),
        pytest.param("https://me:p?w@h.io/a", None, id="question-mark-in-the-password"),
        pytest.param("https://me:p#w@h.io/a", None, id="hash-in-the-password"),
        pytest.param("https://h .io/a", None, id="space-in-the-host"),
        pytest.param("https://h.io:99999/a#x", None, id="no-port"),
        pytest.param("ftp://h.io/a", None, id="another-scheme"),
        pytest.param("//h.io/a", None, id="no-scheme"),
        pytest.param("", None, id="nothing"),
        pytest.param("https://h.io/\ud800", None, id="lone-surrogate"),
        pytest.param("https://h.io/".ljust(10_000, "a"), "https://h.io/".ljust(10_000, "a"), id="longest"),
        pytest.param("https://h.io/" + "a" * 10_000, None, id="longer-than-anybody-means"),
    ],
)
def test_where_a_url_without_a_normal_form_leads(raw: str, place: str | None) -> None:
    found = lenient_endpoint(SecretText.provider(raw))
    assert (found and found.reveal()) == place


@given(
    user=st.sampled_from(["", "me@", "me:pw@", ":@"]),
    path=st.text("ab./%~ 7eE", max_size=8),
    rest=st.sampled_from(["", "?q=1", "#f", "?q=1#f"]),
)
def test_user_info_query_and_fragment_never_change_where_a_url_leads(user: str, path: str, rest: str) -> None:
    found = lenient_endpoint(SecretText.provider(f"https://{user}h.io/{path}x{rest}"))
    assert found == lenient_endpoint(SecretText.provider(f"https://h.io/{path}x"))
    try:
        plain = parse_url(SecretText.provider(f"https://h.io/{path}x"))
    except UrlError:
        return
    assert found == plain.endpoint
