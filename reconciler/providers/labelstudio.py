"""Label Studio's webhooks of projects as data. Source: Label Studio 1.23.2, its code and a server."""

from __future__ import annotations

from reconciler.provider import (
    Auth,
    Delivery,
    PlaceSetting,
    Provider,
    Rest,
    TokenScheme,
    Update,
    events,
    flag,
    headers,
    switch,
    url,
)

_EVENTS = """
    PROJECT_UPDATED TASKS_CREATED TASKS_DELETED ANNOTATION_CREATED ANNOTATIONS_CREATED ANNOTATION_UPDATED
    ANNOTATIONS_DELETED LABEL_LINK_CREATED LABEL_LINK_UPDATED LABEL_LINK_DELETED *
"""

LABEL_STUDIO = Provider(
    name="labelstudio",
    title="Label Studio",
    fields=(
        url(),
        events(*_EVENTS.split(), at="actions", all_at="send_for_all_actions"),
        switch(at="is_active"),
        flag("send_payload", default=True, help="Whether it sends more than the name of what happened."),
        headers(help="Headers that each delivery has, by name; each value must have a variable in it."),
    ),
    catch_all="*",
    url_limit=2049,
    auth=Auth(variable="LABEL_STUDIO_API_KEY", scheme="Token", schemes=(TokenScheme(prefix="eyJ", scheme="Bearer"),)),
    places=(
        PlaceSetting(
            setting="projects",
            path="?project={}",
            values={"project": "{}"},
            pattern="[1-9][0-9]*",
            example="1",
            help="The projects that have the webhooks, by their numbers.",
        ),
    ),
    delivery=Delivery(timeout=1),
    portal="Label Studio (the project's Settings, Webhooks)",
    verified_on="Label Studio 1.23.2, a server of its own",
    notes=(
        "A webhook can't be moved to another project, though the API doesn't refuse it: there, it is another one.",
        "Webhooks of the whole organization, in no project, can't be made through the API, and aren't listed here.",
        "An update without the list of actions would empty it, so every update sends everything.",
        "The values of headers are shown to everybody who may see a webhook, and are secrets here all the same.",
        "Legacy tokens must be allowed in the organization. Access tokens are taken, too, but soon expire.",
    ),
    rest=Rest(
        collection="/api/webhooks/",
        item="{}/",
        created="created_at",
        updated="updated_at",
        kept=("organization",),
        update=Update(verb="PATCH", keeps_secrets=True),
    ),
)
