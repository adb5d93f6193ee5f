"""What must hold for every provider where something goes wrong."""

from __future__ import annotations

import socket
from collections.abc import Mapping

import pytest
from msgspec.structs import replace

from reconciler.model.plan import Action
from reconciler.model.reading import ErrorKind
from reconciler.model.report import Outcome
from reconciler.sandbox.faults import DROP_ANSWER, RESET_REQUEST, Rule, When
from reconciler.sandbox.messages import Response, json_response
from reconciler.testing.bench import Bench, words_of
from reconciler.testing.servers import MemoryServer
from reconciler.testing.suite_base import SuiteBase

WRONG_TOKEN = "wrong-5cd31f0ab97e"  # noqa: S105 - nobody's


class FailureSuite(SuiteBase):
    """The tests of failures."""

    def test_wrong_credentials_are_told_after_one_call(self, bench: Bench) -> None:
        if self.provider.auth.optional and bench.memory is None:
            pytest.skip("the real server may ask for none")
        kind, is_pinned = self.provider.kind_of(bench.token), bool(self.provider.auth.kind_setting)
        error = self._error(bench, token=WRONG_TOKEN if kind is None or is_pinned else kind.prefix + WRONG_TOKEN)
        assert error.kind in (ErrorKind.DENIED, ErrorKind.GONE)  # some hide from others that there is anything
        assert error.help
        assert WRONG_TOKEN not in f"{error}{error!r}{error.help}"
        assert [call.method for call in bench.server.calls()] == ["GET"]

    def test_account_that_cannot_be_reached_is_not_planned(self, bench: Bench) -> None:
        with socket.socket() as bound:
            bound.bind(("127.0.0.1", 0))
            error = self._error(bench, base_url=f"http://127.0.0.1:{bound.getsockname()[1]}")
        assert (error.kind, error.may_have_acted) == (ErrorKind.UNREACHABLE, False)
        assert error.help

    def test_lost_answer_changes_nothing_twice(self, bench: Bench, method: str) -> None:
        bench.apply({"changed": self._seen_change(bench, 0), "gone": self._entry(bench, "/gone")})
        wanted = {"changed": self._seen_change(bench, 1), "made": self._entry(bench, "/made")}
        mark = len(bench.server.writes())
        bench.server.fail(Rule(action=DROP_ANSWER, method=method, when=When(nth=1)))
        run = bench.plan(wanted)
        report = run.apply(1)
        bench.server.fail()
        if self.provider.makes_secrets and not report.is_complete:
            # The secret was in the answer: what has it is never left there, nor what it was to replace deleted for it.
            is_unclear = bool(bench.plan(wanted).plan.not_planned)
            bench.apply(wanted, resend_secrets=is_unclear)
            bench.check(wanted)
            return
        assert report.is_complete, words_of(report)
        collection = bench.server.calls()[0].path  # listed before anything else
        creates = [call for call in bench.server.writes()[mark:] if (call.method, call.path) == ("POST", collection)]
        wanted_creates = [one for one in run.plan.planned[0].changes if one.action is Action.CREATE]
        assert len(creates) == len(wanted_creates), "a create whose answer is lost isn't sent again"
        bench.check(wanted)

    def test_call_that_never_arrived_is_sent_again(self, bench: Bench, method: str) -> None:
        bench.apply({"changed": self._seen_change(bench, 0), "gone": self._entry(bench, "/gone")})
        wanted = {"changed": self._seen_change(bench, 1), "made": self._entry(bench, "/made")}
        bench.server.fail(Rule(action=RESET_REQUEST, method=method, when=When(nth=1)))
        report = bench.plan(wanted).apply(1)
        assert report.is_complete, words_of(report)
        bench.server.fail()
        bench.check(wanted)

    def test_unknown_fields_are_named_and_left_alone(self, bench: Bench, memory: MemoryServer) -> None:
        made = bench.create(bench.entry())
        row = memory.api.rows[made.id]
        memory.api.rows[made.id] = replace(row, values={**row.values, "brand_new": {"of": ["the", "week"]}})
        (remote,) = bench.remotes()
        assert remote.unknown == ("brand_new",)
        bench.check({"a": bench.entry()})

    def test_throttled_call_is_sent_again(self, bench: Bench, memory: MemoryServer) -> None:
        answers = [memory.api.throttled(1).response]
        memory.intercept = lambda _: answers.pop() if answers else None
        bench.apply({"a": bench.entry()})
        memory.intercept = lambda _: None
        bench.check({"a": bench.entry()})

    def test_refusal_is_told_and_changes_nothing(self, bench: Bench, memory: MemoryServer) -> None:
        run = bench.plan({"a": bench.entry()})
        refusal = {"message": "Validation Failed"}
        memory.intercept = lambda request: _refusal(refusal) if request.method == "POST" else None
        report = run.apply()
        assert [result.outcome for result in report.results] == [Outcome.FAILED]
        assert memory.webhooks() == {}

    def test_what_the_service_switched_off_is_seen(self, bench: Bench, memory: MemoryServer) -> None:
        spec = next((spec for spec in self.provider.fields if spec.says), None)
        if spec is None:
            pytest.skip("switches nothing off")
        entry = bench.entry(**self.samples(0))
        bench.apply({"a": entry})
        (made,) = bench.remotes()
        memory.api.rows[made.id] = replace(memory.api.rows[made.id], is_off=True)
        (remote,) = bench.remotes()
        assert (remote.fields[spec.name], bool(remote.health)) == (False, True)
        assert not bench.plan({"a": entry}).plan.has_changes
        bench.apply({"a": {**entry, spec.name: True}})
        (remote,) = bench.remotes()
        assert remote.fields[spec.name] is True


def _refusal(document: Mapping[str, object]) -> Response:
    return json_response(422, document)
