"""What of a URL may be shown: the rules one by one, the words rule with its measured rates, and canaries."""

from __future__ import annotations

import pytest

from reconciler.model.endpoint import BUILT_IN_SECRET_PARAMS
from reconciler.model.pattern import parse_pattern
from reconciler.model.redaction import Redaction
from reconciler.model.secret import HIDDEN, Origin, Part, SecretText
from reconciler.model.url import Url, parse_url
from tests.model.texts import env, option, sent, written

SECRET = "q7X2kPz9LmW4"

NOTHING: tuple[Url, ...] = ()
ORDERS = (written("https://h.io/shippo/a1B2c3D4e5?tenant=x9Y8z7W6&token=", env("TOKEN", SECRET)),)
PATH = (written("https://h.io/in/", env("PATH_KEY", SECRET), "/orders"),)
MIXED = (written("https://h.io/in/hook-", env("PATH_KEY", SECRET), "?ref=r-", env("REF", "abcdefgh")),)
WHOLE = (written(env("HOOK_URL", f"https://h.io/in/{SECRET}?token=t1")),)
LITERAL = (written(f"https://h.io/x?token={SECRET}&hook_ticket=h5J6k7L8"),)
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
        pytest.param(NOTHING, "https://h.io/?tenant=acme", "https://h.io/?tenant=‹hidden›", id="query-value-in-words"),
        pytest.param(
            NOTHING, f"https://h.io/?tenant={SECRET}", "https://h.io/?tenant=‹hidden›", id="query-value-not-in-words"
        ),
        pytest.param(NOTHING, "https://h.io/?page=2&v=", "https://h.io/?page=‹hidden›&v=", id="query-value-in-digits"),
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
            "https://h.io/‹hidden›?tenant=‹hidden›",
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
            "https://g.io/?tenant=x9Y8z7W6&ref=x9Y8z7W6",
            "https://g.io/?tenant=x9Y8z7W6&ref=‹hidden›",
            id="pair-that-is-clear-in-the-file",
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
            f"https://h.io/x?token={SECRET}&hook_ticket=h5J6k7L8",
            "https://h.io/x?token=‹hidden›&hook_ticket=h5J6k7L8",
            id="literal-secret-parameter",
        ),
        pytest.param(PLAIN, "https://h.io/a1B2c3D4e5", "https://h.io/a1B2c3D4e5", id="option-is-plain"),
    ],
)
def test_a_providers_url_shows_what_the_file_says_and_segments_that_read_as_words(
    file: tuple[Url, ...], remote: str, shown: str
) -> None:
    assert Redaction(file).show(sent(remote)) == shown


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        pytest.param(ORDERS[0], "https://h.io/shippo/a1B2c3D4e5?tenant=x9Y8z7W6&token=${TOKEN}", id="token"),
        pytest.param(PATH[0], "https://h.io/in/${PATH_KEY}/orders", id="path"),
        pytest.param(MIXED[0], "https://h.io/in/hook-${PATH_KEY}?ref=r-${REF}", id="parts"),
        pytest.param(WHOLE[0], "${HOOK_URL}", id="whole"),
        pytest.param(LITERAL[0], "https://h.io/x?token=‹hidden›&hook_ticket=h5J6k7L8", id="literal-secret-parameter"),
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
    assert Redaction([url]).show(url) == shown
    assert Redaction().show(url) == shown


def test_each_whole_variable_shows_its_own_name() -> None:
    one, other = (
        written(env("ONE", "https://h.io/x?token=1")),
        written(env("OTHER", "https://h.io/x?token=2")),
    )
    redaction = Redaction([one, other])
    assert [redaction.show(one), redaction.show(other)] == ["${ONE}", "${OTHER}"]
    remotes = ("https://h.io/x?token=1", "https://h.io/x?token=2", "https://h.io/x?token=3")
    assert [redaction.show(sent(remote)) for remote in remotes] == ["${ONE}", "${OTHER}", "https://h.io/‹hidden›"]


def test_a_url_kept_with_the_providers_secret_reads_as_the_provider_has_it() -> None:
    remote_secrets = (
        "https://h.io/in/q7X2kPz9LmW4?token=t2",
        "https://h.io/in/q7X2kPz9LmW4",
        "https://h.io/in/q7X2kPz9LmW4?key=k",
    )
    for file in (WHOLE, (written("https://h.io/in/", env("P", SECRET), "?token=", env("T", "t1")),)):
        redaction = Redaction(file)
        for remote in map(sent, remote_secrets):
            assert redaction.show(file[0].with_secrets_of(remote)) == redaction.show(remote)


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
    assert Redaction([after] if after.source.origins() != {Origin.PROVIDER} else []).show_change(before, after) == shown


def test_change_of_a_secret_with_an_unspeakable_name_is_to_be_seen() -> None:
    names = BUILT_IN_SECRET_PARAMS | {"x9y8z7w6"}
    before, after = (sent(f"https://h.io/?x9y8z7w6={value}", names) for value in "12")
    assert Redaction().show_change(before, after) == (
        "https://h.io/?‹hidden›",
        "https://h.io/?‹hidden› (‹changed›)",
    )


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        pytest.param(f"code={SECRET}", f"code={SECRET}", id="built-in"),
        pytest.param(f"orderid={SECRET}", f"orderid={SECRET}", id="any"),
        pytest.param("orderId=a%20b", "orderId=a%20b", id="whatever-the-case"),
        pytest.param("%6FrderId=1", "orderId=1", id="name-decoded"),
        pytest.param("x9y8z7w6=1", "x9y8z7w6=1", id="name-that-is-no-word"),
        pytest.param("zip_code=summer", "zip_code=‹hidden›", id="name-that-holds-one"),
        pytest.param("order=summer", "order=‹hidden›", id="name-that-begins-one"),
    ],
)
def test_values_of_public_parameters_show(query: str, shown: str) -> None:
    public = frozenset({"code", "orderid", "x9y8z7w6"})
    url = sent(f"https://h.io/?{query}", BUILT_IN_SECRET_PARAMS - public)
    assert Redaction((), public).show(url) == f"https://h.io/?{shown}"


def test_value_of_a_variable_hides_in_a_public_parameter_too() -> None:
    redaction = Redaction([written("https://h.io/?ref=", env("REF", "swordfish"))], frozenset({"ref"}))
    assert redaction.show(sent("https://h.io/?ref=swordfish")) == "https://h.io/?ref=${REF}"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        pytest.param(sent("https://h.io/x?a=b&token=t&key=k"), "https://h.io/x?a=‹hidden›", id="provider"),
        pytest.param(sent(f"https://h.io/in/{SECRET}?token=t1"), "${HOOK_URL}", id="equal-whole-variable"),
        pytest.param(WHOLE[0], "${HOOK_URL}", id="whole-variable"),
        pytest.param(written("https://h.io/x?token=t"), "https://h.io/x", id="file"),
    ],
)
def test_endpoint_shows_without_secret_parameters(url: Url, shown: str) -> None:
    assert Redaction(WHOLE).show_endpoint(url) == shown


def test_placeholders_show_by_name() -> None:
    url = parse_url(SecretText((Part("https://h.io/"), Part("~1", Origin.PLACEHOLDER, "P"))))
    assert Redaction([url]).show(url) == "https://h.io/${P}"


def test_what_a_pattern_writes_in_clear_shows_and_its_wildcards_show_nothing() -> None:
    pattern = parse_pattern(SecretText.literal("https://hooks.slack.example/services/T024BE7LD9/*"))
    shown = Redaction(patterns=[pattern])
    token = "https://hooks.slack.example/services/T024BE7LD9/B08XYZ1Q2/x8Zq4Lk0vR2nW7tY"
    assert (
        shown.show(parse_url(SecretText.provider(token))) == f"https://hooks.slack.example/services/T024BE7LD9/{HIDDEN}"
    )
    other = "https://other.example/services/T024BE7LD9"
    assert shown.show(parse_url(SecretText.provider(other))) == f"https://other.example/services/{HIDDEN}"


def _shown(redaction: Redaction, *urls: str) -> list[str]:
    return [redaction.show(sent(url)).removeprefix("https://h.io/") for url in urls]


@pytest.mark.parametrize(
    ("urls", "shown"),
    [
        pytest.param(("x?id=7", "y?token=7"), ("x?id=‹hidden›", "y?token=‹hidden›"), id="one-value-needs-no-number"),
        pytest.param(("x", "x?id"), ("x", "x?id"), id="nothing-hidden"),
        pytest.param(
            ("x?id=7", "x?id=8", "y?id=7"),
            ("x?id=‹hidden 1›", "x?id=‹hidden 2›", "y?id=‹hidden 1›"),
            id="equal-where-the-value-is",
        ),
        pytest.param(("x?id=7&id=8",), ("x?id=‹hidden 1›&id=‹hidden 2›",), id="within-one-url"),
        pytest.param(("x?id=%37", "x?id=7"), ("x?id=‹hidden›", "x?id=‹hidden›"), id="in-normal-form"),
        pytest.param(
            ("in/q7X2kPz9LmW4/a", "in/q7X2kPz9LmW4/b", "q7X2kPz9LmW4/b"),
            ("in/‹hidden 1›", "in/‹hidden 2›", "‹hidden 2›"),
            id="rests-of-paths",
        ),
        pytest.param(("?q7X2kPz9LmW4=1", "?q7X2kPz9LmW4=2"), ("?‹hidden 1›", "?‹hidden 2›"), id="names"),
    ],
)
def test_hidden_values_that_differ_are_told_apart(urls: tuple[str, ...], shown: tuple[str, ...]) -> None:
    urls = tuple(f"https://h.io/{url}" for url in urls)
    assert _shown(Redaction().seeing(map(sent, urls)), *urls) == list(shown)


def test_hidden_values_of_variables_whole_urls_are_told_apart() -> None:
    urls = [f"https://h.io/in/{SECRET}?token={token}" for token in ("t2", "t3", "t2")]
    assert _shown(Redaction(WHOLE).seeing(map(sent, urls)), *urls) == ["‹hidden 1›", "‹hidden 2›", "‹hidden 1›"]


def test_numbers_are_of_what_was_seen_and_leave_the_showing_they_came_from_alone() -> None:
    before = Redaction()
    seeing = before.seeing([sent("https://h.io/?id=1"), sent("https://h.io/?id=2")])
    assert _shown(seeing, "https://h.io/?id=2", "https://h.io/?id=3") == ["?id=‹hidden 2›", "?id=‹hidden›"]
    assert _shown(before, "https://h.io/?id=2") == ["?id=‹hidden›"]
    again = seeing.seeing([sent("https://h.io/?id=3"), sent("https://h.io/?id=2")])
    assert _shown(again, "https://h.io/?id=3", "https://h.io/?id=1") == ["?id=‹hidden 1›", "?id=‹hidden›"]


@pytest.mark.parametrize(
    ("after", "shown"),
    [
        pytest.param(written("https://h.io/x?token=new"), "https://h.io/x?token=‹changed›", id="literal"),
        pytest.param(
            written("https://h.io/x?token=", env("T", "new")), "https://h.io/x?token=${T}", id="from-a-variable"
        ),
        pytest.param(written("https://h.io/x"), "https://h.io/x", id="removed"),
    ],
)
def test_change_of_a_numbered_value_is_to_be_seen(after: Url, shown: str) -> None:
    before = sent("https://h.io/x?token=old")
    redaction = Redaction([after]).seeing([sent("https://h.io/y?token=other"), before])
    assert redaction.show_change(before, after) == ("https://h.io/x?token=‹hidden 2›", shown)
