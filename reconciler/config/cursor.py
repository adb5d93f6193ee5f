"""Reads a mapping of a file key by key. What has the wrong shape, or can't be read, reads as if it weren't there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from reconciler.config.diagnostics import Span
from reconciler.config.yaml_nodes import Document, Map, Path, Range, Sequence
from reconciler.model.showing import reads_as_words


@dataclass(frozen=True, slots=True)
class Text:
    """A string of a file, and where it stands."""

    raw: str
    span: Span

    def within(self, start: int, end: int) -> Span:
        """Where some characters of it stand; the whole string where quoting hides that."""
        offset = -1 if self.span.anchor is not None else self.span.text.find(self.raw)
        if offset < 0:
            return self.span
        begin = self.span.start + offset
        return Span(self.span.source, begin + start, begin + end)

    def quoted(self, otherwise: str = "this") -> str:
        """The string as a message may quote it: somebody may have put a secret in its place."""
        plain = self.raw.replace("${", "").replace("}", "")
        return f"`{self.raw}`" if plain and reads_as_words(plain) else otherwise


Flag = bool | Text
"""A boolean, or text that is to be exactly one variable."""


class Cursor:
    """A mapping of a document.

    Attributes:
        values: the mapping.
        document: what it is a part of.
    """

    __slots__ = ("_use", "document", "values")

    def __init__(self, document: Document, values: Map | None = None, use: Range | None = None) -> None:
        self.document = document
        self.values = document.root if values is None else values
        self._use = use

    def span(self, key: str) -> Span:
        """Where a key's value stands: of an aliased one the alias."""
        _, _, start, end = self.values.spans[key]
        return self._span(start, end, self._use or self.values.use_of(key))

    def key_span(self, key: str) -> Span:
        """Where a key stands: of a merged one what merges it."""
        start, end, _, _ = self.values.spans[key]
        return self._span(start, end, self._use or (self.values.use_of(key) if key in self.values.merged else None))

    def has(self, key: str) -> bool:
        """Whether there is such a key, with any value."""
        return key in self.values

    def is_unusable(self, key: str) -> bool:
        """Whether a key's value, or an item of it, has the wrong shape."""
        unusable = self.document.unusable
        if not unusable or key not in self.values:
            return False
        value = self.values[key]
        starts = [self.values.spans[key][2]]
        if isinstance(value, Sequence):
            starts += [start for start, _ in value.spans]
        return not unusable.isdisjoint(starts)

    def text(self, key: str) -> Text | None:
        """A string."""
        value = self.values.get(key)
        if not isinstance(value, str) or self.is_unusable(key):
            return None
        return Text(value, self.span(key))

    def flag(self, key: str) -> Flag | None:
        """A boolean, or text that stands for one."""
        value = self.values.get(key)
        return value if isinstance(value, bool) else self.text(key)

    def number(self, key: str) -> int | float | None:
        """A number."""
        value = self.values.get(key)
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return value if is_number and not self.is_unusable(key) else None  # type: ignore[return-value]

    def texts(self, key: str) -> tuple[Text, ...] | None:
        """The strings of a list; None where there is no such key."""
        if key not in self.values:
            return None
        return tuple(item for item in self.items(key) if isinstance(item, Text))

    def items(self, key: str) -> Iterator[Text | Cursor]:
        """The items of a list that are text or a mapping."""
        value = self.values.get(key)
        if not isinstance(value, Sequence):
            return
        use = self._use or self.values.use_of(key)
        unusable = self.document.unusable
        for number, (item, (start, end)) in enumerate(zip(value, value.spans, strict=True)):
            if unusable and start in unusable:
                continue
            if isinstance(item, str):
                yield Text(item, self._span(start, end, use or value.use_of(number)))
            elif isinstance(item, Map):
                yield Cursor(self.document, item, use or value.use_of(number))

    def map(self, key: str) -> Cursor | None:
        """A mapping inside."""
        value = self.values.get(key)
        return Cursor(self.document, value, self._use or self.values.use_of(key)) if isinstance(value, Map) else None

    def maps(self) -> Iterator[tuple[str, Cursor]]:
        """The mappings among its values, by name."""
        for name in self.values:
            found = self.map(name)
            if found is not None:
                yield name, found

    def spans_at(self, path: Path) -> tuple[Span, Span]:
        """Where the key at the end of a path stands, and its value; of a list's item, the item twice."""
        cursor, sequence, use = self, None, self._use
        key, value = Span(self.document.source, 0, 0), Span(self.document.source, 0, 0)
        here: object = self.values
        for step in path:
            if isinstance(here, Map) and isinstance(step, str):
                cursor = Cursor(self.document, here, use)
                key, value = cursor.key_span(step), cursor.span(step)
                use = use or here.use_of(step)
                here = here[step]
            elif isinstance(here, Sequence) and isinstance(step, int):
                sequence = here
                use = use or sequence.use_of(step)
                key = value = self._span(*sequence.spans[step], use)
                here = sequence[step]
            else:
                raise KeyError(path)
        return key, value

    def _span(self, start: int, end: int, use: Range | None) -> Span:
        source = self.document.source
        return Span(source, start, end) if use is None else Span(source, *use, Span(source, start, end))
