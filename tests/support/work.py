"""A folder with a file, and the commands in it, for one account at a server on loopback."""

from __future__ import annotations

import json
from pathlib import Path

from tests.support.here import main_here

SECRETS = {"HOOK_SECRET": "correct-horse-battery", "OTHER_SECRET": "staple-donkey-cell"}


class Work:
    """The file has an account `main` of the provider, with the token of its variable."""

    def __init__(self, folder: Path, provider: str, base_url: str, token: str) -> None:
        self.folder = folder
        self.token = {f"{provider.upper()}_TOKEN": token}
        self._top = f"version: 1\naccounts:\n  main:\n    provider: {provider}\n    base_url: {base_url}\n    PLACES\n"

    def write(self, entry: str, places: str, *, owns: str = "https://hooks.example.com/*") -> None:
        """The file with an entry `ci`, as flow mapping, in places."""
        text = self._top.replace("PLACES", places) + f"owns: ['{owns}']\nwebhooks: {{ci: {{{entry}}}}}\n"
        (self.folder / "webhooks.yaml").write_text(text, encoding="utf-8")

    def run(self, *arguments: str, **environment: str) -> tuple[int, str, str]:
        found = main_here(self.folder, arguments, {**self.token, **SECRETS, **environment})
        assert not any(secret in found[1] + found[2] for secret in SECRETS.values()), found
        return found

    def apply(self) -> str:
        code, out, err = self.run("apply", "--auto-approve")
        assert code == 0, out + err
        return out

    def in_step(self) -> None:
        code, out, err = self.run("plan", "--detailed-exitcode")
        assert code == 0, out + err

    def plan(self) -> str:
        code, out, err = self.run("plan")
        assert code == 0, out + err
        return out

    def refused(self, *arguments: str) -> str:
        code, out, err = self.run(*(arguments or ("plan",)))
        assert code == 1, out + err
        return out + err

    def listed(self) -> int:
        """How many webhooks the account has."""
        code, out, err = self.run("list", "--format", "json")
        assert code == 0, out + err
        return len(json.loads(out)["webhooks"])
