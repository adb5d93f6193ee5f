"""The file's JSON Schema, composed of a core and of what the providers declare."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any

from reconciler.model.field import SECRET_SINCE, SECRET_TO, Field, FieldType
from reconciler.model.place import EVERY, FILE, PlaceSetting
from reconciler.model.provider import Provider

Schema = dict[str, Any]

VARIABLE = "^\\$\\{[A-Za-z_][A-Za-z0-9_]*(:[-?][\\s\\S]*)?\\}$"
_BOOLEAN = {
    "pattern": VARIABLE,
    "patternErrorMessage": "Write `true` or `false`, or a single variable with one of these values.",
}
_NAME_HELP = "Write a name of letters, digits and `_`, such as `LEDGER_SECRET`."
_ABOUT_SECRETS: dict[str, Mapping[str, Any]] = {
    SECRET_TO.name: {
        "type": "string",
        "pattern": "^([A-Za-z_][A-Za-z0-9_]*|[\\s\\S]*\\$\\{[\\s\\S]*)$",
        "patternErrorMessage": _NAME_HELP,
        "x-help": _NAME_HELP,
        "examples": ["LEDGER_SECRET"],
    },
}
_TIME_HELP = "Write a day such as `2026-11-01`, or a time such as `2026-11-01T09:30:00Z`."
_ABOUT_SECRETS[SECRET_SINCE.name] = {
    "type": "string",
    "pattern": "^([0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9:.]+(Z|[+-][0-9:]+))?|[\\s\\S]*\\$\\{[\\s\\S]*)$",
    "patternErrorMessage": _TIME_HELP,
    "x-help": _TIME_HELP,
    "examples": ["2026-11-01"],
}
_OTHER_KEYS = {"^x-": {"description": "Ignored. Useful for YAML anchors."}}


def compose(providers: Mapping[str, Provider], *, lenient: bool = False) -> str:
    """The schema of files for some providers, by the file's names of them, as JSON in one line, which is made fast.

    A lenient one is for files that may name other providers too, whose entries may have any keys.
    """
    return json.dumps(composed(providers, lenient=lenient)[0], ensure_ascii=False)


def schema_text(schema: Schema) -> str:
    """A schema as JSON to read."""
    return json.dumps(schema, ensure_ascii=False, indent=2) + "\n"


def composed(providers: Mapping[str, Provider], *, lenient: bool = False) -> tuple[Schema, Mapping[str, Schema]]:
    """That schema, and the rules in it for accounts, by the provider that they name; by "" for those that name none."""
    schema = core()
    definitions = schema["definitions"]
    account = definitions["account"]
    fields: dict[str, Any] = {}
    events: dict[str, Any] = {}
    rules: dict[str, Schema] = {}
    every_key = dict(account["properties"])
    for name, provider in providers.items():
        own = dict(_account_keys(provider))
        every_key |= own
        is_named = {"type": "object", "required": ["provider"], "properties": {"provider": {"enum": [name]}}}
        rules[name] = {"if": is_named, "then": _closed(dict.fromkeys(account["properties"], True) | own)}
        events |= {event["enum"][0]: event for event in known_events(provider)}
        for spec in (*provider.own_fields, *provider.about_secrets):
            _add(fields, spec.name, described(spec))
            if spec.scope:
                _add(definitions["owns"]["items"]["properties"], spec.name, described(spec))
    definitions["event"]["anyOf"] += events.values()
    names_none = {"not": {"required": ["provider"]}}
    rules[""] = {"if": names_none, "then": _closed(dict.fromkeys(every_key, True))}
    account["allOf"] = [*rules.values()]
    unscoped = [spec for provider in providers.values() for spec in provider.own_fields if not spec.scope]
    ignorable = [{"enum": [name]} for name in dict.fromkeys(spec.name for spec in unscoped)]
    for where in (definitions["webhook"], schema["properties"]["defaults"]):
        where["properties"] |= fields
        where["properties"]["ignore_changes"]["items"]["oneOf"] += ignorable
        where["additionalProperties"] = lenient
    schema["properties"]["defaults"]["properties"].pop(SECRET_TO.name, None)  # a name is one webhook's
    return schema, rules


def core() -> Schema:
    """The schema without what providers add."""
    schema: Schema = json.loads(_core())
    return schema


@lru_cache(maxsize=1)
def _core() -> str:
    return files("reconciler.schemas").joinpath("core.json").read_text(encoding="utf-8")


def _add(properties: dict[str, Any], key: str, given: dict[str, Any]) -> None:
    """A key that two providers mean differently takes what either takes."""
    known = properties.setdefault(key, given)
    if known != given:
        about = {name: known[name] for name in ("description", "examples")}
        properties[key] = {**about, "anyOf": [*known.get("anyOf", [known]), given]}


def known_events(provider: Provider) -> Iterator[dict[str, Any]]:
    """The events of a provider, each with what is said of it."""
    spec = next(spec for spec in provider.fields if spec.name == provider.event_field)
    for event in spec.choices:
        about = {"description": spec.choice_help[event]} if event in spec.choice_help else {}
        yield {"type": "string", "enum": [event], **about}


def _closed(properties: dict[str, Any]) -> dict[str, Any]:
    return {"additionalProperties": False, "properties": properties, "patternProperties": _OTHER_KEYS}


def _account_keys(provider: Provider) -> Iterator[tuple[str, dict[str, Any]]]:
    if provider.auth.kind_setting:
        description = "The kind of account, checked against the token's prefix before any request."
        yield (
            provider.auth.kind_setting,
            _choice(description, tuple(dict.fromkeys(kind.name for kind in provider.auth.kinds))),
        )
    for setting in provider.settings:
        spec = Field(name=setting.name, type=setting.type, default=setting.default, help=setting.help)
        yield setting.name, described(spec)
    yield from ((place.setting, _place(place)) for place in provider.places)


def _choice(description: str, choices: tuple[str, ...]) -> dict[str, Any]:
    alternatives = [*({"enum": [choice]} for choice in choices), {"type": "string", "pattern": VARIABLE}]
    return {"description": description, "anyOf": alternatives, "examples": list(choices[:1])}


def _place(place: PlaceSetting) -> dict[str, Any]:
    help_ = f"Write a {place.examples}, or a list of {'names' if place.one else 'them'}."
    # Of a pattern only that it names whose places it means, as far as this can say it; the rest is checked later.
    patterns = "" if place.listed is None or place.one else r"|[^\s*]+/[^\s]*\*[^\s]*"
    patterns += f"|{FILE}[\\s\\S]+" if place.one else ""
    named = {"pattern": f"^(?:{place.pattern}{patterns}|[\\s\\S]*\\$\\{{[\\s\\S]*)$", "patternErrorMessage": help_}
    item, examples = "A name.", [place.example]
    if place.listed is not None and not place.one:
        item = "A name, or a pattern in which `*` stands for any text."
        examples += [place.example_pattern]
    return {
        "description": place.help or f"Where the webhooks are, such as `{place.example}`.",
        "type": ["string", "array"],
        **named,
        "minItems": 1,
        "uniqueItems": True,
        "items": {"description": item, "type": "string", **named, "examples": examples, "x-help": help_},
        "x-help": help_,
        "examples": [*([EVERY, f"{FILE}accounts.txt"] if place.one else [place.example]), examples],
    }


def described(spec: Field) -> dict[str, Any]:
    """A key whose value is this field's."""
    found: dict[str, Any] = {"description": spec.help or f"The provider's `{spec.name}`."}
    item = {"description": "An item.", "type": "string", "examples": ["a"]}
    shapes: dict[FieldType, dict[str, Any]] = {
        FieldType.FLAG: {"type": ["boolean", "string"], **_BOOLEAN, "examples": [True, False]},
        FieldType.NUMBER: {"type": "number", "examples": [spec.default or 1]},
        FieldType.CHOICE: _choice(found["description"], spec.choices),
        FieldType.SET: {"type": "array", "uniqueItems": True, "items": item, "examples": [["a"]]},
        FieldType.SETTINGS: {"type": "object", "examples": [spec.default or {}]},
        FieldType.HEADERS: {
            "type": "object",
            "propertyNames": {"pattern": "^[A-Za-z0-9_-]+$", "patternErrorMessage": "Write a header's name."},
            "additionalProperties": {
                "type": "string",
                "minLength": 1,
                "description": "A header's value.",
                "examples": ["Bearer ${HOOK_TOKEN}"],
            },
            "examples": [{"Authorization": "Bearer ${HOOK_TOKEN}"}],
        },
        FieldType.SECRET: {"type": "string", "minLength": 1, "examples": ["${HOOK_SECRET}"]},
    }
    text = {"type": "string", "minLength": 1, "examples": [spec.default or "${NAME}"]}
    found |= _ABOUT_SECRETS.get(spec.name, text) if spec in (SECRET_TO, SECRET_SINCE) else shapes.get(spec.type, text)
    if spec.holds_texts:
        help_ = "Write a name without brackets."
        found["propertyNames"] = {"pattern": "^[^\\[\\]]+$", "patternErrorMessage": help_}
        found["additionalProperties"] = {"type": "string", "description": "A text.", "examples": ["a"]}
        found["examples"] = [{"team": "orders"}]
    if spec.scope:
        found["description"] += " If omitted, the account's kind."
    elif spec.says:
        found["examples"] = [True]  # nobody switches it off
    elif isinstance(spec.default, str | bool | int | float):
        found["default"] = spec.default
    return found
