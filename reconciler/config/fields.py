"""What an entry, or `defaults`, says of a provider's fields beside URL and events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.config.cursor import Cursor, Text
from reconciler.config.diagnostics import Span
from reconciler.config.interpolation import Values
from reconciler.config.yaml_nodes import Map, Plain, Sequence
from reconciler.model.provider import Field, FieldType
from reconciler.model.webhook import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What is said.

    Attributes:
        values: by the field's name, as far as it can be known.
        spans: where each stands, though it can't be known.
        ignored: the fields that are left as the provider has them; None where nothing is said of that.
    """

    values: Mapping[str, Value] = field(default_factory=dict)
    spans: Mapping[str, Span] = field(default_factory=dict)
    ignored: frozenset[str] | None = None

    def overridden_by(self, other: Said) -> Said:
        """The same where the other says nothing."""
        return Said(
            values={**{key: value for key, value in self.values.items() if key not in other.spans}, **other.values},
            spans={**self.spans, **other.spans},
            ignored=self.ignored if other.ignored is None else other.ignored,
        )


def read_said(cursor: Cursor, fields: Mapping[str, Field], values: Values) -> Said:
    """Read what a mapping says.

    Args:
        cursor: the mapping.
        fields: those that the file's providers have, by name.
        values: of the variables in it.
    """
    spans = {key: cursor.span(key) for key in fields if cursor.has(key)}
    read = {key: _value(cursor, fields[key], values) for key in spans}
    ignore = cursor.texts("ignore_changes")
    return Said(
        values={key: value for key, value in read.items() if value is not None},
        spans=spans,
        ignored=None if ignore is None else frozenset(text.raw for text in ignore),
    )


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
        case FieldType.SECRET:
            text = cursor.text(spec.name)
            return None if text is None else values.secret(text, spec.name)
        case FieldType.SETTINGS:
            inner = cursor.map(spec.name)
            return None if inner is None else _settings(inner, values)
    return values.plain(cursor.text(spec.name))


def _settings(cursor: Cursor, values: Values) -> dict[str, object]:
    """Nested settings in plain terms, variables of `--var` put in."""

    def plain(value: Plain, span: Span) -> object:
        if isinstance(value, str):
            return values.plain(Text(value, span))
        if isinstance(value, Sequence):
            return [plain(item, span) for item in value]
        return {key: plain(item, span) for key, item in value.items()} if isinstance(value, Map) else value

    return {key: plain(value, cursor.span(key)) for key, value in cursor.values.items()}
