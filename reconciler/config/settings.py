"""What entries and `defaults` say beside URL and events: the fields of their providers."""

from __future__ import annotations

import re
from collections.abc import Mapping

from reconciler.config.cursor import Cursor, Text
from reconciler.config.diagnostics import Span
from reconciler.config.interpolation import Values
from reconciler.config.yaml_values import Map, Plain, Sequence
from reconciler.model.field import Field, FieldType
from reconciler.model.secret import SecretText
from reconciler.model.webhook import Headers, Masked, Value

_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
"""A header's name. Source: RFC 9110, section 5.6.2."""

Said = Mapping[str, tuple[Value, Span]]
"""What an entry, or `defaults`, says beside URL and events: by key the value, None where it isn't known, and where."""


def read_said(cursor: Cursor, fields: Mapping[str, Field], values: Values) -> Said:
    """Read what a mapping says of the fields that the file's providers have, by name."""
    return {key: (_value(cursor, fields[key], values), cursor.span(key)) for key in cursor.values if key in fields}


def _value(cursor: Cursor, spec: Field, values: Values) -> Value:
    """A field's value; None where it isn't known."""
    match spec.type:
        case FieldType.FLAG:
            return values.flag(cursor.flag(spec.name))
        case FieldType.NUMBER:
            return cursor.number(spec.name)
        case FieldType.SET:
            texts = cursor.texts(spec.name)
            found = [values.plain(text) for text in texts or ()]
            return None if texts is None or None in found else frozenset(item for item in found if item is not None)
        case FieldType.SECRET if (text := cursor.text(spec.name)) is not None:
            return values.secret(text, spec.name)
        case FieldType.HEADERS if (inner := cursor.map(spec.name)) is not None:
            return _headers(inner, spec.name, values)
        case FieldType.SETTINGS if (inner := cursor.map(spec.name)) is not None:
            return {key: _plain(value, inner.span(key), values) for key, value in inner.values.items()}
        case FieldType.SECRET | FieldType.SETTINGS | FieldType.HEADERS:
            return None
    return values.plain(cursor.text(spec.name))


def _headers(inner: Cursor, what: str, values: Values) -> Headers | None:
    found: dict[str, SecretText | Masked] = {}
    for name in inner.values:
        if not _HEADER.fullmatch(name) or name.lower() in map(str.lower, found):
            message, help_ = f"`{what}` has a name that no header has, or has it twice", "Write each name once."
            values.diagnostics.error("wrong-value", inner.key_span(name), message, help_)
            continue
        text = inner.text(name)
        value = None if text is None else values.header(text, what)
        if value is None:
            return None
        found[name] = value
    return Headers.of(found)


def _plain(value: Plain, span: Span, values: Values) -> object:
    """A nested setting in plain terms, variables of `--var` put in."""
    if isinstance(value, str):
        return values.plain(Text(value, span))
    if isinstance(value, Sequence):
        return [_plain(item, span, values) for item in value]
    return {key: _plain(item, span, values) for key, item in value.items()} if isinstance(value, Map) else value
