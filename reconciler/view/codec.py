"""Published values as JSON and back: a struct is an object of its fields, an enum member its value, a tuple a list.

A field whose default is None is left out where it has no value; every other one is always there. `docs/generate.py`
makes the published schemas of the same structs.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from enum import Enum
from functools import cache, partial
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from msgspec import Struct
from msgspec.structs import fields

Json = None | bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"]
_Kind = TypeVar("_Kind")
_Reader = Callable[[Any], Any]
_PLAIN = frozenset({str, bool, int, float, type(None)})
NO_SUCH_DOCUMENT = (KeyError, TypeError, ValueError)
"""What `from_json` raises."""


def json_text(document: Any) -> str:  # noqa: ANN401 - a published value, or plain JSON
    """A document: a line for each key and for each item of its lists, which is fast to write and easy to search."""
    lines = (f"  {json_line(name)}: {_lines(value)}" for name, value in _plain(document).items())
    return "{\n" + ",\n".join(lines) + "\n}"


def _lines(value: Any) -> str:  # noqa: ANN401 - as above
    if not isinstance(value, list | tuple) or not value:
        return json_line(value)
    return "[\n" + ",\n".join(f"    {json_line(item)}" for item in value) + "\n  ]"


def json_line(value: Any) -> str:  # noqa: ANN401 - as above
    """A published value as JSON in ASCII and one line, which any reader takes and no pipeline acts on.

    Lone surrogates, which are no text at all, are written as visible escapes; `##[`, which begins a command in a GitHub
    log, is written with a JSON escape.
    """
    text = _ENCODER.encode(value)
    if "\\ud" in text:  # half of a character, or a lone surrogate
        text = _ENCODER.encode(_whole(json.loads(text)))
    return text.replace("##[", "\\u0023#[")


def _whole(value: Json) -> Json:
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(value, dict):
        return {str(_whole(key)): _whole(inner) for key, inner in value.items()}
    return [_whole(inner) for inner in value] if isinstance(value, list) else value


def _plain(value: Any) -> Any:  # noqa: ANN401 - as above
    """What a value that JSON doesn't know is there."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return dict(value)
    names, optional = _names(cast("Any", type(value)))
    said = {name: getattr(value, name) for name in names}
    for name in optional:
        if said[name] is None:
            del said[name]
    return said


@cache
def _names(kind: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:  # noqa: ANN401 - a type
    """The names of a published struct's fields, and of those that are left out where they have no value."""
    published = published_fields(kind)
    return tuple(name for name, *_ in published), tuple(name for name, _, optional in published if optional)


_ENCODER = json.JSONEncoder(default=_plain, separators=(",", ":"))


def from_json(kind: type[_Kind], document: Json) -> _Kind:
    """The value that a document was written from.

    Raises:
        KeyError, TypeError, ValueError: it is no such document.
    """
    return cast("_Kind", _reader(cast("Any", kind))(document))


@cache
def published_fields(kind: Any) -> tuple[tuple[str, Any, bool], ...]:  # noqa: ANN401 - a type
    """The fields of a published struct: name, type, and whether it is left out where it has no value."""
    hints = get_type_hints(kind, include_extras=True)
    return tuple((field.name, hints[field.name], field.default is None) for field in fields(kind))


@cache
def _reader(kind: Any) -> _Reader:  # noqa: ANN401 - a type
    origin, arguments = get_origin(kind), get_args(kind)
    if hasattr(kind, "__metadata__"):
        return _reader(kind.__origin__)
    if origin in (Union, UnionType):
        others = [_reader(one) for one in arguments if one not in _PLAIN]
        return partial(_any_of, _PLAIN.intersection(arguments), others)
    if origin is Literal:
        return lambda value: arguments[arguments.index(value)]
    if origin is tuple and arguments[-1] is Ellipsis:
        item = _reader(arguments[0])
        return lambda value: tuple(map(item, _only(list, value)))
    if origin is tuple:
        items = [_reader(one) for one in arguments]
        return lambda value: tuple(item(one) for item, one in zip(items, _only(list, value), strict=True))
    if origin is not None and issubclass(origin, Mapping):
        inner = _reader(cast("Any", arguments[1] or NoneType))
        return lambda value: {name: inner(one) for name, one in _only(dict, value).items()}
    if issubclass(kind, Struct):
        known = [(name, _reader(hint), optional) for name, hint, optional in published_fields(cast("Any", kind))]
        return partial(_struct, kind, known)
    return cast("_Reader", kind) if issubclass(kind, Enum) else partial(_only, kind)


def _only(kind: type, value: Any) -> Any:  # noqa: ANN401 - plain JSON
    if type(value) is not kind:
        raise TypeError
    return value


def _any_of(plain: frozenset[Any], readers: Sequence[_Reader], value: Any) -> Any:  # noqa: ANN401 - plain JSON
    if type(value) in plain:
        return value
    for reader in readers:
        with suppress(*NO_SUCH_DOCUMENT):
            return reader(value)
    raise TypeError


def _struct(kind: Any, readers: Sequence[tuple[str, _Reader, bool]], value: Any) -> Any:  # noqa: ANN401 - JSON
    said = _only(dict, value)
    return kind(**{name: reader(said[name]) for name, reader, optional in readers if name in said or not optional})
