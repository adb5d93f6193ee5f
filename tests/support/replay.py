"""Who received what at every moment, by the sandbox's own log: the judge of gaps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from reconciler.model.diagnostic import UrlError
from reconciler.model.secret import SecretText
from reconciler.model.url import parse_url
from reconciler.sandbox.checks import EVENTS
from reconciler.sandbox.store import Webhook
from tests.support.sandbox import LogEntry

CATCH_ALL = "all"
UNNAMED = "any other event"

Delivery = tuple[str, bool, str]
"""An endpoint, `is_test`, and an event that is delivered there."""


def states(before: Mapping[str, Webhook], log: Iterable[LogEntry]) -> Iterator[dict[str, Webhook]]:
    """What an account had at the beginning, and after each entry of its log; by id."""
    now = dict(before)
    yield dict(now)
    for entry in log:
        if entry.took_effect and entry.object_id is not None:
            if entry.webhook is None:
                now.pop(entry.object_id, None)
            else:
                now[entry.object_id] = entry.webhook
        yield dict(now)


def received(webhooks: Mapping[str, Webhook]) -> frozenset[Delivery]:
    """What is delivered where; `all` delivers every known event, those that are there, and those nobody knows."""
    known = {*EVENTS, *(webhook.event for webhook in webhooks.values()), UNNAMED} - {CATCH_ALL}
    found: set[Delivery] = set()
    for webhook in webhooks.values():
        if not webhook.active:
            continue
        try:
            endpoint = parse_url(SecretText.literal(webhook.url)).endpoint.reveal()
        except UrlError:
            continue  # no run touches it
        events = known if webhook.event == CATCH_ALL else {webhook.event}
        found |= {(endpoint, webhook.is_test, event) for event in events}
    return frozenset(found)


def gaps(before: Mapping[str, Webhook], log: Iterable[LogEntry]) -> set[Delivery]:
    """What was delivered at both ends and was not at some moment in between.

    Args:
        before: what the account had before the first entry.
        log: its entries.
    """
    moments = [received(state) for state in states(before, log)]
    return {delivery for moment in moments for delivery in (moments[0] & moments[-1]) - moment}
