"""Where everything that reads the file puts its complaints, so that one run has all of them."""

from __future__ import annotations

from typing import NoReturn

from reconciler.config.bounds import MOST_COMPLAINTS
from reconciler.config.spot import Spot
from reconciler.model.diagnostic import Diagnostic, Place, Severity
from reconciler.model.url_error import UrlError


class TooMuch(Exception):  # noqa: N818 - ends the reading of all files, after a complaint
    """The files hold more than anybody needs: going on would take more time or memory than a run may."""


class Complaints:
    """The complaints so far. Their texts quote nothing but what the file writes in clear."""

    __slots__ = ("_errors", "_found", "_warnings")

    def __init__(self) -> None:
        self._found: list[Diagnostic] = []
        self._errors = 0
        self._warnings = 0

    def error(self, code: str, where: Spot | Place | None, message: str, help_: str) -> None:
        """Note what stops the command.

        Raises:
            TooMuch: there are more errors than anybody reads.
        """
        self._errors += 1
        self._note(Severity.ERROR, code, where, (message, help_))
        if self._errors == MOST_COMPLAINTS:
            self.too_much(where, f"there may be more errors than these {MOST_COMPLAINTS}", "Correct these first.")

    def warning(self, code: str, where: Spot | Place | None, message: str, help_: str) -> None:
        """Note what is legal but unwise."""
        self._warnings += 1
        if self._warnings <= MOST_COMPLAINTS:
            self._note(Severity.WARNING, code, where, (message, help_))
        elif self._warnings == MOST_COMPLAINTS + 1:
            self._note(
                Severity.WARNING, "too-much", where, (f"there are more warnings than these {MOST_COMPLAINTS}", _FEWER)
            )

    def url_error(self, error: UrlError, where: Spot) -> None:
        """Note what is wrong with a URL or a pattern."""
        self.error(error.code, where, error.message, error.help)

    def too_much(self, where: Spot | Place | None, message: str, help_: str) -> NoReturn:
        """Note of what there is too much, and end the reading.

        Raises:
            TooMuch: always.
        """
        self._errors += 1
        self._note(Severity.ERROR, "too-much", where, (message, help_))
        raise TooMuch

    def _note(self, severity: Severity, code: str, where: Spot | Place | None, texts: tuple[str, str]) -> None:
        place, width = (where.place, where.width) if isinstance(where, Spot) else (where, 1)
        message, help_ = texts
        self._found.append(
            Diagnostic(severity=severity, code=code, place=place, message=message, help=help_, width=width)
        )

    @property
    def found(self) -> tuple[Diagnostic, ...]:
        """All of them, as they came."""
        return tuple(self._found)

    @property
    def has_errors(self) -> bool:
        """Whether any of them stops the command."""
        return self._errors > 0


_FEWER = "Correct these, or write fewer entries."
