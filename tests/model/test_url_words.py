"""What is said of a URL that is none: every complaint whole, and no character of the URL in it."""

from __future__ import annotations

import pytest

from reconciler.model.diagnostic import UrlError
from reconciler.model.secret import Part
from reconciler.model.url import check_wanted, parse_url
from tests.model.texts import env, option, sent, text

VALUE = (
    "url-variable-value",
    "the value of `${V}` has white space, a control character, one of `&#?/+` or a bare `%`",
    "Percent-encode the value.",
)
HEAD = (
    "url-variable-host",
    "`${V}` is used in the URL's scheme, host or port, which are shown and so can't be secret",
    "Set it with `--var V=VALUE` instead, or in a file with `--var-file`.",
)
NO_HOST = ("url-host", "the URL has no host", "Write it as `https://host/path`.")


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        pytest.param(
            ("https://h.io/a b",),
            ("url-character", "the URL has white space, a control character or a backslash in it", "Remove it."),
            id="character",
        ),
        pytest.param(
            ("https://h.io/#a",),
            (
                "url-fragment",
                "the URL has a fragment (`#`), which is never sent",
                "Remove the `#` and what follows it.",
            ),
            id="fragment",
        ),
        pytest.param(("https:/h.io/",), NO_HOST, id="no-host"),
        pytest.param(("https:///a",), NO_HOST, id="empty-host"),
        pytest.param(
            ("https://h.io/%zz",),
            ("url-escape", "the URL has a `%` that doesn't start a valid escape", "Write a literal `%` as `%25`."),
            id="escape",
        ),
        pytest.param(
            ("ftp://h.io/",),
            ("url-scheme", "the URL is neither https nor http", "Write it as `https://host/path`."),
            id="scheme",
        ),
        pytest.param(
            ("https://u:p@h.io/",),
            (
                "url-userinfo",
                "the URL has user info (`user:password@`), which providers don't support and logs show",
                "Remove it; put a secret in a query parameter such as `?token=${NAME}`.",
            ),
            id="user-info",
        ),
        pytest.param(
            ("https://h.io/?a;b",),
            (
                "url-query",
                "the URL has a `;` in its query, which receivers interpret differently",
                "Write `%3B`, or separate parameters with `&`.",
            ),
            id="semicolon",
        ),
        pytest.param(("https://h.io/", env("V", "a/b")), VALUE, id="value"),
        pytest.param(("https://h.io/", option("V", "a/b")), VALUE, id="value-of-an-option"),
        pytest.param(("https://", env("V", "h.io"), "/"), HEAD, id="environment-in-the-host"),
        pytest.param((env("V", "https"), "://h.io/"), HEAD, id="environment-first"),
    ],
)
def test_complaint_about_a_url(parts: tuple[str | Part, ...], said: tuple[str, str, str]) -> None:
    with pytest.raises(UrlError) as caught:
        parse_url(text(*parts))
    assert (caught.value.code, caught.value.message, caught.value.help) == said


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        pytest.param(
            "https://h.io/aaaaaaa",
            (
                "url-too-long",
                "the URL has 20 characters or more, which the provider refuses",
                "Make it shorter than 20 characters.",
            ),
            id="too-long",
        ),
    ],
)
def test_complaint_about_a_url_that_we_would_send(raw: str, said: tuple[str, str, str]) -> None:
    with pytest.raises(UrlError) as caught:
        check_wanted(sent(raw), 20)
    assert (caught.value.code, caught.value.message, caught.value.help) == said


def test_query_items_print_what_the_file_wrote_and_no_more() -> None:
    (item,) = parse_url(text("https://h.io/?tenant=", env("T", "acme"))).items
    assert repr(item) == "QueryItem('tenant=${T}')"
    assert repr(sent("https://h.io/?tenant=acme").items[0]) == "QueryItem('‹hidden›')"


@pytest.mark.parametrize(
    ("wanted", "there", "kept"),
    [
        pytest.param("https://h.io/x?token=new", "https://h.io/x", "https://h.io/x", id="there-is-none"),
        pytest.param("https://h.io/x", "https://h.io/x?token=old", "https://h.io/x?token=old", id="we-have-none"),
        pytest.param(
            "https://h.io/x?a=b?c&token=new",
            "https://h.io/x?token=old&a=b?c",
            "https://h.io/x?a=b?c&token=old",
            id="question-mark-in-a-value",
        ),
        pytest.param("https://h.io/x?token=a&b", "https://h.io/x?b&token=a", "https://h.io/x?token=a&b", id="the-same"),
    ],
)
def test_ignored_secrets_of_a_url_are_the_providers(wanted: str, there: str, kept: str) -> None:
    found = parse_url(text(wanted)).with_secrets_of(sent(there))
    assert found.reveal() == kept
    assert found == sent(kept)
