"""What is sent to make or change a webhook: its fields in the API's places, as JSON or as a form."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import urlencode

from reconciler.model.provider import Field, Provider
from reconciler.model.rest import Body, Rest
from reconciler.model.secret import SecretText
from reconciler.model.update import UpdateCall, can_send
from reconciler.model.url import Url
from reconciler.model.webhook import Fields, Value


def create_body(provider: Provider, api: Rest, fields: Fields) -> bytes:
    """What makes a webhook: every field that has a value."""
    sent = (spec for spec in provider.fields if can_send(spec, fields) and fields[spec.name] is not None)
    return _encoded({**api.constant, **_document(sent, fields)}, api.body)


def update_body(api: Rest, call: UpdateCall, fields: Fields) -> bytes:
    """What one call of an update sends."""
    document: object = _document(call.fields, fields)
    if call.unit and isinstance(document, dict):
        document = document[call.unit]
    assert isinstance(document, dict)  # a unit has names inside  # noqa: S101
    return _encoded(document, api.body)


def _document(fields: Iterable[Field], values: Fields) -> dict[str, object]:
    """Fields in the API's places."""
    document: dict[str, object] = {}
    for spec in fields:
        *outer, last = spec.path
        inner = document
        for name in outer:
            found = inner.setdefault(name, {})
            assert isinstance(found, dict)  # no place is both a value and a part  # noqa: S101
            inner = found
        inner[last] = _wire(spec, values[spec.name])
    return document


def _wire(spec: Field, value: Value) -> object:
    match value:
        case Url() | SecretText():
            return value.reveal()
        case frozenset():
            return sorted(value)
        case bool() if spec.wire:
            return spec.wire[value]
    return value


def _encoded(document: Mapping[str, object], body: Body) -> bytes:
    if body is Body.JSON:
        return json.dumps(document).encode("ascii")
    return urlencode(list(_flat(document))).encode("ascii")


def _flat(document: Mapping[str, object], outer: str = "") -> Iterator[tuple[str, str]]:
    """A form's names and values: `inner` of `outer` is `outer[inner]`, each item of a list `name[]`."""
    for key, value in document.items():
        name = f"{outer}[{key}]" if outer else key
        if isinstance(value, Mapping):
            yield from _flat(value, name)
        elif isinstance(value, list):
            yield from ((f"{name}[]", str(item)) for item in value)
        else:
            yield name, "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
