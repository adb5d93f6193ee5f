"""Writes the parts of the docs that the code knows better; with `--check` says which are stale."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click
from manpage import manpage
from published import TITLES, schema, stream_definitions

from reconciler.cli.main import COMMANDS, reconciler
from reconciler.cli.topics import TOPICS, topic_text
from reconciler.config.schema import compose
from reconciler.providers.registry import built_in

ROOT = Path(__file__).parent.parent
SCENARIOS = ROOT / "tests" / "scenarios"
PLAN = SCENARIOS / "readme" / "plan.txt"
FORMAT_SAMPLES = {
    "text": ("readme", "plan.txt", "text"),
    "markdown": ("readme", "plan.md", "markdown"),
    "github": ("switched-off", "plan.github", "text"),
    "junit": ("switched-off", "plan.junit.xml", "xml"),
    "code-quality": ("switched-off", "plan.code-quality.json", "json"),
    "prometheus": ("switched-off", "plan.prom", "text"),
}
"""The scenario, expected file and language of each format that the docs show."""
SCHEMAS = ROOT / "schemas"
STREAM = "apply-stream.schema.json"
WIDTH = 100
BUILT_IN = {provider.name: provider for provider in built_in()}


def generated() -> Iterator[tuple[Path, str]]:
    """Every generated file and what it must hold."""
    yield ROOT / "schemas" / "webhooks.schema.json", compose(BUILT_IN)
    for name in TITLES:
        yield SCHEMAS / f"{name}.schema.json", _json(schema(name))
    yield SCHEMAS / STREAM, _stream_schema()
    yield ROOT / "README.md", _with_plan((ROOT / "README.md").read_text(encoding="utf-8"))
    for page in ("output.md", "pipelines/prometheus.md"):
        yield ROOT / "docs" / page, _with_formats((ROOT / "docs" / page).read_text(encoding="utf-8"))
    yield ROOT / "docs" / "file.md", _file_page()
    yield ROOT / "docs" / "commands.md", _commands_page()
    yield ROOT / "docs" / "reconciler.1", manpage()
    for page in sorted((ROOT / "docs" / "pipelines").glob("*.md")):
        yield page, _with_files(page.read_text(encoding="utf-8"))


def _json(document: object) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _stream_schema() -> str:
    """The schema of the lines of `apply --format json`, with what they share with the documents."""
    document = json.loads((SCHEMAS / STREAM).read_text(encoding="utf-8"))
    document["definitions"] |= stream_definitions()
    return _json(document)


def _with_plan(readme: str) -> str:
    """The README with the plan of its scenario in it."""
    plan = PLAN.read_text(encoding="utf-8").rstrip("\n")
    block = f"<!-- generated: plan -->\n```\n$ reconciler plan\n{plan}\n```\n<!-- end -->"
    return re.sub(r"<!-- generated: plan -->.*?<!-- end -->", lambda _: block, readme, flags=re.DOTALL)


def _with_files(page: str) -> str:
    """A page with the files in it that its comments name."""

    def shown(found: re.Match[str]) -> str:
        text = (ROOT / found["path"]).read_text(encoding="utf-8").rstrip("\n")
        return f"{found['head']}{text}\n```\n"

    return re.sub(r"(?P<head><!-- file: (?P<path>\S+) -->\n```\w+\n)(?s:.*?)```\n", shown, page)


def _with_formats(page: str) -> str:
    """A page with the scenarios' expected files in it that its `<!-- generated: FORMAT -->` marks name."""

    def shown(found: re.Match[str]) -> str:
        folder, name, language = FORMAT_SAMPLES[found[1]]
        text = (SCENARIOS / folder / name).read_text(encoding="utf-8").rstrip("\n")
        return f"<!-- generated: {found[1]} -->\n````{language}\n{text}\n````\n<!-- end -->"

    return re.sub(r"<!-- generated: ([a-z-]+) -->.*?<!-- end -->", shown, page, flags=re.DOTALL)


def _commands_page() -> str:
    """Every command's help, as it prints."""
    parts = ["# Commands", "", "Every command's `--help`, as it prints. Written by `python docs/generate.py`.", ""]
    parts += ["## reconciler", "", *_help(reconciler, "reconciler")]
    for name in COMMANDS:
        with click.Context(reconciler, info_name="reconciler") as context:
            command = reconciler.get_command(context, name)
        assert command is not None, name
        parts += [f"## reconciler {name}", "", *_help(command, f"reconciler {name}")]
    for name, (_, line) in TOPICS.items():
        parts += [f"## reconciler help {name}", "", line, "", "```", topic_text(name).rstrip("\n"), "```", ""]
    return "\n".join(parts)


def _help(command: click.Command, name: str) -> list[str]:
    context = click.Context(command, info_name=name, max_content_width=WIDTH, terminal_width=WIDTH)
    context.help_option_names = ["-h", "--help"]
    return ["```", command.get_help(context), "```", ""]


def _file_page() -> str:
    """The reference of the file, from its JSON Schema."""
    schema = json.loads(compose(BUILT_IN))
    lines = ["# The file", "", schema["description"], ""]
    lines += [
        "Written by `python docs/generate.py` from `schemas/webhooks.schema.json`, which `reconciler schema` prints.",
        "",
    ]
    lines += _object(schema, schema, "")
    return "\n".join(lines)


def _object(root: Mapping[str, Any], schema: Mapping[str, Any], path: str) -> list[str]:
    """The keys of an object, each with its own section; then those of the objects in it."""
    lines: list[str] = []
    required = schema.get("required", ())
    for name, given in _keys(schema):
        inner = _resolved(root, given)
        where = f"{path}.{name}" if path else name
        lines += [f"## `{where}`", "", _sentence(inner, required=name in required), ""]
        if inner.get("examples"):
            lines += ["```yaml", *(_example(name, example) for example in inner["examples"][:1]), "```", ""]
        lines += _object(root, inner, where)
        items = _resolved(root, inner.get("items", {}))
        for alternative in (items, *items.get("anyOf", ())):
            lines += _object(root, _resolved(root, alternative), f"{where}[]")
    return lines


def _keys(schema: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """The named keys of an object, and `<name>` where it takes any name."""
    named = list(schema.get("properties", {}).items())
    any_name = schema.get("additionalProperties")
    return [*named, *([("<name>", any_name)] if isinstance(any_name, dict) else [])]


def _resolved(root: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """A schema with its reference followed; what stands beside the reference wins."""
    reference = schema.get("$ref")
    if reference is None:
        return dict(schema)
    found: Any = root
    for step in reference.removeprefix("#/").split("/"):
        found = found[step]
    return _resolved(root, found) | {key: value for key, value in schema.items() if key != "$ref"}


def _sentence(schema: Mapping[str, Any], *, required: bool) -> str:
    facts = [schema.get("description", "")]
    if required:
        facts.append("Required.")
    if "default" in schema:
        facts.append(f"Default: `{json.dumps(schema['default'])}`.")
    return " ".join(filter(None, facts))


def _example(name: str, example: object) -> str:
    return f"{name}: {json.dumps(example, ensure_ascii=False)}"


def main(arguments: list[str]) -> int:
    """Write the docs, or with `--check` say which are stale."""
    stale = [
        (path, text) for path, text in generated() if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    for path, text in stale:
        print(f"{'stale' if '--check' in arguments else 'wrote'}: {path.relative_to(ROOT)}")  # noqa: T201 - a script
        if "--check" not in arguments:
            path.write_text(text, encoding="utf-8")
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
