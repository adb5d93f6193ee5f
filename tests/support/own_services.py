"""Small servers that stand for Review Board 8.1, Unleash 7.5 and Parse Server 9.10.

What they do was seen on real servers of these versions in November 2026.
"""

from __future__ import annotations

from typing import Any

from tests.support.services import Answer, Asked, Hook, Service

TOKEN = "t0ken-of-these-tests"
MASK = "*****"
_NEEDED = ("apply_to", "enabled", "encoding", "events", "url")
_SHOWN: Hook = {"custom_content": "", "secret": "", "extra_data": None, "links": {}, "repositories": []}


class ReviewBoard(Service):
    """Forms only, `max-results` and `start`, and secrets in clear."""

    def answer(self, asked: Asked) -> Answer:
        if asked.headers.get("authorization") != f"token {TOKEN}":
            return 401, {"stat": "fail", "err": {"code": 103, "msg": "You are not logged in"}}
        object_id = asked.path.removeprefix("/api/webhooks/").removesuffix("/")
        if object_id and object_id not in self.hooks:
            return 404, {"stat": "fail", "err": {"code": 100, "msg": "Object does not exist"}}
        if asked.method == "GET" and not object_id:
            return 200, self._page(int(asked.first("start", "0")), int(asked.first("max-results", "25")))
        if asked.method == "DELETE":
            del self.hooks[object_id]
            return 204, None
        # What is sent as JSON isn't read.
        sent: Hook = dict(asked.sent) if isinstance(asked.sent, list) else {}
        missing = [name for name in _NEEDED if asked.method == "POST" and name not in sent]
        if missing:
            fields = {name: ["This field is required"] for name in missing}
            return 400, {"stat": "fail", "err": {"code": 105, "msg": "One or more fields had errors"}, "fields": fields}
        if "enabled" in sent:
            sent["enabled"] = sent["enabled"] in ("1", "true")
        if "events" in sent:
            sent["events"] = sent["events"].split(",")
        object_id = object_id or self.new_id("")
        before = self.hooks.get(object_id, {"id": int(object_id), **_SHOWN})
        self.hooks[object_id] = {**before, **sent}
        return (201 if asked.method == "POST" else 200), {"stat": "ok", "webhook": self.hooks[object_id]}

    def new_id(self, prefix: str) -> str:
        self.made += 1
        return f"{prefix}{self.made}"

    def put(self, **values: Any) -> str:  # noqa: ANN401 - JSON
        """Let it have a webhook; its id."""
        object_id = self.new_id("")
        usual = {"apply_to": "all", "enabled": True, "encoding": "application/json", "events": ["*"]}
        self.hooks[object_id] = {"id": int(object_id), **_SHOWN, **usual, **values}
        return object_id

    def _page(self, start: int, size: int) -> dict[str, Any]:
        end, address = start + size, f"{self.base_url}/api/webhooks/?start={start + size}&max-results={size}"
        links = {"next": {"href": address, "method": "GET"}} if end < len(self.hooks) else {}
        return {
            "stat": "ok",
            "links": links,
            "total_results": len(self.hooks),
            "webhooks": list(self.hooks.values())[start:end],
        }


class Unleash(Service):
    """URLs and headers as masks; a mask that is sent keeps what is there."""

    def answer(self, asked: Asked) -> Answer:
        if asked.headers.get("authorization") != TOKEN:
            return 401, {"name": "AuthenticationRequired", "message": "You must log in to use Unleash."}
        object_id = asked.path.removeprefix("/api/admin/addons").strip("/")
        if (object_id and object_id not in self.hooks) or asked.method == "PATCH":
            return 404, {"name": "NotFoundError"}
        if asked.method == "GET":
            if object_id:
                return 200, self.shown(self.hooks[object_id])
            return 200, {"addons": [self.shown(hook) for hook in self.hooks.values()], "providers": [{"name": "slack"}]}
        if asked.method == "DELETE":
            del self.hooks[object_id]
            return 200, None
        missing = [name for name in ("provider", "enabled", "parameters", "events") if name not in asked.sent]
        if missing:
            return 400, {"name": "BadDataError", "message": f"The {missing[0]} property is required"}
        return self._kept(asked, object_id)

    def put(self, **values: Any) -> str:  # noqa: ANN401 - JSON
        """Let it have a webhook; its id."""
        self.made += 1
        usual = {"provider": "webhook", "enabled": True, "description": "", "projects": [], "environments": []}
        self.hooks[str(self.made)] = {"id": self.made, **usual, "createdAt": "2026-11-29T06:56:51.562Z", **values}
        return str(self.made)

    def shown(self, hook: Hook) -> Hook:
        """A webhook as it reads back."""
        secret = {"url", "authorization", "customHeaders"}
        parameters = {name: MASK if name in secret else value for name, value in hook["parameters"].items()}
        return {**hook, "parameters": parameters}

    def _kept(self, asked: Asked, object_id: str) -> Answer:
        before = self.hooks[object_id]["parameters"] if object_id else {}
        given = asked.sent["parameters"]
        if wrong := [name for name, value in given.items() if value in ("", None)]:
            return 400, {"name": "BadDataError", "message": f"The {wrong[0]} is not allowed to be empty"}
        sent = {**asked.sent, "parameters": {n: before.get(n, v) if v == MASK else v for n, v in given.items()}}
        if object_id:
            self.hooks[object_id] |= sent
            return 200, self.hooks[object_id]
        return 201, self.hooks[self.put(**sent)]


class Parse(Service):
    """Functions and triggers, each by its name; an id of `hooks` is the path."""

    def answer(self, asked: Asked) -> Answer:
        if asked.headers.get("x-parse-master-key") != TOKEN or asked.headers.get("x-parse-application-id") != "app":
            return 403, {"error": "unauthorized"}
        kind, _, name = asked.path.removeprefix("/parse/hooks/").partition("/")
        path = f"{kind}/{name}"
        if asked.method == "DELETE":
            return 404, "Cannot DELETE"
        if asked.method == "GET" and not name:
            return 200, [hook for at, hook in self.hooks.items() if at.startswith(kind)]
        if asked.method == "POST":
            given = asked.sent
            named = given["functionName"] if kind == "functions" else f"{given['className']}/{given['triggerName']}"
            if f"{kind}/{named}" in self.hooks:
                return 400, {"code": 143, "error": f"function name: {named} already exists"}
            self.hooks[f"{kind}/{named}"] = given
            return 200, given
        is_deletion = asked.method == "PUT" and asked.sent == {"__op": "Delete"}
        if path not in self.hooks:
            return (404, {"code": 101}) if is_deletion else (400, {"code": 143, "error": f"no function named: {name}"})
        if is_deletion:
            del self.hooks[path]
            return 200, {}
        self.hooks[path] |= asked.sent or {}
        return 200, self.hooks[path]
