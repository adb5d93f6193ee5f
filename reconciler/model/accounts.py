"""The accounts of a configuration. Thousands may differ in a name alone: these are made as they are asked for."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping

from msgspec import Struct, field
from msgspec.structs import replace

from reconciler.model.configuration import Account


class Places(Struct, frozen=True):
    """Places that a pattern stands for, each an account of its own."""

    pattern: Account
    names: tuple[str, ...]  # in the order of `by_name`
    own: Mapping[str, Account] = field(default_factory=dict)  # the file's own accounts, of those names that have one

    def account_of(self, name: str) -> Account:
        """The account of a place."""
        pattern = self.pattern
        if name in self.own:
            return self.own[name]
        kind = pattern.place_kind
        path = "" if kind is None else kind.path_of(name)
        return replace(pattern, name=f"{pattern.group}:{name}", place=path, places=(), listed_by=pattern.name)

    def number_of(self, name: str) -> int | None:
        """Where a name stands among them, counted from 0."""
        folded = name.casefold()
        alike = bisect_left(self.names, folded, key=str.casefold), bisect_right(self.names, folded, key=str.casefold)
        return next((number for number in range(*alike) if self.names[number] == name), None)


def by_name(name: str) -> tuple[str, str]:
    """What places are put in order by."""
    return name.casefold(), name


class Accounts:
    """Accounts in the files' order, each with another name. They have numbers, from 0 on.

    Of a place that was listed only its name is kept: its account is made each time that it is asked for.
    """

    __slots__ = ("_alone", "_begins", "_length", "_listed", "parts")

    def __init__(self, parts: Iterable[Account | Places] = ()) -> None:
        self.parts = tuple(parts)
        self._begins: list[int] = []  # the number of each part's first account
        self._alone: dict[str, int] = {}  # the numbers of those that the file names
        self._listed: dict[str, list[tuple[int, Places]]] = {}  # the others by group, with the first one's number
        self._length = 0
        for part in self.parts:
            self._begins.append(self._length)
            if isinstance(part, Places):
                self._listed.setdefault(part.pattern.group, []).append((self._length, part))
                for name, account in part.own.items():
                    self._alone[account.name] = self._length + (part.number_of(name) or 0)
            else:
                self._alone[part.name] = self._length
            self._length += _count(part)

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[Account]:
        for part in self.parts:
            if isinstance(part, Places):
                yield from map(part.account_of, part.names)
            else:
                yield part

    def __getitem__(self, number: int) -> Account:
        if not 0 <= number < self._length:
            raise IndexError(number)
        index = bisect_right(self._begins, number) - 1
        part = self.parts[index]
        return part.account_of(part.names[number - self._begins[index]]) if isinstance(part, Places) else part

    def __eq__(self, other: object) -> bool:
        return self.parts == other.parts if isinstance(other, Accounts) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Accounts({[*self.parts]!r})"

    def has(self, name: str) -> bool:
        """Whether there is an account of this name."""
        return self._find(name) is not None

    def number_of(self, name: str) -> int:
        """The number of the account of this name; KeyError where there is none."""
        number = self._find(name)
        if number is None:
            raise KeyError(name)
        return number

    def named(self, name: str) -> Account:
        """The account of this name; KeyError where there is none."""
        return self[self.number_of(name)]

    @property
    def said(self) -> Iterator[Account]:
        """The accounts as the files say them: patterns in place of what they stand for."""
        return map(_said, self.parts)

    @property
    def has_listed(self) -> bool:
        """Whether there are any that a pattern stands for."""
        return bool(self._listed)

    @property
    def sizes(self) -> Mapping[str, int]:
        """How many accounts there are of each group."""
        sizes: Counter[str] = Counter()
        for part in self.parts:
            sizes[_said(part).group] += _count(part)
        return sizes

    def where(self, is_meant: Callable[[Account], bool]) -> Accounts:
        """Those of the accounts that are meant."""
        parts: list[Account | Places] = []
        for part in self.parts:
            if isinstance(part, Places):
                names = tuple(name for name in part.names if is_meant(part.account_of(name)))
                own = {name: part.own[name] for name in names if name in part.own}
                parts += [Places(part.pattern, names, own)] if names else []
            elif is_meant(part):
                parts.append(part)
        return Accounts(parts)

    def _find(self, name: str) -> int | None:
        if name in self._alone:
            return self._alone[name]
        group, _, place = name.partition(":")
        listed = self._listed.get(group, ())
        found = ((first, part.number_of(place)) for first, part in listed if place not in part.own)
        return next((first + number for first, number in found if number is not None), None)


def _said(part: Account | Places) -> Account:
    return part.pattern if isinstance(part, Places) else part


def _count(part: Account | Places) -> int:
    return len(part.names) if isinstance(part, Places) else 1
