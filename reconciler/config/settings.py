"""What entries and `defaults` say beside URL and events: the fields of their providers."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.config.cursor import Cursor, Text
from reconciler.config.diagnostics import Span
from reconciler.config.interpolation import Values
from reconciler.config.yaml_nodes import Map, Plain, Sequence
from reconciler.model.provider import Field, FieldType
from reconciler.model.webhook import Value

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
        case FieldType.SETTINGS if (inner := cursor.map(spec.name)) is not None:
            return {key: _plain(value, inner.span(key), values) for key, value in inner.values.items()}
        case FieldType.SECRET | FieldType.SETTINGS:
            return None
    return values.plain(cursor.text(spec.name))


def _plain(value: Plain, span: Span, values: Values) -> object:
    """A nested setting in plain terms, variables of `--var` put in."""
    if isinstance(value, str):
        return values.plain(Text(value, span))
    if isinstance(value, Sequence):
        return [_plain(item, span, values) for item in value]
    return {key: _plain(item, span, values) for key, item in value.items()} if isinstance(value, Map) else value
