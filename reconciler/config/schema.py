"""Checks a document's shape against the JSON Schema: quickly where all is well, with an explanation where not."""

from __future__ import annotations

import json
import re
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from itertools import islice
from typing import Any

import fastjsonschema

from reconciler.config.bounds import MOST_COMPLAINTS
from reconciler.config.complaints import Complaints
from reconciler.config.explain import Fault, explain
from reconciler.config.plain import Document, Path, Plain
from reconciler.config.spot import Spot


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What of a document can't be used.

    Attributes:
        bad: where the values start that have the wrong shape.
    """

    bad: frozenset[int] = frozenset()


@lru_cache(maxsize=1)
def schema_text() -> str:
    """The file's JSON Schema as it is published."""
    return files("reconciler.schemas").joinpath("webhooks.schema.json").read_text(encoding="utf-8")


def check_shape(document: Document, complaints: Complaints) -> Shape:
    """Check a document against the schema, before any variable is put in.

    Args:
        document: the file as read.
        complaints: gets all that is wrong with its shape.
    Returns:
        What of it can't be used.
    """
    if accepts(document.root):
        return Shape()
    bad: set[int] = set()
    for fault in find_faults(document.root):
        spot = _spot(document, fault)
        start = document.spot(fault.path).start
        # Of a value one complaint is enough, and an alias without an anchor had its own.
        told = fault.spoils and (start in bad or start in document.broken)
        if fault.spoils:
            bad.add(start)
        if fault.keyword == "uniqueItems":
            bad.add(spot.start)
        if told:
            continue
        message, help_ = explain(fault)
        complaints.error(fault.code, spot, message, help_)
    return Shape(bad=frozenset(bad))


@lru_cache(maxsize=1)
def _quick() -> fastjsonschema.Validator:
    # Without detailed exceptions compiling takes a quarter of the time, and no exception holds a value of the file.
    return fastjsonschema.compile(json.loads(schema_text()), use_default=False, detailed_exceptions=False)


def accepts(root: Plain) -> bool:
    """Whether a file's plain values have the right shape."""
    try:
        _quick()(root)
    except fastjsonschema.JsonSchemaException:
        return False
    return True


def find_faults(root: Plain) -> tuple[Fault, ...]:
    """All that is wrong with the shape of a file's plain values; nothing where nothing is."""
    found: dict[tuple[Path, str, str], Fault] = {}
    for error in _explaining()(json.loads(schema_text())).iter_errors(root):
        if len(found) > MOST_COMPLAINTS:
            break  # nobody will be told of more
        path: Path = tuple(error.absolute_path)
        is_name = "propertyNames" in error.absolute_schema_path
        keyword = "propertyNames" if is_name else str(error.validator)
        schema: Mapping[str, object] = error.schema
        keys = iter((error.instance,)) if is_name else _keys(keyword, error.instance, schema)
        for key in islice(keys, MOST_COMPLAINTS + 1):
            found[path, keyword, key] = Fault(
                path=path,
                keyword=keyword,
                key=key,
                expected=_words(schema.get("type" if keyword in ("anyOf", "pattern") else keyword)),
                known=_names(schema.get("properties")),
                value=error.instance,
            )
    return tuple(found.values())


@lru_cache(maxsize=1)
def _explaining() -> Any:  # noqa: ANN401 - its stubs leave open what errors have
    """The validator that explains. Its own `uniqueItems` compares each item with each where they can't be sorted."""
    import jsonschema  # only where something is wrong  # noqa: PLC0415

    def unique(_validator: object, is_due: bool, items: object, _schema: object) -> Iterator[Exception]:  # noqa: FBT001 - as jsonschema calls it
        if is_due and isinstance(items, list) and len(items) > len({_comparable(item) for item in items}):
            yield jsonschema.ValidationError("not unique")

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


def _keys(keyword: str, value: Plain, schema: Mapping[str, object]) -> Iterator[str]:
    """A key, or an item's index, for each thing that is wrong; empty where it is the value as a whole."""
    if keyword == "additionalProperties" and isinstance(value, Mapping):
        patterns = [re.compile(pattern) for pattern in _names(schema.get("patternProperties"))]
        known = _names(schema.get("properties"))
        yield from (key for key in value if key not in known and not any(p.search(key) for p in patterns))
    elif keyword == "required" and isinstance(value, Mapping):
        yield from (key for key in _words(schema["required"]) if key not in value)
    elif keyword == "uniqueItems" and isinstance(value, list):
        seen: set[str] = set()
        for index, item in enumerate(value):
            if str(item) in seen:
                yield str(index)
            seen.add(str(item))
    else:
        yield ""


def _spot(document: Document, fault: Fault) -> Spot:
    if fault.keyword in ("additionalProperties", "propertyNames"):
        return document.key_spot((*fault.path, fault.key))
    if fault.keyword == "uniqueItems":
        return document.spot((*fault.path, int(fault.key)))
    spot = document.spot(fault.path)
    # What is missing, and a value that isn't there, is shown at the key.
    at_key = fault.keyword in ("required", "not") or spot.end == spot.start
    return document.key_spot(fault.path) if at_key else spot


def _names(mapping: object) -> tuple[str, ...]:
    return tuple(mapping) if isinstance(mapping, Mapping) else ()


def _words(expected: object) -> tuple[str, ...]:
    """A keyword's value as words."""
    if isinstance(expected, list):
        return tuple(str(item) for item in expected)
    return (str(expected),) if isinstance(expected, str | int | float) else ()
