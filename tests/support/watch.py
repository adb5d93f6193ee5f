"""Sees where a test's code wants to connect, and keeps it on this machine."""

from __future__ import annotations

import socket
from ipaddress import ip_address
from typing import Any

import pytest


class Watch:
    """Sees which names are looked up and where connections go; none of it leaves this machine.

    Args:
        patch: undoes it.

    Attributes:
        names: the names that were looked up, addresses and `localhost` aside.
        peers: host and port of each connection to be.
    """

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.names: list[str] = []
        self.peers: list[tuple[str, int]] = []
        look_up, connect = socket.getaddrinfo, socket.socket.connect

        def looked_up(host: str, *rest: Any, **more: Any) -> Any:  # noqa: ANN401 - as the function it stands for
            if not _is_here(host):
                self.names.append(host)
                raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
            return look_up(host, *rest, **more)

        def connected(self_: socket.socket, address: Any) -> None:  # noqa: ANN401 - as the method it stands for
            if self_.family in (socket.AF_INET, socket.AF_INET6):
                self.peers.append((str(address[0]), int(address[1])))
                assert ip_address(address[0]).is_loopback, address
            connect(self_, address)

        patch.setattr(socket, "getaddrinfo", looked_up)
        patch.setattr(socket.socket, "connect", connected)


def _is_here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
