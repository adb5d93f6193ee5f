"""What of a URL may be shown: the rules one by one, the words rule with its measured rates, and canaries."""

from __future__ import annotations

import random
import string
import uuid

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reconciler.model.secret import Origin, Part, SecretText
from reconciler.model.showing import Showing, reads_as_words
from reconciler.model.url import BUILT_IN_SECRET_PARAMS, Url, parse_url
from reconciler.model.url_error import UrlError
from tests.model.texts import env, option, sent, text, written

SECRET = "q7X2kPz9LmW4"

NOTHING: tuple[Url, ...] = ()
ORDERS = (written("https://h.io/shippo/a1B2c3D4e5?tenant=x9Y8z7W6&token=", env("TOKEN", SECRET)),)
PATH = (written("https://h.io/in/", env("PATH_KEY", SECRET), "/orders"),)
MIXED = (written("https://h.io/in/hook-", env("PATH_KEY", SECRET), "?ref=r-", env("REF", "abcdefgh")),)
WHOLE = (written(env("HOOK_URL", f"https://h.io/in/{SECRET}?token=t1")),)
LITERAL = (written(f"https://h.io/x?token={SECRET}&hook_token=h5J6k7L8"),)
PLAIN = (written("https://", option("HOST", "h.io"), "/", option("TEAM", "a1B2c3D4e5")),)


@pytest.mark.parametrize(
    ("file", "remote", "shown"),
    [
        pytest.param(NOTHING, "https://h.io:8443/v1/webhooks", "https://h.io:8443/v1/webhooks", id="words"),
        pytest.param(NOTHING, "https://k3q9x7z2w5.io/", "https://k3q9x7z2w5.io/", id="host-always"),
        pytest.param(NOTHING, "HTTPS://H.IO:443", "https://h.io/", id="host-in-normal-form"),
        pytest.param(NOTHING, f"https://h.io/in/{SECRET}", "https://h.io/in/‹hidden›", id="segment-that-is-no-word"),
        pytest.param(NOTHING, f"https://h.io/{SECRET}/orders/x", "https://h.io/‹hidden›", id="rest-of-the-path-too"),
        pytest.param(
            NOTHING,
            "https://hooks.slack.com/services/T024BE7LD/B024BE7LD/orders",
            "https://hooks.slack.com/services/‹hidden›",
            id="slack",
        ),
        pytest.param(
            NOTHING,
            "https://discord.com/api/webhooks/824913701/orders",
            "https://discord.com/api/webhooks/‹hidden›",
            id="discord",
        ),
        pytest.param(NOTHING, "https://h.io/swordfish", "https://h.io/swordfish", id="word-like-secrets-do-show"),
        pytest.param(NOTHING, "https://h.io/a%20b", "https://h.io/‹hidden›", id="escape-is-no-word"),
        pytest.param(NOTHING, "https://h.io/a//b", "https://h.io/a//b", id="empty-segment"),
        pytest.param(NOTHING, "https://h.io/a/../b", "https://h.io/b", id="dot-segments-resolved"),
        pytest.param(NOTHING, "https://h.io/?tenant=acme", "https://h.io/?tenant=acme", id="query-value-in-words"),
        pytest.param(
            NOTHING, f"https://h.io/?tenant={SECRET}", "https://h.io/?tenant=‹hidden›", id="query-value-not-in-words"
        ),
        pytest.param(NOTHING, "https://h.io/?token=acme", "https://h.io/?token=‹hidden›", id="secret-parameter"),
        pytest.param(
            NOTHING, "https://h.io/?TOKEN=acme", "https://h.io/?TOKEN=‹hidden›", id="secret-parameter-without-case"
        ),
        pytest.param(
            NOTHING,
            "https://h.io/?webhook_secret=acme",
            "https://h.io/?webhook_secret=‹hidden›",
            id="secret-word-in-a-name",
        ),
        pytest.param(
            NOTHING, "https://h.io/?hook_token=acme", "https://h.io/?hook_token=‹hidden›", id="token-in-a-name"
        ),
        pytest.param(
            NOTHING, "https://h.io/?workflowApiKey=acme", "https://h.io/?workflowApiKey=‹hidden›", id="key-in-a-name"
        ),
        pytest.param(NOTHING, "https://h.io/?%74oken=acme", "https://h.io/?token=‹hidden›", id="name-decoded"),
        pytest.param(NOTHING, "https://h.io/?token=", "https://h.io/?token=", id="empty-secret"),
        pytest.param(NOTHING, "https://h.io/?token", "https://h.io/?token", id="no-secret"),
        pytest.param(NOTHING, f"https://h.io/?{SECRET}=x", "https://h.io/?‹hidden›", id="name-that-is-no-word"),
        pytest.param(NOTHING, f"https://h.io/?{SECRET}", "https://h.io/?‹hidden›", id="query-that-is-a-token"),
        pytest.param(
            NOTHING,
            f"https://h.io/{SECRET}?tenant=acme",
            "https://h.io/‹hidden›?tenant=acme",
            id="query-after-a-hidden-path",
        ),
        pytest.param(
            ORDERS,
            "https://h.io/shippo/a1B2c3D4e5?tenant=x9Y8z7W6",
            "https://h.io/shippo/a1B2c3D4e5?tenant=x9Y8z7W6",
            id="clear-in-the-file",
        ),
        pytest.param(
            ORDERS,
            f"https://h.io/shippo/a1B2c3D4e5?token={SECRET}",
            "https://h.io/shippo/a1B2c3D4e5?token=${TOKEN}",
            id="equal-secret",
        ),
        pytest.param(
            ORDERS,
            "https://h.io/shippo/a1B2c3D4e5?token=other",
            "https://h.io/shippo/a1B2c3D4e5?token=‹hidden›",
            id="other-secret",
        ),
        pytest.param(
            ORDERS,
            "https://h.io/a1B2c3D4e5/z9Q8/new",
            "https://h.io/a1B2c3D4e5/‹hidden›",
            id="clear-segment-in-another-path",
        ),
        pytest.param(
            ORDERS, "https://g.io/shippo/a1B2c3D4e5", "https://g.io/shippo/‹hidden›", id="clear-at-another-host"
        ),
        pytest.param(
            PATH, f"https://h.io/in/{SECRET}/orders", "https://h.io/in/${PATH_KEY}/orders", id="equal-path-secret"
        ),
        pytest.param(
            PATH,
            f"https://g.io/old/{SECRET}/orders",
            "https://g.io/old/${PATH_KEY}/orders",
            id="equal-path-secret-at-another-host",
        ),
        pytest.param(PATH, "https://h.io/in/u8R3v6T1n0/orders", "https://h.io/in/‹hidden›", id="other-path-secret"),
        pytest.param(PATH, f"https://h.io/in/x{SECRET}/orders", "https://h.io/in/‹hidden›", id="longer-path-secret"),
        pytest.param(
            MIXED,
            f"https://h.io/in/hook-{SECRET}?ref=r-abcdefgh",
            "https://h.io/in/hook-${PATH_KEY}?ref=r-${REF}",
            id="part-of-a-segment",
        ),
        pytest.param(WHOLE, f"https://h.io/in/{SECRET}?token=t1", "${HOOK_URL}", id="equal-whole-url"),
        pytest.param(
            WHOLE, f"https://h.io/in/{SECRET}?token=t2", "https://h.io/‹hidden›", id="whole-url-with-another-secret"
        ),
        pytest.param(WHOLE, f"https://h.io/in/{SECRET}", "https://h.io/‹hidden›", id="whole-url-without-its-secret"),
        pytest.param(WHOLE, "https://h.io/in/orders", "https://h.io/in/orders", id="another-url-than-the-whole-one"),
        pytest.param(
            LITERAL,
            f"https://h.io/x?token={SECRET}&hook_token=h5J6k7L8",
            "https://h.io/x?token=‹hidden›&hook_token=h5J6k7L8",
            id="literal-secret-parameter",
        ),
        pytest.param(PLAIN, "https://h.io/a1B2c3D4e5", "https://h.io/a1B2c3D4e5", id="option-is-plain"),
    ],
)
def test_a_providers_url_shows_what_the_file_says_and_what_reads_as_words(
    file: tuple[Url, ...], remote: str, shown: str
) -> None:
    assert Showing(file).show(sent(remote)) == shown


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        pytest.param(ORDERS[0], "https://h.io/shippo/a1B2c3D4e5?tenant=x9Y8z7W6&token=${TOKEN}", id="token"),
        pytest.param(PATH[0], "https://h.io/in/${PATH_KEY}/orders", id="path"),
        pytest.param(MIXED[0], "https://h.io/in/hook-${PATH_KEY}?ref=r-${REF}", id="parts"),
        pytest.param(WHOLE[0], "${HOOK_URL}", id="whole"),
        pytest.param(LITERAL[0], "https://h.io/x?token=‹hidden›&hook_token=h5J6k7L8", id="literal-secret-parameter"),
        pytest.param(PLAIN[0], "https://h.io/a1B2c3D4e5", id="option"),
        pytest.param(
            written("https://h.io/?token=a-", env("T", SECRET)),
            "https://h.io/?token=‹hidden›${T}",
            id="literal-and-variable",
        ),
        pytest.param(
            written("https://h.io/?", env("N", "token"), "=a"), "https://h.io/?${N}=‹hidden›", id="variable-as-a-name"
        ),
        pytest.param(written("https://h.io/a/../b"), "https://h.io/b", id="dot-segments-resolved"),
    ],
)
def test_the_files_own_url_shows_all_but_its_secrets(url: Url, shown: str) -> None:
    assert Showing([url]).show(url) == shown
    assert Showing().show(url) == shown


def test_each_whole_variable_shows_its_own_name() -> None:
    one, other = (
        written(env("ONE", "https://h.io/x?token=1")),
        written(env("OTHER", "https://h.io/x?token=2")),
    )
    showing = Showing([one, other])
    assert [showing.show(one), showing.show(other)] == ["${ONE}", "${OTHER}"]
    remotes = ("https://h.io/x?token=1", "https://h.io/x?token=2", "https://h.io/x?token=3")
    assert [showing.show(sent(remote)) for remote in remotes] == ["${ONE}", "${OTHER}", "https://h.io/‹hidden›"]


def test_a_url_kept_with_the_providers_secret_reads_as_the_provider_has_it() -> None:
    remote_secrets = (
        "https://h.io/in/q7X2kPz9LmW4?token=t2",
        "https://h.io/in/q7X2kPz9LmW4",
        "https://h.io/in/q7X2kPz9LmW4?key=k",
    )
    for file in (WHOLE, (written("https://h.io/in/", env("P", SECRET), "?token=", env("T", "t1")),)):
        showing = Showing(file)
        for remote in map(sent, remote_secrets):
            assert showing.show(file[0].with_secrets_of(remote)) == showing.show(remote)


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        pytest.param(
            sent("https://h.io/x?token=old"),
            written("https://h.io/x?token=", env("T", "new")),
            ("https://h.io/x?token=‹hidden›", "https://h.io/x?token=${T}"),
            id="rotated",
        ),
        pytest.param(
            sent("https://h.io/x?token=old"),
            written("https://h.io/x?token=new"),
            ("https://h.io/x?token=‹hidden›", "https://h.io/x?token=‹changed›"),
            id="literal",
        ),
        pytest.param(
            sent("https://h.io/x?token=old&key=k"),
            written("https://h.io/x?token=new&key=k"),
            ("https://h.io/x?token=‹hidden›&key=‹hidden›", "https://h.io/x?token=‹changed›&key=‹hidden›"),
            id="one-of-two",
        ),
        pytest.param(
            sent("https://h.io/x"),
            written("https://h.io/x?token=", env("T", "new")),
            ("https://h.io/x", "https://h.io/x?token=${T}"),
            id="added",
        ),
        pytest.param(
            sent("https://h.io/x?token=old"),
            written("https://h.io/x"),
            ("https://h.io/x?token=‹hidden›", "https://h.io/x"),
            id="removed",
        ),
        pytest.param(
            sent("https://h.io/x?token=1&token=2"),
            written("https://h.io/x?token=2&token=1"),
            (
                "https://h.io/x?token=‹hidden›&token=‹hidden›",
                "https://h.io/x?token=‹hidden›&token=‹hidden› (‹changed›)",
            ),
            id="swapped",
        ),
        pytest.param(
            sent("https://h.io/x?token=old"),
            sent("https://h.io/x?token=new"),
            ("https://h.io/x?token=‹hidden›", "https://h.io/x?token=‹changed›"),
            id="kept-from-the-provider",
        ),
        pytest.param(
            sent("https://h.io/x?token=old"),
            written(env("U", "https://h.io/x?token=new")),
            ("https://h.io/‹hidden›", "${U}"),
            id="whole-variable",
        ),
        pytest.param(
            written("https://h.io/x?token=", env("T", "old")),
            written("https://h.io/x?token=", env("T", "new")),
            ("https://h.io/x?token=${T}", "https://h.io/x?token=‹changed›"),
            id="one-variable-two-values",
        ),
    ],
)
def test_a_change_is_to_be_seen_though_the_secret_is_not(before: Url, after: Url, shown: tuple[str, str]) -> None:
    assert Showing([after] if after.source.origins() != {Origin.PROVIDER} else []).show_change(before, after) == shown


def test_change_of_a_secret_with_an_unspeakable_name_is_to_be_seen() -> None:
    names = BUILT_IN_SECRET_PARAMS | {"x9y8z7w6"}
    before, after = (sent(f"https://h.io/?x9y8z7w6={value}", names) for value in "12")
    assert Showing((), names).show_change(before, after) == (
        "https://h.io/?‹hidden›",
        "https://h.io/?‹hidden› (‹changed›)",
    )


def test_public_parameter_is_no_secret_word_and_others_that_hold_it_are() -> None:
    names = BUILT_IN_SECRET_PARAMS - {"code"}
    url = sent(f"https://h.io/?code=summer&zip_code=summer&CODE={SECRET}", names)
    assert Showing((), names).show(url) == "https://h.io/?code=summer&zip_code=‹hidden›&CODE=‹hidden›"


def test_named_secret_parameter_is_a_secret_word() -> None:
    names = BUILT_IN_SECRET_PARAMS | {"pass"}
    assert Showing((), names).show(sent("https://h.io/?hook_pass=summer", names)) == "https://h.io/?hook_pass=‹hidden›"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        pytest.param(sent("https://h.io/x?a=b&token=t&key=k"), "https://h.io/x?a=b", id="provider"),
        pytest.param(sent(f"https://h.io/in/{SECRET}?token=t1"), "${HOOK_URL}", id="equal-whole-variable"),
        pytest.param(WHOLE[0], "${HOOK_URL}", id="whole-variable"),
        pytest.param(written("https://h.io/x?token=t"), "https://h.io/x", id="file"),
    ],
)
def test_endpoint_shows_without_secret_parameters(url: Url, shown: str) -> None:
    assert Showing(WHOLE).show_endpoint(url) == shown


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


WINDOW = 8


def leaks(secret: str, *shown: str) -> list[str]:
    """The pieces of a secret, as long as a window, that stand in what is shown."""
    windows = [secret[start : start + WINDOW] for start in range(len(secret) - WINDOW + 1)]
    return [window for window in windows if any(window in one for one in shown)]


_VALUES = st.text("abcdefghijXYZ0123456789-_.~", min_size=WINDOW, max_size=30)


@st.composite
def _own(draw: st.DrawFn) -> tuple[Url, str]:
    """A URL of a file with a value from the environment in it, and the value's secret part."""
    value = draw(_VALUES)
    shape = draw(st.sampled_from(["token", "key", "query", "path", "segment", "whole"]))
    try:
        match shape:
            case "token" | "key":
                return written(f"https://h.io/in/orders?a=b&{shape}=", env("V", value)), value
            case "query":
                return written("https://h.io/in/orders?ref=", env("V", value), "&a=b"), value
            case "path":
                return written("https://h.io/in/", env("V", value), "/orders"), value
            case "segment":
                return written("https://h.io/in/hook-", env("V", value), ".v1?a=b"), value
            case _:
                return parse_url(text(env("V", f"https://h.io/{value}/x?ref={value}&token={value}"))), value
    except UrlError:
        return written("https://h.io/in/", env("V", "~" * WINDOW)), "~" * WINDOW


@given(own=_own(), elsewhere=st.sampled_from(["https://h.io", "https://g.io:8443"]))
@example(own=(written("https://h.io/in/", env("V", "swordfish")), "swordfish"), elsewhere="https://g.io")
def test_a_value_of_the_environment_shows_nowhere_it_is_equal(own: tuple[Url, str], elsewhere: str) -> None:
    url, value = own
    showing = Showing([url])
    same = sent(url.reveal())
    shown = [showing.show(url), showing.show(same), showing.show_endpoint(same), *showing.show_change(same, url)]
    shown += [str(url), repr(url), repr(url.items), str(url.source), str(same)]
    assert leaks(value, *shown) == []
    if not url.whole_variable:
        moved = sent(elsewhere + url.reveal().removeprefix("https://h.io"))
        assert leaks(value, showing.show(moved), showing.show_endpoint(moved)) == []
    kept = url.with_secrets_of(sent(url.endpoint.reveal() + "&key=old" if "?" in url.reveal() else url.reveal()))
    assert leaks(value, showing.show(kept), *showing.show_change(same, kept)) == []


_TOKENS = st.text("ABCXYZabcxyz0123456789", min_size=14, max_size=30).filter(lambda token: not reads_as_words(token))


@given(
    token=_TOKENS,
    shape=st.sampled_from(
        [
            "/{}",
            "/in/{}",
            "/{}/{}",
            "/T{}/orders/x",
            "/x?token={}",
            "/x?hook_key={}",
            "/x?ref={}",
            "/x?{}",
            "/x?{}=a",
            "/{}?b={}",
            "/%41{}",
        ]
    ),
)
def test_a_token_in_a_providers_url_shows_nowhere(token: str, shape: str) -> None:
    remote = sent("https://h.io" + shape.replace("{}", token))
    for showing in (Showing(), Showing(ORDERS), Showing(WHOLE)):
        other = sent("https://h.io/x?token=other")
        shown = [showing.show(remote), showing.show_endpoint(remote), *showing.show_change(other, remote)]
        assert leaks(token, *shown) == []


def test_placeholders_show_by_name() -> None:
    url = parse_url(SecretText((Part("https://h.io/"), Part("~1", Origin.PLACEHOLDER, "P"))))
    assert Showing([url]).show(url) == "https://h.io/${P}"
