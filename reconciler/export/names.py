"""Names of entries, from words that a person would choose, and of the variables that hold secrets."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from reconciler.model.redaction import reads_as_words


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SERVICES = _words("""
    azure discord discordapp github gitlab google googleapis hookdeck ifttt integromat intercom make mattermost n8n
    office opsgenie pabbly pagerduty parabola pipedream segment slack svix telegram tray webhook workato zapier zendesk
    """)
"""Receivers for everybody, by a label of their hosts: it says more than a path, which tells accounts apart there."""
_DULL = _words("""
    api apis app apps aspx callback callbacks catch central cgi cloud com data default east endpoint endpoints event
    events execute function functions handler hook hooks hooktest html http https in inbound incoming index ingest
    integration integrations invoke json key listener main manual msg net north org out paths php post public raw
    receive receiver rest run service services silent south src trigger triggers web webhook webhookb2 webhooks west
    with workflow workflows www xml
    """)
"""Words that say of a receiver that it is one, or how it is built."""
_ENVIRONMENTS = _words("acceptance demo dev development preview qa sandbox stage staging test testing uat")
_PRODUCTION = _words("live prod production")
_SHORTEST = 3
"""Characters of a host's label that says something: `eu` and `m` are for machines."""
_SHARED_ANYWHERE = 8
"""A value of as many characters is the same secret wherever it is; `1` is not the same page and version."""


class Place(NamedTuple):
    """What a name is made of: where an entry's webhooks deliver, and what tells them from others there."""

    host: str
    segments: Sequence[str]  # of the path: those that may be shown
    values: Sequence[str] = ()  # of the query: likewise
    kind: str = ""  # such as `test`, where it isn't the account's
    marks: Sequence[str] = ()  # that it is off, its port, an event


def wishes(place: Place, provider: str) -> Iterator[str]:
    """Names for an entry, the best first. They depend on its own place alone, so that a name outlasts new neighbours.

    A service names what it receives; else the last telling word of the path, else the first of the host. Where that is
    taken, it gets another word beside it.
    """
    *labels, _ = place.host.split(".") if "." in place.host else (place.host, "")
    labels = [label for label in labels if label in _SERVICES or (len(label) >= _SHORTEST and reads_as_words(label))]
    texts = [*reversed(place.segments), *labels]
    dull = {*_DULL, *_ENVIRONMENTS, *_PRODUCTION, provider}
    telling = [
        *(label for label in labels if label in _SERVICES),
        *filter(None, (_telling(text, dull) for text in texts)),
    ] or [_slug(place.host) or "webhook"]
    words = {word for text in texts for word in _slug(text).split("-")}
    first = _with(telling[0], *sorted(words & _ENVIRONMENTS)[:1], place.kind)
    yield first
    for more in (*telling[1:], *sorted(words & _PRODUCTION), *place.values, *place.marks, *place.segments):
        yield _with(first, _slug(more))


def is_service(host: str) -> bool:
    """Whether a host is one of a service that receives for everybody."""
    return not _SERVICES.isdisjoint(host.split(".")[:-1])


def _telling(text: str, dull: Collection[str]) -> str:
    """A text without the words at its ends that say nothing; empty where none is left."""
    words = _slug(text).split("-")

    def is_dull(word: str) -> bool:
        return word in dull or re.fullmatch(r"[a-z]{0,2}[0-9]+", word) is not None

    while words and is_dull(words[-1]):
        words.pop()
    while words and is_dull(words[0]):
        words.pop(0)
    return "-".join(words)


def _slug(text: str) -> str:
    """What names may hold, of a text; humps of camelCase are words."""
    humps = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", text)
    return re.sub(r"[^a-z0-9]+", "-", humps.lower()).strip("-")


def _with(name: str, *more: str) -> str:
    """A name with further words, but none twice."""
    for word in more:
        if word.startswith(f"{name}-"):
            name = word
        elif word and f"-{word}-" not in f"-{name}-":
            name = f"{name}-{word}"
    return name


class Names:
    """Names of entries and variables, each given once over all accounts of a file; the same value is one variable.

    A variable that has the value already, in the environment or as one of `known` by the files, keeps its name for it.
    `variables` has the values of those that were named; None where the provider doesn't return it.
    """

    def __init__(
        self,
        entries: Iterable[str] = (),
        environment: Mapping[str, str] | None = None,
        known: Mapping[str, str] | None = None,
    ) -> None:
        self._taken = set(entries)  # entries have lower-case names, variables upper-case ones
        self._environment = {**(known or {}), **(environment or {})}
        self._lowest: dict[str, int] = {}
        self._wanted: dict[str, frozenset[str]] = {}  # by the name that an entry got
        self._by_value: dict[tuple[str, str], str] = {}
        self.variables: dict[str, str | None] = {}
        # A file that was exported before may have named them after neighbours that are gone.
        ours = {name: value for name, value in sorted(self._environment.items()) if name.startswith("HOOK_")}
        for name, value in {**(known or {}), **ours}.items():
            if self._environment[name] == value:
                self._by_value.setdefault(_same("", value), name)

    def entry(self, wanted: Iterable[str]) -> str:
        """A name for an entry: the first that is free, else the best with a number.

        An entry whose best name is taken gets one that the entry with that name couldn't have had.
        """
        names = list(wanted)
        alike = self._wanted.get(names[0], frozenset())
        free = (name for name in names if name not in self._taken and name not in alike)
        found = next(free, None) or self._free(names[0], "-")
        self._taken.add(found)
        self._wanted[found] = frozenset(names)
        return found

    def variable(self, value: str | None, *words: str) -> str:
        """A variable of this value named after these words, as a file writes it: `${HOOK_WORDS}`."""
        same = None if value is None else _same(words[-1], value)
        name = None if same is None else self._by_value.get(same)
        if name is None:
            name = self._named(words, lambda name: self._environment.get(name, value) == value)
        if same is not None:
            self._by_value[same] = name
        self.variables[name] = value
        return f"${{{name}}}"

    def made_secret(self, *words: str) -> str:
        """The name, of no variable yet, under which a secret goes on that a provider makes."""
        return self._named(words, lambda name: name not in self._environment)

    def _named(self, words: Iterable[str], fits: Callable[[str], bool]) -> str:
        name = self._free(re.sub(r"[^A-Z0-9_]+", "_", "_".join(("HOOK", *words)).upper()), "_", fits)
        self._taken.add(name)
        return name

    def _free(self, wish: str, separator: str, fits: Callable[[str], bool] = lambda _: True) -> str:
        """The name wished for, or the one with the lowest number, that is free and fits."""

        def numbered(number: int) -> str:
            return wish if number == 1 else f"{wish}{separator}{number}"

        lowest = self._lowest.get(wish, 1)  # all below are taken: ten thousand may ask for the same
        while numbered(lowest) in self._taken:
            lowest += 1
        self._lowest[wish] = lowest
        return next(name for name in map(numbered, itertools.count(lowest)) if name not in self._taken and fits(name))


def _same(word: str, value: str) -> tuple[str, str]:
    """What two values have in common where one variable serves both."""
    return ("" if len(value) >= _SHARED_ANYWHERE else word, value)
