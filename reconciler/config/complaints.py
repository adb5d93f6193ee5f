"""Where everything that reads the file puts its complaints, so that one run has all of them."""

from __future__ import annotations

from reconciler.config.spot import Spot
from reconciler.model.diagnostic import Diagnostic, Place, Severity
from reconciler.model.url_error import UrlError


class Complaints:
    """The complaints so far. Their texts quote nothing but what the file writes in clear."""

    __slots__ = ("_found",)

    def __init__(self) -> None:
        self._found: list[Diagnostic] = []

    def error(self, code: str, where: Spot | Place | None, message: str, help_: str) -> None:
        """Note what stops the command."""
        self._note(Severity.ERROR, code, where, (message, help_))

    def warning(self, code: str, where: Spot | Place | None, message: str, help_: str) -> None:
        """Note what is legal but unwise."""
        self._note(Severity.WARNING, code, where, (message, help_))

    def url_error(self, error: UrlError, where: Spot) -> None:
        """Note what is wrong with a URL or a pattern."""
        self._note(Severity.ERROR, error.code, where, (error.message, error.help))

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
        return any(diagnostic.is_error for diagnostic in self._found)
