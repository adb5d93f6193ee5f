"""Reads URLs and patterns with their variables put in."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar

from reconciler.config.diagnostics import Diagnostics, Location, Span
from reconciler.config.interpolation import check_not_option
from reconciler.model.diagnostic import UrlError
from reconciler.model.pattern import Pattern, parse_pattern
from reconciler.model.secret import Origin, Part, SecretText
from reconciler.model.url import Url, parse_url
from reconciler.model.url_characters import check_characters, with_query_values_encoded

_BLOCK = r"(?:&\S+\s+)?([>|])(?!-)"
_Parsed = TypeVar("_Parsed")


def read_url(text: SecretText, span: Location, secret_params: frozenset[str], diagnostics: Diagnostics) -> Url | None:
    """Read a URL; None where it is none, which a diagnostic says."""

    def parse(checked: SecretText) -> Url:
        return parse_url(with_query_values_encoded(checked), secret_params)

    url = _read(text, "the URL", parse, span, diagnostics)
    for item in url.items if url is not None else ():
        if item.secret:
            check_not_option(item.text, span, "in a secret parameter", diagnostics)
    return url


def read_pattern(text: SecretText, span: Span, diagnostics: Diagnostics) -> Pattern | None:
    """Read a pattern; None where it is none, which a diagnostic says."""
    return _read(text, "the pattern", parse_pattern, span, diagnostics)


def _read(
    text: SecretText, what: str, parse: Callable[[SecretText], _Parsed], span: Location, diagnostics: Diagnostics
) -> _Parsed | None:
    fitted = _fit_placeholders(text)
    try:
        check_characters(fitted, what)
        return parse(fitted)
    except UrlError as error:
        help_ = error.help
        block = re.match(_BLOCK, span.written.text) if isinstance(span, Span) else None
        if block is not None and text.reveal().endswith("\n"):
            help_ = f"Write `{block[1]}-` instead of `{block[1]}`, which adds a line break at the end."
        diagnostics.error(error.code, span, error.message, help_)
        return None


def depends_on_unset_variable(text: SecretText) -> bool:
    """Whether what a URL or a pattern points at isn't known: a placeholder stands before its query."""
    if text.parts and text.parts[0].is_set and "?" in text.parts[0].text:
        return False
    return not text.is_known and not text.slice(0, len(text.reveal().partition("?")[0])).is_known


def _fit_placeholders(text: SecretText) -> SecretText:
    """Placeholders in a URL take a form that its part allows; one that is the whole URL becomes one."""
    if text.is_known:
        return text
    fitted: list[Part] = []
    before = ""
    for index, part in enumerate(text.parts):
        following = text.parts[index + 1].text if index + 1 < len(text.parts) else None
        piece = part.text if part.origin is not Origin.PLACEHOLDER else _fitting(part.text[1:], before, following)
        fitted.append(part if piece == part.text else Part(piece, part.origin, part.name))
        before += piece
    return SecretText(tuple(fitted))


def _fitting(number: str, before: str, following: str | None) -> str:
    """What stands for a placeholder behind and before these texts of a URL."""
    _, scheme_ends, authority = before.partition("://")
    if not scheme_ends:
        if before or (following or "").startswith("://"):
            return "https"
        return f"https://unset{number}.invalid" + ("/" if following is None else "")
    if set(authority) & set("/?#"):
        return f"~{number}"
    return str(10000 + int(number) % 10000) if authority.endswith(":") else f"unset{number}"
