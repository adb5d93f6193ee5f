"""Imported once by the process that runs are forked from: runs the command, so that all its libraries are loaded."""

from __future__ import annotations

import importlib
import io
import tempfile
from contextlib import chdir, redirect_stderr, redirect_stdout
from pathlib import Path

from reconciler.cli.main import main

_FILE = """
version: 1
accounts: {live: {provider: shippo, token: "${TOKEN}", base_url: "http://127.0.0.1:9"}}
owns: ["https://hooks.example.com/*"]
webhooks: {entry: {url: "https://hooks.example.com/a?token=${HOOK}", events: [all]}}
"""  # nobody is there

for name in (
    "tests.e2e.forked",
    "tests.robustness.child",
    "tests.support.action_step",
):  # what a forked process looks for first
    importlib.import_module(name)
with tempfile.TemporaryDirectory() as folder, chdir(folder):
    Path("webhooks.yaml").write_text(_FILE, encoding="utf-8")
    for arguments in (("drift",), ("export",), ("apply", "--auto-approve", "--format", "json", "-vv")):
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            main(arguments, {"TOKEN": "shippo_live_of-nobody", "HOOK": "nothing"})
