"""The options of the suite, as a plugin of pytest: registered by installation, and silent where nobody uses it."""

from __future__ import annotations

import os
from contextlib import suppress

import pytest

_OPTIONS = {
    "provider": "the installed provider that `--pyargs reconciler.testing` tests",
    "provider-url": "the base URL of a real server to test against, instead of one in memory",
    "provider-token": "its token; RECONCILER_PROVIDER_TOKEN keeps it out of sight",
    "provider-place": "the repository, project or the like to use there",
}
_given: dict[str, str] = {}

_ASSERTING = ("bench", "suite", "suite_base", "suite_failures", "suite_secrets")
pytest.register_assert_rewrite(*(f"reconciler.testing.{name}" for name in _ASSERTING))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options; what another plugin has already is left to it, and to the environment."""
    group = parser.getgroup("reconciler", "webhook providers (reconciler.testing)")
    for name, text in _OPTIONS.items():
        with suppress(ValueError):
            group.addoption(f"--{name}", metavar="TEXT", default="", help=text)


def pytest_configure(config: pytest.Config) -> None:
    """Keep what the options say, for modules that are imported before any test is."""
    for name in _OPTIONS:
        _given[name] = config.getoption(f"--{name}", default="") or ""


def option(name: str) -> str:
    """What an option says, or else the environment: of `provider-url` the variable `RECONCILER_PROVIDER_URL`."""
    return _given.get(name) or os.environ.get(f"RECONCILER_{name.replace('-', '_').upper()}", "")


def chosen_provider() -> str:
    """The provider's name; UsageError where none is installed by it."""
    from reconciler.providers.registry import INSTALLED  # noqa: PLC0415 - only where it is asked for

    name = option("provider")
    if name not in [*INSTALLED]:
        raise pytest.UsageError(f"Give `--provider NAME`. Installed are {', '.join(sorted(INSTALLED))}.")
    return name
