"""Pigeonry as data: an invented provider that is in everything what Shippo isn't, and installed as a package would be.

Several events on one webhook, no test data, a secret that is never read back, nested settings, and other field names.
"""

from __future__ import annotations

from reconciler.provider import (
    Auth,
    LinkHeader,
    Provider,
    ProviderPlugin,
    Rest,
    Update,
    choice,
    events,
    secret,
    settings,
    switch,
    text,
    url,
)

PIGEONRY = Provider(
    name="pigeonry",
    title="Pigeonry",
    fields=(
        url(at="target"),
        events("bird.left", "bird.arrived", "bird.lost", "*", at="topics"),
        switch(at="enabled"),
        choice("format", "json", "form", default="json"),
        text("note"),
        secret("signing_key"),
        settings("settings", default={"retry": {"limit": 3, "delays": [1, 5, 5]}, "headers": {}}),
    ),
    catch_all="*",
    url_limit=500,
    base_url="https://api.pigeonry.example/v3",
    auth=Auth(variable="PIGEONRY_TOKEN"),
    portal="the loft (Settings, Subscriptions)",
    rest=Rest(
        collection="/subscriptions",
        items="subscriptions",
        created="created_at",
        paging=LinkHeader(size="limit", most=50),
        update=Update(keeps_secrets=True),
    ),
)

PLUGIN = ProviderPlugin(interface=1, provider=PIGEONRY)
