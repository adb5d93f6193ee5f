"""How a provider's REST API is spoken to, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum


@dataclass(frozen=True, slots=True, kw_only=True)
class NextUrl:
    """Pages of an object that says where the next one is, and how many webhooks there are in all."""

    query: str  # of the first page
    next: str = "next"
    count: str = ""  # empty where nothing says how many there are
    trust_setting: str = ""  # the account key that says whether that number can be relied on


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkHeader:
    """Pages whose `Link` header says where the next one is.

    A page that has as many webhooks as are usual, or as were asked for, and names no next one may have been cut short
    on its way: the one behind it is asked for.
    """

    size: str = "per_page"  # the parameter that asks for so many webhooks on a page
    most: int = 100  # how many to ask for
    usual: int = 30  # how many a page has where nobody asks
    page: str = "page"  # the parameter that asks for a page by its number, from 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """A list that comes in one answer."""

    query: str = ""


Paging = NextUrl | LinkHeader | Whole


class Body(Enum):
    """How what is sent is written."""

    JSON = "application/json"
    FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """How a webhook is changed.

    `units` are parts that the API replaces as a whole wherever they are sent, a secret in them included, each with the
    path below the webhook at which it can be changed value by value; empty where there is none.
    """

    verb: str = "PUT"
    partial: bool = False  # whether only what differs is sent; else everything is
    keeps_secrets: bool = False  # whether a secret that isn't sent stays, where everything is sent
    units: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Throttled:
    """An answer, beside 429, that asks to wait."""

    status: int
    header: str  # that tells it from other answers of that status
    value: str  # what the header says then
    until: str  # the header that says until when, in seconds since 1970; `Retry-After` counts too


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """How a provider's REST API is spoken to. All paths stand below the account's base URL and its place."""

    collection: str  # the path of all webhooks; one is at `/<id>` below it
    items: str = ""  # the name of the list in an answer; empty where the answer is the list
    one: str = ""  # the name of a single webhook in an answer; empty where the answer is the webhook
    id: str = "id"
    created: str = ""  # the name of when it was made; empty where nothing says
    updated: str = ""  # the name of when it was last changed; empty where nothing says
    kept: tuple[str, ...] = ()  # names that the provider fills in by itself and that say nothing of the set-up
    headers: Mapping[str, str] = field(default_factory=dict)  # sent with every call
    paging: Paging = field(default_factory=Whole)
    body: Body = Body.JSON
    update: Update = field(default_factory=Update)
    constant: Mapping[str, str] = field(default_factory=dict)  # sent with every create
    throttled: Throttled | None = None
