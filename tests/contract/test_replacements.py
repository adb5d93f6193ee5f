"""What no update can change takes another webhook, over HTTP: made first, seen, and then the old one is deleted."""

from __future__ import annotations

from msgspec.structs import replace

from reconciler.model.field import Sent
from reconciler.model.secret import SecretText
from tests.contract.bench import Bench
from tests.contract.hooks import Hook
from tests.contract.subjects import PIGEONRY_SUBJECT

KEY = SecretText.environment("SIGNING_KEY", "the-key")
FIELDS = tuple(
    replace(spec, sent=Sent.CREATE) if spec.name == "format" else spec for spec in PIGEONRY_SUBJECT.provider.fields
)
SUBJECT = replace(PIGEONRY_SUBJECT, provider=replace(PIGEONRY_SUBJECT.provider, fields=FIELDS))
WANTED = {"a": Hook(others={"signing_key": KEY, "format": "form"})}


def test_new_one_is_made_and_seen_before_the_old_one_goes() -> None:
    with Bench(SUBJECT) as bench:
        (old,) = bench.put(Hook())
        mark = len(bench.server.calls())
        bench.converge(WANTED, {})
        calls = [(call.method, call.path.endswith(f"/{old}")) for call in bench.server.calls()[mark:]]
        writes = [call for call in calls if call[0] != "GET"]
        assert writes == [("POST", False), ("DELETE", True)]
        assert ("GET", False) in calls[calls.index(writes[0]) + 1 : calls.index(writes[1])]


def test_run_that_was_stopped_between_the_two_is_finished_by_the_next() -> None:
    with Bench(SUBJECT) as bench:
        old, new = bench.put(Hook(), Hook(others={"format": "form"}))
        bench.converge(WANTED, {})
        assert (old in bench.server.webhooks(), new in bench.server.webhooks()) == (False, True)
