"""Checks a file against the schema: quickly where all is well, and to the last fault where it isn't."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterator, Mapping
from functools import cached_property, lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any

from reconciler.config.cursor import Cursor
from reconciler.config.diagnostics import Diagnostics, Span
from reconciler.config.limits import MOST_DIAGNOSTICS
from reconciler.config.yaml_values import Document, Path, Plain
from reconciler.model.provider import Provider
from reconciler.providers.shippo import SHIPPO

if TYPE_CHECKING:
    from reconciler.config.faults import Fault


class Shape:
    """The shape of files whose accounts are of some providers, by the files' names of them.

    A lenient one is of files that may name other providers too.
    """

    def __init__(self, providers: Mapping[str, Provider], *, lenient: bool = False) -> None:
        self._providers = providers
        self._lenient = lenient

    def check(self, document: Document, diagnostics: Diagnostics) -> None:
        """Check a document before any variable is put in. What can't be used is noted in it."""
        if self._accepts(document.root):
            return
        from reconciler.config.faults import explained  # noqa: PLC0415 - only where something is wrong

        cursor = Cursor(document)
        faults = find_faults(document.root, self._schema)
        found = [(_span(cursor, fault), fault) for fault in faults]
        # By place: what is wrong with an aliased value is told where it is used first.
        for span, fault in sorted(found, key=lambda one: one[0].start):
            if fault.keyword not in ("additionalProperties", "propertyNames", "required", "not"):
                spoilt = cursor.spans_at(fault.path)[1]
                # Of a value one diagnostic is enough, and an alias without an anchor had its own.
                if spoilt.written.start in document.unusable:
                    continue
                document.unusable.add(spoilt.written.start)
            code, message, help_ = explained(fault, span.written.text)
            diagnostics.error(code, span, message, help_)

    def _accepts(self, root: Plain) -> bool:
        # Most files name Shippo alone: its check was compiled beforehand.
        if self._lenient or self._providers != {SHIPPO.name: SHIPPO}:
            return accepts(root, self._schema)
        from reconciler.config.shippo_shape import ShapeError, check  # noqa: PLC0415 - only where it is needed

        return _accepted(root, check, ShapeError)

    @cached_property
    def _schema(self) -> str:
        from reconciler.config.schema import compose  # noqa: PLC0415 - as above

        return compose(self._providers, lenient=self._lenient)


def _span(cursor: Cursor, fault: Fault) -> Span:
    if fault.keyword in ("additionalProperties", "propertyNames"):
        return cursor.spans_at((*fault.path, fault.key))[0]
    key, value = cursor.spans_at(fault.path)
    # What is missing, and a value that isn't there, is shown at the key.
    return key if fault.keyword in ("required", "not") or value.end == value.start else value


@lru_cache(maxsize=8)
def _quick(schema: str) -> Callable[[Plain], object]:
    import json  # only of files that name other providers  # noqa: PLC0415

    import fastjsonschema  # noqa: PLC0415

    # Without detailed exceptions compiling takes a quarter of the time, and no exception holds a value of the file.
    check: Callable[[Plain], object] = fastjsonschema.compile(
        json.loads(schema), use_default=False, detailed_exceptions=False
    )
    return check


def accepts(root: Plain, schema: str) -> bool:
    """Whether a file's plain values have the right shape."""
    check = _quick(schema)
    from fastjsonschema import JsonSchemaException  # noqa: PLC0415 - as above

    return _accepted(root, check, JsonSchemaException)


def _accepted(root: Plain, check: Callable[[Plain], object], refused: type[ValueError]) -> bool:
    try:
        check(root)
    except refused:
        return False
    return True


def find_faults(root: Plain, schema: str) -> tuple[Fault, ...]:
    """All that is wrong with the shape of a file's plain values; nothing where nothing is."""
    import json  # only where something is wrong  # noqa: PLC0415

    from reconciler.config.faults import Fault  # noqa: PLC0415 - as above

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
    """The validator that explains.

    Its own `uniqueItems` compares each item with each, and doesn't say which it is. Its own `pattern` accepts a line
    break behind a text; `fastjsonschema` doesn't, and neither do editors. (The only `$` of a pattern is its end.)
    """
    import jsonschema  # only where something is wrong  # noqa: PLC0415

    def unique(_validator: object, is_due: bool, items: object, _schema: object) -> Iterator[Exception]:  # noqa: FBT001 - as jsonschema calls it
        seen: set[Hashable] = set()
        for index, item in enumerate(items) if is_due and isinstance(items, list) else ():
            known = _comparable(item)
            if known in seen:
                yield jsonschema.ValidationError("not unique", path=[index])
            seen.add(known)

    def matches(_validator: object, pattern: str, text: object, _schema: object) -> Iterator[Exception]:
        if isinstance(text, str) and not re.search(pattern.removesuffix("$") + r"\Z", text):
            yield jsonschema.ValidationError("no match")

    keywords = {"uniqueItems": unique, "pattern": matches}
    return jsonschema.validators.extend(jsonschema.Draft7Validator, keywords)  # type: ignore[no-untyped-call]


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
