"""A folder with a hostile file, secrets in the environment, and a server that must receive nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
from msgspec import Struct, field

from tests.e2e.tool import Ended, Tool, run_here
from tests.support.canaries import Canaries
from tests.support.tls import serving
from tests.support.watch import Watch

SECRETS = {
    "token": "Vq3Zt8Kx1Wb6Rn9Ld4Jf7",
    "other token": "Hc5Xw2Tz9Qv4Nk8Bm1Gr6",
    "mounted token": "Bx4Nv7Rk2Hq9Jd5Gm8Zs3",
    "key": "Zp6Lj3Dy8Sf1Ww5Kc9Tb2",
}
CANARIES = Canaries(SECRETS)
TOKEN = f"shippo_live_{SECRETS['token']}"
ENVIRONMENT = {
    "SHIPPO_API_TOKEN": TOKEN,
    "OTHER_TOKEN": f"shippo_test_{SECRETS['other token']}",
    "COPY": TOKEN,
    "MOUNTED_FILE": "mounted",
    "AWS_SECRET_ACCESS_KEY": SECRETS["key"],
    "BREAK": "a\r\nX-Evil: 1",
}
"""The pipeline's: a file may use some of it in some places."""
COMMANDS = (("validate",), ("plan", "-vv"), ("apply", "--auto-approve", "-vv"))

HOOK = "https://hooks.example.com/a"
"""The URL of the file's entry."""

FILE = """\
version: 1
accounts:
  main:
    provider: shippo
    token: ${SHIPPO_API_TOKEN}
    base_url: '{sandbox}'
owns: ['https://hooks.example.com/*']
webhooks:
  entry:
    url: https://hooks.example.com/a
    events: [all]
"""


class Target(Struct, kw_only=True):
    """Where a hostile file is tried: a folder, the provider, and a server that must receive nothing.

    Attributes:
        tool: the folder and the provider.
        listener: the server's port.
        received: what each of its connections said.
        watch: sees all connections, and names that are looked up.
        environment: the pipeline's.
    """

    tool: Tool
    listener: int
    received: list[bytes]
    watch: Watch
    environment: dict[str, str] = field(default_factory=lambda: dict(ENVIRONMENT))

    def fill(self, text: str) -> str:
        """Ports and origins put in."""
        sandbox = urlsplit(self.tool.sandbox.base_url)
        values = {"sandbox": sandbox.geturl(), "port": str(sandbox.port), "listener": str(self.listener)}
        for name, value in values.items():
            text = text.replace(f"{{{name}}}", value)
        return text

    def write(self, changes: Mapping[str, str] | None = None) -> None:
        """Write the file, with changes: each text in it that is to be another one."""
        text = FILE
        for old, new in (changes or {}).items():
            assert old in text, old
            text = text.replace(old, new)
        (self.tool.folder / "webhooks.yaml").write_bytes(self.fill(text).encode())

    def run(self, *arguments: str) -> Ended:
        """Run a command here; it must tell no secret."""
        ended = run_here(self.tool.folder, *arguments, environment=self.environment)
        assert CANARIES.found_in(ended.all) == [], ended.all
        return ended

    def methods(self) -> list[str]:
        """Of the requests that the provider got."""
        return [entry.method for entry in self.tool.sandbox.log()]

    def check_refused(self, code: str, *options: str) -> None:
        """Every command ends with this diagnostic, and nothing was sent or looked up anywhere."""
        for command in COMMANDS:
            ended = self.run(*command, *options)
            assert (ended.code, f"error[{code}]" in ended.err) == (1, True), (command, ended.all)
        assert (self.watch.names, self.watch.peers, self.methods(), self.received) == ([], [], [], [])


@contextmanager
def aimed(tool: Tool, patch: pytest.MonkeyPatch) -> Iterator[Target]:
    """A target; the server answers everything with nothing."""
    received: list[bytes] = []

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        received.append(await reader.read(65536))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    (tool.folder / "mounted").write_text(f"shippo_live_{SECRETS['mounted token']}\n")
    with serving(listen) as port:
        yield Target(tool=tool, listener=port, received=received, watch=Watch(patch))
