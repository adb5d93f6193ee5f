"""The JSON Schema: what it has to be for editors, and that both validators read it alike."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.config.editor_schema import compose_for_editors
from reconciler.config.schema import VARIABLE, compose
from reconciler.config.shape import accepts, find_faults
from reconciler.config.yaml_values import Plain
from reconciler.model.endpoint import BUILT_IN_SECRET_PARAMS, param_name
from reconciler.model.field import FieldType
from reconciler.model.provider import Provider
from reconciler.providers.registry import built_in
from tests.support.draws import draws

BUILT_IN = {provider.name: provider for provider in built_in()}
TEXT = compose(BUILT_IN)
SCHEMA: dict[str, Any] = json.loads(TEXT)
EDITORS = compose_for_editors(BUILT_IN)
GOOD: dict[str, Any] = SCHEMA["examples"][0]


def described(schema: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every sub-schema that stands for a value, with the path to it."""
    if "$ref" not in schema:
        yield path or "/", schema
    for keyword in ("properties", "definitions"):
        for name, inner in schema.get(keyword, {}).items():
            yield from described(inner, f"{path}/{keyword}/{name}")
    for keyword in ("items", "additionalProperties"):
        if isinstance(schema.get(keyword), dict):
            yield from described(schema[keyword], f"{path}/{keyword}")


VALUES = [pytest.param(schema, id=path) for path, schema in described(SCHEMA)]


def test_the_schema_is_a_draft_07_schema() -> None:
    assert SCHEMA["$schema"] == "http://json-schema.org/draft-07/schema#"
    jsonschema.Draft7Validator.check_schema(SCHEMA)
    assert {"$id", "title", "description", "examples"} <= SCHEMA.keys()
    assert Path("schemas/webhooks.schema.json").read_text(encoding="utf-8") == EDITORS


@pytest.mark.parametrize("schema", VALUES)
def test_every_value_is_described_and_its_examples_are_valid(schema: Mapping[str, Any]) -> None:
    assert schema["description"]
    assert schema["examples"]
    validator = jsonschema.Draft7Validator({**schema, "definitions": SCHEMA["definitions"]})
    for example in schema["examples"]:
        validator.validate(example)


@pytest.mark.parametrize("schema", VALUES)
def test_every_mapping_says_what_else_may_stand_in_it(schema: Mapping[str, Any]) -> None:
    if schema.get("additionalProperties") is True:  # decided by another key
        closed = [rule["then"] for rule in schema["allOf"]]
        assert len(closed) == len(BUILT_IN) + 1
    else:
        closed = [schema] if "properties" in schema else []
    for one in closed:
        assert one["additionalProperties"] is False
        assert list(one["patternProperties"]) == ["^x-"]
    if schema.get("type") == "object" and not closed:
        assert schema["propertyNames"]["pattern"] in ("^[a-z0-9_-]+$", r"^[^\[\]]+$", "^[A-Za-z0-9_-]+$")


def test_every_pattern_is_for_the_whole_text_and_can_be_read_by_re2() -> None:
    def patterns(node: Any) -> Iterator[str]:  # noqa: ANN401 - any JSON
        if isinstance(node, dict):
            if isinstance(node.get("pattern"), str):
                assert node.get("patternErrorMessage") or node["pattern"] == VARIABLE
                yield node["pattern"]
            for inner in node.values():
                yield from patterns(inner)
        elif isinstance(node, list):
            for inner in node:
                yield from patterns(inner)

    found = set(patterns(json.loads(EDITORS)))
    about_secrets = {
        spec.name for provider in BUILT_IN.values() for spec in provider.about_secrets if spec.type is FieldType.TEXT
    }
    places = {place.pattern for provider in BUILT_IN.values() for place in provider.places}
    assert len(found) == 6 + len(places) + len(about_secrets)
    for pattern in found:
        assert pattern.startswith("^")
        assert [match.start() for match in re.finditer(r"(?<!\\)\$", pattern)] == [len(pattern) - 1]
        assert not re.search(r"\(\?(?!:)|\\[1-9AbBzZ]", pattern), "look-around, a back-reference or an anchor"


@pytest.mark.parametrize("provider", BUILT_IN.values(), ids=BUILT_IN)
def test_the_events_that_editors_offer_are_the_providers(provider: Provider) -> None:
    *offered, _ = json.loads(EDITORS)["definitions"][f"{provider.name}_event"]["anyOf"]
    assert [event["enum"][0] for event in offered] == list(provider.events)
    about = next(spec.choice_help for spec in provider.fields if spec.name == provider.event_field)
    assert {event["enum"][0]: event["description"] for event in offered if "description" in event} == about


names = st.sampled_from(["orders", "a-b_1", "A", "a\n", "", "x-a", "live"])
texts = st.sampled_from(
    ["", "a", "${A}", "${A}\n", "${A:-b}", "${A:?b}", "true", "live", "all", "url", "shippo", "github", "off", "off\n"]
)
scalars = st.one_of(st.none(), st.booleans(), st.integers(-2, 2), st.sampled_from([0.5, 1.0, -1.0, 3600.5]), texts)
lists = st.lists(st.one_of(scalars, st.dictionaries(st.sampled_from(["url", "events", "x-a"]), texts)), max_size=3)
KEYS = sorted({key for _, schema in described(SCHEMA) for key in schema.get("properties", {})} | {"x-a", "y"})
values = st.recursive(
    st.one_of(scalars, lists),
    lambda inner: st.one_of(
        st.dictionaries(st.sampled_from(KEYS), inner, max_size=4), st.dictionaries(names, inner, max_size=2)
    ),
    max_leaves=12,
)


@st.composite
def documents(draw: st.DrawFn) -> Plain:
    """Mostly valid documents, with drawn values at drawn places."""
    document = json.loads(json.dumps(GOOD))
    provider = draw(st.sampled_from(["shippo", "github", "${A}", "other"]))
    document["accounts"] = {"live": {"provider": provider, "token": "${A}"}}
    for _ in range(draw(st.integers(1, 3))):
        at: Any = draw(
            st.sampled_from(
                [
                    document,
                    document.get("accounts"),
                    *(
                        part.get(name)
                        for part in (document.get("accounts"), document.get("webhooks"))
                        if isinstance(part, dict)
                        for name in part
                    ),
                    document.get("webhooks"),
                ]
            )
        )
        if isinstance(at, dict):
            at[draw(st.one_of(st.sampled_from(KEYS), names))] = draw(values)
    return document  # type: ignore[no-any-return]


@draws(150)
@given(document=documents())
def test_both_validators_agree(document: Plain) -> None:
    assert accepts(document, TEXT) == (find_faults(document, TEXT) == ())
    assert accepts(document, EDITORS) == (find_faults(document, EDITORS) == ())


@draws(150)
@given(document=documents())
def test_editors_accept_what_the_tool_accepts_with_the_providers_that_they_know(document: Any) -> None:  # noqa: ANN401 - any JSON
    is_accepted = accepts(document, TEXT) and all(
        account["provider"] in BUILT_IN or re.fullmatch(VARIABLE, account["provider"])
        for account in document.get("accounts", {}).values()
    )
    assert accepts(document, EDITORS) == is_accepted


NAMES = [
    pytest.param(name, accepted, id=repr(name))
    for name, accepted in {
        "a": True,
        "0_-": True,
        "A": False,
        "a\n": False,
        "": False,
        "a b": False,
        "é": False,
    }.items()
]


@pytest.mark.parametrize(("name", "accepted"), NAMES)
def test_names_are_read_alike(name: str, accepted: bool) -> None:  # noqa: FBT001
    document: Plain = {**GOOD, "webhooks": {name: GOOD["webhooks"]["tracking"]}}  # type: ignore[assignment]
    assert accepts(document, TEXT) is accepted
    assert (find_faults(document, TEXT) == ()) is accepted


def test_the_schema_lists_every_built_in_secret_parameter() -> None:
    described = SCHEMA["properties"]["secret_params"]["description"].partition("Built-in are")[2]
    assert {param_name(name) for name in re.findall("`([^`]+)`", described)} == BUILT_IN_SECRET_PARAMS
