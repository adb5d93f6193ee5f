"""`--target` and `--account`: names in which only `*` is special."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from reconciler.model.pattern import matches_name, may_meet
from reconciler.model.plan import Filters
from reconciler.model.resource_address import resource_address
from reconciler.model.webhook import Address
from reconciler.planning.targets import matches_address, own_targets, selected_accounts, with_own_addresses
from reconciler.providers.github import GITHUB
from tests.support.builders import account, configuration, entry

ORDERS = Address(account="live", name="orders", index="track_updated")
PLACED = Address(account="hub:acme/web", name="orders", index="push")
KEYED = Address(account="live", name="tenants[acme]", index="all")
FOREIGN = Address.of_remote("live", "0a1b")


@pytest.mark.parametrize(
    ("pattern", "name", "matches"),
    [
        pytest.param("live", "live", True, id="itself"),
        pytest.param("live", "live2", False, id="not-a-beginning"),
        pytest.param("ive", "live", False, id="not-an-end"),
        pytest.param("*", "", True, id="star-is-anything"),
        pytest.param("l*e", "le", True, id="star-is-nothing-too"),
        pytest.param("l*v*", "live-2", True, id="two-stars"),
        pytest.param("l?ve", "live", False, id="no-question-mark"),
        pytest.param("[l]ive", "live", False, id="no-set"),
        pytest.param("l.ve", "live", False, id="no-regular-expression"),
        pytest.param("LIVE", "live", False, id="case-counts"),
        pytest.param("@*b", "@a\nb", True, id="line-breaks-of-foreign-ids"),
    ],
)
def test_name_fits_a_pattern(pattern: str, name: str, matches: bool) -> None:  # noqa: FBT001 - a column of the table
    assert matches_name(pattern, name) is matches


@pytest.mark.parametrize(
    ("target", "address", "matches"),
    [
        pytest.param("orders", ORDERS, True, id="name"),
        pytest.param("orders[track_updated]", ORDERS, True, id="name-and-event"),
        pytest.param("live/orders", ORDERS, True, id="account-and-name"),
        pytest.param("live/orders[track_updated]", ORDERS, True, id="all-of-it"),
        pytest.param("l*/orders[*]", ORDERS, True, id="stars"),
        pytest.param("orders[all]", ORDERS, False, id="another-event"),
        pytest.param("test/orders", ORDERS, False, id="another-account"),
        pytest.param("test/orders[track_updated]", ORDERS, False, id="another-account-with-the-event"),
        pytest.param("live", ORDERS, False, id="account-alone"),
        pytest.param("/orders", ORDERS, False, id="no-account-before-the-slash"),
        pytest.param("hub/orders", PLACED, True, id="account-at-all-its-places"),
        pytest.param("hub:acme/web/orders[push]", PLACED, True, id="account-at-one-place"),
        pytest.param("hub:acme/app/orders", PLACED, False, id="account-at-another-place"),
        pytest.param("acme/web/orders", PLACED, False, id="place-without-its-account"),
        pytest.param("[track_updated]", ORDERS, False, id="event-alone"),
        pytest.param("tenants", KEYED, True, id="entry-with-keys"),
        pytest.param("live/tenants", KEYED, True, id="account-and-entry-with-keys"),
        pytest.param("tenants[acme]", KEYED, True, id="key"),
        pytest.param("tenants[acme][*]", KEYED, True, id="key-and-star"),
        pytest.param("live/tenants[acme][all]", KEYED, True, id="key-and-event"),
        pytest.param("tenants[*]", KEYED, True, id="any-key"),
        pytest.param("tenants[globex]", KEYED, False, id="another-key"),
        pytest.param("tenants[acme][track_updated]", KEYED, False, id="another-event-of-the-key"),
        pytest.param("tenants[all]", KEYED, False, id="event-without-its-key"),
        pytest.param("@0a1b", FOREIGN, True, id="object-id"),
        pytest.param("live/@0a1b", FOREIGN, True, id="account-and-object-id"),
        pytest.param("@0a1b[]", FOREIGN, False, id="no-brackets-without-an-event"),
    ],
)
def test_target_means_an_address(target: str, address: Address, matches: bool) -> None:  # noqa: FBT001 - a column
    assert matches_address(target, address) is matches


@pytest.mark.parametrize(
    ("patterns", "names"),
    [
        pytest.param([], ["live", "test", "test-2"], id="all-without-a-pattern"),
        pytest.param(["test"], ["test"], id="one"),
        pytest.param(["test*"], ["test", "test-2"], id="star"),
        pytest.param(["test-2", "live"], ["live", "test-2"], id="in-the-files-order"),
        pytest.param(["nobody"], [], id="none"),
    ],
)
def test_accounts_that_the_options_let_through(patterns: list[str], names: list[str]) -> None:
    made = configuration(accounts=[account("live"), account("test"), account("test-2")])
    assert [found.name for found in selected_accounts(made, patterns)] == names


@pytest.mark.parametrize(
    ("target", "own"),
    [
        ('shippo_webhook.orders["track_updated"]', "orders[track_updated]"),
        ('module.live.shippo_webhook.orders["track_updated"]', "live/orders[track_updated]"),
        pytest.param("shippo_webhook.orders", "orders", id="all-events"),
        pytest.param("module.live.shippo_webhook.orders", "live/orders", id="all-events-in-an-account"),
        pytest.param("module.live", "live/*", id="account"),
        pytest.param("module.hub", "hub/*", id="all-places"),
        pytest.param('module.hub["acme/web"]', "hub:acme/web/*", id="place"),
        pytest.param('shippo_webhook.tenants["acme/all"]', "tenants[acme][all]", id="key-and-event"),
        pytest.param('shippo_webhook._2nd["track_updated"]', "2nd[track_updated]", id="escaped-name"),
        pytest.param('shippo_webhook.without_entry["0a1b"]', "@0a1b", id="object-id"),
        pytest.param('module.live.shippo_webhook.without_entry["0a1b"]', "live/@0a1b", id="account-and-object-id"),
        pytest.param(
            'github_webhook.orders["track_updated"]', 'github_webhook.orders["track_updated"]', id="no-such-type"
        ),
        pytest.param('shippo_webhook.orders["all"]', 'shippo_webhook.orders["all"]', id="no-such-event"),
        pytest.param("orders[*]", "orders[*]", id="own-form"),
        pytest.param("module.dead", "module.dead", id="no-such-account"),
    ],
)
def test_targets_as_terraform_writes_them(target: str, own: str) -> None:
    wanted = [
        entry("orders", account="live"),
        entry("2nd", account="live"),
        entry("tenants[acme]", event="all", account="live"),
    ]
    made = configuration(wanted, [account("live"), account("hub:acme/web"), account("hub:acme/app")])
    assert own_targets(made, target) == [own]


@pytest.mark.parametrize(
    ("target", "own"),
    [
        pytest.param('shippo_webhook.orders["*"]', ["live/orders[*]"], id="key"),
        pytest.param('shippo_webhook.orders["track_*"]', ["live/orders[track_*]"], id="beginning-of-a-key"),
        pytest.param("shippo_webhook.ord*", ["live/ord*"], id="name"),
        pytest.param("module.live.shippo_webhook.ord*", ["live/ord*"], id="in-an-account"),
        pytest.param('module.live.shippo_webhook.*["track_updated"]', ["live/*[track_updated]"], id="any-name"),
        pytest.param("module.live.*", ["live/*"], id="all-of-an-account"),
        pytest.param("module.l*", ["l*/*"], id="account"),
        pytest.param("module.*.shippo_webhook.ord*", ["live/ord*"], id="any-account-of-the-type"),
        pytest.param("*_webhook.ord*", ["ord*"], id="any-type"),
        pytest.param("github_webhook.*", ["hub:acme/web/*", "hub:acme/app/*"], id="type"),
        pytest.param('module.hub["acme/w*"].github_webhook.ord*', ["hub:acme/w*/ord*"], id="place"),
        pytest.param("module.hub.github_webhook.o*", ["hub/o*"], id="all-places"),
        pytest.param('shippo_webhook.tenants["acme/*"]', ["live/tenants[acme][*]"], id="all-events-of-a-key"),
        pytest.param('shippo_webhook.tenants["*/all"]', ["live/tenants[*][all]"], id="event-of-all-keys"),
        pytest.param('shippo_webhook.tenants["ac*"]', ["live/tenants[ac*]"], id="beginning-of-key-and-event"),
        pytest.param("shippo_webhook._2*", ["live/2nd"], id="escaped-name"),
        pytest.param('shippo_webhook.without_entry["0a*"]', ["live/@0a*"], id="object-id"),
        pytest.param("module.live.shippo_webhook.without_entry[*]", None, id="key-without-quotes"),
        pytest.param("shippo_webhook.odr*", None, id="no-such-entry"),
        pytest.param('shippo_webhook.orders["push*"]', None, id="no-such-event"),
        pytest.param("module.live.github_webhook.*", None, id="no-such-type-there"),
        pytest.param("module.dead.*", None, id="no-such-account"),
        pytest.param("ord*", None, id="own-form"),
        pytest.param("shippo_webhook.orders", ["live/orders"], id="entry-of-two-types"),
        pytest.param("github_webhook.orders", ["hub:acme/web/orders"], id="entry-of-the-other-type"),
        pytest.param(
            'shippo_webhook.orders["track_updated"]', ["live/orders[track_updated]"], id="webhook-of-two-types"
        ),
    ],
)
def test_targets_of_several_types_as_terraform_writes_them(target: str, own: list[str] | None) -> None:
    hub, live = [replace(account(f"hub:acme/{name}"), provider=GITHUB) for name in ("web", "app")], account("live")
    wanted = [
        entry("orders", account="live"),
        entry("2nd", account="live"),
        entry("tenants[acme]", event="all", account="live"),
        entry("orders", account="hub:acme/web"),
    ]
    made = configuration(wanted, [live, *hub])
    assert own_targets(made, target) == ([target] if own is None else own)
    assert with_own_addresses(Filters(excludes=(target,)), made).excludes == tuple(own_targets(made, target))


@given(data=st.data())
def test_target_with_a_star_means_what_its_terraform_address_matches(data: st.DataObject) -> None:
    """Of addresses without keys: a `*` of this tool takes brackets too."""
    names, events = st.sampled_from(["orders", "order", "2nd", "-x", "_2"]), st.sampled_from(["all", "track_updated"])
    pairs = data.draw(st.lists(st.tuples(names, events), min_size=1, unique=True))
    wanted = [entry(name, event=event, account="live") for name, event in pairs]
    made = configuration(wanted, [account("live"), account("test")])
    long = data.draw(st.booleans())
    written = [str(resource_address(one.address, "shippo_webhook", long=long)) for one in wanted]
    module, _, rest = data.draw(st.sampled_from(written)).rpartition("shippo_webhook.")
    name, _, event = rest.partition('["')
    kept = data.draw(st.integers(1, len(name)))
    target = data.draw(
        st.sampled_from([f'{module}shippo_webhook.{name[:kept]}*["{event}', f"{module}*_webhook.{rest}"])
    )
    own = own_targets(made, target)
    for one, text in zip(wanted, written, strict=True):
        means = any(matches_address(each, one.address) for each in own)
        assert means is matches_name(target, text), (own, text)


_GLOBS = st.text("ab*/", max_size=6)


@given(_GLOBS, _GLOBS, st.text("ab/", max_size=6))
def test_patterns_that_a_name_fits_both_may_meet(one: str, other: str, name: str) -> None:
    if matches_name(one, name) and matches_name(other, name):
        assert may_meet(one, other)
        assert may_meet(other, one)


@pytest.mark.parametrize(
    ("one", "other", "may"),
    [
        pytest.param("acme/svc-*", "acme/svc-a", True, id="a-name-that-fits"),
        pytest.param("acme/svc-*", "acme/web", False, id="a-name-that-does-not"),
        pytest.param("acme/web", "acme/web", True, id="the-same-name"),
        pytest.param("acme/web", "acme/we", False, id="a-part-of-a-name"),
        pytest.param("acme/svc-*", "acme/*", True, id="one-within-the-other"),
        pytest.param("acme/svc-*", "acme/web-*", False, id="other-beginnings"),
        pytest.param("acme/svc-*", "*-a", True, id="any-beginning"),
    ],
)
def test_patterns_may_meet(one: str, other: str, may: bool) -> None:  # noqa: FBT001 - a column of the table
    assert may_meet(one, other) is may
    assert may_meet(other, one) is may
