"""Whatever a drawn file names, nothing but this machine is spoken to."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

_HERE = {"127.0.0.1", "::1", "localhost", "0.0.0.0"}  # noqa: S104 - what the sandbox's server looks up


@pytest.fixture(autouse=True, scope="package")
def _nothing_but_loopback() -> Iterator[None]:
    """A call elsewhere fails the test that makes it."""
    resolve = socket.getaddrinfo

    def refuse(host: object, *arguments: object, **options: object) -> object:
        assert host in _HERE, f"{host!r} was looked up"
        return resolve(host, *arguments, **options)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", refuse)
        yield
