"""What a provider's declaration is written with: the one module that a package needs to offer a provider.

    BIRDS = Provider(
        name="birds",
        title="Birds",
        fields=(url(), events("bird.left", "bird.arrived"), switch(), secret()),
        base_url="https://api.birds.example/v1",
        auth=Auth(variable="BIRDS_TOKEN"),
        rest=Rest(collection="/webhooks", items="webhooks", paging=LinkHeader()),
    )
    PLUGIN = ProviderPlugin(interface=1, provider=BIRDS)

The package names `PLUGIN` under the entry point group `reconciler.providers`. Field names are the file's; `at` is the
API's own place for a value, inner names after dots.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reconciler.model.provider import (
    Auth as Auth,
    Delivery as Delivery,
    Field as Field,
    FieldType as FieldType,
    PlaceSetting as PlaceSetting,
    Provider as Provider,
    RateLimits as RateLimits,
    ReadsBack as ReadsBack,
    Setting as Setting,
    TokenKind as TokenKind,
    TokenScheme as TokenScheme,
    Unsaid as Unsaid,
)
from reconciler.model.rest import (
    Body as Body,
    LinkHeader as LinkHeader,
    NextUrl as NextUrl,
    Rest as Rest,
    Throttled as Throttled,
    Update as Update,
    Whole as Whole,
)

INTERFACE = 1
"""The interface of this module. A plugin for another one is refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderPlugin:
    """What a package offers under the entry point group `reconciler.providers`.

    For an API that `Rest` can't describe, `reader` and `writer` are the `module:name` of what opens a `Reader` and a
    `Writer`; they are imported when an account is opened.
    """

    interface: int  # that it was written for, `1`
    provider: Provider
    reader: str = ""
    writer: str = ""


# In what follows `name` is the file's name for a field, `at` the API's place for it, `default` what is meant where
# nobody says it, and `help` one sentence for people.


def url(*, at: str = "") -> Field:
    """Where a webhook delivers."""
    return Field(name="url", type=FieldType.URL, at=at)


def event(*known: str, at: str = "", help: Mapping[str, str] | None = None) -> Field:
    """The one event of a webhook, of those that are known: an entry with several means as many webhooks.

    `help` has one sentence for each of them that needs one.
    """
    return Field(name="event", type=FieldType.EVENT, at=at, choices=known, choice_help=help or {})


def events(*known: str, at: str = "", help: Mapping[str, str] | None = None) -> Field:
    """The events of a webhook, of those that are known; arguments are those of `event`."""
    return Field(
        name="events", type=FieldType.EVENTS, at=at, default=frozenset(), choices=known, choice_help=help or {}
    )


def switch(*, at: str = "", wire: tuple[str, str] | None = None) -> Field:
    """Whether a webhook delivers; on where nobody says. `wire` is how the API writes off and on."""
    return Field(name="active", type=FieldType.FLAG, at=at, default=True, wire=wire or ())


def flag(
    name: str,
    *,
    at: str = "",
    default: bool = False,
    wire: tuple[str, str] | None = None,
    scope: bool = False,
    help: str = "",
) -> Field:
    """A value that is on or off, which the API writes as `wire`; `scope` where it separates kinds that never meet."""
    return Field(name=name, type=FieldType.FLAG, at=at, default=default, wire=wire or (), scope=scope, help=help)


def choice(name: str, *choices: str, at: str = "", default: str, missing: str | None = None, help: str = "") -> Field:
    """One of several values; `missing` is meant where the provider's answer has none, if that isn't the default."""
    return Field(name=name, type=FieldType.CHOICE, at=at, default=default, missing=missing, choices=choices, help=help)


def text(name: str, *, at: str = "", default: str = "", unsaid: Unsaid = Unsaid.DEFAULT, help: str = "") -> Field:
    """A text."""
    return Field(name=name, type=FieldType.TEXT, at=at, default=default, unsaid=unsaid, help=help)


def number(name: str, *, at: str = "", default: int, help: str = "") -> Field:
    """A number."""
    return Field(name=name, type=FieldType.NUMBER, at=at, default=default, help=help)


def secret(name: str = "secret", *, at: str = "", reads_back: ReadsBack = ReadsBack.NEVER, help: str = "") -> Field:
    """A secret; left as the provider has it where an entry doesn't say it."""
    return Field(name=name, type=FieldType.SECRET, at=at, reads_back=reads_back, unsaid=Unsaid.LEAVE, help=help)


def settings(name: str, *, at: str = "", default: Mapping[str, object], help: str = "") -> Field:
    """Nested values in plain JSON terms; `default` is what the provider fills in, at any depth."""
    return Field(name=name, type=FieldType.SETTINGS, at=at, default=default, help=help)
