"""The webhook API of Gitea and Forgejo on loopback. Source: both programs' routers/api/v1/utils/hook.go."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.support.hooks_api import TOKEN, Answer, HooksApi, hooks_server

_SINCE = datetime(2026, 1, 1, tzinfo=UTC)
_ISSUES = ["issue_assign", "issue_label", "issue_milestone", "issue_comment"]
_PULLS = [
    f"pull_request_{kind}" for kind in ("assign", "label", "milestone", "comment", "review", "review_request", "sync")
]
_SINGLE = "create delete fork push wiki repository release package status workflow_job workflow_run action_run_failure"


@dataclass
class Gitea(HooksApi):
    """The server's state.

    Attributes:
        limit: the most webhooks of a page; no answer says where the next one is.
        shows_authorization: whether answers have the header, as before Gitea 1.27.
        shows_branch_filter: whether answers have the filter, as from Gitea 1.20.3 on.
        splits_reviews: whether reviews are listed by outcome, as by Forgejo and before Gitea 1.23.
    """

    authorization: tuple[str, str] = ("Authorization", f"token {TOKEN}")
    base: str = "/api/v1"
    limit: int = 50
    shows_authorization: bool = True
    shows_branch_filter: bool = True
    splits_reviews: bool = False

    def put(self, place: str, url: str, *events: str, kind: str = "gitea", **others: Any) -> int:  # noqa: ANN401 - texts
        """Let a place have a webhook with these events, as they are kept; its id."""
        usual = {"secret": "", "content_type": "json", "branch_filter": "", "authorization_header": "", "active": True}
        return self.keep(place, {"type": kind, "url": url, "events": set(events), **usual, **others})

    def create(self, place: str, sent: Any) -> Answer:  # noqa: ANN401 - JSON
        missing = [name for name in ("url", "content_type") if name not in sent["config"]]
        if missing or "type" not in sent:
            return Answer(422, {"message": f"Missing config option: {missing[0]}" if missing else "[Type]: Required"})
        others = {"active": False, **_said(sent), **sent["config"]}
        made = self.put(place, others.pop("url"), kind=sent["type"], **others)
        return Answer(201, self.shown(place, self.places[place][made]))

    def change(self, hook: dict[str, Any], sent: Any) -> None:  # noqa: ANN401 - JSON
        config = sent.get("config") or {}
        hook |= {name: config[name] for name in ("url", "content_type") if name in config}
        hook |= {"branch_filter": "", "authorization_header": "", **_said(sent)}  # an update is no merge of these

    def shown(self, place: str, hook: dict[str, Any]) -> dict[str, Any]:
        del place
        events = set(hook["events"])
        if self.splits_reviews and "pull_request_review" in events:
            events = events - {"pull_request_review"} | {"pull_request_review_approved", "pull_request_review_rejected"}
        if self.splits_reviews and "pull_request_comment" in events:
            events.add("pull_request_review_comment")
        shown = {name: hook[name] for name in ("id", "type", "active")}
        shown |= {"branch_filter": hook["branch_filter"]} if self.shows_branch_filter else {}
        return {
            **shown,
            "config": {"url": hook["url"], "content_type": hook["content_type"]},
            "events": sorted(events, reverse=True),
            "authorization_header": hook["authorization_header"] if self.shows_authorization else "",
            "created_at": (_SINCE + timedelta(minutes=hook["id"])).isoformat(),
            "updated_at": "2026-01-02T00:00:00Z",
        }

    def page(self, place: str, query: dict[str, str]) -> Answer:
        size, number = min(int(query.get("limit", "30")), self.limit), int(query.get("page", "1"))
        hooks = [self.shown(place, hook) for hook in self.of(place)]
        return Answer(200, hooks[(number - 1) * size : number * size], {"X-Total-Count": str(len(hooks))})


def _said(sent: dict[str, Any]) -> dict[str, Any]:
    """What is kept of a body outside its `config`."""
    asked = set(sent.get("events") or ["push"])
    kept = asked & {*_SINGLE.split(), *_ISSUES, *_PULLS}
    for word, more in (("issues", _ISSUES), ("pull_request", _PULLS)):
        kept |= {word, *more} if word in asked else {word} if f"{word}_only" in asked else set()
    names = ("branch_filter", "authorization_header", "active")
    return {"events": kept, **{name: sent[name] for name in names if name in sent}}


def gitea_server(*places: str) -> AbstractContextManager[Gitea]:
    """Serve these repositories and organizations, by path."""
    return hooks_server(Gitea(places={place: {} for place in places}))
