"""Builds plain values from a parser's events: keys, anchors, aliases and merges, without recursion."""

from __future__ import annotations

from dataclasses import dataclass, field

from reconciler.config.bounds import LONGEST_TEXT, MOST_VALUES
from reconciler.config.complaints import Complaints
from reconciler.config.plain import Map, Plain, Sequence, scalar_value
from reconciler.config.spot import SourceText, Spot

_DEEPEST = 50
_MOST_EXPANDED = 200_000

Span = tuple[int, int]


class Unreadable(Exception):  # noqa: N818 - ends the reading of a file, after a complaint
    """Nothing of the rest can be read."""


@dataclass(frozen=True, slots=True)
class Node:
    """A finished value: where it stands, and how many values it holds, aliases expanded."""

    value: Plain
    span: Span
    size: int


@dataclass(slots=True)
class _Frame:
    """A mapping or list that isn't closed yet."""

    container: Map | Sequence
    span: Span
    anchor: str | None
    size: int = 1
    key: tuple[str, int, int] | None = None
    merges: list[tuple[Plain, Spot]] = field(default_factory=list)


_LESS = "Write fewer entries, or several configurations."
# Keys whose value doesn't go into the mapping; told from real ones by identity.
_DISCARDED = ("", -1, -1)
_MERGE = ("<<", -1, -1)


class TreeBuilder:
    """Takes a document's events in order; `root` is the document's value then.

    Attributes:
        root: the finished value; None before it.
        broken: where values start that stand for something unreadable.
        values: how many keys and values there were so far, aliases not expanded.
    """

    def __init__(self, source: SourceText, complaints: Complaints, most: int) -> None:
        self.root: Node | None = None
        self.broken: set[int] = set()
        self.values = 0
        self._most = most
        self._source = source
        self._complaints = complaints
        self._frames: list[_Frame] = []
        self._anchors: dict[str, Node] = {}
        self._expanded = 0

    def scalar(self, text: str, span: Span, anchor: str | None, *, plain: bool) -> None:
        """A scalar, which is a key where one is due; `plain` where it has no quotes."""
        self._count(span)
        if len(text) > LONGEST_TEXT:
            self._too_long(span, anchor)
        elif self._wants_key():
            if anchor is not None:
                self._anchors[anchor] = Node(text, span, 1)
            self._key(text, span, merge=plain and text == "<<")
        else:
            value = scalar_value(text) if plain else text
            if anchor is not None:
                self._anchors[anchor] = Node(value, span, 1)
            self._put(value, span, 1)

    def open(self, container: Map | Sequence, span: Span, anchor: str | None) -> None:
        """A mapping or list begins."""
        self._count(span)
        if self._wants_key():
            self._complex_key(span)
        if len(self._frames) >= _DEEPEST:
            self.error("yaml-deep", span, "values are nested too deep here", "Nothing of the file needs that.")
            raise Unreadable
        self._frames.append(_Frame(container, span, anchor))

    def close(self, end: int) -> None:
        """The mapping or list that began last ends."""
        frame = self._frames.pop()
        if frame.merges and isinstance(frame.container, Map):
            self._merge(frame.container, frame.merges)
        start, opened = frame.span
        # A block has no width: it ends where the next line begins.
        span = (start, end if opened > start else start)
        if frame.anchor is not None:
            self._anchors[frame.anchor] = Node(frame.container, span, frame.size)
        self._put(frame.container, span, frame.size)

    def alias(self, name: str, span: Span) -> None:
        """An alias stands for what its anchor has, at its anchor's place."""
        node = self._anchors.get(name)
        if node is None:
            inside = any(frame.anchor == name for frame in self._frames)
            self.error(
                "yaml-alias",
                span,
                "this alias stands inside its own anchor" if inside else "this alias has no anchor before it",
                "Anchors are written `&name` before the value; text that begins with `*` needs quotes.",
            )
            self.broken.add(span[0])
            node = Node(None, span, 1)
        self._expanded += node.size
        if self._expanded > _MOST_EXPANDED:
            self.error("yaml-aliases", span, "the file's aliases expand to too many values", "Write fewer of them.")
            raise Unreadable
        if self._wants_key():
            self._complex_key(span)
            self._frames[-1].key = _DISCARDED
        else:
            self._put(node.value, node.span, node.size)

    def error(self, code: str, span: Span, message: str, help_: str) -> None:
        """Complain."""
        self._complaints.error(code, Spot(self._source, *span), message, help_)

    def _count(self, span: Span) -> None:
        self.values += 1
        if self.values > self._most:
            where = Spot(self._source, *span)
            self._complaints.too_much(where, f"the files hold more than {MOST_VALUES} keys and values", _LESS)

    def _too_long(self, span: Span, anchor: str | None) -> None:
        """Take an empty value in place of a text that is too long, and nothing in place of such a key."""
        self.error("too-much", span, f"more than {LONGEST_TEXT} characters begin here", "Make this shorter.")
        self.broken.add(span[0])
        if anchor is not None:
            self._anchors[anchor] = Node(None, span, 1)
        if self._wants_key():
            self._frames[-1].key = _DISCARDED
        else:
            self._put(None, span, 1)

    def _wants_key(self) -> bool:
        if not self._frames:
            return False
        frame = self._frames[-1]
        return frame.key is None and type(frame.container) is Map

    def _key(self, text: str, span: Span, *, merge: bool) -> None:
        frame = self._frames[-1]
        if merge:
            frame.key = _MERGE
            if frame.merges:
                self.error("yaml-merge", span, "`<<` is given twice", "Merge a list: `<<: [*one, *other]`.")
        elif isinstance(frame.container, Map) and text in frame.container:
            frame.key = _DISCARDED
            first = self._source.place(frame.container.spans[text][0])
            self.error(
                "yaml-duplicate-key",
                span,
                f"this key is given twice: first at {first}",
                "Keep one of the two, or join them.",
            )
        else:
            frame.key = (text, *span)

    def _put(self, value: Plain, span: Span, size: int) -> None:
        """Give a finished value to what holds it."""
        if not self._frames:
            self.root = Node(value, span, size)
            return
        frame = self._frames[-1]
        frame.size += size
        container = frame.container
        if isinstance(container, Sequence):
            container.append(value)
            container.spans.append(span)
            return
        key, frame.key = frame.key, None
        if key is None:
            # A complex key, which was complained about: what follows is its value.
            frame.key = _DISCARDED
        elif key is _MERGE:
            frame.merges.append((value, Spot(self._source, *span)))
        elif key is not _DISCARDED:
            name, key_start, key_end = key
            container[name] = value
            container.spans[name] = (key_start, key_end, *span)

    def _merge(self, container: Map, merges: list[tuple[Plain, Spot]]) -> None:
        """Take over what `<<` names: the mapping's own keys win, then the earlier of a list."""
        for merged, spot in merges:
            for other in merged if isinstance(merged, Sequence) else (merged,):
                if isinstance(other, Map):
                    for key in [key for key in other if key not in container]:
                        container[key] = other[key]
                        container.spans[key] = other.spans[key]
                elif spot.start not in self.broken:
                    self.error(
                        "yaml-merge",
                        (spot.start, spot.end),
                        "`<<` merges something that is no mapping",
                        "Name the alias of a mapping, or a list of such.",
                    )

    def _complex_key(self, span: Span) -> None:
        self.error("yaml-key", span, "a key is no plain text here", "Write keys as words; quote a key with `{` or `[`.")
