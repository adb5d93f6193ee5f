"""What every part of the building is handed."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from reconciler.config.complaints import Complaints
from reconciler.config.interpolate import Interpolator, Rule
from reconciler.config.written import Text
from reconciler.model.provider import Provider
from reconciler.model.secret import Origin, SecretText
from reconciler.model.showing import reads_as_words


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What every part of the building is handed.

    Attributes:
        complaints: gets what is wrong.
        interpolator: puts variables in.
        declaration: gives a provider's declaration by name.
        allowed_hosts: hosts that may get a token beside the provider's own and loopback.
        selected: patterns of the accounts that are worked on; none means all.
        offline: whether no variable is needed.
    """

    complaints: Complaints
    interpolator: Interpolator
    declaration: Callable[[str], Provider | None]
    allowed_hosts: frozenset[str] = frozenset()
    selected: tuple[str, ...] = ()
    offline: bool = False

    def needs(self, *accounts: str) -> bool:
        """Whether the variables of one of these accounts must be set."""
        if self.offline:
            return False
        if not self.selected:
            return True
        return any(_selecting(self.selected).fullmatch(name) for name in accounts)

    def plain(self, text: Text, *, needed: bool) -> str | None:
        """A string that only the file and `--var` may write; None where it isn't known."""
        if "$" not in text.raw:
            return text.raw
        value = self.interpolator.text(text, Rule(environment=False, needed=needed))
        if value is None or Origin.PLACEHOLDER in value.origins():
            return None
        return value.reveal()


@lru_cache(maxsize=8)
def _selecting(patterns: tuple[str, ...]) -> re.Pattern[str]:
    """What matches the names that one of the patterns matches; `*` is the only wildcard."""
    return re.compile("|".join(".*".join(map(re.escape, pattern.split("*"))) for pattern in patterns), re.DOTALL)


def as_written(text: SecretText) -> str:
    """A text with its variables by name, those from `--var` too: what a complaint may quote."""
    return "".join(f"${{{part.name}}}" if part.name else part.text for part in text.parts)


def quoted(text: Text, otherwise: str) -> str:
    """A string as the file writes it, where it reads as words: somebody may have put a secret in its place."""
    plain = text.raw.replace("${", "").replace("}", "")
    return f"`{text.raw}`" if plain and reads_as_words(plain) else otherwise
