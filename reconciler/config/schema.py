"""The file's JSON Schema, composed of a core and of what the providers declare."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any

from reconciler.model.provider import Field, FieldType, PlaceSetting, Provider

_VARIABLE = "^\\$\\{[A-Za-z_][A-Za-z0-9_]*(:[-?][\\s\\S]*)?\\}$(?!\\n)"


def compose(providers: Mapping[str, Provider], *, lenient: bool = False) -> str:
    """The schema of files for some providers, by the file's names of them, as JSON.

    A lenient one is for files that may name other providers too, whose entries may have any keys.
    """
    schema: dict[str, Any] = json.loads(_core())
    definitions = schema["definitions"]
    account = definitions["account"]
    generic = tuple(account["properties"])
    account["allOf"] = []
    fields: dict[str, Any] = {}
    events: dict[str, Any] = {}
    for name, provider in providers.items():
        own = dict(_account_keys(provider))
        for key, described in own.items():
            _add(account["properties"], key, described)
        is_named = {"required": ["provider"], "properties": {"provider": {"enum": [name]}}}
        account["allOf"].append({"if": is_named, "then": _only((*generic, *own))})
        for spec in provider.own_fields:
            _add(fields, spec.name, _described(spec))
            if spec.scope:
                _add(definitions["owns"]["items"]["properties"], spec.name, _described(spec))
        of_events = (spec for spec in provider.fields if spec.type in (FieldType.EVENT, FieldType.EVENTS))
        for event, about in ((event, of.choice_help.get(event)) for of in of_events for event in of.choices):
            events[event] = {"enum": [event], **({} if about is None else {"description": about})}
    definitions["event"]["anyOf"] += events.values()
    unscoped = [spec for provider in providers.values() for spec in provider.own_fields if not spec.scope]
    ignorable = [{"enum": [name]} for name in dict.fromkeys(spec.name for spec in unscoped)]
    for where in (definitions["webhook"], schema["properties"]["defaults"]):
        where["properties"] |= fields
        where["properties"]["ignore_changes"]["items"]["oneOf"] += ignorable
        where["additionalProperties"] = lenient
    if lenient:
        account["additionalProperties"] = True
        account["allOf"].append({"if": {"required": ["provider"]}, "else": _only(account["properties"])})
    return json.dumps(schema, ensure_ascii=False, indent=2) + "\n"


@lru_cache(maxsize=1)
def _core() -> str:
    return files("reconciler.schemas").joinpath("core.json").read_text(encoding="utf-8")


def _add(properties: dict[str, Any], key: str, described: dict[str, Any]) -> None:
    """A key that two providers mean differently takes what either takes."""
    known = properties.setdefault(key, described)
    if known != described:
        about = {name: known[name] for name in ("description", "examples")}
        properties[key] = {**about, "anyOf": [*known.get("anyOf", [known]), described]}


def _only(keys: Iterable[str]) -> dict[str, Any]:
    properties = dict.fromkeys(keys, True)
    return {"additionalProperties": False, "properties": properties, "patternProperties": {"^x-": True}}


def _account_keys(provider: Provider) -> Iterator[tuple[str, dict[str, Any]]]:
    if provider.auth.kind_setting:
        description = "The kind of account, checked against the token's prefix before any request."
        yield provider.auth.kind_setting, _choice(description, tuple(kind.name for kind in provider.auth.kinds))
    for setting in provider.settings:
        spec = Field(name=setting.name, type=setting.type, default=setting.default, help=setting.help)
        yield setting.name, _described(spec)
    yield from ((place.setting, _place(place)) for place in provider.places)


def _choice(description: str, choices: tuple[str, ...]) -> dict[str, Any]:
    alternatives = [*({"enum": [choice]} for choice in choices), {"type": "string", "pattern": _VARIABLE}]
    return {"description": description, "anyOf": alternatives, "examples": list(choices[:1])}


def _place(place: PlaceSetting) -> dict[str, Any]:
    pattern = f"^(?:{place.pattern}|[\\s\\S]*\\$\\{{[\\s\\S]*)$(?!\\n)"
    return {
        "description": place.help or f"Where the webhooks are, such as `{place.example}`.",
        "type": ["string", "array"],
        "pattern": pattern,
        "minItems": 1,
        "uniqueItems": True,
        "items": {"description": "A name.", "type": "string", "pattern": pattern, "examples": [place.example]},
        "x-help": f"Write a name such as `{place.example}`, or a list of them.",
        "examples": [place.example, [place.example]],
    }


def _described(spec: Field) -> dict[str, Any]:
    """A key whose value is this field's."""
    found: dict[str, Any] = {"description": spec.help or f"The provider's `{spec.name}`."}
    item = {"description": "An item.", "type": "string", "examples": ["a"]}
    shapes: dict[FieldType, dict[str, Any]] = {
        FieldType.FLAG: {"type": ["boolean", "string"], "pattern": _VARIABLE, "examples": [True, False]},
        FieldType.NUMBER: {"type": "number", "examples": [spec.default or 1]},
        FieldType.CHOICE: _choice(found["description"], spec.choices),
        FieldType.SET: {"type": "array", "uniqueItems": True, "items": item, "examples": [["a"]]},
        FieldType.SETTINGS: {"type": "object", "examples": [spec.default or {}]},
        FieldType.SECRET: {"type": "string", "minLength": 1, "examples": ["${HOOK_SECRET}"]},
    }
    text = {"type": "string", "minLength": 1, "examples": [spec.default or "${NAME}"]}
    found |= shapes.get(spec.type, text)
    if spec.scope:
        found["description"] += " If omitted, the account's kind."
    elif isinstance(spec.default, str | bool | int | float):
        found["default"] = spec.default
    return found
