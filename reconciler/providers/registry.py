"""Which providers there are: the built-in ones, and those that installed packages offer through entry points."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

from reconciler.model.configuration import Account
from reconciler.model.provider import Provider
from reconciler.model.reading import ErrorKind, ProviderError
from reconciler.provider import INTERFACE, ProviderPlugin
from reconciler.providers.client import ClientContext, Reader, Writer
from reconciler.providers.contained import ContainedReader, ContainedWriter
from reconciler.providers.github import GITHUB
from reconciler.providers.shippo import SHIPPO

if TYPE_CHECKING:  # reading what is installed takes longer to import than all else here
    from importlib.metadata import EntryPoint

GROUP = "reconciler.providers"

_BUILT_IN = {provider.name: ProviderPlugin(interface=INTERFACE, provider=provider) for provider in (SHIPPO, GITHUB)}
_REST = {"reader": "reconciler.providers.rest:RestReader", "writer": "reconciler.providers.rest:RestWriter"}


class BrokenProviderError(ProviderError):
    """An installed package's provider can't be used; says which package, and what is wrong with it."""


def built_in() -> tuple[Provider, ...]:
    """The declarations that come with the tool."""
    return tuple(plugin.provider for plugin in _BUILT_IN.values())


def declaration(name: str) -> Provider | None:
    """A provider's declaration, or None where no provider has that name.

    Raises:
        BrokenProviderError: a package offers it, and it can't be used.
    """
    plugin = _plugin(name)
    return None if plugin is None else plugin.provider


def names() -> tuple[str, ...]:
    """The names of all providers, sorted. Nothing is imported for it."""
    return tuple(sorted({*_BUILT_IN, *(entry_point.name for entry_point in _entry_points())}))


def open_reader(account: Account, context: ClientContext) -> Reader:
    """A client that can only look.

    Raises:
        BrokenProviderError: the provider's package can't be used.
    """
    reader: Reader = _open(account, context, "reader")
    return reader


def open_writer(account: Account, context: ClientContext) -> Writer:
    """A client that can also change things.

    Raises:
        BrokenProviderError: the provider's package can't be used.
    """
    writer: Writer = _open(account, context, "writer")
    return writer


def _open(account: Account, context: ClientContext, role: Literal["reader", "writer"]) -> Any:  # noqa: ANN401 - a package's own class
    name = account.provider.name
    plugin = _plugin(name)
    if plugin is None:
        raise _broken(f"provider `{name}` not found", "Install the provider's package.")
    path = plugin.reader if role == "reader" else plugin.writer
    if name in _BUILT_IN:
        return _opener(_REST[role])(account, context)
    package = next((_package(found) for found in _entry_points() if found.name == name), "`?`")
    try:
        contained = ContainedReader if role == "reader" else ContainedWriter
        return contained(_opener(path or _REST[role])(account, context), name, package)
    except ProviderError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever a package's code does, it is that package's fault
        reason = type(error).__name__
    raise _broken(
        f"the provider `{name}` of the package {package} can't be loaded: `{path}` raised {reason}",
        "Update or uninstall that package.",
    )


def _opener(path: str) -> Callable[[Account, ClientContext], object]:
    module, _, name = path.partition(":")
    opener: Callable[[Account, ClientContext], object] = getattr(importlib.import_module(module), name)
    return opener


def _plugin(name: str) -> ProviderPlugin | None:
    if name in _BUILT_IN:
        return _BUILT_IN[name]
    found = tuple(entry_point for entry_point in _entry_points() if entry_point.name == name)
    if not found:
        return None
    if len(found) > 1:
        packages = " and ".join(sorted(_package(entry_point) for entry_point in found))
        raise _broken(f"several packages contain the provider `{name}`: {packages}", "Uninstall all but one of them.")
    return _loaded(found[0])


def _entry_points() -> tuple[EntryPoint, ...]:
    """What installed packages offer: read from disk, so only where a name isn't a built-in one."""
    from importlib.metadata import entry_points  # noqa: PLC0415

    return tuple(entry_points(group=GROUP))


def _loaded(entry_point: EntryPoint) -> ProviderPlugin:
    try:
        loaded: object = entry_point.load()
        reason = "" if isinstance(loaded, ProviderPlugin) else f"`{entry_point.value}` is not a `ProviderPlugin`"
    except Exception as error:  # noqa: BLE001 - whatever a package's code does, it is that package's fault
        loaded, reason = None, f"loading `{entry_point.value}` raised {type(error).__name__}"
    if isinstance(loaded, ProviderPlugin):
        if loaded.interface != INTERFACE:
            reason = f"it was written for interface {loaded.interface}, but this version has interface {INTERFACE}"
        elif loaded.provider.name != entry_point.name:
            reason = f"it is declared as `{loaded.provider.name}`"
        elif loaded.provider.rest is None and not (loaded.reader and loaded.writer):
            reason = "it has neither `rest` nor a reader and a writer of its own"
    if reason or not isinstance(loaded, ProviderPlugin):
        raise _broken(
            f"the provider `{entry_point.name}` of the package {_package(entry_point)} can't be used: {reason}",
            "Update or uninstall that package.",
        )
    return loaded


def _package(entry_point: EntryPoint) -> str:
    return f"`{entry_point.dist.name}`" if entry_point.dist is not None else "`?`"


def _broken(message: str, help_: str) -> BrokenProviderError:
    return BrokenProviderError(kind=ErrorKind.REFUSED, message=message, help=help_)
