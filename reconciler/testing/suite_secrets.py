"""What must hold for every provider's secrets."""

from __future__ import annotations

import pytest

from reconciler.model.field import ReadsBack
from reconciler.model.secret import SecretText
from reconciler.model.webhook import Masked
from reconciler.output.plan_text import plan_text
from reconciler.output.terminal import Style
from reconciler.sandbox.faults import DROP_ANSWER, Rule, When
from reconciler.testing.bench import Bench, words_of
from reconciler.testing.samples import NEW, OLD, SECRETS
from reconciler.testing.suite_base import SuiteBase
from reconciler.view.codec import json_text
from reconciler.view.redact import view_plan


class SecretSuite(SuiteBase):
    """The tests of secrets."""

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

    @pytest.mark.parametrize(
        ("beside", "lost"),
        [(False, ""), (True, ""), (True, "POST"), (True, "UPDATE"), (True, "DELETE")],
        ids=["alone", "duplicate", "duplicate-post-lost", "duplicate-update-lost", "duplicate-delete-lost"],
    )
    def test_new_secret_reaches_the_webhook_that_stays(self, bench: Bench, beside: bool, lost: str) -> None:  # noqa: FBT001 - of a table
        """Where the answer to a call of that method is lost, it may take a second run."""
        names = [spec.name for spec in self._secrets() if spec.is_unread]
        if bench.memory is None or not (names or self.provider.makes_secrets):
            pytest.skip("needs the server in memory, and a secret that can't be read back")
        before = self._entry(bench)
        after = {**before, **dict.fromkeys(names, NEW)}
        bench.apply({"a": before})
        if beside:
            bench.create(before)
        bench.server.fail(Rule(action=DROP_ANSWER, method=self._verb() if lost == "UPDATE" else lost, when=When(nth=1)))
        if not lost:
            bench.server.fail()
        report = bench.plan({"a": after}, resend_secrets=True).apply()
        bench.server.fail()
        assert lost or report.is_complete, words_of(report)
        if not report.is_complete:
            bench.apply({"a": after}, resend_secrets=True)
        (new,) = bench.check({"a": after}).values()
        values = bench.memory.webhooks()[new.id]
        assert {name: values[name] for name in names} == dict.fromkeys(names, SECRETS["SUITE_NEW"])
        if self.provider.makes_secrets:
            assert bench.taken == {"MADE_A": SecretText.provider(f"made-for-{new.id}")}

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
