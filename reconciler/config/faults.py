"""What is wrong with a file's shape, in words.

What is special about a key (its help, its choices) stands beside it in the schema.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from reconciler.config.diagnostics import either, nearest, quoted
from reconciler.config.interpolation import not_boolean, not_one_variable
from reconciler.config.yaml_values import Path, Plain

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
_KINDS = {"webhooks": "an entry", "accounts": "an account", "for_each": "a key of `for_each`"}
_BOUNDS = {"minimum": "at least", "maximum": "at most", "exclusiveMinimum": "more than"}
_OTHER_NUMBER = re.compile(r"[-+]?(?:0x[0-9A-Fa-f]+|0o[0-7]+|0b[01]+|[0-9][0-9_]*)")


class Fault(Struct, frozen=True):
    """One thing that is wrong with a file's shape."""

    path: Path  # of the value that has it
    keyword: str  # the schema's keyword that it breaks
    key: str  # the key that is unknown or missing; else empty
    schema: Mapping[str, Any]  # what of the schema has the keyword
    value: Plain

    def __repr__(self) -> str:
        return f"Fault({self.path}, {self.keyword!r})"

    @property
    def name(self) -> str:
        """The key whose value it is, or whose list holds it; empty for the file itself."""
        return next((step for step in reversed(self.path) if isinstance(step, str)), "")

    @property
    def label(self) -> str:
        if not self.path:
            return "the file"
        return f"an item of `{self.name}`" if isinstance(self.path[-1], int) else quoted(self.name)


def explained(fault: Fault, written: str) -> tuple[str, str, str]:
    """The code, what is wrong, and what to do, for a value that the file writes so; none of it is quoted."""
    is_named = len(fault.path) == len(("webhooks", "orders"))
    owner = _KINDS.get(str(fault.path[0]), fault.label) if is_named else fault.label
    match fault.keyword:
        case "propertyNames":
            where = f"for {_KINDS[fault.name]}" if fault.name in _KINDS else f"in {fault.label}"
            usual = "Use the letters `a` to `z`, digits, `_` and `-`."
            help_ = fault.schema.get("patternErrorMessage", usual)
            return "bad-name", f"{quoted(fault.key)} is not a valid name {where}", help_
        case "additionalProperties":
            known = tuple(fault.schema.get("properties", ()))
            near = nearest(fault.key.lower().replace("-", "_"), known)
            help_ = f"Did you mean `{near[0]}`?" if near else f"Known keys are {', '.join(known)}, and any `x-…`."
            return "unknown-key", f"{quoted(fault.key)} is not a known key of {owner}", help_
        case "required":
            return "missing-key", f"{owner} has no `{fault.key}`", f"Add `{fault.key}`."
        case "uniqueItems":
            return "repeated-item", f"{quoted(fault.name)} lists an item twice", "Keep one of them."
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
