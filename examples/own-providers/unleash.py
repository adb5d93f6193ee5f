"""Unleash's webhook integrations as data: https://www.getunleash.io. Verified on an Unleash 7.5.1 server.

A webhook's URL is a secret there, so its `description` has the URL without secrets: one made by hand needs it there to
be adopted. A new secret in the URL is no difference, as nobody can see it; it goes with the next update.
"""

from __future__ import annotations

from reconciler.provider import (
    Auth,
    Provider,
    ProviderPlugin,
    ReadsBack,
    Rest,
    Update,
    events,
    secret,
    switch,
    text,
    texts,
    url,
)

_EVENTS = """
    feature-created feature-updated feature-archived feature-revived feature-stale-on feature-stale-off
    feature-environment-enabled feature-environment-disabled feature-strategy-add feature-strategy-update
    feature-strategy-remove change-request-created change-request-approved change-request-applied
"""

UNLEASH = Provider(
    name="unleash",
    title="Unleash",
    fields=(
        url(at="parameters.url", told_at="description"),
        events(*_EVENTS.split()),
        switch(at="enabled"),
        texts("projects", help="The projects that it is for; every one where none is named."),
        texts("environments", help="The environments that it is for; every one where none is named."),
        secret(
            "authorization",
            at="parameters.authorization",
            reads_back=ReadsBack.MASKED,
            help="The `Authorization` header that each delivery has.",
        ),
        text("body_template", at="parameters.bodyTemplate", default=None, help="A payload of one's own, a template."),
    ),
    auth=Auth(variable="UNLEASH_TOKEN", scheme=""),
    verified_on="Unleash 7.5.1, a server of its own",
    rest=Rest(
        collection="/api/admin/addons",
        items="addons",
        created="createdAt",
        constant={"provider": "webhook"},
        update=Update(constants=True, mask="*****"),  # `parameters` are replaced: what is left out of them goes
    ),
)
PLUGIN = ProviderPlugin(interface=1, provider=UNLEASH)
