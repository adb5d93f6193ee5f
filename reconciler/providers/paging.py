"""Lists every page: follows `next` to the end, and trusts the result only where the pages agree with each other."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from urllib.parse import parse_qs, quote, urljoin

from msgspec import Struct
from msgspec.structs import replace

from reconciler.http.exchange import UnexpectedAnswerError
from reconciler.model.diagnostic import UrlError
from reconciler.model.reading import ErrorKind, ProviderError
from reconciler.model.rest import AfterLast, NextUrl, Offset, PageToken, Paging, Rest
from reconciler.model.secret import SecretText
from reconciler.model.url import Url, parse_url
from reconciler.model.webhook import Headers, Remote, Value
from reconciler.providers.ahead import PagesAhead
from reconciler.providers.wire import at, object_of

LISTS = 3  # how often a list is made where its pages disagree
MOST_PAGES = 2000  # more are taken for a list without an end
MOST_BARREN_PAGES = 10  # so are more in a row without a webhook that wasn't on one before
LONGEST = 3600.0  # seconds, those waited for the provider's limits included: so is a list that takes longer
LONGEST_NEXT = 10_000  # characters of where the next page is
LARGEST = 512 * 2**20  # bytes of memory, about, that all webhooks of a list may take; 200,000 usual ones do

_WEBHOOK, _TEXT, _PART = 700, 60, 300  # bytes, measured
_COPIES = 4  # of a URL's characters
_COUNTS_SAID = 5  # a page each may have another
_HIGHEST_COUNT = 10**9
_WHOLE = re.compile(r"\s*([0-9]{1,15})(?:\.0{1,9})?\s*", re.ASCII)

_ENDLESS = "the provider's list of webhooks doesn't end"
_TRUST = "If its `count` isn't reliable, set `{}: false` under the account."
_REPORT = "Nothing is changed in an account that can't be listed completely; report this to the provider."


class Page(Struct, frozen=True, kw_only=True):
    """A page of a list, how many webhooks it says there are in all, and where the next page is, maybe in doubt.

    Fresh from `page_of`, `next` is what the page says of it: a URL, or the value of the paging's parameter.
    """

    remotes: tuple[Remote, ...]
    count: int | None
    next: str | None = None
    is_doubted: bool = False
    is_shifting: bool = False  # whether a change at the provider moves what stands on the pages behind it
    is_empty: bool = False  # whether nothing stands on it, though such a list has no empty pages but its last
    left_out: int = 0  # webhooks on it that were deleted, or are in another place: they are counted, too
    size: int = 0  # of `remotes` by `size_of`; 0 where it isn't known


def page_of(document: object, api: Rest, read: Callable[[Mapping[str, object]], Remote | None], linked: str) -> Page:
    """A page of the list, whose `Link` header says that it goes on at `linked`; without what reads as None.

    `UnexpectedAnswerError` where it isn't one, or one of its webhooks isn't one, or they are too large.
    """
    outer: Mapping[str, object] = document if isinstance(document, dict) else {}
    paging = api.paging
    listed = outer.get(api.items) if api.items else document
    if listed is None and isinstance(paging, PageToken) and isinstance(document, dict):
        listed = []  # an empty one is left out
    if not isinstance(listed, list):
        raise UnexpectedAnswerError(f"has no list of `{api.items}`" if api.items else "is not a list of webhooks")
    count = at(outer, paging.count) if isinstance(paging, NextUrl) else None
    remotes: list[Remote] = []
    size = 0
    for item in listed:
        found = read(object_of(item))
        if found is None:
            continue
        remotes.append(found)
        size += size_of(found)
        if size > LARGEST:
            raise UnexpectedAnswerError("contains more or larger webhooks than any account needs")
    whole = None if isinstance(count, bool) else _WHOLE.fullmatch(str(count))  # as a text, or with `.0`, too
    total = int(whole[1]) if whole is not None and int(whole[1]) <= _HIGHEST_COUNT else None
    following, left_out = linked or _following(api, outer, listed) or None, len(listed) - len(remotes)
    is_empty = isinstance(paging, NextUrl) and not listed
    return Page(
        is_empty=is_empty,
        remotes=tuple(remotes),
        count=total,
        next=following,
        is_shifting=paging.is_shifting,
        left_out=left_out,
        size=size,
    )


def _following(api: Rest, outer: Mapping[str, object], listed: Sequence[object]) -> str:
    """Where a page says that the list goes on; nothing where it ends."""
    match api.paging:
        case NextUrl(next=name):
            pass
        case PageToken(token=name, done=done) if not (done and _flag(outer, done)):
            pass
        case AfterLast(more=more) if _flag(outer, more) and listed:
            return str(at(listed[-1], api.id) or "")
        case Offset(more=more) if _flag(outer, more) and listed:
            return str(len(listed))
        case _:
            return ""
    following = at(outer, name)
    if following is not None and not isinstance(following, str):
        raise UnexpectedAnswerError(f"has a `{name}` that is not text")
    return following or ""


def _flag(outer: Mapping[str, object], name: str) -> bool:
    """What a page says of whether the list goes on; nothing may be guessed there."""
    value = outer.get(name)
    if not isinstance(value, bool):
        raise UnexpectedAnswerError(f"has no `{name}` that is true or false")
    return value


def target_of(page: Page, paging: Paging, first: str, target: str) -> Page:
    """A page whose `next` is a URL, of one that was asked for with a target: `first` is that of the first page."""
    if page.next is None or not isinstance(paging, PageToken | AfterLast | Offset):
        return page
    value = page.next
    if isinstance(paging, Offset):
        value = str(int(parse_qs(target.partition("?")[2]).get(paging.parameter, ["0"])[0]) + int(value))
    return replace(page, next=f"{first}{'&' if '?' in first else '?'}{paging.parameter}={quote(value, safe='')}")


def list_all(  # noqa: PLR0913 - what a list is, and who is told
    fetch: Callable[[str], Page],
    first: str,
    *,
    origin: str,
    trust_setting: str | None,
    told: Callable[[int, int], None],
    now: Callable[[], float] = time.monotonic,
    readers: threading.Semaphore | None = None,
) -> Page:
    """List every webhook as on one page, no id twice, from the target (path and query) of the first page on.

    `next` may only point to `origin` (in normal form). Where there is a `trust_setting`, the account key that says
    otherwise, as many must be listed as each page counts; where pages shift, two lists of several must agree. After
    each page the number of webhooks so far is told, and of pages that are left, by the count. Where that can be relied
    on, these are fetched side by side, as far as there are `readers`.
    GARBLED, where the pages contradict each other again and again, lead elsewhere, or never end.
    """
    reason = ""
    before: set[str] | None = None
    ends = now() + LONGEST
    for _ in range(LISTS):
        try:
            with PagesAhead(fetch, readers if trust_setting is not None else None, now) as pages:
                remotes, counts, is_shifting = _list_once(pages, first, origin, told, lambda: now() >= ends)
        except ProviderError as error:
            if error.kind is not ErrorKind.GONE:
                raise
            reason = "the provider's list links to a page that doesn't exist"
            continue
        ids = {remote.id for remote in remotes}
        if is_shifting and ids != before:
            before, reason = ids, "the provider's list changes while it is listed"
            continue
        if trust_setting is None or counts == (len(remotes),):
            return Page(remotes=remotes, count=counts[0])
        if counts == (None,):
            help_ = _TRUST.format(trust_setting) if trust_setting else _REPORT
            raise _garbled("the provider doesn't return the number of webhooks", help_)
        said = " and then ".join("nothing" if count is None else str(count) for count in counts[:_COUNTS_SAID])
        reason = f"the provider counts {said} but lists {len(remotes)} webhook{'' if len(remotes) == 1 else 's'}"
    help_ = f"Try again when nobody is changing webhooks. {_TRUST.format(trust_setting)}" if trust_setting else _REPORT
    raise _garbled(f"{reason} (listed {LISTS} times)", help_)


def _list_once(
    pages: PagesAhead[Page],
    first: str,
    origin: str,
    told: Callable[[int, int], None],
    is_late: Callable[[], bool],
) -> tuple[tuple[Remote, ...], tuple[int | None, ...], bool]:
    """The webhooks, the different counts of them that pages name, in order, and whether something may have moved."""
    remotes: dict[str, Remote] = {}
    counts: dict[int | None, None] = {}
    seen: set[str] = set()
    barren = size = left_out = items = largest = 0
    was_doubted = False
    target = first
    while True:
        seen.add(target)
        page = pages.page(target)
        before = len(remotes)
        for remote in page.remotes:
            remotes.setdefault(remote.id, remote)
        size += page.size or sum(map(size_of, page.remotes))
        if size > LARGEST:
            raise _garbled("the provider's list of webhooks is larger than any account needs")
        left_out += page.left_out
        items += len(page.remotes) + page.left_out
        largest = max(largest, len(page.remotes) + page.left_out)
        pages_left = -(-max((page.count or 0) - items, 0) // largest) if largest and page.next is not None else 0
        counts[page.count] = None
        told(len(remotes), pages_left)
        if page.next is None or (was_doubted and len(remotes) == before):
            named = tuple(None if count is None else count - left_out for count in counts)
            # Of several pages, something may have moved between two requests.
            asked = len(seen) - (was_doubted and len(remotes) == before)
            return tuple(remotes.values()), named, page.is_shifting and asked > 1
        was_doubted = page.is_doubted
        barren = barren + 1 if len(remotes) == before else 0
        last, target = target, _target(page.next, origin + target, origin)
        if page.is_empty:  # what it lacks may stand nowhere else
            raise _garbled("the provider's list of webhooks goes on after an empty page")
        if target in seen:
            raise _garbled("the provider's list of webhooks links back to a page that was already listed")
        if len(seen) >= MOST_PAGES or barren > MOST_BARREN_PAGES or is_late():
            raise _garbled(_ENDLESS)
        pages.expect(last, target, pages_left)


def size_of(remote: Remote) -> int:
    """About how many bytes of memory a webhook takes, never much less: a URL is kept in its parts."""
    size = _WEBHOOK + len(remote.id)
    for value in remote.fields.values():
        if value is True or value is False:
            size += _TEXT
        elif type(value) is str:
            size += _TEXT + len(value)
        elif isinstance(value, Url):  # as many parts as it has segments and items, which are cut up later
            endpoint = value.endpoint
            parts = endpoint.path.count("/") + len(endpoint.query) + len(value.secrets)
            size += _TEXT + _COPIES * len(value.reveal()) + _PART * parts
        else:
            size += _size(value)
    return size + sum(map(_size, remote.unknown)) if remote.unknown else size


def _size(value: Value) -> int:
    match value:
        case SecretText() | str():
            return _TEXT + len(value)
        case frozenset():
            return sum(map(_size, value))
        case Headers():
            return sum(2 * _TEXT + len(name) + _size(text) for name, text in value.items)
        case Mapping():
            return _PART + sum(_size(name) + _plain_size(inner) for name, inner in value.items())
    return _TEXT


def _plain_size(value: object) -> int:
    """The same of plain JSON in settings."""
    match value:
        case dict():
            return _size(value)
        case list():
            return _PART + sum(map(_plain_size, value))
    return _TEXT + (len(value) if isinstance(value, str) else 0)


def _target(said: str, current: str, origin: str) -> str:
    """Path and query of the next page, which must be at the same origin.

    They are cut out of what was checked and sent to our own origin, so that no two readings of a URL matter.
    """
    absolute = found = ""
    with suppress(UrlError, ValueError):
        absolute = urljoin(current, said) if len(said) <= LONGEST_NEXT else ""
        found = parse_url(SecretText.provider(absolute)).endpoint.origin
    if not found:
        raise _garbled("the provider's list links to a next page that is not a valid URL")
    if found != origin:
        raise _garbled(
            f"the provider's list continues at another origin, {found}",
            "It isn't followed, because the token would be sent along; check `base_url`.",
        )
    target = re.sub(r"^.*?://[^/?]*", "", absolute, count=1, flags=re.DOTALL)
    return target if target.startswith("/") else f"/{target}"


def _garbled(message: str, help_: str = _REPORT) -> ProviderError:
    return ProviderError(ErrorKind.GARBLED, message, help_)
