"""Where a token may go. Nothing here opens a socket."""

from __future__ import annotations

import pytest

from reconciler.http.calls import checked_destination
from reconciler.model.configuration import Destination
from reconciler.model.reading import ErrorKind, ProviderError
from reconciler.model.secret import SecretText

from .tools import TOKEN, Run, account

NOT_OWN = (
    "the account's `base_url` can't be used: the base URL's host is neither Shippo's own nor loopback: the token "
    "would be sent there"
)
HTTP = "the account's `base_url` can't be used: the base URL is http: the token would be sent unencrypted"
QUERY = "the account's `base_url` can't be used: the base URL has a query"
OWN = Destination(origin="https://api.goshippo.com", path="", loopback=False)


@pytest.mark.parametrize(
    ("base_url", "allowed", "destination"),
    [
        pytest.param("https://api.goshippo.com", (), OWN, id="own-host"),
        pytest.param("https://API.GoShippo.com:443/", (), OWN, id="own-host-spelt-differently"),
        pytest.param(
            "https://api.goshippo.com/v2/",
            (),
            Destination(origin="https://api.goshippo.com", path="/v2", loopback=False),
            id="own-host-with-a-path",
        ),
        pytest.param(
            "http://127.0.0.1:8080",
            (),
            Destination(origin="http://127.0.0.1:8080", path="", loopback=True),
            id="loopback",
        ),
        pytest.param(
            "http://[::1]:8080", (), Destination(origin="http://[::1]:8080", path="", loopback=True), id="loopback-ipv6"
        ),
        pytest.param(
            "https://gateway.example/shippo",
            ("gateway.example",),
            Destination(origin="https://gateway.example", path="/shippo", loopback=False),
            id="allowed",
        ),
        pytest.param(
            "https://gateway.example:8443",
            ("Gateway.Example",),
            Destination(origin="https://gateway.example:8443", path="", loopback=False),
            id="allowed-on-any-port-without-one",
        ),
        pytest.param(
            "https://gateway.example",
            ("other.example", "gateway.example:443"),
            Destination(origin="https://gateway.example", path="", loopback=False),
            id="allowed-with-the-port",
        ),
        pytest.param(
            "https://[2001:db8::1]:8443",
            ("[2001:DB8:0::1]:8443",),
            Destination(origin="https://[2001:db8::1]:8443", path="", loopback=False),
            id="allowed-ipv6",
        ),
    ],
)
def test_the_token_may_go_there(base_url: str, allowed: tuple[str, ...], destination: Destination) -> None:
    assert checked_destination(account(base_url), Run(allowed_hosts=frozenset(allowed)).context) == destination


@pytest.mark.parametrize(
    ("base_url", "allowed", "message"),
    [
        pytest.param(
            "https://evil.example",
            (),
            NOT_OWN,
            id="another-host",
        ),
        pytest.param(
            "https://api.goshippo.com.evil.example",
            (),
            NOT_OWN,
            id="longer-host",
        ),
        pytest.param(
            "https://gateway.example:8443",
            ("gateway.example:443", "example", "*.example", "[", "gateway.example:99999999", ""),
            NOT_OWN,
            id="only-other-ports-and-nonsense-allowed",
        ),
        pytest.param(
            "http://api.goshippo.com",
            (),
            HTTP,
            id="http",
        ),
        pytest.param(
            "http://gateway.example",
            ("gateway.example",),
            HTTP,
            id="http-though-allowed",
        ),
        pytest.param(
            "https://api.goshippo.com?x=swordfish",
            (),
            QUERY,
            id="query",
        ),
        pytest.param(
            "https://api.goshippo.com?token=swordfish",
            (),
            QUERY,
            id="secret-query",
        ),
        pytest.param(
            "https://api.goshippo.com@evil.example",
            (),
            "the account's `base_url` can't be used: the URL has user info (`user:password@`), which providers don't "
            "support and logs show",
            id="user-info",
        ),
        pytest.param(
            "https://evil.example\\@api.goshippo.com",
            (),
            "the account's `base_url` can't be used: the URL has white space, a control character or a backslash in it",
            id="backslash",
        ),
        pytest.param("", (), "the account's `base_url` can't be used: the URL has no host", id="empty"),
    ],
)
def test_the_token_may_not_go_there(base_url: str, allowed: tuple[str, ...], message: str) -> None:
    with pytest.raises(ProviderError) as caught:
        checked_destination(account(base_url), Run(allowed_hosts=frozenset(allowed)).context)
    assert (caught.value.kind, caught.value.message) == (ErrorKind.DENIED, message)
    assert caught.value.__context__ is None
    assert "swordfish" not in repr(caught.value)


def test_the_help_says_how_to_allow_a_host() -> None:
    with pytest.raises(ProviderError) as caught:
        checked_destination(account("https://gateway.example:8443"), Run(allowed_hosts=frozenset()).context)
    assert caught.value.help == "If this is intended, allow it outside the file: `--allow-host gateway.example:8443`."


UNFIT = "the {} contains white space, a line break or another character that isn't allowed in a header"


@pytest.mark.parametrize(
    ("value", "message"),
    [
        pytest.param(f"{TOKEN}\n", UNFIT, id="line-break-at-the-end"),
        pytest.param(f"{TOKEN}\r\nX-Evil: 1", UNFIT, id="header-injection"),
        pytest.param(f"{TOKEN} ", UNFIT, id="space"),
        pytest.param(f"{TOKEN}\x00", UNFIT, id="nul"),
        pytest.param("pässword", UNFIT, id="not-ascii"),
        pytest.param("п", UNFIT, id="not-latin"),
        pytest.param("\ud800", UNFIT, id="half-a-surrogate-pair"),
        pytest.param("", "the {} is empty", id="empty"),
    ],
)
def test_what_cannot_be_sent_in_a_header_is_said_and_not_quoted(value: str, message: str) -> None:
    id_ = SecretText.environment("SHIPPO_TOKEN", value)
    for unfit, what in (
        (account("https://api.goshippo.com", token=value), "token"),
        (account("https://api.goshippo.com", settings={"account_id": id_}), "account_id"),
    ):
        with pytest.raises(ProviderError) as caught:
            checked_destination(unfit, Run(allowed_hosts=frozenset()).context)
        assert (caught.value.kind, caught.value.message) == (ErrorKind.DENIED, message.format(what))
        assert caught.value.help.startswith("Check the value of `SHIPPO_TOKEN`")
        assert TOKEN not in repr(caught.value)
