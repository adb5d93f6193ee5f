"""Imported by the process that commands are forked from: loads all that they need, and compiles the file's schema."""

import importlib

from reconciler.config.schema import accepts

for name in (
    "reconciler.cli.commands.apply",
    "reconciler.cli.commands.export",
    "reconciler.cli.commands.plan",
    "reconciler.config.document",
    "reconciler.providers.shippo_client",
    "tests.e2e.forked",
):
    importlib.import_module(name)
accepts(None)
