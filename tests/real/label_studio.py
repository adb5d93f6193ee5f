"""Label Studio, whose webhooks tell of projects and their tasks. It keeps all in SQLite."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.real.service import RealServer, Service

TOKEN = "0123456789abcdef0123456789abcdef01234567"
PROJECTS = ("1", "2")  # as they are numbered


class LabelStudio(Service):
    """With a user whose token is of the older kind, which never expires, and two projects."""

    name = "labelstudio"
    ready = ("/health", 200)

    def command(self, home: Path, data: Path, port: int) -> Sequence[str | Path]:
        where = ("--data-dir", data, "--internal-host", "127.0.0.1", "--port", str(port), "--no-browser")
        user = ("--username", "admin@example.com", "--password", "correct-horse-battery", "--user-token", TOKEN)
        return (home / "bin" / "label-studio", "start", *where, *user, "--enable-legacy-api-token")

    def environment(self, data: Path, port: int) -> Mapping[str, str]:
        del port
        return {
            "LABEL_STUDIO_BASE_DATA_DIR": str(data),
            "LABEL_STUDIO_ENABLE_LEGACY_API_TOKEN": "true",
            "DJANGO_DB": "sqlite",
            "SSRF_PROTECTION_ENABLED": "0",
            # It calls nobody but receivers.
            "COLLECT_ANALYTICS": "0",
            "FEATURE_FLAGS_OFFLINE": "true",
            "FRONTEND_SENTRY_DSN": "",
            "LATEST_VERSION_CHECK": "0",
            "SENTRY_DSN": "",
        }

    def seed(self, server: RealServer) -> None:
        made = tuple(
            str(server.call("POST", "/api/projects/", {"title": name}).json()["id"]) for name in ("first", "second")
        )
        assert made == PROJECTS, made

    def reach(self, base_url: str, pid: int, log: Path) -> RealServer:
        return RealServer(
            service=self.name,
            base_url=base_url,
            collection="/api/webhooks/",
            item="/{}/",
            headers={"Authorization": f"Token {TOKEN}"},
            token=TOKEN,
            places=PROJECTS,
            pid=pid,
            log=log,
        )
