"""`reconciler providers`: what is installed, and what each can do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from reconciler.cli.invocation import Invocation, command
from reconciler.cli.options import OUTPUT
from reconciler.model.field import FieldType, ReadsBack, Sent
from reconciler.model.reading import ProviderError
from reconciler.output.escaping import visible
from reconciler.providers.registry import INSTALLED, package_of

_READS_BACK = {
    ReadsBack.CLEAR.value: "reads back in clear",
    ReadsBack.MASKED.value: "reads back as a mask",
    ReadsBack.NEVER.value: "never reads back",
}


@command(
    *OUTPUT,
    examples="""
    reconciler providers
    reconciler providers --format json
    """,
)
def providers_command(invocation: Invocation) -> int:
    """List the installed providers with what each can do. Nothing is sent.

    Ends with 1 if the package of one can't be used.
    """
    rows = [_row(name) for name in sorted(INSTALLED)]
    if invocation.options.format == "json":
        text = json.dumps({"format_version": "1.0", "providers": rows}, ensure_ascii=True)
    else:
        text = "\n\n".join("\n".join(_lines(row)) for row in rows)
    invocation.streams.print_result(text)
    return int(any("error" in row for row in rows))


def _row(name: str) -> dict[str, Any]:
    """A provider as JSON has it; one that can't be used has only an `error`."""
    try:
        provider = INSTALLED[name]
    except ProviderError as error:
        return {"name": name, "package": None, "error": {"message": error.message, "help": error.help}}
    fields = provider.fields
    return {
        "name": name,
        "title": provider.title,
        "package": package_of(name) or None,
        "events": {
            "several": provider.several_events,
            "known": list(provider.events),
            "catch_all": provider.catch_all,
        },
        "switch": any(spec.name == "active" for spec in fields),
        "fields": [spec.name for spec in provider.own_fields],
        "secrets": [
            {"name": spec.name, "reads_back": spec.reads_back.value} for spec in fields if spec.type is FieldType.SECRET
        ],
        "create_only": [spec.name for spec in fields if spec.sent is Sent.CREATE and spec.is_fixed],
        "places": [setting.setting for setting in provider.places],
        "verified_on": provider.verified_on or None,
    }


def _lines(row: dict[str, Any]) -> Iterator[str]:
    origin = f", from the package {row['package']}" if row.get("package") else ""
    yield visible(f"{row['name']} ({row['title']}{origin})" if "title" in row else row["name"])
    if "error" in row:
        yield f"  error:       {visible(row['error']['message'])}"
        yield f"  help:        {visible(row['error']['help'])}"
        return
    events = row["events"]
    every = f", `{events['catch_all']}` for all" if events["catch_all"] else ""
    many = "several" if events["several"] else "one"
    yield f"  events:      {many} on each webhook; {len(events['known'])} known{every}"
    yield f"  switch:      {'`active`' if row['switch'] else 'none: a webhook always delivers'}"
    secrets = (f"`{one['name']}` ({_READS_BACK.get(one['reads_back'], one['reads_back'])})" for one in row["secrets"])
    for label, said in (
        ("fields", ", ".join(f"`{name}`" for name in row["fields"])),
        ("secrets", ", ".join(secrets)),
        ("create-only", ", ".join(f"`{name}`" for name in row["create_only"])),
        ("places", ", ".join(f"`{name}`" for name in row["places"])),
        ("verified on", row["verified_on"] or ""),
    ):
        if said:
            yield f"  {label + ':':<12} {visible(said)}"
