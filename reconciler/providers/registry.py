"""Which providers there are: the built-in ones, and those that installed packages offer through entry points.

A provider's client makes five calls, from any thread; each raises `ProviderError` where it fails.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Protocol, cast

from reconciler.model.configuration import Account
from reconciler.model.provider import Provider
from reconciler.model.reading import ErrorKind, ProviderError, Reading
from reconciler.model.webhook import Fields, Remote
from reconciler.provider import INTERFACE, ProviderPlugin

if TYPE_CHECKING:  # reading what is installed takes longer to import than all else here
    from importlib.metadata import EntryPoint

    from reconciler.http.pacing import ClientContext

GROUP = "reconciler.providers"

_BUILT_IN = {
    "shippo": "reconciler.providers.shippo:SHIPPO",
    "github": "reconciler.providers.github:GITHUB",
    "labelstudio": "reconciler.providers.labelstudio:LABEL_STUDIO",
    "mlflow": "reconciler.providers.mlflow:MLFLOW",
    "pretix": "reconciler.providers.pretix:PRETIX",
    "gitlab": "reconciler.providers.gitlab:GITLAB",
    "gitea": "reconciler.providers.gitea:GITEA",
    "forgejo": "reconciler.providers.gitea:FORGEJO",
    "stripe": "reconciler.providers.stripe:STRIPE",
    "easypost": "reconciler.providers.easypost:EASYPOST",
    "svix": "reconciler.providers.svix:SVIX",
    "pagerduty": "reconciler.providers.pagerduty:PAGERDUTY",
}
"""Where each declaration is: imported when it is looked up, so that a file costs only the providers that it names."""
_REST = {"reader": "reconciler.providers.rest:RestReader", "writer": "reconciler.providers.rest:RestWriter"}
_READS = ("list", "get", "close", "places")
_WRITES = ("create", "update", "delete")
_UPDATE = "Update or uninstall that package."


class Reader(Protocol):
    """A client that can only look. What is asked of a webhook that isn't there fails with GONE."""

    def list(self) -> Reading:
        """Every webhook of the account, to the last page; an error where it can't be had whole, or can't be trusted."""

    def places(self) -> Sequence[str]:
        """The names of the places that an account's pattern may mean, and maybe others; called for a pattern only."""

    def get(self, object_id: str) -> Remote: ...
    def close(self) -> None: ...


class Writer(Reader, Protocol):
    """A client that can also change things. `ProviderError.may_have_acted` says where a failed call may have worked."""

    def create(self, fields: Fields, made: Callable[[Remote], None] | None = None) -> Remote:
        """Make a webhook; the answer is the provider's form of it. Never sent again once it may have acted.

        `made`, which only a provider is given that makes secrets, is called with the webhook and its `made_secret` as
        soon as they are known, before anything else can fail.
        """

    def update(self, object_id: str, fields: Fields, now: Remote) -> None:
        """Give a webhook all of these fields; `now` is what was read of it just before.

        `Masked` and a secret's None mean that it is left as it is.
        """

    def delete(self, object_id: str) -> None: ...


class ContainedClient:
    """A package's client, and the calls that it may be asked for: what they raise becomes its account's error.

    `who` is the provider and its package, as a sentence has them.
    """

    def __init__(self, client: object, calls: tuple[str, ...], who: str) -> None:
        self._client = client
        self._calls = calls
        self._who = who

    def __getattr__(self, name: str) -> Callable[..., object]:
        if name not in self._calls:
            raise AttributeError(name)

        def call(*arguments: object) -> object:
            given, raised = _contained(lambda: getattr(self._client, name)(*arguments))
            if raised:
                message = f"{self._who} failed: `{name}` raised {raised}"
                help_ = "Update that package, or report it to its authors."
                raise ProviderError(ErrorKind.GARBLED, message, help_, may_have_acted=name in _WRITES)
            return given

        return call


def _where(error: BaseException) -> str:
    """Where a package's code failed, or what it imports in vain; its message may quote what was sent."""
    if isinstance(error, ModuleNotFoundError):
        return f" (no module `{error.name}`)"
    if isinstance(error, SyntaxError):
        return f" ({error.filename}, line {error.lineno})"
    at, trace = "", error.__traceback__ and error.__traceback__.tb_next  # behind our own call
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        if not name.startswith("<") and "importlib" not in name and name != pkgutil.__file__:
            at = f" ({name}, line {trace.tb_lineno})"
        trace = trace.tb_next
    return at


def _contained(call: Callable[[], object]) -> tuple[object, str]:
    """What a package's code gives, and the name of what it raises, and where: no more is kept."""
    try:
        return call(), ""
    except ProviderError:
        raise
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a package's code does, it is that package's fault
        return None, f"{type(error).__name__}{_where(error)}"


def built_in() -> tuple[Provider, ...]:
    """The declarations that come with the tool."""
    return tuple(_plugin_of(name).provider for name in _BUILT_IN)


def is_built_in(provider: Provider) -> bool:
    """Whether it is one of those that come with the tool."""
    return provider.name in _BUILT_IN and _plugin_of(provider.name).provider is provider


class _Installed(Mapping[str, Provider]):
    """The declarations that there are, by name; one is loaded when it is looked up."""

    def __getitem__(self, name: str) -> Provider:
        """A provider's declaration; REFUSED where its package can't be used."""
        found = _find(name)
        if found is None:
            raise KeyError(name)
        return found[0].provider

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys((*_BUILT_IN, *(entry_point.name for entry_point in _entry_points()))))

    def __len__(self) -> int:
        return sum(1 for _ in self)


INSTALLED = _Installed()


def usable() -> dict[str, Provider]:
    """The declarations of all that can be loaded, by name."""
    found = {}
    for name in INSTALLED:
        with suppress(ProviderError):
            found[name] = INSTALLED[name]
    return found


def package_of(name: str) -> str:
    """The package that a provider is from; nothing for a built-in one."""
    found = _find(name)
    return "" if found is None else found[1].strip("`")


def open_reader(account: Account, context: ClientContext) -> Reader:
    """A client that can only look; REFUSED where the provider's package can't be used, DENIED as by a `Caller`."""
    return cast(Reader, _open(account, context, "reader", _READS))


def open_writer(account: Account, context: ClientContext) -> Writer:
    """A client that can also change things; fails as `open_reader`."""
    return cast(Writer, _open(account, context, "writer", _READS + _WRITES))


def _open(account: Account, context: ClientContext, role: str, calls: tuple[str, ...]) -> object:
    name = account.provider.name
    found = _find(name)
    if found is None:
        raise ProviderError(ErrorKind.REFUSED, f"provider `{name}` not found", "Install the provider's package.")
    plugin, package = found
    path = getattr(plugin, role) or _REST[role]
    if not package:
        return pkgutil.resolve_name(path)(account, context)
    who = f"the provider `{name}` of the package {package}"
    client, raised = _contained(lambda: pkgutil.resolve_name(path)(account, context))
    if raised:
        raise ProviderError(ErrorKind.REFUSED, f"{who} can't be loaded: `{path}` raised {raised}", _UPDATE)
    return ContainedClient(client, calls, who)


@cache  # thousands of accounts ask
def _plugin_of(name: str) -> ProviderPlugin:
    return ProviderPlugin(interface=INTERFACE, provider=pkgutil.resolve_name(_BUILT_IN[name]))


def _find(name: str) -> tuple[ProviderPlugin, str] | None:
    """A provider, and the package that it is from: none for a built-in one."""
    if name in _BUILT_IN:
        return _plugin_of(name), ""
    found = [entry_point for entry_point in _entry_points() if entry_point.name == name]
    packages = [f"`{entry_point.dist.name if entry_point.dist else '?'}`" for entry_point in found]
    if len(found) > 1:
        message = f"several packages provide `{name}`: {' and '.join(sorted(packages))}"
        raise ProviderError(ErrorKind.REFUSED, message, "Uninstall all but one of them.")
    return (_plugin(found[0], packages[0]), packages[0]) if found else None


def _entry_points() -> tuple[EntryPoint, ...]:
    """What installed packages offer: read from disk, so only where a name isn't a built-in one."""
    from importlib.metadata import entry_points  # noqa: PLC0415

    return tuple(entry_points(group=GROUP))


def _plugin(entry_point: EntryPoint, package: str) -> ProviderPlugin:
    loaded, raised = _contained(entry_point.load)
    what = entry_point.value
    reason = f"loading `{what}` raised {raised}" if raised else f"`{what}` is not a `ProviderPlugin`"
    if isinstance(loaded, ProviderPlugin):
        if loaded.interface != INTERFACE:
            reason = f"it was written for interface {loaded.interface}, but this version has interface {INTERFACE}"
        elif loaded.provider.name != entry_point.name:
            reason = f"it is declared as `{loaded.provider.name}`"
        elif loaded.provider.rest is None and not (loaded.reader and loaded.writer):
            reason = "it has neither `rest` nor its own reader and writer"
        else:
            return loaded
    message = f"the provider `{entry_point.name}` of the package {package} can't be used: {reason}"
    raise ProviderError(ErrorKind.REFUSED, message, _UPDATE)
