"""The five calls of a REST API, by its declaration.

`RestReader` has no create, update or delete: who only looks can't change anything.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar
from urllib.parse import parse_qs, quote
from uuid import uuid4

from msgspec.structs import replace

from reconciler import __version__
from reconciler.http.calls import Caller
from reconciler.http.exchange import ApiRequest, Reply, UnexpectedAnswerError, http_date, parse_json
from reconciler.http.pacing import CallClass, ClientContext
from reconciler.model.configuration import Account
from reconciler.model.field import Sent
from reconciler.model.place import owner_of
from reconciler.model.reading import ErrorKind, ProviderError, Reading
from reconciler.model.report import Listed
from reconciler.model.rest import LinkHeader, NextUrl, Rest
from reconciler.model.update import lost_secrets, update_calls, with_removals
from reconciler.model.webhook import Fields, Remote
from reconciler.providers.paging import Page, list_all, page_of, target_of
from reconciler.providers.wire import RemoteReader, at, create_body, object_of, says, update_body

T = TypeVar("T")
_NOT_FOUND = 404


class RestReader:
    """Looks at the webhooks of an account whose provider has a REST API; opened like a `Caller`. A `Reader`."""

    def __init__(self, account: Account, context: ClientContext) -> None:
        assert account.provider.rest is not None  # noqa: S101 - the registry opens no other account
        self._api: Rest = account.provider.rest
        self._account = account
        self._context = context
        place, _, chosen = account.place.partition("?")
        self._path = place + self._api.collection
        self._place = account.place_values
        self._reader = _reader_of(account, context)
        self._keys: dict[bytes, str] = {}  # of idempotency, by what is created
        headers = {"Accept": "application/json", "User-Agent": f"webhook-reconciler/{__version__}"}
        said = {setting.header: value.reveal() for setting, value in account.header_settings}
        headers |= {**self._api.headers, **said}
        self._caller = Caller(account, context, headers=headers, throttled=self._api.throttled)
        self._chosen = chosen

    def list(self) -> Reading:
        name = self._account.name

        is_first = True

        def told(webhooks: int, pages_left: int) -> None:
            nonlocal is_first
            self._context.listener(Listed(account=name, webhooks=webhooks))
            if is_first:
                self._caller.announce_lists(pages_left)
            is_first = False

        read = self._read if self._api.gone or self._place else self._reader.read
        listing = self._list(self._api, self._path, self._chosen, read, told)
        return Reading(account=name, remotes=listing.remotes, count=listing.count)

    def places(self) -> Sequence[str]:
        """The places of the owner that the account's pattern names, without those that can't be changed.

        An account of a fleet whose id is none is among them: it stops no other.
        """
        pattern, kind, title = self._account.place_name, self._account.place_kind, self._account.provider.title
        assert kind is not None and kind.listed is not None  # else it takes no patterns  # noqa: S101, PT018
        owner, setting, listing = owner_of(pattern), kind.setting, kind.listed
        path, _, chosen = kind.list_of(pattern).partition("?")
        api = replace(self._api, items=listing.items, id=listing.name, paging=listing.paging or self._api.paging)

        odd: dict[str, None] = {}

        def read(document: Mapping[str, object]) -> Remote | None:
            name = at(document, listing.name)
            if kind.one and not (isinstance(name, str) and kind.accepts(name)):
                odd[name if isinstance(name, str) else ""] = None
                return None
            if not isinstance(name, str) or not re.fullmatch(kind.pattern, name):
                raise UnexpectedAnswerError(f"has a `{listing.name}` that is none of its `{setting}`")
            is_fixed = bool(listing.read_only) and says(document, listing.read_only)
            return Remote(id=name, key=None, fields={"active": not is_fixed})

        try:
            found = self._list(api, path, chosen, read, lambda *_: None)
        except ProviderError as error:
            whose = f" of `{owner}`" if owner else ""
            error.message = f"the `{setting}`{whose} can't be listed: {error.message}"
            if owner and error.status == _NOT_FOUND:
                error.message = f"{title} has no {listing.owner} `{owner}` that the token may see (404)"
                others = f"those of others than {listing.owner}s are named in full"
                error.help = f"Check `{pattern}` under `{setting}`; {others}."
            raise
        return [*(place.id for place in found.remotes if place.fields["active"]), *odd]

    def _list(
        self,
        api: Rest,
        path: str,
        chosen: str,
        read: Callable[[Mapping[str, object]], Remote | None],
        told: Callable[[int, int], None],
    ) -> Page:
        """All that there is at a path, to the last page; places are read as if they were webhooks, by their names."""
        paging = api.paging
        size = f"{paging.size}={paging.most}" if isinstance(paging, LinkHeader) else paging.query
        query = "&".join(filter(None, (chosen, size)))
        first = f"{self._caller.destination.path}{path}" + (f"?{query}" if query else "")
        setting = paging.trust_setting if isinstance(paging, NextUrl) and paging.count else None
        return list_all(
            lambda target: self._page(api, path, read, first, target),
            first,
            origin=self._caller.destination.origin,
            trust_setting=setting if setting is not None and self._account.settings.get(setting) is not False else None,
            told=told,
            now=self._context.clock.monotonic,
            readers=self._context.page_readers,
        )

    def get(self, object_id: str) -> Remote:
        return self._remote(self._call("GET", self._path_of(object_id)), object_id, changed=False)

    def close(self) -> None:
        self._caller.session.close()

    def _page(
        self, api: Rest, path: str, read: Callable[[Mapping[str, object]], Remote | None], first: str, target: str
    ) -> Page:
        is_first = target == first
        request = ApiRequest(method="GET", target=target, is_collection=is_first)
        reply = self._caller.call(request, CallClass.LIST, path if is_first else f"{path}?…")
        paging = api.paging
        linked = reply.next_page if isinstance(paging, LinkHeader) else ""
        page = self._understood(reply, lambda document: page_of(document, api, read, linked))
        page = target_of(page, paging, first, target)
        if page.next or not isinstance(paging, LinkHeader):
            return page
        items = len(page.remotes) + page.left_out
        if not items or (paging.usual and items not in (paging.usual, paging.most)):
            return page
        # It may have been cut short on its way, so that it names the page that would stand behind it.
        asked = parse_qs(target.partition("?")[2]).get(paging.page, ["1"])[0]
        number = int(asked) + 1 if asked.isdecimal() else 2
        return replace(page, next=f"{first}&{paging.page}={number}", is_doubted=True)

    def _call(self, method: str, path: str, body: bytes | None = None, fields: Fields | None = None) -> Reply:
        """Call a path below the base URL; `fields` are what the body holds."""
        request = ApiRequest(
            method=method,
            target=self._caller.destination.path + path,
            body=body,
            content_type=self._api.body.value,
            fields=fields or {},
            is_collection=path == self._path,
            headers=self._idempotency(path, body),
        )
        return self._caller.call(request, CallClass.GET if method == "GET" else CallClass.WRITE, path)

    def _idempotency(self, path: str, body: bytes | None) -> Mapping[str, str]:
        """The header by which a create that is sent again is the same one."""
        if path != self._path or body is None or not self._api.idempotency:
            return {}
        return {self._api.idempotency: self._keys.setdefault(body, str(uuid4()))}

    def _read(self, document: Mapping[str, object]) -> Remote | None:
        """A webhook; None where it is in another place, or was deleted."""
        is_gone = self._api.gone and says(document, self._api.gone)
        if is_gone or (self._place and not says(document, self._place)):
            return None
        return self._reader.read(document)

    def _remote(
        self, reply: Reply, object_id: str, *, changed: bool, made: Callable[[Remote], None] | None = None
    ) -> Remote:
        """The webhook in an answer, which must be the one asked for (any, where the id is empty).

        `made` is called with it even where not all of it can be read: its secret is shown only once.
        """

        def read(document: object) -> Remote:
            found = object_of(document)
            remote = self._read(object_of(found.get(self._api.one)) if self._api.one else found)
            if remote is None:
                raise ProviderError(ErrorKind.GONE, f"{self._account.provider.title} has no webhook with this id here")
            if object_id and remote.id != object_id:
                raise UnexpectedAnswerError("contains another webhook than the one requested")
            remote = replace(remote, answered=http_date(reply.headers.get("date")))
            if made is not None:
                made(remote)
            if changed and remote.unreadable:  # what came of it decides what is done next
                raise UnexpectedAnswerError(f"has a webhook whose `{remote.unreadable[0]}` can't be read")
            return remote

        return self._understood(reply, read, may_have_acted=changed)

    def _understood(self, reply: Reply, read: Callable[[object], T], *, may_have_acted: bool = False) -> T:
        """What an answer says; GARBLED, where it isn't what the API promises."""
        try:
            return read(parse_json(reply.body))
        except UnexpectedAnswerError as unexpected:
            reason = str(unexpected)
        message = f"{self._account.provider.title}'s response ({reply.status}) {reason}"
        help_ = "Check that `base_url` is the provider's API, and that no proxy responds instead of it."
        raise ProviderError(ErrorKind.GARBLED, message, help_, may_have_acted=may_have_acted, status=reply.status)

    def _path_of(self, object_id: str) -> str:
        """The path of one webhook; GONE for what would lead elsewhere: to the list, or to where dots lead."""
        if object_id in ("", ".", ".."):
            raise ProviderError(ErrorKind.GONE, f"{self._account.provider.title} can't have a webhook with this id")
        return self._path + self._api.item.replace("{}", quote(object_id, safe=""))


def _reader_of(account: Account, context: ClientContext) -> RemoteReader:
    """What reads the webhooks of a provider: the same in all its accounts, of which a fleet has thousands."""
    provider = account.provider
    assert provider.rest is not None  # noqa: S101 - as above
    known = provider.name, context.secret_params
    reader: RemoteReader | None = context.readers.get(known)
    if reader is None or reader.provider is not provider:
        reader = context.readers[known] = RemoteReader(provider, provider.rest, context.secret_params, context.urls)
    return reader


class RestWriter(RestReader):
    """Looks at an account's webhooks, and changes them. A `Writer`."""

    def create(self, fields: Fields, made: Callable[[Remote], None] | None = None) -> Remote:
        """As `Writer.create`. With a header for it, one whose answer was lost is the same one when it is sent again."""
        provider = self._account.provider
        body = create_body(provider, self._api, fields, self._place)
        answer = self._remote(self._call("POST", self._path, body, fields), "", changed=True, made=made)
        later = [spec.name for spec in provider.fields if spec.sent is Sent.UPDATE]
        if not all(fields[name] in (None, answer.fields[name]) for name in later):
            try:
                self.update(answer.id, fields, answer)
                answer = replace(self.get(answer.id), answered=answer.answered)
            except ProviderError as error:
                error.may_have_acted = True
                raise
        self._keys.pop(body, None)  # the next one is another
        return answer

    def update(self, object_id: str, fields: Fields, now: Remote) -> None:
        """As `Writer.update`; nothing is sent where it would take away a secret."""
        provider = self._account.provider
        lost = lost_secrets(provider, fields, now.fields)
        if lost:
            message = f"an update would remove the webhook's `{lost[0]}`, which isn't in the file"
            raise ProviderError(ErrorKind.INVALID, message, f"Add `{lost[0]}: ${{NAME}}` to the entry.")
        if self._api.update.url_takes_secrets and fields["url"] == now.fields["url"]:
            fields = {**fields, "url": now.fields["url"]}  # another spelling would be another URL there
        changed: list[str] = []
        sent = with_removals(provider, fields, now.fields)
        for call in update_calls(provider, self._api, fields, now.fields):
            path = self._path_of(object_id) + call.path
            verb = self._api.update.verb if call.own is None else call.own.verb
            try:
                reply = self._call(verb, path, update_body(provider, self._api, call, sent), fields)
                if not call.path and call.own is None:
                    self._remote(reply, object_id, changed=True)
                elif reply.body:
                    self._understood(reply, object_of, may_have_acted=True)
            except ProviderError as error:
                if changed:
                    error.message = f"only {' and '.join(changed)} was changed: {error.message}"
                    # Not as if nothing had been sent.
                    error.kind = ErrorKind.REFUSED if error.kind is ErrorKind.INTERRUPTED else error.kind
                raise
            changed += (f"`{spec.name}`" for spec in call.fields)

    def delete(self, object_id: str) -> None:
        reply = self._call("DELETE", self._path_of(object_id))
        if reply.body:  # documented is none; a page of HTML says that somebody else answered
            self._understood(reply, object_of, may_have_acted=True)
