"""How entries say URLs: names that a person would give, and a variable for all that may be a secret."""

from __future__ import annotations

import pytest

from reconciler.config.diagnostics import Diagnostics, SourceText, Span
from reconciler.config.urls import read_url
from reconciler.export.names import Names, Place, wishes
from reconciler.model.endpoint import BUILT_IN_SECRET_PARAMS
from reconciler.model.redaction import Redaction
from tests.export.describing import described, lines
from tests.model.texts import env, written
from tests.support.builders import HOST, hook


@pytest.mark.parametrize(
    ("url", "name"),
    [
        pytest.param("/shippo/orders", "orders", id="last-segment"),
        pytest.param("/shippo/orders/", "orders", id="last-segment-that-is-not-empty"),
        pytest.param("/returns/T024BE7LD9/orders", "returns", id="last-segment-that-shows"),
        pytest.param("/api/v2/shippo/orders/webhook", "orders", id="last-segment-that-says-something"),
        pytest.param("/ShippoOrders_hook.v1", "orders", id="words-of-a-segment-that-say-something"),
        pytest.param("/orderUpdates", "order-updates", id="humps"),
        pytest.param("/", "example", id="first-label-of-the-host-that-says-something"),
        pytest.param("/T024BE7LD9", "example", id="host-where-no-segment-shows"),
        pytest.param("/shippo", "example", id="host-where-only-the-provider-is-named"),
        pytest.param("https://erp.acme.example/shippo", "erp", id="sub-domain"),
        pytest.param("https://x8zq4lk0vr2n7w.acme.example/", "acme", id="label-that-reads-as-words"),
        pytest.param("https://erp.staging.acme.example/shippo", "erp-staging", id="environment-of-the-host"),
        pytest.param("https://staging-erp.acme.example/shippo", "erp-staging", id="environment-in-a-label"),
        pytest.param("https://acme.example/staging/orders", "orders-staging", id="environment-of-the-path"),
        pytest.param("https://hooks.slack.com/services/T024BE7LD/B08XYZ1Q2/x8Zq4Lk0", "slack", id="slack"),
        pytest.param("https://hooks.zapier.com/hooks/catch/18273645/3kq7zv1/", "zapier", id="zapier"),
        pytest.param("https://discord.com/api/webhooks/1122334455667788/mN7-qRs_Tu9", "discord", id="discord"),
        pytest.param("https://n8n.acme.example/webhook/5d41402a-bc4b-4a76", "n8n", id="n8n"),
        pytest.param("https://hook.eu1.make.com/x8zq4lk0vr2nw7tybc5d", "make", id="make"),
        pytest.param("https://eo8x1q2abc.m.pipedream.net", "pipedream", id="pipedream"),
        pytest.param("https://maker.ifttt.com/trigger/shipped/with/key/x8Zq4Lk0v", "ifttt", id="ifttt"),
        pytest.param("https://prod-12.westeurope.logic.azure.com:443/workflows/8f1e2d3c", "azure", id="azure"),
        pytest.param("https://api.io/webhook", "api-io", id="nothing-that-says-something"),
        pytest.param("http://10.0.0.1/hook", "10-0-0-1", id="ipv4"),
        pytest.param("https://[2001:db8::1]/", "2001-db8-1", id="ipv6"),
        pytest.param("https://[::]/", "webhook", id="nothing-to-name-it-after"),
    ],
)
def test_entry_is_named_after(url: str, name: str) -> None:
    assert [entry.name for entry in described(hook("1", url)).entries] == [name]


@pytest.mark.parametrize(
    ("url", "name"),
    [
        pytest.param("/a", "a-2", id="number-where-there-is-no-other-word"),
        pytest.param("/x/a", "a-x", id="word-of-the-path"),
        pytest.param("https://shop.acme.example/a", "a-shop", id="word-of-the-host"),
        pytest.param("https://prod.example.com/a", "a-prod", id="production"),
        pytest.param("/v2/a", "a-v2", id="version"),
    ],
)
def test_name_that_is_taken_gets_a_word_that_tells_them_apart(url: str, name: str) -> None:
    names = Names()
    assert lines(described(hook("1", "/a"), names=names)) == ["a: /a"]
    assert [entry.name for entry in described(hook("2", url), names=names).entries] == [name]


def test_entries_of_files_keep_their_names() -> None:
    names = Names(entries=["a", "a-example"])
    assert [entry.name for entry in described(hook("1", "/a"), names=names).entries] == ["a-track-updated"]


@pytest.mark.parametrize(
    ("queries", "expected"),
    [
        pytest.param(["token=s3cr3tValue", "key=s3cr3tValue"], ["TOKEN", "TOKEN"], id="secret"),
        pytest.param(["token=8letters", "key=8letters"], ["TOKEN", "TOKEN"], id="just-long-enough"),
        pytest.param(["token=7letter", "key=7letter"], ["TOKEN", "KEY"], id="just-too-short"),
        pytest.param(["page=2", "page=2"], ["PAGE", "PAGE"], id="short-and-of-one-name"),
        pytest.param(["page=2", "version=2"], ["PAGE", "VERSION"], id="short-and-of-two-names"),
    ],
)
def test_same_secret_is_one_variable(queries: list[str], expected: list[str]) -> None:
    made = described(hook("1", f"/a?{queries[0]}"), hook("2", f"/b?{queries[1]}", day=2))
    names = [entry.url.partition("${HOOK_")[2].rstrip("}") for entry in made.entries]
    assert [name.partition("_")[2] for name in names] == expected
    assert len(set(names)) == len(set(expected)) == len(made.variables)


def test_variable_of_a_file_or_of_an_earlier_export_keeps_its_name() -> None:
    names = Names(environment={"HOOK_OLD": "s3cr3tOne", "PATH": "s3cr3tTwo"}, known={"MINE": "s3cr3tTwo"})
    made = described(hook("1", "/a?token=s3cr3tOne&key=s3cr3tTwo"), names=names)
    assert lines(made) == ["a: /a?token=${HOOK_OLD}&key=${MINE}"]
    assert made.variables == {"HOOK_OLD": "s3cr3tOne", "MINE": "s3cr3tTwo"}


def test_variable_whose_name_is_taken_gets_a_number_unless_it_has_that_value_already() -> None:
    names = Names(environment={"HOOK_A_TOKEN": "another", "HOOK_A_TOKEN_2": "s3cr3t"})
    made = described(hook("1", "/a?token=s3cr3t&token=0ther"), names=names)
    assert lines(made) == ["a: /a?token=${HOOK_A_TOKEN_2}&token=${HOOK_A_TOKEN_3}"]
    assert made.variables == {"HOOK_A_TOKEN_2": "s3cr3t", "HOOK_A_TOKEN_3": "0ther"}


@pytest.mark.parametrize(
    ("path", "variable", "value"),
    [
        pytest.param("/T024BE7LD9", "HOOK_EXAMPLE_PATH", "T024BE7LD9", id="path"),
        pytest.param("/a?x8Zq4Lk0vR2n=1", "HOOK_A_QUERY", "x8Zq4Lk0vR2n=1", id="query-item"),
        pytest.param("/a?sig=a+b", "HOOK_A_URL", f"{HOST}/a?sig=a+b", id="whole-url"),
    ],
)
def test_variable_that_is_set_to_the_value_keeps_its_name_for_it(path: str, variable: str, value: str) -> None:
    assert described(hook("1", path), names=Names(environment={variable: value})).variables == {variable: value}
    other = Names(environment={variable: "another"})
    assert described(hook("1", path), names=other).variables == {f"{variable}_2": value}


def test_path_is_hidden_from_its_first_secret_on_each_segment_a_variable_of_its_own() -> None:
    made = described(hook("1", "https://hooks.slack.example/services/T024BE7LD9//b08xyz/orders/?tenant="))
    (entry,) = made.entries
    owner = (
        "https://hooks.slack.example/services"
        "/${HOOK_SLACK_PATH}//${HOOK_SLACK_PATH_2}/${HOOK_SLACK_PATH_3}/"
    )  # fmt: skip
    assert (entry.owner, entry.url) == (owner, f"{owner}?tenant=")
    assert made.variables == {
        "HOOK_SLACK_PATH": "T024BE7LD9",
        "HOOK_SLACK_PATH_2": "b08xyz",
        "HOOK_SLACK_PATH_3": "orders",
    }
    assert made.url(entry).reveal() == "https://hooks.slack.example/services/T024BE7LD9//b08xyz/orders/?tenant="


def test_path_is_written_as_the_provider_has_it_dot_segments_aside() -> None:
    assert lines(described(hook("1", "/%7Ea/./b/../Orders/$x"))) == [
        "example: /${HOOK_EXAMPLE_PATH}/${HOOK_EXAMPLE_PATH_2}/${HOOK_EXAMPLE_PATH_3}"
    ]
    assert described(hook("1", "/%7Ea")).variables == {"HOOK_EXAMPLE_PATH": "%7Ea"}


@pytest.mark.parametrize(
    ("query", "expected", "variables"),
    [
        pytest.param(
            "tenant=acme&flag&empty=", "tenant=${HOOK_A_TENANT}&flag&empty=", {"HOOK_A_TENANT": "acme"}, id="any-value"
        ),
        pytest.param("b=&a&b", "b=&a&b", {}, id="in-the-providers-order"),
        pytest.param("token=s3cr3t", "token=${HOOK_A_TOKEN}", {"HOOK_A_TOKEN": "s3cr3t"}, id="secret-by-its-name"),
        pytest.param("token", "token", {}, id="secret-without-a-value"),
        pytest.param("token=", "token=", {}, id="secret-with-an-empty-value"),
        pytest.param("t=a=b", "t=${HOOK_A_T}", {"HOOK_A_T": "a=b"}, id="all-after-the-first-equals-sign"),
        pytest.param(
            "id=x8Zq4Lk0vR2n", "id=${HOOK_A_ID}", {"HOOK_A_ID": "x8Zq4Lk0vR2n"}, id="secret-by-what-it-reads-as"
        ),
        pytest.param(
            "x-hook.token=abc", "x-hook.token=${HOOK_A_X_HOOK_TOKEN}", {"HOOK_A_X_HOOK_TOKEN": "abc"}, id="odd-name"
        ),
        pytest.param(
            "x8Zq4Lk0vR2n=1", "${HOOK_A_QUERY}", {"HOOK_A_QUERY": "x8Zq4Lk0vR2n=1"}, id="name-that-is-a-secret"
        ),
        pytest.param(
            "x=1&token=one&y=&key=two",
            "x=${HOOK_A_X}&token=${HOOK_A_TOKEN}&y=&key=${HOOK_A_KEY}",
            {"HOOK_A_X": "1", "HOOK_A_TOKEN": "one", "HOOK_A_KEY": "two"},
            id="several",
        ),
    ],
)
def test_query_shows_names_and_no_values(query: str, expected: str, variables: dict[str, str]) -> None:
    made = described(hook("1", f"/a?{query}"))
    (entry,) = made.entries
    assert (entry.url, made.variables) == (f"{HOST}/a?{expected}", variables)
    assert (made.url(entry).reveal(), entry.owner) == (f"{HOST}/a?{query}", f"{HOST}/a")


def test_values_of_public_parameters_and_those_that_a_file_writes_are_in_clear() -> None:
    redaction = Redaction([written(f"{HOST}/b?tenant=acme")], frozenset({"page"}))
    made = described(hook("1", "/a?page=a%20b&tenant=acme"), hook("2", "/a?page=2&tenant=globex"), redaction=redaction)
    assert lines(made) == ["a-2: /a?page=2&tenant=${HOOK_A_2_TENANT}", "a: /a?page=a%20b&tenant=acme"]


def test_what_the_environment_feeds_is_a_variable_though_it_reads_as_words() -> None:
    redaction = Redaction([written(f"{HOST}/shop/", env("MY_PATH", "swordfish"), "?tenant=", env("MY_TENANT", "acme"))])
    made = described(hook("1", "/shop/swordfish/orders?tenant=acme&lang="), redaction=redaction)
    assert lines(made) == ["orders: /shop/${HOOK_ORDERS_PATH}/orders?tenant=${HOOK_ORDERS_TENANT}&lang="]
    assert made.variables == {"HOOK_ORDERS_PATH": "swordfish", "HOOK_ORDERS_TENANT": "acme"}


@pytest.mark.parametrize("query", ["sig=a+b&tenant=acme", "tenant=acme&key=a/b", "key=one&sig=a?b"])
def test_value_that_can_not_stand_inside_a_url_makes_the_whole_url_one_variable(query: str) -> None:
    made = described(hook("1", f"/a?{query}"))
    (entry,) = made.entries
    assert (entry.url, entry.owner) == ("${HOOK_A_URL}", f"{HOST}/a")
    assert made.variables == {"HOOK_A_URL": f"{HOST}/a?{query}"}


def test_what_no_variable_may_hold_stands_between_variables() -> None:
    made = described(hook("1", "/x8Zq4Lk0+vR2n&'quoted'"))
    (entry,) = made.entries
    assert entry.url == f"{HOST}/${{HOOK_EXAMPLE_PATH}}+${{HOOK_EXAMPLE_PATH_2}}&'${{HOOK_EXAMPLE_PATH_3}}'"
    assert (made.url(entry).reveal(), entry.owner) == (f"{HOST}/x8Zq4Lk0+vR2n&'quoted'", entry.url)


def test_one_variable_holds_what_it_may() -> None:
    assert lines(described(hook("1", "/x8Zq'4Lk0"))) == ["example: /${HOOK_EXAMPLE_PATH}"]


def test_names_hold_only_what_names_may_hold() -> None:
    places = [Place("h.io", [text]) for text in ("Größe & Co.", "…", "a_b-")]
    assert [next(wishes(place, "shippo")) for place in places] == ["gr-e-co", "h-io", "a-b"]
    assert Names().variable("x", "a-b", "Ünder_score") == "${HOOK_A_B__NDER_SCORE}"


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("/shop/caf\u00e9", id="letter-in-the-path"),
        pytest.param("/shop/orders?shop[id]=blue", id="brackets-in-the-query"),
        pytest.param("/shop/ord\u200bers", id="unseen-in-the-path"),
        pytest.param("/h/Qx7vRt2mZk9pLw4n{}", id="braces-in-a-secret"),
        pytest.param("/shop/orders?token=Qx7vRt|2mZk9pLw4n", id="bar-in-a-secret-parameter"),
        pytest.param("/shop/orders?token=Qx7v+\u00e9|Rt2mZk9pLw4n", id="in-a-url-that-a-variable-holds"),
        pytest.param("/shop/orders?token='Qx7vRt2mZk9pLw4n'", id="quotes-around-a-secret"),
        pytest.param("https://b\u00fccher.example/shop?token=a+{b}", id="host-of-another-script"),
    ],
)
def test_what_no_file_may_write_raw_is_described_in_a_form_that_means_the_same(url: str) -> None:
    remote = hook("1", url)
    made = described(remote)
    (entry,) = made.entries
    noted = Diagnostics()
    read = read_url(made.url(entry), Span(SourceText("f", "x"), 0, 1), BUILT_IN_SECRET_PARAMS, noted)
    assert (noted.found, made.left_out, read) == ((), [], remote.fields["url"])
