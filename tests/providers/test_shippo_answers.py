"""Shippo's answers: the documented one, those that differ a little, and those that are none."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.http.exchange import UnexpectedAnswerError
from reconciler.model.endpoint import BUILT_IN_SECRET_PARAMS
from reconciler.model.secret import SecretText
from reconciler.model.url import parse_url
from reconciler.model.webhook import Fields, Remote
from reconciler.providers.paging import Page, page_of, size_of
from reconciler.providers.shippo import SHIPPO
from reconciler.providers.wire import RemoteReader

URL = "https://hooks.example.com/orders?token=swordfish"
DOCUMENTED = {
    "object_id": "abc",
    "object_created": "2021-06-28T15:44:11.647Z",
    "object_updated": "2021-06-29T15:44:11.647Z",
    "object_owner": "somebody@example.com",
    "event": "track_updated",
    "url": URL,
    "active": True,
    "is_test": True,
}


def read(**changes: object) -> Remote:
    return remote({**DOCUMENTED, **changes})


def remote(document: Mapping[str, object]) -> Remote:
    assert SHIPPO.rest is not None
    return RemoteReader(SHIPPO, SHIPPO.rest, BUILT_IN_SECRET_PARAMS).read(document)


def page(document: object) -> Page:
    assert SHIPPO.rest is not None
    return page_of(document, SHIPPO.rest, remote, "")


def refused(**changes: object) -> str:
    with pytest.raises(UnexpectedAnswerError) as caught:
        read(**changes)
    assert "swordfish" not in str(caught.value)
    return str(caught.value)


def test_the_documented_webhook() -> None:
    url = parse_url(SecretText.provider(URL))
    values: Fields = {"url": url, "event": "track_updated", "active": True, "is_test": True}
    assert read() == Remote(
        id="abc",
        key=SHIPPO.key_of(values),
        fields=values,
        created=datetime(2021, 6, 28, 15, 44, 11, 647000, tzinfo=UTC),
        updated=datetime(2021, 6, 29, 15, 44, 11, 647000, tzinfo=UTC),
    )
    assert list(read().fields) == ["url", "event", "active", "is_test"]


@pytest.mark.parametrize(
    ("said", "flag"),
    [(True, True), (False, False), ("true", True), ("false", False), ("True", True), (None, None)],
)
def test_flags_may_be_texts_and_are_the_declared_default_where_absent(
    said: object,
    flag: bool | None,  # noqa: FBT001 - a column
) -> None:
    remote = read(active=said, is_test=said)
    assert (remote.fields["active"], remote.fields["is_test"]) == (
        True if flag is None else flag,
        False if flag is None else flag,
    )


def test_the_key_follows_the_flag_however_it_is_said() -> None:
    assert read(is_test="true").key == read().key


@pytest.mark.parametrize(
    ("said", "time"),
    [
        pytest.param("2021-06-28T15:44:11Z", datetime(2021, 6, 28, 15, 44, 11, tzinfo=UTC), id="no-fraction"),
        pytest.param("2021-06-28T17:44:11+02:00", datetime(2021, 6, 28, 15, 44, 11, tzinfo=UTC), id="offset"),
        pytest.param("2021-06-28T15:44:11", datetime(2021, 6, 28, 15, 44, 11, tzinfo=UTC), id="no-zone"),
        pytest.param("yesterday", None, id="word"),
        pytest.param("0001-01-01T00:00:00+14:00", None, id="before-all-time"),
        pytest.param("", None, id="empty"),
        pytest.param(None, None, id="null"),
        pytest.param(1624895051, datetime(2021, 6, 28, 15, 44, 11, tzinfo=UTC), id="seconds"),
        pytest.param(1624895051000, datetime(2021, 6, 28, 15, 44, 11, tzinfo=UTC), id="milliseconds"),
        pytest.param({"a": 1}, None, id="object"),
    ],
)
def test_times_are_read_where_they_can_be(said: object, time: datetime | None) -> None:
    remote = read(object_created=said, object_updated=said)
    assert (remote.created, remote.updated) == (time, time)


def test_unknown_fields_are_named_and_unknown_events_kept_and_the_owner_is_neither() -> None:
    remote = read(event="label_eaten", zebra=1, aardvark={"x": "swordfish"}, **{"a\ud800": 1})
    assert remote.unknown == ("aardvark", "a\N{REPLACEMENT CHARACTER}", "zebra")
    assert remote.fields["event"] == "label_eaten"
    assert "somebody" not in repr(remote)
    assert "swordfish" not in repr(remote)


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("", id="empty"),
        pytest.param("not a url", id="words"),
        pytest.param("https://user:password@hooks.example.com/", id="user-info"),
        pytest.param("ftp://hooks.example.com/", id="another-scheme"),
        pytest.param("https://hooks.example.com/\x1b[31m", id="control-characters"),
        pytest.param("https://h\\@evil.example/", id="backslash"),
    ],
)
def test_a_url_without_a_normal_form_is_kept_and_has_no_key(url: str) -> None:
    remote = read(url=url)
    assert (remote.key, remote.fields["url"]) == (None, SecretText.provider(url))


def test_half_a_surrogate_pair_in_a_url_makes_it_one_that_nothing_matches() -> None:
    remote = read(url="https://hooks.example.com/a\ud800")
    assert remote.key is None
    assert remote.fields["url"] == SecretText.provider("https://hooks.example.com/a\N{REPLACEMENT CHARACTER}")


def test_secret_parameters_are_those_of_the_file() -> None:
    document = {**DOCUMENTED, "url": "https://hooks.example.com/orders?pin=1"}
    assert SHIPPO.rest is not None
    assert remote(document).key != RemoteReader(SHIPPO, SHIPPO.rest, frozenset({"pin"})).read(document).key


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        pytest.param("object_id", None, "has a webhook without `object_id`", id="id-null"),
        pytest.param("object_id", 7.5, "has a webhook whose `object_id` is not text", id="id-fraction"),
        pytest.param("object_id", True, "has a webhook whose `object_id` is not text", id="id-flag"),
        pytest.param("object_id", 10**400, "has a webhook whose `object_id` is not text", id="id-huge"),
        pytest.param("object_id", "", "has an `object_id` that isn't valid", id="id-empty"),
        pytest.param("object_id", "..", "has an `object_id` that isn't valid", id="id-that-is-a-path"),
        pytest.param("object_id", "x" * 201, "has an `object_id` that isn't valid", id="id-too-long"),
        pytest.param("object_id", "\ud800", "has a webhook whose `object_id` is not text", id="id-half-a-pair"),
    ],
)
def test_a_webhook_that_is_none_is_refused(field: str, value: object, reason: str) -> None:
    assert refused(**{field: value}) == reason


@pytest.mark.parametrize(
    ("field", "value"),
    [
        pytest.param("event", None, id="event-null"),
        pytest.param("event", "", id="event-empty"),
        pytest.param("event", ["all"], id="event-list"),
        pytest.param("event", "a\udfff", id="event-half-a-pair"),
        pytest.param("url", None, id="url-null"),
        pytest.param("url", {"swordfish": 1}, id="url-object"),
        pytest.param("active", 2, id="active-number"),
        pytest.param("active", [], id="active-list"),
        pytest.param("is_test", "yes", id="is-test-yes"),
        pytest.param("is_test", float("nan"), id="is-test-no-number"),
    ],
)
def test_a_webhook_with_a_field_that_is_none_says_which(field: str, value: object) -> None:
    remote = read(**{field: value})
    assert (remote.id, remote.key, remote.unreadable, remote.fields[field]) == ("abc", None, (field,), None)
    assert {name for name, kept in remote.fields.items() if kept != read().fields[name]} == {field}


@pytest.mark.parametrize("missing", ["url", "event"])
def test_a_webhook_without_a_field_says_which(missing: str) -> None:
    found = remote({name: value for name, value in DOCUMENTED.items() if name != missing})
    assert (found.key, found.unreadable) == (None, (missing,))


@pytest.mark.parametrize(("said", "flag"), [(1, True), (0, False), ("1", True), ("0", False), (1.0, True)])
def test_flags_may_be_numbers(said: object, flag: bool) -> None:  # noqa: FBT001 - a column
    remote = read(active=said, is_test=said)
    assert (remote.fields["active"], remote.fields["is_test"], remote.unreadable) == (flag, flag, ())


def test_an_id_may_be_a_number() -> None:
    assert read(object_id=4711) == read(object_id="4711")


@pytest.mark.parametrize(("said", "count"), [("3", 3), (3.0, 3), ("3.0", 3), (" 3 ", 3), (0.0, 0)])
def test_a_count_may_be_a_text_or_have_a_fraction_of_nothing(said: object, count: int) -> None:
    assert page({"results": [], "count": said}).count == count


@pytest.mark.parametrize("said", [True, False, "three", [], -1, 10**300, 1.5, None], ids=repr)
def test_a_count_that_is_no_number_of_webhooks_counts_as_none(said: object) -> None:
    assert page({"results": [], "count": said}).count is None


def test_unknown_names_are_those_of_each_webhook_alone() -> None:
    assert SHIPPO.rest is not None
    reader = RemoteReader(SHIPPO, SHIPPO.rest, BUILT_IN_SECRET_PARAMS)
    more, renamed = {**DOCUMENTED, "new": 1}, {("odd" if name == "url" else name): 1 for name in DOCUMENTED}
    documents = (DOCUMENTED, more, DOCUMENTED, more, {**renamed, "object_id": "b"}, DOCUMENTED)
    assert [reader.read(one).unknown for one in documents] == [(), ("new",), (), ("new",), ("odd",), ()]


def test_a_page() -> None:
    first = page({"results": [DOCUMENTED], "count": 3, "next": "?page=2", "previous": None})
    assert first == Page(remotes=(read(),), count=3, next="?page=2", size=size_of(read()))


@pytest.mark.parametrize("following", [{}, {"next": None}, {"next": ""}], ids=["absent", "null", "empty"])
def test_the_last_page_has_no_next(following: dict[str, object]) -> None:
    assert page({"results": [], "count": 0, **following}).next is None


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        pytest.param({"results": None}, "has no list of `results`", id="results-null"),
        pytest.param({"results": {}}, "has no list of `results`", id="results-object"),
        pytest.param(
            {"results": [True]},
            "contains something other than a webhook where one is expected",
            id="bool",
        ),
        pytest.param({"next": 2}, "has a `next` that is not text", id="next-number"),
        pytest.param({"next": ["/webhooks"]}, "has a `next` that is not text", id="next-list"),
    ],
)
def test_a_page_that_is_none_is_refused(changes: dict[str, object], reason: str) -> None:
    with pytest.raises(UnexpectedAnswerError) as caught:
        page({"results": [], "count": 0, "next": None, **changes})
    assert str(caught.value) == reason


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.just("swordfish"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(st.fixed_dictionaries({}, optional={name: ANYTHING | st.just(value) for name, value in DOCUMENTED.items()}))
def test_whatever_is_answered_is_a_webhook_or_a_clear_no(document: dict[str, object]) -> None:
    try:
        found = remote(document)
    except UnexpectedAnswerError as unexpected:
        assert "swordfish" not in str(unexpected)  # noqa: PT017 - there is nothing to expect
    else:
        assert set(found.fields) == {"url", "event", "active", "is_test"}
        json.dumps([found.id, *found.unknown], ensure_ascii=False).encode()
