"""Drawn accounts of forty webhooks whose secrets stand where services put them: no output tells a piece of one."""

from __future__ import annotations

import random
import string
import uuid
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.e2e.tool import HOST, TOKEN, Tool, run_here
from tests.support.canaries import Canaries
from tests.support.draws import draws

ELSEWHERE = "https://elsewhere.example.net"
HOW_MANY = 40
_PARAMS = (
    *("token", "pass", "pwd", "sig", "hash", "tenant", "orderId", "hmac", "session", "X-Amz-Signature", "k", "id"),
    *("webhook_secret", "workflowApiKey", "accountRef", "signature", "auth", "jwt", "nonce", "x"),
    *("pw", "passwd", "password", "access_token", "code", "apikey", "hub.verify_token", "zapikey", "client-secret"),
)
_LETTERS = string.ascii_letters + string.digits


def _mixed(draw: random.Random, length: int, alphabet: str = _LETTERS) -> str:
    return "".join(draw.choices(alphabet, k=length))


_VALUES: tuple[Callable[[random.Random], str], ...] = (
    lambda draw: _mixed(draw, draw.randint(16, 40)),
    lambda draw: _mixed(draw, 32, "0123456789abcdef"),
    lambda draw: str(uuid.UUID(int=draw.getrandbits(128))),
    lambda draw: _mixed(draw, draw.randint(10, 18), string.digits),
    lambda draw: _mixed(draw, 43, _LETTERS + "-_"),
    # A word that somebody chose: in a query it is hidden as any value is.
    lambda draw: "-".join(draw.choices(["swordfish", "mackerel", "rosebud", "sesame", "halibut"], k=3)) + "-open",
)


def _slack(draw: random.Random) -> tuple[str, str]:
    secret = _mixed(draw, 24)
    team = _mixed(draw, 8, string.ascii_uppercase + string.digits)
    return f"https://hooks.slack.example/services/T0{team}/B0{team[::-1]}/{secret}", secret


def _discord(draw: random.Random) -> tuple[str, str]:
    secret = _mixed(draw, 68, _LETTERS + "-_")
    return f"https://discord.example/api/webhooks/{_mixed(draw, 18, string.digits)}/{secret}", secret


def _zapier(draw: random.Random) -> tuple[str, str]:
    secret = _mixed(draw, 9, string.ascii_lowercase + string.digits)
    return f"https://hooks.zapier.example/hooks/catch/{draw.randint(10**6, 10**8)}/{secret}/", secret


def _n8n(draw: random.Random) -> tuple[str, str]:
    secret = str(uuid.UUID(int=draw.getrandbits(128)))
    return f"https://n8n.example/{draw.choice(['webhook', 'webhook-test'])}/{secret}/orders", secret


def _user_info(draw: random.Random) -> tuple[str, str]:
    secret = _mixed(draw, 16)
    return f"https://shop:{secret}@hooks.example.com/in", secret


def _query(draw: random.Random) -> tuple[str, str]:
    secret = draw.choice(_VALUES)(draw)
    host = draw.choice([HOST, ELSEWHERE])
    beside = draw.choice(["", "page=2&", "lang=en&flag&"])
    # A path of its own: secret parameters don't tell webhooks apart.
    path = f"{draw.choice(['orders/', 'v1/in/', ''])}n{draw.randrange(10**4)}"
    return f"{host}/{path}?{beside}{draw.choice(_PARAMS)}={secret}", secret


_SHAPES = (_slack, _discord, _zapier, _n8n, _user_info, *([_query] * 6))
COMMANDS = (
    ("plan", "-vv"),
    ("plan", "--format", "json"),
    ("plan", "--destroy"),
    ("drift", "-vv"),
    ("drift", "--format", "json"),
    ("list",),
    ("list", "--format", "json"),
    ("export",),
    ("export", "--owns-hosts"),
    ("export", "--out", "all.yaml", "--secrets-to", "all.env"),
    ("export", "--missing"),
    ("plan", "--allow-unset"),
    ("plan", "--out", "saved.plan"),
    ("show", "saved.plan"),
    ("show", "saved.plan", "--format", "json"),
)


WRITTEN = ("saved.plan", "all.yaml", "all.env")  # by these; the last is for the secrets


@pytest.fixture(scope="module")
def planted(shared: Tool) -> Tool:
    return shared


@draws(4)
@given(seed=st.integers(0, 2**32), fed=st.integers(0, 6))
def test_no_output_tells_a_planted_secret(planted: Tool, seed: int, fed: int) -> None:
    draw = random.Random(seed)  # noqa: S311 - a test's
    there = [draw.choice(_SHAPES)(draw) for _ in range(HOW_MANY)]
    for webhook in planted.there():
        planted.sandbox.store.delete(TOKEN, webhook.object_id)
    for url, _ in there:
        planted.hook(url, draw.choice(["track_updated", "all"]), active=draw.random() < 0.9)
    in_query = [(url, secret) for url, secret in there if "?" in url][:fed]
    entries = [
        f"  e{number}: {{url: '{_template(url, number)}', events: [all]}}" for number, (url, _) in enumerate(in_query)
    ]
    file = "webhooks:\n" + "\n".join(entries) + "\n" if entries else "webhooks: {}\n"
    planted.write(file, owns=f"[{HOST}/*, {ELSEWHERE}/*]", more="secret_params: [nonce]\n")
    environment = {f"VALUE_{number}": secret for number, (_, secret) in enumerate(in_query)}
    canaries = Canaries({f"{number}: {url}": secret for number, (url, secret) in enumerate(there)})
    for name in WRITTEN:
        (planted.folder / name).unlink(missing_ok=True)
    for command in COMMANDS:
        ended = run_here(planted.folder, *command, environment=environment)
        assert ended.code in (0, 2, 3), ended.err
        assert canaries.found_in(ended.all) == [], command
    blind = run_here(planted.folder, "plan", "--allow-unset", environment={})
    assert blind.code in (0, 3), blind.err
    assert canaries.found_in(blind.all) == []
    for name in WRITTEN[:2]:
        assert canaries.found_in((planted.folder / name).read_text(encoding="utf-8")) == [], name
    valid = run_here(planted.folder, "validate", "-f", "all.yaml", environment={})
    assert valid.code == 0, valid.all


def _template(url: str, number: int) -> str:
    head, _, _ = url.rpartition("=")
    return f"{head}=${{VALUE_{number}}}"
