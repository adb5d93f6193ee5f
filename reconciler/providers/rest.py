"""The five calls of a REST API, by its declaration.

`RestReader` has no create, update or delete: who only looks can't change anything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TypeVar
from urllib.parse import parse_qs, quote

from reconciler import __version__
from reconciler.model.configuration import Account
from reconciler.model.reading import ErrorKind, ProviderError, Reading
from reconciler.model.report import Listed
from reconciler.model.rest import LinkHeader, NextUrl, Rest
from reconciler.model.update import lost_secrets, update_calls
from reconciler.model.webhook import Fields, Remote
from reconciler.providers.answers import UnexpectedAnswerError, object_of, remote_of
from reconciler.providers.bodies import create_body, update_body
from reconciler.providers.caller import Caller
from reconciler.providers.client import ClientContext
from reconciler.providers.complaint import secrets_of
from reconciler.providers.document import DocumentError, parse_json
from reconciler.providers.exchange import Reply, Request
from reconciler.providers.paging import InconsistentPagesError, Page, list_all, page_of
from reconciler.providers.rate import CallClass
from reconciler.providers.retry import http_date

T = TypeVar("T")


class RestReader:
    """Looks at an account's webhooks. Safe to use from several threads.

    Args:
        account: the account; its provider has a REST API.
        context: clock, listener, and what the file says about secret parameters.
    """

    def __init__(self, account: Account, context: ClientContext) -> None:
        assert account.provider.rest is not None  # noqa: S101 - the registry opens no other account
        self._api: Rest = account.provider.rest
        self._account = account
        self._listener = context.listener
        self._now = context.clock.monotonic
        self._secret_params = context.secret_params
        self._path = account.place + self._api.collection
        headers = {"Accept": "application/json", "User-Agent": f"webhook-reconciler/{__version__}"}
        said = {setting.header: value.reveal() for setting, value in account.header_settings}
        self._caller = Caller(account, context, headers={**headers, **self._api.headers, **said})

    def list(self) -> Reading:
        """Every webhook of the account, to the last page.

        Raises:
            ProviderError: the list could not be had whole, or can't be trusted.
        """
        paging = self._api.paging
        setting = paging.trust_setting if isinstance(paging, NextUrl) and paging.count else None
        listing = list_all(
            self._page,
            self._first_page(),
            origin=self._caller.destination.origin,
            trust_setting=setting if setting is not None and self._account.settings.get(setting) is not False else None,
            told=lambda webhooks: self._listener(Listed(account=self._account.name, webhooks=webhooks)),
            now=self._now,
        )
        return Reading(account=self._account.name, remotes=listing.remotes, count=listing.counts[0])

    def get(self, object_id: str) -> Remote:
        """One webhook.

        Raises:
            ProviderError: GONE where there is none; else why it could not be had.
        """
        return self._remote(self._call("GET", CallClass.GET, self._path_of(object_id)), object_id, changed=False)

    def close(self) -> None:
        """Give the connections back."""
        self._caller.close()

    def _first_page(self) -> str:
        paging = self._api.paging
        query = f"{paging.size}={paging.most}" if isinstance(paging, LinkHeader) else paging.query
        return f"{self._caller.destination.path}{self._path}" + (f"?{query}" if query else "")

    def _page(self, target: str) -> Page:
        is_first = target == self._first_page()
        shown = self._path if is_first else f"{self._path}?…"
        try:
            reply = self._caller.call(Request(method="GET", target=target), CallClass.LIST, shown)
        except ProviderError as error:
            if error.kind is not ErrorKind.GONE:
                raise
        else:
            read = self._understood(reply, lambda document: page_of(document, self._api, self._read, reply.next_page))
            return self._with_doubt(read, target)
        if is_first:
            raise self._no_list()
        raise InconsistentPagesError("the provider's list links to a page that doesn't exist")

    def _with_doubt(self, page: Page, target: str) -> Page:
        """A page that may have been cut short names the one that would stand behind it."""
        paging = self._api.paging
        if page.next or not isinstance(paging, LinkHeader) or len(page.remotes) not in (paging.usual, paging.most):
            return page
        asked = parse_qs(target.partition("?")[2]).get(paging.page, ["1"])[0]
        number = int(asked) + 1 if asked.isdecimal() else 2
        return replace(page, next=f"{self._first_page()}&{paging.page}={number}", is_doubted=True)

    def _call(self, method: str, call_class: CallClass, path: str, sent: tuple[bytes, Fields] | None = None) -> Reply:
        """Call a path below the base URL; `sent` is a body, and the fields that it holds."""
        request = Request(method=method, target=self._caller.destination.path + path)
        if sent is not None:
            body, fields = sent
            request = replace(
                request,
                body=body,
                content_type=self._api.body.value,
                secrets=secrets_of(fields),
                shown=self._account.provider.events_of(fields),
            )
        return self._caller.call(request, call_class, path)

    def _read(self, document: Mapping[str, object]) -> Remote:
        return remote_of(self._account.provider, self._api, document, self._secret_params)

    def _remote(self, reply: Reply, object_id: str, *, changed: bool) -> Remote:
        """The webhook in an answer, which must be the one asked for (any, where the id is empty)."""

        def read(document: object) -> Remote:
            found = object_of(document)
            remote = self._read(object_of(found.get(self._api.one)) if self._api.one else found)
            if object_id and remote.id != object_id:
                raise UnexpectedAnswerError("contains another webhook than the one requested")
            if changed and remote.unreadable:  # what came of it decides what is done next
                raise UnexpectedAnswerError(f"has a webhook whose `{remote.unreadable[0]}` can't be read")
            return replace(remote, answered=http_date(reply.date))

        return self._understood(reply, read, may_have_acted=changed)

    def _understood(self, reply: Reply, read: Callable[[object], T], *, may_have_acted: bool = False) -> T:
        """What an answer says.

        Raises:
            ProviderError: GARBLED, where it isn't what the API promises.
        """
        try:
            return read(parse_json(reply.body))
        except (DocumentError, UnexpectedAnswerError) as unexpected:
            reason = str(unexpected)
        raise ProviderError(
            kind=ErrorKind.GARBLED,
            message=f"{self._account.provider.title}'s answer ({reply.status}) {reason}",
            help="Check that `base_url` is the provider's API, and that no proxy answers instead of it.",
            may_have_acted=may_have_acted,
            status=reply.status,
        )

    def _path_of(self, object_id: str) -> str:
        """The path of one webhook.

        Raises:
            ProviderError: GONE for what would lead elsewhere: to the list, or to where dots lead.
        """
        if object_id in ("", ".", ".."):
            title = self._account.provider.title
            raise ProviderError(kind=ErrorKind.GONE, message=f"{title} can't have a webhook with this id")
        return f"{self._path}/{quote(object_id, safe='')}"

    def _no_list(self) -> ProviderError:
        provider = self._account.provider
        keys = (place.setting for place in provider.places)
        headers = (setting.name for setting in provider.settings if setting.header)
        named = " and ".join(f"`{key}`" for key in ("base_url", *keys, *headers))
        hidden = ", and that the token may see it" if provider.places else ""
        return ProviderError(
            kind=ErrorKind.REFUSED,
            message=f"{provider.title} has no list of webhooks at this address (404)",
            help=f"Check {named} under the account{hidden}.",
            status=404,
        )


class RestWriter(RestReader):
    """Looks at an account's webhooks, and changes them. Safe to use from several threads."""

    def create(self, fields: Fields) -> Remote:
        """Make a webhook; the answer is the provider's form of it. Never sent again once it may have acted.

        Raises:
            ProviderError: it was not made, or nobody knows (`may_have_acted`).
        """
        body = create_body(self._account.provider, self._api, fields)
        try:
            reply = self._call("POST", CallClass.WRITE, self._path, (body, fields))
        except ProviderError as error:
            failure = error
        else:
            return self._remote(reply, "", changed=True)
        if failure.kind is ErrorKind.GONE:
            failure = replace(self._no_list(), may_have_acted=failure.may_have_acted)
        raise failure

    def update(self, object_id: str, fields: Fields, now: Remote) -> None:
        """Give a webhook these fields.

        Args:
            object_id: the provider's id.
            fields: every field. A secret that the provider shows masked is left as it is.
            now: what was read of it just before.
        Raises:
            ProviderError: GONE where there is none; else why not. Nothing is sent where it would take away a secret.
        """
        provider = self._account.provider
        lost = lost_secrets(provider, fields, now.fields)
        if lost:
            raise ProviderError(
                kind=ErrorKind.INVALID,
                message=f"an update would remove the webhook's `{lost[0]}`, which isn't in the file",
                help=f"Add `{lost[0]}: ${{NAME}}` to the entry.",
            )
        for call in update_calls(provider, self._api, fields, now.fields):
            path = self._path_of(object_id) + call.path
            body = update_body(self._api, call, fields)
            reply = self._call(self._api.update.verb, CallClass.WRITE, path, (body, fields))
            if call.path:
                self._understood(reply, object_of, may_have_acted=True)
            else:
                self._remote(reply, object_id, changed=True)

    def delete(self, object_id: str) -> None:
        """Delete a webhook.

        Raises:
            ProviderError: GONE where there is none; else why not.
        """
        reply = self._call("DELETE", CallClass.WRITE, self._path_of(object_id))
        if reply.body:  # documented is none; a page of HTML says that somebody else answered
            self._understood(reply, object_of, may_have_acted=True)
