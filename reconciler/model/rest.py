"""How a provider's REST API is spoken to, as data."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import ClassVar

from msgspec import Struct, field


class NextUrl(Struct, frozen=True, kw_only=True):
    """Pages of an object that says where the next one is, and how many webhooks there are in all.

    `next` and `count` are places, inner names after dots.
    """

    query: str  # of the first page
    next: str = "next"
    count: str = ""  # empty where nothing says how many there are
    trust_setting: str = ""  # the account key that says whether that number can be relied on

    @property
    def is_shifting(self) -> bool:
        """Whether a change at the provider may move what stands on later pages, and nothing would tell."""
        return not self.count


class LinkHeader(Struct, frozen=True, kw_only=True):
    """Pages whose `Link` header says where the next one is.

    A page that has as many webhooks as are usual, or as were asked for, and names no next one may have been cut short
    on its way: the one behind it is asked for. A change at the provider moves what stands on the pages behind it: a
    list of several is made until two agree.
    """

    is_shifting: ClassVar[bool] = True
    size: str = "per_page"  # the parameter that asks for so many webhooks on a page
    most: int = 100  # how many to ask for
    usual: int = 30  # how many a page has where nobody asks; 0 where a server may set less, and names no next page
    page: str = "page"  # the parameter that asks for a page by its number, from 1


class Whole(Struct, frozen=True, kw_only=True):
    """A list that comes in one answer."""

    is_shifting: ClassVar[bool] = False
    query: str = ""


class PageToken(Struct, frozen=True, kw_only=True):
    """Pages that each say the token of the next one; its names are those of Google's APIs, where none are said.

    Where tokens are places in a list (`is_shifting`), a change at the provider moves what stands behind it: a list of
    several pages is made until two agree.
    """

    query: str  # of every page
    token: str = "next_page_token"  # where an answer has it  # noqa: S105 - a place in the list
    parameter: str = "page_token"  # that it is sent as
    done: str = ""  # where an answer says that this is the last page, if a token doesn't say it by itself
    is_shifting: bool = False


class AfterLast(Struct, frozen=True, kw_only=True):
    """Pages that go on behind the last webhook of the one before, while an answer says that there are more."""

    is_shifting: ClassVar[bool] = False
    query: str  # of every page
    parameter: str = "starting_after"  # that the last webhook's id is sent as
    more: str = "has_more"


class Offset(Struct, frozen=True, kw_only=True):
    """Pages that begin behind so many webhooks, while an answer says that there are more; they shift, too."""

    is_shifting: ClassVar[bool] = True
    query: str  # of every page
    parameter: str = "offset"
    more: str = "more"


Paging = NextUrl | LinkHeader | PageToken | AfterLast | Offset | Whole


class Body(Enum):
    """How what is sent is written. A form can't say that a list is empty, so it goes only with lists that never are."""

    JSON = "application/json"
    FORM = "application/x-www-form-urlencoded"


class Update(Struct, frozen=True, kw_only=True):
    """How a webhook is changed.

    `units` are parts that the API replaces as a whole wherever they are sent, a secret in them included, each with the
    path below the webhook at which it can be changed value by value; empty where there is none.
    """

    verb: str = "PUT"
    partial: bool = False  # whether only what differs is sent; else everything is
    keeps_secrets: bool = False  # whether a secret that isn't sent stays, where everything is sent
    url_takes_secrets: bool = False  # whether another URL takes such a secret away all the same
    constants: bool = False  # whether what is constant must be sent, too
    mask: str = ""  # what stands for a secret that is to stay, where everything is sent and what is left out goes
    units: Mapping[str, str] = field(default_factory=dict)


class Call(Struct, frozen=True, kw_only=True):
    """A call of its own that changes one field: to a path below the webhook, with the value by this name, if any."""

    verb: str = "POST"
    path: str = ""
    name: str = ""


class Throttled(Struct, frozen=True, kw_only=True):
    """An answer, beside 429, that asks to wait."""

    status: int
    header: str  # that tells it from other answers of that status
    value: str  # what the header says then
    until: str  # the header that says until when, in seconds since 1970; `Retry-After` counts too


class Rest(Struct, frozen=True, kw_only=True):
    """How a provider's REST API is spoken to. All paths stand below the account's base URL and its place."""

    collection: str  # the path of all webhooks
    item: str = "/{}"  # what follows it for one of them, `{}` for its id
    items: str = ""  # the name of the list in an answer; empty where the answer is the list
    one: str = ""  # the name of a single webhook in an answer; empty where the answer is the webhook
    wraps: bool = False  # whether what is sent has that name around it, too
    create_in: str = ""  # the name around what a create sends, where nothing else has one
    id: str = "id"
    created: str = ""  # the name of when it was made; empty where nothing says
    updated: str = ""  # the name of when it was last changed; empty where nothing says
    kept: tuple[str, ...] = ()  # names that the provider fills in by itself and that say nothing of the set-up
    headers: Mapping[str, str] = field(default_factory=dict)  # sent with every call
    paging: Paging = field(default_factory=Whole)
    body: Body = Body.JSON
    update: Update = field(default_factory=Update)
    constant: Mapping[str, object] = field(default_factory=dict)  # sent with every create
    gone: Mapping[str, object] = field(default_factory=dict)  # what an answer says of a webhook that was deleted
    idempotency: str = ""  # the header whose value tells a create that is sent again from another one
    throttled: Throttled | None = None
