"""Strings to URLs and patterns, with an error where they aren't any."""

from __future__ import annotations

import re
from enum import Enum

from reconciler.config.diagnostics import Diagnostics, Span
from reconciler.model.characters import check_beginning, check_characters, with_query_values_encoded
from reconciler.model.diagnostic import UrlError
from reconciler.model.pattern import Pattern, parse_pattern
from reconciler.model.secret import Origin, Part, SecretText
from reconciler.model.url import Url, parse_url

_BLOCK = re.compile(r"(?:&\S+\s+)?([>|])(?!-)")


def read_url(text: SecretText, span: Span, secret_params: frozenset[str], diagnostics: Diagnostics) -> Url | None:
    """Read an entry's URL; None where it is none."""
    try:
        url = parse_url(with_query_values_encoded(_checked(text, "the URL")), secret_params)
    except UrlError as error:
        _report(error, text, span, diagnostics)
        return None
    for item in url.items:
        for name in item.text.variables(Origin.OPTION) if item.secret else ():
            diagnostics.error(
                "variable-option-secret",
                span,
                f"`${{{name}}}` is set with `--var` or `--var-file`, which are not for secrets, but is used in a "
                f"secret parameter",
                "Set it in the environment or in an env file (`--env-file`).",
            )
    return url


def read_pattern(text: SecretText, span: Span, diagnostics: Diagnostics) -> Pattern | None:
    """Read a pattern; None where it is none."""
    try:
        return parse_pattern(_checked(text, "the pattern"))
    except UrlError as error:
        _report(error, text, span, diagnostics)
        return None


def _report(error: UrlError, text: SecretText, span: Span, diagnostics: Diagnostics) -> None:
    block = _BLOCK.match((span.anchor or span).text)
    if block is not None and text.reveal().endswith("\n"):
        help_ = f"Write `{block[1]}-` instead of `{block[1]}`, which adds a line break at the end."
        diagnostics.error(error.code, span, error.message, help_)
    else:
        diagnostics.url_error(error, span)


def _checked(text: SecretText, what: str) -> SecretText:
    """A text of the file, its placeholders fitted, whose variables stand where they may and whose characters may be.

    Raises:
        UrlError: one doesn't.
    """
    fitted = fit_placeholders(text)
    check_beginning(fitted)
    check_characters(fitted, what)
    return fitted


def depends_on_unset_variable(text: SecretText) -> bool:
    """Whether what a URL or a pattern points at isn't known: a placeholder stands before its query."""
    if not _has_placeholder(text):
        return False
    path_end = text.reveal().partition("?")[0]
    return Origin.PLACEHOLDER in text.slice(0, len(path_end)).origins()


def fit_placeholders(text: SecretText) -> SecretText:
    """Placeholders in a URL take a form that its part allows; one that is the whole URL becomes one."""
    if not _has_placeholder(text):
        return text
    if len(text.parts) == 1:
        part = text.parts[0]
        return SecretText((Part(f"https://unset{part.text[1:]}.invalid/", part.origin, part.name),))
    where, before = _Where.SCHEME, ""
    parts: list[Part] = []
    for number, part in enumerate(text.parts):
        is_origin = number == 0 and not text.parts[1].text.startswith("://")
        fitting = _fitting(where, before, part, is_origin=is_origin) if part.origin is Origin.PLACEHOLDER else part
        parts.append(fitting)
        before += fitting.text
        if where is _Where.SCHEME and "://" in before:
            where, before = _Where.AUTHORITY, before.partition("://")[2]
        if where is _Where.AUTHORITY and set(before) & set("/?#"):
            where = _Where.REST
        before = before[-len("://") :]
    return SecretText(tuple(parts))


def _has_placeholder(text: SecretText) -> bool:
    for part in text.parts:  # noqa: SIM110 - a generator would cost more than the look
        if part.origin is Origin.PLACEHOLDER:
            return True
    return False


class _Where(Enum):
    """The part of a URL."""

    SCHEME = "scheme"
    AUTHORITY = "authority"
    REST = "rest"


def _fitting(where: _Where, before: str, part: Part, *, is_origin: bool) -> Part:
    number = part.text.removeprefix("~")
    match where:
        case _Where.SCHEME if is_origin:
            text = f"https://unset{number}.invalid"
        case _Where.SCHEME:
            text = "https"
        case _Where.AUTHORITY if before.endswith(":"):
            text = str(10000 + int(number) % 10000)
        case _Where.AUTHORITY:
            text = f"unset{number}"
        case _Where.REST:
            text = part.text
    return Part(text, part.origin, part.name)
