"""Secrets that a provider makes and shows only once: passed on before anything else can fail, or taken back."""

from __future__ import annotations

import json
import os
import shlex
import stat
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from dotenv import dotenv_values

from reconciler import PlanRefusedError, apply, load, plan
from reconciler.model.secret import SecretText
from reconciler.operations.secret_sinks import SecretFile
from tests.support.here import main_here
from tests.support.mint import MASK, SECRET, TOKEN, Mint, install_mint, mint_server

URL = "https://hooks.example.com/ledger"
FILE = """\
version: 1
accounts:
  payments:
    provider: PROVIDER
    token: ${MINT_TOKEN}
    base_url: BASE
owns: [https://hooks.example.com/*]
webhooks:
  ledger:
    url: https://hooks.example.com/ledger
    events: [coin.struck]
    secret_to: LEDGER_SECRET
"""
SECOND = """\
  audit:
    url: https://hooks.example.com/audit
    events: [coin.lost]
    secret_to: AUDIT_SECRET
"""
APPLY = ("apply", "--auto-approve", "--parallelism", "1")
TO_FILE = ("--secrets-to", "made.env")


@pytest.fixture
def mint(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mint]:
    install_mint(monkeypatch)
    with mint_server() as server:
        yield server


class Work:
    """A folder with a file, and the commands in it."""

    def __init__(self, folder: Path, mint: Mint) -> None:
        self.folder, self.mint = folder, mint
        self.write()

    def write(self, text: str = FILE, provider: str = "mint") -> None:
        text = text.replace("BASE", self.mint.base_url).replace("PROVIDER", provider)
        (self.folder / "webhooks.yaml").write_text(text)

    def run(self, *arguments: str) -> tuple[int, str]:
        code, out, err = main_here(self.folder, arguments, {"MINT_TOKEN": TOKEN})
        said = out + err
        assert "correct+horse" not in said
        assert MASK not in said
        return code, said

    def made(self) -> dict[str, str | None]:
        """What stands in the file of secrets, as programs read it."""
        text = (self.folder / "made.env").read_text()
        return dotenv_values(stream=StringIO(text), interpolate=False)

    def in_step(self) -> None:
        assert self.run("drift")[0] == 0
        assert self.mint.count("PATCH") == 0


@pytest.fixture
def work(tmp_path: Path, mint: Mint) -> Work:
    return Work(tmp_path, mint)


def _gone() -> str:
    return SECRET.format(1)


def test_it_goes_to_a_file_of_its_owner_and_the_next_plan_is_empty(work: Work) -> None:
    code, said = work.run(*APPLY, *TO_FILE)
    assert code == 0, said
    assert work.made() == {"LEDGER_SECRET": work.mint.secrets[URL]}
    assert stat.S_IMODE((work.folder / "made.env").stat().st_mode) == 0o600
    work.in_step()


def test_file_keeps_what_else_is_in_it_and_replaces_the_name(work: Work) -> None:
    before = "# ours\nOTHER=1\n\nexport LEDGER_SECRET='old'\nLAST=\"a b\""
    (work.folder / "made.env").write_text(before)
    (work.folder / "made.env").chmod(0o644)
    assert work.run(*APPLY, *TO_FILE)[0] == 0
    assert work.made() == {"OTHER": "1", "LAST": "a b", "LEDGER_SECRET": work.mint.secrets[URL]}
    assert (work.folder / "made.env").read_text().startswith("# ours\nOTHER=1\n")
    assert stat.S_IMODE((work.folder / "made.env").stat().st_mode) == 0o600


@pytest.mark.parametrize("text", ["just words\n", "version: 1\n", "A=1\nB\n", '{"a": 1}\n', "\xff\x00"])
def test_no_other_file_is_written_over_and_nothing_is_made(work: Work, text: str) -> None:
    (work.folder / "made.env").write_bytes(text.encode("latin-1"))
    code, said = work.run(*APPLY, *TO_FILE)
    assert code == 1
    assert "made.env can't be used: it is not a file of NAME=value lines" in said
    assert (work.folder / "made.env").read_bytes() == text.encode("latin-1")
    assert work.mint.hooks == {}


def test_command_gets_it_on_its_standard_input_and_what_it_prints_is_dropped(work: Work) -> None:
    code_ = "import sys; text = sys.stdin.read(); print(text); open('took', 'a').write(text)"
    command = shlex.join((sys.executable, "-c", code_))
    work.write(FILE + SECOND)
    code, said = work.run(*APPLY, "--secrets-command", command)
    assert code == 0, said
    secrets = work.mint.secrets
    lines = (work.folder / "took").read_text().splitlines()
    assert sorted(lines) == [
        f"AUDIT_SECRET={secrets['https://hooks.example.com/audit']}",
        f"LEDGER_SECRET={secrets[URL]}",
    ]


def test_plan_says_what_apply_needs_and_apply_without_it_is_refused(work: Work) -> None:
    code, said = work.run("plan")
    assert code == 0
    assert "`apply` needs `--secrets-to` or `--secrets-command` for LEDGER_SECRET" in said
    code, said = work.run(*APPLY)
    assert code == 3
    assert "error[secrets-sink]" in said
    assert work.mint.count("POST") == 0
    (row,) = json.loads(work.run("plan", "--format", "json")[1])["resource_changes"]
    assert row["secret_to"] == "LEDGER_SECRET"


def test_entry_that_does_not_say_where_it_goes_is_refused_by_the_plan(work: Work) -> None:
    work.write(FILE.replace("    secret_to: LEDGER_SECRET\n", ""))
    code, said = work.run("plan")
    assert code == 1
    assert "Add `secret_to: NAME` to the entry" in said
    work.mint.put(URL, "coin.struck")
    assert work.run("plan")[0] == 0  # it is there already


@pytest.mark.parametrize(("option", "code"), [("--target", 0), ("--exclude", 1)])
def test_entry_that_is_left_out_need_not_say_where_it_goes(work: Work, option: str, code: int) -> None:
    work.write(FILE + SECOND.replace("    secret_to: AUDIT_SECRET\n", ""))
    assert work.run("plan", option, "ledger")[0] == code


def test_saved_plan_goes_where_it_was_reviewed_to_go(work: Work) -> None:
    assert work.run("plan", "--out", "saved.plan")[0] == 0
    work.write(FILE.replace("LEDGER_SECRET", "OTHER_SECRET"))
    assert work.run("apply", "saved.plan", *TO_FILE)[0] == 3
    work.write()
    assert work.run("apply", "saved.plan", *TO_FILE)[0] == 0
    assert work.made() == {"LEDGER_SECRET": work.mint.secrets[URL]}


@pytest.mark.parametrize(
    ("entry", "code", "words"),
    [
        ("    secret_to: LEDGER-SECRET\n", "wrong-value", "letters, digits"),
        ("    secret_to: LEDGER_SECRET\n" + SECOND.replace("AUDIT_", "LEDGER_"), "secret-to-twice", "its own name"),
        ("    secret: ${LEDGER_SECRET}\n", "unknown-key", "secret"),
    ],
    ids=["no-name", "twice", "said"],
)
def test_wrong_entries(work: Work, entry: str, code: str, words: str) -> None:
    work.write(FILE.replace("    secret_to: LEDGER_SECRET\n", entry))
    status, said = work.run("validate")
    assert status == 1
    assert f"error[{code}]" in said
    assert words in said


def test_name_in_defaults_is_an_error(work: Work) -> None:
    work.write(FILE.replace("webhooks:", "defaults:\n  secret_to: LEDGER_SECRET\nwebhooks:"))
    assert "error[unknown-key]" in work.run("validate")[1]


@pytest.mark.parametrize("provider", ["mint", "sure-mint"])
@pytest.mark.parametrize("lost", [1, 2])
def test_lost_answer_leaves_no_webhook_whose_secret_nobody_has(work: Work, provider: str, lost: int) -> None:
    work.write(provider=provider)
    work.mint.lost = lost
    code, said = work.run(*APPLY, *TO_FILE)
    assert code == 0, said
    assert work.made() == {"LEDGER_SECRET": work.mint.secrets[URL]}
    assert len(work.mint.hooks) == 1
    # The same call gives it again; else what nobody has the secret of is deleted, and another one is made.
    assert (work.mint.made, work.mint.count("DELETE")) == ((1, 0) if provider == "sure-mint" else (lost + 1, lost))
    keys = {key for method, _, key in work.mint.calls if method == "POST"}
    assert len(keys) == 1
    work.in_step()


@pytest.mark.parametrize("provider", ["mint", "sure-mint"])
def test_create_that_is_never_answered_is_taken_back(work: Work, provider: str) -> None:
    work.write(provider=provider)
    work.mint.lost = 99
    code, said = work.run(*APPLY, *TO_FILE)
    assert code == 1
    assert "deleted again" in said
    assert work.mint.hooks == {}
    work.mint.lost = 0
    assert work.run(*APPLY, *TO_FILE)[0] == 0
    assert work.made() == {"LEDGER_SECRET": work.mint.secrets[URL]}


def test_webhook_of_another_run_is_not_deleted_where_an_answer_was_lost(work: Work) -> None:
    mint = work.mint

    def make_another(_: str) -> None:
        mint.on_create = lambda _: None
        mint.put(URL, "coin.struck")

    mint.lost, mint.on_create = 1, make_another
    code, said = work.run(*APPLY, *TO_FILE)
    assert code == 1
    assert "its secret could not be passed on" in said
    assert (len(mint.hooks), mint.count("DELETE")) == (2, 0)


def test_answer_without_the_secret_is_taken_back_and_nothing_more_is_made(work: Work) -> None:
    work.write(FILE + SECOND)
    work.mint.hidden = 1
    code, said = work.run(*APPLY, *TO_FILE)
    assert code == 1
    assert "doesn't contain the secret" in said
    assert "deleted again" in said
    assert work.mint.hooks == {}
    assert work.mint.count("POST") == 1
    assert work.run(*APPLY, *TO_FILE)[0] == 0
    assert len(work.made()) == 2


@pytest.mark.parametrize("listed", [True, False], ids=["in-the-list-too", "in-the-answer-only"])
@pytest.mark.parametrize("provider", ["mint", "sure-mint"])
@pytest.mark.parametrize("field", [{"version": 5}, {"active": "maybe"}, {"events": [7]}], ids=str)
def test_secret_of_an_answer_that_can_not_be_read_whole_is_passed_on_and_nothing_more_is_made(
    work: Work, provider: str, field: dict[str, object], *, listed: bool
) -> None:
    work.write(provider=provider)
    mint = work.mint
    if listed:
        mint.on_create = lambda number: mint.hooks[number].update(field)
    else:
        mint.answered = field
    code, said = work.run(*APPLY, *TO_FILE)
    assert code == (1 if listed else 0), said
    assert ("can't be read" in said) == listed
    assert work.made() == {"LEDGER_SECRET": mint.secrets[URL]}
    assert (mint.count("POST"), len(mint.hooks)) == (1, 1)


@pytest.mark.parametrize("provider", ["mint", "sure-mint"])
@pytest.mark.parametrize("said", ["the-secret", "none"])
def test_after_a_sink_that_failed_nothing_more_is_made_whatever_else_fails(
    work: Work, provider: str, said: str
) -> None:
    """A webhook that is to be off takes a second call, which fails, too."""
    work.write(FILE + "    active: false\n" + SECOND, provider=provider)
    work.mint.refused, work.mint.hidden = True, 99 if said == "none" else 0
    code, out = work.run(*APPLY, "--secrets-command", shlex.join((sys.executable, "-c", "raise SystemExit(7)")))
    assert code == 1
    assert ("exited with 7" if said == "the-secret" else "doesn't contain the secret") in out
    assert work.mint.count("POST") == 1
    assert work.mint.hooks == {}


def test_command_that_fails_is_the_change_s_failure_and_the_webhook_is_taken_back(work: Work) -> None:
    code, said = work.run(*APPLY, "--secrets-command", shlex.join((sys.executable, "-c", "raise SystemExit(7)")))
    assert code == 1
    assert "exited with 7" in said
    assert "deleted again" in said
    assert work.mint.hooks == {}
    assert work.run(*APPLY, *TO_FILE)[0] == 0


@pytest.mark.parametrize("command", ["no-such-command-anywhere", "/no/such --with it", "./webhooks.yaml", "/"])
def test_command_that_can_not_be_run_is_known_before_anything_is_made(work: Work, command: str) -> None:
    code, said = work.run(*APPLY, "--secrets-command", command)
    assert code == 1
    assert f"`{command.split(maxsplit=1)[0]}` isn't a command that can be run here" in said
    assert work.mint.calls == []


@pytest.mark.parametrize("kind", ["/dev/full", "pipe"])
def test_what_is_no_file_is_not_replaced_by_one(work: Work, kind: str) -> None:
    if kind == "pipe":
        kind = str(work.folder / "pipe")
        os.mkfifo(kind)
    code, said = work.run(*APPLY, "--secrets-to", kind)
    assert code == 1
    assert f"{kind} can't be used: it is not a regular file" in said
    assert work.mint.calls == []


def test_a_command_is_run_for_one_secret_at_a_time(work: Work) -> None:
    """Many read what is there, and write all of it again."""
    entries = "".join(SECOND.replace("audit", f"audit{n}").replace("AUDIT", f"AUDIT{n}") for n in range(4))
    work.write(FILE + entries)
    (work.folder / "vault").write_text("")
    patch = "import sys, time; old = open('vault').read(); time.sleep(0.2); new = sys.stdin.read(); "
    patch += "open('vault', 'w').write(old + new)"
    code, said = work.run("apply", "--auto-approve", "--secrets-command", shlex.join((sys.executable, "-c", patch)))
    assert code == 0, said
    assert len((work.folder / "vault").read_text().splitlines()) == 5


def test_what_can_not_be_taken_back_is_said_with_what_to_do(work: Work) -> None:
    work.mint.hidden, work.mint.kept = 1, True
    code, said = work.run(*APPLY, *TO_FILE)
    assert code == 1
    assert "at the provider, but its secret could not be passed on" in said
    assert "delete it at the provider" in said
    assert len(work.mint.hooks) == 1


def test_where_it_can_not_be_taken_back_both_reasons_and_whole_ids_are_said(work: Work) -> None:
    work.mint.ids = "we_1000{}"
    work.mint.put(URL, "coin.struck", age=60)
    work.mint.kept = True
    fails = shlex.join((sys.executable, "-c", "raise SystemExit(7)"))
    code, said = work.run(*APPLY, "--resend-secrets", "--secrets-command", fails)
    assert code == 1
    # In the line of the change, and in the list at the end.
    assert (
        f"`{sys.executable}`, which was to take `LEDGER_SECRET`, exited with 7. It could not be deleted again" in said
    )
    assert "it is locked" in said
    assert "ledger (we_10002): create: at the provider" in said
    held = [line.split(":")[0].strip(" -") for line in said.splitlines() if "delete: held back" in line]
    assert held == ["@we_10001", "@we_10001"]


@pytest.mark.parametrize("before", ["", "LEDGER_SECRET='of_the_other_run'\n", "A=1\nLEDGER_SECRET=x\nB=2"])
def test_run_whose_webhook_is_not_the_one_that_stays_puts_back_what_it_wrote(work: Work, before: str) -> None:
    """Another run makes one at the same time, and has maybe passed on its secret: this one's replaces that."""
    mint = work.mint
    kept = dict(dotenv_values(stream=StringIO(before)))

    def make_another(_: str) -> None:
        mint.on_create = lambda _: None
        mint.put(URL, "coin.struck", age=-1)

    mint.on_create = make_another
    (work.folder / "made.env").write_text(before)
    code, said = work.run(*APPLY, *TO_FILE)
    assert code == 1
    assert dict(work.made()) == kept
    assert "another run made it, too: `LEDGER_SECRET` holds that one's secret, or what it held before" in said
    assert "--resend-secrets --target 'ledger' --secrets-to FILE` makes a new one" in " ".join(said.split())
    assert "2" in mint.hooks
    assert work.run(*APPLY, "--resend-secrets", *TO_FILE)[0] == 0
    assert list(mint.hooks) == ["3"]
    assert work.made() == {**kept, "LEDGER_SECRET": mint.secrets[URL]}


def test_what_another_run_wrote_later_stays(tmp_path: Path) -> None:
    path = tmp_path / "made.env"
    ours, theirs = SecretFile(path), SecretFile(path)
    ours("LEDGER_SECRET", SecretText.provider("ours"))
    theirs("LEDGER_SECRET", SecretText.provider("theirs"))
    ours.put_back("LEDGER_SECRET")
    assert path.read_text() == "LEDGER_SECRET='theirs'\n"


def test_a_command_has_taken_what_it_was_given(work: Work) -> None:
    mint = work.mint

    def make_another(_: str) -> None:
        mint.on_create = lambda _: None
        mint.put(URL, "coin.struck", age=-1)

    mint.on_create = make_another
    takes = shlex.join((sys.executable, "-c", "import sys; sys.stdin.read()"))
    code, said = work.run(*APPLY, "--secrets-command", takes)
    assert code == 1
    assert "another run made it, too: `LEDGER_SECRET` may now hold the secret of a webhook that is gone" in said


def test_it_is_passed_on_before_the_next_request(work: Work) -> None:
    """A webhook that is to be off needs an update after its create: the secret is safe by then."""
    work.write(FILE + "    active: false\n")
    seen: list[bool] = []
    work.mint.on_patch = lambda: seen.append((work.folder / "made.env").exists())
    assert work.run(*APPLY, *TO_FILE)[0] == 0
    assert seen == [True]
    (hook,) = work.mint.hooks.values()
    assert not hook["active"]
    assert work.made() == {"LEDGER_SECRET": hook["secret"]}


def test_replacement_gets_a_new_secret_and_the_old_one_goes_last(work: Work) -> None:
    assert work.run(*APPLY, *TO_FILE)[0] == 0
    work.write(FILE + "    version: '2'\n")
    assert work.run(*APPLY)[0] == 3
    assert work.run(*APPLY, *TO_FILE)[0] == 0
    assert len(work.mint.hooks) == 1
    assert work.made() == {"LEDGER_SECRET": work.mint.secrets[URL]}
    assert work.mint.secrets[URL] != _gone()
    work.in_step()


def test_resend_makes_it_anew_and_the_old_webhook_goes_last(work: Work) -> None:
    assert work.run(*APPLY, *TO_FILE)[0] == 0
    assert work.run(*APPLY, "--resend-secrets")[0] == 3
    code, said = work.run(*APPLY, "--resend-secrets", *TO_FILE)
    assert code == 0, said
    assert [call[0] for call in work.mint.calls if call[0] in ("POST", "DELETE")] == ["POST", "POST", "DELETE"]
    assert work.made() == {"LEDGER_SECRET": work.mint.secrets[URL]}
    assert work.mint.secrets[URL] != _gone()
    work.in_step()


def test_lost_answer_of_a_new_secret_never_costs_the_old_webhook(work: Work) -> None:
    work.mint.put(URL, "coin.struck", age=60)
    work.mint.lost, work.mint.kept = 99, True
    code, _ = work.run(*APPLY, "--resend-secrets", *TO_FILE)
    assert code == 1
    assert "1" in work.mint.hooks
    work.mint.lost, work.mint.kept = 0, False
    assert work.run(*APPLY, "--resend-secrets", *TO_FILE)[0] == 0
    assert work.made() == {"LEDGER_SECRET": work.mint.secrets[URL]}
    assert len(work.mint.hooks) == 1


def test_since_makes_it_anew(work: Work) -> None:
    work.mint.put(URL, "coin.struck", age=4 * 86_400)
    day = f"{datetime.now(UTC) - timedelta(days=1):%Y-%m-%d}"
    work.write(FILE + f"    secret_since: {day}\n")
    assert work.run(*APPLY, *TO_FILE)[0] == 0
    assert work.made() == {"LEDGER_SECRET": work.mint.secrets[URL]}
    assert work.mint.secrets[URL] != _gone()
    work.in_step()


RENEW = "`reconciler apply --resend-secrets --target '{}' --secrets-to FILE` makes a new one, passes on its secret"
VERSION = "    version: '2'\n"


@pytest.mark.parametrize("more", ["", VERSION], ids=["duplicate", "replaced"])
@pytest.mark.parametrize("second", ["", SECOND], ids=["alone", "beside-another-entry"])
def test_nobody_knows_which_of_two_secrets_the_receiver_has(work: Work, more: str, second: str) -> None:
    work.write(FILE + more + second)
    for version in ("", "2" if more else ""):
        work.mint.put(URL, "coin.struck", age=60, version=version)
    for command in (["plan"], ["drift"], [*APPLY, *TO_FILE]):
        code, said = work.run(*command)
        assert (code, [*work.mint.hooks]) == (1, ["1", "2"]), said
        assert "nobody can see which one's secret the receiver has" in said
        assert RENEW.format("payments/ledger") in said
    if second:
        assert work.run(*APPLY, *TO_FILE, "--target", "audit")[0] == 0
    assert work.run(*APPLY, *TO_FILE, "--resend-secrets", "--target", "payments/ledger")[0] == 0
    assert work.made()["LEDGER_SECRET"] == work.mint.secrets[URL]
    assert len(work.mint.hooks) == (2 if second else 1)
    work.in_step()


@pytest.mark.parametrize("how", ["replaced", "made-anew", "moved"])
@pytest.mark.parametrize("sink", [True, False], ids=["its-answer-had-no-secret", "the-sink-failed"])
def test_the_old_one_is_kept_where_the_new_one_s_secret_was_lost(work: Work, how: str, sink: bool) -> None:  # noqa: FBT001
    old = "https://hooks.example.com/old" if how == "moved" else URL
    work.mint.put(old, "coin.struck", age=60)
    work.write(FILE + (VERSION if how == "replaced" else ""))
    work.mint.hidden, work.mint.kept = int(sink), True
    passing = TO_FILE if sink else ("--secrets-command", shlex.join((sys.executable, "-c", "raise SystemExit(7)")))
    code, said = work.run(*APPLY, *passing, *(["--resend-secrets"] if how == "made-anew" else []))
    assert (code, [*work.mint.hooks]) == (1, ["1", "2"]), said
    assert said.count(RENEW.format("ledger")) == 2
    assert "Nothing is lost" not in said
    work.mint.kept = False
    if how != "moved":
        code, said = work.run(*APPLY, *TO_FILE)
        assert (code, [*work.mint.hooks]) == (1, ["1", "2"]), said
    assert work.run(*APPLY, *TO_FILE, "--resend-secrets", "--target", "ledger")[0] == 0
    assert work.run(*APPLY)[0] == 0
    assert work.made() == {"LEDGER_SECRET": work.mint.secrets[URL]}
    work.in_step()


def test_an_old_one_that_did_not_go_is_to_be_deleted_by_hand(work: Work) -> None:
    work.mint.put(URL, "coin.struck", age=60)
    work.mint.kept = True
    code, said = work.run(*APPLY, *TO_FILE, "--resend-secrets")
    assert (code, [*work.mint.hooks]) == (1, ["1", "2"]), said
    assert "Delete it at the provider if it is still there: the new one's secret was passed on." in said
    assert work.run(*APPLY)[0] == 1
    del work.mint.hooks["1"]
    work.in_step()


def test_a_program_takes_them_by_name(work: Work) -> None:
    made = plan(load(work.folder / "webhooks.yaml", environment={"MINT_TOKEN": TOKEN}))
    with pytest.raises(PlanRefusedError):
        apply(made)
    took: dict[str, str] = {}
    assert apply(made, secrets=took.__setitem__).is_complete
    assert took == {"LEDGER_SECRET": work.mint.secrets[URL]}


def test_what_a_program_raises_is_the_failure(work: Work) -> None:
    def fail(name: str, value: str) -> None:
        raise RuntimeError(name + value)

    made = plan(load(work.folder / "webhooks.yaml", environment={"MINT_TOKEN": TOKEN}))
    report = apply(made, secrets=fail)
    assert [result.error for result in report.results] == ["`secrets` raised RuntimeError for `LEDGER_SECRET`"]
    assert work.mint.hooks == {}


def test_backup_makes_them_again_and_passes_on_what_is_made_then(work: Work) -> None:
    assert work.run(*APPLY, *TO_FILE)[0] == 0
    before = work.mint.secrets[URL]
    code, said = work.run(*APPLY, "--destroy", "--allow-losses", "1", "--backup", "before.yaml")
    assert (code, work.mint.hooks) == (0, {}), said
    code, said = work.run(*APPLY, "-f", "before.yaml", "--env-file", "before.yaml.env", "--secrets-to", "after.env")
    assert code == 0, said
    assert work.mint.secrets[URL] != before
    after = dotenv_values(work.folder / "after.env", interpolate=False)
    assert after == {"HOOK_LEDGER_SECRET": work.mint.secrets[URL]}


def test_exported_entries_say_where_each_goes(work: Work) -> None:
    work.write(FILE + SECOND)
    assert work.run(*APPLY, *TO_FILE)[0] == 0
    code, said = work.run("export")
    assert code == 0, said
    assert "secret_to: HOOK_LEDGER_SECRET" in said
    assert "secret_to: HOOK_AUDIT_SECRET" in said
    (work.folder / "webhooks.yaml").write_text(said[said.index("version: 1") :].partition("\nDescribed")[0])
    code, said = work.run("plan", "--detailed-exitcode")
    assert code == 0, said
