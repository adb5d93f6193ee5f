"""Parse Server's Cloud Code webhooks: https://parseplatform.org. Verified on a Parse Server 9.10 server.

No declaration can say this API: its two collections hold functions and triggers, a webhook has no id but its name, and
is deleted by a `PUT`. So the package brings its own reader and writer. An event is `function:NAME`, or
`TRIGGER:CLASS` (`afterSave:Order`); there is one webhook of each, so two entries that name one are refused there.
"""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any
from urllib.parse import quote, urlsplit

from reconciler.http.pacing import ClientContext
from reconciler.model.configuration import Account
from reconciler.model.diagnostic import UrlError
from reconciler.model.reading import ErrorKind, ProviderError, Reading
from reconciler.model.secret import SecretText
from reconciler.model.url import Url, parse_url
from reconciler.model.webhook import Fields, Remote
from reconciler.provider import Auth, Provider, ProviderPlugin, Setting, event, url

_MISSING = (101, 143)  # Parse's codes of what isn't there, with 400; the second one also of what is there already

PARSE = Provider(
    name="parse",
    title="Parse Server",
    fields=(url(), event()),
    auth=Auth(variable="PARSE_MASTER_KEY", header="X-Parse-Master-Key", scheme=""),
    settings=(Setting(name="application_id", header="X-Parse-Application-Id", help="The application."),),
    verified_on="Parse Server 9.10.0, a server of its own",
)
PLUGIN = ProviderPlugin(interface=1, provider=PARSE, reader="parse:Reader", writer="parse:Writer")


class Reader:
    """Looks at the webhooks; an id is the path below `/hooks`, such as `functions/check`."""

    def __init__(self, account: Account, context: ClientContext) -> None:
        self._account, self._context = account, context

    def list(self) -> Reading:
        """All functions and triggers."""
        found = [one for kind in ("functions", "triggers") for one in self._call("GET", kind)]
        return Reading(account=self._account.name, remotes=tuple(map(self._remote, found)))

    def places(self) -> Sequence[str]:
        """None: an application has one collection."""
        return ()

    def get(self, object_id: str) -> Remote:
        """One webhook."""
        return self._remote(self._call("GET", object_id))

    def close(self) -> None:
        """Nothing: a connection is for one call."""

    def _remote(self, document: Mapping[str, Any]) -> Remote:
        is_function = "functionName" in document
        name = f"function:{document['functionName']}" if is_function else _trigger(document)
        text = SecretText.provider(document["url"])
        where: Url | SecretText = text
        with suppress(UrlError):
            where = parse_url(text, self._context.secret_params)
        fields: Fields = {"url": where, "event": name}
        return Remote(id=_path(name), key=self._account.provider.key_of(fields), fields=fields)

    def _call(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 - JSON
        base = urlsplit(self._account.base_url)
        kind = http.client.HTTPSConnection if base.scheme == "https" else http.client.HTTPConnection
        connection = kind(base.netloc, timeout=self._account.timeout)
        headers = {setting.header: value.reveal() for setting, value in self._account.header_settings}
        token = self._account.token
        headers |= {"X-Parse-Master-Key": token.reveal() if token else "", "Content-Type": "application/json"}
        try:
            connection.request(method, f"{base.path}/hooks/{path}", None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            document = json.loads(answer.read() or b"null")
        except (OSError, ValueError, http.client.HTTPException) as error:
            message = "Parse Server can't be reached, or its answer can't be read"
            raise ProviderError(ErrorKind.UNREACHABLE, message, may_have_acted=method != "GET") from error
        finally:
            connection.close()
        if answer.status < http.client.BAD_REQUEST:
            return document
        is_gone = method != "POST" and isinstance(document, dict) and document.get("code") in _MISSING
        kinds = {400: ErrorKind.INVALID, 401: ErrorKind.DENIED, 403: ErrorKind.DENIED}
        error_kind = ErrorKind.GONE if is_gone else kinds.get(answer.status, ErrorKind.REFUSED)
        raise ProviderError(error_kind, f"Parse Server refused it ({answer.status})", status=answer.status)


class Writer(Reader):
    """Looks at the webhooks, and changes them."""

    def create(self, fields: Fields, made: Callable[[Remote], None] | None = None) -> Remote:
        """Make one; INVALID where there is one of that name."""
        del made
        name = _name(fields)
        kind, _, rest = _path(name).partition("/")
        keys = ("functionName",) if kind == "functions" else ("className", "triggerName")
        named = dict(zip(keys, [rest] if kind == "functions" else rest.split("/"), strict=True))
        return self._remote(self._call("POST", kind, {**named, "url": _url(fields)}))

    def update(self, object_id: str, fields: Fields, now: Remote) -> None:
        """Give it another URL; another event takes another webhook."""
        del now
        self._call("PUT", object_id, {"url": _url(fields)})

    def delete(self, object_id: str) -> None:
        """Delete it; Parse takes no DELETE."""
        self._call("PUT", object_id, {"__op": "Delete"})


def _trigger(document: Mapping[str, Any]) -> str:
    return f"{document['triggerName']}:{document['className']}"


def _path(name: str) -> str:
    first, _, second = name.partition(":")
    return f"functions/{quote(second, safe='')}" if first == "function" else f"triggers/{second}/{first}"


def _name(fields: Fields) -> str:
    return str(fields["event"])


def _url(fields: Fields) -> str:
    where = fields["url"]
    assert isinstance(where, Url)  # noqa: S101 - what a file wants has a normal form
    return where.reveal()
