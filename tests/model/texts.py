"""Texts with origins in one word each, for the tests of the model."""

from __future__ import annotations

from reconciler.model.endpoint import BUILT_IN_SECRET_PARAMS
from reconciler.model.secret import Origin, Part, SecretText
from reconciler.model.url import Url, parse_url


def text(*parts: str | Part) -> SecretText:
    """A text; plain strings are what the file writes in clear."""
    return SecretText(tuple(part if isinstance(part, Part) else Part(part) for part in parts))


def env(name: str, value: str) -> Part:
    """What an environment variable brings."""
    return Part(value, Origin.ENVIRONMENT, name)


def option(name: str, value: str) -> Part:
    """What `--var` brings."""
    return Part(value, Origin.OPTION, name)


def unset(name: str, value: str = "~1") -> Part:
    """A variable that isn't set, as a load leaves it."""
    return Part(value, Origin.PLACEHOLDER, name)


def written(*parts: str | Part, secret_params: frozenset[str] = BUILT_IN_SECRET_PARAMS) -> Url:
    """A URL as the file has it."""
    return parse_url(text(*parts), secret_params)


def sent(raw: str, secret_params: frozenset[str] = BUILT_IN_SECRET_PARAMS) -> Url:
    """A URL as the provider has it."""
    return parse_url(SecretText.provider(raw), secret_params)
