"""What a service shows instead of a secret is never sent back to it, whichever field it stands in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, unquote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from reconciler.model.characters import is_masked
from reconciler.model.diagnostic import Place
from reconciler.model.endpoint import BUILT_IN_SECRET_PARAMS
from reconciler.model.field import Field, FieldType, ReadsBack
from reconciler.model.provider import Provider
from reconciler.model.rest import Body
from reconciler.model.secret import SecretText
from reconciler.model.update import lost_secrets, update_calls
from reconciler.model.url import parse_url
from reconciler.model.webhook import Address, Desired, Headers, Value
from reconciler.planning.match import update_of
from reconciler.planning.resend import resent
from reconciler.providers.registry import built_in
from reconciler.providers.wire import RemoteReader, create_body, update_body
from tests.contract.pigeonry import PIGEONRY
from tests.support.courier import COURIERS
from tests.support.draws import draws
from tests.support.mint import MINT

MASKS = ("********", "*****", "-- redacted --", "whsec_****", "xxxxxxxx", "••••1234", "<redacted>", "[MASKED]")
REAL = "correct-horse-battery"
TESTED = (*built_in(), PIGEONRY, MINT, *(plugin.provider for plugin in COURIERS.values()))


def _in_clear(provider: Provider) -> Provider:
    """The same, as if its declaration said of no secret that it is masked."""
    fields = (replace(one, reads_back=ReadsBack.CLEAR) if one.is_secret else one for one in provider.fields)
    return replace(provider, fields=tuple(fields))


PROVIDERS = [*TESTED, *(replace(_in_clear(one), title=f"{one.title} in clear") for one in TESTED)]


def _secret(spec: Field, text: str) -> Value:
    secret = SecretText.environment("HOOK_SECRET", text)
    return secret if spec.type is FieldType.SECRET else Headers.of({"X-Token": secret})


def _values(spec: Field) -> st.SearchStrategy[Any]:
    """Values of a field that is no secret and no URL."""
    match spec.type:
        case FieldType.FLAG:
            return st.booleans()
        case FieldType.NUMBER:
            return st.integers(1, 9)
        case FieldType.CHOICE | FieldType.EVENT:
            return st.sampled_from(spec.choices)
        case FieldType.EVENTS:
            return st.frozensets(st.sampled_from(spec.choices or ("order.paid",)), min_size=1, max_size=3)
        case FieldType.SET:
            return st.frozensets(st.sampled_from(["one", "two"]))
        case FieldType.SETTINGS:
            return st.just(spec.default)
    return st.sampled_from(["some", "other"])


def _url(secret: str) -> Value:
    text = SecretText.joined(
        (SecretText.literal("https://hooks.example.com/a?token="), SecretText.environment("T", quote(secret, safe="*")))
    )
    return parse_url(text, BUILT_IN_SECRET_PARAMS)


def _bodies(provider: Provider, draw: st.DataObject, mask: str) -> Iterator[bytes]:
    """What a create and an update send, of what a file may say, where the service shows masks."""
    api = provider.rest
    assert api is not None
    plain = [one for one in provider.fields if not one.is_secret and one.type is not FieldType.URL]
    there = {one.name: draw.draw(_values(one)) for one in plain}
    secrets: dict[str, Value] = {one.name: _secret(one, mask) for one in provider.fields if one.is_secret}
    fields = provider.normalise({"url": _url(mask), **there, **secrets})
    document = json.loads(create_body(provider, replace(api, body=Body.JSON), fields, {}))
    document = document[api.one] if api.wraps else document
    remote = RemoteReader(provider, api, BUILT_IN_SECRET_PARAMS).read({api.id: "1", **document})

    wanted = {one.name: draw.draw(_values(one)) for one in plain}
    said = {one.name: _secret(one, REAL) for one in provider.fields if one.is_secret and draw.draw(st.booleans())}
    ignorable = [one.name for one in provider.fields if one.type not in (FieldType.EVENT, FieldType.EVENTS)]
    ignored = draw.draw(st.frozensets(st.sampled_from(ignorable))) | (secrets.keys() - said.keys())
    fields = provider.normalise({"url": _url(REAL), **wanted, **said})
    key = provider.key_of(fields)
    assert key is not None
    address, place = Address(account="a", name="a"), Place(file="f")
    desired = Desired(address=address, key=key, fields=fields, ignored=ignored, place=place)
    yield create_body(provider, api, desired.fields, {})
    update = update_of(provider, desired, remote)
    if update is None or not draw.draw(st.booleans()):
        return
    update = resent(provider, update)
    if not lost_secrets(provider, update.wanted, remote.fields):  # else it is refused
        for call in update_calls(provider, api, update.wanted, remote.fields):
            yield update_body(provider, api, call, update.wanted)


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: provider.title)
@draws(12)
@given(draw=st.data(), mask=st.sampled_from(MASKS))
def test_no_mask_is_sent_back(provider: Provider, draw: st.DataObject, mask: str) -> None:
    for body in _bodies(provider, draw, mask):
        sent = body.decode() if body.startswith(b"{") else unquote_plus(body.decode())
        assert mask not in unquote_plus(sent.encode().decode("unicode_escape"))


@pytest.mark.parametrize("mask", MASKS)
def test_each_is_known_for_a_mask(mask: str) -> None:
    assert is_masked(mask)
