"""Whose a remote webhook is: protected, an entry's, known, absent, owned, or nobody's."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest
from msgspec.structs import replace

from reconciler.model.configuration import Account, Named
from reconciler.model.pattern import PatternSet, parse_pattern
from reconciler.model.plan import Action, Claim, Hint, Reason
from reconciler.model.webhook import Desired, Remote
from reconciler.planning.claim import Claims
from tests.model.texts import text, unset, written
from tests.support.builders import HOST, absent, account, entry, hook, only, planned, signs

USER_INFO = "https://me:swordfish@hooks.example.com/a"
FRAGMENT = "https://hooks.example.com/a#top"
SPACE = "https://hooks.example.com/a b"
BY_ID = Named(object_id="1")


def owner(**said: object) -> Account:
    """An account that owns nothing."""
    return account(owns=(), **said)  # type: ignore[arg-type]  # passed through


@pytest.mark.parametrize(
    ("whose", "remote", "claim"),
    [
        pytest.param(owner(absents=[absent("/a")]), hook("1", USER_INFO), Claim.ABSENT, id="absent-with-user-info"),
        pytest.param(owner(absents=[absent("/a")]), hook("1", FRAGMENT), Claim.ABSENT, id="absent-with-a-fragment"),
        pytest.param(owner(absents=[absent("/*")]), hook("1", SPACE), Claim.ABSENT, id="absent-with-a-space"),
        pytest.param(
            owner(absents=[absent("/a")]), hook("1", " " + FRAGMENT), Claim.ABSENT, id="absent-led-by-a-space"
        ),
        pytest.param(
            owner(absents=[absent("/a")]),
            hook("1", "HTTPS://me@Hooks.Example.com:443/a"),
            Claim.ABSENT,
            id="in-capitals",
        ),
        pytest.param(
            owner(absents=[absent("https://hooks.example.com:8443/*")]),
            hook("1", "https://me@hooks.example.com:8443/a"),
            Claim.ABSENT,
            id="absent-on-a-port",
        ),
        pytest.param(
            owner(absents=[absent("/a", "all")]), hook("1", USER_INFO, "track_updated"), Claim.NONE, id="of-its-events"
        ),
        pytest.param(owner(absents=[absent("/a")]), hook("1", USER_INFO, is_test=True), Claim.NONE, id="of-its-kind"),
        pytest.param(
            owner(absents=[absent("/*")]), hook("1", "https://h.io\\@hooks.example.com/a"), Claim.NONE, id="two-hosts"
        ),
        pytest.param(
            owner(absents=[absent("/*")]),
            hook("1", "https://hooks.example.com/a b@h.io/"),
            Claim.NONE,
            id="late-at-sign",
        ),
        pytest.param(owner(absents=[absent("/*")]), hook("1", "nonsense"), Claim.NONE, id="no-url-at-all"),
        pytest.param(account(), hook("1", USER_INFO), Claim.NONE, id="never-owned-without-a-normal-form"),
        pytest.param(owner(absents=[BY_ID]), hook("1"), Claim.ABSENT, id="absent-by-id"),
        pytest.param(
            owner(absents=[BY_ID]), hook("1", is_test=True), Claim.ABSENT, id="absent-by-id-of-the-other-kind"
        ),
        pytest.param(owner(absents=[BY_ID]), hook("1", "nonsense"), Claim.ABSENT, id="absent-by-id-whatever-its-url"),
        pytest.param(owner(absents=[BY_ID]), hook("11"), Claim.NONE, id="another-id"),
        pytest.param(
            account(absents=[BY_ID], protect=["/a"]), hook("1"), Claim.PROTECTED, id="protect-beats-absent-by-id"
        ),
        pytest.param(
            account(absents=[BY_ID], protect=["/a"]), hook("1", USER_INFO), Claim.PROTECTED, id="protect-with-user-info"
        ),
        pytest.param(account(known=[absent("/a")]), hook("1"), Claim.KNOWN, id="known-beats-owns"),
        pytest.param(account(known=[BY_ID], absents=[absent("/*")]), hook("1"), Claim.KNOWN, id="known-beats-absent"),
        pytest.param(owner(known=[absent("/a")]), hook("1", is_test=True), Claim.KNOWN, id="known-of-any-kind"),
        pytest.param(owner(known=[absent("/a")]), hook("1", SPACE.replace(" b", "")), Claim.KNOWN, id="known-by-url"),
        pytest.param(owner(known=[absent("/a")]), hook("1", USER_INFO), Claim.KNOWN, id="known-with-user-info"),
        pytest.param(owner(known=[absent("/a", "all")]), hook("1"), Claim.NONE, id="known-of-its-events"),
        pytest.param(
            account(known=[absent("/a")], protect=["/a"]), hook("1"), Claim.PROTECTED, id="protect-beats-known"
        ),
        pytest.param(owner(owns_test=["/a"]), hook("1", is_test=True), Claim.OWNED, id="owned-of-the-kind-said"),
        pytest.param(owner(owns_test=["/a"]), hook("1"), Claim.NONE, id="an-item-with-a-kind-is-about-that-alone"),
        pytest.param(account(owns_test=["/b"]), hook("1", "/a", is_test=True), Claim.NONE, id="where-it-says"),
    ],
)
def test_whose_a_webhook_is(whose: Account, remote: Remote, claim: Claim) -> None:
    assert Claims(whose, []).of(remote) is claim


VAGUE = parse_pattern(text(HOST, "/s/", unset("P")))
SOMEWHERE, QUERY = entry("v", written(HOST, "/s/", unset("P"))), entry("v", written(HOST, "/s?tenant=", unset("T")))
ANYWHERE = entry("v", written(unset("U", "https://unset1.invalid/")))
THERE, BESIDE = hook("1", "/s/x"), hook("1", "/t")


@pytest.mark.parametrize(
    ("whose", "named", "remote", "claim"),
    [
        pytest.param(replace(owner(), owns=PatternSet([VAGUE])), [], THERE, Claim.UNSET, id="owns"),
        pytest.param(replace(owner(), owns=PatternSet([VAGUE])), [], BESIDE, Claim.NONE, id="owns-elsewhere"),
        pytest.param(replace(owner(), protect=PatternSet([VAGUE])), [], THERE, Claim.UNSET, id="protect"),
        pytest.param(replace(account(), absent=(Named(pattern=VAGUE),)), [], THERE, Claim.UNSET, id="absent"),
        pytest.param(replace(account(), known=(Named(pattern=VAGUE),)), [], THERE, Claim.UNSET, id="known"),
        pytest.param(
            replace(account(), known=(Named(pattern=VAGUE),)), [], BESIDE, Claim.OWNED, id="known-elsewhere-is-owned"
        ),
        pytest.param(
            replace(owner(), owns=PatternSet([VAGUE])), [entry("a", "/s/x")], THERE, Claim.OWNED, id="entrys-for-sure"
        ),
        pytest.param(account(), [SOMEWHERE], THERE, Claim.UNSET, id="entry"),
        pytest.param(account(), [SOMEWHERE], BESIDE, Claim.OWNED, id="entry-elsewhere"),
        pytest.param(account(), [SOMEWHERE], hook("1", "/s/x", "all"), Claim.OWNED, id="entry-of-another-event"),
        pytest.param(
            account(owns_test=["/*"]),
            [SOMEWHERE],
            hook("1", "/s/x", is_test=True),
            Claim.OWNED,
            id="entry-of-another-kind",
        ),
        pytest.param(owner(), [SOMEWHERE], THERE, Claim.NONE, id="entry-where-nothing-is-owned"),
        pytest.param(account(), [SOMEWHERE, entry("a", "/s/x")], THERE, Claim.OWNED, id="another-entrys-for-sure"),
        pytest.param(account(), [entry("a"), SOMEWHERE], THERE, Claim.UNSET, id="entry-beside-another"),
        pytest.param(account(), [QUERY], hook("1", "/s?tenant=x"), Claim.UNSET, id="query"),
        pytest.param(account(), [QUERY], THERE, Claim.OWNED, id="query-elsewhere"),
        pytest.param(account(), [ANYWHERE], BESIDE, Claim.UNSET, id="whole-url"),
        pytest.param(account(), [ANYWHERE], hook("1", "/t", "all"), Claim.OWNED, id="whole-url-of-another-event"),
        pytest.param(owner(), [ANYWHERE], BESIDE, Claim.NONE, id="whole-url-where-nothing-is-owned"),
        pytest.param(
            account(),
            [entry("v", written(HOST, "/s?token=", unset("T")))],
            hook("1", "/s/x"),
            Claim.OWNED,
            id="secret-says-nothing-of-where",
        ),
    ],
)
def test_whose_a_webhook_may_be_while_variables_are_not_set(
    whose: Account, named: Sequence[Desired], remote: Remote, claim: Claim
) -> None:
    assert Claims(whose, named).of(remote) is claim


def unread(path: str, *fields: str, is_test: bool = False) -> Remote:
    """A webhook of which these fields can't be read."""
    whole = hook("1", path, is_test=is_test)
    return replace(whole, key=None, fields={**whole.fields, **dict.fromkeys(fields)}, unreadable=fields)


ODD_URL = replace(unread("/a", "url"), fields={**hook("1").fields, "url": None})
TEST_TOO = account(owns_test=["/t"])


@pytest.mark.parametrize(
    ("whose", "named", "remote", "ours"),
    [
        pytest.param(account(), [], unread("/a", "event"), True, id="owned"),
        pytest.param(account(), [], unread("https://h.io/a", "event"), False, id="not-owned"),
        pytest.param(account(), [], unread("/a", "event", is_test=True), False, id="of-the-other-kind"),
        pytest.param(TEST_TOO, [], unread("/t", "event", is_test=True), True, id="of-the-other-kind-that-is-owned"),
        pytest.param(account(), [], unread("/a", "is_test"), True, id="of-a-kind-that-cannot-be-read"),
        pytest.param(
            account(owns=["/a"], owns_test=["/t"]), [], unread("/t", "is_test"), True, id="of-whatever-kind-is-owned"
        ),
        pytest.param(TEST_TOO, [], unread("https://h.io/a", "is_test"), False, id="of-no-kind-that-is-owned"),
        pytest.param(owner(), [entry("a")], unread("/a", "event"), True, id="where-an-entry-is"),
        pytest.param(
            owner(), [entry("a")], unread("/a", "event", is_test=True), True, id="where-an-entry-of-another-kind-is"
        ),
        pytest.param(owner(), [entry("a")], unread("/b", "event"), False, id="beside-an-entry"),
        pytest.param(account(protect=["/a"]), [], unread("/a", "event"), False, id="protected"),
        pytest.param(account(known=[BY_ID]), [], unread("/a", "event"), False, id="known"),
        pytest.param(account(absents=[BY_ID]), [], unread("/a", "event"), False, id="named-absent"),
        pytest.param(account(), [], ODD_URL, False, id="url"),
        pytest.param(account(), [], hook("1"), False, id="nothing-of-it"),
    ],
)
def test_webhook_that_cannot_be_read_whole_may_be_ours(
    whose: Account,
    named: Sequence[Desired],
    remote: Remote,
    ours: bool,  # noqa: FBT001 - a column of the table
) -> None:
    assert Claims(whose, named).may_be_ours(remote) is ours


def test_what_an_entry_names_is_its_own_whatever_else_names_it() -> None:
    whose = account(absents=[BY_ID, absent("/a")], known=[absent("/*")])
    assert Claims(whose, [entry("a")]).of(hook("1")) is Claim.OWNED


def test_absent_says_what_it_names_in_vain() -> None:
    whose = account(absents=[Named(object_id="mine"), Named(object_id="theirs"), absent("/x")], known=[absent("/x")])
    remotes = [hook("mine"), hook("theirs", "/y"), hook("both", "/x"), hook("test", "/x", is_test=True)]
    made = planned([entry("a")], remotes, [whose])
    assert signs(made) == ["- @theirs"]
    hints = {row.remote.id: row.hint for row in only(made).rows if row.remote and row.claim is not Claim.NONE}
    assert hints == {"mine": Hint.KEPT_FOR_ENTRY, "both": Hint.KEPT_AS_KNOWN, "theirs": None, "test": None}


def test_absent_does_not_name_in_vain_what_goes_as_a_duplicate() -> None:
    whose = account(absents=[Named(object_id="twice")])
    (stays, goes) = only(planned([entry("a")], [hook("first"), hook("twice", day=2)], [whose])).rows[::-1]
    assert (stays.hint, goes.reason, goes.hint) == (None, Reason.DUPLICATE, None)


def test_protected_webhook_without_a_normal_form_is_listed_as_protected() -> None:
    made = only(planned([], [hook("1", USER_INFO)], [owner(absents=[BY_ID], protect=["/a"])]))
    assert [(row.action, row.claim, row.address.name) for row in made.rows] == [(Action.NONE, Claim.PROTECTED, "@1")]


def test_leftover_of_the_other_kind_goes_where_its_kind_is_owned() -> None:
    remotes = [hook("1"), hook("2", "/old", is_test=True), hook("3", "/b", is_test=True)]
    desired = [entry("a"), entry("b", "/b", is_test=True)]
    assert signs(planned(desired, remotes, [account()])) == []
    assert signs(planned(desired, remotes, [account(owns_test=["/*"])])) == ["- @2"]


def test_entry_that_is_renamed_misses_nothing_that_somebody_could_have_retargeted() -> None:
    foreign = hook("2", "https://partner.example.org/in")
    assert foreign.created is not None
    foreign = replace(foreign, updated=foreign.created + timedelta(days=1))
    renamed = only(planned([entry("a", "/new")], [hook("1", "/old"), foreign]))
    missing = only(planned([entry("a", "/new")], [foreign]))
    assert [one.unmanaged[0].hint for one in (renamed, missing)] == [None, Hint.RETARGETED]
