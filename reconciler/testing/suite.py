"""What must hold for every provider: a class of tests, made from its declaration."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import pytest
from msgspec.structs import replace

from reconciler.model.plan import Action, Change, NotPlanned, Reason
from reconciler.model.provider import Field, FieldType, Provider, ReadsBack, Sent
from reconciler.model.reading import ErrorKind, ProviderError
from reconciler.model.report import Outcome
from reconciler.model.webhook import Masked
from reconciler.output.plan_text import plan_text
from reconciler.output.terminal import Style
from reconciler.sandbox.documents import MASK, places_of
from reconciler.sandbox.faults import DROP_ANSWER, RESET_REQUEST, Rule, When
from reconciler.sandbox.messages import Response, json_response
from reconciler.testing.bench import Bench, Entry, words_of
from reconciler.testing.plugin import option
from reconciler.testing.samples import NEW, OLD, SECRETS, Sample, samples_of
from reconciler.testing.servers import MemoryServer, Relay
from reconciler.view.codec import json_text
from reconciler.view.redact import view_plan

WRONG_TOKEN = "wrong-5cd31f0ab97e"  # noqa: S105 - nobody's
SMALL = 2  # webhooks on a page, in memory


class ProviderSuite:
    """The tests. `provider_suite` makes a subclass for each provider."""

    provider: ClassVar[Provider]
    given: ClassVar[Mapping[str, Sample]] = {}  # samples of fields whose values can't be made up

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """A test for each field that it is about."""
        samples, fields = samples_of(self.provider, self.given), {spec.name: spec for spec in self.provider.fields}
        readable = [
            name
            for name in samples
            if name in fields and not fields[name].scope and fields[name].reads_back is ReadsBack.CLEAR
        ]
        cases = {
            "changeable": [name for name in ["url", *readable] if not fields[name].is_fixed],
            "create_only": [name for name in ["url", *readable] if fields[name].sent is Sent.CREATE],
            "set_field": [
                name
                for name, spec in fields.items()
                if spec.type in (FieldType.EVENTS, FieldType.SET) and spec.sent is not Sent.NEVER
            ],
            "secret": [
                spec.name for spec in self.provider.fields if spec.type is FieldType.SECRET and not spec.is_made
            ],
            "method": ["POST", "DELETE", self.provider.rest.update.verb if self.provider.rest else "PUT"],
        }
        for name in cases.keys() & {*metafunc.fixturenames}:
            metafunc.parametrize(name, cases[name])

    @pytest.fixture
    def bench(self) -> Iterator[Bench]:
        """An account at a server: the real one that the options name, or one in memory."""
        url, token, place = (option(f"provider-{name}") for name in ("url", "token", "place"))
        server = Relay(url) if url else MemoryServer(self.provider)
        with Bench(self.provider, server, token if isinstance(server, Relay) else server.token, place) as bench:
            yield bench

    @pytest.fixture
    def memory(self, bench: Bench) -> MemoryServer:
        """The server in memory, whose insides a test looks at."""
        if bench.memory is None:
            pytest.skip("needs the server in memory")
        return bench.memory

    def samples(self, side: int) -> dict[str, object]:
        """All fields of their own, before (0) or after (1)."""
        own = {spec.name for spec in self.provider.own_fields if not spec.scope}
        return {name: pair[side] for name, pair in samples_of(self.provider, self.given).items() if name in own}

    def field(self, name: str) -> Field:
        return next(spec for spec in self.provider.fields if spec.name == name)

    # The declaration

    def test_declaration_is_whole(self) -> None:
        provider = self.provider
        names = [spec.name for spec in provider.fields]
        assert len({*names}) == len(names), "a field is declared twice"
        assert "url" in names
        if provider.digest_in:
            spec = self.field(provider.digest_in)
            assert (spec.type, spec.sent, spec.reads_back) == (FieldType.TEXT, Sent.ALWAYS, ReadsBack.CLEAR)
            assert not any(one.needs_another for one in provider.fields), "a new secret has to reach its webhook"
        assert not provider.catch_all or not provider.events or provider.catch_all in provider.events
        for setting in provider.places:
            assert re.fullmatch(setting.pattern, setting.example), f"the example of `{setting.setting}` doesn't fit"
        if provider.rest is not None:
            parts = {spec.path[0] for spec in provider.fields}
            assert parts >= {*provider.rest.update.units}, "a unit holds no field"
            assert "{}" in provider.rest.item
            assert provider.rest.one or not provider.rest.wraps, "`wraps` needs `one`"

    def test_file_says_all_of_its_fields(self, bench: Bench) -> None:
        said = self.samples(1)
        desired = bench.desired(bench.entry(**said))
        assert not desired.ignored & {*said}
        assert desired.fields == self.provider.normalise(desired.fields)

    # What is sent, and what comes back

    @pytest.mark.parametrize("active", [True, False], ids=["on", "off"])
    @pytest.mark.parametrize("path", ["/a", "/a%7eb/./c/../d?y=2&x=1", "/a?tenant=acme&tenant=globex&empty="])
    def test_create_reads_back(self, bench: Bench, path: str, active: bool) -> None:  # noqa: FBT001 - of a table
        entry = bench.entry(path, **self.samples(1), **self._switched(active))
        desired = bench.desired(entry)
        made = bench.create(entry)
        assert [remote.id for remote in bench.remotes()] == [made.id]
        for remote in (made, bench.writer.get(made.id), *bench.remotes()):
            assert remote.id == made.id
            assert remote.key == desired.key
            assert bench.differing(desired, remote) == []
            assert remote.unreadable == ()
            assert remote.fields == self.provider.normalise(remote.fields)

    def test_ids_may_be_texts(self, bench: Bench, memory: MemoryServer) -> None:
        memory.api.text_ids = True
        entry = bench.entry()
        bench.apply({"a": entry})
        bench.check({"a": entry})

    def test_apply_leaves_nothing_to_do(self, bench: Bench) -> None:
        entries = {"a": bench.entry("/a", **self.samples(0)), "b": bench.entry("/b", **self.samples(1))}
        bench.apply(entries)
        assert len(bench.check(entries)) == len(entries)

    def test_what_a_file_does_not_say_leaves_nothing_to_do(self, bench: Bench) -> None:
        bench.apply({"a": bench.entry()})
        bench.check({"a": bench.entry()})

    @pytest.mark.parametrize("says_secrets", [True, False], ids=["secrets-said", "secrets-unsaid"])
    def test_field_is_changed_and_the_others_stay(self, bench: Bench, changeable: str, says_secrets: bool) -> None:  # noqa: FBT001 - of a table
        before, after = self._around(bench, changeable)
        bench.apply({"a": before})
        (old,) = bench.remotes()
        if not says_secrets:
            for spec in self._secrets():
                after = {name: value for name, value in after.items() if name != spec.name}
        run = bench.plan({"a": after})
        if not says_secrets and run.plan.not_planned:  # it would take the secret away, which nobody can send again
            self._keeps_secrets(bench, {old.id: OLD})
            return
        (change,) = self._changes(run.plan.planned[0].changes)
        assert change.reason is not Reason.REPLACES, f"`{changeable}` is declared changeable"
        report = run.apply()
        assert report.is_complete, words_of(report)
        (new,) = bench.check({"a": after}).values()
        untouched = [spec.name for spec in self.provider.fields if spec.name not in (changeable, "url")]
        assert {name: new.fields[name] for name in untouched} == {name: old.fields[name] for name in untouched}
        self._keeps_secrets(bench, {new.id: OLD})

    def test_create_only_field_takes_another_webhook(self, bench: Bench, create_only: str) -> None:
        before, after = self._around(bench, create_only)
        bench.apply({"a": before})
        (old,) = bench.remotes()
        mark = len(bench.server.calls())
        run = bench.plan({"a": after})
        (account,) = run.plan.planned
        reasons = {(change.action, change.reason) for change in self._changes(account.changes)}
        assert reasons == {(Action.CREATE, Reason.REPLACES), (Action.DELETE, Reason.REPLACED)}
        assert run.apply().is_complete
        methods = [call.method for call in bench.server.calls()[mark:]]
        writes = [method for method in methods if method != "GET"]
        assert (writes[0], writes[-1], writes.count("DELETE")) == ("POST", "DELETE", 1)
        between = methods[methods.index("POST") + 1 : methods.index("DELETE")]
        assert "GET" in between, "the new one is read back before the old one goes"
        (new,) = bench.check({"a": after}).values()
        assert new.id != old.id

    def test_order_of_a_set_does_not_matter(self, bench: Bench, set_field: str) -> None:
        sample = samples_of(self.provider, self.given).get(set_field)
        if sample is None or not isinstance(sample[1], list):
            pytest.skip("has only one value")
        entry = bench.entry(**{set_field: sample[1]})
        bench.apply({"a": entry})
        bench.check({"a": {**entry, set_field: sample[1][::-1]}})

    def test_what_no_entry_wants_is_deleted(self, bench: Bench) -> None:
        bench.apply({"a": bench.entry("/a"), "b": bench.entry("/b")})
        bench.apply({"a": bench.entry("/a")})
        bench.check({"a": bench.entry("/a")})
        bench.apply({})
        bench.check({})

    def test_more_than_two_pages_are_listed(self, bench: Bench, memory: MemoryServer) -> None:
        memory.api.page_size = SMALL
        entries = {f"e{number}": bench.entry(f"/{number}") for number in range(2 * SMALL + 1)}
        bench.apply(entries)
        assert [remote.id for remote in bench.remotes()] == list(memory.webhooks())
        bench.check(entries)

    def test_looking_sends_only_gets(self, bench: Bench) -> None:
        bench.create(self._entry(bench))
        mark = len(bench.server.writes())
        assert bench.plan({"a": self._entry(bench, f"/a?token={OLD}"), "b": bench.entry("/b")}).plan.has_changes
        assert len(bench.server.writes()) == mark

    def test_second_delete_finds_nothing(self, bench: Bench) -> None:
        made = bench.create(bench.entry())
        writer = bench.writer
        writer.delete(made.id)
        with pytest.raises(ProviderError) as caught:
            writer.get(made.id)
        assert caught.value.kind is ErrorKind.GONE
        try:
            writer.delete(made.id)
        except ProviderError as error:
            assert error.kind is ErrorKind.GONE  # noqa: PT017 - where deleted ones stay in the list, there is none
        else:
            assert self.provider.rest is None or self.provider.rest.gone
        assert bench.remotes() == ()

    def test_webhooks_of_another_place_are_not_seen(self, bench: Bench, memory: MemoryServer) -> None:
        if not self.provider.required_places:
            pytest.skip("has no places")
        made = bench.create(bench.entry())
        row = memory.api.rows[made.id]
        values = {name: "another" for setting in self.provider.required_places for name in setting.values}
        owner = row.owner if values else f"{row.owner}/elsewhere"
        memory.api.rows["999"] = replace(row, id="999", owner=owner, values={**row.values, **values})
        assert [remote.id for remote in bench.remotes()] == [made.id]

    # Secrets

    def test_secret_is_sent_and_never_told(self, bench: Bench, secret: str) -> None:
        entry = bench.entry(**{**self.samples(0), secret: NEW})
        run = bench.plan({"a": entry})
        view = view_plan(run.plan)
        report = run.apply()
        assert report.is_complete
        again = view_plan(bench.plan({"a": entry}).plan)
        told = [repr(run.plan), repr(report), repr(run.events)]
        for shown in (view, again):
            told += [plan_text(shown, Style(on=False), verbosity=2), json_text(shown)]
        assert [text for text in told for value in SECRETS.values() if value in text] == []
        bench.check({"a": entry})
        (made,) = bench.remotes()
        if bench.memory is not None:
            assert bench.memory.webhooks()[made.id][secret] == SECRETS["SUITE_NEW"]

    def test_whether_a_secret_is_set_is_compared_where_that_reads_back(self, bench: Bench, secret: str) -> None:
        without = bench.entry(**{name: value for name, value in self.samples(0).items() if name != secret})
        bench.apply({"a": without})
        run = bench.plan({"a": {**without, secret: NEW}})
        (remote,) = bench.remotes()
        is_masked = self.field(secret).reads_back is ReadsBack.MASKED
        assert run.plan.has_changes is (self.field(secret).reads_back in (ReadsBack.CLEAR, ReadsBack.MASKED))
        assert run.apply().is_complete
        bench.check({"a": {**without, secret: NEW}})
        (remote,) = bench.remotes()
        assert not is_masked or remote.fields[secret] is Masked.SET

    def test_digest_of_a_secret_makes_a_new_value_a_difference(self, bench: Bench, secret: str) -> None:
        if not self.provider.digest_in or not self.field(secret).is_unread:
            pytest.skip("has no place for a digest, or needs none")
        before, after = ({**self._entry(bench), secret: value, "secret_digest": True} for value in (OLD, NEW))
        bench.apply({"a": before})
        (old,) = bench.check({"a": before}).values()
        bench.apply({"a": after})
        (new,) = bench.check({"a": after}).values()
        assert new.id == old.id
        if bench.memory is not None:
            assert bench.memory.webhooks()[new.id][secret] == SECRETS["SUITE_NEW"]
        without = {name: value for name, value in after.items() if name != "secret_digest"}
        assert not bench.plan({"a": without}).plan.has_changes
        bench.apply({"a": {**without, "url": f"/a?token={NEW}"}})
        (last,) = bench.remotes()
        assert last.fields[self.provider.digest_in] == without[self.provider.digest_in], "nobody keeps it up to date"

    # What goes wrong

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
        bench.apply({"changed": self._entry(bench, f"/changed?token={OLD}"), "gone": self._entry(bench, "/gone")})
        wanted = {"changed": self._entry(bench, f"/changed?token={NEW}"), "made": self._entry(bench, "/made")}
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
        bench.apply({"changed": self._entry(bench, f"/changed?token={OLD}"), "gone": self._entry(bench, "/gone")})
        wanted = {"changed": self._entry(bench, f"/changed?token={NEW}"), "made": self._entry(bench, "/made")}
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

    # Helpers

    def _entry(self, bench: Bench, path: str = "/a") -> Entry:
        """An entry that says all fields: without its secrets, a webhook can't be replaced."""
        return bench.entry(path, **self.samples(0))

    def _around(self, bench: Bench, name: str) -> tuple[Entry, Entry]:
        """An entry before and after one field of it changes."""
        if name == "url":
            return bench.entry(f"/a?token={OLD}", **self.samples(0)), bench.entry(f"/a?token={NEW}", **self.samples(0))
        before, after = samples_of(self.provider, self.given)[name]
        common: Any = bench.entry(**self.samples(0))
        return {**common, name: before}, {**common, name: after}

    def _switched(self, active: bool) -> dict[str, object]:  # noqa: FBT001 - it is the value
        spec = next((spec for spec in self.provider.fields if spec.name == "active"), None)
        if spec is None or spec.says:
            return {}
        if not active and spec.is_fixed:
            pytest.skip("can't be switched off")
        return {"active": active}

    def _changes(self, changes: tuple[Change, ...]) -> tuple[Change, ...]:
        return tuple(change for change in changes if change.action is not Action.NONE)

    def _secrets(self) -> list[Field]:
        return [spec for spec in self.provider.fields if spec.type is FieldType.SECRET and not spec.is_made]

    def _keeps_secrets(self, bench: Bench, expected: Mapping[str, str]) -> None:
        """See that webhooks have their secret in memory: not its mask, and not nothing."""
        if bench.memory is None:
            return
        for object_id, variable in expected.items():
            values = bench.memory.api.rows[object_id].values
            for spec in self._secrets():
                (place,) = places_of(spec)
                assert values.get(place) not in (None, "", MASK), f"an update took `{spec.name}` away"
                assert values.get(place) == SECRETS[variable.strip("${}")]

    def _verb(self) -> str:
        return self.provider.rest.update.verb if self.provider.rest is not None else "PUT"

    def _error(self, bench: Bench, *, token: str = "", base_url: str = "") -> ProviderError:
        """Why an account was not planned."""
        run = bench.plan({"a": bench.entry()}, token=token, base_url=base_url)
        (account,) = run.plan.accounts
        assert isinstance(account, NotPlanned)
        assert not run.plan.has_changes
        return account.error


def _refusal(document: Mapping[str, object]) -> Response:
    return json_response(422, document)
