"""A client of an installed package: whatever its code raises becomes its account's error, with the package named."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from reconciler.model.reading import ErrorKind, ProviderError, Reading
from reconciler.model.webhook import Fields, Remote

T = TypeVar("T")


class ContainedReader:
    """The calls of a package's reader.

    Args:
        client: the package's.
        provider: its name.
        package: the package's, in backquotes.
    """

    def __init__(self, client: Any, provider: str, package: str) -> None:  # noqa: ANN401 - a package's own class
        self._client = client
        self._who = f"the provider `{provider}` of the package {package}"

    def list(self) -> Reading:
        """As `Reader.list`."""
        reading: Reading = self._called("list", self._client.list)
        return reading

    def get(self, object_id: str) -> Remote:
        """As `Reader.get`."""
        remote: Remote = self._called("get", lambda: self._client.get(object_id))
        return remote

    def close(self) -> None:
        """As `Reader.close`."""
        self._called("close", self._client.close)

    def _called(self, name: str, call: Callable[[], T], *, may_have_acted: bool = False) -> T:
        try:
            return call()
        except ProviderError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever a package's code does, it is that package's fault
            reason = type(error).__name__
        # The exception may quote what was sent: it is turned into words here and forgotten.
        raise ProviderError(
            kind=ErrorKind.GARBLED,
            message=f"{self._who} failed: `{name}` raised {reason}",
            help="Update that package, or report it to its authors.",
            may_have_acted=may_have_acted,
        )


class ContainedWriter(ContainedReader):
    """The calls of a package's writer."""

    def create(self, fields: Fields) -> Remote:
        """As `Writer.create`."""
        remote: Remote = self._called("create", lambda: self._client.create(fields), may_have_acted=True)
        return remote

    def update(self, object_id: str, fields: Fields, now: Remote) -> None:
        """As `Writer.update`."""
        self._called("update", lambda: self._client.update(object_id, fields, now), may_have_acted=True)

    def delete(self, object_id: str) -> None:
        """As `Writer.delete`."""
        self._called("delete", lambda: self._client.delete(object_id), may_have_acted=True)
