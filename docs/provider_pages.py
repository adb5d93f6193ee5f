"""The pages of providers, from their declarations: keys, events, limits and traps, and one table of them all."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from reconciler.config.schema import compose
from reconciler.provider import Field, FieldType, Provider, RateLimits, ReadsBack

EXAMPLES = Path(__file__).parent.parent / "examples" / "providers"


def provider_page(provider: Provider) -> str:
    """A page of Markdown, with the example of all that a file can say."""
    example = (EXAMPLES / f"{provider.name}.yaml").read_text(encoding="utf-8").rstrip("\n")
    lines = [
        f"# {provider.title}",
        "",
        "[The file](../file.md) has the keys that every provider takes. Written by `python docs/generate.py`.",
        "",
        *("```yaml", *_account(provider), "```", ""),
        *(f"- **{name}:** {value}" for name, value in _facts(provider)),
        "",
        *("## A full example", "", "With every key. A test plans it.", "", "```yaml", example, "```", ""),
        *("## What is surprising", "", *(f"- {note}" for note in provider.notes), "") * bool(provider.notes),
        *("## Keys of an account", "", *_keys(provider, "account")),
        *("## Keys of a webhook", "", *_keys(provider, "webhook")),
        *("## Events", "", *_events(provider), ""),
        *("## What it can't do", "", *(f"- {sentence}" for sentence in _limits(provider)), ""),
    ]
    return "\n".join(lines)


def providers_page(providers: Sequence[Provider]) -> str:
    """The table of all providers."""
    rows = [f"| {' | '.join(_row(provider))} |" for provider in providers]
    names = [provider.name for provider in providers]
    lines = [
        "# Providers",
        "",
        "`provider:` in an account names one of these. Written by `python docs/generate.py` from their declarations.",
        "",
        "| name | service | verified on | events | places of an account | secrets |",
        "| --- | --- | --- | --- | --- | --- |",
        *(*rows, ""),
        *("```{toctree}", ":hidden:", "", *names, "```", ""),
    ]
    return "\n".join(lines)


def _row(provider: Provider) -> tuple[str, ...]:
    single = [event for event in provider.events if event != provider.catch_all]
    events = f"{len(single)}, " if single else ""
    events += ("a set of them" if provider.several_events else "one a webhook") if single else "every event"
    events = events if provider.events else "a set of the account's own"
    secrets = (_secret(spec) for spec in provider.fields if spec.type is FieldType.SECRET)
    return (
        f"`{provider.name}`",
        f"[{provider.title}]({provider.name}.md)",
        provider.verified_on,
        events,
        ", ".join(f"`{place.setting}`" for place in provider.places),
        ", ".join(secrets),
    )


def _secret(spec: Field) -> str:
    """A secret, and what of it can be read."""
    read = {
        ReadsBack.CLEAR: "shown in clear",
        ReadsBack.MASKED: "shown as set or not",
        ReadsBack.NEVER: "never shown",
        ReadsBack.SOMETIMES: "shown by some versions",
    }
    return f"`{spec.name}` ({read.get(spec.reads_back, spec.reads_back.value)})"


def _account(provider: Provider) -> Iterator[str]:
    yield from ("accounts:", "  main:", f"    provider: {provider.name}", f"    token: ${{{provider.auth.variable}}}")
    if not provider.base_url:
        yield "    base_url: https://HOST/…"
    if provider.auth.kind_setting:
        yield f"    {provider.auth.kind_setting}: {provider.auth.kinds[0].name}"
    for place in provider.required_places[:1]:
        yield f"    {place.setting}: [{place.example}]"


def _facts(provider: Provider) -> Iterator[tuple[str, str]]:
    yield "Verified on", provider.verified_on
    yield "API", f"`{provider.base_url}`" if provider.base_url else "where the account's `base_url` says"
    without = ", or none" if provider.auth.optional else ""
    yield "Token", f"`${{{provider.auth.variable}}}` where an account has no `token`{without}"
    if provider.auth.kinds:
        yield "Kinds of token", ", ".join(f"`{kind.prefix}…` ({kind.name})" for kind in provider.auth.kinds)
    yield "URL", f"shorter than {provider.url_limit:,} characters"
    yield "Receiver", f"must respond with 2xx within {provider.delivery.timeout:g} seconds"
    limits = {"": provider.limits} | dict(provider.kind_limits)
    for kind, limit in limits.items():
        if said := _limit(limit):
            yield f"Requests a minute{kind and f' ({kind} token)'}", f"at most {said}"
    yield "By hand", provider.portal


def _limit(limits: RateLimits) -> str:
    said = (
        (limits.write, "creates, updates and deletes"),
        (limits.get, "reads of one webhook"),
        (limits.list, "lists"),
    )
    return ", ".join(f"{number:,} {what}" for number, what in said if number is not None)


def _keys(provider: Provider, where: str) -> Iterator[str]:
    """The keys of an account or a webhook that only this provider has."""
    common = json.loads(compose({}))["definitions"][where]["properties"]
    composed = json.loads(compose({provider.name: provider}))["definitions"][where]
    keys: dict[str, Any] = dict(composed["properties"])
    for part in composed.get("allOf", ()):
        keys |= {name: key for name, key in part["then"]["properties"].items() if isinstance(key, Mapping)}
    for name, key in keys.items():
        if name not in common:
            default = f" Default: `{json.dumps(key['default'])}`." if "default" in key else ""
            also = " An item of `owns` can set it, too." if name in provider.scope_fields else ""
            yield from (f"### `{name}`", "", f"{key['description']}{also}{default}", "")
            yield from ("```yaml", "\n\n".join(example_text(name, example) for example in key["examples"]), "```", "")


def _events(provider: Provider) -> Iterator[str]:
    if not provider.events:
        yield f"Those that your account has. `{provider.catch_all}` stands for all of them, and those added later."
        return
    yield "Others need [`allow_events`](../file.md#allow_events) in the file, until a version knows them."
    yield ""
    about = next(spec for spec in provider.fields if spec.name == provider.event_field).choice_help
    if about:
        yield from ("| event | means |", "| --- | --- |")
        yield from (f"| `{event}` | {about.get(event, '')} |" for event in provider.events)
    else:
        yield ", ".join(f"`{event}`" for event in provider.events) + "."
    if provider.catch_all and not about:
        yield from ("", f"`{provider.catch_all}` stands for every event, including those added later.")


def _limits(provider: Provider) -> Iterator[str]:
    if not provider.lists_inactive:
        yield (
            "**Inactive webhooks may be missing from its list.** Those can't be seen, and so neither described nor "
            "deleted. Switching off and on again may leave the inactive one behind, and create another."
        )
    if not provider.several_events:
        yield "**A webhook has one event.** An entry with several is as many webhooks, such as `orders[NAME]`."
    for spec in provider.fields:
        if spec.scope:
            yield f"**`{spec.name}` can't be changed.** A webhook with another value is another webhook."
        yield from _about_secret(provider, spec)
    yield from _place_limits(provider)
    single = [event for event in provider.events if event != provider.catch_all]
    missing = [event for event in single if event not in provider.delivery.samples]
    if missing == single:
        yield "**`doctor --send-sample` has no samples** of its events."
    elif missing:
        yield f"**`doctor --send-sample` has no sample** of {', '.join(f'`{event}`' for event in missing)}."


def _about_secret(provider: Provider, spec: Field) -> Iterator[str]:
    if spec.is_made:
        yield (
            f"**`{spec.name}` is made by {provider.title}**, which shows it only when the webhook is created. The "
            "entry says where it goes: [Secrets that a provider makes]"
            "(../secrets.md#secrets-that-a-provider-makes)."
        )
    elif spec.is_unread:
        seen = "Only the names are compared" if spec.type is FieldType.HEADERS else "Only whether it is set is compared"
        seen = "It isn't compared" if spec.reads_back is ReadsBack.NEVER else seen
        seen = "It is compared where it is shown" if spec.reads_back is ReadsBack.SOMETIMES else seen
        how = "Creates and updates that have another reason send it; `apply --resend-secrets` sends it again"
        if spec.is_fixed:
            how = "It is sent with creates alone; `apply --resend-secrets` makes another webhook with it"
        yield (
            f"**The value of `{spec.name}` can't be read.** {seen}, so a new value alone changes nothing. "
            f"{how}: [Rotation](../secrets.md#rotation)."
        )


def _place_limits(provider: Provider) -> Iterator[str]:
    if len(provider.places) > 1:
        names = " or ".join(f"`{place.setting}`" for place in provider.places)
        yield f"**An account has {names}**, not both. Each place is listed, guarded and reported by itself."
    for place in provider.places:
        if place.one:
            yield (
                f"**`{place.setting}`** makes each of them an account of its own (`live:<id>/orders[…]`), with the "
                "webhooks of the file: [Fleets](../accounts.md#fleets). Before the first write one create is made "
                "alone, which must be in its own account and in no other one."
            )
        elif place.listed is not None:
            left_out = ", without archived ones" if place.listed.read_only else ""
            yield (
                f"**Patterns of `{place.setting}`**, such as `{place.example_pattern}`, mean those of one "
                f"{place.listed.owner} that the token may see{left_out}: "
                "[Patterns of places](../accounts.md#patterns-of-places)."
            )


def example_text(name: str, example: object) -> str:
    """A key with an example of its value, as a line or lines of YAML."""
    flow = None if isinstance(example, dict | list) else False  # what holds only scalars is in one line
    return yaml.dump({name: example}, Dumper=_Indented, sort_keys=False, default_flow_style=flow, width=100).rstrip()


class _Indented(yaml.SafeDumper):
    """Writes lists as the tool does: below their key, indented."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002
        super().increase_indent(flow, indentless=False)
