"""Another webhook in place of one that no update can make as wanted: made first, the old one deleted last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from msgspec.structs import replace

from reconciler.model.diagnostic import Place
from reconciler.model.plan import Claim, Reason
from reconciler.model.secret import SecretText
from reconciler.model.webhook import Address, Desired, Headers, Remote, Value
from reconciler.planning.match import match_account
from reconciler.providers.pagerduty import PAGERDUTY
from tests.contract.hooks import A, B, Hook, entries_of, fields_of
from tests.planning.loft import FIXED
from tests.support.builders import account, not_planned, only, planned, sign, url

KEY: Mapping[str, Value] = {"signing_key": SecretText.environment("SIGNING_KEY", "the-key")}
OWNER = replace(account(), provider=FIXED, scope=())


def wanted(others: Mapping[str, Value], *, events: Sequence[str] = (A,), says_well: bool = False) -> Desired:
    ignored = () if says_well else ("well",)
    hook = Hook(others={**KEY, **others}, events=tuple(events), ignored=ignored)
    (entry,) = entries_of(FIXED, "default", "a", hook, ())
    return entry


def there(number: int, others: Mapping[str, Value], *, events: Sequence[str] = (A,)) -> Remote:
    ((_, fields),) = fields_of(FIXED, Hook(others=others, events=tuple(events)), ())
    return Remote(id=str(number), key=FIXED.key_of(fields), fields=fields)


JSON: Mapping[str, Value] = {"format": "json"}
FORM: Mapping[str, Value] = {"format": "form"}
SICK: Mapping[str, Value] = {"format": "json", "well": False}


@pytest.mark.parametrize(
    ("desired", "remotes", "changes"),
    [
        pytest.param(wanted(FORM), [there(1, FORM)], [], id="in-step"),
        pytest.param(wanted(FORM), [there(1, JSON)], ["+ a", "- @1"], id="replaced"),
        pytest.param(wanted(FORM), [there(1, JSON), there(2, FORM)], ["- @1"], id="left-behind-by-a-stopped-run"),
        pytest.param(wanted(FORM), [there(1, FORM), there(2, JSON)], ["- @2"], id="whichever-is-older"),
        pytest.param(wanted(FORM), [there(1, JSON), there(2, JSON)], ["+ a", "- @1", "- @2"], id="both-go"),
        pytest.param(
            wanted(FORM, events=(A, B)), [there(1, JSON), there(2, FORM)], ["~ a", "- @1"], id="left-behind-and-updated"
        ),
        pytest.param(wanted(FORM), [there(1, JSON, events=(A, B))], ["+ a", "- @1"], id="narrowed-too"),
        pytest.param(wanted(JSON), [there(1, SICK)], [], id="health-unsaid"),
        pytest.param(wanted(JSON, says_well=True), [there(1, SICK)], ["+ a", "- @1"], id="health-said"),
        pytest.param(wanted(JSON, says_well=True), [there(1, JSON)], [], id="healthy"),
    ],
)
def test_new_one_first_and_old_one_last(desired: Desired, remotes: Sequence[Remote], changes: Sequence[str]) -> None:
    plan = only(planned([desired], remotes, [OWNER]))
    assert [sign(change) for change in plan.changes] == changes
    duplicates = [change for change in plan.changes if change.reason is Reason.DUPLICATE]
    assert [sign(change) for change in duplicates] == (["- @2"] if len(changes) == 3 else [])


@pytest.mark.parametrize("others", [FORM, JSON], ids=["fits", "takes-another"])
def test_one_with_events_that_the_entry_does_not_name_is_left_alone(others: Mapping[str, Value]) -> None:
    remotes = [there(1, FORM), there(2, others, events=(A, B))]
    (stopped,) = not_planned(planned([wanted(FORM)], remotes, [OWNER])).values()
    assert "the webhook default/@2 has the same URL as default/a, but other events" in stopped.error.message
    assert [sign(change) for change in only(planned([wanted(FORM, events=(A, B))], remotes, [OWNER])).changes]


def test_both_halves_know_each_other_and_what_differs() -> None:
    create, delete = only(planned([wanted(FORM)], [there(1, JSON)], [OWNER])).changes
    assert (create.reason, create.partner) == (Reason.REPLACES, Address.of_remote("default", "1"))
    assert (delete.reason, delete.partner) == (Reason.REPLACED, create.address)
    assert [(one.name, one.before, one.after) for one in create.fields] == [("format", "json", "form")]


def test_only_events_that_nobody_receives_any_more_are_lost() -> None:
    same, fewer = ((A,), (A, B))
    for events, lost in ((same, []), (fewer, ["bird.arrived"])):
        plan = only(planned([wanted(FORM)], [there(1, JSON, events=events)], [OWNER]))
        assert [event for loss in plan.losses for event in loss.events] == lost


@pytest.mark.parametrize(
    ("targets", "excludes", "changes"),
    [
        pytest.param(["a"], [], ["+ a", "- @1"], id="target"),
        pytest.param([], ["a"], [], id="exclude"),
        pytest.param(["@1"], [], [], id="half"),
        pytest.param([], ["@1"], [], id="half-excluded"),
    ],
)
def test_halves_are_filtered_together(targets: Sequence[str], excludes: Sequence[str], changes: Sequence[str]) -> None:
    plan = only(planned([wanted(FORM)], [there(1, JSON)], [OWNER], targets=targets, excludes=excludes))
    assert [sign(change) for change in plan.changes] == changes


@pytest.mark.parametrize(
    ("format_", "excluded", "changes"),
    [
        pytest.param(JSON, "@1", [], id="what-it-is-made-for"),
        pytest.param(JSON, "@2", ["+ a", "- @1"], id="its-duplicate"),
        pytest.param(FORM, "@1", ["~ a"], id="the-replaced-one"),
        pytest.param(FORM, "a", [], id="the-one-that-stays"),
    ],
)
def test_nothing_goes_for_what_is_not_made(format_: Mapping[str, Value], excluded: str, changes: Sequence[str]) -> None:
    there_ = [there(1, JSON), there(2, format_, events=(A,) if format_ == FORM else (A, B))]
    plan = only(planned([wanted(FORM, events=(A, B))], there_, [OWNER], excludes=[excluded]))
    assert [sign(change) for change in plan.changes] == changes


def test_secret_that_nobody_can_read_is_not_left_behind() -> None:
    unsaid = replace(
        wanted(FORM), fields={**wanted(FORM).fields, "signing_key": None}, ignored=frozenset({"signing_key", "well"})
    )
    (stopped,) = not_planned(planned([unsaid], [there(1, JSON)], [OWNER])).values()
    assert stopped.error.message == "the delete of default/@1 would remove its `signing_key`, which isn't in the file"


def test_each_field_is_named_once_where_it_differs_and_its_secret_is_new_too() -> None:
    """Headers that nobody can read: others are wanted, and `--resend-secrets` is given."""
    said: dict[str, Value] = {"url": url("/a"), "events": frozenset({PAGERDUTY.events[0]})}
    now = PAGERDUTY.normalise(said)
    headers = Headers.of({"X-Key": SecretText.environment("KEY", "the-key")})
    fields = PAGERDUTY.normalise({**said, "custom_headers": headers})
    remote = Remote(id="P1", key=PAGERDUTY.key_of(now), fields=now)
    address, place = Address(account="default", name="a"), Place(file="f", line=1, column=1)
    key = PAGERDUTY.key_of(fields)
    assert key is not None
    desired = Desired(address=address, key=key, fields=fields, secret_to="NAME", place=place)
    claimed = {claim: (remote,) if claim is Claim.OWNED else () for claim in Claim}
    owner = replace(account(), provider=PAGERDUTY, scope=())
    create, _ = match_account(owner, [desired], claimed, destroy=False, resend=lambda *_: True)
    assert [field.name for field in create.fields] == ["custom_headers", "secret"]
