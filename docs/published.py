"""The published JSON Schemas, made of the structs that are published: types, and what is said there."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from msgspec import Struct

from reconciler.view.codec import published_fields
from reconciler.view.documents import SCHEMAS, DiagnosticRow, DoctorView, ListView, PlanView, ValidationView
from reconciler.view.installed import ProvidersView
from reconciler.view.rows import LossRow, Plain, Remedy

TITLES = {
    "plan": (PlanView, "reconciler's JSON plan"),
    "listing": (ListView, "reconciler's list"),
    "providers": (ProvidersView, "reconciler's providers"),
    "doctor": (DoctorView, "what reconciler's doctor found"),
    "validation": (ValidationView, "reconciler's validation"),
}
_VALUE = (
    "A field's value: what is hidden is shown as `‹hidden›` (`‹hidden 2›` if several differ), a secret that "
    "changes as `‹changed›`, a variable's value as `${NAME}`."
)
Schema = dict[str, Any]


def schema(name: str) -> Schema:
    """A published schema, whole."""
    kind, title = TITLES[name]
    definitions: dict[str, Schema] = {}
    document = _object(kind, definitions)
    head = {"$schema": "http://json-schema.org/draft-07/schema#", "$id": f"{SCHEMAS}/{name}.schema.json"}
    return {**head, "title": title, **document, "definitions": dict(sorted(definitions.items()))}


def stream_definitions() -> dict[str, Schema]:
    """The definitions that the stream of `apply` shares with the documents."""
    definitions: dict[str, Schema] = {}
    for kind in (DiagnosticRow, LossRow, Remedy):
        _of(kind, definitions)
    return definitions


def _object(kind: Any, definitions: dict[str, Schema]) -> Schema:  # noqa: ANN401 - a struct
    """The schema of a struct: a closed object of its fields."""
    summary, said = _docs(kind)
    properties = {}
    for name, hint, _ in published_fields(kind):
        found = _of(hint, definitions)
        properties[name] = {"description": said[name], **({"allOf": [found]} if "$ref" in found else found)}
    return {
        "description": summary,
        "type": "object",
        "additionalProperties": False,
        "required": [name for name, _, optional in published_fields(kind) if not optional],
        "properties": properties,
    }


def _docs(kind: Any) -> tuple[str, Mapping[str, str]]:  # noqa: ANN401 - a struct
    """What a struct's docstring says, and what the comments that begin with `#:` say of each of its fields."""
    said: dict[str, str] = {}
    words: list[str] = []
    for line in inspect.getsource(kind).splitlines():
        code, _, text = line.strip().partition("#: ")
        words += [text] if text else []
        if code and words:
            said[code.partition(":")[0]] = " ".join(words)
            words = []
    return " ".join((inspect.getdoc(kind) or "").split()), said


def _of(kind: Any, definitions: dict[str, Schema]) -> Schema:  # noqa: ANN401 - a type
    """The schema of a type."""
    origin, arguments = get_origin(kind), get_args(kind)
    if kind == Plain:
        definitions["value"] = {"description": _VALUE, **_any(arguments, definitions)}
        return {"$ref": "#/definitions/value"}
    if hasattr(kind, "__metadata__"):
        (more,) = kind.__metadata__
        return {"type": "string", **({"pattern": more} if more.startswith("^") else {"format": more})}
    if origin in (Union, UnionType):
        return _any(arguments, definitions)
    if origin is tuple:
        bounds = {} if arguments[-1] is Ellipsis else {"minItems": len(arguments), "maxItems": len(arguments)}
        return {"type": "array", "items": _of(arguments[0], definitions), **bounds}
    if origin is not None and origin is not Literal and issubclass(origin, Mapping):
        inner = arguments[1]
        return {"type": "object", "additionalProperties": False if inner is None else _of(inner, definitions)}
    if isinstance(kind, type) and issubclass(kind, Struct):
        return _reference(kind, definitions)
    choices = _choices(kind)
    if choices:
        return {"enum": choices} if len(choices) > 1 else {"const": choices[0]}
    return {"type": "integer", "minimum": 0} if kind is int else {"type": _TYPES[kind]}


_TYPES = {str: "string", bool: "boolean", NoneType: "null", float: "number"}


def _reference(kind: Any, definitions: dict[str, Schema]) -> Schema:  # noqa: ANN401 - a struct
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", kind.__name__).lower().removesuffix("_row")
    if name not in definitions:
        definitions[name] = {}  # it may be part of itself
        definitions[name] = _object(kind, definitions)
    return {"$ref": f"#/definitions/{name}"}


def _choices(kind: Any) -> list[Any]:  # noqa: ANN401 - a type, and plain JSON
    if get_origin(kind) is Literal:
        return list(get_args(kind))
    return [member.value for member in kind] if isinstance(kind, type) and issubclass(kind, Enum) else []


def _any(kinds: tuple[Any, ...], definitions: dict[str, Schema]) -> Schema:
    """The schema of one of several types: one list where all are choices, one `type` where null is the only other."""
    rest = [kind for kind in kinds if kind is not NoneType]
    if all(map(_choices, rest)):
        null = [None] if len(rest) < len(kinds) else []
        return {"enum": [choice for kind in rest for choice in _choices(kind)] + null}
    found = [_of(kind, definitions) for kind in kinds]
    if len(rest) == 1 and "type" in found[0]:
        return {**found[0], "type": [found[0]["type"], "null"]}
    return {"oneOf": found}
