"""Values of fields as they may be shown: masked by type, and both sides of a change told apart."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache

from msgspec import to_builtins

from reconciler.model.field import FieldType
from reconciler.model.provider import Provider
from reconciler.model.redaction import Redaction
from reconciler.model.secret import CHANGED, HIDDEN, SecretText, hides
from reconciler.model.url import Url, lenient_endpoint
from reconciler.model.webhook import Fields, Headers, Masked, Scope, Value
from reconciler.view.rows import Plain, PlainFields, Sensitive

_TO_THE_SECOND = slice(len("2026-03-02T09:30:00"))


def plain_fields(provider: Provider, redaction: Redaction, fields: Fields) -> dict[str, Plain]:
    """All fields of a webhook as they may be shown, in the declaration's order."""
    return {spec.name: plain_value(redaction, fields[spec.name], spec.type) for spec in provider.fields}


def plain_value(redaction: Redaction, value: Value, kind: FieldType | None = None) -> Plain:
    """A value; of a URL without a normal form its host, where that is clear, whatever the file writes."""
    match value:
        case Url():
            return redaction.show(value)
        case str() | bool() | None:  # most of all others, and to look for a mapping takes long
            return value
        case SecretText() if kind is FieldType.URL and (endpoint := lenient_endpoint(value)) is not None:
            return f"{endpoint.origin}/{HIDDEN}"
        case SecretText() | Masked():
            return HIDDEN
        case Headers():
            return _headers(dict.fromkeys((name for name, _ in value.items), HIDDEN))
        case frozenset():
            return tuple(sorted(value))
        case Mapping():
            return json.dumps(value, sort_keys=True, ensure_ascii=False)
        case _:
            return value


def plain_change(redaction: Redaction, before: Value, after: Value) -> tuple[Plain, Plain]:
    """Both sides of a field that differs; where they would read the same, the second says that it changed."""
    if isinstance(before, Url) and isinstance(after, Url):
        return redaction.show_change(before, after)
    if isinstance(before, Headers) and isinstance(after, Headers):
        there = {name.lower(): value for name, value in before.items}
        shown = {name: HIDDEN if there.get(name.lower(), value) == value else CHANGED for name, value in after.items}
        return plain_value(redaction, before), _headers(shown)
    old, new = plain_value(redaction, before), plain_value(redaction, after)
    return old, CHANGED if old == new else new


def _headers(shown: Mapping[str, str]) -> str:
    return json.dumps(shown, ensure_ascii=False)


def sensitive(fields: PlainFields | None) -> Sensitive:
    """Which fields hide something, as Terraform says it: an object of trues, or false where there is no object."""
    if fields is None:
        return False
    return {
        name: True
        for name, value in fields.items()
        if isinstance(value, str) and (hides(value) or CHANGED in value or "${" in value)
    }


def time_text(time: datetime) -> str:
    """A time in UTC to the second, as JSON has it."""
    return f"{to_builtins(time.astimezone(UTC))[_TO_THE_SECOND]}Z"


@lru_cache(maxsize=1024)
def scope_text(scope: Scope) -> str:
    """A scope in words: the names of its flags that are on, `name=value` of others."""
    return ", ".join(name if value is True else f"{name}={value}" for name, value in scope if value is not False)
