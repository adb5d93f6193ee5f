"""Reads a mapping of a file key by key. What has the wrong shape, or can't be read, reads as if it weren't there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from reconciler.config.diagnostics import SourceText, Span, quoted
from reconciler.config.yaml_values import Document, Map, Path, Range, Sequence, Where


class Text(Struct, frozen=True, gc=False):
    """A string of a file, and where it stands."""

    raw: str
    span: Span

    def within(self, start: int, end: int) -> Span:
        """Where some characters of it stand; the whole string where quoting hides that."""
        offset = -1 if self.span.anchor is not None else self.span.text.find(self.raw)
        if offset < 0:
            return self.span
        begin = self.span.start + offset
        return self.span.source.span(begin + start, begin + end)

    def quoted(self) -> str:
        return quoted(self.raw, self.raw.replace("${", "").replace("}", ""))


Flag = bool | Text  # A boolean, or text that is to be exactly one variable

_NOTHING = Document(SourceText("", ""), Map())


class Cursor:
    """A mapping of a document. Without one, a mapping that says nothing."""

    __slots__ = ("_use", "document", "values")

    def __init__(self, document: Document = _NOTHING, values: Map | None = None, use: Range | None = None) -> None:
        self.document = document
        self.values = document.root if values is None else values
        self._use = use

    def span(self, key: str) -> Span:
        """Where a key's value stands: of an aliased one the alias."""
        values = self.values
        if self._use is None and not values.uses:
            at = 4 * values.index(key)
            return self.document.source.span(values.at[at + 2], values.at[at + 3])
        where = values.where(key)
        return self._span(where.value, self._use or where.use)

    def key_span(self, key: str) -> Span:
        """Where a key stands: of a merged one what merges it."""
        return self._key_span(self.values.where(key))

    def _key_span(self, where: Where) -> Span:
        return self._span(where.key, self._use or (where.use if where.is_merged else None))

    @property
    def is_plain(self) -> bool:
        """Whether no alias has to do with it, and nothing of its file has the wrong shape; lists in it may have any."""
        return self._use is None and not self.values.uses and not self.document.unusable

    def has(self, key: str) -> bool:
        return key in self.values

    def is_unusable(self, key: str) -> bool:
        """Whether a key's value, or an item of it, has the wrong shape."""
        unusable = self.document.unusable
        if not unusable or key not in self.values:
            return False
        value = self.values[key]
        inner = value.wheres() if isinstance(value, Sequence) else ()
        return any(where.value[0] in unusable for where in (self.values.where(key), *inner))

    def text(self, key: str) -> Text | None:
        value = self.values.get(key)
        return Text(value, self.span(key)) if isinstance(value, str) and not self.is_unusable(key) else None

    def flag(self, key: str) -> Flag | None:
        value = self.values.get(key)
        return value if isinstance(value, bool) else self.text(key)

    def number(self, key: str) -> int | float | None:
        value = self.values.get(key)
        is_number = isinstance(value, int | float) and not isinstance(value, bool) and not self.is_unusable(key)
        return value if is_number else None  # type: ignore[return-value]

    def texts(self, key: str) -> tuple[Text, ...] | None:
        """The strings of a list; None where there is no such key."""
        value = self.values.get(key)
        if isinstance(value, Sequence) and not (self._use or self.values.uses or value.uses or self.document.unusable):
            source, at = self.document.source, value.at  # as in most lists of a file
            spans = (source.span(at[number], at[number + 1]) for number in range(0, len(at), 2))
            return tuple(Text(item, span) for item, span in zip(value, spans, strict=True) if isinstance(item, str))
        return tuple(item for item in self.items(key) if isinstance(item, Text)) if key in self.values else None

    def items(self, key: str) -> Iterator[Text | Cursor]:
        """The items of a list that are text or a mapping."""
        value = self.values.get(key)
        if not isinstance(value, Sequence):
            return
        use = self._use or self.values.where(key).use
        for item, where in zip(value, value.wheres(), strict=True):
            if where.value[0] in self.document.unusable:
                continue
            if isinstance(item, str):
                yield Text(item, self._span(where.value, use or where.use))
            elif isinstance(item, Map):
                yield Cursor(self.document, item, use or where.use)

    def map(self, key: str) -> Cursor | None:
        value = self.values.get(key)
        return Cursor(self.document, value, self._use or self.values.where(key).use) if isinstance(value, Map) else None

    def maps(self, key: str, *, release: bool = False) -> Iterator[tuple[str, Span, Cursor]]:
        """The mappings in a mapping inside: name, where it stands, and the mapping.

        Released, each makes room for what is made of it: the document lets go of it.
        """
        outer = self.map(key) or Cursor()
        values, use = outer.values, outer._use  # noqa: SLF001
        for number, (name, value) in enumerate(values.items()):
            if not isinstance(value, Map):
                continue
            if release:
                values[name] = None
            if use is None and not values.uses:
                span = self.document.source.span(values.at[4 * number], values.at[4 * number + 1])
                yield name, span, Cursor(self.document, value)
            else:
                where = values.where_at(number, name)
                yield name, outer._key_span(where), Cursor(self.document, value, use or where.use)  # noqa: SLF001

    def spans_at(self, path: Path) -> tuple[Span, Span]:
        """Where the key at the end of a path stands, and its value; of a list's item, the item twice."""
        key = value = Span(self.document.source, 0, 0)
        here: Any = self.values
        use = self._use
        for step in path:
            where, here = here.where(step), here[step]
            key = self._span(where.key, use or (where.use if where.is_merged or isinstance(step, int) else None))
            use = use or where.use
            value = self._span(where.value, use)
        return key, value

    def _span(self, written: Range, use: Range | None) -> Span:
        source = self.document.source
        span = source.span(*written)
        return span if use is None else source.span(*use, span)
