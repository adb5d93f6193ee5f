"""The pages of a declared provider's list: which webhooks one has, and what it says of the others."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import urlencode

from msgspec import Struct, field

from reconciler.model.rest import AfterLast, LinkHeader, NextUrl, Offset, PageToken, Paging
from reconciler.sandbox.documents import put
from reconciler.sandbox.messages import Request, RequestError

USUAL: Final = 20  # webhooks on a page


class Page(Struct, frozen=True, kw_only=True):
    """A stretch of the list, and what stands beside it in the answer and its headers."""

    items: slice
    outer: Mapping[str, object] = field(default_factory=dict)
    headers: tuple[tuple[str, str], ...] = ()


def page_of(paging: Paging, request: Request, ids: Sequence[str], size: int | None) -> Page:
    """The page of a list that a request asks for; `size` is that of all pages, if they have one of their own."""
    match paging:
        case LinkHeader():
            asked = _number(request, paging.size, paging.usual or USUAL)
            return _numbered(paging, request, len(ids), min(asked, paging.most, size or paging.most))
        case NextUrl():
            return _numbered(paging, request, len(ids), size or USUAL)
        case PageToken() | AfterLast() | Offset():
            return _from(paging, request, ids, size or USUAL)
        case _:
            return Page(items=slice(None))


def _numbered(paging: LinkHeader | NextUrl, request: Request, count: int, size: int) -> Page:
    """A page that has a number, and a URL."""
    parameter = paging.page if isinstance(paging, LinkHeader) else "page"
    number = _number(request, parameter, 1)
    items = slice((number - 1) * size, number * size)

    def address(of: int) -> str:
        return f"{request.base_url}{request.raw_path}?{urlencode({**request.query, parameter: of})}"

    following = address(number + 1) if number * size < count else None
    if isinstance(paging, NextUrl):
        outer: dict[str, object] = {paging.count: count} if paging.count else {}
        put(outer, paging.next, following)
        return Page(items=items, outer=outer)
    links = [f'<{address(1)}>; rel="first"', *([f'<{following}>; rel="next"'] if following else [])]
    return Page(items=items, headers=(("Link", ", ".join(links)),))


def _from(paging: PageToken | AfterLast | Offset, request: Request, ids: Sequence[str], size: int) -> Page:
    """A page that begins where the request says."""
    given = request.query.get(paging.parameter, "")
    outer: dict[str, object] = {}
    if isinstance(paging, AfterLast):
        if given and given not in ids:
            raise RequestError(400, {"message": f"`{paging.parameter}` is not a webhook of this list."})
        start = ids.index(given) + 1 if given else 0
    elif isinstance(paging, Offset):
        start = _number(request, paging.parameter, 0)
    else:
        start = _start_of(given)
    is_last = start + size >= len(ids)
    if isinstance(paging, PageToken):
        if paging.done:
            outer[paging.done] = is_last
        if paging.done or not is_last:  # one that ends the list by its token has none at the end
            outer[paging.token] = base64.b64encode(json.dumps({"offset": start + size}).encode()).decode()
    else:
        outer[paging.more] = not is_last
    return Page(items=slice(start, start + size), outer=outer)


def _number(request: Request, parameter: str, usual: int) -> int:
    text = request.query.get(parameter, str(usual))
    if re.fullmatch("[0-9]{1,9}", text) is None:
        raise RequestError(400, {"message": f"`{parameter}` is not a number."})
    return int(text)


def _start_of(token: str) -> int:
    try:
        return int(json.loads(base64.b64decode(token))["offset"]) if token else 0
    except (ValueError, LookupError, TypeError):
        raise RequestError(400, {"message": "The page token is not valid."}) from None
