"""A file of another provider: what it can't say, it leaves as the provider has it."""

from __future__ import annotations

from pathlib import Path

from reconciler.config.load import Inputs, load
from reconciler.model.provider import Provider
from tests.contract.pigeonry import PIGEONRY

FILE = """\
version: 1
accounts:
  loft:
    provider: pigeonry
    token: ${LOFT_TOKEN}
owns: [https://hooks.example.com/*]
webhooks:
  arrivals:
    url: https://hooks.example.com/arrivals
    events: [bird.arrived, bird.left]
"""


def _declaration(name: str) -> Provider | None:
    return PIGEONRY if name == PIGEONRY.name else None


def test_fields_that_a_file_can_not_say_are_ignored(tmp_path: Path) -> None:
    path = tmp_path / "webhooks.yaml"
    path.write_text(FILE.replace("pigeonry", PIGEONRY.name), encoding="utf-8")
    inputs = Inputs(
        files=(str(path),),
        variables={},
        env_files=(),
        environment={"LOFT_TOKEN": "some-token"},
        allowed_hosts=frozenset(),
        standard_input=bytes,
    )
    loaded = load(inputs, _declaration)
    assert loaded.configuration is not None, loaded.diagnostics
    (wanted,) = loaded.configuration.desired
    assert wanted.ignored == {spec.name for spec in PIGEONRY.own_fields}
    assert wanted.fields[PIGEONRY.event_field] == frozenset({"bird.arrived", "bird.left"})
