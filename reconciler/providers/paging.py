"""Lists every page: follows `next` to the end, and trusts the result only where the pages agree with each other."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urljoin

from reconciler.model.reading import ErrorKind, ProviderError
from reconciler.model.secret import SecretText
from reconciler.model.url import Url, parse_url
from reconciler.model.url_error import UrlError
from reconciler.model.webhook import Remote, Value

LISTS = 3
"""How often a list is made where its pages disagree: once, and twice again."""
MOST_PAGES = 2000
"""More pages than that are taken for a list without an end."""
MOST_BARREN_PAGES = 10
"""So are more pages in a row than that without a webhook that wasn't on one before."""
LONGEST_NEXT = 10_000
"""Characters of where the next page is."""
LONGEST = 3600.0
"""Seconds, those waited for the provider's limits included: so is a list that takes longer than that."""
LARGEST = 512 * 2**20
"""Bytes of memory, about, that all webhooks of a list may take; 200,000 usual ones do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of a list.

    Attributes:
        remotes: its webhooks.
        count: how many webhooks the provider says there are in all; None where it doesn't say.
        next: where the next page is, absolute or relative, as the provider says; None on the last page.
    """

    remotes: tuple[Remote, ...]
    count: int | None
    next: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A list that was followed to its end.

    Attributes:
        remotes: in the provider's order, no id twice.
        counts: the different counts that its pages named, in order.
    """

    remotes: tuple[Remote, ...]
    counts: tuple[int | None, ...]


class Disagreement(Exception):  # noqa: N818 - no error yet: the list is made again
    """A list's pages don't fit together; says how. `fetch` raises it for a page that has gone meanwhile."""


def list_all(
    fetch: Callable[[str], Page],
    first: str,
    *,
    origin: str,
    trust_count: bool,
    told: Callable[[int], None],
    now: Callable[[], float] = time.monotonic,
) -> Listing:
    """List every webhook.

    Args:
        fetch: gets the page at a target (path and query).
        first: the first page's target.
        origin: the only one that `next` may point to, in normal form.
        trust_count: whether as many webhooks must be listed as each page says that there are.
        told: is given the number of webhooks so far after each page.
        now: monotonic seconds.
    Raises:
        ProviderError: GARBLED, where the pages contradict each other again and again, lead elsewhere, or never end.
    """
    reason = ""
    ends = now() + LONGEST

    def fetch_in_time(target: str) -> Page:
        if now() > ends:
            raise _garbled(_ENDLESS, _REPORT)
        return fetch(target)

    for _ in range(LISTS):
        try:
            listing = _list_once(fetch_in_time, first, origin, told)
        except Disagreement as disagreement:
            reason = str(disagreement)
            continue
        if not trust_count:
            return listing
        if listing.counts == (None,):
            raise _garbled("the provider doesn't say how many webhooks there are", _TRUST_COUNT)
        if listing.counts == (len(listing.remotes),):
            return listing
        said = " and then ".join("nothing" if count is None else str(count) for count in listing.counts[:_COUNTS_SAID])
        reason = f"the provider counts {said} and lists {len(listing.remotes)} webhooks"
    raise _garbled(f"{reason}, {LISTS} times", f"Try again when nobody changes webhooks. {_TRUST_COUNT}")


def _list_once(fetch: Callable[[str], Page], first: str, origin: str, told: Callable[[int], None]) -> Listing:
    remotes: dict[str, Remote] = {}
    counts: dict[int | None, None] = {}
    seen: set[str] = set()
    barren = size = 0
    target = first
    while True:
        seen.add(target)
        page = fetch(target)
        before = len(remotes)
        for remote in page.remotes:
            remotes.setdefault(remote.id, remote)
        size += sum(map(size_of, page.remotes))
        if size > LARGEST:
            raise _garbled("the provider's list of webhooks is larger than any account's", _REPORT)
        counts[page.count] = None
        told(len(remotes))
        if page.next is None:
            return Listing(remotes=tuple(remotes.values()), counts=tuple(counts))
        barren = barren + 1 if len(remotes) == before else 0
        target = _target(page.next, origin + target, origin)
        if target in seen:
            raise _garbled("the provider's list of webhooks leads back to a page that was listed already", _REPORT)
        if len(seen) >= MOST_PAGES or barren > MOST_BARREN_PAGES:
            raise _garbled(_ENDLESS, _REPORT)


def size_of(remote: Remote) -> int:
    """About how many bytes of memory a webhook takes; never much less than it does.

    What counts is not the length alone: a URL is kept in its parts.
    """
    return _WEBHOOK + len(remote.id) + sum(map(_size, remote.fields.values())) + sum(map(_size, remote.unknown))


def _size(value: Value) -> int:
    match value:
        case Url():
            return _TEXT + _COPIES * len(value.reveal()) + _PART * (len(value.segments) + len(value.items))
        case SecretText() | str():
            return _TEXT + len(value)
        case frozenset():
            return sum(map(_size, value))
    return _TEXT


_COUNTS_SAID = 5  # a page each may have another
_WEBHOOK, _TEXT, _PART = 700, 60, 300  # bytes, measured
_COPIES = 4  # of a URL's characters


def _target(said: str, current: str, origin: str) -> str:
    """Path and query of the next page, which must be at the same origin.

    The target is cut out of what was checked and sent to our own origin, so that no two readings of a URL matter.
    """
    absolute, found = "", ""
    if len(said) > LONGEST_NEXT:
        raise _garbled("the provider's list names a next page that is no valid URL", _REPORT)
    try:
        absolute = urljoin(current, said)
        found = parse_url(SecretText.provider(absolute)).endpoint.origin
    except (UrlError, ValueError):
        found = ""
    if not found:
        raise _garbled("the provider's list names a next page that is no valid URL", _REPORT)
    if found != origin:
        raise _garbled(
            f"the provider's list goes on at another origin, {found}",
            "It isn't followed, since the token would go along; check `base_url`.",
        )
    _, _, rest = absolute.partition("://")
    cut = min((position for position in (rest.find("/"), rest.find("?")) if position >= 0), default=len(rest))
    target = rest[cut:]
    return target if target.startswith("/") else f"/{target}"


_ENDLESS = "the provider's list of webhooks doesn't end"
_TRUST_COUNT = "Where its `count` can't be relied on, say `trust_count: false` under the account."
_REPORT = "Nothing is changed in an account that can't be listed whole; report it to the provider."


def _garbled(message: str, help_: str) -> ProviderError:
    return ProviderError(kind=ErrorKind.GARBLED, message=message, help=help_)
