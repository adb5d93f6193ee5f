"""Reads YAML: from a file's text to plain values that know where they stand, and what plain scalars mean."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

import yaml

from reconciler.config.diagnostics import Diagnostics, SourceText, Span
from reconciler.config.limits import LONGEST_TEXT, MOST_VALUES
from reconciler.config.yaml_errors import is_unfit, syntax_error

Path: TypeAlias = tuple[str | int, ...]
Range: TypeAlias = tuple[int, int]  # where something starts and ends in its file's text

_DEEPEST = 50
_MOST_EXPANDED = 200_000
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")
_FLOAT = re.compile(r"-?(?:0|[1-9][0-9]{0,17})\.[0-9]{1,18}(?:[eE][-+]?[0-9]{1,2})?")
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLEANS = {"true": True, "false": False}


class Where(NamedTuple):
    """Where an entry of a mapping, or an item of a list, stands."""

    key: Range  # of an item, the item
    value: Range  # where it is written: of an aliased one behind the anchor
    use: Range | None = None  # where the alias stands that brought the value
    is_merged: bool = False  # whether the alias brought the key too


class Map(dict[str, "Plain"]):
    """A mapping, which knows where each entry stands."""

    __slots__ = ("where",)

    def __init__(self) -> None:
        self.where: dict[str, Where] = {}


class Sequence(list["Plain"]):
    """A list, which knows where each item stands."""

    __slots__ = ("where",)

    def __init__(self) -> None:
        self.where: list[Where] = []


Plain: TypeAlias = str | int | float | bool | Map | Sequence | None


@dataclass(frozen=True, slots=True)
class Document:
    """A file as read."""

    source: SourceText
    root: Map
    unusable: set[int] = field(default_factory=set)
    """Where values start that are broken or have the wrong shape, which a diagnostic has said."""
    values: int = 0  # how many keys and values stand in it, aliases not expanded


def parse(source: SourceText, diagnostics: Diagnostics, most: int = MOST_VALUES) -> Document | None:
    """Read a file's YAML, of at most so many keys and values; None where it makes no sense, which a diagnostic says."""
    if is_unfit(source, diagnostics):
        return None
    reader = _Reader(source, diagnostics, most)
    try:
        root = reader.root()
    except _UnreadableError:
        return None
    except yaml.YAMLError as error:
        syntax_error(error, source, diagnostics)
        return None
    if root is None or root.value is None:
        help_ = "Start with `version: 1`; `reconciler init` writes an example."
        diagnostics.error("file-empty", Span(source, 0, 0), "the file is empty", help_)
        return None
    if not isinstance(root.value, Map):
        where = Span(source, root.start, root.end)
        diagnostics.error("file-shape", where, "expected a mapping", "Start with `version: 1`.")
        return None
    return Document(source, root.value, reader.broken, reader.values)


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


class _UnreadableError(Exception):
    """Nothing of the rest can be read."""


class _Value(NamedTuple):
    """A finished value: where it stands, how many values it holds, aliases expanded, and where its alias stands."""

    value: Plain
    start: int
    end: int
    size: int = 1
    use: Range | None = None


class _Reader:
    """Builds values from a parser's events.

    PyYAML's own composer forgets where aliases stand, and gives up at the first that has no anchor.
    """

    def __init__(self, source: SourceText, diagnostics: Diagnostics, most: int) -> None:
        self.broken: set[int] = set()
        self.values = 0
        self._source = source
        self._diagnostics = diagnostics
        self._most = most
        self._loader = _LOADER(source.text)
        # The events are `Any`: their stubs don't say that an event of a parser always has its marks.
        self._next: Callable[[], Any] = self._loader.get_event
        self._anchors: dict[str, _Value] = {}
        self._open: list[str] = []
        self._sizes = 0
        self._expanded = 0

    def root(self) -> _Value | None:
        """The file's value; None where it has none."""
        try:
            self._next()  # the stream begins
            if type(self._next()) is yaml.StreamEndEvent:
                return None
            found = self._value(self._next(), 0)
            self._next()  # the document ends
            event = self._next()
            if type(event) is not yaml.StreamEndEvent:
                self._error("yaml-documents", event, "a second document starts here", "Put it in its own file.")
                raise _UnreadableError
            return found
        finally:
            self._loader.dispose()

    def _value(self, event: Any, depth: int) -> _Value:  # noqa: ANN401
        kind = type(event)
        if kind is yaml.AliasEvent:
            return self._alias(event)
        start, end, before = event.start_mark.index, event.end_mark.index, self._sizes
        self._check(event)
        self._sizes += 1
        value: Plain
        if kind is yaml.ScalarEvent:
            value = event.value if event.style else scalar_value(event.value)
            value = None if self._is_too_long(event) else value
        else:
            if depth >= _DEEPEST:
                self._error("yaml-deep", event, "values are nested too deeply here", "Use fewer levels.")
                raise _UnreadableError
            self._open.append(event.anchor)
            read = self._mapping if kind is yaml.MappingStartEvent else self._sequence
            value, stop = read(depth + 1)
            self._open.pop()
            # A block has no width: it ends where the next line begins.
            end = stop if end > start else start
        found = _Value(value, start, end, self._sizes - before)
        if event.anchor is not None:
            self._anchors[event.anchor] = found
        return found

    def _sequence(self, depth: int) -> tuple[Sequence, int]:
        """A list's items, and where it ends."""
        found = Sequence()
        while (_kind := type(event := self._next())) is not yaml.SequenceEndEvent:
            item = self._value(event, depth)
            found.append(item.value)
            found.where.append(Where((item.start, item.end), (item.start, item.end), item.use))
        return found, event.end_mark.index

    def _mapping(self, depth: int) -> tuple[Map, int]:
        """A mapping, and where it ends."""
        found = Map()
        merges: list[_Value] = []
        while (_kind := type(event := self._next())) is not yaml.MappingEndEvent:
            key = self._key(event, depth)
            item = self._value(self._next(), depth)
            if key == "<<" and not event.style:
                if merges:
                    help_ = "Merge a list instead: `<<: [*one, *other]`."
                    self._error("yaml-merge", event, "`<<` is given twice", help_)
                merges.append(item)
            elif key is not None and key not in found:
                found[key] = item.value
                written = (event.start_mark.index, event.end_mark.index)
                found.where[key] = Where(written, (item.start, item.end), item.use)
            elif key is not None:
                what = f"this key is given twice: first at {self._source.place(found.where[key].key[0])}"
                self._error("yaml-duplicate-key", event, what, "Keep one of the two, or join them.")
        for merge in merges:
            if isinstance(merge.value, Sequence):
                for value, where in zip(merge.value, merge.value.where, strict=True):
                    self._merge(found, _Value(value, *where.value, use=merge.use or where.use))
            else:
                self._merge(found, merge)
        return found, event.end_mark.index

    def _key(self, event: Any, depth: int) -> str | None:  # noqa: ANN401
        """A key; None where it can't be one, which a diagnostic says."""
        kind = type(event)
        if kind is not yaml.ScalarEvent:
            help_ = "Write keys as plain words; quote a key that contains `{` or `[`."
            self._error("yaml-key", event, "this key is not plain text", help_)
            self._value(event, depth)
            return None
        self._check(event)
        key = None if self._is_too_long(event) else str(event.value)
        if event.anchor is not None:
            self._anchors[event.anchor] = _Value(key, event.start_mark.index, event.end_mark.index)
        return key

    def _merge(self, found: Map, merge: _Value) -> None:
        """Take over a mapping: the own keys win, then those of an earlier one."""
        if isinstance(merge.value, Map):
            for key in [key for key in merge.value if key not in found]:
                found[key], where = merge.value[key], merge.value.where[key]
                is_merged = where.is_merged or merge.use is not None
                found.where[key] = where._replace(use=merge.use or where.use, is_merged=is_merged)
        elif merge.start not in self.broken:
            written = Span(self._source, merge.start, merge.end)
            span = written if merge.use is None else Span(self._source, *merge.use, written)
            help_ = "Use the alias of a mapping, or a list of such aliases."
            self._diagnostics.error("yaml-merge", span, "`<<` merges something that is not a mapping", help_)

    def _alias(self, event: Any) -> _Value:  # noqa: ANN401
        use = (event.start_mark.index, event.end_mark.index)
        found = self._anchors.get(event.anchor)
        if found is None:
            is_inside = event.anchor in self._open
            what = "this alias is inside its own anchor" if is_inside else "this alias has no anchor before it"
            help_ = "Write the anchor, `&name`, before its value; put text that begins with `*` in quotes."
            self._error("yaml-alias", event, what, help_)
            self.broken.add(use[0])
            found = _Value(None, *use)
        else:
            self._expanded += found.size
            found = found._replace(use=use)
        self._sizes += found.size
        if self._expanded > _MOST_EXPANDED:
            what = "the file's aliases expand to too many values"
            self._error("yaml-aliases", event, what, "Write fewer of them.")
            raise _UnreadableError
        return found

    def _check(self, event: Any) -> None:  # noqa: ANN401
        """Count a value, and refuse its tag."""
        self.values += 1
        if self.values > self._most:
            message = f"the files have more than {MOST_VALUES} keys and values"
            help_ = "Write fewer entries, or split them into several configurations."
            where = Span(self._source, event.start_mark.index, event.end_mark.index)
            self._diagnostics.too_much(where, message, help_)
        if event.tag is not None:
            help_ = "Remove it; put text that begins with `!` in quotes."
            self._error("yaml-tag", event, "tags (`!…`) are not supported", help_)

    def _is_too_long(self, event: Any) -> bool:  # noqa: ANN401
        if len(event.value) > LONGEST_TEXT:
            self._error("too-much", event, f"more than {LONGEST_TEXT} characters begin here", "Make this shorter.")
            self.broken.add(event.start_mark.index)
        return len(event.value) > LONGEST_TEXT

    def _error(self, code: str, event: Any, message: str, help_: str) -> None:  # noqa: ANN401
        where = Span(self._source, event.start_mark.index, event.end_mark.index)
        self._diagnostics.error(code, where, message, help_)
