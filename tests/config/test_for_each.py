"""`for_each`: an entry with keys is what its entries would be, written one by one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from reconciler.config.limits import MOST_KEYS
from reconciler.model.configuration import Configuration
from reconciler.model.webhook import Desired
from tests.config.tools import HOOK_TOKEN, LIVE_TOKEN, OWNS, TOP, complaints, configuration, inputs, loaded

GITHUB = """\
version: 1
accounts: {gh: {provider: github, token: '${LIVE}', organization: acme}}
owns: [https://h.example.com/*]
webhooks:
  tenants:
    url: https://h.example.com/${each.key}
    events: [push]
    secret: ${each.value}
    for_each: {acme: '${HOOK}', globex: VALUE}
"""
KEYS = st.from_regex(r"[a-z0-9_-]{1,8}", fullmatch=True)
VALUES = st.sampled_from(["eu", "a/b", "x?y=1", "${HOOK}", "v-${HOOK}", "${NOPE:-${OPTION}}", "$$9", "'"])
PLACES = st.sampled_from(["${each.key}/${each.value}", "${NOPE:-${each.key}}?a=$$each&q=${each.value}"])


def _read(entries: str) -> Configuration:
    used = {name: "opt" for name in ("OPTION",) if f"${{{name}}}" in entries}
    return configuration(inputs(TOP + OWNS + "webhooks:\n" + entries, variables=used))


def _unnamed(desired: Desired) -> Desired:
    address = replace(desired.address, name=desired.address.name.replace("[", "-").removesuffix("]"))
    return replace(desired, address=address, place=replace(desired.place, line=0, column=0))


@given(st.dictionaries(KEYS, VALUES, min_size=1, max_size=4), PLACES)
def test_entry_with_keys_is_as_if_each_were_written_out(keys: dict[str, str], place: str) -> None:
    quoted = {key: value.replace("'", "''") for key, value in keys.items()}
    pairs = ", ".join(f"'{key}': '{value}'" for key, value in quoted.items())
    said = "events: [all, track_updated], ignore_changes: [url], public_path: true"
    head = f"  {{}}: {{{{url: 'https://h.example.com/{{}}', {said}{{}}}}}}\n"
    found = _read(head.format("t", place, f", for_each: {{{pairs}}}"))
    urls = {key: place.replace("${each.key}", key).replace("${each.value}", value) for key, value in quoted.items()}
    alone = _read("".join(head.format(f"t-{key}", url, "") for key, url in urls.items()))
    assert [*map(_unnamed, found.desired)] == [*map(_unnamed, alone.desired)]
    shown = [str(one.fields["url"].source) for one in found.desired]  # type: ignore[union-attr]
    assert shown == [str(one.fields["url"].source) for one in alone.desired]  # type: ignore[union-attr]
    assert HOOK_TOKEN not in "".join(shown)


def test_item_of_a_list_is_key_and_value() -> None:
    found = _read("  t: {url: 'https://h.example.com/${each.key}/${each.value}', events: [all], for_each: [eu, us]}\n")
    assert [(str(one.address), one.key.endpoint.path, one.place.column) for one in found.desired] == [
        ("default/t[eu][all]", "/eu/eu", 89),
        ("default/t[us][all]", "/us/us", 93),
    ]


def test_each_key_has_its_own_secret() -> None:
    found = configuration(
        inputs(GITHUB.replace("VALUE", "'${OTHER}'"), environment={"LIVE": "t", "HOOK": "a", "OTHER": "b"})
    )
    assert [(str(one.address), one.fields["secret"].reveal()) for one in found.desired] == [  # type: ignore[union-attr]
        ("gh:acme/tenants[acme]", "a"),
        ("gh:acme/tenants[globex]", "b"),
    ]


def test_literal_secret_is_told_at_its_key() -> None:
    (found,) = complaints(
        loaded(inputs(GITHUB.replace("VALUE", "written"), environment={"LIVE": LIVE_TOKEN, "HOOK": "a"}))
    )
    assert found == ("secret-not-variable", "9:41", "`secret` must be a single variable")


@pytest.mark.parametrize(("count", "codes"), [(MOST_KEYS, []), (MOST_KEYS + 1, ["too-much"])])
def test_keys_are_bounded(count: int, codes: list[str]) -> None:
    keys = ", ".join(f"k{number}" for number in range(count))
    text = f"webhooks:\n  t: {{url: 'https://h.example.com/${{each.key}}', events: [all], for_each: [{keys}]}}\n"
    found = loaded(inputs(TOP + OWNS + text))
    assert [code for code, _, _ in complaints(found)] == codes
    assert codes or len(found.configuration.desired) == count  # type: ignore[union-attr]
