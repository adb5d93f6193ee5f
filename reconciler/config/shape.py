"""Checks a file against the schema: quickly where all is well, and in words where it isn't.

What is special about a key (its help, its choices) stands beside it in the schema.
"""

from __future__ import annotations

import json
import re
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import lru_cache
from itertools import islice
from typing import Any

import fastjsonschema

from reconciler.config.cursor import Cursor
from reconciler.config.diagnostics import Diagnostics, Span, either
from reconciler.config.interpolation import not_boolean, not_one_variable
from reconciler.config.limits import MOST_DIAGNOSTICS
from reconciler.config.yaml_nodes import Document, Path, Plain
from reconciler.model.redaction import reads_as_words

_TYPES = {
    "string": "text",
    "array": "a list",
    "object": "a mapping",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "`true` or `false`",
}
_FOUND = {bool: "a boolean", int: "a number", float: "a number", str: "text", list: "a list"}
_MEANT = {
    **dict.fromkeys(("yes", "on", "y", "true", "1"), "true"),
    **dict.fromkeys(("no", "off", "n", "false", "0"), "false"),
}
_KINDS = {"webhooks": "an entry", "accounts": "an account"}
_BOUNDS = {"minimum": "at least", "maximum": "at most", "exclusiveMinimum": "more than"}
_OTHER_NUMBER = re.compile(r"[-+]?(?:0x[0-9A-Fa-f]+|0o[0-7]+|0b[01]+|[0-9][0-9_]*)")


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with a file's shape."""

    path: Path  # of the value that has it
    keyword: str  # the schema's keyword that it breaks
    key: str  # the key that is unknown or missing; else empty
    schema: Mapping[str, Any]  # what of the schema has the keyword
    value: Plain = field(repr=False)

    @property
    def name(self) -> str:
        """The key whose value it is, or whose list holds it; empty for the file itself."""
        return next((step for step in reversed(self.path) if isinstance(step, str)), "")

    @property
    def label(self) -> str:
        if not self.path:
            return "the file"
        return f"an item of `{self.name}`" if isinstance(self.path[-1], int) else _quoted(self.name)


def check_shape(document: Document, schema: str, diagnostics: Diagnostics) -> None:
    """Check a document against the schema of the providers that the files name, before any variable is put in.

    What can't be used is noted in the document.
    """
    if accepts(document.root, schema):
        return
    cursor = Cursor(document)
    found = [(_span(cursor, fault), fault) for fault in find_faults(document.root, schema)]
    # By place: what is wrong with an aliased value is told where it is used first.
    for span, fault in sorted(found, key=lambda one: one[0].start):
        if fault.keyword not in ("additionalProperties", "propertyNames", "required", "not"):
            spoilt = cursor.spans_at(fault.path)[1]
            # Of a value one diagnostic is enough, and an alias without an anchor had its own.
            if spoilt.written.start in document.unusable:
                continue
            document.unusable.add(spoilt.written.start)
        code, message, help_ = _explained(fault, span.written.text)
        diagnostics.error(code, span, message, help_)


def _span(cursor: Cursor, fault: Fault) -> Span:
    if fault.keyword in ("additionalProperties", "propertyNames"):
        return cursor.spans_at((*fault.path, fault.key))[0]
    key, value = cursor.spans_at(fault.path)
    # What is missing, and a value that isn't there, is shown at the key.
    return key if fault.keyword in ("required", "not") or value.end == value.start else value


@lru_cache(maxsize=8)
def _quick(schema: str) -> fastjsonschema.Validator:
    # Without detailed exceptions compiling takes a quarter of the time, and no exception holds a value of the file.
    return fastjsonschema.compile(json.loads(schema), use_default=False, detailed_exceptions=False)


def accepts(root: Plain, schema: str) -> bool:
    """Whether a file's plain values have the right shape."""
    try:
        _quick(schema)(root)
    except fastjsonschema.JsonSchemaException:
        return False
    return True


def find_faults(root: Plain, schema: str) -> tuple[Fault, ...]:
    """All that is wrong with the shape of a file's plain values; nothing where nothing is."""
    found: dict[tuple[Path, str, str], Fault] = {}
    for error in _explaining()(json.loads(schema)).iter_errors(root):
        if len(found) > MOST_DIAGNOSTICS:
            break  # nobody will be told of more
        path = tuple(error.absolute_path)
        is_name = "propertyNames" in error.absolute_schema_path
        keyword = "propertyNames" if is_name else str(error.validator)
        keys = iter((error.instance,)) if is_name else _keys(keyword, error.instance, error.schema)
        for key in islice(keys, MOST_DIAGNOSTICS + 1):
            found[path, keyword, key] = Fault(path, keyword, key, error.schema, error.instance)
    return tuple(found.values())


@lru_cache(maxsize=1)
def _explaining() -> Any:  # noqa: ANN401 - its stubs leave open what errors have
    """The validator that explains. Its own `uniqueItems` compares each item with each, and doesn't say which it is."""
    import jsonschema  # only where something is wrong  # noqa: PLC0415

    def unique(_validator: object, is_due: bool, items: object, _schema: object) -> Iterator[Exception]:  # noqa: FBT001 - as jsonschema calls it
        seen: set[Hashable] = set()
        for index, item in enumerate(items) if is_due and isinstance(items, list) else ():
            known = _comparable(item)
            if known in seen:
                yield jsonschema.ValidationError("not unique", path=[index])
            seen.add(known)

    return jsonschema.validators.extend(jsonschema.Draft7Validator, {"uniqueItems": unique})  # type: ignore[no-untyped-call]


def _comparable(value: Plain) -> Hashable:
    """What is equal for values that JSON Schema calls equal."""
    match value:
        case Mapping():
            return frozenset((key, _comparable(inner)) for key, inner in value.items())
        case list():
            return tuple(map(_comparable, value))
        case bool():
            return str(value), bool
    return value


def _keys(keyword: str, value: Plain, schema: Mapping[str, Any]) -> Iterator[str]:
    """A key for each thing that is wrong; empty where it is the value as a whole."""
    if keyword == "additionalProperties" and isinstance(value, Mapping):
        patterns = [re.compile(pattern) for pattern in schema.get("patternProperties", ())]
        known = schema.get("properties", ())
        yield from (key for key in value if key not in known and not any(p.search(key) for p in patterns))
    elif keyword == "required" and isinstance(value, Mapping):
        yield from (key for key in schema["required"] if key not in value)
    else:
        yield ""


def _explained(fault: Fault, written: str) -> tuple[str, str, str]:
    """The code, what is wrong, and what to do, for a value that the file writes so; none of it is quoted."""
    is_named = len(fault.path) == len(("webhooks", "orders"))
    owner = _KINDS.get(str(fault.path[0]), fault.label) if is_named else fault.label
    match fault.keyword:
        case "propertyNames":
            message = f"{_quoted(fault.key)} is not a valid name for {_KINDS[fault.name]}"
            return "bad-name", message, "Use the letters `a` to `z`, digits, `_` and `-`."
        case "additionalProperties":
            known = tuple(fault.schema.get("properties", ()))
            near = get_close_matches(fault.key.lower().replace("-", "_"), known, n=1)
            help_ = f"Did you mean `{near[0]}`?" if near else f"Known keys are {', '.join(known)}, and any `x-…`."
            return "unknown-key", f"{_quoted(fault.key)} is not a known key of {owner}", help_
        case "required":
            return "missing-key", f"{owner} has no `{fault.key}`", f"Add `{fault.key}`."
        case "uniqueItems":
            return "repeated-item", f"{_quoted(fault.name)} lists an item twice", "Keep one of them."
        case "not" if isinstance(fault.path[-1], int):
            message = f"{fault.label} has `url` or `events` together with `id`"
            return "url-and-id", message, "Write two items: `id` can't be combined with other keys."
        case "not":
            return "account-twice", "`account` and `accounts` can't be used together", "Keep one of the two."
    return _explained_value(fault, written)


def _explained_value(fault: Fault, written: str) -> tuple[str, str, str]:
    label, keyword, value, schema = fault.label, fault.keyword, fault.value, fault.schema
    help_, types = schema.get("x-help", ""), schema.get("type", ())
    types = (types,) if isinstance(types, str) else types
    inner = [one for alternatives in ("oneOf", "anyOf") for one in schema.get(alternatives, ())]
    choices = [choice for one in (schema, *inner) for choice in one.get("enum", ())]
    found = next((name for kind, name in _FOUND.items() if isinstance(value, kind)), "a mapping")
    if keyword == "pattern" and fault.name == "token":
        return "token-literal", *not_one_variable("token")
    if value in (None, "") or keyword in ("minItems", "minProperties", "minLength"):
        return "empty-value", f"{label} is empty", help_ or "Give it a value, or remove it."
    if keyword == "anyOf" and isinstance(value, Mapping) and "object" in types:
        return "missing-key", f"{label} has neither `url` nor `id`", "Add one of the two."
    if keyword in ("type", "pattern") and "boolean" in types:
        (message, help_), meant = not_boolean(label), _MEANT.get(str(value).lower())
        if meant is None:
            return "boolean-value", message, help_
        return "boolean-value", f"{message}: `{value}` is {found} here", f"Write `{meant}`, without quotes."
    if keyword == "type" or (keyword == "anyOf" and not isinstance(value, str)):
        if {"integer", "number"} & set(types) and _OTHER_NUMBER.fullmatch(written):
            help_ = "Write it in decimal digits, without a leading `0`."
            return "wrong-type", f"{label} is not a plain decimal number", help_
        expected = [_TYPES.get(name, name) for name in types or ("string",)]
        help_ = f"Write {either(choices)}." if choices and not types else _how_to_write(types or ("string",), value)
        return "wrong-type", f"{label}: expected {' or '.join(expected)}, found {found}", help_
    if choices:
        said = "1" if choices == [1] else either(choices)
        return "wrong-value", f"{label} must be {said}", f"Write {said}."
    if keyword == "pattern":
        return "wrong-value", f"{label} has the wrong format", help_ or "Check its format."
    bound = f"{_BOUNDS.get(keyword, '')} {fault.schema.get(keyword)}"
    return "wrong-value", f"{label} is out of range", f"Write a number that is {bound}."


def _how_to_write(expected: Sequence[str], value: Plain) -> str:
    if "array" in expected and isinstance(value, str):
        return "Write `[…]` around it, or put each item on its own line after `- `."
    if "string" in expected and isinstance(value, bool | int | float):
        return "Put it in quotes."
    if "object" in expected:
        return "Write `key: value` lines below it."
    return f"Write {_TYPES.get(expected[0], expected[0])}, without quotes."


def _quoted(name: str) -> str:
    """A key as written, where it reads as words: somebody may have put a secret in its place."""
    return f"`{name}`" if name and reads_as_words(name) else "this"
