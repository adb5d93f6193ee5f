"""Shippo's five calls. `ShippoReader` has no create, update or delete: who only looks can't change anything."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TypeVar
from urllib.parse import quote

from reconciler import __version__
from reconciler.model.configuration import Account
from reconciler.model.event import Listed
from reconciler.model.reading import ErrorKind, ProviderError, Reading
from reconciler.model.secret import SecretText
from reconciler.model.url import Url
from reconciler.model.webhook import Fields, Remote
from reconciler.providers.caller import Caller
from reconciler.providers.client import Surroundings
from reconciler.providers.complaint import secrets_of
from reconciler.providers.document import NotADocument, parse_document
from reconciler.providers.exchange import Reply, Request
from reconciler.providers.paging import Disagreement, Page, list_all
from reconciler.providers.rate import CallClass
from reconciler.providers.retry import http_date
from reconciler.providers.shippo import SHIPPO
from reconciler.providers.shippo_answers import UnexpectedAnswer, page_of, remote_of

API_VERSION = "2018-02-08"
_PATH = "/webhooks"
_FIRST_PAGE = "results=100"  # a server may ignore it: `next` says how the list goes on


class ShippoReader:
    """Looks at an account's webhooks. Safe to use from several threads.

    Args:
        account: the account.
        surroundings: clock, listener, and what the file says about secret parameters.
    """

    def __init__(self, account: Account, surroundings: Surroundings) -> None:
        headers = {
            "Accept": "application/json",
            "SHIPPO-API-VERSION": API_VERSION,
            "User-Agent": f"webhook-reconciler/{__version__}",
        }
        if account.account_id is not None:
            headers["SHIPPO-ACCOUNT-ID"] = account.account_id.reveal()
        self._account = account
        self._listener = surroundings.listener
        self._now = surroundings.clock.monotonic
        self._secret_params = surroundings.secret_params
        self._caller = Caller(account, surroundings, scheme=SHIPPO.scheme_of(account.token.reveal()), headers=headers)

    def list(self) -> Reading:
        """Every webhook of the account, to the last page.

        Raises:
            ProviderError: the list could not be had whole, or can't be trusted.
        """
        listing = list_all(
            self._page,
            self._first_page(),
            origin=self._caller.destination.origin,
            trust_count=self._account.trust_count,
            told=lambda webhooks: self._listener(Listed(account=self._account.name, webhooks=webhooks)),
            now=self._now,
        )
        return Reading(account=self._account.name, remotes=listing.remotes, count=listing.counts[0])

    def get(self, object_id: str) -> Remote:
        """One webhook.

        Raises:
            ProviderError: GONE where there is none; else why it could not be had.
        """
        return self._remote(self._call("GET", CallClass.GET, _path_of(object_id)), object_id, changed=False)

    def close(self) -> None:
        """Give the connections back."""
        self._caller.close()

    def _first_page(self) -> str:
        return f"{self._caller.destination.path}{_PATH}?{_FIRST_PAGE}"

    def _page(self, target: str) -> Page:
        is_first = target == self._first_page()
        shown = _PATH if is_first else f"{_PATH}?…"
        try:
            reply = self._caller.call(Request(method="GET", target=target), CallClass.LIST, shown)
        except ProviderError as error:
            if error.kind is not ErrorKind.GONE:
                raise
        else:
            return _understood(reply, lambda document: page_of(document, self._secret_params))
        if is_first:
            raise _no_list()
        raise Disagreement("the provider's list named a page that isn't there")

    def _call(self, method: str, call_class: CallClass, path: str, fields: Fields | None = None) -> Reply:
        request = Request(method=method, target=self._caller.destination.path + path)
        if fields is not None:
            shown = SHIPPO.events_of(fields)
            request = replace(request, body=_body(fields), secrets=secrets_of(fields), shown=shown)
        return self._caller.call(request, call_class, path)

    def _remote(self, reply: Reply, object_id: str, *, changed: bool) -> Remote:
        """The webhook in an answer, which must be the one asked for (any, where the id is empty)."""

        def read(document: Mapping[str, object]) -> Remote:
            remote = remote_of(document, self._secret_params)
            if object_id and remote.id != object_id:
                raise UnexpectedAnswer("has another webhook than the one asked for")
            if changed and remote.unreadable:  # what came of it decides what is done next
                raise UnexpectedAnswer(f"has a webhook whose `{remote.unreadable[0]}` can't be read")
            return replace(remote, answered=http_date(reply.date))

        return _understood(reply, read, may_have_acted=changed)


class ShippoWriter(ShippoReader):
    """Looks at an account's webhooks, and changes them. Safe to use from several threads."""

    def create(self, fields: Fields) -> Remote:
        """Make a webhook; the answer is Shippo's form of it. Never sent again once it may have acted.

        Raises:
            ProviderError: it was not made, or nobody knows (`may_have_acted`).
        """
        try:
            reply = self._call("POST", CallClass.WRITE, _PATH, fields)
        except ProviderError as error:
            failure = _refused_create(error)
        else:
            return self._remote(reply, "", changed=True)
        raise failure

    def update(self, object_id: str, fields: Fields) -> Remote:
        """Give a webhook these fields, all of them.

        Raises:
            ProviderError: GONE where there is none; else why not.
        """
        reply = self._call("PUT", CallClass.WRITE, _path_of(object_id), fields)
        return self._remote(reply, object_id, changed=True)

    def delete(self, object_id: str) -> None:
        """Delete a webhook.

        Raises:
            ProviderError: GONE where there is none; else why not.
        """
        reply = self._call("DELETE", CallClass.WRITE, _path_of(object_id))
        if reply.body:  # documented is none; a page of HTML says that somebody else answered
            _understood(reply, lambda document: document, may_have_acted=True)


T = TypeVar("T")


def _understood(reply: Reply, read: Callable[[Mapping[str, object]], T], *, may_have_acted: bool = False) -> T:
    """What an answer says.

    Raises:
        ProviderError: GARBLED, where it isn't what the API promises.
    """
    try:
        return read(parse_document(reply.body))
    except (NotADocument, UnexpectedAnswer) as unexpected:
        reason = str(unexpected)
    raise ProviderError(
        kind=ErrorKind.GARBLED,
        message=f"{SHIPPO.title}'s answer ({reply.status}) {reason}",
        help="Check that `base_url` is the provider's API, and that nothing between here and there answers for it.",
        may_have_acted=may_have_acted,
        status=reply.status,
    )


def _path_of(object_id: str) -> str:
    """The path of one webhook.

    Raises:
        ProviderError: GONE for what would lead elsewhere: to the list, or to where dots lead.
    """
    if object_id in ("", ".", ".."):
        raise ProviderError(kind=ErrorKind.GONE, message=f"{SHIPPO.title} can have no webhook with this id")
    return f"{_PATH}/{quote(object_id, safe='')}"


def _body(fields: Fields) -> bytes:
    """What is sent: always every field, since one that is left out may be reset to its default."""
    sent = {spec.name: fields[spec.name] for spec in SHIPPO.fields}
    plain = {name: value.reveal() if isinstance(value, Url | SecretText) else value for name, value in sent.items()}
    return json.dumps(plain).encode("ascii")


def _no_list() -> ProviderError:
    return ProviderError(
        kind=ErrorKind.REFUSED,
        message=f"{SHIPPO.title} has no list of webhooks at this address (404)",
        help="Check `base_url` and `account_id` under the account.",
        status=404,
    )


def _refused_create(error: ProviderError) -> ProviderError:
    match error.kind:
        case ErrorKind.GONE:
            return replace(_no_list(), may_have_acted=error.may_have_acted)
        case _:
            return error
