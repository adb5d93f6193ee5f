"""A YAML document as plain values that know where they stand, and what plain scalars mean."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeAlias

from reconciler.config.spot import SourceText, Spot

Path: TypeAlias = tuple[str | int, ...]

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")
_FLOAT = re.compile(r"-?(?:0|[1-9][0-9]{0,17})\.[0-9]{1,18}(?:[eE][-+]?[0-9]{1,2})?")
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLEANS = {"true": True, "false": False}


class Map(dict[str, "Plain"]):
    """A mapping; `spans` has, for each key, where key and value start and end."""

    __slots__ = ("spans",)

    def __init__(self) -> None:
        super().__init__()
        self.spans: dict[str, tuple[int, int, int, int]] = {}


class Sequence(list["Plain"]):
    """A list; `spans` has, for each item, where it starts and ends."""

    __slots__ = ("spans",)

    def __init__(self) -> None:
        super().__init__()
        self.spans: list[tuple[int, int]] = []


Plain: TypeAlias = str | int | float | bool | Map | Sequence | None


@dataclass(frozen=True, slots=True)
class Document:
    """A file as read.

    Attributes:
        source: its text.
        root: the mapping it holds.
        broken: where values start that stand for something unreadable and were complained about.
        values: how many keys and values stand in it, aliases not expanded.
    """

    source: SourceText
    root: Map
    broken: frozenset[int] = frozenset()
    values: int = 0

    def spot(self, path: Path) -> Spot:
        """Where the value at a path stands; of an aliased one, its anchor's place."""
        if not path:
            return Spot(self.source, 0, 0)
        above = self._at(path[:-1])
        last = path[-1]
        if isinstance(above, Map) and isinstance(last, str):
            _, _, start, end = above.spans[last]
        elif isinstance(above, Sequence) and isinstance(last, int):
            start, end = above.spans[last]
        else:
            raise KeyError(path)
        return Spot(self.source, start, end)

    def key_spot(self, path: Path) -> Spot:
        """Where the key at the end of a path stands; of a list's item, the item."""
        above = self._at(path[:-1])
        last = path[-1] if path else None
        if isinstance(above, Map) and isinstance(last, str):
            start, end, _, _ = above.spans[last]
            return Spot(self.source, start, end)
        return self.spot(path)

    def _at(self, path: Path) -> Plain:
        value: Plain = self.root
        for step in path:
            match value, step:
                case (Map(), str()):
                    value = value[step]
                case (Sequence(), int()):
                    value = value[step]
                case _:
                    raise KeyError(path)
        return value


def scalar_value(text: str) -> Plain:
    """What an unquoted scalar means to a person.

    Only `true` and `false` are booleans. YAML 1.1's `yes` and `off`, octal and sexagesimal numbers, numbers with
    `_`, and dates stay the text that they look like.
    """
    if text[:1] in "-0123456789" and text:
        if _INTEGER.fullmatch(text):
            return int(text)
        return float(text) if _FLOAT.fullmatch(text) else text
    if text in _NULLS:
        return None
    return _BOOLEANS.get(text, text)
