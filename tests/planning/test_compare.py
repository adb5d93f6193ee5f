"""Which fields differ, and what is wanted where fields are ignored: whole values."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from reconciler.model.plan import FieldChange
from reconciler.model.secret import SecretText
from reconciler.model.webhook import Masked, Value
from reconciler.planning.compare import differences, sent_fields, wanted_fields
from reconciler.providers.github import GITHUB
from reconciler.providers.shippo import SHIPPO
from tests.contract.pigeonry import PIGEONRY
from tests.support.builders import HOST, entry, hook, url


def test_fields_differ_in_the_order_of_the_declaration() -> None:
    before, after = hook("1", "/a?token=old", active=False).fields, entry("a", "/a?token=new").fields
    assert differences(SHIPPO, before, after) == (
        FieldChange(name="url", before=before["url"], after=after["url"]),
        FieldChange(name="active", before=False, after=True),
    )
    assert differences(SHIPPO, after, after) == ()


def test_field_that_never_reads_back_hides_no_other_and_is_none_itself() -> None:
    before = PIGEONRY.normalise({"note": "old", "settings": {"x": "a"}})
    key = SecretText.environment("KEY", "k")
    after = PIGEONRY.normalise({"note": "new", "signing_key": key, "settings": {"x": "b"}})
    assert [change.name for change in differences(PIGEONRY, before, after)] == ["note", "settings.x"]
    assert differences(PIGEONRY, before, {**before, "signing_key": key}) == ()


@pytest.mark.parametrize(
    ("before", "after", "names"),
    [
        pytest.param(Masked.SET, SecretText.environment("KEY", "k"), [], id="set"),
        pytest.param(None, None, [], id="unset"),
        pytest.param(None, SecretText.environment("KEY", "k"), ["secret"], id="comes"),
        pytest.param(Masked.SET, None, ["secret"], id="goes"),
    ],
)
def test_of_a_field_that_reads_back_masked_only_whether_it_is_set_counts(
    before: Value, after: Value, names: list[str]
) -> None:
    fields = GITHUB.normalise({})
    found = differences(GITHUB, {**fields, "secret": before}, {**fields, "secret": after})
    assert [change.name for change in found] == names


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param(None, {"x": "a"}, [("settings.x", None, "a")], id="nothing-before"),
        pytest.param({"x": "a"}, None, [("settings.x", "a", None)], id="nothing-after"),
        pytest.param({}, {"x": {"b": 1, "a": "ü"}}, [("settings.x", None, '{"a": "ü", "b": 1}')], id="object-sorted"),
        pytest.param({"": 1}, {"": 2}, [("settings.", "1", "2")], id="empty-name"),
    ],
)
def test_settings_differ_by_path(before: Value, after: Value, expected: list[tuple[str, Value, Value]]) -> None:
    fields = PIGEONRY.normalise({})
    found = differences(PIGEONRY, {**fields, "settings": before}, {**fields, "settings": after})
    assert [(change.name, change.before, change.after) for change in found] == expected


@pytest.mark.parametrize(
    ("path", "ignored", "remote", "sent"),
    [
        pytest.param("/a?token=ours", ["url"], "/a?token=theirs", "/a?token=theirs", id="another"),
        pytest.param("/a?token=ours", ["url"], "/a?token=****", "/a?token=ours", id="masked"),
        pytest.param("/a?token=ours", ["url"], "/a?token=", "/a?token=ours", id="emptied"),
        pytest.param("/a?token=ours", ["url"], "/a", "/a", id="not-there"),
        pytest.param("/a?token=ours&key=k", ["url"], "/a?token=***&key=x7", "/a?token=ours&key=k", id="one-of-two"),
        pytest.param("/a", ["url"], "/a?token=****", "/a?token=****", id="not-in-the-file"),
        pytest.param("/a?token=ours", [], "/a?token=****", "/a?token=ours", id="not-ignored"),
    ],
)
def test_update_sends_no_secret_that_the_provider_only_masks(
    path: str, ignored: list[str], remote: str, sent: str
) -> None:
    desired = entry("a", path, ignored=ignored)
    assert sent_fields(desired, hook("1", remote).fields)["url"] == url(sent)


def test_ignored_fields_are_wanted_as_the_provider_has_them() -> None:
    desired = entry("a", "/a?token=new", ignored=["active", "url"])
    there = hook("1", "/a?token=old", active=False).fields
    assert wanted_fields(desired, there) == {**desired.fields, "active": False, "url": url("/a?token=old")}
    assert wanted_fields(replace(desired, ignored=frozenset()), there) == desired.fields


def test_wanted_url_stays_where_the_providers_can_not_be_read() -> None:
    desired = entry("a", "/a?token=new", ignored=["url"])
    there = {**desired.fields, "url": SecretText.provider(f"{HOST}/a#x")}
    assert wanted_fields(desired, there) == desired.fields
