"""A file's text in one style: only white space changes, and the commas of lists, and it means the same."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
from typing import Any

from msgspec import Struct

from reconciler.config.diagnostics import Diagnostics, SourceText
from reconciler.config.limits import MOST_CHARACTERS_TO_FORMAT
from reconciler.config.yaml_nodes import block_lines, parse
from reconciler.config.yaml_values import Document, Map, Plain, Sequence
from reconciler.model.diagnostic import Place

_HEAD = re.compile(r"(?:[ \t]*(?:#[^\n]*)?\n)*---[ \t]*\n")
_NO_FOLD = re.compile(r"(?<=\s)\a|\a(?! \S)")  # the library marks with it where lines were folded


def formatted(before: Document, diagnostics: Diagnostics) -> Document | None:
    """A file in one style; None where it can't be formatted, which a diagnostic says."""
    source = before.source
    if len(source.text) > MOST_CHARACTERS_TO_FORMAT:
        message = f"the file has more than {MOST_CHARACTERS_TO_FORMAT} characters, which would take minutes to format"
        diagnostics.error("too-much", Place(file=source.name), message, "Split it into several files.")
        return None
    text = _in_style(source.text)
    kept_ends = text.replace("\n", "\r\n") if "\r\n" in source.text else text
    after = parse(SourceText(source.name, kept_ends, source.quotable), Diagnostics())
    is_same_text = _non_space(text) == _non_space(source.text) and _in_style(text) == text
    if is_same_text and after is not None and _is_same(before.root, after.root):
        return after
    place = _first_difference(source, text)
    message = "the file can't be formatted without changing more than white space, first here"
    diagnostics.error("format-unsafe", place, message, "Write this part in a simpler way, or format the file by hand.")
    return None


def _in_style(text: str) -> str:
    """A text with the white space of the style, as far as it can be had; what else it changes is for others to see."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").strip("\n") + "\n"
    head = _HEAD.match(lines)
    start = head.end() if head else 0
    body = [*_lines(lines[start:])]
    written = _written("\n".join(line.text for line in body if not line.is_between))
    return _stripped(lines[:start]) + _stripped(_put_back(body, written))


def _written(text: str) -> str:
    """A text as the YAML library writes it: every scalar, anchor, alias and comment as it was."""
    from ruamel.yaml import YAML  # noqa: PLC0415 - of this command alone, and large

    library: Any = YAML()
    library.width = 2**31  # no line is broken
    library.indent(mapping=2, sequence=4, offset=2)
    out = io.StringIO()
    try:
        root = library.compose(text)
        _prepare(root, set())
        library.serialize(root, out)
    except Exception:  # noqa: BLE001 - of comments in odd places it has errors of every kind
        return ""
    return out.getvalue()


def _stripped(text: str) -> str:
    """A text without empty lines at its ends, and without trailing white space except in block scalars."""
    lines = "\n".join(line.text for line in _lines(text)).strip("\n")
    return f"{lines}\n" if lines else ""


def _prepare(node: Any, seen: set[int]) -> None:  # noqa: ANN401 - the library's
    """Have every anchor written under its own name, an unused one too, and lines of `>` folded where they can be."""
    from ruamel.yaml.anchor import Anchor  # noqa: PLC0415 - of this command alone

    if id(node) in seen:
        return
    seen.add(id(node))
    if node.anchor is not None:
        name, node.anchor = node.anchor, Anchor()
        node.anchor.value, node.anchor.always_dump = name, True
    if isinstance(node.value, list):
        for item in node.value:
            for inner in item if isinstance(item, tuple) else (item,):
                _prepare(inner, seen)
    elif node.style == ">":
        node.value = _NO_FOLD.sub("", node.value)


def _non_space(text: str) -> str:
    """A text without its white space, and without commas, which may follow a list's last item or not."""
    return re.sub(r"[\s,]+", "", text)


def _is_same(one: Plain, other: Plain) -> bool:
    """Whether two values are the same, types and order included. What aliases expand to is bounded by the parser."""
    if isinstance(one, Map) and isinstance(other, Map):
        return [*one] == [*other] and all(_is_same(one[key], other[key]) for key in one)
    if isinstance(one, Sequence) and isinstance(other, Sequence):
        return len(one) == len(other) and all(map(_is_same, one, other))
    return type(one) is type(other) and one == other


def _first_difference(source: SourceText, text: str) -> Place:
    """The place in the source up to which the text is the same, white space aside."""
    other = iter(_non_space(text))
    for found in re.finditer(r"[^\s,]", source.text):
        if found[0] != next(other, None):
            return source.place(found.start())
    return Place(file=source.name)


class _Line(Struct, frozen=True):
    """A line of a text.

    Attributes:
        before: how many characters stand before it, white space and comments on their own lines aside.
        is_inside: whether it is part of a block scalar.
    """

    text: str
    before: int
    is_inside: bool

    @property
    def column(self) -> int:
        return len(self.text) - len(self.text.lstrip())

    @property
    def is_between(self) -> bool:
        """Whether it is empty or only a comment: the library loses some of those, so `_put_back` restores them."""
        return not self.is_inside and self.text.lstrip()[:1] in ("", "#")

    @property
    def is_value(self) -> bool:
        return not self.is_inside and not self.is_between


def _lines(text: str) -> Iterator[_Line]:
    """The lines of a text, without trailing white space except in block scalars."""
    before, inside = 0, block_lines(text)
    for number, line_text in enumerate(text.split("\n")):
        is_inside = number in inside
        line = _Line(line_text if is_inside else line_text.rstrip(), before, is_inside=is_inside)
        yield line
        before += 0 if line.is_between else len(_non_space(line.text))


def _put_back(before: Iterable[_Line], written: str) -> str:
    """What is written, with the empty lines and comments that stood between its values.

    A comment gets the column of what it stood in a column with: of what follows, or else of the last such value above.
    """
    after = [*_lines(written.strip("\n"))]
    columns = {line.before: line.column for line in after if line.is_value}
    at: dict[int, int] = {}  # by a column before, the column now of the last value there
    found: dict[int, list[str]] = {}
    waiting: list[_Line] = []
    for line in before:
        if line.is_between:
            waiting.append(line)
        elif line.is_value and line.before in columns:
            column = at[line.column] = columns[line.before]
            found[line.before] = [" " * at.get(one.column, column) + one.text.lstrip() for one in waiting]
            waiting = []
    lines = [text for line in after for text in (*(found.get(line.before, ()) if line.is_value else ()), line.text)]
    return "\n".join([*lines, *(" " * at.get(one.column, 0) + one.text.lstrip() for one in waiting)])
