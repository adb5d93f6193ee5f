"""`reconciler providers`: what is installed, and what each can do."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.cli.invocation import Invocation, command
from reconciler.cli.options import OUTPUT
from reconciler.model.reading import ProviderError
from reconciler.output.escaping import visible
from reconciler.providers.registry import INSTALLED, package_of
from reconciler.view.codec import json_text
from reconciler.view.installed import ProviderRow, ProvidersView, UnusableError, UnusableProviderRow, provider_row

_READS_BACK = {
    "clear": "reads back in clear",
    "masked": "reads back as a mask",
    "never": "never reads back",
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
        text = json_text(ProvidersView(providers=tuple(rows)))
    else:
        text = "\n\n".join("\n".join(_lines(row)) for row in rows)
    invocation.streams.print_result(text)
    return int(any(isinstance(row, UnusableProviderRow) for row in rows))


def _row(name: str) -> ProviderRow | UnusableProviderRow:
    """A provider as it is published."""
    try:
        return provider_row(INSTALLED[name], package_of(name))
    except ProviderError as error:
        return UnusableProviderRow(name=name, error=UnusableError(message=error.message, help=error.help))


def _lines(row: ProviderRow | UnusableProviderRow) -> Iterator[str]:
    if isinstance(row, UnusableProviderRow):
        yield visible(row.name)
        yield f"  error:       {visible(row.error.message)}"
        yield f"  help:        {visible(row.error.help)}"
        return
    origin = f", from the package {row.package}" if row.package else ""
    yield visible(f"{row.name} ({row.title}{origin})")
    events = row.events
    every = f", `{events.catch_all}` for all" if events.catch_all else ""
    yield f"  events:      {'several' if events.several else 'one'} on each webhook; {len(events.known)} known{every}"
    yield f"  switch:      {'`active`' if row.switch else 'none: a webhook always delivers'}"
    read = {one.name: _READS_BACK.get(one.reads_back.value, one.reads_back.value) for one in row.secrets}
    for label, said in (
        ("fields", ", ".join(f"`{name}`" for name in row.fields)),
        ("secrets", ", ".join(f"`{name}` ({back})" for name, back in read.items())),
        ("create-only", ", ".join(f"`{name}`" for name in row.create_only)),
        ("places", ", ".join(f"`{name}`" for name in row.places)),
        ("verified on", row.verified_on or ""),
    ):
        if said:
            yield f"  {label + ':':<12} {visible(said)}"
