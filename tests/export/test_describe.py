"""Which entries `export` and a backup make of webhooks, in what order, and what they leave out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from reconciler.export.describe import Entry, LeftOut
from reconciler.model.configuration import Account
from reconciler.model.redaction import Redaction
from reconciler.model.secret import SecretText
from reconciler.model.url import parse_url
from reconciler.model.webhook import Masked, Remote
from reconciler.provider import secret
from reconciler.providers.shippo import SHIPPO
from tests.contract.pigeonry import PIGEONRY
from tests.export.describing import Described, described, lines, whys
from tests.support.builders import DAY, HOST, account, hook

CREATED, UPDATED, ALL = "transaction_created", "transaction_updated", "all"
BAD_EVENT = "two words"  # no name that a file may write

UNREADABLE = "its URL can't be read, or has user info in it"
TOKEN_INSIDE = "its URL contains a Shippo token: replace that token, and remove it from the URL"
NO_EVENT = "its event's name can't be written in a file"


def test_entry_says_all_of_a_webhook() -> None:
    remote = hook("1", "/shop/orders?token=s3cr3t&tenant=acme", CREATED, active=False, is_test=True)
    owner = account("live")
    made = described(remote, owner=owner)
    assert made == Described(
        entries=[
            Entry(
                name="orders-test",
                endpoint=parse_url(SecretText.literal(f"{HOST}/shop/orders?tenant=acme")).endpoint,
                kind=(("is_test", True),),
                owner={"url": f"{HOST}/shop/orders", "is_test": True},
                url=f"{HOST}/shop/orders?token=${{HOOK_ORDERS_TEST_TOKEN}}&tenant=${{HOOK_ORDERS_TEST_TENANT}}",
                events=(CREATED,),
                said={"active": False, "is_test": True},
            ),
        ],
        left_out=[],
        variables={"HOOK_ORDERS_TEST_TOKEN": "s3cr3t", "HOOK_ORDERS_TEST_TENANT": "acme"},
    )


def test_webhooks_of_one_url_are_one_entry_unless_secret_switch_or_kind_differ() -> None:
    made = described(
        hook("1", "/a", UPDATED),
        hook("2", "/a", CREATED),
        hook("3", "/a", ALL, active=False),
        hook("4", "/a?token=x1", "batch_created"),
        hook("5", "/a", is_test=True),
    )
    assert lines(made) == [
        "a: /a transaction_created transaction_updated",
        "a-batch-created: /a?token=${HOOK_A_BATCH_CREATED_TOKEN} batch_created",
        "a-off: /a all off",
        "a-test: /a is_test=True",
    ]
    assert made.left_out == []


def test_entries_stand_in_the_order_of_hosts_then_urls_whatever_the_order_of_the_list() -> None:
    remotes = [
        hook("1", "https://b.example.com/x"),
        hook("2", "https://a.example.com:8443/a"),
        hook("3", "https://a.example.com/z"),
        hook("4", "https://a.example.com/b?tenant=2"),
        hook("5", "https://a.example.com/b?tenant=1"),
        hook("6", "http://localhost/x"),
        hook("7", "https://a.example.com/b?tenant=1", is_test=True),
        hook("8", "https://a.example.com/b?tenant=1", CREATED, active=False),
        hook("9", "https://a.example.com/b?tenant=1&token=old", ALL, day=0),
    ]
    expected = [
        "b: https://a.example.com/b?tenant=1&token=${HOOK_B_TOKEN} all",
        "b-track-updated: https://a.example.com/b?tenant=1",
        "b-off: https://a.example.com/b?tenant=1 transaction_created off",
        "b-test: https://a.example.com/b?tenant=1 is_test=True",
        "b-2: https://a.example.com/b?tenant=2",
        "z: https://a.example.com/z",
        "a: https://a.example.com:8443/a",
        "x: https://b.example.com/x",
        "x-localhost: http://localhost/x",
    ]
    redaction = Redaction((), frozenset({"tenant"}))
    assert lines(described(*remotes, redaction=redaction)) == expected
    assert lines(described(*reversed(remotes), redaction=redaction)) == expected


@pytest.mark.parametrize(
    ("remote", "why"),
    [
        pytest.param(hook("1", "https://u:p@hooks.example.com/a"), UNREADABLE, id="user-info"),
        pytest.param(hook("1", "/a?token=shippo_test_x1"), TOKEN_INSIDE, id="token-of-the-provider"),
        pytest.param(hook("1", "/a?b=%73hippo_live_x1"), TOKEN_INSIDE, id="encoded-token"),
        pytest.param(hook("1", "/p/shippo_live_x1"), TOKEN_INSIDE, id="token-in-the-path"),
        pytest.param(hook("1", "/a", BAD_EVENT), NO_EVENT, id="event-that-no-file-may-write"),
        pytest.param(
            hook("1", f"{HOST}/".ljust(200, "a")),
            "the URL has 200 characters or more, which the provider refuses",
            id="too-long",
        ),
    ],
)
def test_what_no_file_may_say_is_left_out(remote: Remote, why: str) -> None:
    made = described(hook("2", "/b"), remote, owner=account("live"))
    assert lines(made) == ["b: /b"]
    assert made.left_out == [LeftOut(remote, why)]


def test_what_stands_beside_something_indescribable_is_described() -> None:
    made = described(
        hook("bad", "/a", BAD_EVENT),
        hook("same", "/a"),
        hook("kind", "/a", is_test=True),
        hook("then-http", "http://hooks.example.com/a"),
    )
    assert lines(made) == ["a-http: http://hooks.example.com/a", "a: /a", "a-test: /a is_test=True"]
    assert whys(made) == {"bad": NO_EVENT}


def test_webhooks_whose_key_one_has_that_is_known_are_left_out() -> None:
    # An entry would own, and its plan would delete, a webhook that `known` names.
    remotes = [hook("1", "/a"), hook("2", "/b")]
    assert whys(described(*remotes, known=[remotes[0].key])) == {
        "1": "another webhook with the same URL and event is listed under `known`"
    }


def test_is_test_is_said_where_the_account_does_not_say_it() -> None:
    remotes = [hook("1", "/live"), hook("2", "/test", is_test=True)]
    assert lines(described(*remotes, owner=account(is_test=True))) == [
        "example-live: /live is_test=False",
        "example-test: /test",
    ]


def test_kind_names_no_entry_where_nobody_knows_the_accounts() -> None:
    made = described(hook("1", "/a"), hook("2", "/b", is_test=True), owner=replace(account(), scope=()))
    assert lines(made) == ["a: /a is_test=False", "b: /b is_test=True"]


def kept_of(made: Described) -> dict[str, str]:
    """The webhooks that the next plan deletes, and the one that it keeps instead, by id."""
    return {one.remote.id: one.kept.id for one in made.duplicates}


def test_the_oldest_of_duplicates_is_described_and_the_others_are_named() -> None:
    remotes = [hook("1", "/a?token=new", day=2), hook("2", "/a?token=old"), hook("3", "/a", ALL), hook("4", "/b")]
    made = described(*remotes)
    assert lines(made) == ["a: /a?token=${HOOK_A_TOKEN}", "a-all: /a all", "b: /b"]
    assert made.variables == {"HOOK_A_TOKEN": "old"}
    assert (kept_of(made), made.updates, made.left_out) == ({"1": "2"}, 0, [])
    assert [one.has_other_secret for one in made.duplicates] == [True]


def test_of_duplicates_the_one_is_described_that_delivers_and_the_oldest_is_made_so() -> None:
    made = described(hook("1", active=False), hook("2", day=2), hook("3", day=3), hook("4", event=ALL))
    assert lines(made) == ["a: /a all track_updated"]
    assert (kept_of(made), made.updates) == ({"2": "1", "3": "1"}, 1)


def test_no_plan_touches_duplicates_that_are_protected() -> None:
    made = described(hook("1", active=False), hook("2", day=2), owner=account(protect=["/a"]))
    assert (lines(made), made.duplicates, made.updates) == (["a: /a off"], [], 0)


def test_duplicates_that_can_not_be_described_are_told_the_real_reason() -> None:
    made = described(hook("1", "/a", BAD_EVENT), hook("2", "/a", BAD_EVENT, day=2))
    assert (made.entries, whys(made), made.duplicates) == ([], {"1": NO_EVENT, "2": NO_EVENT}, [])


def test_duplicate_whose_secret_would_be_gone_is_left_out() -> None:
    provider = replace(SHIPPO, fields=(*SHIPPO.fields, secret("key")))
    remotes = [
        replace(remote, fields={**remote.fields, "key": key})
        for remote, key in ((hook("1"), None), (hook("2", day=2), Masked.SET))
    ]
    made = described(*remotes, owner=replace(account(), provider=provider))
    assert whys(made) == dict.fromkeys("12", "2 webhooks have its URL, with different settings")


def test_several_events_on_one_webhook_and_no_kinds() -> None:
    remotes = [_subscription("1", {"bird.lost", "bird.left"}), _subscription("2", {"*"}, enabled=False)]
    owner = Account(
        name="loft",
        provider=PIGEONRY,
        token=SecretText.environment("PIGEONRY_TOKEN", "pgn_0"),
        base_url=PIGEONRY.base_url,
    )
    assert lines(described(remotes[0], owner=owner)) == ["a: /a bird.left bird.lost"]
    made = described(*remotes, owner=owner)
    assert (lines(made), kept_of(made)) == (["a: /a bird.left bird.lost"], {"2": "1"})


def _subscription(object_id: str, topics: set[str], *, enabled: bool = True) -> Remote:
    url = parse_url(SecretText.provider(f"{HOST}/a"))
    fields = PIGEONRY.normalise({"url": url, "events": frozenset(topics), "active": enabled})
    return Remote(id=object_id, key=PIGEONRY.key_of(fields), fields=fields, created=DAY)


def test_webhooks_of_one_url_whose_signing_secrets_differ_are_entries_of_their_own() -> None:
    provider = replace(SHIPPO, fields=(*SHIPPO.fields, secret("key")))
    remotes = [
        replace(remote, fields={**remote.fields, "key": SecretText.provider(key)})
        for remote, key in ((hook("1", event=CREATED), "one"), (hook("2", event=UPDATED), "two"))
    ]
    made = described(*remotes, owner=replace(account(), provider=provider))
    assert lines(made) == [
        "a: /a transaction_created key=${HOOK_A_KEY}",
        "a-transaction-updated: /a transaction_updated key=${HOOK_A_TRANSACTION_UPDATED_KEY}",
    ]
    assert made.variables == {"HOOK_A_KEY": "one", "HOOK_A_TRANSACTION_UPDATED_KEY": "two"}


def test_everything_left_out_is_told_whatever_the_reasons_are() -> None:
    remotes = [hook("1", f"https://u:p@{HOST.removeprefix('https://')}/x"), hook("2", "/a", BAD_EVENT), hook("3", "/b")]
    assert sorted(whys(described(*remotes))) == ["1", "2"]


HOSTS = ("https://hooks.slack.com", "https://shop.acme.example", "https://staging.acme.example", "http://acme.example")
PATHS = ("/orders", "/shippo/orders", "/v2/orders", "/services/T024BE7LDQ/x8Zq4Lk0vR2n", "/", "/acme/orders/hook")
QUERIES = ("", "?token=s3cr3tOne", "?token=s3cr3tTwo", "?tenant=acme", "?key=s3cr3tOne")
CLICKED = st.tuples(st.sampled_from(HOSTS), st.sampled_from(PATHS), st.sampled_from(QUERIES))


@given(drawn=st.lists(st.tuples(CLICKED, st.sampled_from([CREATED, ALL])), max_size=12), count=st.integers(0, 12))
def test_names_and_variables_outlast_what_comes_later(
    drawn: list[tuple[tuple[str, str, str], str]], count: int
) -> None:
    remotes = [hook(f"{day:02}", "".join(url), event, day=day) for day, (url, event) in enumerate(drawn)]
    first, later = described(*remotes[:count]), described(*reversed(remotes))
    assert {(entry.name, entry.url) for entry in first.entries} <= {(entry.name, entry.url) for entry in later.entries}
    assert first.variables.items() <= later.variables.items()
