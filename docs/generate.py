"""Writes the parts of the docs that the code knows better; with `--check` says which are stale."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click
import yaml
from manpage import manpage
from provider_pages import example_text, provider_page, providers_page
from published import TITLES, schema, stream_definitions

from reconciler.cli.main import COMMANDS, reconciler
from reconciler.cli.topics import TOPICS, topic_text
from reconciler.config.editor_schema import compose_for_editors
from reconciler.config.schema import compose
from reconciler.providers.registry import built_in
from reconciler.view.documents import SCHEMAS

ROOT = Path(__file__).parent.parent
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("**/*.md")))
SCENARIOS = ROOT / "tests" / "scenarios"
SHOWN = re.compile(r"<!-- generated: ([\w.-]+) ([\w-]+) -->\n.*?<!-- end -->", re.DOTALL)
FILE = re.compile(r"(<!-- file: (\S+) -->\n```\w+\n).*?(?<=\n)```\n", re.DOTALL)
LANGUAGES = {".md": "markdown", ".xml": "xml", ".json": "json"}
FOLDER = ROOT / "schemas"
STREAM = "apply-stream.schema.json"
WIDTH = 100
BUILT_IN = {provider.name: provider for provider in built_in()}


def generated() -> Iterator[tuple[Path, str]]:
    """Every generated file and what it must hold."""
    yield FOLDER / "webhooks.schema.json", compose_for_editors(BUILT_IN)
    for name in TITLES:
        yield FOLDER / f"{name}.schema.json", _json(schema(name))
    yield FOLDER / STREAM, _stream_schema()
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        yield page, FILE.sub(_shown_file, SHOWN.sub(_shown, text))
    yield ROOT / "docs" / "file.md", _file_page()
    yield (
        ROOT / "docs" / "providers" / "index.md",
        providers_page(sorted(BUILT_IN.values(), key=lambda one: one.title.lower())),
    )
    for name, provider in BUILT_IN.items():
        yield ROOT / "docs" / "providers" / f"{name}.md", provider_page(provider)
    yield ROOT / "docs" / "commands.md", _commands_page()
    yield ROOT / "docs" / "reconciler.1", manpage()


def _json(document: object) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _stream_schema() -> str:
    """The schema of the lines of `apply --format json`, with what they share with the documents."""
    document = json.loads((FOLDER / STREAM).read_text(encoding="utf-8"))
    document["definitions"] |= stream_definitions()
    return _json(document)


def _shown(found: re.Match[str]) -> str:
    """What a page shows of a scenario: its `file`, what `plan` or `drift` says, or what a format does (`plan.md`).

    Or the `inputs` or `outputs` of an action.
    """
    what, name = found.groups()
    folder = SCENARIOS / name
    if what in ("inputs", "outputs"):
        block = _interface(what, ROOT / f"{name}.yml")
    elif what == "file":
        block = f"```yaml\n{(folder / 'webhooks.yaml').read_text(encoding='utf-8')}```"
    elif "." in what:
        text = (folder / what).read_text(encoding="utf-8").rstrip("\n")
        block = f"````{LANGUAGES.get(Path(what).suffix, 'text')}\n{text}\n````"
    else:
        arguments = folder / "arguments.txt"
        options = f" {arguments.read_text(encoding='utf-8').strip()}" if arguments.exists() else ""
        printed = (folder / f"{what}.txt").read_text(encoding="utf-8").rstrip("\n")
        block = f"```text\n$ reconciler {what}{options}\n{printed}\n```"
    return f"<!-- generated: {what} {name} -->\n{block}\n<!-- end -->"


def _interface(what: str, file: Path) -> str:
    """The table of an action's inputs or outputs."""
    declared = yaml.safe_load(file.read_text(encoding="utf-8"))[what]
    if what == "outputs":
        rows = [f"| `{name}` | {said['description']} |" for name, said in declared.items()]
        return "\n".join(["| output | |", "| --- | --- |", *rows])
    rows = []
    for name, said in declared.items():
        default = "required" if said.get("required") else f"`{said['default']}`" if said["default"] else ""
        rows.append(f"| `{name}` | {default} | {said['description']} |")
    return "\n".join(["| input | default | |", "| --- | --- | --- |", *rows])


def _shown_file(found: re.Match[str]) -> str:
    """A file of the repository where a page shows it."""
    text = (ROOT / found[2]).read_text(encoding="utf-8").rstrip("\n")
    return f"{found[1]}{text}\n```\n"


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
    schema = json.loads(compose({}))
    lines = ["# The file", "", schema["description"], ""]
    lines += [
        "These are the keys that every provider takes. [Each provider](providers/index.md) has its own, and events.",
        "",
    ]
    address = f"{SCHEMAS}/webhooks.schema.json"
    lines += [
        f"Written by `python docs/generate.py` from the [JSON Schema]({address}), which `reconciler schema` prints.",
        "",
    ]
    account = schema["definitions"]["account"]["properties"]
    for name in account.keys() & schema["properties"].keys():
        account[name] = {"description": f"As [`{name}`](#{name}) at the top, for this account."}
    schema["properties"]["defaults"] |= {"properties": {}}  # those of an entry
    lines += _object(schema, schema, "")
    return "\n".join(lines)


def _object(root: Mapping[str, Any], schema: Mapping[str, Any], path: str) -> list[str]:
    """The keys of an object, each with its own section; then those of the objects in it."""
    lines: list[str] = []
    required = schema.get("required", ())
    for name, given in _keys(schema):
        inner = _resolved(root, given)
        where = f"{path}.{name}" if path else name
        head = "###" if path else "##"
        lines += [f"{head} `{where}`", "", _sentence(inner, required=name in required), "", *_choices(inner)]
        if inner.get("examples"):
            lines += ["```yaml", "\n\n".join(example_text(name, example) for example in inner["examples"]), "```", ""]
        lines += _object(root, inner, where)
        items = _resolved(root, inner.get("items", {}))
        for alternative in (items, *items.get("anyOf", ())):
            lines += _object(root, _resolved(root, alternative), f"{where}[]")
    return lines


def _keys(schema: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """The named keys of an object, and `<name>` where it takes any name."""
    keys = [*schema.get("properties", {}).items(), ("<name>", schema.get("additionalProperties"))]
    return [(name, given) for name, given in keys if isinstance(given, dict)]


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


def _choices(schema: Mapping[str, Any]) -> list[str]:
    """A line for each value that a key may have."""
    alternatives = [*schema.get("oneOf", ()), *schema.get("anyOf", ())]
    choices = [(one["enum"][0], one.get("description")) for one in alternatives if "enum" in one]
    lines = [f"- `{value}`" + (f": {about}" if about else "") for value, about in choices]
    return [*lines, ""] if lines else []


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
