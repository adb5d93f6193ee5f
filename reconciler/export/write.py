"""The texts of what is written: YAML, and env files. Loads `yaml`."""

from __future__ import annotations

from collections.abc import Mapping

import yaml

from reconciler.export.files import ExportedFile
from reconciler.output.terminal import visible


class _Dumper(yaml.SafeDumper):
    """Lists under a key are indented; tuples stay on one line; nothing becomes an alias."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002
        super().increase_indent(flow, indentless=False)

    def ignore_aliases(self, data: object) -> bool:
        del data
        return True


_Dumper.add_representer(
    tuple, lambda dumper, data: dumper.represent_sequence("tag:yaml.org,2002:seq", data, flow_style=True)
)

_COMMAND = "##["
"""What a pipeline's runner takes for a command, anywhere in a line."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    """Foreign text stays in one line, escaped: else a line of its own could be a command as well."""
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if visible(text) == text else '"')


_Dumper.add_representer(str, _text)


def yaml_text(file: ExportedFile) -> str:
    """The file's text."""
    head = "".join(f"# {visible(line)}".rstrip() + "\n" for line in file.comments)
    body = yaml.dump(file.document, Dumper=_Dumper, sort_keys=False, width=10_000)
    return head + body.replace(_COMMAND, "#\\x23[")  # it stands in double quotes alone


def env_text(variables: Mapping[str, str]) -> str:
    """An env file's text: `NAME='value'`, one a line, sorted."""
    lines = (f"{name}='{_escaped(value)}'" for name, value in sorted(variables.items()))
    return "".join(f"{line}\n" for line in lines)


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("'", "\\'")
