"""The five calls of every provider's client: what they send, what comes back, and what they say where it goes wrong."""

from __future__ import annotations

import pytest

from reconciler.model.plan import Action, NotPlanned, Phase
from reconciler.model.reading import ErrorKind, ProviderError
from reconciler.model.report import Outcome
from reconciler.model.rest import LinkHeader
from reconciler.model.webhook import Fields
from reconciler.operations.reading import read_accounts
from reconciler.providers.registry import INSTALLED
from reconciler.providers.shippo import SHIPPO
from reconciler.sandbox.faults import DROP_ANSWER, LATE_BAD_GATEWAY, RESET_REQUEST, Answer, Rule, When
from reconciler.sandbox.faults import Action as Fault
from tests.contract.bench import Bench
from tests.contract.hooks import ELSEWHERE, A, B, Hook, fields_of
from tests.contract.judge import readable
from tests.contract.pigeonry import PIGEONRY
from tests.contract.subjects import Subject

WRONG_TOKEN = "wrong-5cd31f0ab97e"


def _fields(bench: Bench, hook: Hook) -> Fields:
    ((_, fields),) = fields_of(bench.provider, hook, bench.scope)
    return fields


def _error(bench: Bench, *, token: str = "", base_url: str = "") -> ProviderError:
    """Why an account was not planned."""
    run = bench.plan({"a": Hook()}, bench.account(token=token, base_url=base_url))
    (account,) = run.plan.accounts
    assert isinstance(account, NotPlanned)
    assert not run.plan.has_changes
    assert run.apply().accounts == ()
    return account.error


def test_installed_provider_is_found_by_its_entry_point() -> None:
    assert (INSTALLED["pigeonry"], INSTALLED["shippo"]) == (PIGEONRY, SHIPPO)


# What is sent, and what comes back


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("/a", id="plain"),
        pytest.param("/a%7eb/./c/../d?y=2&x=1&token=s%65cret", id="not-in-normal-form"),
        pytest.param("https://HOOKS.example.com:443", id="no-path"),
        pytest.param("/a?tenant=acme&tenant=globex&empty=&bare&token=one&token=two", id="repeated-parameters"),
    ],
)
@pytest.mark.parametrize("active", [True, False], ids=["on", "off"])
def test_what_was_sent_reads_back_equal(bench: Bench, path: str, active: bool) -> None:  # noqa: FBT001 - of the table
    others = {name: after for name, (_, after) in bench.subject.changes.items()}
    sent = _fields(bench, Hook(path=path, active=active, others=others))
    writer = bench.writer()
    made = writer.create(sent)
    answers = [made, writer.get(made.id), *writer.list().remotes]
    assert [answer.id for answer in answers] == [made.id] * 3
    for answer in answers:
        assert answer.fields == bench.provider.normalise(answer.fields)
        assert readable(bench.provider, answer.fields) == readable(bench.provider, sent)
        assert answer.key == bench.provider.key_of(sent)
    writer.update(made.id, _fields(bench, Hook(path=path, active=not active)), made)
    again = writer.get(made.id)
    assert bench.provider.is_live(again.fields) is not active
    assert again.fields == bench.provider.normalise(again.fields)


def test_what_the_answer_leaves_out_is_the_default(bench: Bench) -> None:
    fields = _fields(bench, Hook())
    said = {name: fields[name] for name in ("url", bench.provider.event_field)}
    assert bench.provider.normalise(said) == fields


def test_looking_sends_only_gets(bench: Bench) -> None:
    (object_id, *_) = bench.put(Hook(events=(A, B)), Hook(path="/b"))
    reader = bench.reader()
    reading = read_accounts({"default": reader})["default"]
    assert not isinstance(reading, ProviderError)
    assert reader.get(object_id) in reading.remotes
    assert {call.method for call in bench.server.calls()} == {"GET"}
    assert [name for name in ("create", "update", "delete") if hasattr(reader, name)] == []


def test_delete_of_what_somebody_else_deleted_is_done(bench: Bench) -> None:
    (object_id,) = bench.put(Hook())
    run = bench.plan({})
    bench.server.remove(object_id)
    report = run.apply()
    assert [result.outcome for result in report.results] == [Outcome.ALREADY]
    assert report.is_complete
    assert bench.writes() == []


@pytest.mark.parametrize(
    ("fault", "statuses"),
    [
        pytest.param(DROP_ANSWER, [204, 404], id="its-answer-was-lost"),
        pytest.param(Answer(acts=True, status=404), [204], id="somebody-was-quicker"),
    ],
)
def test_delete_that_finds_nothing_is_done(bench: Bench, fault: Fault, statuses: list[int]) -> None:
    bench.put(Hook())
    run = bench.plan({})
    bench.server.faults.add(Rule(action=fault, method="DELETE", when=When(nth=1)))
    report = run.apply()
    assert [result.outcome for result in report.results] == [Outcome.DONE]
    assert report.is_complete
    assert [call.status for call in bench.writes()] == statuses


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(DROP_ANSWER, id="no-answer"),
        pytest.param(LATE_BAD_GATEWAY, id="502"),
        pytest.param(Answer(acts=True, status=409), id="409"),
    ],
)
def test_create_whose_answer_is_lost_is_not_sent_again(bench: Bench, fault: Fault) -> None:
    run = bench.plan({"a": Hook(events=(A, B))})
    bench.server.faults.add(Rule(action=fault, method="POST", when=When(nth=1)))
    assert run.apply(1).is_complete
    bench.check({"a": Hook(events=(A, B))}, {})
    creates = [change for account in run.plan.planned for change in account.changes]
    assert len(bench.writes()) == len(creates)


def test_create_that_never_arrived_is_sent_again(bench: Bench) -> None:
    run = bench.plan({"a": Hook(events=(A, B))})
    bench.server.faults.add(Rule(action=RESET_REQUEST, method="POST", when=When(nth=1)))
    assert run.apply(1).is_complete
    bench.check({"a": Hook(events=(A, B))}, {})


# What goes wrong


def test_wrong_credential_ends_an_apply_at_once(bench: Bench) -> None:
    run = bench.plan({name: Hook(path=f"/{name}") for name in "abc"})
    bench.server.faults.add(Rule(action=Answer(status=403), method="POST"))
    report = run.apply(1)
    assert [result.outcome for result in report.results] == [Outcome.FAILED, Outcome.NOT_STARTED, Outcome.NOT_STARTED]
    assert {result.error.kind for result in report.results if result.error} == {ErrorKind.DENIED}
    assert bench.writes() == []


def test_every_page_is_listed(subject: Subject) -> None:
    with Bench(subject, page_size=2) as bench:
        ids = bench.put(*(Hook(path=f"/{number}") for number in range(5)))
        assert [remote.id for remote in bench.reader().list().remotes] == ids
        # Pages by number shift under a change, so that two lists must agree.
        rest = subject.provider.rest
        times = 2 if rest is not None and isinstance(rest.paging, LinkHeader) else 1
        assert [call.method for call in bench.server.calls()] == ["GET"] * 3 * times
        bench.converge({f"e{number}": Hook(path=f"/{number}") for number in range(1, 6)}, {})


def test_list_that_leads_back_is_not_read(bench: Bench) -> None:
    bench.put(Hook())
    bench.server.lead_on(bench.server.base_url + bench.subject.first_page)
    assert _error(bench).kind is ErrorKind.GARBLED
    assert [entry.method for entry in bench.server.faults.log()] == ["GET"]


def test_list_that_goes_on_elsewhere_is_not_followed(bench: Bench) -> None:
    bench.put(Hook())
    with Bench(bench.subject) as other:
        bench.server.lead_on(other.server.base_url + bench.subject.first_page)
        error = _error(bench)
        assert other.server.faults.log() == ()
        assert other.server.base_url.startswith(error.message.rpartition(" ")[2])
    assert error.kind is ErrorKind.GARBLED
    assert [entry.method for entry in bench.server.faults.log()] == ["GET"]


def test_unknown_fields_and_events_are_kept(bench: Bench) -> None:
    # The made-up list stands for a provider that is newer than we are.
    page = Rule(action=Answer(status=200, body=bench.subject.odd_page), method="GET")
    armed = bench.server.faults.add(page)
    run = bench.plan({"odd": Hook(path="/odd", events=("brand_new",))})
    (account,) = run.plan.planned
    (row,) = account.rows
    assert row.remote is not None
    assert "colour" in row.remote.unknown
    assert bench.provider.events_of(row.remote.fields) == {"brand_new"}
    assert account.changes == ()
    deleted = bench.plan({}).plan.planned[0].changes
    assert [(change.action, change.phase) for change in deleted] == [(Action.DELETE, Phase.NARROW)]
    bench.server.faults.remove(armed)


def test_webhooks_with_unknown_events_or_urls_are_left_alone_and_do_not_matter(bench: Bench) -> None:
    bench.put(Hook(path=f"{ELSEWHERE}/a", events=("brand_new",)), Hook(path="/b", events=("brand_new",)))
    kept = next(iter(bench.server.webhooks().values()))
    bench.server.put({**kept, "url": "not a URL"})
    run = bench.plan({"a": Hook(), "b": Hook(path="/b", events=("brand_new",))})
    (account,) = run.plan.planned
    assert [change.action for change in account.changes] == [Action.CREATE]
    assert len(account.unmanaged) == 2
    assert run.apply().is_complete
    assert len(bench.server.webhooks()) == 4
