"""The declarations of `examples/own-providers`, installed as a package would be."""

from __future__ import annotations

import sys
from importlib.metadata import EntryPoint
from pathlib import Path
from pkgutil import resolve_name

import pytest

from reconciler.provider import Provider, ProviderPlugin
from reconciler.providers import registry

FOLDER = Path(__file__).parents[2] / "examples" / "own-providers"
NAMES = ("parse", "reviewboard", "unleash")


def own_provider(name: str) -> Provider:
    """One of the declarations."""
    if str(FOLDER) not in sys.path:
        sys.path.append(str(FOLDER))
    plugin = resolve_name(f"{name}:PLUGIN")
    assert isinstance(plugin, ProviderPlugin)
    return plugin.provider


def install_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let all of them be installed, for commands in this process."""
    monkeypatch.syspath_prepend(str(FOLDER))
    entries = tuple(EntryPoint(name, f"{name}:PLUGIN", registry.GROUP) for name in NAMES)
    monkeypatch.setattr(registry, "_entry_points", lambda: entries)


def installed_own(folder: Path) -> str:
    """Let all of them be installed in a folder, for other processes: the `PYTHONPATH` that they need."""
    info = folder / "reconciler_own-1.dist-info"
    info.mkdir(parents=True, exist_ok=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: reconciler-own\nVersion: 1\n")
    lines = (f"{name} = {name}:PLUGIN\n" for name in NAMES)
    (info / "entry_points.txt").write_text(f"[{registry.GROUP}]\n{''.join(lines)}")
    return f"{folder}:{FOLDER}"
