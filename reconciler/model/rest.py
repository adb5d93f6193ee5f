"""How a provider's REST API is spoken to, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum


@dataclass(frozen=True, slots=True, kw_only=True)
class NextUrl:
    """Pages of an object that says where the next one is, and how many webhooks there are in all.

    Attributes:
        query: of the first page.
        next: the name of what says where the next page is.
        count: the name of what says how many there are; empty where nothing does.
        trust_setting: the account key that says whether that number can be relied on.
    """

    query: str
    next: str = "next"
    count: str = ""
    trust_setting: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkHeader:
    """Pages whose `Link` header says where the next one is.

    Attributes:
        size: the name of the parameter that asks for so many webhooks on a page.
        most: how many to ask for.
        usual: how many a page has where nobody asks. A page that has as many, or as many as were asked for, and names
            no next one may have been cut short on its way: the one behind it is asked for.
        page: the name of the parameter that asks for a page by its number, from 1.
    """

    size: str = "per_page"
    most: int = 100
    usual: int = 30
    page: str = "page"


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """A list that comes in one answer.

    Attributes:
        query: of the call.
    """

    query: str = ""


Paging = NextUrl | LinkHeader | Whole


class Body(Enum):
    """How what is sent is written."""

    JSON = "application/json"
    FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """How a webhook is changed.

    Attributes:
        verb: the HTTP method.
        partial: whether only what differs is sent; else everything is.
        keeps_secrets: whether a secret that isn't sent stays, where everything is sent.
        units: parts that the API replaces as a whole wherever they are sent, a secret in them included, each with the
            path below the webhook at which it can be changed value by value; empty where there is none.
    """

    verb: str = "PUT"
    partial: bool = False
    keeps_secrets: bool = False
    units: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Throttled:
    """An answer, beside 429, that asks to wait.

    Attributes:
        status: its status.
        header: a header that tells it from other answers of that status.
        value: what the header says then.
        until: the header that says until when, in seconds since 1970; `Retry-After` counts too.
    """

    status: int
    header: str
    value: str
    until: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """How a provider's REST API is spoken to. All paths stand below the account's base URL and its place.

    Attributes:
        collection: the path of all webhooks; one is at `/<id>` below it.
        items: the name of the list in an answer; empty where the answer is the list.
        one: the name of a single webhook in an answer; empty where the answer is the webhook.
        id: the name of a webhook's id.
        created: the name of when it was made; empty where nothing says.
        updated: the name of when it was last changed; empty where nothing says.
        kept: names that the provider fills in by itself and that say nothing of the set-up.
        headers: sent with every call.
        paging: how the list goes on.
        body: how what is sent is written.
        update: how a webhook is changed.
        constant: sent with every create.
        throttled: an answer that asks to wait; None where only 429 does.
    """

    collection: str
    items: str = ""
    one: str = ""
    id: str = "id"
    created: str = ""
    updated: str = ""
    kept: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    paging: Paging = field(default_factory=Whole)
    body: Body = Body.JSON
    update: Update = field(default_factory=Update)
    constant: Mapping[str, str] = field(default_factory=dict)
    throttled: Throttled | None = None
