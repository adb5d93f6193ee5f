"""Nested settings: what differs is found at any depth, shown with its path, and equal ones are left alone."""

from __future__ import annotations

from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.plan import FieldChange
from reconciler.model.webhook import Fields, Settings
from reconciler.output.plan_text import plan_text
from reconciler.output.terminal import Style
from reconciler.planning.compare import differences
from reconciler.view.redact import view_plan
from tests.contract.bench import Bench
from tests.contract.hooks import Hook
from tests.contract.pigeonry import PIGEONRY


def _fields(settings: Settings) -> Fields:
    return PIGEONRY.normalise({"settings": settings})


def _differences(before: Settings, after: Settings) -> list[tuple[str, object, object]]:
    found = differences(PIGEONRY, _fields(before), _fields(after))
    return [(change.name, change.before, change.after) for change in found]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param(
            {"retry": {"limit": 3}}, {"retry": {"limit": 5}}, [("settings.retry.limit", "3", "5")], id="number"
        ),
        pytest.param({"quiet": True}, {"quiet": False}, [("settings.quiet", True, False)], id="flag"),
        pytest.param({"x": "a"}, {"x": "b"}, [("settings.x", "a", "b")], id="text"),
        pytest.param({}, {"x": "a"}, [("settings.x", None, "a")], id="comes"),
        pytest.param({"x": "a"}, {}, [("settings.x", "a", None)], id="goes"),
        pytest.param({"x": 1}, {"x": "1"}, [("settings.x", "1", "1")], id="type"),
        pytest.param({"x": [1, 5, 5]}, {"x": [1, 5]}, [("settings.x.1", "5", "5")], id="once-less"),
        pytest.param({"x": [1, 5]}, {"x": [5, 1]}, [], id="order-of-a-list"),
        pytest.param({"x": [1]}, {"x": [1, 7]}, [("settings.x.1", None, "7")], id="item-comes"),
        pytest.param({"__x": "a"}, {"__x": "b"}, [("settings.__x", "a", "b")], id="underscores"),
        pytest.param(
            {}, {"x": {"y": [True, None]}}, [("settings.x", None, '{"y": [true, null]}')], id="object-as-json"
        ),
        pytest.param(
            {"x": {"a": "1", "b": "2"}},
            {"x": {"c": "3"}},
            [("settings.x.a", "1", None), ("settings.x.b", "2", None), ("settings.x.c", None, "3")],
            id="little-in-common",
        ),
        pytest.param(
            {"b": 1, "a": {"c": 1}},
            {"b": 2, "a": {"c": 2}},
            [("settings.a.c", "1", "2"), ("settings.b", "1", "2")],
            id="sorted",
        ),
    ],
)
def test_differences_of_settings_have_paths(
    before: Settings, after: Settings, expected: list[tuple[str, object, object]]
) -> None:
    assert _differences(before, after) == expected


NAMES = st.sampled_from(["a", "b", "__a", "0", "a.b", "'"])
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(2, 4), st.sampled_from(["", "a"])),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=2)),
    max_leaves=6,
)
SETTINGS = st.dictionaries(NAMES, JSON, max_size=3)


def _unordered(value: object) -> object:
    """A value in which the order of lists doesn't count."""
    match value:
        case dict():
            return {name: _unordered(inner) for name, inner in value.items()}
        case list():
            return sorted(map(_unordered, value), key=repr)
        case _:
            return value


@given(before=SETTINGS, after=SETTINGS)
def test_settings_differ_exactly_where_they_are_unequal_lists_unordered(before: Settings, after: Settings) -> None:
    fields = _fields(before), _fields(after)
    same = _unordered(fields[0]["settings"]) == _unordered(fields[1]["settings"])
    assert (differences(PIGEONRY, *fields) == ()) is same


@given(settings=SETTINGS)
def test_settings_are_in_step_with_themselves_whatever_mapping_holds_them(settings: Settings) -> None:
    plain = _fields(settings)["settings"]
    assert isinstance(plain, dict)
    held = {**_fields(settings), "settings": MappingProxyType(plain)}
    assert differences(PIGEONRY, held, _fields(settings)) == ()
    changed = {**_fields(settings), "settings": {"another": "one"}}
    assert differences(PIGEONRY, held, changed) == differences(PIGEONRY, _fields(settings), changed) != ()


def test_plan_shows_settings_by_path_and_the_whole_as_json(loft: Bench) -> None:
    loft.put(Hook(others={"settings": {"retry": {"limit": 3}}}))
    plan = loft.plan({"a": Hook(others={"settings": {"retry": {"limit": 5}, "headers": {"X-Loft": "north"}}})}).plan
    (change,) = plan.planned[0].changes
    assert change.fields == (
        FieldChange(name="settings.headers.X-Loft", before=None, after="north"),
        FieldChange(name="settings.retry.limit", before="3", after="5"),
    )
    (row,) = view_plan(plan).changes
    after = row.change.after or {}
    assert after["settings"] == '{"headers": {"X-Loft": "north"}, "retry": {"delays": [1, 5, 5], "limit": 5}}'
    lines = plan_text(view_plan(plan), Style(on=False)).splitlines()
    assert [" ".join(line.split()) for line in lines if line.strip().startswith("settings")] == [
        "settings.headers.X-Loft (none) → north",
        "settings.retry.limit 3 → 5",
    ]


def test_control_characters_in_the_names_of_settings_are_shown_escaped(loft: Bench) -> None:
    loft.put(Hook(others={"settings": {"headers": {"\x1b]0;x\x07": "1"}}}))
    text = plan_text(view_plan(loft.plan({"a": Hook()}).plan), Style(on=False))
    assert [character for character in text if character != "\n" and not character.isprintable()] == []
