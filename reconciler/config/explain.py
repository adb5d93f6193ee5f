"""Says in words what is wrong with a file's shape."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

from reconciler.config.plain import Path, Plain
from reconciler.model.showing import reads_as_words

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
_OWNERS = {"webhooks": "an entry", "accounts": "an account"}
NOT_ONE_VARIABLE = (
    "`token` is not exactly one variable",
    "Put the token into an environment variable and name that, such as `${SHIPPO_LIVE_TOKEN}`.",
)
_CHOICES = {
    "unmanaged": "`report`, `fail` or `ignore`",
    "mode": "`live` or `test`",
    "ignore_changes": "`active` or `url`",
    "version": "1",
}
_SAID_AT_ONCE = {
    "token-literal": NOT_ONE_VARIABLE,
    "account-twice": ("`account` and `accounts` exclude each other", "Keep one of the two."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that is wrong with a file's shape.

    Attributes:
        path: of the value that has it.
        keyword: the schema's keyword that it breaks.
        key: the key that is unknown or missing, the index of an item that is repeated; else empty.
        expected: the keyword's value as words (the types, where text of the wrong form stands).
        known: the keys that the value may have.
        value: the value itself.
    """

    path: Path
    keyword: str
    key: str
    expected: tuple[str, ...]
    known: tuple[str, ...]
    value: Plain = field(repr=False)

    @property
    def code(self) -> str:
        """The diagnostic's."""
        if self.keyword == "pattern" and self.name == "token":
            return "token-literal"
        if self.spoils and self.value in (None, ""):
            return "empty-value"
        if isinstance(self.value, Mapping) and self.keyword == "anyOf" and "object" in self.expected:
            return "missing-key"
        if self.keyword == "not" and isinstance(self.path[-1], int):
            return "url-and-id"
        if self.keyword == "anyOf" and not isinstance(self.value, str):
            return "wrong-type"
        if "boolean" in self.expected:
            return "boolean-value"
        return _CODES.get(self.keyword, "wrong-value")

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


def explain(fault: Fault) -> tuple[str, str]:
    """Say what is wrong.

    Args:
        fault: from the check against the schema.
    Returns:
        One sentence that says what is wrong, and one that says what to do. They quote no value of the file.
    """
    if fault.code in _SAID_AT_ONCE:
        return _SAID_AT_ONCE[fault.code]
    match fault.code:
        case "bad-name":
            return _bad_name(fault)
        case "unknown-key":
            return _unknown_key(fault)
        case "missing-key":
            return _missing_key(fault)
        case "url-and-id":
            return f"{fault.label} has `url` or `events` beside its `id`", "Write two items: an id stands alone."
        case "empty-value":
            return f"{fault.label} is empty", _EMPTY_HELP.get(fault.name, "Give it a value, or leave it out.")
        case "repeated-item":
            return f"{fault.label} names an item twice", "Name it once."
        case "boolean-value":
            return _boolean(fault)
        case "wrong-type":
            return _wrong_type(fault)
    return _wrong_value(fault)


_EMPTY_HELP = {
    "url": "Write an address such as `https://hooks.example.com/shippo/orders`.",
    "events": "Name at least one event.",
    "accounts": "Name at least one account, or leave it out.",
    "owns": "Name at least one pattern, or write `owns: []` where `webhooks` is `{}`.",
    "webhooks": "Write at least one entry, or `webhooks: {}` where there are to be none.",
}


def _missing_key(fault: Fault) -> tuple[str, str]:
    if not fault.key:
        return f"{fault.label} has neither `url` nor `id`", "Add one of the two."
    return f"{_owner(fault)} has no `{fault.key}`", f"Add `{fault.key}`."


def _owner(fault: Fault) -> str:
    if len(fault.path) == len(("webhooks", "orders")) and fault.path[0] in _OWNERS:
        return _OWNERS[str(fault.path[0])]
    return fault.label


def _quoted(name: str) -> str:
    """A key as written, where it reads as words: somebody may have put a secret in its place."""
    return f"`{name}`" if name and reads_as_words(name) else "this"


def _bad_name(fault: Fault) -> tuple[str, str]:
    return (
        f"{_quoted(fault.key)} is no name for {_OWNERS[fault.name]}",
        "Use the letters `a` to `z`, digits, `_` and `-`.",
    )


def _unknown_key(fault: Fault) -> tuple[str, str]:
    near = get_close_matches(fault.key.lower().replace("-", "_"), fault.known, n=1)
    help_ = f"Did you mean `{near[0]}`?" if near else f"The keys here are {', '.join(fault.known)}, and any `x-…`."
    return f"{_quoted(fault.key)} is no key of {_owner(fault)}", help_


def _boolean(fault: Fault) -> tuple[str, str]:
    message = f"{fault.label} is neither `true` nor `false`"
    said = str(fault.value).lower()
    if said not in _MEANT:
        return message, "Write `true` or `false`, or exactly one variable that says one of the two."
    what = f"`{fault.value}` is text" if isinstance(fault.value, str) else f"`{fault.value}` is a number"
    return f"{message}: {what} here", f"Write `{_MEANT[said]}`, without quotes."


def _wrong_type(fault: Fault) -> tuple[str, str]:
    expected = fault.expected or ("string",)
    message = f"{fault.label} is {_found(fault.value)} where {' or '.join(map(_type, expected))} is due"
    if "array" in expected and isinstance(fault.value, str):
        return message, "Write `[…]` around it, or put each item on a line of its own behind `- `."
    if fault.name == "mode":
        return message, f"Write {_CHOICES['mode']}."
    if "string" in expected and isinstance(fault.value, bool | int | float):
        return message, "Put it into quotes."
    if "object" in expected:
        return message, "Write `key: value` lines below it."
    return message, f"Write {_type(expected[0])}, without quotes."


def _wrong_value(fault: Fault) -> tuple[str, str]:
    if fault.name in _CHOICES:
        choice = _CHOICES[fault.name]
        return f"{fault.label} is not {choice}", f"Write {choice}."
    bound = {"minimum": "at least", "maximum": "at most", "exclusiveMinimum": "more than"}.get(fault.keyword, "")
    limit = "".join(fault.expected)
    return f"{fault.label} is out of range", f"Write a number that is {bound} {limit}."


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
