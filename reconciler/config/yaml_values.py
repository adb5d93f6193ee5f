"""The values of a YAML file as they were read: mappings and lists that know where each value stands."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

from msgspec import Struct, field

from reconciler.config.diagnostics import SourceText

Path: TypeAlias = tuple[str | int, ...]
Range: TypeAlias = tuple[int, int]  # where something starts and ends in its file's text
_FEW = 8  # keys of a mapping that are found as quickly by looking at each
_NOWHERE: array[int] = array("I")
_NO_USES: dict[str, tuple[Range | None, bool]] = {}
_NO_ITEM_USES: dict[int, Range] = {}


class Where(NamedTuple):
    """Where an entry of a mapping, or an item of a list, stands."""

    key: Range  # of an item, the item
    value: Range  # where it is written: of an aliased one behind the anchor
    use: Range | None = None  # where the alias stands that brought the value
    is_merged: bool = False  # whether the alias brought the key too


class Map(dict[str, "Plain"]):
    """A mapping, which knows where each entry stands.

    A file has very many: where things stand is kept as bare numbers, of which few are ever asked for.
    """

    __slots__ = ("_order", "at", "uses")

    def __init__(self) -> None:
        self.at: array[int] = _NOWHERE  # for each entry in order: where the key starts and ends, and its value
        self.uses: dict[str, tuple[Range | None, bool]] = _NO_USES  # `use` and `is_merged` of those with an alias
        self._order: dict[str, int] | None = None

    def index(self, key: str) -> int:
        """The position of a key."""
        if len(self) <= _FEW:
            return list(self).index(key)
        if self._order is None:
            self._order = {name: number for number, name in enumerate(self)}
        return self._order[key]

    def where(self, key: str) -> Where:
        return self.where_at(self.index(key), key)

    def where_at(self, number: int, key: str) -> Where:
        """Where the key at a position stands, and its value."""
        key_start, key_end, start, end = self.at[4 * number : 4 * number + 4]
        return Where((key_start, key_end), (start, end), *self.uses.get(key, ()))

    def wheres(self) -> Iterator[Where]:
        return (self.where_at(number, key) for number, key in enumerate(self))


class Sequence(list["Plain"]):
    """A list, which knows where each item stands."""

    __slots__ = ("at", "uses")

    def __init__(self) -> None:
        self.at: array[int] = _NOWHERE  # for each item: where it starts and ends
        self.uses: dict[int, Range] = _NO_ITEM_USES  # where the aliases of items stand, by position

    def where(self, number: int) -> Where:
        start, end = self.at[2 * number : 2 * number + 2]
        return Where((start, end), (start, end), self.uses.get(number))

    def wheres(self) -> Iterator[Where]:
        return map(self.where, range(len(self)))


Plain: TypeAlias = str | int | float | bool | Map | Sequence | None


class Document(Struct, frozen=True):
    """A file as read."""

    source: SourceText
    root: Map
    unusable: set[int] = field(default_factory=set)  # where values start that are broken or have the wrong shape
    values: int = 0  # how many keys and values stand in it, aliases not expanded
