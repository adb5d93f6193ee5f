"""What Terraform's JSON plan says beside the changes: the values afterwards, the configuration, and the drift.

All of it is in the rows already: it is made from them where JSON is written, and stands in no saved plan. Source of the
shape: https://developer.hashicorp.com/terraform/internals/json-format.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from msgspec import Struct

from reconciler.model.plan import Action
from reconciler.view.rows import Plain, PlainFields, Row, Sensitive, Sides, Status
from reconciler.view.values import sensitive

_Expression = Mapping[str, Plain]


class PlannedResource(Struct, frozen=True, kw_only=True):
    """A webhook as it will be."""

    address: str  #: Its `address` in `resource_changes`.
    mode: Literal["managed"] = "managed"  #: Always `managed`.
    type: str  #: The resource type, such as `shippo_webhook`.
    name: str  #: Its `name` in `resource_changes`.
    index: str | None = None  #: Its `index` in `resource_changes`; omitted if it has none.
    provider_name: str  #: The provider's name.
    schema_version: int = 0  #: Always 0.
    values: PlainFields  #: All fields, as `change.after` in `resource_changes`.
    sensitive_values: Sensitive  #: The fields of `values` with hidden values.


class PlannedModule(Struct, frozen=True, kw_only=True):
    """An account as a module."""

    address: str  #: Its `module_address` in `resource_changes`.
    resources: tuple[PlannedResource, ...]  #: Its webhooks.


class PlannedRoot(Struct, frozen=True, kw_only=True):
    """All webhooks."""

    resources: tuple[PlannedResource, ...] | None = None  #: Those of the only account; omitted if there are several.
    child_modules: tuple[PlannedModule, ...] | None = None  #: The accounts; omitted if there is only one.


class PlannedValues(Struct, frozen=True, kw_only=True):
    """The webhooks of `resource_changes` as they will be, without those that will not be there."""

    root_module: PlannedRoot  #: All webhooks.


class ConfiguredResource(Struct, frozen=True, kw_only=True):
    """An entry of the file."""

    address: str  #: Its address without an account and a key, such as `shippo_webhook.orders`.
    mode: Literal["managed"] = "managed"  #: Always `managed`.
    type: str  #: The resource type, such as `shippo_webhook`.
    name: str  #: Its `name` in `resource_changes`.
    provider_config_key: str  #: The provider's key in `provider_config`.
    schema_version: int = 0  #: Always 0.
    #: The fields: `constant_value` for a text, number or boolean that is the same for all webhooks of the entry and
    #: hides nothing; empty for others.
    expressions: Mapping[str, _Expression]
    #: Always empty: it says that the entry stands for several webhooks, which have an `index`. Omitted for others.
    for_each_expression: Mapping[str, None] | None = None


class ConfiguredModule(Struct, frozen=True, kw_only=True):
    """The entries of an account, or of all places of an account."""

    resources: tuple[ConfiguredResource, ...]  #: The entries.


class ModuleCall(Struct, frozen=True, kw_only=True):
    """An account."""

    module: ConfiguredModule  #: Its entries.


class ConfiguredRoot(Struct, frozen=True, kw_only=True):
    """All entries."""

    resources: tuple[ConfiguredResource, ...] | None = None  #: Those of the only account; omitted if there are several.
    module_calls: Mapping[str, ModuleCall] | None = None  #: The accounts by name; omitted if there is only one.


class ProviderConfig(Struct, frozen=True, kw_only=True):
    """A provider."""

    name: str  #: Its name.
    full_name: str  #: The `provider_name` in `resource_changes`: the same.


class Configured(Struct, frozen=True, kw_only=True):
    """The file, as far as `resource_changes` has its entries."""

    provider_config: Mapping[str, ProviderConfig]  #: The providers by name.
    root_module: ConfiguredRoot  #: All entries.


class DriftRow(Struct, frozen=True, kw_only=True):
    """A webhook that isn't as in the file."""

    address: str  #: Its `address` in `resource_changes` or `unmanaged`.
    module_address: str | None = None  #: The account as a module; omitted if there is only one account.
    mode: Literal["managed"] = "managed"  #: Always `managed`.
    type: str  #: The resource type, such as `shippo_webhook`.
    name: str  #: Its `name` there.
    index: str | None = None  #: Its `index` there; omitted if it has none.
    provider_name: str  #: The provider's name.
    #: What happened: `before` is what the file says, and `after` what the provider has. `delete`: it is missing at the
    #: provider. `create`: the provider has it, and the file hasn't. `update`: they differ.
    change: Sides


def planned_values(rows: Iterable[Row]) -> PlannedValues:
    """The webhooks as they will be."""
    found: dict[str | None, list[PlannedResource]] = {}
    for row in rows:
        if row.change.after is not None:
            found.setdefault(row.module_address, []).append(
                PlannedResource(
                    address=row.address,
                    type=row.type,
                    name=row.name,
                    index=row.index,
                    provider_name=row.provider_name,
                    values=row.change.after,
                    sensitive_values=row.change.after_sensitive,
                )
            )
    root = found.pop(None, None)
    modules = tuple(PlannedModule(address=address or "", resources=tuple(its)) for address, its in found.items())
    return PlannedValues(
        root_module=PlannedRoot(resources=None if root is None else tuple(root), child_modules=modules or None)
    )


def configured(rows: Iterable[Row]) -> Configured:
    """The entries that the rows are of."""
    first: dict[tuple[str, str, str], Row] = {}
    expressions: dict[tuple[str, str, str], dict[str, _Expression]] = {}
    for row in rows:
        if row.entry is not None:
            key = (_call(row), row.type, row.name)
            first.setdefault(key, row)
            said = expressions.setdefault(key, {})
            for name, expression in _expressions(row.change):
                if said.setdefault(name, expression) != expression:
                    said[name] = {}
    calls: dict[str, list[ConfiguredResource]] = {}
    for key, row in first.items():
        calls.setdefault(key[0], []).append(
            ConfiguredResource(
                address=f"{row.type}.{row.name}",
                type=row.type,
                name=row.name,
                provider_config_key=row.provider_name,
                expressions=expressions[key],
                for_each_expression=None if row.index is None else {},
            )
        )
    root = calls.pop("", None)
    modules = {name: ModuleCall(module=ConfiguredModule(resources=tuple(its))) for name, its in calls.items()}
    providers = dict.fromkeys(row.provider_name for row in first.values())
    return Configured(
        provider_config={name: ProviderConfig(name=name, full_name=name) for name in providers},
        root_module=ConfiguredRoot(resources=None if root is None else tuple(root), module_calls=modules or None),
    )


def _call(row: Row) -> str:
    """The name of its account's module; empty if there is only one account."""
    return (row.module_address or "").removeprefix("module.").partition("[")[0]


def _expressions(change: Sides) -> Iterable[tuple[str, _Expression]]:
    hidden = change.after_sensitive or {}
    for name, value in (change.after or {}).items():
        is_constant = name not in hidden and not isinstance(value, tuple | None)
        yield name, {"constant_value": value} if is_constant else {}


def resource_drift(rows: Iterable[Row]) -> tuple[DriftRow, ...]:
    """What happened to webhooks that aren't as the file wants them."""
    return tuple(
        DriftRow(
            address=row.address,
            module_address=row.module_address,
            type=row.type,
            name=row.name,
            index=row.index,
            provider_name=row.provider_name,
            change=_drift(row),
        )
        for row in rows
    )


def _drift(row: Row) -> Sides:
    """A change from the other side: what the file says has become what the provider has."""
    change = row.change
    if row.action is Action.CREATE:
        return _sides(Action.DELETE, change.after, None)
    if row.action is Action.UPDATE:
        return _sides(Action.UPDATE, change.after, change.before)
    if row.action is Action.DELETE or row.status is Status.UNMANAGED:
        return _sides(Action.CREATE, None, change.before)
    there = change.before or {}
    wanted = {field.name: field.after for field in row.field_changes if field.name in there}
    return _sides(Action.UPDATE, {**there, **wanted}, there)


def _sides(action: Action, before: PlainFields | None, after: PlainFields | None) -> Sides:
    return Sides(
        actions=(action,),
        before=before,
        after=after,
        after_unknown={},
        before_sensitive=sensitive(before),
        after_sensitive=sensitive(after),
    )
