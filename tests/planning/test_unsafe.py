"""Plans that would do harm are none: of secrets that nobody could give back, and of what is no duplicate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from msgspec.structs import replace

from reconciler.model.reading import ErrorKind
from reconciler.model.secret import SecretText
from reconciler.model.webhook import Desired, Masked, Remote, Value
from reconciler.providers.github import GITHUB
from tests.contract.hooks import A, B, C, Hook, entries_of, event_of, fields_of
from tests.contract.pigeonry import PIGEONRY
from tests.support.builders import account, entry, hook, not_planned, only, planned

OWNER = replace(account(), provider=GITHUB, scope=())
UNSAID: Mapping[str, Value] = {}
SAID: Mapping[str, Value] = {"secret": SecretText.environment("SECRET", "ours")}
EVENTS = {1: (A,), 2: (A, B, C)}
THERE: Mapping[str, Value] = {"secret": Masked.SET}


def wanted(path: str, others: Mapping[str, Value] = UNSAID, name: str = "b") -> Desired:
    ignored = () if others else ("secret",)  # as of every entry that doesn't say it
    (entry,) = entries_of(GITHUB, "default", name, Hook(path=path, others=others, ignored=ignored), ())
    return entry


def there(number: int, path: str, others: Mapping[str, Value] = UNSAID) -> Remote:
    ((_, fields),) = fields_of(GITHUB, Hook(path=path, others=others), ())
    return Remote(id=str(number), key=GITHUB.key_of(fields), fields=fields)


@pytest.mark.parametrize(
    ("desired", "remotes", "harm"),
    [
        pytest.param([wanted("/b")], [there(1, "/a", THERE)], "delete of default/@1", id="move"),
        pytest.param([wanted("/b")], [there(1, "/b"), there(2, "/b", THERE)], "delete of default/@2", id="duplicate"),
        pytest.param(
            [wanted("/new", name="a"), wanted("/b")],
            [there(1, "/b"), there(2, "/b", THERE)],
            "delete of default/@2",
            id="after-a-create",
        ),
        pytest.param([wanted("/b", SAID)], [there(1, "/a", THERE)], None, id="move-with-it"),
        pytest.param([wanted("/b", SAID)], [there(1, "/b"), there(2, "/b", THERE)], None, id="duplicate-with-it"),
        pytest.param([wanted("/b")], [there(1, "/b", THERE), there(2, "/b", THERE)], None, id="what-stays-has-it"),
        pytest.param([wanted("/b")], [there(1, "/b", THERE), there(2, "/b")], None, id="only-what-stays-has-it"),
        pytest.param([], [there(1, "/a", THERE)], None, id="nothing-takes-over"),
    ],
)
def test_no_move_and_no_duplicate_takes_a_secret_away(
    desired: Sequence[Desired], remotes: Sequence[Remote], harm: str | None
) -> None:
    errors = [one.error for one in not_planned(planned(desired, remotes, [OWNER])).values()]
    expected = [] if harm is None else [f"the {harm} would remove its `secret`, which isn't in the file"]
    assert [error.message for error in errors] == expected
    helps = "Add `secret: ${NAME}` to the entry; its value is sent with every create and update."
    assert all((error.kind, error.help) == (ErrorKind.REFUSED, helps) for error in errors)


@pytest.mark.parametrize("targets", [(), ("a",), ("@2",)], ids=["all", "entry", "webhook"])
def test_webhook_of_an_entrys_url_with_other_events_stops_its_account(targets: Sequence[str]) -> None:
    owner = replace(OWNER, provider=PIGEONRY)
    desired = entries_of(PIGEONRY, "default", "a", Hook(events=(A,)), ())
    found = [
        (number, fields) for number in (1, 2) for _, fields in fields_of(PIGEONRY, Hook(events=EVENTS[number]), ())
    ]
    remotes = [Remote(id=str(number), key=PIGEONRY.key_of(fields), fields=fields) for number, fields in found]
    (stopped,) = not_planned(planned([*desired], remotes, [owner], targets=targets)).values()
    events = ", ".join(sorted(event_of(PIGEONRY, event) for event in (B, C)))
    message = f"the webhook default/@2 has the same URL as default/a, but other events ({events})"
    helps = "Add these events to the entry, or delete that webhook at the provider."
    assert (stopped.error.kind, stopped.error.message, stopped.error.help) == (ErrorKind.REFUSED, message, helps)


MASKS = ("****", "•••", "shippo_live_***", "%E2%80%A6", "[redacted]")


@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize(
    ("remotes", "harm"),
    [
        pytest.param((), "create", id="create"),
        pytest.param((hook("1", "/a?token=real"),), "update", id="update"),
    ],
)
def test_mask_is_never_sent_as_a_secret(mask: str, remotes: tuple[Remote, ...], harm: str) -> None:
    [stopped] = not_planned(planned([entry("a", f"/a?token={mask}")], remotes)).values()
    message = f"the {harm} of default/a[track_updated] would set `token` in its URL to a masked value"
    assert (stopped.error.message.partition(",")[0], stopped.error.kind) == (message, ErrorKind.REFUSED)


def test_mask_that_the_provider_returns_too_is_no_harm() -> None:
    assert only(planned([entry("a", "/a?token=****")], [hook("1", "/a?token=****", active=False)])).changes
