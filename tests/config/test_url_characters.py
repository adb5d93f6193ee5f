"""A URL holds what is shown: RFC 3986 decides, for what the file writes and for the values of variables."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.config.diagnostics import Diagnostics, SourceText, Span
from reconciler.config.urls import read_pattern, read_url
from reconciler.model.diagnostic import UrlError
from reconciler.model.endpoint import BUILT_IN_SECRET_PARAMS
from reconciler.model.redaction import Redaction
from reconciler.model.secret import SecretText
from reconciler.model.url import Url
from tests.config.tools import ENTRY, ENVIRONMENT, OWNS, TOP, complaints, configuration, inputs, loaded
from tests.model.texts import sent as sent_by_provider
from tests.model.texts import written

SPOT = Span(SourceText("f", "x"), 0, 1)
UNSEEN = {
    "zero-width-space": "\u200b",
    "zero-width-joiner": "\u200d",
    "soft-hyphen": "\u00ad",
    "right-to-left-override": "\u202e",
    "word-joiner": "\u2060",
    "byte-order-mark": "\ufeff",
    "tag-letter": "\U000e0061",
    "variation-selector": "\ufe0f",
    "hangul-filler": "\u3164",
    "ideographic-space": "\u3000",
    "no-break-space": "\u00a0",
    "tab": "\t",
    "line-feed": "\n",
    "next-line": "\x85",
}
SEEN = {
    "quotation-mark": '"',
    "less-than": "<",
    "greater-than": ">",
    "brace": "{",
    "closing-brace": "}",
    "bar": "|",
    "backslash": "\\",
    "caret": "^",
    "grave": "`",
    "bracket": "[",
    "e-acute": "\u00e9",
    "cyrillic-a": "\u0430",
    "full-width-slash": "\uff0f",
}
PLACES = {
    "url-path": "webhooks:\n  a:\n    url: {0}\n    events: [track_updated]\nowns: ['https://h.example.com/*']\n",
    "owns": "owns: [{0}, 'https://h.example.com/a']\n" + ENTRY,
    "absent": "absent: [{0}]\n" + OWNS + ENTRY,
    "absent-with-events": "absent: [{{url: {0}, events: [all]}}]\n" + OWNS + ENTRY,
    "protect": "protect: [{0}]\n" + OWNS + ENTRY,
}


def quoted(text: str) -> str:
    """A text as YAML's double quotes have it, every odd character an escape."""
    plain = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if " " <= c <= "~" else f"\\U{ord(c):08X}" for c in plain) + '"'


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("character", [pytest.param(c, id=n) for n, c in {**UNSEEN, **SEEN}.items()])
def test_what_a_url_cannot_hold_is_refused_wherever_a_url_stands(place: str, character: str) -> None:
    text = TOP + PLACES[place].format(quoted(f"https://h.example.com/in{character}voices"))
    found = complaints(loaded(inputs(text, offline=True)))
    assert [code for code, _, _ in found] == ["url-character"]
    assert f"U+{ord(character):04X}" in found[0][2]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("source", ["environment", "option"])
@pytest.mark.parametrize("character", [pytest.param(c, id=n) for n, c in {**UNSEEN, **SEEN}.items()])
def test_what_a_url_cannot_hold_is_refused_in_values_too(place: str, source: str, character: str) -> None:
    text = TOP + PLACES[place].format("'https://h.example.com/${PART}'")
    values = {"PART": f"in{character}voices"}
    given_ = (
        inputs(text, environment={**ENVIRONMENT, **values})
        if source == "environment"
        else inputs(text, variables=values)
    )
    found = complaints(loaded(given_))
    assert [code for code, _, _ in found] == ["url-character"]
    assert "`${PART}`" in found[0][2]
    assert "voices" not in found[0][2]


def test_a_letter_of_a_secret_is_not_named() -> None:
    text = TOP + OWNS + ENTRY.replace("/a\n", "/a?token=${PW}\n")
    (found,) = loaded(inputs(text, environment={**ENVIRONMENT, "PW": "p\u00e4ss"})).diagnostics
    assert found.message == "the value of `${PW}` has a non-ASCII character in it, which isn't allowed in a URL"
    assert found.help == "Remove it, or percent-encode the value as UTF-8."


@pytest.mark.parametrize(
    ("written", "message", "help_"),
    [
        pytest.param(
            "https://h.example.com/or\u200bders",
            "the URL has U+200B ZERO WIDTH SPACE in it, which isn't allowed in a URL",
            "Remove it: it can't be seen.",
            id="unseen",
        ),
        pytest.param(
            "https://{{env}}.example.com/x",
            "the URL has `{` (U+007B LEFT CURLY BRACKET) in it, which isn't allowed in a URL",
            "Remove it; a host is made of letters, digits, `-` and `.`.",
            id="template-as-host",
        ),
        pytest.param(
            "https://h.example.com/shops/<id>",
            "the URL has `<` (U+003C LESS-THAN SIGN) in it, which isn't allowed in a URL",
            "If it is part of a placeholder, put the real value there; otherwise, write `%3C`.",
            id="placeholder",
        ),
        pytest.param(
            "https://h.example.com/caf\u00e9",
            "the URL has `\u00e9` (U+00E9 LATIN SMALL LETTER E WITH ACUTE) in it, which isn't allowed in a URL",
            "Remove it, or write it percent-encoded: `%C3%A9`.",
            id="letter",
        ),
        pytest.param(
            "https://h.example.com/a b",
            "the URL has U+0020 SPACE in it, which isn't allowed in a URL",
            "Remove it, or write it percent-encoded: `%20`.",
            id="space",
        ),
        pytest.param(
            "https:\\\\h.example.com\\x",
            "the URL has `\\` (U+005C REVERSE SOLIDUS) in it, which isn't allowed in a URL",
            "Remove it, or write it percent-encoded: `%5C`.",
            id="backslashes",
        ),
        pytest.param(
            "'https://h.example.com/x'",
            "the URL has quotes around it",
            "Set it again without them: `docker run --env-file` and some CI systems keep quotes as part of the value.",
            id="quotes-around",
        ),
        pytest.param(
            "https://h.example.com/x\n",
            "the URL has a line break before or after it",
            "Set it again without the line break.",
            id="line-break-at-the-end",
        ),
        pytest.param(
            " https://h.example.com/x",
            "the URL has white space before or after it",
            "Set it again without the white space.",
            id="space-before",
        ),
    ],
)
def test_what_is_said_names_the_character_and_what_to_do(written: str, message: str, help_: str) -> None:
    noted = Diagnostics()
    assert read_url(SecretText.literal(written), SPOT, BUILT_IN_SECRET_PARAMS, noted) is None
    assert [(found.code, found.message, found.help) for found in noted.found] == [("url-character", message, help_)]


@pytest.mark.parametrize("value", ['"s3cr3t"', "'s3cr3t'", "s3cr3t\n", "s3cr3t\r\n", " s3cr3t", "\u201cs3cr3t\u201d"])
@pytest.mark.parametrize("url", ["https://h.example.com/a?token=${V}", "https://h.example.com/${V}", "${V}"])
def test_quotes_and_line_breaks_around_a_value_are_told_as_that(url: str, value: str) -> None:
    text = TOP + OWNS + ENTRY.replace("https://h.example.com/a", f"'{url}'")
    (found,) = loaded(inputs(text, environment={**ENVIRONMENT, "V": value})).diagnostics
    assert found.message.startswith("the value of `${V}` has ")
    assert found.message.endswith((" around it", " before or after it"))
    assert "s3cr3t" not in found.message + found.help + found.source


@pytest.mark.parametrize(
    ("url", "host"),
    [
        pytest.param("https://b\u00fccher.example/x", "xn--bcher-kva.example", id="latin"),
        pytest.param("https://\u043f\u043e\u0447\u0442\u0430.example/x", "xn--80a1acny.example", id="cyrillic"),
        pytest.param("https://[2001:db8::1]/x", "[2001:db8::1]", id="ipv6"),
    ],
)
def test_hosts_of_other_scripts_are_fine(url: str, host: str) -> None:
    noted = Diagnostics()
    found = read_url(SecretText.literal(url), SPOT, BUILT_IN_SECRET_PARAMS, noted)
    assert isinstance(found, Url)
    assert (found.endpoint.host, noted.found) == (host, ())
    assert read_pattern(SecretText.literal(url + "*"), SPOT, noted) is not None


@pytest.mark.parametrize("character", UNSEEN.values(), ids=UNSEEN)
def test_no_host_holds_what_cannot_be_seen(character: str) -> None:
    noted = Diagnostics()
    assert read_url(SecretText.literal(f"https://ho{character}ok.example.com/"), SPOT, frozenset(), noted) is None
    assert [found.code for found in noted.found] == ["url-character"]


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8))
def test_what_is_accepted_is_what_rfc_3986_allows(tail: str) -> None:
    noted = Diagnostics()
    url = read_url(SecretText.literal("https://h.example.com/" + tail), SPOT, frozenset(), noted)
    assert url is None or all(c in _URI for c in url.reveal())
    assert (url is None) == bool(noted.found)


_URI = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~:/?#@!$&'()*+,;=%")


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        pytest.param("a+b/c==", "a%2Bb/c==", id="base64"),
        pytest.param("a&b=c", "a%26b=c", id="ampersand"),
        pytest.param("a#b", "a%23b", id="hash"),
        pytest.param("a;b", "a%3Bb", id="semicolon"),
        pytest.param("100%", "100%25", id="bare-percent"),
        pytest.param("a%2Bb", "a%2Bb", id="encoded-already"),
        pytest.param("a%2Bb&c", "a%252Bb%26c", id="an-escape-that-is-none-as-the-rest-shows"),
        pytest.param("swordfish", "swordfish", id="plain"),
    ],
)
@pytest.mark.parametrize("parameter", ["token", "shop"])
def test_values_in_a_query_are_encoded_unless_they_are(parameter: str, value: str, sent: str) -> None:
    text = TOP + OWNS + ENTRY.replace("/a\n", f"/a?x=1&{parameter}=${{V}}&y=2\n")
    (desired,) = configuration(inputs(text, environment={**ENVIRONMENT, "V": value})).desired
    url = desired.fields["url"]
    assert isinstance(url, Url)
    assert url.reveal() == f"https://h.example.com/a?x=1&{parameter}={sent}&y=2"


def test_a_value_that_stands_for_a_parameter_stays_within_its_name() -> None:
    text = TOP + OWNS + ENTRY.replace("/a\n", "/a?${V}\n")
    found = complaints(loaded(inputs(text, environment={**ENVIRONMENT, "V": "a=1&b=2"})))
    assert [code for code, _, _ in found] == ["url-variable-value"]


@pytest.mark.parametrize("character", UNSEEN.values(), ids=UNSEEN)
def test_at_the_provider_what_cannot_be_seen_makes_another_webhook_whose_path_is_hidden(character: str) -> None:
    good = written("https://hooks.example.com/shippo/orders")
    if re.match(r"[\s\x80-\x9f]", character):
        with pytest.raises(UrlError):
            sent_by_provider(f"https://hooks.example.com/shippo/ord{character}ers")
        return
    url = sent_by_provider(f"https://hooks.example.com/shippo/ord{character}ers")
    assert url.endpoint != good.endpoint
    assert Redaction([good]).show(url) == "https://hooks.example.com/shippo/‹hidden›"
    with pytest.raises(UrlError):
        sent_by_provider(f"https://hooks.exa{character}mple.com/shippo/orders")
