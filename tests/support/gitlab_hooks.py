"""GitLab's webhook API on loopback. Source: its REST API documentation, and the API in its source (19.4)."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from tests.support.hooks_api import TOKEN, Answer, HooksApi, hooks_server

_SHARED = """
    push tag_push merge_requests issues confidential_issues note confidential_note pipeline wiki_page deployment
    feature_flag job releases milestone emoji resource_access_token vulnerability
"""
_ONLY = {"/projects/": ["resource_deploy_token"], "/groups/": ["subgroup", "member", "project"]}
_TEXTS = ("name", "description", "push_events_branch_filter", "branch_filter_strategy", "custom_webhook_template")
_SECRETS = ("token", "signing_token")
_PAIRS = ("custom_headers", "url_variables")


@dataclass
class GitLab(HooksApi):
    """The server's state; `tells_tokens` is whether it says whether a webhook has a token, as from 19.0 on."""

    authorization: tuple[str, str] = ("PRIVATE-TOKEN", TOKEN)
    base: str = "/api/v4"
    tells_tokens: bool = True
    tells_pairs: bool = True  # an older one has no headers, or no variables

    def put(self, place: str, url: str, *events: str, **others: Any) -> int:  # noqa: ANN401 - texts and booleans
        """Let a place have a webhook; its id."""
        booleans = {f"{event}_events": event in events for event in _events_of(place)}
        usual = {"enable_ssl_verification": True, "branch_filter_strategy": "wildcard", "alert_status": "executable"}
        return self.keep(place, {"url": url, **booleans, **usual, **others})

    def create(self, place: str, sent: Any) -> Answer:  # noqa: ANN401 - JSON
        if "url" not in sent:
            return Answer(400, {"error": "url is missing"})
        known = {f"{event}_events" for event in _events_of(place)} | {
            *_TEXTS,
            *_SECRETS,
            *_PAIRS,
            "enable_ssl_verification",
        }
        others = {"push_events": True} | {name: value for name, value in sent.items() if name in known}
        return Answer(201, self.shown(place, self.places[place][self.put(place, sent["url"], **others)]))

    def change(self, hook: dict[str, Any], sent: Any) -> None:  # noqa: ANN401 - JSON
        known = {name for name in hook if name.endswith("_events")} | {*_TEXTS, *_SECRETS, "enable_ssl_verification"}
        if sent["url"] != hook["url"]:  # as its text: what depends on the receiver is forgotten
            for name in (*_SECRETS, *_PAIRS):
                hook.pop(name, None)
        hook |= {name: value for name, value in sent.items() if name in known or name == "url"}

    def shown(self, place: str, hook: dict[str, Any]) -> dict[str, Any]:
        shown = {name: value for name, value in hook.items() if name not in (*_SECRETS, *_PAIRS)}
        if self.tells_pairs:
            shown |= {name: [{"key": pair["key"]} for pair in hook.get(name, [])] for name in _PAIRS}
        tokens = {f"{name}_present": name in hook for name in _SECRETS} if self.tells_tokens else {}
        owner = "group_id" if place.startswith("/groups/") else "project_id"
        usual = {"created_at": "2026-01-01T00:00:00.000Z", "disabled_until": None, "repository_update_events": False}
        return dict.fromkeys(_TEXTS) | {owner: 3} | usual | tokens | shown

    def page(self, place: str, query: dict[str, str]) -> Answer:
        size, number = min(int(query.get("per_page", "20")), 100), int(query.get("page", "1"))
        hooks = [self.shown(place, hook) for hook in self.of(place)]
        headers = {}
        if number * size < len(hooks):
            following = f"{self.base_url}{place}/hooks?page={number + 1}&per_page={size}"
            headers["Link"] = f'<{following}>; rel="next", <{following}>; rel="last"'
        return Answer(200, hooks[(number - 1) * size : number * size], headers)


def _events_of(place: str) -> list[str]:
    return [*_SHARED.split(), *next(only for prefix, only in _ONLY.items() if place.startswith(prefix))]


def gitlab_server(*places: str) -> AbstractContextManager[GitLab]:
    """Serve these projects and groups, by path."""
    return hooks_server(GitLab(places={place: {} for place in places}))
