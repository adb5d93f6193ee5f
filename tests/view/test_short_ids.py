"""Ids as Git shows its own: short where that is clear, and accepted where they are shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from reconciler.model.configuration import OnUnmanaged
from reconciler.model.plan import Filters
from reconciler.model.webhook import Address
from reconciler.output.plan_text import plan_text
from reconciler.output.terminal import Style
from reconciler.planning.targets import with_whole_ids
from reconciler.view.redact import view_listing, view_plan
from reconciler.view.short_ids import id_length_of, short_address, short_id
from tests.support.builders import account, hook, planned

LONG = ("b691ce2f0a48d7c95e30", "b691ce2f0a58d7c95e30", "77aa")


@pytest.mark.parametrize(
    ("ids", "length"),
    [
        pytest.param((), 7, id="none"),
        pytest.param(("b691ce2f0a48", "c691ce2f0a48"), 7, id="seven-at-least"),
        pytest.param(LONG, 11, id="as-many-as-tell-them-apart"),
        pytest.param(("12345678", "123456789"), 9, id="one-begins-another"),
    ],
)
def test_as_many_characters_are_shown_as_tell_ids_apart(ids: tuple[str, ...], length: int) -> None:
    plan = planned([], [hook(one, f"/{number}") for number, one in enumerate(ids)])
    assert id_length_of(plan) == view_plan(plan).id_length == view_listing(plan).id_length == length


def test_text_has_short_ids_and_whole_ones_when_asked() -> None:
    view = view_plan(planned([], [hook(one, f"/{number}") for number, one in enumerate(LONG)]))
    text = plan_text(view, Style(on=False))
    assert [f"- @{one[:11]}  delete" in text for one in LONG] == [True] * 3
    assert LONG[0] not in text
    assert LONG[0] in plan_text(view, Style(on=False), 1)
    assert {row.object_id for row in view.changes} == {*LONG}


def test_ids_in_lines_for_the_file_are_whole() -> None:
    owner = account(owns=["https://other.example.com/*"])
    view = view_plan(planned([], [hook(LONG[0], "/a")], [owner]))
    failing = replace(view, accounts=tuple(replace(one, on_unmanaged=OnUnmanaged.FAIL) for one in view.accounts))
    text = plan_text(failing, Style(on=False))
    assert f"    @{LONG[0][:7]}  " in text
    assert f"      - id: {LONG[0]}\n" in text


@pytest.mark.parametrize(
    ("address", "short"),
    [
        ("@b691ce2f0a48", "@b691ce2"),
        ("live/@b691ce2f0a48", "live/@b691ce2"),
        ("orders[track_updated]", "orders[track_updated]"),
        pytest.param("@123456789", "@123456789", id="the-beginning-of-a-number-is-another-number"),
    ],
)
def test_short_address(address: str, short: str) -> None:
    assert short_address(address, 7) == short


REMOTES = [Address.of_remote("live", one) for one in LONG] + [Address.of_remote("test", "c0ffee1234")]


@pytest.mark.parametrize(
    ("target", "whole"),
    [
        pytest.param("@c0ffee1", "@c0ffee1234", id="unique"),
        pytest.param("test/@c0ffee1", "test/@c0ffee1234", id="with-its-account"),
        pytest.param("live/@c0ffee1", "live/@c0ffee1", id="of-another-account"),
        pytest.param("@b691ce2", "@b691ce2", id="two-begin-so"),
        pytest.param("@b691ce2f0a4", "@b691ce2f0a48d7c95e30", id="long-enough"),
        pytest.param("@c0ffee", "@c0ffee", id="too-short"),
        pytest.param("@c0ffee1*", "@c0ffee1*", id="pattern"),
        pytest.param("@77aa", "@77aa", id="whole"),
        pytest.param("orders", "orders", id="entry"),
    ],
)
def test_a_target_may_be_a_short_id(target: str, whole: str) -> None:
    asked = Filters(targets=(target,), excludes=(target,))
    assert with_whole_ids(asked, REMOTES) == Filters(targets=(whole,), excludes=(whole,))


@given(ids=st.sets(st.text("0123456789abcdef", min_size=8, max_size=12), min_size=1, max_size=8))
def test_every_short_id_that_is_shown_means_its_webhook(ids: set[str]) -> None:
    length = id_length_of(planned([], [hook(one, f"/{number}") for number, one in enumerate(sorted(ids))]))
    remotes = [Address.of_remote("default", one) for one in ids]
    for one in ids:
        shown = Filters(targets=(f"@{short_id(one, length)}",))
        assert with_whole_ids(shown, remotes) == Filters(targets=(f"@{one}",))
