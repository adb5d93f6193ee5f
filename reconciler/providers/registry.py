"""Which providers there are: the built-in one, and those that installed packages offer through entry points."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from reconciler.model.configuration import Account
from reconciler.model.provider import Provider
from reconciler.model.reading import ErrorKind, ProviderError
from reconciler.providers.client import Reader, Surroundings, Writer
from reconciler.providers.installed import Installed
from reconciler.providers.shippo import INSTALLED, SHIPPO

if TYPE_CHECKING:  # reading what is installed takes longer to import than all else here
    from importlib.metadata import EntryPoint

GROUP = "reconciler.providers"

_BUILT_IN = {SHIPPO.name: INSTALLED}


class BrokenProviderError(ProviderError):
    """An installed package's provider can't be used; says which package, and what is wrong with it."""


def declaration(name: str) -> Provider | None:
    """A provider's declaration, or None where no provider has that name.

    Raises:
        BrokenProviderError: a package offers it, and it can't be used.
    """
    installed = _installed(name)
    return None if installed is None else installed.declaration


def names() -> tuple[str, ...]:
    """The names of all providers, sorted. Nothing is imported for it."""
    return tuple(sorted({*_BUILT_IN, *(entry_point.name for entry_point in _entry_points())}))


def open_reader(account: Account, surroundings: Surroundings) -> Reader:
    """A client that can only look.

    Raises:
        BrokenProviderError: the provider's package can't be used.
    """
    reader: Reader = _open(account, surroundings, _existing(account).reader)
    return reader


def open_writer(account: Account, surroundings: Surroundings) -> Writer:
    """A client that can also change things.

    Raises:
        BrokenProviderError: the provider's package can't be used.
    """
    writer: Writer = _open(account, surroundings, _existing(account).writer)
    return writer


def _existing(account: Account) -> Installed:
    installed = _installed(account.provider.name)
    if installed is None:
        raise _broken(f"there is no provider `{account.provider.name}`", "Install the package that offers it.")
    return installed


def _installed(name: str) -> Installed | None:
    if name in _BUILT_IN:
        return _BUILT_IN[name]
    found = tuple(entry_point for entry_point in _entry_points() if entry_point.name == name)
    if not found:
        return None
    if len(found) > 1:
        packages = " and ".join(sorted(_package(entry_point) for entry_point in found))
        raise _broken(f"several packages offer the provider `{name}`: {packages}", "Uninstall all but one of them.")
    return _loaded(found[0])


def _entry_points() -> tuple[EntryPoint, ...]:
    """What installed packages offer: read from disk, so only where a name isn't a built-in one."""
    from importlib.metadata import entry_points  # noqa: PLC0415

    return tuple(entry_points(group=GROUP))


def _loaded(entry_point: EntryPoint) -> Installed:
    try:
        loaded: object = entry_point.load()
        reason = "" if isinstance(loaded, Installed) else f"`{entry_point.value}` is no `Installed`"
    except Exception as error:  # noqa: BLE001 - whatever a package's code does, it is that package's fault
        loaded, reason = None, f"loading `{entry_point.value}` ended in a {type(error).__name__}"
    if isinstance(loaded, Installed) and loaded.declaration.name != entry_point.name:
        reason = f"it is declared as `{loaded.declaration.name}`"
    if reason or not isinstance(loaded, Installed):
        raise _broken(
            f"the provider `{entry_point.name}` of the package {_package(entry_point)} can't be used: {reason}",
            "Update or uninstall that package.",
        )
    return loaded


def _open(account: Account, surroundings: Surroundings, path: str) -> Any:  # noqa: ANN401 - a package's own class
    module, _, name = path.partition(":")
    try:
        opener: Callable[[Account, Surroundings], object] = getattr(importlib.import_module(module), name)
        return opener(account, surroundings)
    except ProviderError:
        raise
    except Exception as error:
        if account.provider.name in _BUILT_IN:
            raise  # ours: a bug
        reason = type(error).__name__
    raise _broken(
        f"the provider `{account.provider.name}` can't be opened: `{path}` ended in a {reason}",
        "Update or uninstall the package that offers it.",
    )


def _package(entry_point: EntryPoint) -> str:
    return f"`{entry_point.dist.name}`" if entry_point.dist is not None else "`?`"


def _broken(message: str, help_: str) -> BrokenProviderError:
    return BrokenProviderError(kind=ErrorKind.REFUSED, message=message, help=help_)
