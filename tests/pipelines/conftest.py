"""A folder and a sandbox, as for the other tests of the installed command."""

from tests.e2e.conftest import tool

__all__ = ["tool"]
