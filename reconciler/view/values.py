"""Field values as plain, masked JSON values; times and scopes as people read them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime

from reconciler.model.provider import Field, FieldType, Provider
from reconciler.model.redaction import Redaction
from reconciler.model.secret import CHANGED, HIDDEN, SecretText, hides
from reconciler.model.url import Url, lenient_endpoint
from reconciler.model.webhook import Fields, Masked, Scope, Value

Plain = str | bool | int | float | tuple[str, ...] | None
"""What a masked value may be: JSON's string, boolean, number, list of strings, or null."""


def plain_value(redaction: Redaction, value: Value) -> Plain:
    """A field's value as it may be shown."""
    match value:
        case Url():
            return redaction.show(value)
        case SecretText() | Masked():
            return HIDDEN  # a secret field's
        case frozenset():
            return tuple(sorted(value))
        case Mapping():
            return json.dumps(value, sort_keys=True, ensure_ascii=False)
        case _:
            return value


def plain_fields(provider: Provider, redaction: Redaction, fields: Fields) -> dict[str, Plain]:
    """All fields of a webhook as they may be shown, in the declaration's order."""
    return {spec.name: _plain_field(redaction, spec, fields[spec.name]) for spec in provider.fields}


def _plain_field(redaction: Redaction, spec: Field, value: Value) -> Plain:
    is_odd_url = spec.type is FieldType.URL and isinstance(value, SecretText)
    return hidden_url(value) if is_odd_url else plain_value(redaction, value)


def hidden_url(value: Value) -> str:
    """A URL that has no normal form: its host, where that is clear, and not even what the file writes in clear."""
    endpoint = lenient_endpoint(value) if isinstance(value, SecretText) else None
    return HIDDEN if endpoint is None else f"{endpoint.origin}/{HIDDEN}"


def plain_change(redaction: Redaction, before: Value, after: Value) -> tuple[Plain, Plain]:
    """Both sides of a field that differs; where they would read the same, the second says that it changed."""
    if isinstance(before, Url) and isinstance(after, Url):
        return redaction.show_change(before, after)
    old, new = plain_value(redaction, before), plain_value(redaction, after)
    return old, CHANGED if old == new else new


def is_masked(value: Plain) -> bool:
    """Whether a shown value hides something: what JSON plans call sensitive."""
    return isinstance(value, str) and (hides(value) or CHANGED in value or "${" in value)


def time_text(time: datetime | None) -> str:
    """A time in UTC to the second, as JSON has it; empty where there is none."""
    return "" if time is None else time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def scope_text(scope: Scope) -> str:
    """A scope in words: the names of its flags that are on, `name=value` of others."""
    words = (name if value is True else f"{name}={value}" for name, value in scope if value is not False)
    return ", ".join(words)
