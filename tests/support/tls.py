"""Servers on loopback that take TLS off in front of another one, pass tunnels on, or say nothing for too long."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress

import trustme

CONNECTED = b"HTTP/1.1 200 Connection established\r\n"
Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@contextmanager
def serving(handler: Handler, certificate: trustme.LeafCert | None = None) -> Iterator[int]:
    """A port whose connections go to a handler; with a certificate, after the handshake only."""
    tls = None
    if certificate is not None:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(tls)
    loop = asyncio.new_event_loop()
    opened: list[asyncio.WriteTransport] = []
    server = loop.run_until_complete(asyncio.start_server(_whole(handler, tls, opened), "127.0.0.1", 0))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        asyncio.run_coroutine_threadsafe(_closed(server, opened), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def passing_on(port: int) -> Handler:
    """Passes everything on to a port of loopback, and back."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _join(reader, writer, port, bytearray())

    return handle


class Proxy:
    """Passes every tunnel on to one port, whatever it was asked for; of anything else it has the head alone.

    Attributes:
        heads: what each connection began with, to the empty line.
        tunnelled: all that went through its tunnels, in either direction.
    """

    def __init__(self, port: int) -> None:
        self.heads: list[str] = []
        self.tunnelled = bytearray()
        self._port = port

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Handle a connection."""
        head = await reader.readuntil(b"\r\n\r\n")
        self.heads.append(head.decode())
        if head.startswith(b"CONNECT "):
            writer.write(CONNECTED + b"\r\n")
            await _join(reader, writer, self._port, self.tunnelled)
        else:
            writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


def dripping(first: bytes, drop: bytes, *, drops: int = 150, in_tunnel: bool = False) -> Handler:
    """Waits for something, begins to answer, and goes on drop by drop: for ever, but that a test must end.

    Args:
        first: how it begins.
        drop: how it goes on.
        drops: how often.
        in_tunnel: whether it is a proxy that first lets a tunnel be made.
    """

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if in_tunnel:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(CONNECTED + b"\r\n")
        await reader.read(1)
        writer.write(first)
        for _ in range(drops):
            await asyncio.sleep(0.02)
            writer.write(drop)

    return handle


async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    """Listens, and never says a word."""
    while await reader.read(65536):
        pass


def _whole(handler: Handler, tls: ssl.SSLContext | None, opened: list[asyncio.WriteTransport]) -> Handler:
    """The handler with what comes before it, the handshake, and after it, the end of the connection."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        opened.append(writer.transport)
        # Handshakes that clients break off are what is tested here; a test that is over ends everything.
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            if tls is not None:
                await writer.start_tls(tls)
            await handler(reader, writer)
        writer.close()

    return handle


async def _join(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int, seen: bytearray) -> None:
    """Connect a connection to a port, until one side ends it."""
    there, back = await asyncio.open_connection("127.0.0.1", port)
    ways = [asyncio.create_task(_pour(*way, seen)) for way in ((reader, back), (there, writer))]
    try:
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for way in ways:
            way.cancel()
        back.transport.abort()


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seen: bytearray) -> None:
    with suppress(OSError):
        while data := await reader.read(65536):
            seen += data
            writer.write(data)
            await writer.drain()


async def _closed(server: asyncio.Server, opened: list[asyncio.WriteTransport]) -> None:
    await _turns()  # a connection that was just accepted needs the server to be there, and has to begin before it ends
    server.close()
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for transport in opened:
        transport.abort()
    await _turns()


async def _turns() -> None:
    """Let the loop do what it has to do, which may lead to more."""
    for _ in range(5):
        await asyncio.sleep(0)
