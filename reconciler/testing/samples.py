"""Values that a declaration's fields may have, as a file says them: made up from the declaration alone."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.model.field import Field, FieldType
from reconciler.model.provider import Provider

HOST = "https://hooks.example.com"
SECRETS = {"SUITE_OLD": "mB4xJ8nHc1VtG6yKp5Qe", "SUITE_NEW": "q7Zk0Vw3XfT9bLmR2sYd"}
"""The environment of the suite's files; made up, and nobody's."""
OLD, NEW = (f"${{{name}}}" for name in SECRETS)

Sample = tuple[object, object]
"""What a field is before and after, as a file says it."""


def samples_of(provider: Provider, given: Mapping[str, Sample]) -> dict[str, Sample]:
    """Two values for each field that a file may say beside the URL; `given` has those that can't be made up."""
    made = {spec.name: _sample(spec) for spec in provider.own_fields}
    made["active"] = (True, False) if any(spec.name == "active" and not spec.says for spec in provider.fields) else None
    made["events"] = _events(provider)
    return {name: sample for name, sample in {**made, **given}.items() if sample is not None}


def events_of(provider: Provider) -> list[str]:
    """The events that files of the suite may name: single ones, where there are any."""
    single = [event for event in provider.events if event != provider.catch_all]
    return single or list(provider.events) or [provider.catch_all or "*"]


def _events(provider: Provider) -> Sample | None:
    first, *more = events_of(provider)
    return ([first], [first, *more[:1]]) if more else None


def _sample(spec: Field) -> Sample | None:
    match spec.type:
        case FieldType.FLAG if not spec.says:
            return (spec.default is True, spec.default is not True)
        case FieldType.NUMBER:
            before = spec.default if isinstance(spec.default, int | float) else 1
            return (before, before + 1)
        case FieldType.CHOICE:
            others = [one for one in spec.choices if one != spec.default]
            return (spec.default, others[0]) if others else None
        case FieldType.TEXT:
            return ("before", "after")
        case FieldType.SET:
            return (["one"], ["one", "two"])
        case FieldType.SECRET:
            return (OLD, NEW)
        case FieldType.SETTINGS:
            return (dict(spec.default), _changed(spec.default)) if isinstance(spec.default, Mapping) else None
        case _:
            return None


def _changed(settings: Mapping[str, object]) -> Mapping[str, object]:
    """Settings that differ in one value that is there, or else in one more."""
    for name, value in settings.items():
        if isinstance(value, Mapping) and value:
            return {**settings, name: _changed(value)}
        if isinstance(value, bool | int):
            return {**settings, name: not value if isinstance(value, bool) else value + 1}
        if isinstance(value, str):
            return {**settings, name: f"{value}-changed"}
    return {**settings, "added": "1"}
