"""The syntax of `${NAME}`: text in, a template of literal runs and references out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from reconciler.model.redaction import reads_as_words

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_USUAL_NAME = re.compile(r"[A-Z][A-Z0-9_]*")
_FORMS = (
    "Valid forms are `${NAME}`, `${NAME:-default}` and `${NAME:?message}`; `$$` is a dollar sign. "
    "A value with ` #` in it needs quotes."
)
_DEEPEST = 50
_OUTER = re.compile(r"\$")
_INNER = re.compile(r"[$}]")


class Fallback(Enum):
    """What is behind a variable's name."""

    NONE = ""
    DEFAULT = ":-"
    MESSAGE = ":?"


@dataclass(frozen=True, slots=True)
class Reference:
    """A variable.

    Attributes:
        name: its name.
        fallback: which form it has.
        inner: the default or the message, a template itself.
    """

    name: str
    fallback: Fallback = Fallback.NONE
    inner: Template = ()


Template = tuple[str | Reference, ...]


class TemplateError(ValueError):
    """A `$` that begins none of the forms.

    Attributes:
        message: one sentence.
        help: what to write instead.
        start: the index of the `$`.
        end: where what is meant ends.
    """

    def __init__(self, message: str, help_: str, start: int, end: int) -> None:
        super().__init__(message)
        self.message = message
        self.help = help_
        self.start = start
        self.end = end


def parse_template(text: str) -> Template:
    """Read the variables in a text.

    Args:
        text: a string of the file.
    Returns:
        Its literal runs, `$$` made one dollar sign, and its references, in order.
    Raises:
        TemplateError: a `$` that is none of the forms.
    Source: the forms of Compose files that are accepted here.
    """
    template, _ = _read(text, 0, 0)
    return template


def references(template: Template) -> Iterator[Reference]:
    """Every reference of a template, those in defaults and messages too, used or not."""
    for piece in template:
        if isinstance(piece, Reference):
            yield piece
            yield from references(piece.inner)


def _read(text: str, position: int, depth: int) -> tuple[Template, int]:
    """Read to the text's end, or of an inner template to the `}` that closes it; the second is where that is."""
    pieces: list[str | Reference] = []
    literal: list[str] = []
    special = _INNER if depth else _OUTER
    while (found := special.search(text, position)) is not None:
        literal.append(text[position : found.start()])
        position = found.start()
        following = text[position + 1 : position + 2]
        if found[0] == "}":
            return (*pieces, *_joined(literal)), position
        if following == "$":
            literal.append("$")
            position += 2
        elif following == "{":
            pieces.extend(_joined(literal))
            literal = []
            reference, position = _reference(text, position, depth)
            pieces.append(reference)
        else:
            name = _NAME.match(text, position + 1)
            if name is not None:
                raise _bare(name[0], position)
            literal.append("$")
            position += 1
    literal.append(text[position:])
    return (*pieces, *_joined(literal)), len(text)


def _joined(literal: list[str]) -> tuple[str, ...]:
    """A literal run, or nothing where it is empty."""
    run = "".join(literal)
    return (run,) if run else ()


def _reference(text: str, start: int, depth: int) -> tuple[Reference, int]:
    """Read the reference whose `$` is at `start`; the second is where it ends."""
    name = _NAME.match(text, start + 2)
    if name is None or depth >= _DEEPEST:
        raise _no_form(text, start)
    end = name.end()
    if text[end : end + 1] == "}":
        return Reference(name[0]), end + 1
    mark = text[end : end + 2]
    if mark not in (":-", ":?"):
        raise _no_form(text, start)
    inner, end = _read(text, end + 2, depth + 1)
    if end == len(text):
        raise _no_form(text, start)
    return Reference(name[0], Fallback(mark), inner), end + 1


def _bare(name: str, start: int) -> TemplateError:
    # Quoted only where it reads as a variable's name: it may be a piece of a secret.
    shown = name if _USUAL_NAME.fullmatch(name) and reads_as_words(name) else "NAME"
    what = f"`${name}`" if shown == name else "a `$` with a name behind it"
    return TemplateError(
        f"{what} is neither a variable nor plain text",
        f"Write `${{{shown}}}` for the variable, or `$${shown}` for a dollar sign.",
        start,
        start + 1 + len(name),
    )


def _no_form(text: str, start: int) -> TemplateError:
    close = text.find("}", start)
    return TemplateError(
        "`${` doesn't start a valid variable here", _FORMS, start, len(text) if close < 0 else close + 1
    )
