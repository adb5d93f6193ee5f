"""Reads YAML: from bytes to plain values and the places of every key and value."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import yaml

from reconciler.config.bounds import MOST_VALUES
from reconciler.config.complaints import Complaints
from reconciler.config.plain import Document, Map, Sequence
from reconciler.config.sources import Source
from reconciler.config.spot import SourceText, Spot
from reconciler.config.tree import Span, TreeBuilder, Unreadable
from reconciler.config.yaml_errors import syntax_error
from reconciler.model.diagnostic import Place

# U+0085, U+2028 and U+2029 are line breaks to YAML 1.1 and none to editors.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_OTHER_ENCODINGS = (
    (b"\xff\xfe\x00\x00", "UTF-32"),
    (b"\x00\x00\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def decode(source: Source, complaints: Complaints) -> SourceText | None:
    """A file's bytes as text.

    Args:
        source: the file.
        complaints: gets what is wrong with its encoding.
    Returns:
        The text; None where the bytes are no UTF-8. A byte-order mark is dropped.
    """
    for mark, name in _OTHER_ENCODINGS:
        if source.data.startswith(mark):
            complaints.error(
                "file-encoding", Place(file=source.name, line=1), f"the file is {name}", "Save it as UTF-8."
            )
            return None
    try:
        return SourceText(source.name, source.data.decode("utf-8").removeprefix("\ufeff"), source.quotable)
    except UnicodeDecodeError as error:
        before = SourceText(
            source.name, source.data[: error.start].decode("utf-8").removeprefix("\ufeff"), source.quotable
        )
        complaints.error(
            "file-encoding", before.place(len(before.text)), "the file is not valid UTF-8 here", "Save it as UTF-8."
        )
        return None


def parse(source: SourceText, complaints: Complaints, most: int = MOST_VALUES) -> Document | None:
    """Read a file's YAML.

    Args:
        source: the file's text.
        complaints: gets what is wrong with it.
        most: how many keys and values it may have.
    Returns:
        The document; None where there is none that makes sense.
    """
    forbidden = _FORBIDDEN.search(source.text)
    if forbidden is not None:
        complaints.error(
            "yaml-character",
            Spot(source, forbidden.start(), forbidden.end()),
            f"U+{ord(forbidden[0]):04X} stands here, which YAML doesn't allow or reads as a line break",
            "Remove it, or write it as an escape in double quotes.",
        )
        return None
    tree = TreeBuilder(source, complaints, most)
    try:
        _Events(source.text, tree).take_all()
    except Unreadable:
        return None
    except yaml.YAMLError as error:
        syntax_error(error, source, complaints)
        return None
    if tree.root is None or tree.root.value is None:
        tree.error(
            "file-empty",
            (0, 0),
            "the file is empty",
            "Begin with `version: 1`; `reconciler init` writes a whole example.",
        )
        return None
    if not isinstance(tree.root.value, Map):
        tree.error("file-shape", tree.root.span, "the file is no mapping", "Begin with `version: 1`.")
        return None
    return Document(source, tree.root.value, frozenset(tree.broken), tree.values)


class _Events:
    """Hands the parser's events to a tree."""

    def __init__(self, text: str, tree: TreeBuilder) -> None:
        self._text = text
        self._tree = tree
        self._documents = 0

    def take_all(self) -> None:
        take: dict[type[yaml.Event], Callable[[Any], None]] = {
            yaml.ScalarEvent: self._scalar,
            yaml.MappingStartEvent: self._mapping,
            yaml.SequenceStartEvent: self._sequence,
            yaml.MappingEndEvent: self._end,
            yaml.SequenceEndEvent: self._end,
            yaml.AliasEvent: self._alias,
            yaml.DocumentStartEvent: self._document,
            yaml.DocumentEndEvent: _ignore,
            yaml.StreamStartEvent: _ignore,
        }
        loader = _LOADER(self._text)
        try:
            while (kind := type(event := loader.get_event())) is not yaml.StreamEndEvent:
                take[kind](event)
        finally:
            loader.dispose()

    # The events are `Any`: their stubs don't say that an event of a parser always has its marks.
    def _scalar(self, event: Any) -> None:  # noqa: ANN401
        span = _span(event)
        if event.tag is not None:
            self._refuse_tag(span)
        self._tree.scalar(event.value, span, event.anchor, plain=not event.style)

    def _mapping(self, event: Any) -> None:  # noqa: ANN401
        if event.tag is not None:
            self._refuse_tag(_span(event))
        self._tree.open(Map(), _span(event), event.anchor)

    def _sequence(self, event: Any) -> None:  # noqa: ANN401
        if event.tag is not None:
            self._refuse_tag(_span(event))
        self._tree.open(Sequence(), _span(event), event.anchor)

    def _end(self, event: Any) -> None:  # noqa: ANN401
        self._tree.close(event.end_mark.index)

    def _alias(self, event: Any) -> None:  # noqa: ANN401
        self._tree.alias(event.anchor, _span(event))

    def _document(self, event: Any) -> None:  # noqa: ANN401
        self._documents += 1
        if self._documents > 1:
            self._tree.error(
                "yaml-documents", _span(event), "a second document begins here", "Put it into a file of its own."
            )
            raise Unreadable

    def _refuse_tag(self, span: Span) -> None:
        self._tree.error(
            "yaml-tag", span, "a tag (`!…`) stands here", "Remove it; put text that begins with `!` in quotes."
        )


def _span(event: Any) -> Span:  # noqa: ANN401
    return event.start_mark.index, event.end_mark.index


def _ignore(_: yaml.Event) -> None:
    """Nothing to do."""
