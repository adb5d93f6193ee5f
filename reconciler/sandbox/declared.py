"""Any provider's webhook API, in memory, as its declaration says: what it allows, how it pages, and what it shows."""

from __future__ import annotations

import base64
import json
import os
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from email.message import Message
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

from msgspec import Struct
from msgspec.structs import asdict, replace

from reconciler.model.field import FieldType, Sent
from reconciler.model.provider import Provider
from reconciler.model.rest import PageToken, Rest
from reconciler.sandbox.api import Limiter, SandboxOptions
from reconciler.sandbox.documents import Documents, Row, Values, decoded, put
from reconciler.sandbox.faults import Faults
from reconciler.sandbox.messages import Request, RequestError, Response, json_response
from reconciler.sandbox.pages import page_of
from reconciler.sandbox.server import HttpServer
from reconciler.sandbox.store import StoreError, timestamp

TOKEN: Final = "sandbox"  # noqa: S105 - or what follows the prefix of a test token
_FORMAT: Final = "made by reconciler sandbox"
_TOO_MANY: Final = 429


def token_of(provider: Provider) -> str:
    """The token that a sandbox of the provider takes, if nobody names one: of a kind that is for tests, if any is."""
    kinds = sorted(provider.auth.kinds, key=lambda kind: "test" not in kind.name)
    return f"{kinds[0].prefix if kinds else ''}{TOKEN}"


def base_path_of(provider: Provider) -> str:
    """The path of a sandbox's base URL: that of the provider's own."""
    return urlsplit(provider.base_url).path.rstrip("/")


class Target(Struct, frozen=True, kw_only=True):
    """What a request is about: a collection, and maybe a webhook of it, or a path below that."""

    owner: str  # the collection's path, and the settings that are sent as headers: nobody else has its webhooks
    wanted: Values  # what a webhook must say to be in it, by place
    id: str = ""
    below: str = ""  # of the webhook's own path


class DeclaredApi:
    """The API of one account; `token` is its only one."""

    def __init__(self, provider: Provider, options: SandboxOptions, *, token: str = "", text_ids: bool = False) -> None:
        assert provider.rest is not None  # noqa: S101 - nothing says how another one's API is
        self.provider = provider
        self.api: Rest = provider.rest
        self.token = token or token_of(provider)
        self.text_ids = text_ids
        self.page_size = options.page_size
        self.documents = Documents(provider, self.api)
        self._options = options
        self._limiter = Limiter(options.clock)
        self._lock = threading.RLock()
        self._answered: dict[str, tuple[bytes, Response]] = {}  # creates by idempotency key
        self._made = 0
        self.rows: dict[str, Row] = {}  # by id, in the order in which they were made
        if options.data is not None:
            self._made, self.rows = _loaded(options.data)

    def __call__(self, request: Request) -> Response:
        """Answer a request; what it does is done at once, or not at all."""
        with self._lock:
            before = dict(self.rows)
            try:
                response = self._answer(request)
                self._keep(before)
            except RequestError as error:
                response = error.response
            except OSError as error:
                self.rows = before
                response = json_response(500, {"message": f"The sandbox's data file failed: {error.strerror}"})
        return response

    def put(self, values: Values, owner: str, object_id: str = "") -> str:
        """Keep a new webhook with these values by place; its id."""
        with self._lock:
            self._made += 1
            now = self._now()
            id_ = object_id or (f"wh_{self._made:06}" if self.text_ids else str(self._made))
            self.rows[id_] = Row(id=id_, owner=owner, values=dict(values), created=now, updated=now)
            return id_

    def target_of(self, request: Request) -> Target | None:
        """What a request is about, or None for nothing that is there."""
        for setting in self.provider.required_places or (None,):
            path, _, query = ("", "", "") if setting is None else setting.path.partition("?")
            name = "[^/]+" if setting is None or setting.is_one_segment else ".+?"
            place = _pattern(base_path_of(self.provider) + path, f"(?P<name>{name})")
            item = _pattern(self.api.item, "(?P<id>[^/]+)")
            collection = f"(?P<collection>{place}{re.escape(self.api.collection)})"
            found = re.fullmatch(f"{collection}(?:{item}(?P<below>.*))?", request.raw_path)
            if found is None:
                continue
            groups = {name: unquote(value or "") for name, value in found.groupdict().items()}
            named, fits = groups.get("name", ""), True
            for parameter, value in parse_qsl(query):
                given = request.query.get(parameter)
                named = (given or "") if value == "{}" else named
                fits = fits and (value == "{}" or given in (value, None))
            if not fits or (setting is not None and named and not re.fullmatch(setting.pattern, named)):
                continue
            owner = self.owner_of(groups["collection"], request.headers)
            is_named = named or (bool(query) and bool(request.query) and "{}" not in query)
            wanted = setting.values_of(named) if setting is not None and is_named else {}
            return Target(owner=owner, wanted=wanted, id=groups["id"], below=groups["below"])
        return None

    def owner_of(self, collection: str, headers: Message | Mapping[str, str]) -> str:
        """Who has the webhooks of a collection: accounts that header settings tell apart have their own."""
        said = (headers.get(setting.header) for setting in self.provider.settings if setting.header)
        return " ".join([collection, *map(str, filter(None, said))])

    def _answer(self, request: Request) -> Response:
        self._authorise(request)
        target = self.target_of(request)
        if target is None:
            raise RequestError(404, {"message": "Not Found"})
        self._throttle(request, target)
        if not target.id:
            match request.method:
                case "GET":
                    return self._list(request, target)
                case "POST":
                    return self._create(request, target)
            raise RequestError(405, {"message": "Method Not Allowed"}, ("Allow", "GET, POST"))
        row = self.rows.get(target.id)
        if row is None or row.owner != target.owner:
            raise RequestError(404, {"message": "Not Found"})
        return self._of_one(request, target, row)

    def _of_one(self, request: Request, target: Target, row: Row) -> Response:
        api = self.api
        if request.method == "GET" and not target.below:
            return self._shown(200, row)
        if request.method == "DELETE" and not target.below:
            if api.gone:
                self.rows[row.id] = replace(row, is_gone=True)
            else:
                del self.rows[row.id]
            return Response(status=204)
        for spec in self.provider.fields:
            call = spec.call
            if call is not None and (request.method, target.below) == (call.verb, call.path):
                sent = decoded(request.body, api.body)
                if call.name not in sent if call.name else not call.path and sent:
                    continue  # an update like any other
                place = ".".join(spec.path)
                value = sent[call.name] if call.name else (spec.wire or (False, True))[1]
                self.rows[row.id] = replace(row, values={**row.values, place: value}, is_off=False, updated=self._now())
                return Response(status=204)
        units = {path: unit for unit, path in api.update.units.items() if path}
        if request.method != api.update.verb or target.below not in ("", *units):
            raise RequestError(405, {"message": "Method Not Allowed"})
        unit = units.get(target.below, "")
        more = (*self._place_values(), *(api.constant if api.update.constants else ()))
        sent = self.documents.read(request.body, sent=(Sent.ALWAYS, Sent.UPDATE), more=more, outer=unit)
        sent = _unmasked(sent, row.values, api.update.mask)
        self._check_place(sent, row.values)
        values = dict(row.values) if api.update.partial else dict(self.documents.kept_by_updates(row.values, sent))
        if not unit:
            for whole in {place.partition(".")[0] for place in sent} & api.update.units.keys():
                values = {place: value for place, value in values.items() if place.partition(".")[0] != whole}
        self._check_needed({**values, **sent})
        self.rows[row.id] = changed = replace(
            row, values={**values, **self.documents.merged(row.values, sent)}, updated=self._now()
        )
        return Response(status=204) if unit else self._shown(200, changed)

    def _create(self, request: Request, target: Target) -> Response:
        key = str(request.headers.get(self.api.idempotency, "")) if self.api.idempotency else ""
        if key in self._answered:
            body, response = self._answered[key]
            if body != request.body:
                raise RequestError(400, {"message": "That idempotency key was used for another request."})
            return response
        more = (*self.api.constant, *self._place_values())
        sent = self.documents.read(request.body, sent=(Sent.ALWAYS, Sent.CREATE), more=more)
        self._check_place(sent, target.wanted)
        self._check_needed(sent)
        wrong = [name for name, value in self.api.constant.items() if sent.get(name) != value]
        if wrong:
            raise RequestError(422, {"errors": {name: ["is missing or wrong"] for name in wrong}})
        made = self.rows[self.put({**target.wanted, **sent}, target.owner)]
        response = self._shown(201, made, self._secrets_made(made))
        if key:
            self._answered[key] = request.body, response
        return response

    def _list(self, request: Request, target: Target) -> Response:
        rows = [row for row in self.rows.values() if row.owner == target.owner]
        rows = [row for row in rows if all(str(row.values.get(at)) == value for at, value in target.wanted.items())]
        page = page_of(self.api.paging, request, [row.id for row in rows], self.page_size)
        documents = [self._document(row) for row in rows[page.items]]
        if not self.api.items:
            return json_response(200, documents, *page.headers)
        is_left_out = isinstance(self.api.paging, PageToken) and not self.api.paging.done and not documents
        document = dict(page.outer) if is_left_out else {**page.outer, self.api.items: documents}
        return json_response(200, document, *page.headers)

    def _authorise(self, request: Request) -> None:
        auth, token = self.provider.auth, self.token
        given = request.headers.get(auth.header)
        if given is None and auth.optional:
            return
        scheme = self.provider.scheme_of(token)
        if auth.is_basic:
            token = base64.b64encode(f"{token}:".encode()).decode()
        gap = "" if not scheme or scheme.endswith("=") else " "
        if given != f"{scheme}{gap}{token}":
            raise RequestError(401, {"message": "The credentials are missing or not valid."})

    def _throttle(self, request: Request, target: Target) -> None:
        """Refuse what is above the declared limits, where they apply, as such answers are declared."""
        if not self._options.limits:
            return
        kind = self.provider.kind_of(self.token)
        limits = self.provider.limits_of(kind.name if kind is not None else "")
        if request.method != "GET":
            name, allowed = "write", limits.write
        else:
            name, allowed = ("get", limits.get) if target.id else ("list", limits.list)
        wait = 0 if allowed is None else self._limiter.admit(self.token, name, allowed)
        if wait:
            raise self.throttled(wait)

    def throttled(self, seconds: int) -> RequestError:
        """The answer that asks to wait so many seconds."""
        said = self.api.throttled
        problem = {"message": f"Too many requests; try again in {seconds} s."}
        if said is None:
            return RequestError(_TOO_MANY, problem, ("Retry-After", str(seconds)))
        headers = (said.header, said.value), (said.until, str(int(self._options.clock()) + seconds))
        return RequestError(said.status, problem, *(header for header in headers if header[0]))

    def _check_needed(self, values: Values) -> None:
        place = next(".".join(spec.path) for spec in self.provider.fields if spec.type is FieldType.URL)
        if not values.get(place):
            raise RequestError(422, {"errors": {place: ["is missing"]}})

    def _check_place(self, sent: Values, wanted: Values) -> None:
        wrong = [
            name
            for name in self._place_values()
            if {name} <= sent.keys() & wanted.keys() and str(sent[name]) != str(wanted[name])
        ]
        if wrong:
            raise RequestError(422, {"errors": {name: ["is another place"] for name in wrong}})

    def _place_values(self) -> Iterator[str]:
        return (name for setting in self.provider.places for name in setting.values)

    def _document(self, row: Row) -> dict[str, Any]:
        return self.documents.shown(row, id_=row.id if self.text_ids or not row.id.isdecimal() else int(row.id))

    def _secrets_made(self, row: Row) -> Values:
        """The secrets that the service makes for a webhook, and shows in this answer alone."""
        return {".".join(spec.path): f"made-for-{row.id}" for spec in self.provider.fields if spec.is_made}

    def _shown(self, status: int, row: Row, more: Values | None = None) -> Response:
        document = self._document(row)
        for place, value in (more or {}).items():
            put(document, place, value)
        return json_response(status, {self.api.one: document} if self.api.one else document)

    def _now(self) -> str:
        return timestamp(datetime.fromtimestamp(self._options.clock(), UTC))

    def _keep(self, before: Mapping[str, Row]) -> None:
        path = self._options.data
        if path is None or before == self.rows:
            return
        document = {_FORMAT: self._made, "webhooks": [asdict(row) for row in self.rows.values()]}
        temporary = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            with open(temporary, "w", encoding="ascii", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
                json.dump(document, file)
            temporary.replace(path)
        finally:
            with suppress(OSError):
                temporary.unlink()


class DeclaredSandbox(HttpServer):
    """A provider's webhook API on loopback; StoreError: `options.data` can't be used."""

    def __init__(self, api: Callable[[Request], Response], provider: Provider, options: SandboxOptions) -> None:
        super().__init__(options.port, options.log)
        self.base_url += base_path_of(provider)
        self.start(api, Faults(options.faults))


def _loaded(path: Path) -> tuple[int, dict[str, Row]]:
    try:
        document = json.loads(path.read_bytes())
        return document[_FORMAT], {row["id"]: Row(**row) for row in document["webhooks"]}
    except FileNotFoundError:
        return 0, {}
    except OSError as error:
        raise StoreError(f"The file {path} can't be read: {error.strerror}") from None
    except (ValueError, LookupError, TypeError):
        raise StoreError(f"The file {path} is not a data file of a provider's sandbox") from None


def _unmasked(sent: Values, before: Values, mask: str) -> Values:
    """What an update says, where a mask stands for what is there."""
    return {place: before.get(place) if mask and value == mask else value for place, value in sent.items()}


def _pattern(template: str, group: str) -> str:
    """What matches a path with a name where the template has `{}`."""
    return group.join(map(re.escape, template.split("{}")))
