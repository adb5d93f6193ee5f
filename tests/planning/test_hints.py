"""What an unmanaged webhook probably is: a leftover, a double delivery, or nobody's business."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from reconciler.model.plan import Hint, Unmanaged
from reconciler.model.webhook import Desired, Remote
from reconciler.planning.hints import Hints
from reconciler.providers.shippo import SHIPPO
from tests.support.builders import entry, hook

ELSEWHERE = "https://else.example.com"
ALL, CREATED = "all", "transaction_created"


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
    found = Hints(SHIPPO, desired).on(remote)
    address = next((wanted.address for wanted in desired if wanted.address.name == near), None)
    assert found == Unmanaged(remote=remote, hint=hint, near=address)


def test_first_entry_by_address_is_the_near_one_whatever_the_order_of_the_file() -> None:
    desired = [entry("b"), entry("a", f"{ELSEWHERE}/a"), entry("c", event=CREATED), entry("a", event=CREATED)]
    for order in (desired, desired[::-1]):
        hints = Hints(SHIPPO, order)
        leftover = hints.on(hook("1", "https://third.example.com/a"))
        double = hints.on(hook("2", "/a", ALL))
        assert (leftover.near, double.near) == (desired[1].address, desired[3].address)
