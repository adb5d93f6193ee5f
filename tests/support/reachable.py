"""Walks through everything that a value leads to, whatever its classes let others see."""

from __future__ import annotations

import types
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from typing import Any

_LEAVES = (str, bytes, int, float, Enum, type, types.ModuleType, types.FunctionType, types.MethodType, type(None))


def reachable(*roots: object) -> Iterator[tuple[object, object]]:
    """Each object and text that the roots lead to once, with the object of a class of ours that holds it."""
    waiting: list[tuple[object, object]] = [(root, None) for root in roots]
    seen: dict[int, object] = {}  # the objects too, so that no address is used again
    while waiting:
        found, owner = waiting.pop()
        if id(found) in seen and not isinstance(found, str):
            continue
        seen[id(found)] = found
        yield found, owner
        if isinstance(found, _LEAVES):
            continue
        inner = found if type(found).__module__.startswith("reconciler.") else owner
        waiting += [(one, inner) for one in _parts(found)]


def _parts(value: Any) -> Iterable[object]:  # noqa: ANN401 - anything
    if isinstance(value, Mapping):
        return [*value.keys(), *value.values()]
    if isinstance(value, tuple | list | set | frozenset):
        return value
    names = [name for kind in type(value).__mro__ for name in _slots(kind)]
    return [*(getattr(value, name) for name in names if hasattr(value, name)), *getattr(value, "__dict__", {}).values()]


def _slots(kind: type) -> Iterable[str]:
    slots = kind.__dict__.get("__slots__", ())
    return [slots] if isinstance(slots, str) else [name for name in slots if not name.startswith("__")]
