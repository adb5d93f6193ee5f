"""The source line of a diagnostic, with tokens, secret parameters and user info masked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property

from msgspec.structs import replace

from reconciler.config.diagnostics import SourceText
from reconciler.config.limits import MOST_PARAMS
from reconciler.config.yaml_values import Document, Map, Range, Sequence
from reconciler.model.diagnostic import Diagnostic, Place
from reconciler.model.endpoint import BUILT_IN_SECRET_PARAMS, param_name
from reconciler.model.provider import Provider
from reconciler.model.redaction import is_wordless, reads_as_words

MASK = "•"
_LONGEST = 240
_RUN = r"(?!-)[^\s\"'`,;:/?#&=@(){}\[\]<>|$*!%^~+\\]+"
_PARAMETER = re.compile(r"[?&]([^=&?]*)=([^&]*)")
_PATH = re.compile(r"[^?/]*//[^/?]*([^?]*)")
_PIECE = re.compile(r"[^/]+")
_VARIABLE = re.compile(r"\$\{(?:each\.)?[A-Za-z_][A-Za-z0-9_]*(?:\}|:[-?])")
# What stands under other keys, a token among them, shows only where it reads as words.
_CLEAR = frozenset({"url", "owns", "absent", "protect", "base_url"})


def secret_fields(providers: Iterable[Provider]) -> frozenset[str]:
    """The keys of entries that hold a secret."""
    return frozenset(spec.name for of in providers for spec in of.fields if spec.is_secret)


def with_excerpts(
    diagnostics: Iterable[Diagnostic],
    texts: tuple[SourceText, ...],
    documents: Iterable[Document],
    secrets: frozenset[str],
) -> tuple[Diagnostic, ...]:
    """Put diagnostics into the order of place (that of the texts), and give each its source line.

    The secrets are the `secret_fields`, masked like the `token` of accounts.
    """
    roots = {document.source.name: document.root for document in documents}
    excerpts = {text.name: _Excerpts(text, roots.get(text.name, Map()), secrets) for text in texts}
    order = {text.name: number for number, text in enumerate(texts)}

    def by_place(diagnostic: Diagnostic) -> tuple[bool, int, Place]:
        place = diagnostic.place or Place(file="")
        return diagnostic.place is None, order.get(place.file, len(order)), place

    found = sorted(diagnostics, key=by_place)
    for index, diagnostic in enumerate(found):
        place = diagnostic.place
        if place is not None and place.line and place.file in excerpts:
            found[index] = replace(diagnostic, source=excerpts[place.file].line(place.line, place.column))
    return tuple(found)


def masked_lines(document: Document, secrets: frozenset[str]) -> list[str]:
    """Every line of a file, as diagnostics show them."""
    source = document.source
    excerpts = _Excerpts(source, document.root, secrets)
    return [excerpts.line(number, 0) for number in range(1, source.place(len(source.text)).line + 1)]


class _Excerpts:
    """The masked lines of one file."""

    def __init__(self, source: SourceText, root: Map, secrets: frozenset[str]) -> None:
        self._source = source
        self._root = root
        self._secrets = secrets
        self._secret_params = _secret_params(root)
        self._lines: dict[int, str] = {}

    def line(self, number: int, column: int) -> str:
        """A line, masked, every character in its column; nothing where it may not be shown or lies far to the right."""
        if not self._source.quotable:
            return ""
        if number not in self._lines:
            start, end = self._source.line_range(number)
            self._lines[number] = self._masked(number, start, min(end, start + _LONGEST))
        return self._lines[number] if column <= len(self._lines[number]) + 1 else ""

    def _masked(self, number: int, start: int, end: int) -> str:
        shown = list(re.sub(_RUN, _mask_unless_words, self._source.text[start:end]))
        for (first, last), is_secret in self._values_by_line.get(number, ()):
            begin, stop = max(first, start), min(last, end)
            if begin < stop:
                written = self._source.text[begin:last]
                masked = _mask_literals(written) if is_secret else self._masked_value(written)
                shown[begin - start : stop - start] = masked[: stop - begin]
        return "".join(shown)

    @cached_property
    def _values_by_line(self) -> dict[int, list[tuple[Range, bool]]]:
        """Where scalars stand that show by another rule than that of words, by each line: whether each is a secret."""
        found: dict[int, list[tuple[Range, bool]]] = {}
        scalars = list(_scalars(self._root, self._secrets))
        # Of an aliased one the anchor, though another key may have it too.
        secrets = {place for name, place in scalars if name == "token" or name in self._secrets}
        clear = [place for name, place in scalars if name in _CLEAR and place not in secrets]
        for place in (*sorted(secrets), *clear):
            start, end = place
            written = self._source.text[start:end]
            # Escapes and folded lines hide where a secret parameter begins, and anchors, aliases and tags are no
            # part of a URL: there, only words show.
            is_hiding = {"\\", "\n", "\r"} & set(written) or written.startswith(("&", "*", "!"))
            if place in secrets or not is_hiding:
                for line in range(self._source.place(start).line, self._source.place(end).line + 1):
                    found.setdefault(line, []).append((place, place in secrets))
        return found

    def _masked_value(self, value: str) -> str:
        quote = value[0] if value[:1] in ("'", '"') and value[0] == value[-1] else ""
        if quote and len(value) > 1:
            return quote + self._masked_value(value[1:-1]) + quote
        shown = list(value)
        start, end = value.find("//") + len("//"), value.rfind("@")
        # A password may have a `/` in it, though a URL's user info may not.
        if len("//") <= start < end and (":" in value[start:end] or not set("/?#") & set(value[start:end])):
            shown[start:end] = MASK * (end - start)
        path = _PATH.match(value)
        for found in _PIECE.finditer(value, path.start(1), path.end(1)) if path else ():
            if is_wordless(found[0]):
                shown[found.start() : found.end()] = _mask_literals(found[0])
        for found in _PARAMETER.finditer(value):
            name = param_name(found[1])
            if any(word in name for word in self._secret_params):
                shown[found.start(2) : found.end(2)] = _mask_literals(found[2])
        return "".join(shown)


def _mask_unless_words(run: re.Match[str]) -> str:
    text = run[0]
    is_sign = not any(character.isalnum() or not character.isprintable() for character in text)
    return text if is_sign or text in ("https", "http") or reads_as_words(text) else MASK * len(text)


def _mask_literals(value: str) -> str:
    """All but quotes and the names of variables."""
    shown = [character if character in "'\"" else MASK for character in value]
    for found in _VARIABLE.finditer(value):
        shown[found.start() : found.end()] = found[0]
    return "".join(shown)


def _secret_params(root: Map) -> frozenset[str]:
    named = root.get("secret_params")
    items = named if isinstance(named, Sequence) else ()
    if len(items) > MOST_PARAMS:
        return frozenset({""})  # stands in every name: looking for each would take too long
    return BUILT_IN_SECRET_PARAMS | {param_name(item) for item in items if isinstance(item, str)}


def _scalars(root: Map, secrets: frozenset[str]) -> Iterator[tuple[str, Range]]:
    """Where every scalar stands, with the key that it, or its list or secret mapping, stands under."""
    seen: set[int] = set()
    todo: list[tuple[str, Map | Sequence]] = [("", root)]
    while todo:
        above, value = todo.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, Map):
            names = [above if above in secrets else name for name in value]
            entries = list(zip(names, value.values(), value.wheres(), strict=True))
        else:
            entries = [(above, inner, where) for inner, where in zip(value, value.wheres(), strict=True)]
        for name, inner, where in entries:
            if isinstance(inner, Map | Sequence):
                todo.append((name, inner))
            elif inner is not None:
                yield name, where.value
