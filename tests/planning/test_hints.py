"""What an unmanaged webhook probably is: a leftover, a double delivery, or nobody's business."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest
from msgspec.structs import replace

from reconciler.model.configuration import Account
from reconciler.model.pattern import Pattern
from reconciler.model.plan import Action, Change, Claim, Hint
from reconciler.model.webhook import Address, Desired, Remote
from reconciler.planning.hints import Hints
from tests.support.builders import absent, account, entry, hook

ELSEWHERE = "https://else.example.com"
ALL, CREATED = "all", "transaction_created"


def unmanaged(remote: Remote) -> Change:
    """The row of a webhook that nobody is responsible for."""
    return Change(action=Action.NONE, claim=Claim.NONE, address=Address.of_remote("default", remote.id), remote=remote)


@pytest.mark.parametrize(
    ("desired", "remote", "hint", "near"),
    [
        pytest.param([entry("a")], hook("1", f"{ELSEWHERE}/a"), Hint.LEFTOVER, "a", id="another-host"),
        pytest.param([entry("a")], hook("1", "http://hooks.example.com/a"), Hint.LEFTOVER, "a", id="another-scheme"),
        pytest.param(
            [entry("a")], hook("1", "https://hooks.example.com:8443/a"), Hint.LEFTOVER, "a", id="another-port"
        ),
        pytest.param([entry("a")], hook("1", f"{ELSEWHERE}/b"), None, None, id="another-path"),
        pytest.param([entry("a")], hook("1", f"{ELSEWHERE}/a", CREATED), None, None, id="another-event"),
        pytest.param([entry("a")], hook("1", f"{ELSEWHERE}/a", is_test=True), None, None, id="another-kind"),
        pytest.param([entry("a", "/")], hook("1", f"{ELSEWHERE}/"), None, None, id="bare-path-says-nothing"),
        pytest.param([entry("a")], hook("1", "https://u:p@h.io/a"), None, None, id="no-url"),
        pytest.param([], hook("1", f"{ELSEWHERE}/a"), None, None, id="no-entries"),
        pytest.param([entry("a")], hook("1", "/a", ALL), Hint.DOUBLE_DELIVERY, "a", id="all-beside-a-single-one"),
        pytest.param([entry("a", "/")], hook("1", "/", ALL), Hint.DOUBLE_DELIVERY, "a", id="all-at-the-bare-path"),
        pytest.param([entry("a", event=ALL)], hook("1", f"{ELSEWHERE}/a", ALL), Hint.LEFTOVER, "a", id="all-elsewhere"),
        pytest.param([entry("a")], hook("1", f"{ELSEWHERE}/a", ALL), None, None, id="all-elsewhere-beside-a-single"),
        pytest.param([entry("a")], hook("1", "/a?tenant=x", ALL), None, None, id="all-at-another-query"),
        pytest.param([entry("a")], hook("1", "/a", ALL, is_test=True), None, None, id="all-of-another-kind"),
        pytest.param([entry("a")], hook("1", "/a?tenant=x"), Hint.LEFTOVER, "a", id="another-query"),
    ],
)
def test_hint_on_an_unmanaged_webhook(
    desired: Sequence[Desired], remote: Remote, hint: Hint | None, near: str | None
) -> None:
    found = Hints(account(owns=()), desired).on(unmanaged(remote))
    address = next((wanted.address for wanted in desired if wanted.address.name == near), None)
    assert found == replace(unmanaged(remote), hint=hint, near=address)


MISSING = entry("gone", "/shippo/orders", CREATED)


def changed(remote: Remote, *, seconds: int = 3600) -> Remote:
    """A webhook that was changed so long after it was made."""
    assert remote.created is not None
    return replace(remote, updated=remote.created + timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("missing", "remote", "near"),
    [
        pytest.param([MISSING], changed(hook("1", "https://evil.example/x", CREATED)), "gone", id="elsewhere"),
        pytest.param([MISSING], changed(hook("1", f"{ELSEWHERE}/shippo/orders", CREATED)), "gone", id="another-host"),
        pytest.param([MISSING], changed(hook("1", "https://u:p@evil.example/x", CREATED)), "gone", id="no-normal-form"),
        pytest.param([MISSING], hook("1", "https://evil.example/x", CREATED), None, id="never-changed"),
        pytest.param([MISSING], changed(hook("1", "https://evil.example/x")), None, id="another-event"),
        pytest.param(
            [MISSING], changed(hook("1", "https://e.example/x", CREATED, is_test=True)), None, id="other-kind"
        ),
        pytest.param([], changed(hook("1", "https://evil.example/x", CREATED)), None, id="nothing-is-missing"),
        pytest.param(
            [entry("a", "/x", CREATED), MISSING],
            changed(hook("1", f"{ELSEWHERE}/shippo/orders", CREATED)),
            "gone",
            id="the-one-of-its-path",
        ),
        pytest.param(
            [entry("a", f"{ELSEWHERE}/x", CREATED), MISSING],
            changed(hook("1", "/y", CREATED)),
            "gone",
            id="the-one-of-its-host",
        ),
        pytest.param(
            [MISSING, entry("a", "/x", CREATED)], changed(hook("1", ELSEWHERE, CREATED)), "a", id="else-by-address"
        ),
    ],
)
def test_one_of_ours_that_somebody_retargeted(missing: Sequence[Desired], remote: Remote, near: str | None) -> None:
    found = Hints(account(owns=()), missing, missing).on(unmanaged(remote))
    address = next((wanted.address for wanted in missing if wanted.address.name == near), None)
    assert (found.hint is Hint.RETARGETED, found.near) == (near is not None, address)


@pytest.mark.parametrize(
    ("owner", "remote", "hint"),
    [
        pytest.param(account(), hook("1", "/a", is_test=True), Hint.OTHER_KIND, id="owned-but-for-the-kind"),
        pytest.param(account(is_test=True), hook("1", "/a"), Hint.OTHER_KIND, id="live-under-a-test-account"),
        pytest.param(
            account(owns=(), owns_test=["/a"]), hook("1", "/a"), Hint.OTHER_KIND, id="only-the-other-kind-is-owned"
        ),
        pytest.param(account(), hook("1", f"{ELSEWHERE}/a", is_test=True), None, id="not-matched"),
        pytest.param(
            account(owns=(), absents=[absent("/a")]),
            hook("1", "/a", is_test=True),
            Hint.ABSENT_OTHER_KIND,
            id="absent-but-for-the-kind",
        ),
        pytest.param(
            account(owns=(), absents=[absent("/a", "all")]),
            hook("1", "/a", is_test=True),
            None,
            id="absent-of-an-event",
        ),
        pytest.param(
            replace(account(), scope=(), kind=""), hook("1", "https://u:p@h.io/a", is_test=True), None, id="no-mode"
        ),
    ],
)
def test_what_only_its_kind_keeps_from_a_pattern(owner: Account, remote: Remote, hint: Hint | None) -> None:
    found = Hints(owner, []).on(unmanaged(remote))
    assert (found.hint, isinstance(found.near, Pattern)) == (hint, hint is not None)


def test_first_entry_by_address_is_the_near_one_whatever_the_order_of_the_file() -> None:
    desired = [entry("b"), entry("a", f"{ELSEWHERE}/a"), entry("c", event=CREATED), entry("a", event=CREATED)]
    for order in (desired, desired[::-1]):
        hints = Hints(account(owns=()), order)
        leftover = hints.on(unmanaged(hook("1", "https://third.example.com/a")))
        double = hints.on(unmanaged(hook("2", "/a", ALL)))
        assert (leftover.near, double.near) == (desired[1].address, desired[3].address)
