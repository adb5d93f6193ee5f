"""Reads YAML: from a file's text to plain values that know where they stand, or to what a person can do about it."""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable
from typing import Any

import yaml
from msgspec import Struct
from msgspec.structs import replace
from yaml import AliasEvent, MappingEndEvent, MappingStartEvent, ScalarEvent, SequenceEndEvent, StreamEndEvent

from reconciler.config.diagnostics import Diagnostics, SourceText, Span
from reconciler.config.limits import LONGEST_TEXT, MOST_VALUES
from reconciler.config.yaml_errors import syntax_error
from reconciler.config.yaml_values import Document, Map, Plain, Range, Sequence

_DEEPEST = 50
_MOST_EXPANDED = 200_000
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")
_FLOAT = re.compile(r"-?(?:0|[1-9][0-9]{0,17})\.[0-9]{1,18}(?:[eE][-+]?[0-9]{1,2})?")
_BEGIN_NUMBERS = frozenset("-0123456789")
# U+0085, U+2028 and U+2029 are line breaks to YAML 1.1 and none to editors.
_FORBIDDEN = "[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
_USUAL_CHARACTERS = b"\t\n\r" + bytes(range(0x20, 0x7F))  # of which most files have no others
_PIECE = 65536  # characters
_CONFLICT = r"^(?:<{7}|>{7})(?= |$)"
_WORDS: dict[str, bool | None] = {**dict.fromkeys(("", "~", "null", "Null", "NULL")), "true": True, "false": False}
_MOST_SHARED = 1000  # texts of which there is one object, however often a file has them


def parse(source: SourceText, diagnostics: Diagnostics, most: int = MOST_VALUES) -> Document | None:
    """Read a file's YAML, of at most so many keys and values; None where it makes no sense, which a diagnostic says."""
    reader = _Reader(source, diagnostics, most)
    try:
        _check_characters(source, diagnostics)
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
        where = source.span(root.start, root.end)
        diagnostics.error("file-shape", where, "expected a mapping", "Start with `version: 1`.")
        return None
    return Document(source, root.value, reader.broken, reader.values)


def block_lines(text: str) -> frozenset[int]:
    """The lines (0-based) of a text that are inside block scalars (`|`, `>`); none where it isn't YAML."""
    try:
        # A last line without a line break would count as outside.
        return frozenset(
            line
            for token in yaml.scan(f"{text}\n", Loader=_LOADER)
            if isinstance(token, yaml.ScalarToken) and token.style in ("|", ">")
            for line in range(token.start_mark.line + 1, token.end_mark.line)
        )
    except yaml.YAMLError:
        return frozenset()


def scalar_value(text: str) -> Plain:
    """What an unquoted scalar means to a person.

    Only `true` and `false` are booleans. YAML 1.1's `yes` and `off`, octal and sexagesimal numbers, numbers with
    `_`, and dates stay the text that they look like.
    """
    if text[:1] not in _BEGIN_NUMBERS:
        return _WORDS.get(text, text)
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text


class _UnreadableError(Exception):
    """Nothing of the rest can be read."""


class _Value(Struct, frozen=True, gc=False):
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
        self._shared: dict[str, str] = {}
        self._anchors: dict[str, _Value] = {}
        self._sizes = 0
        self._expanded = 0

    def root(self) -> _Value | None:
        try:
            self._next()  # the stream begins
            if type(self._next()) is StreamEndEvent:
                return None
            found = self._value(self._next(), 0)
            self._next()  # the document ends
            event = self._next()
            if type(event) is not StreamEndEvent:
                self._error("yaml-documents", event, "a second document starts here", "Put it in its own file.")
                raise _UnreadableError
            return found
        finally:
            self._loader.dispose()

    def _value(self, event: Any, depth: int) -> _Value:  # noqa: ANN401
        kind = type(event)
        if kind is AliasEvent:
            return self._alias(event)
        start, end, before = event.start_mark.index, event.end_mark.index, self._sizes
        self._sizes += 1
        value: Plain
        if kind is ScalarEvent:
            value = self._scalar(event)
        else:
            self._check(event)
            if depth >= _DEEPEST:
                self._error("yaml-deep", event, "values are nested too deeply here", "Use fewer levels.")
                raise _UnreadableError
            value, last = (self._mapping if kind is MappingStartEvent else self._sequence)(depth + 1)
            # A block has no width: it ends where the next line begins.
            end = last.end_mark.index if end > start else start
        found = _Value(value, start, end, self._sizes - before)
        if event.anchor is not None:
            self._anchors[event.anchor] = found
        return found

    def _sequence(self, depth: int) -> tuple[Sequence, Any]:
        found, at, following = Sequence(), array("I"), self._next
        while (kind := type(event := following())) is not SequenceEndEvent:
            if kind is ScalarEvent and event.anchor is None:
                self._sizes += 1
                value = self._scalar(event)
                found.append(self._share(value) if type(value) is str else value)
                at.append(event.start_mark.index)
                at.append(event.end_mark.index)
                continue
            item = self._value(event, depth)
            if item.use is not None:
                found.uses = found.uses or {}
                found.uses[len(found)] = item.use
            found.append(item.value)
            at.extend((item.start, item.end))
        found.at = at
        return found, event

    def _mapping(self, depth: int) -> tuple[Map, Any]:
        found, at, following = Map(), array("I"), self._next
        merges: list[_Value] = []
        order: dict[str, int] | None = None  # of the keys, once one is given twice
        while type(event := following()) is not MappingEndEvent:
            key = self._key(event, depth)
            kind = type(inner := following())
            if kind is ScalarEvent and inner.anchor is None:
                self._sizes += 1
                value, start, end, use = self._scalar(inner), inner.start_mark.index, inner.end_mark.index, None
            else:
                one = self._value(inner, depth)
                value, start, end, use = one.value, one.start, one.end, one.use
            if key == "<<" and not event.style:
                if merges:
                    self._error("yaml-merge", event, "`<<` is given twice", "Merge a list: `<<: [*one, *other]`.")
                merges.append(_Value(value, start, end, use=use))
            elif key is not None and key not in found:
                found[key] = value
                at.append(event.start_mark.index)
                at.append(event.end_mark.index)
                at.append(start)
                at.append(end)
                if use is not None:
                    found.uses = found.uses or {}
                    found.uses[key] = (use, False)
                if order is not None:
                    order[key] = len(order)
            elif key is not None:
                order = order or {name: number for number, name in enumerate(found)}
                what = f"this key is given twice: first at {self._source.place(at[4 * order[key]])}"
                self._error("yaml-duplicate-key", event, what, "Keep one of the two, or join them.")
        found.at = at
        for merge in merges:
            self._merge_all(found, merge)
        return found, event

    def _key(self, event: Any, depth: int) -> str | None:  # noqa: ANN401
        """A key; None where it can't be one, which a diagnostic says."""
        kind = type(event)
        if kind is not ScalarEvent:
            help_ = "Write keys as plain words; quote a key that contains `{` or `[`."
            self._error("yaml-key", event, "this key is not plain text", help_)
            self._value(event, depth)
            return None
        key = self._text(event)
        if event.anchor is not None:
            self._anchors[event.anchor] = _Value(key, event.start_mark.index, event.end_mark.index)
        return None if key is None else self._share(key)

    def _merge_all(self, found: Map, merge: _Value) -> None:
        several = merge.value if isinstance(merge.value, Sequence) else None
        wheres = zip(several, several.wheres(), strict=True) if several is not None else ()
        items = [_Value(value, *where.value, use=merge.use or where.use) for value, where in wheres]
        for item in [merge] if several is None else items:
            self._merge(found, item)

    def _merge(self, found: Map, merge: _Value) -> None:
        """Take over a mapping: the own keys win, then those of an earlier one."""
        if isinstance(merge.value, Map):
            for key, where in zip(merge.value, merge.value.wheres(), strict=True):
                if key not in found:
                    found[key] = merge.value[key]
                    found.at.extend((*where.key, *where.value))
                    use, is_merged = merge.use or where.use, where.is_merged or merge.use is not None
                    found.uses = found.uses or {}
                    found.uses[key] = (use, is_merged)
        elif merge.start not in self.broken:
            written = self._source.span(merge.start, merge.end)
            span = written if merge.use is None else self._source.span(*merge.use, written)
            help_ = "Use the alias of a mapping, or a list of such aliases."
            self._diagnostics.error("yaml-merge", span, "`<<` merges something that is not a mapping", help_)

    def _alias(self, event: Any) -> _Value:  # noqa: ANN401
        use = (event.start_mark.index, event.end_mark.index)
        found = replace(self._anchors.get(event.anchor, _Value(None, *use)), use=use)
        self._expanded += found.size
        self._sizes += found.size
        if event.anchor not in self._anchors:
            help_ = "Write the anchor, `&name`, before its value; put text that begins with `*` in quotes."
            self._error("yaml-alias", event, "this alias has no anchor before it, or is inside it", help_)
            self.broken.add(use[0])
            found = replace(found, use=None)
        if self._expanded > _MOST_EXPANDED:
            self._error("yaml-aliases", event, "the file's aliases expand to too many values", "Write fewer of them.")
            raise _UnreadableError
        return found

    def _check(self, event: Any) -> None:  # noqa: ANN401
        self.values += 1
        if self.values > self._most:
            message = f"the files have more than {MOST_VALUES} keys and values"
            help_ = "Write fewer entries, or split them into several configurations."
            self._diagnostics.too_much(self._span(event), message, help_)
        if event.tag is not None:
            help_ = "Remove it; put text that begins with `!` in quotes."
            self._error("yaml-tag", event, "tags (`!…`) are not supported", help_)

    def _scalar(self, event: Any) -> Plain:  # noqa: ANN401
        text = self._text(event)
        if text is None or event.style or (text[:1] not in _BEGIN_NUMBERS and text not in _WORDS):
            return text
        return scalar_value(text)

    def _text(self, event: Any) -> str | None:  # noqa: ANN401
        """A scalar's text; None where it is too long, which a diagnostic says."""
        text: str = event.value
        if event.tag is None and len(text) <= LONGEST_TEXT and self.values < self._most:
            self.values += 1
            return text
        self._check(event)
        if len(text) <= LONGEST_TEXT:
            return text
        self._error("too-much", event, f"more than {LONGEST_TEXT} characters begin here", "Make this shorter.")
        self.broken.add(event.start_mark.index)
        return None

    def _share(self, text: str) -> str:
        """The one object for this text, if it is one of the first that the file has as a key or in a list."""
        shared = self._shared
        return shared.setdefault(text, text) if len(shared) < _MOST_SHARED else shared.get(text, text)

    def _span(self, event: Any) -> Span:  # noqa: ANN401
        return self._source.span(event.start_mark.index, event.end_mark.index)

    def _error(self, code: str, event: Any, message: str, help_: str) -> None:  # noqa: ANN401
        self._diagnostics.error(code, self._span(event), message, help_)


def _is_usual(text: str) -> bool:
    """Whether a text has no other characters than most files. It is looked at in pieces: whole copies take memory."""
    pieces = (text[start : start + _PIECE] for start in range(0, len(text), _PIECE))
    return text.isascii() and not any(piece.encode("ascii").translate(None, _USUAL_CHARACTERS) for piece in pieces)


def _check_characters(source: SourceText, diagnostics: Diagnostics) -> None:
    """Refuse what no parser has to see: a character that YAML lacks, or a conflict that Git left (it reads as text)."""
    text = source.text
    if not _is_usual(text) and (found := re.search(_FORBIDDEN, text)) is not None:
        message = f"U+{ord(found[0]):04X} isn't allowed in YAML, or is read as a line break"
        help_ = "Remove it, or write it as an escape in double quotes."
        diagnostics.error("yaml-character", source.span(*found.span()), message, help_)
        raise _UnreadableError
    may_conflict = "<<<<<<<" in text or ">>>>>>>" in text
    if may_conflict and (found := re.search(_CONFLICT, text, re.MULTILINE)) is not None:
        help_ = "Keep the right lines, and remove those with `<<<<<<<`, `=======` and `>>>>>>>`."
        diagnostics.error("yaml-syntax", source.span(*found.span()), "a merge conflict isn't resolved here", help_)
        raise _UnreadableError
