"""MLflow's tracking server, whose webhooks tell of models and prompts. It keeps all in SQLite, and wants no token."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.real.service import RealServer, Service

# Any key of Fernet's form: it encrypts the secrets of webhooks, which a server without one forgets at its end.
_KEY = "cmVhbC1zZXJ2ZXJzLW9mLXRoZXNlLXRlc3RzLW9ubHk="


class MLflow(Service):
    """One worker, no job runners: they take a gigabyte, and tests need none of them."""

    name = "mlflow"
    ready = ("/health", 200)

    def command(self, home: Path, data: Path, port: int) -> Sequence[str | Path]:
        store = ("--backend-store-uri", f"sqlite:///{data}/mlflow.db", "--artifacts-destination", data / "artifacts")
        return (home / "bin" / "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1", *store)

    def environment(self, data: Path, port: int) -> Mapping[str, str]:
        del data, port
        return {
            "MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY": _KEY,
            "MLFLOW_WEBHOOK_ALLOWED_SCHEMES": "http,https",
            "MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS": "true",  # or a URL's host must have an address
            "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
            "MLFLOW_DISABLE_TELEMETRY": "true",
            "DO_NOT_TRACK": "true",
        }

    def seed(self, server: RealServer) -> None:
        server.call("GET", server.hooks()).raise_for_status()  # makes the tables

    def reach(self, base_url: str, pid: int, log: Path) -> RealServer:
        return RealServer(
            service=self.name,
            base_url=base_url,
            collection="/api/2.0/mlflow/webhooks",
            items="webhooks",
            id="webhook_id",
            pid=pid,
            log=log,
        )
