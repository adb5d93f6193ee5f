"""What is wrong with a URL or a pattern, for whoever can say where it stands."""

from __future__ import annotations


class UrlError(ValueError):
    """A text that is no URL, or no pattern, in this tool's sense.

    Attributes:
        code: one of the diagnostic codes.
        message: one sentence that quotes none of the text.
        help: what to do.
    """

    def __init__(self, code: str, message: str, help_: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.help = help_
