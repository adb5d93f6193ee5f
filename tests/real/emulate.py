"""GitHub as npm's `emulate` has it, in memory: an emulator, and no witness for what GitHub does. It needs node 22."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from tests.real.service import VERSIONS, RealServer, Service, run

TOKEN = "gh_token_of_octocat"
REPOSITORIES = ("acme/web", "acme/api", *(f"acme/svc-{number:02}" for number in range(1, 21)))
_TO_INSTALL = 600  # seconds
_SEED = {
    "tokens": {TOKEN: {"login": "octocat", "scopes": ["repo", "user", "admin:org", "admin:repo_hook"]}},
    "github": {
        "users": [{"login": "octocat", "name": "Octocat", "email": "octocat@example.com"}],
        "orgs": [{"login": "acme", "name": "Acme", "members": [{"login": "octocat", "role": "admin"}]}],
        "repos": [{"owner": "acme", "name": name.partition("/")[2]} for name in REPOSITORIES],
    },
}


class Emulate(Service):
    """With an organisation that has 22 repositories, and its administrator's token."""

    name = "emulate"
    ready = ("/rate_limit", 200)

    @property
    def pins(self) -> Sequence[Path]:
        return [VERSIONS / "emulate" / name for name in ("package.json", "package-lock.json")]

    def install(self, home: Path) -> None:
        for path in self.pins:
            shutil.copy(path, home)
        run(["npm", "ci", "--prefix", home, "--no-audit", "--no-fund"], dict(os.environ), _TO_INSTALL)

    def prepare(self, home: Path, data: Path) -> None:
        del home
        (data / "seed.yaml").write_text(json.dumps(_SEED), encoding="utf-8")

    def command(self, home: Path, data: Path, port: int) -> Sequence[str | Path]:
        modules = home / "node_modules"
        program = (modules / "node" / "bin" / "node", modules / "emulate" / "dist" / "index.js", "start")
        where = ("--port", str(port), "--base-url", f"http://127.0.0.1:{port}")  # which its links begin with
        return (*program, "--service", "github", *where, "--seed", data / "seed.yaml")

    def reach(self, base_url: str, pid: int, log: Path) -> RealServer:
        return RealServer(
            service=self.name,
            base_url=base_url,
            collection="/repos/{}/hooks",
            headers={"Authorization": f"Bearer {TOKEN}"},
            token=TOKEN,
            places=REPOSITORIES,
            pid=pid,
            log=log,
        )
