"""Pigeonry's API on loopback, in memory, with a log of every request."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from reconciler.sandbox.messages import Request, Response, json_response
from tests.contract.pigeonry import PIGEONRY
from tests.contract.records import Call, Kept

BASE_PATH = "/v3"
FIRST_DAY = datetime(2026, 1, 1, tzinfo=UTC)
_PATH = re.compile(f"{BASE_PATH}/subscriptions(?:/([^/]+))?")
_FIELDS = tuple(spec.path[0] for spec in PIGEONRY.fields)
_NEEDED = ("target", "topics")


@dataclass
class Loft:
    """The server's state.

    Attributes:
        token: the only one that is let in.
        page_size: webhooks on a page.
        kept: the webhooks, in the order in which they were made; ids are numbers.
        calls: every request, in the order of the effects.
        following: where the first page says that the list goes on, where that is a lie.
    """

    token: str
    page_size: int
    kept: dict[str, Kept] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    following: str = ""
    made: int = 0

    def put(self, webhook: Kept) -> str:
        """Keep a new webhook, and say its id."""
        self.made += 1
        self.kept[str(self.made)] = dict(webhook)
        return str(self.made)


class PigeonryApi:
    """The API.

    Args:
        loft: what it serves.
    """

    def __init__(self, loft: Loft) -> None:
        self._loft = loft
        self._lock = threading.Lock()

    def __call__(self, request: Request) -> Response:
        """Answer one request; its effect and its entry in the log happen at once."""
        with self._lock:
            response, object_id = self._answer(request)
            self._loft.calls.append(
                Call(
                    method=request.method,
                    path=request.path.removeprefix(BASE_PATH),
                    status=response.status,
                    object_id=object_id,
                    kept=self._loft.kept.get(object_id),
                )
            )
        return response

    def _answer(self, request: Request) -> tuple[Response, str]:
        """The answer, and the id of the webhook that was changed."""
        if request.headers.get("Authorization") != f"Bearer {self._loft.token}":
            return json_response(401, {"error": "unknown token"}), ""
        found = _PATH.fullmatch(request.path)
        if found is None:
            return json_response(404, {"error": "Not Found"}), ""
        object_id = found[1]
        if request.method not in (("GET", "POST") if object_id is None else ("GET", "PUT", "DELETE")):
            return json_response(405, {"error": "Method Not Allowed"}), ""
        if object_id is None:
            return self._list(request) if request.method == "GET" else self._create(request)
        if object_id not in self._loft.kept:
            return json_response(404, {"error": "no such subscription"}), ""
        match request.method:
            case "GET":
                return self._shown(200, object_id), ""
            case "PUT":
                return self._update(request, object_id)
            case _:
                del self._loft.kept[object_id]
                return Response(status=204), object_id

    def _list(self, request: Request) -> tuple[Response, str]:
        start = int(request.query.get("after", "0"))
        size = min(self._loft.page_size, int(request.query.get("limit", "20")))
        ids = list(self._loft.kept)
        address = request.base_url + request.path
        following = f"{address}?after={start + size}&limit={size}" if start + size < len(ids) else ""
        if not start and self._loft.following:
            following = self._loft.following
        links = [f'<{address}?limit={size}>; rel="first"']
        links += [f'<{following}>; rel="next"'] if following else []
        document = {"subscriptions": [self._document(each) for each in ids[start : start + size]]}
        return json_response(200, document, ("Link", ", ".join(links))), ""

    def _create(self, request: Request) -> tuple[Response, str]:
        sent = json.loads(request.body)
        if refusal := _refusal(sent):
            return refusal, ""
        object_id = self._loft.put(_said(sent))
        return self._shown(201, object_id), object_id

    def _update(self, request: Request, object_id: str) -> tuple[Response, str]:
        sent = json.loads(request.body)
        if refusal := _refusal(sent):
            return refusal, ""
        before = self._loft.kept[object_id]
        # What is left out goes back to its default, the key aside: nobody could send it again who doesn't have it.
        self._loft.kept[object_id] = {"signing_key": before.get("signing_key"), **_said(sent)}
        return self._shown(200, object_id), object_id

    def _shown(self, status: int, object_id: str) -> Response:
        return json_response(status, self._document(object_id))

    def _document(self, object_id: str) -> Mapping[str, object]:
        """A webhook as the API shows it: topics in an order of its own, defaults filled in, never the key."""
        kept = self._loft.kept[object_id]
        topics = kept["topics"]
        settings = kept.get("settings")
        assert isinstance(topics, list)
        assert isinstance(settings, dict | None)
        return {
            "id": int(object_id),
            "created_at": (FIRST_DAY + timedelta(hours=int(object_id))).isoformat(),
            "target": kept["target"],
            "topics": sorted(topics, reverse=True),
            "enabled": kept.get("enabled", True),
            "format": kept.get("format", "json"),
            "note": kept.get("note", ""),
            "settings": PIGEONRY.normalise({"settings": settings})["settings"],
            "shard": 7,
            "_links": {"self": f"{BASE_PATH}/subscriptions/{object_id}"},
        }


def _said(sent: Mapping[str, object]) -> dict[str, object]:
    return {name: sent[name] for name in _FIELDS if name in sent}


def _refusal(sent: Mapping[str, object]) -> Response | None:
    """What is wrong with a webhook; it quotes what was sent, as some providers do."""
    problems = {name: ["is missing"] for name in _NEEDED if not sent.get(name)}
    if len(str(sent.get("target"))) >= PIGEONRY.url_limit:
        problems["target"] = [f"{sent['target']} is too long"]
    return json_response(422, problems) if problems else None
