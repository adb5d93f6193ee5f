"""Patterns of URLs (`owns`, `absent`, `protect`, `known`), sets of them that answer quickly, and patterns of names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Self

from reconciler.model.diagnostic import UrlError
from reconciler.model.endpoint import Endpoint
from reconciler.model.host import host_address
from reconciler.model.secret import NEW, SHOWN_BY_NAME, Frozen, Part, SecretText, replace, sealed
from reconciler.model.url import normal_text, parse_url
from reconciler.model.url_characters import check_variable_places

MOST_WITH_A_STAR = 500  # patterns of a list that aren't exact: each of them is held against each webhook
_MOST_PLACES = 1000  # schemes, hosts and ports of which a set remembers what may match there
_SHAPE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://(?P<any>\*\.)?(?P<host>[^/?#]*)(?P<path>[^?#]*)")
_HELP = (
    "Write it as `https://hooks.example.com/shippo/*`; in a host, `*` is the leftmost label, followed by at least two "
    "more."
)


@sealed
class Pattern(Frozen):
    """A URL with `*` in its path, or as its host's leftmost label. The query is never looked at."""

    __slots__ = ("host", "path", "pieces", "port", "scheme", "source")
    source: SecretText
    path: SecretText  # as written
    scheme: str  # `https` or `http`
    host: str  # in normal form, maybe behind a `*.`
    port: int | None  # None for the scheme's default
    pieces: tuple[str, ...]  # the path in normal form, cut at each `*`; one piece where there is none

    def __new__(
        cls,
        *,
        source: SecretText,
        path: SecretText,
        scheme: str,
        host: str,
        port: int | None,
        pieces: tuple[str, ...],
    ) -> Self:
        made: Self = NEW(cls.unfrozen)
        made.source, made.path, made.scheme, made.host, made.port, made.pieces = (
            source,
            path,
            scheme,
            host,
            port,
            pieces,
        )
        made.__class__ = cls
        return made

    @property
    def symbolic(self) -> Pattern:
        """The pattern as it may be judged aloud, against `Url.symbolic`: variables by name, whatever they hold."""
        path = self.path.symbolic()
        return self if path is self.path else replace(self, pieces=_path_pieces(path))

    @property
    def widened(self) -> Pattern:
        """The pattern with a `*` for what unset variables would hold."""
        return self if self.source.is_known else parse_pattern(widened(self.source))

    @property
    def is_exact(self) -> bool:
        return not self.host.startswith("*") and len(self.pieces) == 1

    @property
    def segments(self) -> tuple[SecretText, ...]:
        """The path's segments as written, those with a wildcard in them left out."""
        return tuple(text for text in list(self.path.split("/"))[1:] if "*" not in text.reveal())

    def matches(self, endpoint: Endpoint) -> bool:
        """Whether it matches an endpoint, its query aside."""
        return self.matches_place(endpoint) and _path_matches(self.pieces, endpoint.path)

    def matches_place(self, endpoint: Endpoint) -> bool:
        if (self.scheme, self.port) != (endpoint.scheme, endpoint.port):
            return False
        is_any = self.host.startswith("*")
        return endpoint.host.endswith(self.host[1:]) if is_any else endpoint.host == self.host

    def __eq__(self, other: object) -> bool:
        return self._compared == other._compared if isinstance(other, Pattern) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._compared)

    @property
    def _compared(self) -> tuple[object, ...]:
        return (self.scheme, self.host, self.port, self.pieces)

    def __str__(self) -> str:
        return str(self.source)

    def __repr__(self) -> str:
        return f"Pattern({self})"


def widened(text: SecretText) -> SecretText:
    """A URL or pattern as a pattern that matches it whatever its unset variables hold; its query is left out."""
    path = text.slice(0, len(text.reveal().partition("?")[0]))
    return SecretText(tuple(part if part.is_set else Part("*") for part in path.parts))


def _path_matches(pieces: tuple[str, ...], path: str) -> bool:
    """Whether the pieces stand in the path in this order; linear, since each is taken where it stands first."""
    first = pieces[0]
    if len(pieces) == 1:
        return path == first
    position = len(first)
    if path[:position] != first:
        return False
    for piece in pieces[1:-1]:
        found = path.find(piece, position)
        if found < 0:
            return False
        position = found + len(piece)
    last = pieces[-1]
    return not last or path.endswith(last, position)  # most patterns end in a `*`


def parse_pattern(text: SecretText) -> Pattern:
    """Read a pattern, UrlError where it is none; a `*` that an environment variable brings is a literal one."""
    raw = text.reveal()
    found = _SHAPE.match(raw)
    if found is None:
        raise UrlError("pattern-shape", "the pattern is not a URL", _HELP)
    if raw[found.end() :].startswith("?"):
        message = "the pattern has a query, which patterns ignore"
        raise UrlError("pattern-query", message, "Remove the `?` and what follows it.")
    if "*" in found["host"]:
        message = "the pattern has a `*` in its host or port that isn't the whole leftmost label"
        raise UrlError("pattern-host", message, _HELP)
    check_variable_places(text)
    # Where the variables stand is settled: what is left to check are the characters.
    endpoint = parse_url(SecretText.literal(raw.replace("://*.", "://"))).endpoint
    if found["any"] and (endpoint.host.count(".") < 1 or host_address(endpoint.host) is not None):
        raise UrlError("pattern-host", "the pattern's `*` must be followed by at least two host labels", _HELP)
    path = text.slice(*found.span("path"))
    return Pattern(
        source=text,
        path=path,
        scheme=endpoint.scheme,
        host=(found["any"] or "") + endpoint.host,
        port=endpoint.port,
        pieces=_path_pieces(path),
    )


def _path_pieces(path: SecretText) -> tuple[str, ...]:
    """The path in normal form, cut at each `*` that the file or `--var` wrote."""
    pieces = [""]
    for part in path.parts:
        first, *others = [part.text] if part.origin in SHOWN_BY_NAME else part.text.split("*")
        pieces[-1] += first
        pieces += others
    normal = tuple(normal_text(piece) for piece in pieces)
    if {".", ".."} & set("*".join(normal).split("/")):
        raise UrlError("pattern-shape", "the pattern's path has a `.` or `..` segment", "Write the path without it.")
    if len(normal) == 1:
        return normal if normal != ("",) else ("/",)
    # `**` means what `*` means, and ten thousand of them are no more to look for.
    return (normal[0], *filter(None, normal[1:-1]), normal[-1])


def matches_name(pattern: str, name: str) -> bool:
    """Whether a name fits a pattern, in which only `*` is special (`fnmatch` would take `[` for a set)."""
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), name, re.DOTALL) is not None


def may_meet(pattern: str, other: str) -> bool:
    """Whether a name may fit both patterns, as far as what they begin with says."""
    (one, *more), (two, *rest) = pattern.split("*"), other.split("*")
    if not more or not rest:
        return matches_name(other, pattern) if rest else matches_name(pattern, other)
    return one.startswith(two) or two.startswith(one)


@sealed
class PatternSet:
    """Patterns that answer together; exact ones by look-up, so that ten thousand of them cost no more than one."""

    __slots__ = ("_exact", "_known_places", "_with_star", "patterns")

    def __init__(self, patterns: Iterable[Pattern] = ()) -> None:
        self.patterns = tuple(patterns)
        self._known_places: dict[tuple[str, str, int | None], list[Pattern]] = {}
        self._exact: dict[tuple[str, str, int | None, str], Pattern] = {}
        self._with_star: dict[tuple[str, str, int | None], list[Pattern]] = {}
        for pattern in self.patterns:
            place = (pattern.scheme, pattern.host, pattern.port)
            if pattern.is_exact:
                self._exact.setdefault((*place, pattern.pieces[0]), pattern)
            else:
                self._with_star.setdefault(place, []).append(pattern)

    def find(self, endpoint: Endpoint) -> Pattern | None:
        """One of the patterns that match, an exact one first, or None."""
        path = endpoint.path
        if self._exact:
            exact = self._exact.get((endpoint.scheme, endpoint.host, endpoint.port, path))
            if exact is not None:
                return exact
        if self._with_star:
            for pattern in self._with_a_star(endpoint):
                if _path_matches(pattern.pieces, path):
                    return pattern
        return None

    def find_all(self, endpoint: Endpoint) -> Iterator[Pattern]:
        """Every pattern that matches (of exact ones that are equal, the first)."""
        exact = self._exact.get((endpoint.scheme, endpoint.host, endpoint.port, endpoint.path))
        if exact is not None:
            yield exact
        for pattern in self._with_a_star(endpoint):
            if _path_matches(pattern.pieces, endpoint.path):
                yield pattern

    def _with_a_star(self, endpoint: Endpoint) -> list[Pattern]:
        """The patterns that aren't exact and match an endpoint's scheme, host and port."""
        place = (endpoint.scheme, endpoint.host, endpoint.port)
        known = self._known_places.get(place)
        if known is not None:
            return known
        found: list[Pattern] = []
        host = suffix = endpoint.host
        while host:
            found += self._with_star.get((endpoint.scheme, host, endpoint.port), ())
            suffix = suffix.partition(".")[2]
            host = f"*.{suffix}" if suffix else ""
        if len(self._known_places) < _MOST_PLACES:
            self._known_places[place] = found
        return found

    def __contains__(self, endpoint: Endpoint) -> bool:
        return self.find(endpoint) is not None

    def __bool__(self) -> bool:
        return bool(self.patterns)

    def __repr__(self) -> str:
        return f"PatternSet({list(self.patterns)})"
