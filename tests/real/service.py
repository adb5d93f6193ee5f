"""What the real servers have in common: how one is installed, prepared, started, reached and ended."""

from __future__ import annotations

import fcntl
import hashlib
import inspect
import os
import shutil
import socket
import subprocess
import sys
import time
import venv
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

import requests
from msgspec import Struct, field

FOLDER_VARIABLE = "RECONCILER_REAL_SERVERS"
VERSIONS = Path(__file__).with_name("versions")
_KEEPER = Path(__file__).with_name("keeper.py")
# All in seconds.
_TO_INSTALL = 1200
_TO_START = 900  # half a minute, if not all the processor is taken; the first time tables are made
_TO_ANSWER = 30
_BETWEEN_LOOKS = 0.05
_PORTS_TRIED = 3  # another process may take a port between our look and the server's


class NoServerError(Exception):
    """A server can't be had, for a reason that is told."""


class RealServer(Struct, frozen=True, kw_only=True):
    """A server that runs, and how to reach it.

    Attributes:
        service: its name in `SERVICES`.
        collection: the path of the webhooks of a place, `{}` standing for the place.
        headers: what authenticates a request.
        token: the credential in it; empty where the service wants none.
        places: what can have webhooks of its own (repositories, projects, organizers); empty where nothing can.
        item: the path of one webhook below its collection, `{}` standing for its id.
        items: the key of a list's webhooks; empty where a list is an array.
        id: the key of a webhook's id.
        is_gone: whether a webhook that is listed was deleted all the same.
        pid: of the process that started first.
        log: what the server prints.
    """

    service: str
    base_url: str
    collection: str
    item: str = "/{}"
    items: str = ""
    id: str = "id"
    headers: Mapping[str, str] = field(default_factory=dict)
    token: str = ""
    places: tuple[str, ...] = ()
    is_gone: Callable[[dict[str, Any]], bool] = lambda _: False
    pid: int
    log: Path

    def call(self, method: str, path: str, body: object = None, **query: object) -> requests.Response:
        """One request, with the credential; any answer is one."""
        with requests.Session() as session:
            session.trust_env = False  # no proxy between this machine and itself
            parameters: dict[str, Any] = {"headers": self.headers, "timeout": _TO_ANSWER, "params": query}
            parameters |= {} if body is None else {"json": body}
            return session.request(method, f"{self.base_url}{path}", allow_redirects=False, **parameters)

    def hooks(self, place: str = "") -> str:
        """The path of a place's webhooks; of the first place's where none is named."""
        return self.collection.format(place or next(iter(self.places), ""))

    def hook(self, object_id: object, place: str = "") -> str:
        """The path of one webhook."""
        return self.hooks(place).rstrip("/") + self.item.format(object_id)

    def all(self, place: str = "") -> list[dict[str, Any]]:
        """The webhooks of a place, from all pages, however the service says that there are more."""
        found: list[dict[str, Any]] = []
        path, query = self.hooks(place), dict[str, object]()
        while True:
            answer = self.call("GET", path, **query)
            answer.raise_for_status()
            document = answer.json()
            found += document.get(self.items, []) if self.items else document
            told = document if self.items else {}
            if following := told.get("next") or answer.links.get("next", {}).get("url"):
                path = following.removeprefix(self.base_url)
            elif token := told.get("next_page_token"):
                query = {"page_token": token}
            else:
                return found

    def make(self, body: Mapping[str, object], place: str = "") -> dict[str, Any]:
        """Make a webhook; what the service says of it."""
        return _said(self.call("POST", self.hooks(place), body))

    def get(self, object_id: object, place: str = "") -> dict[str, Any]:
        """One webhook."""
        return _said(self.call("GET", self.hook(object_id, place)))

    def clear(self) -> None:
        """Delete all webhooks."""
        for place in self.places or ("",):
            for hook in self.all(place):
                if not self.is_gone(hook):
                    self.call("DELETE", self.hook(hook[self.id], place)).raise_for_status()


class Service(ABC):
    """How one service is run.

    Attributes:
        ready: a path, and the status that says that the server is ready.
    """

    name: ClassVar[str]
    ready: ClassVar[tuple[str, int]]

    @property
    def pins(self) -> Sequence[Path]:
        """The files that say which versions are installed."""
        return [VERSIONS / f"{self.name}.txt"]

    def install(self, home: Path) -> None:
        """Install the programs into an empty folder."""
        venv.create(home, with_pip=True)
        pins = [argument for path in self.pins for argument in ("-r", str(path))]
        run([home / "bin" / "pip", "install", "--quiet", "--no-compile", *pins], dict(os.environ), _TO_INSTALL)

    def prepare(self, home: Path, data: Path) -> None:
        """Write what each server starts with into a folder: tables, accounts, tokens, places."""
        with served(self, home, data) as server:  # most make their tables at their first start
            self.seed(server)

    def seed(self, server: RealServer) -> None:  # noqa: B027 - most need nothing
        """Let a new server have what its API can make."""

    @abstractmethod
    def command(self, home: Path, data: Path, port: int) -> Sequence[str | Path]:
        """The server on a port of loopback."""

    def environment(self, data: Path, port: int) -> Mapping[str, str]:
        """What the server's environment has beside what every one has."""
        del data, port
        return {}

    @abstractmethod
    def reach(self, base_url: str, pid: int, log: Path) -> RealServer:
        """How a server of this service is reached."""


def _said(answer: requests.Response) -> dict[str, Any]:
    """The webhook of an answer, in an envelope or not."""
    assert answer.ok, answer.text
    document: dict[str, Any] = answer.json()
    webhook: dict[str, Any] = document.get("webhook", document)
    return webhook


def run(command: Sequence[str | Path], environment: Mapping[str, str], seconds: float, stdin: str = "") -> str:
    """Run a program to its end; what it printed on standard output. `NoServerError` where it fails."""
    try:
        done = subprocess.run(
            command, env=environment, input=stdin, capture_output=True, encoding="utf-8", timeout=seconds, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NoServerError(f"{command[0]}: {error}") from error
    if done.returncode:
        raise NoServerError(f"{command[0]} ended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout


def surroundings(service: Service, data: Path, port: int) -> dict[str, str]:
    """The whole environment of a server's processes: nothing of ours."""
    path = f"{Path(sys.executable).parent}:{os.environ.get('PATH', os.defpath)}"
    return {"PATH": path, "HOME": str(data), "LANG": "C.UTF-8", **service.environment(data, port)}


def installed(service: Service) -> tuple[Path, Path]:
    """The folders of the service's programs, and of what its servers start with; both are made if need be.

    Other versions, or another preparation, have other folders.
    """
    told = os.environ.get(FOLDER_VARIABLE)
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    root = (Path(told) if told else cache / "webhook-reconciler" / "real").resolve()
    root.mkdir(parents=True, exist_ok=True)
    pins = b"".join(path.read_bytes() for path in service.pins) + sys.version.encode()
    home = root / f"{service.name}-{_digest(pins)}"
    data = home / f"data-{_digest(inspect.getsource(sys.modules[type(service).__module__]).encode())}"
    with (root / f"{service.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if _is_to_make(home):
            try:
                service.install(home)
            except NoServerError as error:
                raise NoServerError(f"{service.name} can't be installed: {error}") from error
            (home / "done").touch()
        if _is_to_make(data):
            with _scratch(service) as scratch:
                service.prepare(home, scratch)
                shutil.copytree(scratch, data, dirs_exist_ok=True)
            (data / "done").touch()
    return home, data


def _is_to_make(folder: Path) -> bool:
    """Whether what a folder is to have isn't in it; then it is empty."""
    if (folder / "done").exists():
        return False
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return True


@contextmanager
def _scratch(service: Service) -> Iterator[Path]:
    """A folder for a server's data; in memory where it can be, as SQLite waits for the disk at each change."""
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with TemporaryDirectory(prefix=f"{service.name}-", dir=memory) as folder:
        yield Path(folder)


@contextmanager
def running(service: Service) -> Iterator[RealServer]:
    """A server of the service, with nothing but what was prepared; `NoServerError` where there can't be one."""
    home, prepared = installed(service)
    with _scratch(service) as data:
        shutil.copytree(prepared, data, dirs_exist_ok=True)
        with served(service, home, data) as server:
            yield server


@contextmanager
def served(service: Service, home: Path, data: Path) -> Iterator[RealServer]:
    """A server on these folders, ready."""
    log = data / "server.log"
    for _ in range(_PORTS_TRIED):
        port = _free_port()
        keeper = subprocess.Popen(
            [sys.executable, _KEEPER, log, *service.command(home, data, port)],
            cwd=data,
            env=surroundings(service, data, port),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # a terminal's Ctrl-C is for who started this
        )
        with keeper:
            assert keeper.stdin is not None
            assert keeper.stdout is not None
            try:
                pid = int(keeper.stdout.readline() or 0)
                server = service.reach(f"http://127.0.0.1:{port}", pid, log)
                if _comes_up(server, service.ready, keeper):
                    yield server
                    return
            finally:
                keeper.stdin.close()
                keeper.wait()
    raise NoServerError(f"{service.name} doesn't start:\n{log.read_text('utf-8', 'replace')[-2000:]}")


def _comes_up(server: RealServer, ready: tuple[str, int], keeper: subprocess.Popen[bytes]) -> bool:
    """Wait until the server is ready: False where it ends before; `NoServerError` where it takes too long."""
    path, status = ready
    until = time.monotonic() + _TO_START
    while keeper.poll() is None:
        try:
            if server.call("GET", path).status_code == status:
                return True
        except requests.RequestException:
            pass  # not yet
        if time.monotonic() > until:
            told = server.log.read_text("utf-8", "replace")[-2000:]
            raise NoServerError(f"{server.service} isn't ready after {_TO_START} s:\n{told}")
        time.sleep(_BETWEEN_LOOKS)
    return False


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:12]
