"""What must hold for every provider: a class of tests, made from its declaration."""

from __future__ import annotations

import re

import pytest
from msgspec.structs import replace

from reconciler.model.field import FieldType, ReadsBack, Sent
from reconciler.model.plan import Action, Reason
from reconciler.model.reading import ErrorKind, ProviderError
from reconciler.model.rest import Body
from reconciler.testing.bench import Bench, words_of
from reconciler.testing.samples import OLD, samples_of
from reconciler.testing.servers import MemoryServer
from reconciler.testing.suite_failures import FailureSuite
from reconciler.testing.suite_secrets import SecretSuite

SMALL = 2  # webhooks on a page, in memory


class ProviderSuite(SecretSuite, FailureSuite):
    """The tests. `provider_suite` makes a subclass for each provider."""

    # The declaration

    def test_declaration_is_whole(self) -> None:
        provider = self.provider
        names = [spec.name for spec in provider.fields]
        assert len({*names}) == len(names), "a field is declared twice"
        assert "url" in names
        if provider.digest_in:
            spec = self.field(provider.digest_in)
            assert (spec.type, spec.sent, spec.reads_back) == (FieldType.TEXT, Sent.ALWAYS, ReadsBack.CLEAR)
            assert not any(one.needs_another and one.type is FieldType.SECRET for one in provider.fields)
        assert not provider.catch_all or not provider.events or provider.catch_all in provider.events
        for setting in provider.places:
            assert re.fullmatch(setting.pattern, setting.example), f"the example of `{setting.setting}` doesn't fit"
        if provider.rest is not None:
            parts = {spec.path[0] for spec in provider.fields}
            assert parts >= {*provider.rest.update.units}, "a unit holds no field"
            assert "{}" in provider.rest.item
            if provider.rest.body is Body.FORM:
                lists = [spec.name for spec in provider.fields if spec.type in (FieldType.SET, FieldType.HEADERS)]
                assert lists == [], "a form can't say that a list is empty"
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
