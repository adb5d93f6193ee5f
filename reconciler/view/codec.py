"""Published values as JSON and back: a dataclass is an object of its fields, an enum member its value, a tuple a list.

A field whose default is None is left out where it has no value; every other one is always there. `docs/generate.py`
makes the published schemas of the same dataclasses.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from types import UnionType
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from reconciler.view.json_text import Json

_Kind = TypeVar("_Kind")
_PLAIN = frozenset({str, bool, int, float, type(None)})
NO_SUCH_DOCUMENT = (KeyError, TypeError, ValueError)
"""What `from_json` raises."""


def to_json(value: Any) -> Any:  # noqa: ANN401 - a published value, and plain JSON
    """A published value in plain JSON terms."""
    if type(value) in _PLAIN:
        return value
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple):
        return [to_json(one) for one in value]
    if isinstance(value, Mapping):
        return {name: to_json(one) for name, one in value.items()}
    found = ((name, getattr(value, name), optional) for name, _, optional in published_fields(cast("Any", type(value))))
    return {name: to_json(one) for name, one, optional in found if one is not None or not optional}


def from_json(kind: type[_Kind], document: Json) -> _Kind:
    """The value that `to_json` wrote.

    Raises:
        KeyError, TypeError, ValueError: it is no such document.
    """
    read: Callable[[Json], _Kind] = _reader(cast("Any", kind))
    return read(document)


@cache
def published_fields(kind: Any) -> tuple[tuple[str, Any, bool], ...]:  # noqa: ANN401 - a type
    """The fields of a published dataclass: name, type, and whether it is left out where it has no value."""
    hints = get_type_hints(kind, include_extras=True)
    return tuple((field.name, hints[field.name], field.default is None) for field in fields(kind))


@cache
def _reader(kind: Any) -> Callable[[Any], Any]:  # noqa: ANN401 - a type
    origin, arguments = get_origin(kind), get_args(kind)
    if kind is None:
        return _checked(lambda value: value is None)
    if hasattr(kind, "__metadata__"):
        return _reader(kind.__origin__)
    if origin in (Union, UnionType):
        plain = _PLAIN.intersection(arguments)
        return _any_of(plain, [_reader(one) for one in arguments if one not in plain])
    if origin is Literal:
        return _checked(lambda value: any(value == one and type(value) is type(one) for one in arguments))
    if origin is tuple:
        return _tuple(_reader(arguments[0]), None if arguments[-1] is Ellipsis else len(arguments))
    if origin is not None and issubclass(origin, Mapping):
        return _mapping(_reader(arguments[1]))
    if issubclass(kind, Enum):
        return cast("Callable[[Any], Any]", kind)
    return _dataclass(kind) if is_dataclass(kind) else _checked(lambda value: type(value) is kind)


def _checked(is_right: Callable[[Any], bool]) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:  # noqa: ANN401 - plain JSON
        if not is_right(value):
            raise TypeError
        return value

    return read


def _any_of(plain: frozenset[Any], readers: list[Callable[[Any], Any]]) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:  # noqa: ANN401 - plain JSON
        if type(value) in plain:
            return value
        for reader in readers:
            try:
                return reader(value)
            except NO_SUCH_DOCUMENT:
                continue
        raise TypeError

    return read


def _tuple(item: Callable[[Any], Any], length: int | None) -> Callable[[Any], Any]:
    is_right = _checked(lambda value: isinstance(value, list) and length in (None, len(value)))
    return lambda value: tuple(map(item, is_right(value)))


def _mapping(item: Callable[[Any], Any]) -> Callable[[Any], Any]:
    is_right = _checked(lambda value: isinstance(value, dict))
    return lambda value: {name: item(one) for name, one in is_right(value).items()}


def _dataclass(kind: Any) -> Callable[[Any], Any]:  # noqa: ANN401 - a type
    readers = [(name, _reader(hint), optional) for name, hint, optional in published_fields(kind)]
    is_right = _checked(lambda value: isinstance(value, dict))

    def read(value: Any) -> Any:  # noqa: ANN401 - plain JSON
        document = is_right(value)
        return kind(
            **{name: reader(document[name]) for name, reader, optional in readers if name in document or not optional}
        )

    return read
