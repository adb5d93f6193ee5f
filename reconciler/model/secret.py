"""Text that may hold a secret: it remembers where each part came from and prints masked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import Enum
from typing import Any, ClassVar, NoReturn, Self, TypeVar

HIDDEN = "‹hidden›"
CHANGED = "‹changed›"
_HIDDEN_OR_NUMBERED = HIDDEN[:-1]
_Value = TypeVar("_Value")


NEW, SET = object.__new__, object.__setattr__
"""How frozen classes make their values, and keep in them what was worked out later."""


def sealed(cls: type[_Value]) -> type[_Value]:
    """Make a class of frozen values a leaf for what walks through values, since it holds in clear what may be secret.

    A copy is the value itself, and pickling it is a TypeError. The arguments of its constructor are its attributes,
    those with an underscore before them too, so that `replace` of this module can make another. Such classes are
    written by hand: a data class would compile its methods at each start. One that is a dataclass isn't one for
    `asdict` any more, which leaves it as it is.
    """
    code = (cls.__init__ if cls.__new__ is NEW else cls.__new__).__code__
    names = code.co_varnames[1 : code.co_argcount + code.co_kwonlyargcount]

    def replaced(self: _Value, /, **changes: Any) -> _Value:  # noqa: ANN401 - as its fields have it
        return cls(**{name: getattr(self, name) for name in names} | changes)

    def itself(self: _Value, _memo: object = None) -> _Value:
        return self

    def refused(_self: _Value, _protocol: object = None) -> NoReturn:
        raise TypeError(f"a {cls.__name__} can't be pickled: it may hold a secret")

    for name, method in (
        ("__replace__", replaced),
        ("__copy__", itself),
        ("__deepcopy__", itself),
        ("__reduce_ex__", refused),
        ("__getstate__", refused),
    ):
        setattr(cls, name, method)
    if hasattr(cls, "__dataclass_fields__"):
        delattr(cls, "__dataclass_fields__")
    return cls


class Frozen:
    """The base of values of which nothing sets an attribute once they are made, but `SET`: they are keys, and shared.

    A class of them has `__slots__`, and a `__new__` that makes its value of `cls.unfrozen`, which is the same class but
    for this, sets the attributes as usual, and assigns it its own class. Each webhook has several such values, and to
    `SET` each of their attributes would take longer than all else that makes them.
    """

    __slots__ = ()
    unfrozen: ClassVar[type[Any]]

    def __init_subclass__(cls) -> None:
        if "unfrozen" not in vars(cls):  # else it is one of these itself
            methods = {name: getattr(object, name) for name in ("__setattr__", "__delattr__")}
            opened = {"__slots__": vars(cls)["__slots__"], "unfrozen": None, **methods}
            cls.unfrozen = type(cls.__name__, cls.__bases__, opened)

    def __setattr__(self, name: str, _value: object = None) -> NoReturn:
        raise AttributeError(f"a {type(self).__name__} is frozen: its `{name}` can't be changed")

    __delattr__ = __setattr__


def replace(value: _Value, /, **changes: Any) -> _Value:  # noqa: ANN401 - as its fields have it
    """A sealed value with other fields."""
    found: _Value = value.__replace__(**changes)  # type: ignore[attr-defined] # by `sealed`
    return found


def hides(shown: str) -> bool:
    """Whether a shown text has something hidden in it."""
    return _HIDDEN_OR_NUMBERED in shown


def env_line(name: str, value: str) -> str:
    """A line of an env file."""
    escapes = str.maketrans({"\\": "\\\\", "'": "\\'"})
    return f"{name}='{value.translate(escapes)}'\n"


class Origin(Enum):
    """Where a piece of text came from, which decides whether it may be shown."""

    LITERAL = "literal"  # written in the file
    OPTION = "option"  # from `--var`: plain
    ENVIRONMENT = "environment"  # from the environment, an env file or `NAME_FILE`: secret, shown as its `${NAME}`
    PLACEHOLDER = "placeholder"  # a variable that `validate` found unset: stands for any value
    PROVIDER = "provider"  # from the provider's answer: shown only as far as `redaction` allows

    __hash__ = object.__hash__  # that of `Enum` hashes the name anew each time


SHOWN_BY_NAME = frozenset({Origin.ENVIRONMENT, Origin.PLACEHOLDER})
_UNSET = Origin.PLACEHOLDER  # asked of every text: Python 3.11 takes long to find a member of an enumeration


@sealed
class Part(Frozen):
    """A run of characters of one origin; `name` is the variable's, empty for literals and what a provider says."""

    __slots__ = ("name", "origin", "text")
    text: str
    origin: Origin
    name: str

    def __new__(cls, text: str, origin: Origin = Origin.LITERAL, name: str = "") -> Self:
        made: Self = NEW(cls.unfrozen)
        made.text, made.origin, made.name = text, origin, name
        made.__class__ = cls
        return made

    @property
    def is_set(self) -> bool:
        return self.origin is not _UNSET

    @property
    def shown(self) -> str:
        """What may be printed of it: clear text, `${NAME}` or `‹hidden›`."""
        if self.origin in SHOWN_BY_NAME:
            return f"${{{self.name}}}"
        return HIDDEN if self.origin is Origin.PROVIDER else self.text

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Part):
            return NotImplemented
        return self is other or (self.text == other.text and self.origin is other.origin and self.name == other.name)

    def __hash__(self) -> int:
        return hash(self.text)

    def __repr__(self) -> str:
        return f"Part(origin={self.origin!r}, name={self.name!r})"


@sealed
class SecretText(Frozen):
    """Text in parts. `str`, `repr` and `format` print it masked; `reveal()` gives the real characters.

    Two are equal where they reveal the same characters, wherever those came from.
    """

    __slots__ = ("_revealed", "parts")
    parts: tuple[Part, ...]
    _revealed: str | None  # None until it is asked for

    def __new__(cls, parts: tuple[Part, ...]) -> Self:
        made: Self = NEW(cls.unfrozen)
        made.parts, made._revealed = parts, parts[0].text if len(parts) == 1 else None
        made.__class__ = cls
        return made

    @classmethod
    def literal(cls, text: str) -> SecretText:
        return cls((Part(text),))

    @classmethod
    def environment(cls, name: str, value: str) -> SecretText:
        return cls((Part(value, Origin.ENVIRONMENT, name),))

    @classmethod
    def provider(cls, text: str) -> SecretText:
        return cls((Part(text, Origin.PROVIDER),))

    @classmethod
    def joined(cls, texts: Iterable[SecretText], separator: str = "") -> SecretText:
        """The texts one after another, a literal separator between them."""
        parts: list[Part] = []
        for number, text in enumerate(texts):
            if number and separator:
                parts.append(Part(separator))
            parts.extend(text.parts)
        return cls(tuple(parts))

    def reveal(self) -> str:
        """The real characters. For building a request, digesting a plan, exporting secrets: nothing that prints."""
        text = self._revealed
        if text is None:
            text = "".join([part.text for part in self.parts])
            SET(self, "_revealed", text)
        return text

    def symbolic(self) -> SecretText:
        """The text with each variable's name in place of a value that is secret: what may be judged aloud.

        An error or a warning that hangs on a secret's characters gives them away, one question after the other.
        """
        parts = tuple(
            replace(part, text=f"\x00{part.name}\x00") if part.origin in SHOWN_BY_NAME else part for part in self.parts
        )
        return self if parts == self.parts else SecretText(parts)

    @property
    def is_known(self) -> bool:
        for part in self.parts:  # asked often, and a generator would take three times as long  # noqa: SIM110
            if part.origin is _UNSET:
                return False
        return True

    def origins(self) -> frozenset[Origin]:
        return frozenset(part.origin for part in self.parts)

    def variables(self, *origins: Origin) -> tuple[str, ...]:
        """The names of the variables in it, in order; only those of the given origins where any is given."""
        return tuple(part.name for part in self.parts if part.name and (not origins or part.origin in origins))

    def slice(self, start: int, stop: int) -> SecretText:
        """Characters `start` to `stop` of the revealed text, their origins kept."""
        if len(self.parts) == 1:
            (part,) = self.parts
            cut = part.text[max(start, 0) : max(stop, 0)]
            return SecretText((Part(cut, part.origin, part.name),) if cut else ())
        found: list[Part] = []
        position = 0
        for part in self.parts:
            end = position + len(part.text)
            if end > start and position < stop:
                whole = start <= position and end <= stop
                cut = part.text if whole else part.text[max(start - position, 0) : stop - position]
                if cut:
                    found.append(part if whole else Part(cut, part.origin, part.name))
            position = end
        return SecretText(tuple(found))

    def split(self, separator: str) -> Iterator[SecretText]:
        """The texts between the separators (one character each), wherever a separator came from."""
        current: list[Part] = []
        for part in self.parts:
            first, *others = part.text.split(separator)
            if first:
                current.append(Part(first, part.origin, part.name))
            for piece in others:
                yield SecretText(tuple(current))
                current = [Part(piece, part.origin, part.name)] if piece else []
        yield SecretText(tuple(current))

    def __eq__(self, other: object) -> bool:
        return self.reveal() == other.reveal() if isinstance(other, SecretText) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.reveal())

    def __len__(self) -> int:
        return len(self.reveal())

    def __str__(self) -> str:
        return "".join(part.shown for part in self.parts)

    def __repr__(self) -> str:
        return f"SecretText({str(self)!r})"

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)
