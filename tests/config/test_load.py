"""What good files mean."""

from __future__ import annotations

from contextlib import nullcontext

import pytest

from reconciler.config.load import load
from reconciler.http.calls import checked_destination
from reconciler.model.accounts import Accounts
from reconciler.model.configuration import AbsentPlace, Account, Configuration, Named
from reconciler.model.diagnostic import Place
from reconciler.model.endpoint import BUILT_IN_SECRET_PARAMS
from reconciler.model.pattern import PatternSet, parse_pattern
from reconciler.model.provider import RateLimits
from reconciler.model.reading import ProviderError
from reconciler.model.secret import Origin, Part, SecretText
from reconciler.model.url import parse_url
from reconciler.model.webhook import Address, Desired, Fields
from reconciler.providers.shippo import SHIPPO
from tests.config.tools import (
    ENTRY,
    GOOD,
    HOOK_TOKEN,
    LIVE_TOKEN,
    OWNS,
    PROVIDERS,
    TEST_TOKEN,
    TOP,
    complaints,
    configuration,
    inputs,
    loaded,
)
from tests.providers.tools import Run

TWO_ACCOUNTS = """\
version: 1
accounts:
  live: {provider: shippo, token: '${LIVE}', mode: live}
  test: {provider: shippo, token: '${TEST}', owns: ['https://t.example.com/*'], limits: {max_losses: 0}}
owns: [https://h.example.com/*]
"""


def pattern(text: str) -> PatternSet:
    return PatternSet([parse_pattern(SecretText.literal(text))])


def wanted(found: Configuration) -> list[tuple[str, str, str, bool, bool]]:
    """Address, URL as shown, event, active, is_test."""
    return [
        (
            str(desired.address),
            found.redaction.show(parse_url(desired.fields["url"].source)),  # type: ignore[union-attr]
            str(desired.fields["event"]),
            desired.fields["active"] is True,
            desired.fields["is_test"] is True,
        )
        for desired in found.desired
    ]


def test_a_file_becomes_accounts_and_what_is_wanted_in_them() -> None:
    found = configuration(inputs(GOOD))
    orders = parse_url(
        SecretText(
            (Part("https://hooks.example.com/shippo/orders?token="), Part(HOOK_TOKEN, Origin.ENVIRONMENT, "HOOK"))
        )
    )
    tracking = parse_url(SecretText.literal("https://hooks.example.com/shippo/tracking"))

    def desired(name: str, event: str, line: int) -> Desired:
        url = orders if name == "orders" else tracking
        fields: Fields = {"url": url, "event": event, "active": True, "is_test": False}
        key = SHIPPO.key_of(fields)
        assert key is not None
        place = Place(file="<stdin>", line=line, column=10)
        return Desired(address=Address(account="live", name=name, index=event), key=key, fields=fields, place=place)

    (account,) = found.accounts
    assert found == Configuration(
        accounts=Accounts(
            [
                Account(
                    name="live",
                    provider=SHIPPO,
                    token=SecretText.environment("LIVE", LIVE_TOKEN),
                    base_url="https://api.goshippo.com",
                    kind="live",
                    scope=(("is_test", False),),
                    limits=RateLimits(write=500, get=4000, list=50),
                    owns=account.owns,
                    protect=account.protect,
                )
            ],
        ),
        desired=(
            desired("orders", "transaction_created", 11),
            desired("orders", "transaction_updated", 11),
            desired("tracking", "track_updated", 14),
        ),
        files=("<stdin>",),
        secret_params=BUILT_IN_SECRET_PARAMS,
        redaction=found.redaction,
    )
    assert not account.protect
    assert repr(account.owns) == "PatternSet([Pattern(https://hooks.example.com/shippo/*)])"
    assert found.desired[0].fields["url"] == orders
    assert found.redaction.show(orders) == "https://hooks.example.com/shippo/orders?token=${HOOK}"
    assert not found.qualifies_addresses


def test_without_accounts_there_is_one_called_default() -> None:
    (account,) = configuration(inputs(TOP + OWNS + ENTRY)).accounts
    assert (account.name, account.provider, account.token.reveal(), account.kind) == (
        "default",
        SHIPPO,
        LIVE_TOKEN,
        "live",
    )
    assert str(account.token) == "${SHIPPO_API_TOKEN}"


def test_settings_of_an_account_are_read() -> None:
    text = (
        TOP
        + """\
accounts:
  sandbox:
    provider: shippo
    token: ${ANY}
    mode: test
    base_url: HTTP://LocalHost:8080/prefix/
    account_id: ${MANAGED}
    timeout: 2.5
    trust_count: false
    limits: {max_losses: 7}
    protect: [https://h.example.com/keep]
    absent:
      - https://old.example.com/*
      - url: https://h.example.com/a
        events: [all, batch_created]
"""
        + OWNS
        + ENTRY
    )
    (account,) = configuration(inputs(text, environment={"ANY": "any", "MANAGED": "acct_1"})).accounts
    assert account == Account(
        name="sandbox",
        provider=SHIPPO,
        token=SecretText.environment("ANY", "any"),
        base_url="http://localhost:8080/prefix",
        file_base_url=SecretText.literal("HTTP://LocalHost:8080/prefix/"),
        settings={"account_id": SecretText.environment("MANAGED", "acct_1"), "trust_count": False},
        timeout=2.5,
        kind="test",
        scope=(("is_test", True),),
        limits=RateLimits(write=50, get=400, list=10),
        owns=account.owns,
        absent=(
            Named(
                pattern=parse_pattern(SecretText.literal("https://old.example.com/*")),
                place=Place(file="<stdin>", line=14, column=9),
            ),
            Named(
                pattern=parse_pattern(SecretText.literal("https://h.example.com/a")),
                events=frozenset({"all", "batch_created"}),
                place=Place(file="<stdin>", line=15, column=14),
            ),
        ),
        absent_place=AbsentPlace.IN_ACCOUNT,
        protect=account.protect,
        max_losses=7,
    )
    assert repr(account.protect) == repr(pattern("https://h.example.com/keep"))


def test_what_stands_at_the_top_is_for_accounts_that_have_none_of_that_key() -> None:
    text = TWO_ACCOUNTS + "limits: {max_losses: 9}\nprotect: [https://h.example.com/keep]\nwebhooks: {}\n"
    live, test = configuration(inputs(text)).accounts
    assert (repr(live.owns), live.max_losses) == (repr(pattern("https://h.example.com/*")), 9)
    assert (repr(test.owns), test.max_losses) == (repr(pattern("https://t.example.com/*")), 0)
    assert repr(live.protect) == repr(test.protect) == repr(pattern("https://h.example.com/keep"))


@pytest.mark.parametrize(
    ("top", "own", "at"),
    [
        pytest.param("", "", ["new_in_account", "new_in_account"], id="nowhere"),
        pytest.param("absent: [https://h.example.com/x]\n", "", ["new_in_account_repeating_top"] * 2, id="top"),
        pytest.param("absent: []\n", "absent: [], ", ["at_top", "in_account"], id="empty-lists-stand-too"),
        pytest.param("", "absent: [], ", ["new_at_top", "in_account"], id="only-in-the-other"),
    ],
)
def test_an_account_knows_where_more_goes_under_absent(top: str, own: str, at: list[str]) -> None:
    text = TWO_ACCOUNTS.replace("owns: ['https://t.", f"{own}owns: ['https://t.") + top + "webhooks: {}\n"
    assert [account.absent_place.value for account in configuration(inputs(text)).accounts] == at


ACCOUNTS_OF_ENTRIES = [
    pytest.param("", "    account: live\n", ["live"], id="account"),
    pytest.param("", "    accounts: [test, live]\n", ["test", "live"], id="accounts-in-the-entrys-order"),
    pytest.param("defaults: {account: live}\n", "", ["live"], id="account-of-the-defaults"),
    pytest.param("defaults: {accounts: [live, test]}\n", "", ["live", "test"], id="accounts-of-the-defaults"),
    pytest.param("defaults: {accounts: [live, test]}\n", "    account: test\n", ["test"], id="account-beats-accounts"),
    pytest.param("defaults: {account: live}\n", "    accounts: [test]\n", ["test"], id="accounts-beat-account"),
]


@pytest.mark.parametrize(("defaults", "entry", "expected"), ACCOUNTS_OF_ENTRIES)
def test_an_entry_belongs_to_the_accounts_it_names_else_to_the_defaults(
    defaults: str, entry: str, expected: list[str]
) -> None:
    text = TWO_ACCOUNTS.replace("owns: ['https://t.example.com/*'], ", "") + defaults + ENTRY + entry
    found = configuration(inputs(text))
    assert [desired.address.account for desired in found.desired] == expected
    assert found.qualifies_addresses


SETTINGS_OF_ENTRIES = [
    pytest.param("", "", (True, False, set()), id="nothing-said"),
    pytest.param("", "    active: false\n    is_test: true\n", (False, True, set()), id="entry"),
    pytest.param("{active: false, is_test: true}", "", (False, True, set()), id="defaults"),
    pytest.param(
        "{active: false, is_test: true}", "    active: true\n    is_test: false\n", (True, False, set()), id="both"
    ),
    pytest.param("{ignore_changes: [url, active]}", "", (True, False, {"url", "active"}), id="ignored-by-defaults"),
    pytest.param("{ignore_changes: [url]}", "    ignore_changes: []\n", (True, False, set()), id="nothing-ignored"),
    pytest.param("", "    active: ${OFF}\n", (False, False, set()), id="active-by-a-variable"),
    pytest.param("", "    active: ${NOPE:-false}\n", (False, False, set()), id="active-by-a-default"),
    pytest.param("{is_test: '${ON}'}", "", (True, True, set()), id="is-test-by-a-variable"),
]


@pytest.mark.parametrize(("defaults", "entry", "expected"), SETTINGS_OF_ENTRIES)
def test_an_entry_replaces_what_the_defaults_say(
    defaults: str, entry: str, expected: tuple[bool, bool, set[str]]
) -> None:
    text = TOP + OWNS + (f"defaults: {defaults}\n" if defaults else "") + ENTRY + entry
    environment = {"SHIPPO_API_TOKEN": LIVE_TOKEN, "OFF": "false", "ON": "true"}
    (desired,) = configuration(inputs(text, environment=environment)).desired
    assert (desired.fields["active"], desired.fields["is_test"], set(desired.ignored)) == expected


@pytest.mark.parametrize(
    ("account", "token", "expected"),
    [
        pytest.param("", LIVE_TOKEN, False, id="live-token"),
        pytest.param("", TEST_TOKEN, True, id="test-token"),
        pytest.param(", mode: test", TEST_TOKEN, True, id="mode"),
        pytest.param(", mode: test, base_url: 'http://[::1]:1'", "any", True, id="mode-alone"),
    ],
)
def test_is_test_is_as_the_mode_or_the_token_says(account: str, token: str, expected: bool) -> None:  # noqa: FBT001
    text = TOP + f"accounts: {{a: {{provider: shippo, token: '${{T}}'{account}}}}}\n" + OWNS + ENTRY
    (desired,) = configuration(inputs(text, environment={"T": token})).desired
    assert desired.key.scope == (("is_test", expected),)


def test_keys_that_begin_with_x_are_ignored_wherever_they_stand() -> None:
    text = TOP + "x-a: {b: [${nonsense, '$C']}\n".replace("${", "$$") + OWNS + ENTRY + "    x-note: '$D ${'\n"
    assert wanted(configuration(inputs(text))) == wanted(configuration(inputs(TOP + OWNS + ENTRY)))


def test_a_value_stands_where_its_alias_does() -> None:
    text = TOP + "x-url: &url https://h.example.com/a\n" + OWNS + ENTRY.replace("https://h.example.com/a", "*url")
    (desired,) = configuration(inputs(text)).desired
    assert desired.place == Place(file="<stdin>", line=6, column=10)


def test_a_merged_mapping_gives_what_the_entry_does_not_say() -> None:
    text = (
        TOP
        + "x-a: &a {active: false, events: [all]}\nx-b: &b {active: true, is_test: true}\n"
        + OWNS
        + "webhooks:\n  a: {<<: [*a, *b], url: https://h.example.com/a, events: [track_updated]}\n"
    )
    assert wanted(configuration(inputs(text))) == [
        ("default/a[track_updated]", "https://h.example.com/a", "track_updated", False, True)
    ]


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "byte-order-mark"])
@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r"], ids=["lf", "crlf", "cr"])
def test_places_do_not_depend_on_line_breaks_or_a_byte_order_mark(mark: bytes, line_break: str) -> None:
    found = configuration(inputs(mark + GOOD.replace("\n", line_break).encode()))
    assert [desired.place.line for desired in found.desired] == [11, 11, 14]


@pytest.mark.parametrize("written", ["0123", "0o17", "0x1F", "1_000", "12:30:45", "2026-01-01", "1e5", ".inf", "+5"])
def test_what_looks_like_a_number_to_yaml_alone_is_text(written: str) -> None:
    text = TOP + f"allow_events: [{written}]\n" + OWNS + ENTRY.replace("track_updated", written)
    found = loaded(inputs(text))
    assert found.configuration is not None
    assert [str(desired.fields["event"]) for desired in found.configuration.desired] == [written]


def test_secret_and_public_parameters_change_what_is_secret() -> None:
    text = TOP + "secret_params: [Pass]\npublic_params: [CODE]\n" + OWNS + "webhooks: {}\n"
    assert configuration(inputs(text)).secret_params == (BUILT_IN_SECRET_PARAMS | {"pass"}) - {"code"}


def test_offline_unset_variables_stand_for_any_value() -> None:
    text = (
        TOP
        + """\
accounts:
  a: {provider: shippo, token: '${TOKEN}', account_id: '${ID}', trust_count: '${TRUST}'}
  b: {provider: shippo, token: '${OTHER}', mode: test, base_url: 'https://${HOST}/'}
owns: ['https://${HOST}/*', 'https://h.example.com:${PORT}/${PATH}/x', '${SCHEME}://h.example.com/*']
absent: [{url: 'https://h.example.com/${OLD}', events: ['${EVENT}']}]
webhooks:
  one: {url: 'https://${HOST}/${PATH}?token=${SECRET}', events: ['${EVENT}', all], account: a, active: '${ON}'}
  two: {url: '${WHOLE}', events: [all], accounts: [a, b], is_test: true}
  three: {url: 'https://h.example.com:${PORT}/a${PATH:?needed}', events: [all], account: '${ACCOUNT}'}
  four: {url: '${SCHEME}://h.example.com/${PATH:-x}', events: [all], account: b}
"""
    )
    found = configuration(inputs(text, environment={}, offline=True))
    assert [(str(desired.address), desired.key.scope) for desired in found.desired] == [
        ("a/one[all]", (("is_test", False),)),
        ("a/two[all]", (("is_test", True),)),
        ("b/two[all]", (("is_test", True),)),
        ("b/four[all]", (("is_test", True),)),
    ]
    assert [(account.kind, account.scope, account.limits.list) for account in found.accounts] == [
        ("", (), None),
        ("test", (("is_test", True),), 10),
    ]
    assert [account.absent for account in found.accounts] == [(), ()]
    assert found.redaction.show(found.desired[1].fields["url"]) == "${WHOLE}"  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("account", "token"),
    [
        pytest.param("", "", id="no-token-at-all"),
        pytest.param(", token: '${T}', mode: '${M}'", LIVE_TOKEN, id="mode-unset"),
        pytest.param(", token: '${T}', mode: '${M}', base_url: 'http://[::1]:1'", "any", id="token-of-no-kind"),
        pytest.param(", token: '${T}', base_url: 'https://${HOST}'", LIVE_TOKEN, id="host-unset"),
        pytest.param(", provider: '${P}', token: '${T}'", LIVE_TOKEN, id="provider-unset"),
    ],
)
def test_offline_what_is_not_known_is_no_error(account: str, token: str) -> None:
    provider = "" if "provider" in account else "provider: shippo"
    inner = (provider + account).removeprefix(", ")
    text = TOP + f"accounts: {{a: {{{inner}}}}}\n" + OWNS + ENTRY
    assert complaints(loaded(inputs(text, environment={"T": token} if token else {}, offline=True))) == []


def test_offline_nobody_knows_whether_a_url_with_an_unset_variable_in_it_is_owned() -> None:
    elsewhere = TOP + OWNS + ENTRY.replace("h.example.com/a", "i.example.com/${X}")
    assert complaints(loaded(inputs(elsewhere, environment={}, offline=True))) == []
    anywhere = TOP + "owns: ['https://h.example.com/${X}']\n" + ENTRY.replace("h.example.com", "i.example.com")
    assert complaints(loaded(inputs(anywhere, environment={}, offline=True))) == []
    in_the_query = TOP + OWNS + ENTRY.replace("h.example.com/a", "i.example.com/a?token=${X}")
    assert complaints(loaded(inputs(in_the_query, environment={}, offline=True))) == [
        ("not-owned", "5:10", "no pattern under `owns` matches this URL")
    ]


def test_offline_an_unset_variable_gives_no_cause_for_advice() -> None:
    host = TOP + "owns: ['https://${HOST}/*']\n" + ENTRY.replace("h.example.com", "${HOST}")
    assert loaded(inputs(host, environment={}, offline=True)).diagnostics == ()
    pattern = TOP + "owns: [https://h.example.com/a, 'https://h.example.com/${X}']\n" + ENTRY
    assert loaded(inputs(pattern, environment={}, offline=True)).diagnostics == ()


def test_offline_absent_may_mean_webhooks_of_any_kind() -> None:
    text = TOP + OWNS + "absent: [https://h.example.com/a]\n" + ENTRY + "    is_test: true\n"
    assert complaints(loaded(inputs(text, environment={}, offline=True))) == [
        ("entry-absent", "6:10", "this entry's webhook is also listed under `absent`, at <stdin>:3:10")
    ]


def test_offline_the_same_name_is_the_same_value() -> None:
    text = TOP + OWNS + ENTRY.replace("/a\n", "/${X}\n") + "  b: {url: 'https://h.example.com/${X}', events: [all]}\n"
    one, other = configuration(inputs(text, environment={}, offline=True)).desired
    assert one.key.endpoint == other.key.endpoint
    text = text.replace("${X}', events: [all]", "${Y}', events: [all]")
    one, other = configuration(inputs(text, environment={}, offline=True)).desired
    assert one.key.endpoint != other.key.endpoint


def test_variables_of_accounts_that_are_not_worked_on_may_be_unset() -> None:
    text = (
        TWO_ACCOUNTS.replace("${TEST}", "${NOPE}")
        + "webhooks:\n"
        + "  a: {url: 'https://h.example.com/a', events: [all], account: live}\n"
        + "  b: {url: 'https://t.example.com/b?token=${NOPE_EITHER}', events: [all], account: test}\n"
    )
    found = configuration(inputs(text, accounts=("l*",)))
    assert [str(desired.address) for desired in found.desired] == ["live/a[all]", "test/b[all]"]
    assert complaints(loaded(inputs(text, accounts=("*e*",)))) == [
        ("variable-unset", "4:35", "`${NOPE}` is not set"),
        ("variable-unset", "8:12", "`${NOPE_EITHER}` is not set"),
    ]


def test_variables_at_the_top_are_needed_where_an_account_that_is_worked_on_uses_them() -> None:
    text = TWO_ACCOUNTS.replace("owns: [https://h.example.com/*]", "owns: ['https://h.example.com/${NOPE}/*']")
    assert configuration(inputs(text + "webhooks: {}\n", accounts=("test",)))
    assert complaints(loaded(inputs(text + "webhooks: {}\n", accounts=("live",)))) == [
        ("variable-unset", "5:8", "`${NOPE}` is not set")
    ]


@pytest.mark.parametrize(
    ("allowed", "base_url", "is_allowed"),
    [
        pytest.param("proxy.example.com", "https://proxy.example.com", True, id="host"),
        pytest.param("Proxy.Example.com", "https://PROXY.example.com/v1", True, id="case-does-not-count"),
        pytest.param("proxy.example.com", "https://proxy.example.com:8443", True, id="host-on-every-port"),
        pytest.param("proxy.example.com:8443", "https://proxy.example.com:8443", True, id="port"),
        pytest.param("proxy.example.com:443", "https://proxy.example.com", True, id="usual-port"),
        pytest.param("proxy.example.com:8443", "https://proxy.example.com", False, id="another-port"),
        pytest.param("example.com", "https://proxy.example.com", False, id="parent"),
        pytest.param("*.example.com", "https://proxy.example.com", False, id="no-patterns"),
        pytest.param("evil.example", "https://api.goshippo.com.evil.example", False, id="prefix"),
        pytest.param("bücher.example", "https://xn--bcher-kva.example", True, id="other-script"),
        pytest.param("proxy.example.com.", "https://proxy.example.com", True, id="dot-at-the-end"),
        pytest.param("[2001:DB8:0:0::1]", "https://[2001:db8::1]", True, id="ipv6"),
        pytest.param(" proxy.example.com", "https://proxy.example.com", True, id="white-space"),
        pytest.param("proxy.example.com:08443", "https://proxy.example.com:8443", True, id="port-with-a-zero"),
        pytest.param("proxy.example.com:99999", "https://proxy.example.com", False, id="no-port"),
        pytest.param("other.example", "https://api.goshippo.com:444", True, id="providers-own"),
        pytest.param("other.example", "http://127.0.0.1:1", True, id="loopback"),
        pytest.param("other.example", "http://sandbox.localhost:1", True, id="loopback-name"),
    ],
)
def test_a_token_goes_to_hosts_that_are_allowed_outside_the_file(
    allowed: str,
    base_url: str,
    is_allowed: bool,  # noqa: FBT001
) -> None:
    text = TOP + f"accounts: {{a: {{provider: shippo, token: '${{LIVE}}', base_url: '{base_url}'}}}}\n" + OWNS + ENTRY
    found = loaded(inputs(text, allowed_hosts=[allowed]))
    assert [code for code, _, _ in complaints(found)] == ([] if is_allowed else ["base-url-host"])
    # Whoever makes the calls judges the same.
    (account,) = configuration(inputs(text, allowed_hosts=[base_url.split("/")[2]])).accounts
    with nullcontext() if is_allowed else pytest.raises(ProviderError):
        checked_destination(account, Run(allowed_hosts=frozenset([allowed])).context)


def test_without_a_file_there_is_the_default_account_which_owns_nothing() -> None:
    found = load(inputs(files=()), PROVIDERS).configuration
    assert found is not None
    (account,) = found.accounts
    assert (account.name, account.kind, tuple(account.owns.patterns)) == ("default", "live", ())
    assert (found.desired, found.files) == ((), ())


def test_without_a_file_the_token_is_needed() -> None:
    found = load(inputs(files=(), environment={}), PROVIDERS)
    assert found.configuration is None
    assert complaints(found) == [("variable-unset", "None", "`${SHIPPO_API_TOKEN}` is not set")]
