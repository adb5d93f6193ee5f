"""What the library's functions may be given, checked and in the types of the command's options.

A single text or path is taken as one where several are due: as an iterable it would be its letters. All raise TypeError
or ValueError, which name the argument and quote no value: it may be secret.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from os import PathLike, fspath
from types import UnionType
from typing import Any

FilePath = str | PathLike[str]
MOST_PARALLEL = 64
"""Changes that are made in parallel."""


def paths(name: str, value: FilePath | Iterable[FilePath]) -> tuple[str, ...]:
    """One or more paths."""
    return tuple(_path(name, one) for one in _several(name, value, "paths", str | PathLike))


def texts(name: str, value: str | Iterable[str]) -> tuple[str, ...]:
    """One or more texts."""
    return tuple(text(name, one) for one in _several(name, value, "texts", str))


def text(name: str, value: str) -> str:
    """A text."""
    if not isinstance(value, str):
        raise _wrong_type(name, "text", value)
    return value


def values(name: str, value: Mapping[str, str]) -> dict[str, str]:
    """Texts by name."""
    if not isinstance(value, Mapping):
        raise _wrong_type(name, "a mapping", value)
    for key, found in value.items():
        text(f"{name}[{text(f'a name in {name}', key)!r}]", found)
    return dict(value)


def flag(name: str, *, value: bool) -> bool:
    """True or False, and nothing that is taken for one of them."""
    if not isinstance(value, bool):
        raise _wrong_type(name, "True or False", value)
    return value


def number(name: str, value: int, least: int, most: int | None = None) -> int:
    """A whole number within bounds."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise _wrong_type(name, "a whole number", value)
    if value < least or (most is not None and value > most):
        bounds = f"at least {least}" if most is None else f"from {least} to {most}"
        raise ValueError(f"`{name}` must be {bounds}, not {value}")
    return value


def check_made_by(function: str, value: object, kind: type) -> None:
    """TypeError where a value isn't what this function gives."""
    if not isinstance(value, kind):
        raise TypeError(f"expected what {function}() gives, found {type(value).__name__}")


def _path(name: str, value: FilePath) -> str:
    path: object = fspath(value) if isinstance(value, PathLike) else value
    if not isinstance(path, str):
        raise _wrong_type(name, "a path", path)
    return path


def _several(name: str, value: object, wanted: str, kind: type | UnionType) -> Iterable[Any]:
    if isinstance(value, kind):
        return (value,)
    if isinstance(value, bytes) or not isinstance(value, Iterable):
        raise _wrong_type(name, wanted, value)
    return value


def _wrong_type(name: str, wanted: str, found: object) -> TypeError:
    return TypeError(f"`{name}` must be {wanted}, not {type(found).__name__}")
