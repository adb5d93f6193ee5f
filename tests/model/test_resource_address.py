"""Addresses as Terraform writes them: its syntax, whatever a name holds, and never two webhooks under one."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.resource_address import resource_address
from reconciler.model.webhook import Address

_KEY = r'\["(?:[^"\\\x00-\x1f]|\\(?:["\\nrt]|u[0-9a-f]{4}|U[0-9a-f]{8}))*"\]'
_NAME = r"[A-Za-z_][A-Za-z0-9_-]*"
SYNTAX = re.compile(rf"(?:module\.{_NAME}(?:{_KEY})?\.)?{_NAME}\.{_NAME}(?:{_KEY})?")
"""Source: https://developer.hashicorp.com/terraform/cli/state/resource-addressing, and HCL's template literals."""

_names = st.text("ab0-_", min_size=1, max_size=4) | st.sampled_from(["without_entry", "_without_entry", "x"])
_events = st.text(st.characters(exclude_characters="[] \t\r\n"), max_size=6)


def _entry_name(name: str, key: str | None) -> str:
    return name if key is None else f"{name}[{key}]"


addresses = st.builds(
    Address,
    account=st.builds(
        lambda name, place: f"{name}:{place}" if place else name, _names, st.sampled_from(["", "a/b", "c"])
    ),
    name=st.builds(_entry_name, _names, st.none() | _names),
    index=_events,
) | st.builds(Address.of_remote, _names, st.text(min_size=1, max_size=6))


def _text(address: Address, *, long: bool = True) -> str:
    return str(resource_address(address, "shippo_webhook", long=long))


@pytest.mark.parametrize(
    ("address", "short", "long"),
    [
        (Address(account="live", name="orders", index="all"), 'orders["all"]', "module.live"),
        pytest.param(Address(account="live", name="orders"), "orders", "module.live", id="several-events"),
        pytest.param(
            Address(account="ours:acme/shop", name="orders"), "orders", 'module.ours["acme/shop"]', id="place"
        ),
        pytest.param(
            Address(account="live", name="tenants[acme]", index="all"),
            'tenants["acme/all"]',
            "module.live",
            id="for-each",
        ),
        pytest.param(Address(account="live", name="tenants[acme]"), 'tenants["acme"]', "module.live", id="only-a-key"),
        pytest.param(
            Address(account="2nd", name="2nd", index="all"), '_2nd["all"]', "module._2nd", id="begins-with-a-digit"
        ),
        pytest.param(Address(account="-", name="_-x"), "__-x", "module._-", id="begins-with-a-hyphen"),
        pytest.param(Address.of_remote("live", "b691"), 'without_entry["b691"]', "module.live", id="without-an-entry"),
        pytest.param(Address(account="live", name="without_entry"), "_without_entry", "module.live", id="taken-name"),
        pytest.param(
            Address.of_remote("live", 'a"]\\${x}%{y}\n\x1b\u202e\ud800'),
            r'without_entry["a\"]\\$${x}%%{y}\n\u001b\u202e\ud800"]',
            "module.live",
            id="hostile-id",
        ),
    ],
)
def test_addresses(address: Address, short: str, long: str) -> None:
    assert _text(address, long=False) == f"shippo_webhook.{short}"
    assert _text(address) == f"{long}.shippo_webhook.{short}"


@given(address=addresses)
def test_every_address_is_one_of_terraform_s_and_its_key_reads_back(address: Address) -> None:
    assert SYNTAX.fullmatch(_text(address)), _text(address)
    found = resource_address(address, "shippo_webhook", long=False)
    if found.index is not None:
        quoted = str(found)[len(found.resource) + 1 : -1]
        unescaped = re.sub(r"\\U([0-9a-f]{8})", lambda one: chr(int(one[1], 16)), quoted)
        assert json.loads(unescaped.replace("$${", "${").replace("%%{", "%{")) == found.index


@given(one=addresses, other=addresses)
def test_no_two_webhooks_have_one_address(one: Address, other: Address) -> None:
    """Of one entry: either all its webhooks have a key of `for_each`, or none has."""
    alike = one.has_entry and other.has_entry and one.entry == other.entry
    if not alike or ("[" in one.name) == ("[" in other.name):
        assert (_text(one) == _text(other)) == (one == other)
