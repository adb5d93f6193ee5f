"""Secrets of every kind stay out of everything that is said: plans, JSON, text, reports, events, reprs and errors."""

from __future__ import annotations

import json
import traceback
from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

import pytest
from msgspec.structs import replace

from reconciler.model.field import ReadsBack
from reconciler.model.plan import Action, NotPlanned, Plan
from reconciler.model.provider import Provider
from reconciler.model.reading import ErrorKind, ProviderError
from reconciler.model.report import Outcome, Report
from reconciler.model.secret import CHANGED, HIDDEN, SecretText
from reconciler.model.webhook import Remote
from reconciler.operations.saved_plan import is_of, read_saved, sealed
from reconciler.output.plan_text import plan_text
from reconciler.output.terminal import Style
from reconciler.planning.match import update_of
from reconciler.sandbox.faults import Answer, Rule
from reconciler.view.codec import json_text
from reconciler.view.documents import Sources
from reconciler.view.redact import view_listing, view_plan
from reconciler.view.results import ResultMask
from reconciler.view.values import plain_change, plain_fields
from tests.contract.bench import Bench, Wanted
from tests.contract.hooks import Hook, entries_of, fields_of
from tests.contract.pigeonry import PIGEONRY
from tests.contract.subjects import PIGEONRY_SUBJECT, SUBJECTS, Subject
from tests.support.canaries import Canaries

IN_FILE, IN_REMOTE = "q7Zk0Vw3XfT9bLmR2sYd", "mB4xJ8nHc1VtG6yKp5Qe"
"""Of a URL, as the file has it and as the provider has it."""
NEW_KEY, OLD_KEY = "Wd9sPz2LkTq7Rj5XvB3n", "aY6uFh0CeN8oKi4MgS1x"
"""Signing keys, as the file has it and as the provider has it."""


def _told(texts: Iterable[str], bench: Bench) -> list[str]:
    """The secrets that are told, and where."""
    kind = bench.provider.kind_of(bench.subject.token)
    token = bench.subject.token.removeprefix(kind.prefix if kind else "")
    canaries = Canaries({secret: secret for secret in (IN_FILE, IN_REMOTE, NEW_KEY, OLD_KEY, token)})
    return [f"{found}: {text}" for text in texts for found in canaries.found_in(text)]


def _url(path: str, secret: SecretText) -> SecretText:
    return SecretText.joined((SecretText.literal(f"{path}?token="), secret))


def _never_read(provider: Provider) -> tuple[str, ...]:
    return tuple(spec.name for spec in provider.fields if spec.reads_back is ReadsBack.NEVER)


def _others(provider: Provider, key: SecretText) -> dict[str, SecretText]:
    return dict.fromkeys(_never_read(provider), key)


def _there(bench: Bench) -> None:
    """A webhook to be updated, one to be deleted, two that are one, one in step, and one that is nobody's business."""
    others = _others(bench.provider, SecretText.provider(OLD_KEY))
    old = SecretText.provider(IN_REMOTE)
    paths = ("/update", "/delete", "/same", "/same", "https://elsewhere.example.org/a")
    bench.put(*(Hook(path=_url(path, old), others=others) for path in paths))


def _wanted(bench: Bench) -> Wanted:
    new, same = SecretText.environment("HOOK_TOKEN", IN_FILE), SecretText.environment("OLD_TOKEN", IN_REMOTE)
    others = _others(bench.provider, SecretText.environment("SIGNING_KEY", NEW_KEY))
    return {
        "create": Hook(path=_url("/create", new), others=others),
        "update": Hook(path=_url("/update", new), active=False, others=others),
        "same": Hook(path=_url("/same", same), others=others),
    }


def _said_of(plan: Plan) -> Iterator[str]:
    view = view_plan(plan)
    yield from (repr(plan), str(plan), repr(view), plan_text(view, Style(on=False), verbosity=2))
    yield json_text(view)
    yield repr(view_listing(plan))


def _shown(report: Report) -> Iterator[str]:
    mask = ResultMask(report.plan)
    return (f"{mask.words(result)} {mask.help(result)}" for result in report.results)


def test_no_secret_is_told_of_a_plan_a_report_or_what_happens(bench: Bench) -> None:
    _there(bench)
    run = bench.plan(_wanted(bench))
    assert {change.action for account in run.plan.planned for change in account.changes} == {*Action} - {Action.NONE}
    report = run.apply()
    assert report.is_complete
    again = bench.plan(_wanted(bench)).plan
    texts = [*_said_of(run.plan), *_said_of(again), repr(report), *_shown(report), repr(run.events)]
    assert _told(texts, bench) == []
    # The server has them, so it was not for want of secrets.
    kept = json.dumps(list(bench.server.webhooks().values()))
    assert all(secret in kept for secret in (IN_FILE, IN_REMOTE))


@pytest.mark.parametrize("subject", [subject for subject in SUBJECTS if _never_read(subject.provider)], ids=str)
def test_never_read_secret_is_sent_with_creates_and_updates_and_not_otherwise(subject: Subject) -> None:
    with Bench(subject) as bench:
        _there(bench)
        bench.apply(_wanted(bench))
        keys = {
            (urlsplit(str(kept["url"])).path, kept[name])
            for kept in bench.server.webhooks().values()
            for name in _never_read(bench.provider)
        }
    assert keys == {("/create", NEW_KEY), ("/update", NEW_KEY), ("/same", OLD_KEY), ("/a", OLD_KEY)}


def test_changed_secret_of_a_url_shows_as_changed(bench: Bench) -> None:
    bench.put(Hook(path=_url("/update", SecretText.provider(IN_REMOTE))))
    (row,) = view_plan(bench.plan({"a": Hook(path=_url("/update", SecretText.literal(IN_FILE)))}).plan).changes
    (field,) = row.field_changes
    url = "https://hooks.example.com/update?token="
    assert (field.name, field.before, field.after) == ("url", url + HIDDEN, url + CHANGED)


def test_saved_plan_holds_no_secret_and_still_knows_when_one_changes(bench: Bench) -> None:
    _there(bench)
    wanted = _wanted(bench)
    plan = bench.plan(wanted).plan
    text = sealed(view_plan(plan), plan, Sources(files=(), variables={}, var_files=(), env_files=()))[0]
    assert _told([text], bench) == []
    _, seal = read_saved(text.encode())
    assert is_of(seal, bench.plan(wanted).plan)
    rotated = SecretText.environment("HOOK_TOKEN", "another-one")
    assert not is_of(seal, bench.plan({**wanted, "create": Hook(path=_url("/create", rotated))}).plan)
    for name in _never_read(bench.provider):
        create = wanted["create"]
        other = {**wanted, "create": replace(create, others={**create.others, name: rotated})}
        assert not is_of(seal, bench.plan(other).plan)


def test_never_read_secret_shows_as_hidden_where_the_file_says_one(loft: Bench) -> None:
    loft.put(Hook(path="/b", others={"signing_key": SecretText.provider(OLD_KEY)}))
    plan = loft.plan({"a": Hook(others={"signing_key": SecretText.literal(NEW_KEY)})}).plan
    rows = view_plan(plan).changes
    # Of one that is there nobody can say whether it has a key.
    assert [((row.change.before or row.change.after) or {}).get("signing_key") for row in rows] == [HIDDEN, None]
    assert [field.name for row in rows for field in row.field_changes] == []


@pytest.mark.parametrize("written", [SecretText.literal, lambda text: SecretText.environment("KEY", text)])
def test_secret_field_that_reads_back_shows_as_changed_even_where_the_file_writes_it(written: object) -> None:
    # No provider here has one; the view must not rely on that.
    assert callable(written)
    open_book = replace(PIGEONRY, fields=tuple(replace(spec, reads_back=ReadsBack.CLEAR) for spec in PIGEONRY.fields))
    (entry,) = entries_of(open_book, "default", "a", Hook(others={"signing_key": written(NEW_KEY)}), ())
    ((_, fields),) = fields_of(open_book, Hook(others={"signing_key": SecretText.provider(OLD_KEY)}), ())
    change = update_of(open_book, entry, Remote(id="1", key=entry.key, fields=fields))
    assert change is not None
    (field,) = change.fields
    with Bench(PIGEONRY_SUBJECT) as loft:
        redaction = loft.plan({}).plan.configuration.redaction
    assert field.name == "signing_key"
    assert plain_change(redaction, field.before, field.after) == (HIDDEN, CHANGED)
    assert plain_fields(open_book, redaction, change.wanted)["signing_key"] == HIDDEN


# Errors


def _quoting(bench: Bench, words: str) -> bytes:
    """A refusal that quotes everything it was sent, sentence by sentence."""
    document = {spec.name: [f"The value {words} is not acceptable"] for spec in bench.provider.fields}
    return json.dumps({"detail": f"Not acceptable: {words}", "error": words, **document}).encode()


def _said_by(error: ProviderError) -> list[str]:
    return [str(error), repr(error), error.message, error.help, *traceback.format_exception(error)]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422, 500])
def test_no_secret_is_told_by_an_error_though_the_provider_quotes_it(bench: Bench, status: int) -> None:
    others = _others(bench.provider, SecretText.environment("SIGNING_KEY", NEW_KEY))
    hook = Hook(path=_url("/a", SecretText.environment("HOOK_TOKEN", IN_FILE)), others=others)
    ((_, fields),) = fields_of(bench.provider, hook, bench.scope)
    words = f"{IN_FILE} {NEW_KEY} {bench.subject.token}"
    bench.server.faults.add(Rule(action=Answer(status=status, body=_quoting(bench, words))))
    writer = bench.writer()
    there = Remote(id="1", key=None, fields=fields)
    texts: list[str] = []
    for call in (
        lambda: writer.create(fields),
        lambda: writer.update("1", fields, there),
        lambda: writer.get("1"),
        writer.list,
    ):
        with pytest.raises(ProviderError) as caught:
            call()
        texts += _said_by(caught.value)
    assert _told(texts, bench) == []


_WORD = "correcthorsebatterystaple"


def _refused(bench: Bench, hook: Hook, field: str) -> ProviderError:
    """What a refusal says that quotes the word, in a plain sentence about a field."""
    ((_, fields),) = fields_of(bench.provider, hook, bench.scope)
    document = {field: [f"The value {_WORD} is not acceptable"]}
    bench.server.faults.add(Rule(action=Answer(status=422, body=json.dumps(document).encode()), method="POST"))
    with pytest.raises(ProviderError) as caught:
        bench.writer().create(fields)
    assert caught.value.kind is ErrorKind.INVALID
    return caught.value


def test_no_secret_of_a_url_is_told_by_a_refusal_though_it_reads_as_a_word(bench: Bench) -> None:
    hook = Hook(path=_url("/a", SecretText.environment("HOOK_TOKEN", _WORD)))
    assert _WORD not in "".join(_said_by(_refused(bench, hook, "url")))


def test_no_secret_field_is_told_by_a_refusal_though_it_reads_as_a_word(loft: Bench) -> None:
    hook = Hook(others=_others(loft.provider, SecretText.environment("SIGNING_KEY", _WORD)))
    assert _WORD not in "".join(_said_by(_refused(loft, hook, "signing_key")))


def test_no_secret_is_told_where_an_account_is_denied(bench: Bench) -> None:
    _there(bench)
    bench.server.faults.add(Rule(action=Answer(status=401, body=_quoting(bench, bench.subject.token))))
    plan = bench.plan(_wanted(bench)).plan
    (account,) = plan.accounts
    assert isinstance(account, NotPlanned)
    assert _told([*_said_of(plan), *_said_by(account.error), repr(account.error)], bench) == []


def test_no_secret_is_told_where_changes_are_refused(bench: Bench) -> None:
    _there(bench)
    run = bench.plan(_wanted(bench))
    body = _quoting(bench, f"{IN_FILE} {NEW_KEY}")
    for method in ("POST", "PUT"):
        bench.server.faults.add(Rule(action=Answer(status=400, body=body), method=method))
    report = run.apply()
    assert {result.outcome for result in report.results} >= {Outcome.FAILED, Outcome.DONE}
    errors = [text for result in report.results if result.error is not None for text in _said_by(result.error)]
    assert errors
    assert _told([repr(report), *_shown(report), repr(run.events), *errors], bench) == []
