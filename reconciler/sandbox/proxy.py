"""A proxy that stands in front of any HTTP server on loopback and makes calls fail as its rules say."""

import asyncio
import contextlib
import random
import socket
import struct
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

from reconciler.sandbox.armed import ArmedRule
from reconciler.sandbox.door import Door
from reconciler.sandbox.http1 import LONGEST_HEAD, FramingError, Message, read_request, read_response, write_message
from reconciler.sandbox.replies import reply_to
from reconciler.sandbox.rules import (
    Action,
    Answer,
    CutAnswer,
    DripAnswer,
    HoldAnswer,
    HoldRequest,
    Refuse,
    ResetAnswer,
    ResetRequest,
    Rule,
)

_RESET_ON_CLOSE: Final = struct.pack("ii", 1, 0)  # linger for no time at all


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxyEntry:
    """One request that reached the proxy, and what it did.

    Attributes:
        path: without the query.
        rule: the rule that was applied; None: the call just went through.
        upstream_status: what the upstream answered; None: the request wasn't forwarded, or not answered.
        answered: the status of the answer that was sent whole; None: there was no such answer.
    """

    method: str
    path: str
    rule: Rule | None
    upstream_status: int | None
    answered: int | None


class FaultProxy:
    """The proxy, in a thread of its own from the beginning until `close()`; also a context manager.

    The first rule that matches a request decides; all that match count it.

    Attributes:
        address: where it listens: host and port.

    Args:
        upstream: the server's host and port.
        rules: the rules to begin with.
        host: the address to listen on.
        port: the port to listen on; 0: a free one.
        rng: where chance comes from; None: a fresh one that starts from 0, so that runs are alike.

    Raises:
        OSError: the port is taken.
    """

    def __init__(
        self,
        upstream: tuple[str, int],
        *,
        rules: Iterable[Rule] = (),
        host: str = "127.0.0.1",
        port: int = 0,
        rng: random.Random | None = None,
    ) -> None:
        self._upstream = upstream
        self._rng = rng or random.Random(0)  # noqa: S311 - faults, not secrets
        self._lock = threading.Lock()
        self._rules = [ArmedRule(rule) for rule in rules]
        self._log: list[ProxyEntry] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ready = threading.Event()
        self._door = Door(host, port)
        self.address = self._door.address
        self._thread = threading.Thread(target=self._run, name="fault-proxy", daemon=True)
        self._thread.start()
        self._ready.wait()

    @property
    def base_url(self) -> str:
        """The address, such as `http://127.0.0.1:8123`, without a slash at its end."""
        host, port = self.address
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def add(self, rule: Rule) -> ArmedRule:
        """Let a rule work from now on, after those that are there."""
        armed = ArmedRule(rule)
        with self._lock:
            self._rules.append(armed)
        return armed

    def remove(self, armed: ArmedRule) -> None:
        """Let a rule work no longer, release what it holds, and take connections again where it refused them."""
        with self._lock:
            self._rules = [other for other in self._rules if other is not armed]
        armed.release()
        if isinstance(armed.rule.action, Refuse):
            self._door.open(unless=self._refuses)

    def armed(self) -> tuple[ArmedRule, ...]:
        """The rules at work, in their order. One with `applied == 0` injected nothing so far."""
        with self._lock:
            return tuple(self._rules)

    def log(self) -> tuple[ProxyEntry, ...]:
        """What it did, in the order in which it decided about the answers."""
        with self._lock:
            return tuple(self._log)

    def close(self) -> None:
        """End the thread and close all connections, held calls too. Closing twice is fine."""
        if self._thread.is_alive() and self._loop is not None:
            # The loop may end by itself in between only if it failed; then there is nothing to stop.
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()

    def _run(self) -> None:
        try:
            # Not the default loop, which on Windows can't call back when somebody connects.
            with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
                runner.run(self._main())
        finally:
            self._door.close()
            self._ready.set()  # so that nobody waits for a thread that has failed

    async def _main(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._door.attend(self._loop, self._welcome)
        self._ready.set()
        await self._stopping.wait()
        self._door.close()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def _welcome(self, connection: socket.socket) -> None:
        task = asyncio.get_running_loop().create_task(self._serve(connection))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        # A task that is cancelled before its first step closes nothing; to the others it makes no difference.
        task.add_done_callback(lambda _: connection.close())

    async def _serve(self, connection: socket.socket) -> None:
        reader, writer = await asyncio.open_connection(sock=connection, limit=LONGEST_HEAD)
        try:
            while (request := await read_request(reader)) is not None:
                if not await self._serve_one(request, writer):
                    break
        except (FramingError, OSError):
            pass  # nobody is left to answer to
        except asyncio.CancelledError:
            writer.transport.abort()  # without waiting for what a slow client still has to take
        finally:
            await _close(writer)

    async def _serve_one(self, request: Message, writer: asyncio.StreamWriter) -> bool:
        """Do what the rules say about a request; say whether the connection stays open."""
        armed = self._decide(request)
        action = None if armed is None else armed.rule.action
        goes_on = await armed.hold() if armed is not None and isinstance(action, HoldRequest) else True
        upstream: Message | None = None
        if isinstance(action, Refuse) and self._refuses():
            self._door.shut()
        if goes_on and not isinstance(action, Answer | ResetRequest | Refuse):
            upstream = await self._forward(request)
        if armed is not None and isinstance(action, HoldAnswer):
            goes_on = await armed.hold()
        reply = reply_to(action, upstream) if goes_on else None
        cut = isinstance(action, CutAnswer) and reply is not None and action.after < len(reply.body)
        # Written before the client can notice, so that who waits for the client finds it.
        self._note(request, armed, upstream, None if cut else reply)
        if isinstance(action, ResetRequest | ResetAnswer | Refuse):
            _reset(writer)
        if reply is None:
            return False
        closes = isinstance(action, CutAnswer) or not request.keeps_alive
        data = write_message(reply, close=closes, head_only=request.method == "HEAD")
        if isinstance(action, CutAnswer) and cut:
            data = data[: len(data) - len(reply.body) + action.after]
        await _write(writer, data, action)
        return not closes

    def _decide(self, request: Message) -> ArmedRule | None:
        decided: ArmedRule | None = None
        for armed in self.armed():
            if armed.decides(request.method, request.path, self._rng, already_decided=decided is not None):
                decided = armed
        return decided

    def _refuses(self) -> bool:
        return any(armed.applied and isinstance(armed.rule.action, Refuse) for armed in self.armed())

    async def _forward(self, request: Message) -> Message | None:
        """Ask the upstream on a connection of its own; None if it gave no answer."""
        try:
            reader, writer = await asyncio.open_connection(*self._upstream, limit=LONGEST_HEAD)
        except OSError:
            return None
        try:
            # It would make the upstream send a second answer before the real one.
            headers = tuple(pair for pair in request.headers if pair[0].lower() != "expect")
            message = Message(start=request.start, headers=headers, body=request.body)
            writer.write(write_message(message, close=True))
            await writer.drain()
            return await read_response(reader, method=request.method)
        except (FramingError, OSError):
            return None
        finally:
            await _close(writer)

    def _note(self, request: Message, armed: ArmedRule | None, upstream: Message | None, sent: Message | None) -> None:
        entry = ProxyEntry(
            method=request.method,
            path=request.path,
            rule=None if armed is None else armed.rule,
            upstream_status=None if upstream is None else upstream.status,
            answered=None if sent is None else sent.status,
        )
        with self._lock:
            self._log.append(entry)


async def _write(writer: asyncio.StreamWriter, data: bytes, action: Action | None) -> None:
    """Send an answer, as slowly as the action says."""
    if isinstance(action, DripAnswer):
        for byte in data:
            await asyncio.sleep(action.pause)
            writer.write(bytes([byte]))
            await writer.drain()
    else:
        writer.write(data)
        await writer.drain()


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()


def _reset(writer: asyncio.StreamWriter) -> None:
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    writer.transport.abort()
