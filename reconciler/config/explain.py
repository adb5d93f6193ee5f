"""Says in words what is wrong with a file's shape. What is special about a key stands beside it in the schema."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from reconciler.config.interpolation import not_one_variable
from reconciler.config.yaml_nodes import Path, Plain
from reconciler.model.redaction import reads_as_words

_CODES = {
    "propertyNames": "bad-name",
    "additionalProperties": "unknown-key",
    "required": "missing-key",
    "not": "account-twice",
    "minItems": "empty-value",
    "minProperties": "empty-value",
    "minLength": "empty-value",
    "uniqueItems": "repeated-item",
    "type": "wrong-type",
}
_TYPES = {
    "string": "text",
    "array": "a list",
    "object": "a mapping",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "`true` or `false`",
}
_MEANT = {
    **dict.fromkeys(("yes", "on", "y", "true", "1"), "true"),
    **dict.fromkeys(("no", "off", "n", "false", "0"), "false"),
}
_OTHER_NUMBER = re.compile(r"[-+]?(?:0x[0-9A-Fa-f]{1,8}|0o[0-7]{1,9}|0b[01]{1,30}|[0-9][0-9_]{0,9})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that is wrong with a file's shape.

    Attributes:
        path: of the value that has it.
        keyword: the schema's keyword that it breaks.
        key: the key that is unknown or missing, the index of an item that is repeated; else empty.
        schema: what of the schema has the keyword.
        value: the value itself.
    """

    path: Path
    keyword: str
    key: str
    schema: Mapping[str, Any]
    value: Plain = field(repr=False)

    @property
    def code(self) -> str:
        """The diagnostic's."""
        if self.keyword == "pattern" and self.name == "token":
            return "token-literal"
        if self.spoils and self.value in (None, ""):
            return "empty-value"
        if isinstance(self.value, Mapping) and self.keyword == "anyOf" and "object" in self.types:
            return "missing-key"
        if self.keyword == "not" and isinstance(self.path[-1], int):
            return "url-and-id"
        if self.keyword == "anyOf" and not isinstance(self.value, str):
            return "wrong-type"
        if self.keyword in ("type", "pattern") and "boolean" in self.types:
            return "boolean-value"
        return _CODES.get(self.keyword, "wrong-value")

    @property
    def types(self) -> tuple[str, ...]:
        """The types that the value may have."""
        types = self.schema.get("type", ())
        return (types,) if isinstance(types, str) else tuple(types)

    @property
    def choices(self) -> tuple[str, ...]:
        """The values that it may have, where they are told one by one."""
        return tuple(map(str, _choices(self.schema)))

    @property
    def spoils(self) -> bool:
        """Whether the value can't be used at all."""
        return self.keyword not in ("additionalProperties", "propertyNames", "required", "uniqueItems", "not")

    @property
    def name(self) -> str:
        """The key whose value it is, or whose list holds it; empty for the file itself."""
        return next((step for step in reversed(self.path) if isinstance(step, str)), "")

    @property
    def label(self) -> str:
        """The value as people call it."""
        if not self.path:
            return "the file"
        if isinstance(self.path[-1], int):
            return f"an item of `{self.name}`"
        return f"`{self.name}`" if reads_as_words(self.name) else "this"

    @property
    def owner(self) -> str:
        """What has keys here, as people call it."""
        if len(self.path) == len(("webhooks", "orders")):
            return {"webhooks": "an entry", "accounts": "an account"}.get(str(self.path[0]), self.label)
        return self.label


def explain(fault: Fault, written: str) -> tuple[str, str]:
    """Say what is wrong.

    Args:
        fault: from the check against the schema.
        written: how the file writes the value.
    Returns:
        One sentence that says what is wrong, and one that says what to do. They quote no value of the file.
    """
    match fault.code:
        case "token-literal":
            return not_one_variable("token")
        case "account-twice":
            return "`account` and `accounts` can't be used together", "Keep one of the two."
        case "url-and-id":
            return (
                f"{fault.label} has `url` or `events` together with `id`",
                "Write two items: `id` can't be combined with other keys.",
            )
        case "repeated-item":
            return f"{fault.label} lists an item twice", "Keep one of them."
        case "bad-name" | "unknown-key" | "missing-key":
            return _key(fault)
        case "boolean-value":
            return _boolean(fault)
        case "wrong-type":
            return _wrong_type(fault, written)
    return _value(fault)


def _key(fault: Fault) -> tuple[str, str]:
    if fault.code == "bad-name":
        kind = {"webhooks": "an entry", "accounts": "an account"}[fault.name]
        return (
            f"{_quoted(fault.key)} is not a valid name for {kind}",
            "Use the letters `a` to `z`, digits, `_` and `-`.",
        )
    if fault.code == "missing-key":
        if not fault.key:
            return f"{fault.label} has neither `url` nor `id`", "Add one of the two."
        return f"{fault.owner} has no `{fault.key}`", f"Add `{fault.key}`."
    known = tuple(fault.schema.get("properties", ()))
    near = get_close_matches(fault.key.lower().replace("-", "_"), known, n=1)
    help_ = f"Did you mean `{near[0]}`?" if near else f"Known keys are {', '.join(known)}, and any `x-…`."
    return f"{_quoted(fault.key)} is not a known key of {fault.owner}", help_


def _value(fault: Fault) -> tuple[str, str]:
    help_ = fault.schema.get("x-help", "")
    if fault.code == "empty-value":
        return f"{fault.label} is empty", help_ or "Give it a value, or leave it out."
    if fault.choices:
        choices = _either(f"`{choice}`" if choice != "1" else choice for choice in fault.choices)
        return f"{fault.label} must be {choices}", f"Write {choices}."
    if fault.keyword == "pattern":
        return f"{fault.label} has the wrong format", help_ or "Check its format."
    bound = {"minimum": "at least", "maximum": "at most", "exclusiveMinimum": "more than"}.get(fault.keyword, "")
    return f"{fault.label} is out of range", f"Write a number that is {bound} {fault.schema.get(fault.keyword)}."


def _choices(schema: Mapping[str, Any]) -> Iterator[object]:
    yield from schema.get("enum", ())
    for keyword in ("oneOf", "anyOf"):
        for inner in schema.get(keyword, ()):
            yield from inner.get("enum", ())


def _either(choices: Iterator[str]) -> str:
    *first, last = choices
    return f"{', '.join(first)} or {last}" if first else last


def _quoted(name: str) -> str:
    """A key as written, where it reads as words: somebody may have put a secret in its place."""
    return f"`{name}`" if name and reads_as_words(name) else "this"


def _boolean(fault: Fault) -> tuple[str, str]:
    message = f"{fault.label} is neither `true` nor `false`"
    said = str(fault.value).lower()
    if said not in _MEANT:
        return message, "Write `true` or `false`, or a single variable with one of these values."
    what = f"`{fault.value}` is text" if isinstance(fault.value, str) else f"`{fault.value}` is a number"
    return f"{message}: {what} here", f"Write `{_MEANT[said]}`, without quotes."


def _wrong_type(fault: Fault, written: str) -> tuple[str, str]:
    expected = fault.types or ("string",)
    message = f"{fault.label}: expected {' or '.join(map(_type, expected))}, found {_found(fault.value)}"
    if "array" in expected and isinstance(fault.value, str):
        return message, "Write `[…]` around it, or put each item on its own line after `- `."
    if {"integer", "number"} & set(expected) and _OTHER_NUMBER.fullmatch(written):
        return f"{fault.label} is not a plain decimal number", _as_decimal(written)
    if fault.choices and not fault.types:
        return message, f"Write {_either(f'`{choice}`' for choice in fault.choices)}."
    if "string" in expected and isinstance(fault.value, bool | int | float):
        return message, "Put it in quotes."
    if "object" in expected:
        return message, "Write `key: value` lines below it."
    return message, f"Write {_type(expected[0])}, without quotes."


def _as_decimal(written: str) -> str:
    """What to write for a number in another notation. Of one with a `0` before it nobody knows what it means."""
    plain = written.replace("_", "")
    if re.fullmatch(r"[-+]?0[0-9]+", plain):
        return "Write it without the leading `0`."
    return f"Write `{int(plain, 0)}`."


def _type(name: str) -> str:
    return _TYPES.get(name, name)


def _found(value: Plain) -> str:
    match value:
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "text"
        case list():
            return "a list"
    return "a mapping"
