"""The file's JSON Schema for editors: what is accepted, and what is offered where."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from reconciler.config.diagnostics import either
from reconciler.config.schema import VARIABLE, Schema, composed, core, described, known_events, schema_text
from reconciler.model.configuration import DEFAULT_PROVIDER
from reconciler.model.field import SECRET_TO
from reconciler.model.provider import Provider

_NOT_OFFERED = {"doNotSuggest": True}
"""Of a key that is accepted here and offered elsewhere, if at all."""


def compose_for_editors(providers: Mapping[str, Provider]) -> str:
    """The schema of files for some providers, by name, with their names, and their events and fields where they fit.

    The accounts of a file decide whose events and fields are offered in its entries. Others are accepted all the same:
    an entry may be for an account of another file of the configuration.
    """
    schema, rules = composed(providers)
    definitions = schema["definitions"]
    event, token = definitions["event"], definitions["account"]["properties"]["token"]
    _offer_nothing_of_providers(schema, providers.values())
    name = definitions["account"]["properties"]["provider"]
    name["anyOf"] = [{"enum": [name], "description": provider.title} for name, provider in providers.items()]
    name["anyOf"].append({"pattern": VARIABLE, "patternErrorMessage": f"Write {either(providers)}."})
    snippets = [*map(_account_snippet, providers.values())]
    schema["allOf"] = [{"properties": {"accounts": {"type": "object", "defaultSnippets": snippets, **_NOT_OFFERED}}}]
    rules[""]["then"]["properties"]["token"] = token
    for key, provider in providers.items():
        rule = rules[key]
        any_event = {"type": "string", "description": event["description"]}  # last: what is said first is shown
        definitions[f"{provider.name}_event"] = {"anyOf": [*known_events(provider), any_event]}
        events = {"events": _list({"$ref": f"#/definitions/{provider.name}_event"})}
        fields = {spec.name: described(spec) for spec in (*provider.own_fields, *provider.about_secrets)}
        claims = dict.fromkeys(("absent", "known"), _list(_mapping(events, "string")))
        claims["owns"] = _list(_mapping({key: fields[key] for key in provider.scope_fields}, "string"))
        rule["then"]["properties"] |= {"token": token | {"examples": [f"${{{provider.auth.variable}}}"]}, **claims}
        usual = {key: described_ for key, described_ in fields.items() if key != SECRET_TO.name}
        entries = {"type": "object", "additionalProperties": _mapping(events | fields), **_NOT_OFFERED}
        entries["defaultSnippets"] = [_entry_snippet(provider)]
        offered = {
            "properties": {
                **claims,
                "defaults": _mapping(usual),
                "webhooks": entries,
            }
        }
        schema["allOf"].append({"if": _only_others(provider, rule["if"]), "else": offered})
    return schema_text(schema)


def _offer_nothing_of_providers(schema: Schema, providers: Iterable[Provider]) -> None:
    """Leave of what only some providers have that it is accepted."""
    definitions = schema["definitions"]
    definitions["event"] = {"type": "string", "minLength": 1}
    account = definitions["account"]["properties"]
    account["token"] = account["token"] | _NOT_OFFERED
    own = {spec.name for provider in providers for spec in (*provider.own_fields, *provider.about_secrets)}
    own -= core()["definitions"]["webhook"]["properties"].keys()  # `description`, say
    for where in (definitions["webhook"], schema["properties"]["defaults"], definitions["owns"]["items"]):
        for key in own.intersection(where["properties"]):
            where["properties"][key] |= _NOT_OFFERED
            where["properties"][key].pop("default", None)  # an editor writes it with the mapping


def _only_others(provider: Provider, is_named: Schema) -> Schema:
    """Of a file whose accounts are all other providers'; without accounts, it has one at the default provider."""
    accounts = {"type": "object", "additionalProperties": {"not": is_named}}
    required = {"required": ["accounts"]} if provider.name == DEFAULT_PROVIDER else {}
    return {"properties": {"accounts": accounts}, **required}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items, **_NOT_OFFERED}


def _mapping(properties: Schema, *other: str) -> Schema:
    return {"type": ["object", *other] if other else "object", "properties": properties, **_NOT_OFFERED}


def _account_snippet(provider: Provider) -> Schema:
    """An account of the provider's; `$` and a number is where the cursor stops."""
    body: Schema = {"provider": provider.name, "token": f"\\${{{provider.auth.variable}\\}}"}
    body |= {place.setting: [f"${{2:{place.example}}}"] for place in provider.required_places[:1]}
    return {"label": f"account at {provider.title}", "body": {f"${{1:{provider.name}}}": body}}


def _entry_snippet(provider: Provider) -> Schema:
    body = {"url": "${2:https://hooks.example.com/orders}", "events": ["$3"]}  # where events are offered
    return {"label": f"webhook at {provider.title}", "body": {"${1:orders}": body}}
