"""What small servers share that stand for a service, as its documentation says; and a folder to run commands in."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

from dotenv import dotenv_values

from tests.support.here import main_here
from tests.support.serving import serving

Hook = dict[str, Any]
Answer = tuple[int, object]  # None for no body


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A request: `sent` is its JSON, or its form's names and values in order."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    sent: Any

    def first(self, name: str, default: str = "") -> str:
        """The first value of a query parameter."""
        return self.query.get(name, [default])[0]


@dataclass
class Service:
    """A service's state: webhooks by id, and what it was asked; `lost` so many creates are made and never answered."""

    hooks: dict[str, Hook] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    lost: int = 0
    base_url: str = ""
    made: int = 0

    def answer(self, asked: Asked) -> Answer:
        """What it says; a service's own."""
        raise NotImplementedError

    def new_id(self, prefix: str) -> str:
        self.made += 1
        return f"{prefix}{self.made:04}"

    def only(self) -> Hook:
        """The one webhook that it has."""
        (hook,) = self.hooks.values()
        return hook

    def writes(self) -> list[tuple[str, str, Any]]:
        """What was asked since the last time that changes something."""
        found = [(asked.method, asked.path, asked.sent) for asked in self.asked if asked.method != "GET"]
        self.asked.clear()
        return found


@contextmanager
def serve(service: Service) -> Iterator[None]:
    """Let a service answer on loopback, one request after another."""
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            """Nothing: the requests are kept."""

        def _handle(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            parts = urlsplit(self.path)
            asked = Asked(
                method=self.command,
                path=parts.path,
                query=parse_qs(parts.query),
                headers={name.lower(): value for name, value in self.headers.items()},
                sent=_sent(self.headers.get_content_type(), body) if body else None,
            )
            with lock:
                service.asked.append(asked)
                status, document = service.answer(asked)
                is_lost = self.command == "POST" and service.lost > 0
                service.lost -= is_lost
            if is_lost:
                self.close_connection = True
                return
            answer = b"" if document is None else json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _handle  # noqa: N815 - as http.server calls them

    with serving(Handler) as service.base_url:
        yield


def _sent(content_type: str, body: str) -> Any:  # noqa: ANN401 - JSON, or a form's pairs
    return json.loads(body) if content_type == "application/json" else parse_qsl(body, keep_blank_values=True)


class Work:
    """A folder with a file, and the commands in it; no secret of the environment may ever show."""

    def __init__(self, folder: Path, account: str, environment: Mapping[str, str]) -> None:
        self.folder = folder
        self.account = account
        self.environment = dict(environment)

    def write(self, entries: str, account: str = "") -> None:
        """Write the file: its account's keys, and its entries' lines."""
        keys = "".join(f"    {line}\n" for line in (account or self.account).splitlines())
        body = "".join(f"  {line}\n" for line in entries.splitlines())
        top = f"version: 1\naccounts:\n  main:\n{keys}owns: [https://hooks.example.com/*]\n"
        (self.folder / "webhooks.yaml").write_text(f"{top}webhooks:\n{body}" if body else f"{top}webhooks: {{}}\n")

    def run(self, *arguments: str) -> tuple[int, str]:
        code, out, err = main_here(self.folder, arguments, self.environment)
        for secret in self.environment.values():
            assert secret not in out + err
        return code, out + err

    def apply(self, *arguments: str) -> str:
        code, said = self.run("apply", "--auto-approve", *arguments)
        assert code == 0, said
        return said

    def in_step(self) -> None:
        code, said = self.run("drift")
        assert code == 0, said

    def drifted(self) -> str:
        code, said = self.run("drift")
        assert code == 2, said
        return said

    def refused(self, command: str = "plan", *arguments: str) -> str:
        code, said = self.run(command, *arguments)
        assert code == 1, said
        return said

    def actions(self) -> list[tuple[str, list[str]]]:
        """The address and the actions of each change that is planned, in the order of work."""
        code, out, err = main_here(self.folder, ("plan", "--format", "json"), self.environment)
        assert code == 0, out + err
        rows = json.loads(out)["resource_changes"]
        return [(row["address"], row["change"]["actions"]) for row in rows if row["change"]["actions"] != ["no-op"]]


class SecretWork(Work):
    """Its applies put the secrets that the provider makes into `made.env`."""

    def run(self, *arguments: str) -> tuple[int, str]:
        return super().run(*arguments, *(("--secrets-to", "made.env") if arguments[0] == "apply" else ()))

    def made(self) -> dict[str, str | None]:
        return dict(dotenv_values(self.folder / "made.env"))


def page_after(ids: list[str], last: str, size: int) -> tuple[list[str], bool]:
    """Those behind the last one seen, at most so many, and whether there are more."""
    start = ids.index(last) + 1 if last else 0
    return ids[start : start + size], start + size < len(ids)


def without(hook: Hook, *names: str) -> Hook:
    """A webhook as a service shows it that keeps some of it for itself."""
    return {name: value for name, value in hook.items() if name not in names}
