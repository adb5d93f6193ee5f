"""The texts of what is written: YAML, and env files. Loads `yaml`."""

from __future__ import annotations

import re
from collections.abc import Mapping

import yaml

from reconciler.export.document import ExportedFile
from reconciler.model.secret import env_line
from reconciler.output.escaping import visible

_ID_ITEM = re.compile(r"^ *- id: '?(?P<id>[A-Za-z0-9_-]+)'?$", re.MULTILINE)


class _Dumper(yaml.SafeDumper):
    """Lists under a key are indented; tuples stay on one line; nothing becomes an alias."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002
        super().increase_indent(flow, indentless=False)

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    """Foreign text stays in one line, escaped: else a line of its own could be a command as well."""
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if visible(text) == text else '"')


def _flow(dumper: yaml.SafeDumper, items: tuple[object, ...]) -> yaml.Node:
    return dumper.represent_sequence("tag:yaml.org,2002:seq", items, flow_style=True)


_Dumper.add_representer(str, _text)
_Dumper.add_representer(tuple, _flow)


def yaml_text(file: ExportedFile) -> str:
    """The file's text."""
    head = "".join(f"# {visible(line)}".rstrip() + "\n" for line in file.comments)
    body = yaml.dump(file.document, Dumper=_Dumper, sort_keys=False, width=10_000)
    body = _ID_ITEM.sub(lambda found: f"{found[0]}{_comment(file.notes.get(found['id']))}", body)
    # What a pipeline's runner takes for a command, anywhere in a line, stands in double quotes alone.
    return head + body.replace("##[", "#\\x23[")


def _comment(note: str | None) -> str:
    return "" if note is None else f"  # {visible(note)}"


def env_text(variables: Mapping[str, str]) -> str:
    """An env file's text: `NAME='value'`, one a line, sorted."""
    return "".join(env_line(name, value) for name, value in sorted(variables.items()))
