"""The real `yaml-language-server` over standard input and output, as an editor drives it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Timer
from types import TracebackType
from typing import IO, Any, Self, cast

PROGRAM = Path(__file__).parent / "node_modules" / "yaml-language-server" / "bin" / "yaml-language-server"
MOST_SECONDS = 300.0
Message = dict[str, Any]
_SETTINGS = {"yaml": {"completion": True, "hover": True, "validate": True, "schemaStore": {"enable": False}}}
_ABILITIES = {
    "workspace": {"configuration": True},
    "textDocument": {
        "completion": {"completionItem": {"snippetSupport": True, "documentationFormat": ["markdown"]}},
        "hover": {"contentFormat": ["markdown"]},
        "publishDiagnostics": {},
    },
}


@dataclass(slots=True)
class LanguageServer:
    """A session with it. Addresses are answered from `pages`, as VS Code answers them: it never goes to the network."""

    pages: Mapping[str, str]
    asked: list[str] = field(default_factory=list)  # the addresses that it wanted
    _process: subprocess.Popen[bytes] = field(init=False)
    _end: Timer = field(init=False)
    _sent: int = 0
    _diagnostics: dict[str, list[Message]] = field(default_factory=dict)

    def __enter__(self) -> Self:
        command = ["node", str(PROGRAM), "--stdio"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._end = Timer(MOST_SECONDS, self._process.kill)
        self._end.start()
        self._request("initialize", {"processId": None, "rootUri": None, "capabilities": _ABILITIES})
        self._notify("initialized", {})
        self._notify("yaml/registerContentRequest", {})
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._end.cancel()
        self._process.kill()
        self._process.communicate()

    def open(self, text: str) -> Opened:
        """A file with this text, with `│` where the cursor is."""
        before, _, after = text.partition("│")
        uri = f"file:///work/{self._sent}/webhooks.yaml"
        item = {"uri": uri, "languageId": "yaml", "version": 1, "text": before + after}
        self._notify("textDocument/didOpen", {"textDocument": item})
        lines = before.split("\n")
        return Opened(self, uri, {"line": len(lines) - 1, "character": len(lines[-1])})

    def ask(self, method: str, uri: str, position: Mapping[str, int]) -> Any:  # noqa: ANN401 - as the protocol has it
        return self._request(method, {"textDocument": {"uri": uri}, "position": position})

    def diagnostics(self, uri: str) -> list[Message]:
        while uri not in self._diagnostics:
            self._handle(self._receive())
        return self._diagnostics[uri]

    def _request(self, method: str, params: Message) -> Any:  # noqa: ANN401 - as the protocol has it
        self._sent += 1
        self._send({"id": self._sent, "method": method, "params": params})
        while True:
            message = self._receive()
            if message.get("id") == self._sent and "method" not in message:
                assert "error" not in message, message
                return message["result"]
            self._handle(message)

    def _notify(self, method: str, params: Message) -> None:
        self._sent += 1
        self._send({"method": method, "params": params})

    def _handle(self, message: Message) -> None:
        method, params = message.get("method"), message.get("params", {})
        if method == "textDocument/publishDiagnostics":
            self._diagnostics[params["uri"]] = params["diagnostics"]
        elif "id" in message:
            self._send({"id": message["id"], "result": self._answer(str(method), params)})

    def _answer(self, method: str, params: Any) -> object:  # noqa: ANN401 - as the protocol has it
        if method == "workspace/configuration":
            return [_SETTINGS.get(item["section"], {}) for item in params["items"]]
        if method == "vscode/content":
            (address,) = params
            self.asked.append(address)
            return self.pages[address]
        return None

    def _send(self, message: Message) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        stdin = cast("IO[bytes]", self._process.stdin)
        stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        stdin.flush()

    def _receive(self) -> Message:
        stdout = cast("IO[bytes]", self._process.stdout)
        length = 0
        while head := stdout.readline().strip():
            name, _, value = head.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        assert length, "yaml-language-server ended"
        return cast(Message, json.loads(stdout.read(length)))


@dataclass(frozen=True, slots=True)
class Opened:
    """An open file, and where the cursor is."""

    server: LanguageServer
    uri: str
    position: Mapping[str, int]

    def offered(self) -> dict[str, Message]:
        """What is offered there, by label."""
        found = self.server.ask("textDocument/completion", self.uri, self.position)
        labels = [item["label"] for item in found["items"]]
        assert len(labels) == len(set(labels)), f"offered twice: {labels}"
        return {item["label"]: item for item in found["items"]}

    def hover(self) -> str:
        found = self.server.ask("textDocument/hover", self.uri, self.position)
        return str(found["contents"]["value"]) if found else ""

    def problems(self) -> list[tuple[int, str]]:
        """What it finds wrong: the line, counted from 1, and what is said."""
        found = self.server.diagnostics(self.uri)
        return [(problem["range"]["start"]["line"] + 1, problem["message"]) for problem in found]
