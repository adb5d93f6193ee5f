"""The syntax of `${NAME}` in a text: Compose's forms."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

from msgspec import Struct
from msgspec.structs import replace

from reconciler.config.diagnostics import Span
from reconciler.model.redaction import reads_as_words

_SIGN = re.compile(
    r"\$\$|\$\{(?:(?P<name>(?:each\.)?[A-Za-z_][A-Za-z0-9_]*)(?P<mark>\}|:[-?]))?|\$(?P<bare>[A-Za-z_]\w*)|\}",
    re.ASCII,
)
_USUAL_NAME = re.compile(r"[A-Z][A-Z0-9_]*")
_NAMED = re.compile(r"\$\$|\$\{?(?P<name>[A-Za-z_][A-Za-z0-9_]*+)(?!\.)")
_DEEPEST = 50
_FORMS = (
    "Valid forms are `${NAME}`, `${NAME:-default}` and `${NAME:?message}`; `$$` is a dollar sign. "
    "A value with ` #` in it needs quotes."
)
DEFAULT = ":-"
MESSAGE = ":?"
EACH_KEY, EACH_VALUE = "each.key", "each.value"


class Reference(Struct, frozen=True):
    """A variable: alone, or with the mark of a default or a message behind its name, a template itself."""

    name: str
    mark: str = ""
    inner: Template = ()
    where: Span | None = None  # where it stands, if not in the text that it is put into


Template = tuple[str | Reference, ...]


class TemplateError(ValueError):
    """A `$` that begins none of the forms: what to say, and from where to where what is meant stands."""

    def __init__(self, message: str, help_: str, start: int, end: int) -> None:
        super().__init__(message)
        self.message, self.help, self.start, self.end = message, help_, start, end


def parse_template(text: str) -> Template:
    """The literal runs of a text, `$$` made one dollar sign, and its references, in order.

    Raises:
        TemplateError: a `$` that is none of the forms.
    Source: the forms of Compose files that are accepted here.
    """
    head, sign, rest = text.partition("$")
    if not sign:
        return (text,) if text else ()
    try:
        template = _template_after(sign + rest)
    except TemplateError:
        return _read(text, 0, 0)[0]  # raises the same with the right place
    if not head:
        return template
    return (head + template[0], *template[1:]) if isinstance(template[0], str) else (head, *template)


@lru_cache(maxsize=256)  # many URLs of a file end alike
def _template_after(text: str) -> Template:
    return _read(text, 0, 0)[0]


def variables_in(text: str) -> list[str]:
    """The names of all that looks like a variable, in comments and broken texts too."""
    return [found["name"] for found in _NAMED.finditer(text) if found["name"]]


def references(template: Template) -> Iterator[Reference]:
    """Every reference of a template, those in defaults and messages too, used or not."""
    for piece in template:
        if isinstance(piece, Reference):
            yield piece
            yield from references(piece.inner)


def refers_to(text: str, *names: str) -> bool:
    """Whether a text has a reference to one of these names; True of a broken one, which its reader reports."""
    try:
        return any(reference.name in names for reference in references(parse_template(text)))
    except TemplateError:
        return True


def with_each(template: Template, each: Mapping[str, Template]) -> Template:
    """A template with what stands for `${each.key}` and `${each.value}` in place of them."""
    found: list[str | Reference] = []
    for piece in template:
        if isinstance(piece, str):
            found.append(piece)
        else:
            found += each.get(piece.name, [replace(piece, inner=with_each(piece.inner, each))])
    return tuple(found)


def _read(text: str, position: int, depth: int) -> tuple[Template, int]:
    """Read to the text's end, or of an inner template to the `}` that closes it; the second is where that is."""
    pieces: list[str | Reference] = []
    literal = ""
    end = len(text)
    while (found := _SIGN.search(text, position)) is not None:
        literal += text[position : found.start()]
        position = found.end()
        name, mark, bare = found.groups()
        if found[0] == "}" and depth:
            end = found.start()
            break
        if found[0] in ("}", "$$"):
            literal += found[0][0]
        elif bare:
            # Quoted only where it reads as a variable's name: it may be a piece of a secret.
            shown = bare if _USUAL_NAME.fullmatch(bare) and reads_as_words(bare) else "NAME"
            what = f"`${bare}`" if shown == bare else "a `$` followed by a name"
            help_ = f"Write `${{{shown}}}` for the variable, or `$${shown}` for a dollar sign."
            raise TemplateError(f"{what} is neither a variable nor plain text", help_, *found.span())
        else:
            if name and "." in name and (name not in (EACH_KEY, EACH_VALUE) or mark != "}"):
                message = "after `each.`, only `key` and `value` are known, without a default"
                raise TemplateError(message, f"Write `${{{EACH_KEY}}}` or `${{{EACH_VALUE}}}`.", *found.span())
            pieces += [literal] if literal else []
            literal = ""
            inner: Template = ()
            if name and depth < _DEEPEST and mark != "}":
                inner, position = _read(text, position, depth + 1)
                position += 1
            if not name or depth >= _DEEPEST or position > len(text):
                end = text.find("}", found.start()) + 1 or len(text)
                raise TemplateError("`${` doesn't start a valid variable here", _FORMS, found.start(), end)
            pieces.append(Reference(name, mark.removesuffix("}"), inner))
    else:
        literal += text[position:]
    pieces += [literal] if literal else []
    return tuple(pieces), end
