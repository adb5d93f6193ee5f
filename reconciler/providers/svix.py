"""Svix's endpoints as data. Source: the OpenAPI description and the server in its repository, version 1.947."""

from __future__ import annotations

from typing import Any

from reconciler.provider import (
    Auth,
    Call,
    Delivery,
    PageToken,
    PlaceSetting,
    Provider,
    Rest,
    Unsaid,
    Update,
    events,
    labels,
    number,
    secret,
    switch,
    text,
    texts,
    url,
)


def _named(types: Any) -> Any:  # noqa: ANN401 - JSON
    return ["*"] if types is None else types


def _types(named: Any) -> Any:  # noqa: ANN401 - JSON
    return None if named == ["*"] else named


def _or_null(channels: Any) -> Any:  # noqa: ANN401 - JSON
    return channels or None


SVIX = Provider(
    name="svix",
    title="Svix",
    fields=(
        url(),
        # The name that servers of all ages take and give: from July 2026 on, it is also called `eventTypes`.
        events(at="filterTypes", read=_named, write=_types),
        switch(at="disabled", wire=(True, False)),
        text("description", help="What the endpoint is for."),
        text("uid", default=None, unsaid=Unsaid.LEAVE, help="Your own id of the endpoint, one of its application."),
        texts("channels", write=_or_null, help="The channels that it listens to; all of them if there are none."),
        number("rate_limit", at="throttleRate", default=None, help="The most messages a second that it is sent."),
        labels("metadata", help="Your own names and values, of text."),
        secret(call=Call(path="/secret/rotate", name="key"), help="The key used to sign messages, `whsec_…`."),
    ),
    catch_all="*",
    own_hosts=("api.svix.com", *(f"api.{region}.svix.com" for region in ("au", "ca", "eu", "in", "us"))),
    auth=Auth(variable="SVIX_TOKEN"),
    places=(
        PlaceSetting(
            setting="applications",
            path="/api/v1/app/{}",
            pattern=r"\.*[A-Za-z0-9_-][A-Za-z0-9_.-]*",
            ids="app_[A-Za-z0-9]{27}",
            example="app_2OhV5yYjBtq2qTWpPZVUSrOGQsV",
            help="The applications that have the endpoints, by id or by uid.",
        ),
    ),
    digest_in="description",
    delivery=Delivery(timeout=15),
    portal="the Svix dashboard (Applications)",
    verified_on="its OpenAPI description and the source of its server, version 1.947",
    notes=(
        (
            "`base_url` is that of the token's region, which stands at the end of it: `https://api.eu.svix.com` for a "
            "token that ends with `.eu`, or us, ca, au or in. A server of your own has its own."
        ),
        (
            "Events are the event types of your environment, which must be there. `'*'` means all of them, and those "
            "added later: Svix keeps that as no types at all."
        ),
        "Since July 2026 Svix calls them `eventTypes`. Servers of all ages know `filterTypes`, which is used here.",
        "Every endpoint has a secret. Svix makes one if the file says none, and shows it in its dashboard.",
        (
            "`secret` is sent with every update, by a call that rotates it, before all else. Svix signs with the one "
            "before, too, for a day, and allows ten such calls in it."
        ),
        (
            "Of a `uid` there is one in an application. An entry with one can't move to another URL, because the new "
            "endpoint is created before the old one is deleted: change or remove its `uid` as well."
        ),
        (
            "An endpoint that fails for five days is switched off by Svix, as if somebody had: `drift` shows it as "
            "`active`, and `apply` switches it on."
        ),
        "Headers, transformations and OAuth aren't supported, and stay as they are.",
    ),
    rest=Rest(
        collection="/endpoint",
        items="data",
        created="createdAt",
        updated="updatedAt",
        kept=("version", "rateLimit", "eventTypes"),
        paging=PageToken(query="limit=250", token="iterator", parameter="iterator", done="done"),  # noqa: S106 - no password
        # Not PUT, which creates an endpoint where there is none.
        update=Update(verb="PATCH", partial=True),
        idempotency="idempotency-key",
    ),
)
