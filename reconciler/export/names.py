"""Names of entries and variables, each given once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping


class Names:
    """Names of entries and variables that are not taken yet, over all accounts of a file.

    Args:
        entries: names that entries have already.
        environment: variables that are set: a name is free only for a variable of the same value.
    """

    def __init__(self, entries: Iterable[str] = (), environment: Mapping[str, str] | None = None) -> None:
        self._entries = _Taken(entries)
        self._environment = environment or {}
        self._variables = _Taken()

    def entry(self, options: str) -> str:
        """The name wished for, made of what names may hold, with a number where it is taken."""
        name = re.sub(r"[^a-z0-9_-]+", "-", options.lower()).strip("-") or "webhook"
        return self._entries.free(name, "-", lambda _: True)

    def variable(self, value: str, *words: str) -> str:
        """A name made of these words for a variable of this value, with a number where it is taken."""
        name = re.sub(r"[^A-Z0-9_]+", "_", "_".join(("HOOK", *words)).upper())
        return self._variables.free(name, "_", lambda name: self._environment.get(name, value) == value)


class _Taken:
    """Names that are taken, and for each wish the number below which all are: ten thousand may ask for the same."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._names = set(names)
        self._lowest: dict[str, int] = {}

    def free(self, options: str, separator: str, fits: Callable[[str], bool]) -> str:
        """The name wished for, or the lowest number behind it, that is free and fits; it is taken then."""

        def numbered(number: int) -> str:
            return options if number == 1 else f"{options}{separator}{number}"

        lowest = self._lowest.get(options, 1)
        while numbered(lowest) in self._names:
            lowest += 1
        self._lowest[options] = number = lowest
        while (name := numbered(number)) in self._names or not fits(name):
            number += 1
        self._names.add(name)
        return name
