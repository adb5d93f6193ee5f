"""GitHub's expressions, as far as the workflows here use them.

Source: https://docs.github.com/en/actions/reference/workflows-and-actions/expressions
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Value = Any
Functions = Mapping[str, Callable[..., Value]]
_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<number>-?\d+)|(?P<name>[A-Za-z_][\w-]*)|(?P<sign>==|!=|&&|\|\||[!().,\[\]]))"
)
_WHOLE = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
_STATUS = re.compile(r"\b(?:always|success|failure|cancelled)\s*\(")


def interpolate(text: object, contexts: Mapping[str, Value], functions: Functions) -> str:
    """A text with the values of its expressions in place."""
    return _WHOLE.sub(lambda found: text_of(evaluate(found[1], contexts, functions)), text_of(text))


def is_met(condition: object, contexts: Mapping[str, Value], functions: Functions) -> bool:
    """Whether a step's or a job's `if` lets it run; without a status function it wants success, too."""
    text = text_of(condition).strip()
    whole = _WHOLE.fullmatch(text)
    text = whole[1] if whole else text
    met = not text or bool(evaluate(text, contexts, functions))
    return met and (bool(_STATUS.search(text)) or bool(functions["success"]()))


def evaluate(text: str, contexts: Mapping[str, Value], functions: Functions) -> Value:
    """The value of one expression; a ValueError for what is not one of those used here."""
    tokens, end = [], 0
    while text[end:].strip():
        found = _TOKEN.match(text, end)
        if found is None:
            raise ValueError(f"not an expression that is used here: {text}")
        tokens.append((str(found.lastgroup), found[str(found.lastgroup)]))
        end = found.end()
    parser = _Parser(tokens, contexts, functions)
    value = parser.either()
    if parser.left:
        raise ValueError(f"not an expression that is used here: {text}")
    return value


def text_of(value: Value) -> str:
    """A value as text."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case _:
            return str(value)


class _Parser:
    """Evaluates while it reads; both sides of `&&` and `||` are read, as nothing here has effects."""

    def __init__(self, tokens: Sequence[tuple[str, str]], contexts: Mapping[str, Value], functions: Functions) -> None:
        self.left = [*tokens]
        self._contexts: Mapping[str, Value] = contexts
        self._functions: Functions = {"toJSON": _json, "format": _format, **functions}

    def either(self) -> Value:
        value = self._both()
        while self._took("||"):
            other = self._both()
            value = value or other
        return value

    def _both(self) -> Value:
        value = self._compared()
        while self._took("&&"):
            other = self._compared()
            value = value and other
        return value

    def _compared(self) -> Value:
        value = self._single()
        for sign, wanted in (("==", True), ("!=", False)):
            if self._took(sign):
                return _is_same(value, self._single()) is wanted
        return value

    def _single(self) -> Value:
        if self._took("!"):
            return not self._single()
        if self._took("("):
            value = self.either()
            self._expect(")")
            return value
        kind, text = self.left.pop(0)
        match kind:
            case "text":
                return text[1:-1].replace("''", "'")
            case "number":
                return int(text)
            case "name" if text in ("true", "false", "null"):
                return {"true": True, "false": False, "null": None}[text]
            case "name":
                return self._call(text) if self._took("(") else self._looked_up(text)
        raise ValueError(f"unexpected {text}")

    def _call(self, name: str) -> Value:
        arguments: list[Value] = []
        while not self._took(")"):
            arguments.append(self.either())
            self._took(",")
        return self._functions[name](*arguments)

    def _looked_up(self, name: str) -> Value:
        value = self._contexts[name]  # an unknown context is a mistake; an unknown key is null
        while self._took("."):
            _, key = self.left.pop(0)
            value = value.get(key) if isinstance(value, Mapping) else None
        return value

    def _took(self, sign: str) -> bool:
        is_next = bool(self.left) and self.left[0] == ("sign", sign)
        if is_next:
            self.left.pop(0)
        return is_next

    def _expect(self, sign: str) -> None:
        if not self._took(sign):
            raise ValueError(f"{sign} expected")


def _is_same(one: Value, other: Value) -> bool:
    if isinstance(one, str) and isinstance(other, str):
        return one.lower() == other.lower()
    if type(one) is type(other):
        return bool(one == other)
    return _number(one) == _number(other)  # NaN is like nothing


def _number(value: Value) -> float:
    try:
        return float(value or 0)
    except ValueError:
        return float("nan")


def _json(value: Value) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def _format(text: str, *values: Value) -> str:
    return re.sub(r"\{(\d+)\}", lambda found: text_of(values[int(found[1])]), text)
