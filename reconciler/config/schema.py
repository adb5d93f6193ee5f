"""The file's JSON Schema, composed of a core and of what the providers declare; and the check of a file against it.

Quickly where all is well, with an explanation where not.
"""

from __future__ import annotations

import json
import re
from collections.abc import Hashable, Iterable, Iterator, Mapping
from functools import lru_cache
from importlib.resources import files
from itertools import islice
from typing import Any

import fastjsonschema

from reconciler.config.cursor import Cursor
from reconciler.config.diagnostics import Diagnostics, Span
from reconciler.config.explain import Fault, explain
from reconciler.config.limits import MOST_DIAGNOSTICS
from reconciler.config.yaml_nodes import Document, Path, Plain
from reconciler.model.provider import Field, FieldType, PlaceSetting, Provider

_VARIABLE = "^\\$\\{[A-Za-z_][A-Za-z0-9_]*(:[-?][\\s\\S]*)?\\}$(?!\\n)"


def compose(providers: Mapping[str, Provider], *, lenient: bool = False) -> str:
    """The schema of files for some providers, as JSON.

    Args:
        providers: by what the file calls them.
        lenient: whether there may be other providers, whose entries may have any keys.
    """
    schema: dict[str, Any] = json.loads(_core())
    definitions = schema["definitions"]
    account, entry = definitions["account"], definitions["webhook"]
    defaults = schema["properties"]["defaults"]
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
        events |= {event: _described_choice(spec, event) for spec in of_events for event in spec.choices}
    definitions["event"]["anyOf"] += events.values()
    for where in (entry, defaults):
        where["properties"] |= fields
        ignorable = [spec for provider in providers.values() for spec in provider.own_fields if not spec.scope]
        choices = where["properties"]["ignore_changes"]["items"]["oneOf"]
        choices += [{"enum": [name]} for name in dict.fromkeys(spec.name for spec in ignorable)]
        if lenient:
            where["additionalProperties"] = True
    if lenient:
        account["additionalProperties"] = True
        account["allOf"].append({"if": {"required": ["provider"]}, "else": _only(account["properties"])})
    return json.dumps(schema, ensure_ascii=False, indent=2) + "\n"


@lru_cache(maxsize=1)
def _core() -> str:
    return files("reconciler.schemas").joinpath("core.json").read_text(encoding="utf-8")


def _add(properties: dict[str, Any], key: str, described: dict[str, Any]) -> None:
    """A key that two providers mean differently takes what either takes."""
    known = properties.get(key)
    if known is None:
        properties[key] = described
    elif known != described:
        about = {name: known[name] for name in ("description", "examples")}
        properties[key] = {**about, "anyOf": [*known.get("anyOf", [known]), described]}


def _only(keys: Iterable[str]) -> dict[str, Any]:
    """A mapping without other keys."""
    return {
        "additionalProperties": False,
        "properties": dict.fromkeys(keys, True),
        "patternProperties": {"^x-": True},
    }


def _account_keys(provider: Provider) -> Iterator[tuple[str, dict[str, Any]]]:
    kinds = [kind.name for kind in provider.auth.kinds]
    if provider.auth.kind_setting:
        description = "The kind of account, checked against the token's prefix before any request."
        yield provider.auth.kind_setting, _choice(description, kinds)
    for setting in provider.settings:
        spec = Field(name=setting.name, type=setting.type, default=setting.default, help=setting.help)
        yield setting.name, _described(spec)
    yield from ((place.setting, _place(place)) for place in provider.places)


def _choice(description: str, choices: list[str]) -> dict[str, Any]:
    alternatives = [*({"enum": [choice]} for choice in choices), {"type": "string", "pattern": _VARIABLE}]
    return {"description": description, "anyOf": alternatives, "examples": choices[:1]}


def _described_choice(spec: Field, choice: str) -> dict[str, Any]:
    about = spec.choice_help.get(choice)
    return {"enum": [choice], **({} if about is None else {"description": about})}


def _place(place: PlaceSetting) -> dict[str, Any]:
    name = {"type": "string", "pattern": f"^(?:{place.pattern}|[\\s\\S]*\\$\\{{[\\s\\S]*)$(?!\\n)"}
    item = {"description": "A name.", **name, "examples": [place.example]}
    return {
        "description": place.help or f"Where the webhooks are, such as `{place.example}`.",
        "type": ["string", "array"],
        "pattern": name["pattern"],
        "minItems": 1,
        "uniqueItems": True,
        "items": item,
        "x-help": f"Write a name such as `{place.example}`, or a list of them.",
        "examples": [place.example, [place.example]],
    }


def _described(spec: Field) -> dict[str, Any]:
    """A key whose value is this field's."""
    found: dict[str, Any] = {"description": spec.help or f"The provider's `{spec.name}`."}
    match spec.type:
        case FieldType.FLAG:
            found |= {"type": ["boolean", "string"], "pattern": _VARIABLE, "examples": [True, False]}
        case FieldType.NUMBER:
            found |= {"type": "number", "examples": [spec.default or 1]}
        case FieldType.CHOICE:
            found |= _choice(found["description"], list(spec.choices))
        case FieldType.SET:
            item = {"description": "An item.", "type": "string", "examples": ["a"]}
            found |= {"type": "array", "uniqueItems": True, "items": item, "examples": [["a"]]}
        case FieldType.SETTINGS:
            found |= {"type": "object", "examples": [spec.default or {}]}
        case FieldType.SECRET:
            found |= {"type": "string", "minLength": 1, "examples": ["${HOOK_SECRET}"]}
        case _:
            found |= {"type": "string", "minLength": 1, "examples": [spec.default or "${NAME}"]}
    if spec.scope:
        found["description"] += " If omitted, the account's kind."
    elif isinstance(spec.default, str | bool | int | float):
        found["default"] = spec.default
    return found


def check_shape(document: Document, schema: str, diagnostics: Diagnostics) -> None:
    """Check a document against the schema, before any variable is put in.

    Args:
        document: the file as read; what of it can't be used is noted in it.
        schema: of the providers that the files name.
        diagnostics: gets all that is wrong with its shape.
    """
    if accepts(document.root, schema):
        return
    cursor = Cursor(document)
    found = [(_span(cursor, fault), fault) for fault in find_faults(document.root, schema)]
    # By place: what is wrong with an aliased value is told where it is used first.
    for span, fault in sorted(found, key=lambda one: one[0].start):
        _, value_span = cursor.spans_at(fault.path)
        start = (value_span.anchor or value_span).start
        # Of a value one diagnostic is enough, and an alias without an anchor had its own.
        start = (span.anchor or span).start if fault.keyword == "uniqueItems" else start
        is_reported = start in document.unusable and (fault.spoils or fault.keyword == "uniqueItems")
        if fault.spoils or fault.keyword == "uniqueItems":
            document.unusable.add(start)
        if not is_reported:
            diagnostics.error(fault.code, span, *explain(fault, (span.anchor or span).text))


@lru_cache(maxsize=8)
def _quick(schema: str) -> fastjsonschema.Validator:
    # Without detailed exceptions compiling takes a quarter of the time, and no exception holds a value of the file.
    return fastjsonschema.compile(json.loads(schema), use_default=False, detailed_exceptions=False)


def accepts(root: Plain, schema: str) -> bool:
    """Whether a file's plain values have the right shape."""
    try:
        _quick(schema)(root)
    except fastjsonschema.JsonSchemaException:
        return False
    return True


def find_faults(root: Plain, schema: str) -> tuple[Fault, ...]:
    """All that is wrong with the shape of a file's plain values; nothing where nothing is."""
    found: dict[tuple[Path, str, str], Fault] = {}
    for error in _explaining()(json.loads(schema)).iter_errors(root):
        if len(found) > MOST_DIAGNOSTICS:
            break  # nobody will be told of more
        path: Path = tuple(error.absolute_path)
        is_name = "propertyNames" in error.absolute_schema_path
        keyword = "propertyNames" if is_name else str(error.validator)
        keys = iter((error.instance,)) if is_name else _keys(keyword, error.instance, error.schema)
        for key in islice(keys, MOST_DIAGNOSTICS + 1):
            found[path, keyword, key] = Fault(
                path=path, keyword=keyword, key=key, schema=error.schema, value=error.instance
            )
    return tuple(found.values())


@lru_cache(maxsize=1)
def _explaining() -> Any:  # noqa: ANN401 - its stubs leave open what errors have
    """The validator that explains. Its own `uniqueItems` compares each item with each where they can't be sorted."""
    import jsonschema  # only where something is wrong  # noqa: PLC0415

    def unique(_validator: object, is_due: bool, items: object, _schema: object) -> Iterator[Exception]:  # noqa: FBT001 - as jsonschema calls it
        if is_due and isinstance(items, list) and len(items) > len({_comparable(item) for item in items}):
            yield jsonschema.ValidationError("not unique")

    return jsonschema.validators.extend(jsonschema.Draft7Validator, {"uniqueItems": unique})  # type: ignore[no-untyped-call]


def _comparable(value: Plain) -> Hashable:
    """What is equal for values that JSON Schema calls equal."""
    match value:
        case Mapping():
            return frozenset((key, _comparable(inner)) for key, inner in value.items())
        case list():
            return tuple(map(_comparable, value))
        case bool():
            return str(value), bool
    return value


def _keys(keyword: str, value: Plain, schema: Mapping[str, Any]) -> Iterator[str]:
    """A key, or an item's index, for each thing that is wrong; empty where it is the value as a whole."""
    if keyword == "additionalProperties" and isinstance(value, Mapping):
        patterns = [re.compile(pattern) for pattern in schema.get("patternProperties", ())]
        known = schema.get("properties", ())
        yield from (key for key in value if key not in known and not any(p.search(key) for p in patterns))
    elif keyword == "required" and isinstance(value, Mapping):
        yield from (key for key in schema["required"] if key not in value)
    elif keyword == "uniqueItems" and isinstance(value, list):
        seen: set[str] = set()
        for index, item in enumerate(value):
            if str(item) in seen:
                yield str(index)
            seen.add(str(item))
    else:
        yield ""


def _span(cursor: Cursor, fault: Fault) -> Span:
    if fault.keyword in ("additionalProperties", "propertyNames"):
        return cursor.spans_at((*fault.path, fault.key))[0]
    if fault.keyword == "uniqueItems":
        return cursor.spans_at((*fault.path, int(fault.key)))[1]
    key, value = cursor.spans_at(fault.path)
    # What is missing, and a value that isn't there, is shown at the key.
    at_key = fault.keyword in ("required", "not") or value.end == value.start
    return key if at_key else value
