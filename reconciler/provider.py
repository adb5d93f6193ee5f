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

from collections.abc import Callable, Mapping
from msgspec import Struct
from typing import Any

from reconciler.model.place import Listed as Listed, PlaceSetting as PlaceSetting
from reconciler.model.provider import (
    Auth as Auth,
    Delivery as Delivery,
    Provider as Provider,
    RateLimits as RateLimits,
    Setting as Setting,
    TokenKind as TokenKind,
    TokenScheme as TokenScheme,
)
from reconciler.model.field import (
    Field as Field,
    FieldType as FieldType,
    ReadsBack as ReadsBack,
    Sent as Sent,
    Unsaid as Unsaid,
)
from reconciler.model.rest import (
    AfterLast as AfterLast,
    Body as Body,
    Call as Call,
    LinkHeader as LinkHeader,
    NextUrl as NextUrl,
    Offset as Offset,
    PageToken as PageToken,
    Rest as Rest,
    Throttled as Throttled,
    Update as Update,
    Whole as Whole,
)
from reconciler.model.webhook import Masked as Masked

from reconciler.model.webhook import Headers

Convert = Callable[[Any], object]

INTERFACE = 1
"""The interface of this module. A plugin for another one is refused."""


class ProviderPlugin(Struct, frozen=True, kw_only=True):
    """What a package offers under the entry point group `reconciler.providers`.

    For an API that `Rest` can't describe, `reader` and `writer` are the `module:name` of what opens a `Reader` and a
    `Writer`; they are imported when an account is opened.
    """

    interface: int  # that it was written for, `1`
    provider: Provider
    reader: str = ""
    writer: str = ""


# In what follows `name` is the file's name for a field, `at` the API's place for it, `default` what is meant where
# nobody says it, `sent` when it can be sent (what no update can change takes another webhook), and `help` one sentence
# for people.


def url(*, at: str = "", told_at: str = "", sent: Sent = Sent.ALWAYS) -> Field:
    """Where a webhook delivers.

    Where no answer shows it, `told_at` is a text that is free: it is written there too, its secrets masked, and read
    from there alone. What has nothing there is no entry's; a URL whose path holds a secret variable is refused.
    """
    return Field(name="url", type=FieldType.URL, at=at, read_at=told_at, sent=sent)


def event(*known: str, at: str = "", help: Mapping[str, str] | None = None) -> Field:
    """The one event of a webhook, of those that are known: an entry with several means as many webhooks.

    `help` has one sentence for each of them that needs one.
    """
    return Field(name="event", type=FieldType.EVENT, at=at, choices=known, choice_help=help or {})


def events(
    *known: str,
    at: str = "",
    flags: Mapping[str, str] | None = None,
    all_at: str = "",
    read: Convert | None = None,
    write: Convert | None = None,
    sent: Sent = Sent.ALWAYS,
    help: Mapping[str, str] | None = None,
) -> Field:
    """The events of a webhook, of those that are known; `help` is that of `event`.

    `flags` has, instead of `known`, each event with the boolean that the API has for it. `all_at` is the boolean that
    means the catch-all. `read` makes the API's value a list of names, and `write` turns such a list back.
    """
    return Field(
        name="events",
        type=FieldType.EVENTS,
        at=at,
        default=frozenset(),
        choices=known or tuple(flags or ()),
        choice_help=help or {},
        flags=flags or {},
        all_at=all_at,
        read=read,
        write=write,
        sent=sent,
    )


def every_event(name: str = "*") -> Field:
    """The one event of a webhook at a service that sends each of them all events, and has no field for it."""
    return events(name, read=lambda _: [name], sent=Sent.NEVER, help={name: "Every event."})


def switch(
    *,
    at: str = "",
    wire: tuple[object, object] | None = None,
    read_at: str = "",
    read_wire: tuple[object, object] | None = None,
    sent: Sent = Sent.ALWAYS,
) -> Field:
    """Whether a webhook delivers; on where nobody says. `wire` is how the API writes off and on.

    `read_at` and `read_wire` are the place and form of it in an answer, if those are others.
    """
    return Field(
        name="active",
        type=FieldType.FLAG,
        at=at,
        default=True,
        wire=wire or (),
        read_at=read_at,
        read_wire=read_wire or (),
        sent=sent,
    )


def health(
    name: str = "active", *, at: str, wire: tuple[object, object], says: tuple[str, ...], call: Call | None = None
) -> Field:
    """Whether a webhook delivers that the service itself switches off after failures; left alone unless a file says.

    `wire` is an example of what stands there when it is off, and what stands there when it is on, if anything does;
    `says` are the places of an answer that tell why. `call` switches it on; without one another webhook is made.
    """
    return Field(
        name=name,
        type=FieldType.FLAG,
        at=at,
        default=True,
        unsaid=Unsaid.LEAVE,
        sent=Sent.NEVER,
        read_wire=wire,
        says=says,
        call=call,
        help="Whether it must deliver: where the service has switched it off after failures, it is switched on.",
    )


def flag(
    name: str,
    *,
    at: str = "",
    default: bool = False,
    wire: tuple[object, object] | None = None,
    scope: bool = False,
    sent: Sent = Sent.ALWAYS,
    reads_back: ReadsBack = ReadsBack.CLEAR,
    help: str = "",
) -> Field:
    """A value that is on or off, which the API writes as `wire`; `scope` where it separates kinds that never meet."""
    return Field(
        name=name,
        type=FieldType.FLAG,
        at=at,
        default=default,
        wire=wire or (),
        scope=scope,
        sent=sent,
        reads_back=reads_back,
        # What nobody can compare is left alone where a file doesn't say it.
        unsaid=Unsaid.LEAVE if reads_back is ReadsBack.NEVER else Unsaid.DEFAULT,
        help=help,
    )


def choice(
    name: str,
    *choices: str,
    at: str = "",
    default: str,
    missing: str | None = None,
    sent: Sent = Sent.ALWAYS,
    help: str = "",
) -> Field:
    """One of several values; `missing` is meant where the provider's answer has none, if that isn't the default."""
    return Field(
        name=name,
        type=FieldType.CHOICE,
        at=at,
        default=default,
        missing=missing,
        choices=choices,
        sent=sent,
        help=help,
    )


def text(
    name: str,
    *,
    at: str = "",
    default: str | None = "",
    unsaid: Unsaid = Unsaid.DEFAULT,
    sent: Sent = Sent.ALWAYS,
    reads_back: ReadsBack = ReadsBack.CLEAR,
    read: Convert | None = None,
    help: str = "",
) -> Field:
    """A text; with None for its default, nothing is sent where nobody says it. `read` turns the API's value into it."""
    return Field(
        name=name,
        type=FieldType.TEXT,
        at=at,
        default=default,
        unsaid=unsaid,
        sent=sent,
        reads_back=reads_back,
        read=read,
        help=help,
    )


def texts(
    name: str, *, at: str = "", read: Convert | None = None, write: Convert | None = None, help: str = ""
) -> Field:
    """A set of texts, in any order; none where nobody says. `read` and `write` are those of `events`."""
    return Field(name=name, type=FieldType.SET, at=at, default=frozenset(), read=read, write=write, help=help)


def number(name: str, *, at: str = "", default: int | None, help: str = "") -> Field:
    """A number; with None for its default, there is none where nobody says it."""
    return Field(name=name, type=FieldType.NUMBER, at=at, default=default, help=help)


def secret(
    name: str = "secret",
    *,
    at: str = "",
    reads_back: ReadsBack = ReadsBack.NEVER,
    set_at: str = "",
    missing: Masked | None = None,
    sent: Sent = Sent.ALWAYS,
    call: Call | None = None,
    help: str = "",
) -> Field:
    """A secret; left as the provider has it where an entry doesn't say it.

    `set_at` is where an answer has a boolean that says whether there is one, and `missing` what it means if it doesn't.
    `call` changes it, if an update doesn't.
    """
    return Field(
        name=name,
        type=FieldType.SECRET,
        at=at,
        reads_back=ReadsBack.MASKED if set_at else reads_back,
        read_at=set_at,
        read=_is_set if set_at else None,
        missing=missing,
        unsaid=Unsaid.LEAVE,
        sent=sent,
        call=call,
        help=help,
    )


def _is_set(found: object) -> object:
    return found if found is None else "set" if found else ""


def headers(
    name: str = "headers",
    *,
    at: str = "",
    reads_back: ReadsBack = ReadsBack.CLEAR,
    items: tuple[str, str] | None = None,
    sent: Sent = Sent.ALWAYS,
    help: str = "",
) -> Field:
    """Headers that each delivery has, whose values are secrets; left as they are where an entry doesn't say them.

    `items` are the API's words for name and value, where it has a list of objects instead of one object.
    """

    def read(found: Any) -> object:  # noqa: ANN401 - JSON
        key, value = items or ("", "")
        return {one[key]: one.get(value) for one in found or ()}

    def write(said: Any) -> object:  # noqa: ANN401 - JSON
        key, value = items or ("", "")
        return [{key: header, value: text} for header, text in said.items()]

    return Field(
        name=name,
        type=FieldType.HEADERS,
        at=at,
        default=None if reads_back is ReadsBack.NEVER else Headers(),
        reads_back=reads_back,
        unsaid=Unsaid.LEAVE,
        sent=sent,
        read=read if items else None,
        write=write if items else None,
        help=help or "Headers that each delivery has, by name; each value must have a variable in it.",
    )


def settings(name: str, *, at: str = "", default: Mapping[str, object], help: str = "") -> Field:
    """Nested values in plain JSON terms; `default` is what the provider fills in, at any depth."""
    return Field(name=name, type=FieldType.SETTINGS, at=at, default=default, help=help)


def labels(name: str, *, at: str = "", merges: bool = False, help: str = "") -> Field:
    """Names, each with a text; none where nobody says.

    `merges` where an update leaves the names that it doesn't send, and takes away one that is sent an empty text.
    """
    return Field(name=name, type=FieldType.SETTINGS, at=at, default={}, holds_texts=True, merges=merges, help=help)
