"""Review Board's webhooks as data: https://www.reviewboard.org. Verified on a Review Board 8.1 server."""

from __future__ import annotations

from reconciler.provider import (
    Auth,
    Body,
    NextUrl,
    Provider,
    ProviderPlugin,
    ReadsBack,
    Rest,
    Unsaid,
    Update,
    choice,
    events,
    secret,
    switch,
    text,
    url,
)

_EVENTS = "review_request_closed review_request_published review_request_reopened review_published reply_published *"


def _names(found: str | list[str]) -> list[str]:
    return found.split(",") if isinstance(found, str) else found


REVIEW_BOARD = Provider(
    name="reviewboard",
    title="Review Board",
    fields=(
        url(),
        events(*_EVENTS.split(), read=_names, write=",".join),  # a list in answers, one text in what is sent
        switch(at="enabled"),
        choice(
            "encoding", "application/json", "application/xml", "application/x-www-form-urlencoded",
            default="application/json", help="How payloads are encoded.",
        ),
        text("apply_to", default="all", unsaid=Unsaid.LEAVE, help="`all` review requests, or `none` of a repository."),
        text("custom_content", help="A payload of one's own, as a template."),
        secret(reads_back=ReadsBack.CLEAR, help="The key that signs payloads."),
    ),
    catch_all="*",
    auth=Auth(variable="REVIEWBOARD_TOKEN", scheme="token"),
    verified_on="Review Board 8.1, a server of its own",
    rest=Rest(
        collection="/api/webhooks/",
        item="{}/",
        items="webhooks",
        one="webhook",
        kept=("links", "extra_data", "repositories"),
        paging=NextUrl(query="max-results=100", next="links.next.href", count="total_results"),
        body=Body.FORM,  # JSON is answered with 200, and not read
        update=Update(partial=True),
    ),
)  # fmt: skip
PLUGIN = ProviderPlugin(interface=1, provider=REVIEW_BOARD)
