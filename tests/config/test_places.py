"""What a file says that its providers declare: places, calls a minute, settings of accounts and fields of entries."""

from __future__ import annotations

import pytest

from reconciler.config.load import Loaded, load
from reconciler.model.provider import RateLimits
from reconciler.model.secret import SecretText
from reconciler.provider import (
    Auth,
    Field,
    FieldType,
    PlaceSetting,
    Provider,
    Rest,
    Setting,
    choice,
    events,
    number,
    secret,
    settings,
    switch,
    text,
    url,
)
from reconciler.providers.registry import INSTALLED
from tests.config.tools import PROVIDERS, complaints, inputs, place_of

HUB = Provider(
    name="hub",
    title="Hub",
    fields=(url(), events("push", "release"), switch(), secret()),
    auth=Auth(variable="HUB_TOKEN", optional=True),
    settings=(
        Setting(name="org_id", header="X-ORG", help="The organization that is acted for."),
        Setting(name="region"),
        Setting(name="strict", type=FieldType.FLAG, default=False),
    ),
    places=(
        PlaceSetting(setting="repositories", path="/repos/{}", pattern="[a-z]+/[a-z]+", example="acme/web"),
        PlaceSetting(setting="organization", path="/orgs/{}", pattern="[a-z]+", example="acme"),
    ),
    limits=RateLimits(write=80, get=900),
    rest=Rest(collection="/hooks"),
)

FILE = """\
version: 1
accounts:
  code:
    provider: hub
    base_url: http://127.0.0.1:1/api/
    repositories: [acme/web, acme/api]
owns: [https://ci.example.com/*]
webhooks:
  ci: {url: https://ci.example.com/a, events: [push, release]}
"""
BASE = "base_url: http://127.0.0.1:1/api/"
PLACES = "repositories: [acme/web, acme/api]"
ENVIRONMENT = {"HUB_TOKEN": "t0ken", "ORG": "o1"}


def read(text: str, **given: object) -> Loaded:
    return load(inputs(text, **{"environment": ENVIRONMENT, **given}), {**PROVIDERS, "hub": HUB})  # type: ignore[arg-type]


def test_each_place_of_an_account_is_an_account_that_shares_all_else() -> None:
    found = read(FILE).configuration
    assert found is not None
    assert [(one.name, one.group, one.place, one.base_url) for one in found.accounts] == [
        ("code:acme/web", "code", "/repos/acme/web", "http://127.0.0.1:1/api"),
        ("code:acme/api", "code", "/repos/acme/api", "http://127.0.0.1:1/api"),
    ]
    assert {one.token.reveal() for one in found.accounts} == {"t0ken"}
    assert len({id(one.owns) for one in found.accounts}) == 1
    assert [str(wanted.address) for wanted in found.desired] == ["code:acme/web/ci", "code:acme/api/ci"]


@pytest.mark.parametrize(
    ("written", "places"),
    [
        pytest.param("repositories: acme/web", ["/repos/acme/web"], id="one-name"),
        pytest.param("organization: acme", ["/orgs/acme"], id="another-kind"),
        pytest.param("organization: '${ORGANIZATION}'", ["/orgs/acme"], id="variable"),
    ],
)
def test_a_place_is_named_as_the_provider_declares(written: str, places: list[str]) -> None:
    variables = {"ORGANIZATION": "acme"} if "$" in written else {}
    found = read(FILE.replace(PLACES, written), variables=variables).configuration
    assert found is not None
    assert [one.place for one in found.accounts] == places


def test_settings_are_kept_by_their_names() -> None:
    found = read(FILE.replace(BASE, f"{BASE}\n    org_id: ${{ORG}}\n    region: eu\n    strict: true")).configuration
    assert found is not None
    account = found.accounts[0]
    assert account.settings == {
        "org_id": SecretText.literal("o1"),
        "region": SecretText.literal("eu"),
        "strict": True,
    }
    assert [(setting.name, str(value)) for setting, value in account.header_settings] == [("org_id", "${ORG}")]


@pytest.mark.parametrize(
    ("written", "limits"),
    [
        pytest.param("", RateLimits(write=80, get=900), id="published"),
        pytest.param("rate_limits: off", RateLimits(), id="off"),
        pytest.param("rate_limits: {write: 5}", RateLimits(write=5, get=900), id="one-class"),
        pytest.param("rate_limits: {write: 5, get: 6, list: 7}", RateLimits(write=5, get=6, list=7), id="all"),
    ],
)
def test_calls_a_minute_are_those_that_the_account_says(written: str, limits: RateLimits) -> None:
    found = read(FILE.replace(BASE, f"{BASE}\n    {written}")).configuration
    assert found is not None
    assert {one.limits for one in found.accounts} == {limits}


def test_an_account_may_do_without_a_token_where_the_provider_says_so() -> None:
    found = read(FILE, environment={}).configuration
    assert found is not None
    assert not found.accounts[0].token


FAULTS = [
    pytest.param(
        PLACES, "", ("missing-key", "3:3", "this Hub account has no `repositories` or `organization`"), id="none"
    ),
    pytest.param(
        PLACES,
        f"{PLACES}\n    organization: acme",
        ("place-twice", "7:5", "this Hub account has more than one of `repositories` or `organization`"),
        id="both",
    ),
    pytest.param(
        PLACES,
        "repositories: [acme/web, Acme]",
        ("wrong-value", "6:30", "an item of `repositories` has the wrong format"),
        id="pattern",
    ),
    pytest.param(
        PLACES,
        "repositories: '${WEB}'",
        ("wrong-value", "6:19", "expected a name such as `acme/web`"),
        id="pattern-of-a-variables-value",
    ),
    pytest.param(
        PLACES,
        "repositories: [acme/web, acme/web]",
        ("repeated-item", "6:30", "`repositories` lists an item twice"),
        id="twice",
    ),
    pytest.param(BASE, "", ("missing-key", "3:3", "this Hub account has no `base_url`"), id="no-base-url"),
    pytest.param(
        BASE,
        f"{BASE}\n    mode: live",
        ("unknown-key", "6:5", "`mode` is not a known key of an account"),
        id="another-providers-key",
    ),
    pytest.param(
        BASE,
        f"{BASE}\n    region: ${{ORG}}",
        (
            "variable-place",
            "6:13",
            (
                "`${ORG}` comes from the environment, whose values may be used only in tokens, account ids, paths "
                "and queries"
            ),
        ),
        id="environment-in-a-setting-that-is-shown",
    ),
]


@pytest.mark.parametrize(("old", "new", "expected"), FAULTS)
def test_what_is_wrong_with_an_account_is_said(old: str, new: str, expected: tuple[str, str, str]) -> None:
    found = read(FILE.replace(old, new), variables={"WEB": "Acme"} if "${WEB}" in new else {})
    assert [(one.code, place_of(one), one.message) for one in found.diagnostics] == [expected]


def test_variables_of_an_account_are_needed_where_one_of_its_places_is_worked_on() -> None:
    text = FILE.replace(BASE, f"{BASE}\n    org_id: ${{NOPE}}")
    assert read(text, accounts=("other",)).diagnostics == ()
    for pattern in ("code", "code:acme/web", "c*"):
        assert [one.code for one in read(text, accounts=(pattern,)).diagnostics] == ["variable-unset"]


@pytest.mark.parametrize(
    ("said", "addresses"),
    [
        pytest.param("account: code", ["code:acme/web/ci", "code:acme/api/ci"], id="all-places"),
        pytest.param("account: code:acme/api", ["code:acme/api/ci"], id="one-place"),
        pytest.param(
            "accounts: [code:acme/api, code:acme/web]", ["code:acme/api/ci", "code:acme/web/ci"], id="several"
        ),
    ],
)
def test_an_entry_is_for_all_places_of_an_account_or_for_one(said: str, addresses: list[str]) -> None:
    found = read(FILE.replace("release]", f"release], {said}")).configuration
    assert found is not None
    assert [str(wanted.address) for wanted in found.desired] == addresses


def test_a_place_that_the_account_does_not_have_is_an_error() -> None:
    (found,) = read(FILE.replace("release]", "release], account: code:acme/apj")).diagnostics
    assert (found.code, found.help) == ("account-unknown", "Did you mean `code:acme/api`?")


def test_places_count_as_accounts_for_what_is_too_much() -> None:
    letters = "abcdefghijklmnopqrstuvwxyz"
    names = [f"{first}{second}/x" for first in letters for second in letters]
    places = f"repositories: [{', '.join(names)}]"
    text = FILE.replace(PLACES, places).replace(
        "owns:", f"  more: {{provider: hub, base_url: 'http://127.0.0.1:2', {places}}}\nowns:"
    )
    (found,) = read(text.replace("release]", "release], account: code")).diagnostics
    assert (found.code, place_of(found)) == ("too-much", "7:3")


BIRDS = Provider(
    name="birds",
    title="Birds",
    fields=(
        url(),
        events("left"),
        Field(name="labels", type=FieldType.SET, default=frozenset()),
        number("retries", default=3),
        settings("extra", default={}),
        choice("format", "json", "form", default="json"),
        text("secret"),
    ),
    base_url="https://api.birds.example",
    auth=Auth(variable="BIRDS_TOKEN"),
    rest=Rest(collection="/hooks"),
)
BIRD_FILE = """\
version: 1
accounts: {loft: {provider: birds}}
owns: [https://ci.example.com/*]
webhooks:
  ci:
    url: https://ci.example.com/a
    events: [left]
"""


def birds(written: str, *, accounts: str = "", **variables: str) -> Loaded:
    file = BIRD_FILE.replace("provider: birds}", f"provider: birds}}{accounts}") + f"    {written}\n"
    environment = {"BIRDS_TOKEN": "t0ken", "HUB_TOKEN": "t0ken"}
    providers = {**PROVIDERS, "birds": BIRDS, "hub": HUB}
    return load(inputs(file, environment=environment, variables=variables), providers)


@pytest.mark.parametrize(
    ("written", "name", "value"),
    [
        pytest.param("labels: [a, '${X}']", "labels", frozenset({"a", "b"}), id="set"),
        pytest.param("retries: 5", "retries", 5, id="number"),
        pytest.param("extra: {a: [1, '${X}', {c: true}]}", "extra", {"a": [1, "b", {"c": True}]}, id="settings"),
        pytest.param("format: form", "format", "form", id="choice"),
        pytest.param("secret: plain", "secret", "plain", id="text"),
    ],
)
def test_a_field_s_value_is_of_its_type(written: str, name: str, value: object) -> None:
    found = birds(written, **({"X": "b"} if "${X}" in written else {})).configuration
    assert found is not None
    assert found.desired[0].fields[name] == value


@pytest.mark.parametrize(
    ("written", "message"),
    [
        pytest.param("labels: a", "`labels`: expected a list, found text", id="set"),
        pytest.param("retries: many", "`retries`: expected a number, found text", id="number"),
        pytest.param("format: '${X}'", "`format` must be `json` or `form`", id="choice-by-a-variable"),
        pytest.param("labels: ['$X']", "`$X` is neither a variable nor plain text", id="broken-item"),
    ],
)
def test_a_value_of_another_type_is_an_error(written: str, message: str) -> None:
    (found,) = birds(written, **({"X": "xml"} if "X" in written else {})).diagnostics
    assert found.message == message


def test_a_key_that_two_providers_mean_differently_takes_what_either_takes() -> None:
    other = ", code: {provider: hub, base_url: 'http://127.0.0.1:1', organization: acme}"
    said = birds("accounts: [loft]\n    secret: words", accounts=other).configuration
    assert said is not None
    assert said.desired[0].fields["secret"] == "words"
    found = birds("accounts: [code]\n    labels: [a]", accounts=other).diagnostics
    assert [one.message for one in found] == ["`left` is not a known event of Hub", "Hub doesn't support `labels`"]


def _complaints(account: str, *others: str) -> list[tuple[str, str, str]]:
    accounts = "".join(f"  {name}: {text}\n" for name, text in (("one", account), *zip("abc", others, strict=False)))
    text = f"version: 1\naccounts:\n{accounts}owns: [https://ci.example.com/*]\nwebhooks: {{}}\n"
    environment = {"GITLAB_TOKEN": "t", "SVIX_TOKEN": "t.eu", "SHIPPO_API_TOKEN": "shippo_test_1"}
    found = load(inputs(text, environment=environment), INSTALLED)
    return complaints(found)


@pytest.mark.parametrize(
    "account",
    [
        "{provider: gitlab, projects: ['12', acme/web]}",
        "{provider: gitlab, projects: [acme/*, '12']}",
        "{provider: gitlab, groups: [acme, '5']}",
        f"{{provider: svix, base_url: https://api.eu.svix.com, applications: [app_{'2OhV5yYjB' * 3}, app_mine]}}",
    ],
)
def test_an_account_names_its_places_by_ids_or_by_other_names(account: str) -> None:
    ((code, _, message),) = _complaints(account)
    assert (code, message) == (
        "place-mixed",
        "an id and another name may mean the same place, which nothing would show",
    )


@pytest.mark.parametrize(
    "accounts",
    [
        ["{provider: gitlab, projects: ['12', '13']}"],
        ["{provider: gitlab, projects: ['12']}", "{provider: gitlab, projects: [acme/web, acme/*]}"],
        ["{provider: shippo, mode: test, account_ids: all}", "{provider: shippo, mode: test}"],
        ["{provider: shippo, mode: test, account_ids: [aa1]}", "{provider: shippo, mode: test}"],
    ],
)
def test_accounts_that_are_not_the_same_stand_beside_each_other(accounts: list[str]) -> None:
    assert _complaints(*accounts) == []


def test_two_fleets_of_all_are_the_same() -> None:
    every = "{provider: shippo, mode: test, account_ids: all}"
    assert [code for code, _, _ in _complaints(every, every)] == ["account-same"]


@pytest.mark.parametrize("name", ["ALL", "[all, aa1]", "[All]"])
def test_all_is_no_name_of_an_account(name: str) -> None:
    assert [code for code, _, _ in _complaints(f"{{provider: shippo, account_ids: {name}}}")] == ["wrong-value"]
