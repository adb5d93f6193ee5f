"""The values of variables: options, their files, the environment, env files, and the files of `NAME_FILE`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from reconciler.config.bounded import read_bounded
from reconciler.config.bounds import MOST_OF_A_VALUE
from reconciler.model.secret import Origin, Part


class Missing(Enum):
    """Why a variable has no value."""

    UNSET = "unset"
    """Nothing gives it, or what gives it is empty."""
    UNREADABLE = "unreadable"
    """`NAME_FILE` names a file that can't be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VariableSources:
    """Where values come from.

    Attributes:
        options: `--var`, which win.
        var_files: what `--var-file` gave, the first wins.
        environment: the process's.
        env_files: what `--env-file` gave, the first wins.
    """

    options: Mapping[str, str]
    var_files: tuple[Mapping[str, str], ...] = ()
    environment: Mapping[str, str]
    env_files: tuple[Mapping[str, str], ...]


class Variables:
    """Looks variables up. A file that `NAME_FILE` names is read once, when its value is wanted."""

    __slots__ = ("_files", "_placeholders", "_sources")

    def __init__(self, sources: VariableSources) -> None:
        self._sources = sources
        self._files: dict[str, str | Missing] = {}
        self._placeholders: dict[str, str] = {}

    def value(self, name: str) -> Part | Missing:
        """A variable's value with its origin. Empty counts as unset."""
        option = _first((self._sources.options, *self._sources.var_files), name)
        if option:
            return Part(option, Origin.OPTION, name)
        found = _first((self._sources.environment, *self._sources.env_files), name) or self._from_file(name)
        return found if isinstance(found, Missing) else Part(found, Origin.ENVIRONMENT, name)

    def placeholder(self, name: str) -> Part:
        """What stands for an unset variable: one name, one value, unlike anything that a person writes."""
        text = self._placeholders.setdefault(name, f"~{len(self._placeholders) + 1}")
        return Part(text, Origin.PLACEHOLDER, name)

    def _from_file(self, name: str) -> str | Missing:
        if name not in self._files:
            self._files[name] = _read_value(self._sources.environment.get(f"{name}_FILE", ""))
        return self._files[name]


def _first(sources: Iterable[Mapping[str, str]], name: str) -> str:
    return next((value for source in sources if (value := source.get(name))), "")


def _read_value(path: str) -> str | Missing:
    """The text of a file, one final line break dropped."""
    if not path:
        return Missing.UNSET
    try:
        text = read_bounded(Path(path), MOST_OF_A_VALUE).decode("utf-8-sig")
    except (OSError, ValueError):
        return Missing.UNREADABLE
    text = text[:-1].removesuffix("\r") if text.endswith("\n") else text
    return text or Missing.UNSET
