"""What is checked: each URL of an active webhook once, within the time of its providers, with their samples."""

from __future__ import annotations

import json

import pytest
from msgspec.structs import replace
from shippo.models import components

from reconciler.doctor.receivers import Receiver, Request, receivers
from reconciler.model.configuration import Configuration
from reconciler.provider import Delivery
from reconciler.providers.github import GITHUB
from reconciler.providers.shippo import SHIPPO
from tests.support.builders import account, configuration, entry

SAMPLES = SHIPPO.delivery.samples


def found(configuration: Configuration, *, send_samples: bool = False) -> tuple[Receiver, ...]:
    return receivers(configuration, configuration.desired, send_samples=send_samples)


def test_each_url_of_active_webhooks_is_one_receiver() -> None:
    made = configuration(
        [
            entry("a", "/a?token=x", "track_updated"),
            entry("b", "/b"),
            entry("a", "/a?token=x", "batch_created"),
            entry("other", "/a?token=y"),
            entry("off", "/off", active=False),
        ]
    )
    said = [(one.url.reveal().partition("com")[2], [str(address) for address in one.webhooks]) for one in found(made)]
    assert said == [
        ("/a?token=x", ["default/a[track_updated]", "default/a[batch_created]"]),
        ("/b", ["default/b[track_updated]"]),
        ("/a?token=y", ["default/other[track_updated]"]),
    ]


def test_shortest_time_of_its_providers_counts() -> None:
    slow = replace(SHIPPO, title="Slow", delivery=Delivery(timeout=30))
    accounts = [replace(account("slow"), provider=slow), account("usual")]
    (one,) = found(configuration([entry("a", account="slow"), entry("b", account="usual")], accounts))
    assert (one.timeout, one.title) == (3, "Shippo")
    assert (SHIPPO.delivery.timeout, GITHUB.delivery.timeout) == (3, 10)


@pytest.mark.parametrize(
    ("base_urls", "is_local"),
    [
        pytest.param(["http://127.0.0.1:8000"], True, id="sandbox"),
        pytest.param(["http://[::1]:8000", "http://localhost"], True, id="names"),
        pytest.param(["http://127.0.0.1:8000", "https://api.example.com"], False, id="one-of-two"),
    ],
)
def test_receiver_is_local_where_all_its_providers_are(base_urls: list[str], is_local: bool) -> None:  # noqa: FBT001 - a column
    accounts = [account(str(number), base_url=base_url) for number, base_url in enumerate(base_urls)]
    (one,) = found(configuration([entry("a", account=each.name) for each in accounts], accounts))
    assert one.is_local is is_local


def sent(requests: tuple[Request, ...]) -> list[tuple[str, str]]:
    return [(request.method, request.event) for request in requests]


@pytest.mark.parametrize(
    ("events", "requests", "without"),
    [
        pytest.param(["track_updated"], [("POST", "track_updated")], (), id="one"),
        pytest.param(
            ["batch_created", "transaction_created"],
            [("POST", "batch_created"), ("POST", "transaction_created")],
            (),
            id="several",
        ),
        pytest.param(["all", "track_updated"], [("POST", event) for event in SAMPLES], (), id="all"),
        pytest.param(["brand_new"], [("OPTIONS", "")], ("brand_new",), id="unknown"),
        pytest.param(["brand_new", "track_updated"], [("POST", "track_updated")], ("brand_new",), id="one-unknown"),
    ],
)
def test_each_event_is_sampled_once(
    events: list[str], requests: list[tuple[str, str]], without: tuple[str, ...]
) -> None:
    made = configuration([entry("a", event=event) for event in events])
    (sampled,), (plain,) = found(made, send_samples=True), found(made)
    assert (sent(sampled.requests), sampled.without_sample) == (requests, without)
    assert (plain.requests, plain.without_sample) == ((Request(),), ())


@pytest.mark.parametrize("event", SHIPPO.events[:-1])
def test_samples_of_shippo_are_what_its_sdk_reads_and_are_marked_as_tests(event: str) -> None:
    kinds = {
        "track": components.WebhookPayloadTrack,
        "transaction": components.WebhookPayloadTransaction,
        "batch": components.WebhookPayloadBatch,
    }
    made = configuration([entry("a", event=event)])
    (one,) = found(made, send_samples=True)[0].requests
    assert one.body is not None
    read = json.loads(kinds[event.partition("_")[0]].from_json(one.body.decode()).to_json())
    assert (read["event"], read["test"]) == (event, True)
    known, data = read["data"], SAMPLES[event]["data"]
    assert data == known if isinstance(data, str) else set(known) >= set(json.loads(one.body)["data"])
