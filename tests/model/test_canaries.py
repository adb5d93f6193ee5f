"""No value of the environment, and no token in a provider's URL, shows in any text that a URL is shown as."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from reconciler.model.diagnostic import UrlError
from reconciler.model.redaction import Redaction, reads_as_words
from reconciler.model.url import Url, parse_url
from tests.model.test_redaction import ORDERS, WHOLE
from tests.model.texts import env, sent, text, written
from tests.support.canaries import WINDOW, leaks

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
    redaction = Redaction([url])
    same = sent(url.reveal())
    shown = [
        redaction.show(url),
        redaction.show(same),
        redaction.show_endpoint(same),
        *redaction.show_change(same, url),
    ]
    shown += [str(url), repr(url), repr(url.items), str(url.source), str(same)]
    assert leaks(value, *shown) == []
    if not url.whole_variable:
        moved = sent(elsewhere + url.reveal().removeprefix("https://h.io"))
        assert leaks(value, redaction.show(moved), redaction.show_endpoint(moved)) == []
    kept = url.with_secrets_of(sent(url.endpoint.reveal() + "&key=old" if "?" in url.reveal() else url.reveal()))
    assert leaks(value, redaction.show(kept), *redaction.show_change(same, kept)) == []


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
    for redaction in (Redaction(), Redaction(ORDERS), Redaction(WHOLE)):
        other = sent("https://h.io/x?token=other")
        shown = [redaction.show(remote), redaction.show_endpoint(remote), *redaction.show_change(other, remote)]
        assert leaks(token, *shown) == []
