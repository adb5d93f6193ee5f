"""The few colours there are, and none where they aren't wanted."""

from __future__ import annotations

from dataclasses import dataclass

SIGNS = {"create": "+", "update": "~", "delete": "-"}
"""How each action is marked, in a plan and as it is done."""

_CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}


@dataclass(frozen=True, slots=True)
class Style:
    """Paints text, or leaves it alone."""

    on: bool

    def paint(self, text: str, *styles: str) -> str:
        """The text in the given styles (`bold`, `dim`, `red`, `green`, `yellow`, `cyan`)."""
        if not self.on or not styles or not text:
            return text
        return f"\x1b[{';'.join(_CODES[style] for style in styles)}m{text}\x1b[0m"
