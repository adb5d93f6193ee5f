"""What a provider made of a URL: its form as a file may write it, and what became of the secrets."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.diagnostic import UrlError
from reconciler.model.provider_form import Kept, KeptParam, kept_otherwise, provider_form, why_unwritable
from reconciler.model.secret import SecretText
from reconciler.model.url import Url, parse_url
from tests.model.texts import env, option, sent, written
from tests.support.canaries import leaks

SECRET = "q7X2-kPz9LmW4"
TOKEN = env("HOOK_TOKEN", SECRET)
PLAIN = written("https://h.io/Shop/new%20orders?who=a%26b&page=2")
WITH_TOKEN = written("https://h.io/in?who=a%20b&token=", TOKEN)
IN_PATH = written("https://h.io/in/", env("PART", SECRET), "/orders?a=b%20c")
WHOLE = written(env("HOOK_URL", f"https://h.io/in?who=a%20b&token={SECRET}"))
LITERAL = written(f"https://h.io/in?who=a%20b&token={SECRET}")
WITH_OPTION = written("https://", option("HOST", "h.io"), "/", option("TEAM", "north"), "/in")


def _there(raw: str) -> Url | SecretText:
    try:
        return sent(raw)
    except UrlError:
        return SecretText.provider(raw)


@pytest.mark.parametrize(
    ("ours", "made", "form"),
    [
        pytest.param(PLAIN, "https://h.io/Shop/new+orders?who=a%26b&page=2", None, id="blank-as-plus-in-the-path"),
        pytest.param(PLAIN, "https://h.io/shop/new%20orders?who=a%26b&page=2", None, id="path-in-lower-case"),
        pytest.param(PLAIN, "https://h.io/Shop/new%20orders/?who=a%26b&page=2", None, id="slash-at-the-end"),
        pytest.param(PLAIN, "https://h.io/Shop/new%20orders?page=2&who=a%26b", None, id="sorted"),
        pytest.param(PLAIN, "https://h.io/Shop/new%20orders?who=a%26b", None, id="parameter-dropped"),
        pytest.param(PLAIN, "https://h.io:8443/Shop/new%20orders?who=a%26b&page=2", None, id="port"),
        pytest.param(PLAIN, "https://h.io/Shop/new%20orders?who=a%26b&amp;page=2", None, id="html"),
        pytest.param(PLAIN, "https://h.io/Shop/new%20orders?who=a%26b&#38;page=2", None, id="html-by-number"),
        pytest.param(PLAIN, "https://h.io/Shop/new orders?who=a%26b&page=2", None, id="blank"),
        pytest.param(
            PLAIN,
            "https://h.io/Shop/new%20orders?who=a%26b&page=3",
            "https://h.io/Shop/new%20orders?who=a%26b&page=‹hidden›",
            id="another-value",
        ),
        pytest.param(
            PLAIN,
            "https://h.io/Shop/k7Q2x9Lp/new%20orders?who=a%26b&ref=1",
            "https://h.io/Shop/‹hidden›/new%20orders?who=a%26b&‹hidden›",
            id="what-was-not-sent",
        ),
        pytest.param(PLAIN, "https://u:p@h.io/Shop", "‹hidden›", id="user-info"),
        pytest.param(PLAIN, "h.io/Shop", "‹hidden›", id="no-url"),
        pytest.param(PLAIN, "https://h.io/Shop#x7", "https://h.io/Shop#‹hidden›", id="fragment"),
        pytest.param(
            WITH_TOKEN,
            f"https://h.io/in?who=a+b&token={SECRET}",
            "https://h.io/in?who=a+b&token=${HOOK_TOKEN}",
            id="token-as-it-was",
        ),
        pytest.param(
            WITH_TOKEN,
            f"https://h.io/in?who=a%20b&amp;token={SECRET}",
            "https://h.io/in?who=a%20b&amp;token=${HOOK_TOKEN}",
            id="token-after-html",
        ),
        pytest.param(
            WITH_TOKEN,
            f"https://h.io/in?who=a+b&token={SECRET.lower()}",
            "https://h.io/in?who=a+b&token=‹hidden›",
            id="token-in-lower-case",
        ),
        pytest.param(
            WITH_TOKEN,
            f"https://h.io/in?who={SECRET}&token=a+b",
            "https://h.io/in?who=‹hidden›&token=‹hidden›",
            id="values-in-other-places",
        ),
        pytest.param(
            IN_PATH, f"https://h.io/in/{SECRET}/orders?a=b+c", "https://h.io/in/${PART}/orders?a=b+c", id="path"
        ),
        pytest.param(
            IN_PATH,
            f"https://h.io/in/{SECRET.upper()}/orders?a=b+c",
            "https://h.io/in/‹hidden›/orders?a=b+c",
            id="path-in-upper-case",
        ),
        pytest.param(WHOLE, f"https://h.io/in?who=a+b&token={SECRET}", "https://h.io/‹hidden›", id="whole-variable"),
        pytest.param(
            LITERAL,
            f"https://h.io/in?who=a+b&token={SECRET}",
            "https://h.io/in?who=a+b&token=‹hidden›",
            id="secret-in-clear-in-the-file",
        ),
        pytest.param(WITH_OPTION, "https://h.io/north/in/", "https://${HOST}/${TEAM}/in/", id="from-an-option"),
        pytest.param(written("https://h.io/a$b%20c"), "https://h.io/a$b+c", "https://h.io/a$$b+c", id="dollar-sign"),
        pytest.param(
            written("https://h.io/abc/", env("P", "ABC"), "?x=%20"),
            "https://h.io/Abc/ABC?x=+",
            "https://h.io/‹hidden›/${P}?x=+",
            id="clear-text-that-is-a-secret-elsewhere",
        ),
    ],
)
def test_form_is_what_was_sent_in_the_providers_spelling(ours: Url, made: str, form: str | None) -> None:
    assert provider_form(ours, _there(made)) == (made if form is None else form)


def test_form_of_a_url_put_into_the_file_means_what_the_provider_has() -> None:
    made = f"https://h.io/in?who=a+b&token={SECRET}"
    before, after = provider_form(WITH_TOKEN, sent(made)).split("${HOOK_TOKEN}")
    assert parse_url(written(before, TOKEN, after).source).reveal() == made


@pytest.mark.parametrize(
    ("value", "became", "kept"),
    [
        pytest.param("AbC-9z", str.lower, Kept.IN_LOWER_CASE, id="lower"),
        pytest.param("AbC%3Dz", lambda value: str(value).lower(), Kept.IN_LOWER_CASE, id="lower-with-an-escape"),
        pytest.param("AbC-9z", str.upper, Kept.IN_UPPER_CASE, id="upper"),
        pytest.param("ab%3D%21c", unquote, Kept.RECODED, id="decoded"),
        pytest.param("ab%2Bc", unquote, Kept.RECODED, id="decoded-plus"),
        pytest.param("ab!c", lambda value: quote(value, safe=""), Kept.RECODED, id="encoded"),
        pytest.param("ab%3Dc", lambda value: quote(value, safe=""), Kept.RECODED, id="encoded-twice"),
        pytest.param("ab%20c", lambda value: value.replace("%20", "+"), Kept.RECODED, id="blank-as-plus"),
        pytest.param("abcdefgh", lambda value: value[:5], Kept.SHORTENED, id="shortened"),
        pytest.param("abcdefgh", lambda value: "*" * len(value), Kept.MASKED, id="stars"),
        pytest.param("abcdefgh", lambda value: f"****{value[-2:]}", Kept.MASKED, id="stars-and-the-end"),
        pytest.param("abcdefgh", lambda value: f"{value[:2]}***", Kept.MASKED, id="the-beginning-and-stars"),
        pytest.param("abcdefgh", lambda _: "%E2%80%A2%E2%80%A2", Kept.MASKED, id="bullets"),
        pytest.param("abcdefgh", lambda _: "xxxx", Kept.MASKED, id="crosses"),
        pytest.param("abcdefgh", lambda _: "", Kept.NOT_AT_ALL, id="emptied"),
        pytest.param("abcdefgh", lambda _: "theirs", Kept.OTHERWISE, id="another"),
    ],
)
def test_what_became_of_a_secret(value: str, became: Callable[[str], str], kept: Kept) -> None:
    ours = written("https://h.io/in?a=b&key=", env("HOOK_KEY", value))
    made = sent(f"https://h.io/in?a=b&key={became(value)}")
    assert kept_otherwise(ours, made) == (KeptParam(name="key", kept=kept, variables=("HOOK_KEY",)),)


@pytest.mark.parametrize(
    ("ours", "made", "kept"),
    [
        pytest.param(WITH_TOKEN, f"https://h.io/in?token={SECRET}&key=new", (), id="as-it-was"),
        pytest.param(
            WITH_TOKEN,
            "https://h.io/in?who=a%20b",
            (KeptParam(name="token", kept=Kept.NOT_AT_ALL, variables=("HOOK_TOKEN",)),),
            id="dropped",
        ),
        pytest.param(
            written("https://h.io/in?token=abc&Token=x-", env("T", "Y")),
            "https://h.io/in?TOKEN=ABC&token=x-y",
            (
                KeptParam(name="token", kept=Kept.IN_UPPER_CASE, variables=()),
                KeptParam(name="Token", kept=Kept.IN_LOWER_CASE, variables=("T",)),
            ),
            id="two-of-one-name",
        ),
        pytest.param(
            WHOLE,
            f"https://h.io/in?who=a%20b&token={SECRET.upper()}",
            (KeptParam(name="", kept=Kept.IN_UPPER_CASE, variables=("HOOK_URL",)),),
            id="whole-variable",
        ),
    ],
)
def test_which_secrets_came_back_otherwise(ours: Url, made: str, kept: tuple[KeptParam, ...]) -> None:
    assert kept_otherwise(ours, sent(made)) == kept


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        pytest.param("https://h.io/?a=b&amp;c=d", "the URL has a `;` in its query", id="html"),
        pytest.param("", "the URL has no host", id="nothing"),
    ],
)
def test_why_no_file_holds_what_a_provider_has(raw: str, why: str) -> None:
    assert why_unwritable(SecretText.provider(raw)).startswith(why)


_MANGLERS: tuple[Callable[[str], str], ...] = (
    str.lower,
    str.upper,
    str.swapcase,
    unquote,
    quote,
    lambda raw: raw.replace("&", "&amp;"),
    lambda raw: raw.replace("?", "#"),
    lambda raw: raw.replace("=", "/"),
    lambda raw: raw.replace("?", "/"),
    lambda raw: raw.replace("/in", "/in/in"),
    lambda raw: raw + "&" + raw,
    lambda raw: raw[::-1],
    lambda raw: "https://h.io/" + raw,
)


@given(
    secret=st.text("abcdefXYZ0189-_.~", min_size=10, max_size=30).filter(lambda value: value.strip("-_.~") != ""),
    shape=st.sampled_from(["/in?token={}", "/in/{}/x?a=b", "/in?who={}&page=2", "/in/p-{}?key=k", "/in?{}=1"]),
    manglers=st.lists(st.sampled_from(_MANGLERS), max_size=3),
)
def test_no_form_tells_a_secret_whatever_a_provider_makes_of_it(
    secret: str, shape: str, manglers: list[Callable[[str], str]]
) -> None:
    before, after = shape.split("{}")
    ours = written(f"https://h.io{before}", env("V", secret), after)
    raw = ours.reveal()
    for mangle in manglers:
        raw = mangle(raw)
    form = provider_form(ours, _there(raw))
    assert [leak for spelling in {secret, secret.lower(), secret.upper()} for leak in leaks(spelling, form)] == []
