"""The options, files and environment that variables get their values from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from io import StringIO
from pathlib import Path

from reconciler.config.cursor import Cursor
from reconciler.config.diagnostics import Diagnostics, SourceText, listed, nearest
from reconciler.config.files import decode
from reconciler.config.limits import MOST_BLANKS, MOST_OF_A_VALUE, MOST_OF_AN_ENV_FILE, read_bounded, why_unreadable
from reconciler.config.template import variables_in
from reconciler.config.yaml_nodes import parse
from reconciler.config.yaml_values import Map, Sequence
from reconciler.model.diagnostic import Place
from reconciler.model.secret import Origin, Part

_BLANKS = re.compile(rf"[^\S\r\n]{{{MOST_BLANKS + 1}}}")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_IS_ENV = re.compile(r"(?:[^\S\n]*+(?:#[^\n]*+)?\n)*+[^\S\n]*+(?:export[^\S\n]++)?[A-Za-z_][A-Za-z0-9_]*+[^\S\n]*+=")
"""Blank lines and comments, then a line that no mapping begins with."""

Placed = Mapping[str, tuple[str, Place]]  # values of a `--var-file`, and where each stands


class Missing(Enum):
    """Why a variable has no value."""

    UNSET = "unset"  # nothing gives it, or what gives it is empty
    UNREADABLE = "unreadable"  # `NAME_FILE` names a file that can't be read


class Variables:
    """Looks variables up: `--var` wins, then plain files, environment and env files, each time the first.

    A file that `NAME_FILE` names is read once, when its value is wanted.
    """

    def __init__(
        self,
        environment: Mapping[str, str],
        env_files: Iterable[Mapping[str, str]] = (),
        options: Mapping[str, str] | None = None,
        var_files: Iterable[Placed] = (),
    ) -> None:
        self._given: dict[str, Place | None] = {}  # by options and plain files: where; None for an option
        self._layers: list[tuple[Mapping[str, str], Origin]] = [(options or {}, Origin.OPTION)]
        for values in var_files:
            self._given |= {name: place for name, (_, place) in values.items()}
            self._layers.append(({name: text for name, (text, _) in values.items()}, Origin.OPTION))
        self._given |= dict.fromkeys(options or {})
        self._environment = environment
        self._env_files = tuple(env_files)
        self._layers += [(values, Origin.ENVIRONMENT) for values in (environment, *self._env_files)]
        self._from_files: dict[str, str | Missing] = {}
        self._placeholders: dict[str, Part] = {}
        self._known: dict[str, Part] = {}

    def value(self, name: str) -> Part | Missing:
        """A variable's value with its origin. Empty counts as unset."""
        known = self._known.get(name)
        if known is None:
            value = self._value(name)
            if isinstance(value, Missing):
                return value
            known = self._known[name] = value
        return known

    def _value(self, name: str) -> Part | Missing:
        for values, origin in self._layers:
            text = values.get(name)
            if text:
                return Part(text, origin, name)
        path = self._environment.get(f"{name}_FILE")
        if path and name not in self._from_files:
            self._from_files[name] = _read_value(path)
        found = self._from_files.get(name, Missing.UNSET)
        return found if isinstance(found, Missing) else Part(found, Origin.ENVIRONMENT, name)

    def secrets(self, names: Iterable[str]) -> frozenset[str]:
        """The lines of all that env files give, and of what the environment gives for these names."""
        found = [value for name in names if isinstance(value := self.value(name), Part)]
        texts = [part.text for part in found if part.origin is Origin.ENVIRONMENT]
        texts += [text for values in self._env_files for text in values.values()]
        return frozenset(line.strip() for text in texts for line in text.splitlines())

    def placeholder(self, name: str) -> Part:
        """What stands for an unset variable: one name, one value, unlike anything that a person writes."""
        found = self._placeholders.get(name)
        if found is None:
            number = len(self._placeholders) + 1
            found = self._placeholders[name] = Part(f"~{number}", Origin.PLACEHOLDER, name)
        return found

    def check_used(self, texts: Iterable[SourceText], diagnostics: Diagnostics) -> None:
        """Report what `--var` and `--var-file` give for variables that no file has: probably a typing error."""
        names = sorted({name for text in texts for name in variables_in(text.text)}) if self._given else []
        by_form = {name.lower(): name for name in names}
        for name, place in self._given.items():
            if name in names:
                continue
            near = nearest(name.lower(), by_form)
            known = f"The variables of the files are {listed(names)}." if names else "The files have no variables."
            help_ = f"Did you mean `{by_form[near[0]]}`?" if near else known
            what = f"`--var {name}=…`" if place is None else f"`{name}`"
            diagnostics.error("variable-unused", place, f"{what} sets a variable that no file uses", help_)


def _read_value(path: str) -> str | Missing:
    """The text of a file, one final line break dropped."""
    try:
        text = read_bounded(Path(path), MOST_OF_A_VALUE).decode("utf-8-sig")
    except (OSError, ValueError):
        return Missing.UNREADABLE
    text = text[:-1].removesuffix("\r") if text.endswith("\n") else text
    return text or Missing.UNSET


def read_env_file(path: str, diagnostics: Diagnostics) -> Mapping[str, str]:
    """The values of an env file (`--env-file`): `NAME=value` lines, whose text no diagnostic quotes."""
    source = _source(path, "env-file", diagnostics)
    return {} if source is None else _env_values(source, diagnostics)


def _source(path: str, code: str, diagnostics: Diagnostics) -> SourceText | None:
    """A file's text; None where it can't be read, which a diagnostic of this code says."""
    try:
        data = read_bounded(Path(path), MOST_OF_AN_ENV_FILE)
    except (OSError, ValueError) as error:
        message = f"the file can't be read: {why_unreadable(error)}"
        diagnostics.error(code, Place(file=path), message, "Check the path and its permissions.")
        return None
    return decode(path, data, diagnostics, is_quotable=False)


def _env_values(source: SourceText, diagnostics: Diagnostics) -> Mapping[str, str]:
    from dotenv.parser import parse_stream  # few runs have an env file  # noqa: PLC0415

    blanks = _BLANKS.search(source.text)
    if blanks is not None:
        place = Place(file=source.name, line=source.place(blanks.start()).line)
        message = f"more than {MOST_BLANKS} spaces in a row are in this line of the env file"
        diagnostics.error("env-file-line", place, message, "Remove them.")
        return {}
    values: dict[str, str] = {}
    for binding in parse_stream(StringIO(source.text)):
        # The parser counts blank lines before it as a part of it.
        said = binding.original.string
        blank = said[: len(said) - len(said.lstrip())].count("\n")
        place = Place(file=source.name, line=binding.original.line + blank)
        if binding.error:
            help_ = "Put a value with special characters in single quotes; start a comment with `#`."
            diagnostics.error("env-file-line", place, "this line of the env file is not `NAME=value`", help_)
        elif binding.key is not None and binding.value is not None:
            if binding.key in values:
                message = "this variable is set further up in the same file, and the first value is used"
                diagnostics.warning("env-file-twice", place, message, "Remove one of the two lines.")
            values[binding.key] = values.get(binding.key) or binding.value  # as in all files, empty counts as unset
    return values


def read_var_file(path: str, diagnostics: Diagnostics) -> Placed:
    """The values of a `--var-file`: a YAML mapping, or `NAME=value` lines; `$` in them means nothing."""
    noted = Diagnostics()
    source = _source(path, "var-file", noted)
    found: Placed = {}
    if source is not None and _IS_ENV.match(source.text):
        found = {name: (text, Place(file=path)) for name, text in _env_values(source, noted).items()}
    elif source is not None:
        found = dict(_yaml_values(source, noted))
    for one in noted.found:
        if one.code == "file-shape":
            help_ = "Write `NAME: value` lines, or `NAME=value` lines as in an env file."
            diagnostics.error("var-file", one.place, "expected a mapping of names to values", help_)
        elif one.code != "file-empty":
            report = diagnostics.error if one.is_error else diagnostics.warning
            report(one.code, one.place, one.message, one.help)
    return found


def _yaml_values(source: SourceText, diagnostics: Diagnostics) -> Iterator[tuple[str, tuple[str, Place]]]:
    document = parse(source, diagnostics)
    if document is None:
        return
    for name, value in document.root.items():
        span = Cursor(document).key_span(name)
        if not _NAME.fullmatch(name):
            diagnostics.error("var-file", span, "this is not a valid variable name", "Use letters, digits and `_`.")
        elif isinstance(value, Map | Sequence):
            what = "a list" if isinstance(value, Sequence) else "a mapping"
            diagnostics.error("var-file", span, f"expected text, found {what}", "Give each variable one plain value.")
        else:
            # A scalar is taken as the file writes it: `8443` and `true` are their own text.
            start, end = document.root.where(name).value
            text = value if isinstance(value, str) else "" if value is None else source.text[start:end]
            yield name, (text, span.place)
