"""Pigeonry's five calls, as a package of somebody else's would make them."""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from urllib.parse import urlsplit

from reconciler.model.configuration import Account
from reconciler.model.event import Listed
from reconciler.model.reading import ErrorKind, ProviderError, Reading
from reconciler.model.secret import SecretText
from reconciler.model.url import Url, parse_url
from reconciler.model.url_error import UrlError
from reconciler.model.webhook import Fields, Remote, Value
from reconciler.providers import reasons, refusals
from reconciler.providers.caller import Caller
from reconciler.providers.client import Surroundings
from reconciler.providers.complaint import secrets_of
from reconciler.providers.document import NotADocument, parse_document
from reconciler.providers.exchange import NoReply, Reply, Request
from reconciler.providers.paging import Page, list_all
from reconciler.providers.rate import CallClass
from reconciler.providers.retry import Ending
from tests.contract.pigeonry import PIGEONRY

_PATH = "/subscriptions"
_FIRST_PAGE = "limit=50"
_KEPT_BY_PIGEONRY = frozenset({"id", "created_at"})
_NEXT = re.compile(r'<([^>]*)>\s*;\s*rel="next"')


class PigeonryReader:
    """Looks at an account's subscriptions.

    Args:
        account: the account.
        surroundings: clock, listener, and what the file says about secret parameters.
    """

    def __init__(self, account: Account, surroundings: Surroundings) -> None:
        self._account = account
        self._listener = surroundings.listener
        self._secret_params = surroundings.secret_params
        self._caller = Caller(account, surroundings, scheme="Bearer", headers={"Accept": "application/json"})

    def list(self) -> Reading:
        """Every subscription, to the last page. Nobody says how many there are."""
        listing = list_all(
            self._page,
            f"{self._caller.destination.path}{_PATH}?{_FIRST_PAGE}",
            origin=self._caller.destination.origin,
            trust_count=False,
            told=lambda webhooks: self._listener(Listed(account=self._account.name, webhooks=webhooks)),
        )
        return Reading(account=self._account.name, remotes=listing.remotes)

    def get(self, object_id: str) -> Remote:
        """One subscription."""
        return self._remote(self._call("GET", CallClass.GET, f"{_PATH}/{object_id}"))

    def close(self) -> None:
        """Give the connections back."""
        self._caller.close()

    def _page(self, target: str) -> Page:
        # A `Reply` of the session has no `Link`, so the pages are fetched without it, and without its retries.
        request = Request(method="GET", target=target)
        reply, link = self._look(request)
        if reply.status != http.client.OK:
            raise refusals.refusal(self._account, request, reply, may_have_acted=False)
        listed = _document(reply).get("subscriptions")
        if not isinstance(listed, list):
            raise _garbled("has no list of `subscriptions`")
        following = _NEXT.search(link)
        remotes = tuple(remote_of(document, self._secret_params) for document in listed)
        return Page(remotes=remotes, count=None, next=following[1] if following else None)

    def _look(self, request: Request) -> tuple[Reply, str]:
        """Fetch a page from loopback: the answer, and its `Link` header."""
        origin = self._caller.destination.origin
        connection = http.client.HTTPConnection(urlsplit(origin).netloc, timeout=self._account.timeout)
        try:
            connection.request(
                "GET", request.target, headers={"Authorization": f"Bearer {self._account.token.reveal()}"}
            )
            response = connection.getresponse()
            return Reply(status=response.status, body=response.read()), response.getheader("Link", "")
        except (OSError, http.client.HTTPException):
            message, help_ = reasons.of_ending(Ending.NOT_SENT, self._account.timeout)
        finally:
            connection.close()
        failure = NoReply(ending=Ending.NOT_SENT, message=message, help=help_)
        raise refusals.no_reply(self._account, origin, failure, may_have_acted=False)

    def _call(self, method: str, call_class: CallClass, path: str, fields: Fields | None = None) -> Reply:
        request = Request(method=method, target=self._caller.destination.path + path)
        if fields is not None:
            request = replace(request, body=body_of(fields), secrets=secrets_of(fields))
        return self._caller.call(request, call_class, path)

    def _remote(self, reply: Reply) -> Remote:
        return remote_of(_document(reply), self._secret_params)


class PigeonryWriter(PigeonryReader):
    """Also changes an account's subscriptions."""

    def create(self, fields: Fields) -> Remote:
        """Make a subscription."""
        return self._remote(self._call("POST", CallClass.WRITE, _PATH, fields))

    def update(self, object_id: str, fields: Fields) -> Remote:
        """Give a subscription these fields."""
        return self._remote(self._call("PUT", CallClass.WRITE, f"{_PATH}/{object_id}", fields))

    def delete(self, object_id: str) -> None:
        """Delete a subscription."""
        self._call("DELETE", CallClass.WRITE, f"{_PATH}/{object_id}")


def body_of(fields: Fields) -> bytes:
    """What is sent: every field; of the key only one that is known, since none would take it away."""
    sent = {name: _plain(value) for name, value in fields.items()}
    if sent["signing_key"] is None:
        del sent["signing_key"]
    return json.dumps(sent).encode("ascii")


def _plain(value: Value) -> object:
    match value:
        case Url() | SecretText():
            return value.reveal()
        case frozenset():
            return sorted(value)
        case _:
            return value


def remote_of(document: Mapping[str, object], secret_params: frozenset[str]) -> Remote:
    """One subscription, from plain JSON values. Fields and topics that nobody knows are kept."""
    values: dict[str, Value] = {}
    for name in ("enabled", "format", "note", "settings"):
        value = document.get(name)
        if isinstance(value, bool | str | dict):
            values[name] = value
    topics, target, created = document.get("topics"), document.get("target"), document.get("created_at")
    if not isinstance(document.get("id"), int) or not isinstance(topics, list) or not isinstance(target, str):
        raise _garbled("has a subscription without `id`, `topics` or `target`")
    fields = PIGEONRY.normalise({**values, "target": _url(target, secret_params), "topics": frozenset(topics)})
    return Remote(
        id=str(document["id"]),
        key=PIGEONRY.key_of(fields),
        fields=fields,
        created=datetime.fromisoformat(created) if isinstance(created, str) else None,
        unknown=tuple(sorted(name for name in document if name not in {*fields, *_KEPT_BY_PIGEONRY})),
    )


def _url(target: str, secret_params: frozenset[str]) -> Url | SecretText:
    text = SecretText.provider(target)
    try:
        return parse_url(text, secret_params)
    except UrlError:
        return text


def _document(reply: Reply) -> Mapping[str, object]:
    try:
        return parse_document(reply.body)
    except NotADocument as error:
        reason = str(error)
    raise _garbled(reason)


def _garbled(reason: str) -> ProviderError:
    return ProviderError(kind=ErrorKind.GARBLED, message=f"Pigeonry's answer {reason}", help="Check `base_url`.")
