"""A pull request can't take the token: what a hostile file tries at `validate`, `plan`, `apply`, and what it reaches.

A listening server must receive nothing, no name may be looked up, and no secret of the environment may be told.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import urllib3.util.connection

from tests.e2e.hostility import COMMANDS, ENVIRONMENT, HOOK, SECRETS, TOKEN, Target, aimed
from tests.e2e.tool import HOST, Tool


@pytest.fixture
def target(tool: Tool, monkeypatch: pytest.MonkeyPatch) -> Iterator[Target]:
    with aimed(tool, monkeypatch) as made:
        yield made


# `base_url`


@pytest.mark.parametrize(
    ("base_url", "code"),
    [
        ("https://evil.example", "base-url-host"),
        ("HTTPS://EVIL.EXAMPLE:443", "base-url-host"),
        ("https://evil.example/https://api.goshippo.com", "base-url-host"),
        ("https://evil.example./", "base-url-host"),
        ("https://api.goshippo.com.evil.example", "base-url-host"),
        ("https://api.goshippo.com.evil.example.", "base-url-host"),
        ("https://api-goshippo.com", "base-url-host"),
        ("https://goshippo.com", "base-url-host"),
        ("https://api.gοshippo.com", "base-url-host"),  # noqa: RUF001 - a Greek letter, on purpose
        ("https://api.goshippo.com\u200b.evil.example", "url-character"),
        ("https://localhost.evil.example:{listener}", "base-url-host"),
        ("https://127.0.0.1.evil.example", "base-url-host"),
        ("https://notlocalhost", "base-url-host"),
        ("https://192.0.2.7", "base-url-host"),
        ("https://[2001:db8::1]", "base-url-host"),
        ("https://[::ffff:192.0.2.7]", "base-url-host"),
        ("https://[::ffff:c000:207]", "base-url-host"),
        ("http://evil.example", "base-url"),
        ("http://api.goshippo.com", "base-url"),
        ("http://localhost.evil.example:{listener}", "base-url"),
        ("http://0.0.0.0:{listener}", "base-url"),
        ("http://[::]:{listener}", "base-url"),
        ("http://[::ffff:192.0.2.7]", "base-url"),
        ("https://evil.example?https://api.goshippo.com", "base-url"),
        ("https://api.goshippo.com@evil.example", "url-userinfo"),
        ("https://api.goshippo.com:443@evil.example", "url-userinfo"),
        ("http://127.0.0.1@evil.example", "url-userinfo"),
        ("http://evil.example@127.0.0.1:{listener}", "url-userinfo"),
        ("http://@127.0.0.1:{listener}", "url-userinfo"),
        ("https://api.goshippo.com%40evil.example", "url-host"),
        ("https://api.goshippo.com%2eevil.example", "url-host"),
        ("https://%65vil.example", "url-host"),
        ("https://api.goshippo.com%00.evil.example", "url-host"),
        ("http://[::1%25lo]:{listener}", "url-host"),
        ("http://[::1].evil.example", "url-host"),
        ("http://127。0。0。1:{listener}", "url-host"),
        ("http://2130706433:{listener}", "url-host"),
        ("http://017700000001:{listener}", "url-host"),
        ("http://0177.0.0.1:{listener}", "url-host"),
        ("http://0x7f000001:{listener}", "url-host"),
        ("http://0x7f.0.0.1:{listener}", "url-host"),
        ("http://127.1:{listener}", "url-host"),
        ("http://127.0.0.01:{listener}", "url-host"),
        ("http://3221225991", "url-host"),
        ("//127.0.0.1:{listener}", "url-host"),
        ("https:///evil.example", "url-host"),
        ("https:/evil.example", "url-host"),
        ("evil.example", "url-host"),
        ("https://api.goshippo.com:443.evil.example", "url-port"),
        ("http://127.0.0.1:{listener}\\@api.goshippo.com", "url-character"),
        ("https:\\\\evil.example", "url-character"),
        ("https://evil.example\\.api.goshippo.com", "url-character"),
        ("https://evil.example\u3000.api.goshippo.com", "url-character"),
        ("https://evil.example#@api.goshippo.com", "url-fragment"),
        ("http://127.0.0.1:{listener}#.goshippo.com", "url-fragment"),
        ("ftp://127.0.0.1:{listener}", "url-scheme"),
        ("ws://127.0.0.1:{listener}", "url-scheme"),
        ("https://${AWS_SECRET_ACCESS_KEY}.evil.example", "variable-place"),
        ("${AWS_SECRET_ACCESS_KEY}", "variable-place"),
        ("https://evil.example/${AWS_SECRET_ACCESS_KEY}", "variable-place"),
    ],
)
def test_a_base_url_elsewhere_gets_nothing(target: Target, base_url: str, code: str) -> None:
    target.write({"{sandbox}": base_url})
    target.check_refused(code)


def test_a_second_account_with_the_same_token_elsewhere_stops_the_first_too(target: Target) -> None:
    evil = "  evil: {provider: shippo, token: '${SHIPPO_API_TOKEN}', base_url: 'https://evil.example'}\n"
    target.write({"owns:": f"{evil}owns:", "events: [all]": "events: [all]\n    accounts: [main, evil]"})
    target.check_refused("base-url-host")


class FakeSocket:
    """A connection to a machine that isn't this one; nothing may be sent over it."""

    def __init__(self) -> None:
        self.closed = False

    def getpeername(self) -> tuple[str, int]:
        return ("192.0.2.7", 80)

    def close(self) -> None:
        self.closed = True


@pytest.mark.parametrize("base_url", ["http://evil.localhost", "http://localhost:8080", "https://a.localhost./x"])
def test_a_name_of_this_machine_that_leads_elsewhere_gets_nothing(
    target: Target, monkeypatch: pytest.MonkeyPatch, base_url: str
) -> None:
    """Not every resolver keeps `*.localhost` here; over http the token would travel in clear."""
    made: list[FakeSocket] = []

    def connect(*_: object, **__: object) -> FakeSocket:
        made.append(FakeSocket())
        return made[-1]

    monkeypatch.setattr(urllib3.util.connection, "create_connection", connect)
    target.write({"{sandbox}": base_url})
    assert target.run("validate").code == 0
    for command in COMMANDS[1:]:
        ended = target.run(*command)
        assert ended.code == 1
        assert "has a loopback name that resolves to another machine\n" in ended.out
        assert "help: Nothing was sent. Check how this machine resolves that name, or write `127.0.0.1`.\n" in ended.out
    assert [one.closed for one in made] == [True, True]


# The token's variable, and other secrets, where they don't belong


T = "${SHIPPO_API_TOKEN}"
DESCRIBED = "events: [all]\n    description: "


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({HOOK: f"{HOOK}/{T}"}, id="path"),
        pytest.param({HOOK: f"{HOOK}?x={T}"}, id="query"),
        pytest.param({HOOK: f"{HOOK}?token={T}"}, id="secret-parameter"),
        pytest.param({HOOK: f"{HOOK}?{T}=x"}, id="name-of-a-parameter"),
        pytest.param({HOOK: f"'{T}'"}, id="whole-url"),
        pytest.param({HOOK: f"https://{T}.evil.example/"}, id="host"),
        pytest.param({HOOK: f"{HOOK}?token=${{NOPE:-{T}}}"}, id="default"),
        pytest.param({HOOK: f"{HOOK}?token=${{A:-${{B:-${{C:-{T}}}}}}}"}, id="default-of-a-default"),
        pytest.param({HOOK: f"{HOOK}?token=${{COPY:-{T}}}"}, id="default-that-is-not-used"),
        pytest.param({HOOK: f"{HOOK}?token=${{NOPE:?{T}}}"}, id="message"),
        pytest.param({DESCRIBED[:13]: DESCRIBED + f"'{T}'"}, id="description"),
        pytest.param({"[all]": f"['{T}']"}, id="event"),
        pytest.param({"events:": f"active: '{T}'\n    events:"}, id="boolean"),
        pytest.param({"    base_url": f"    account_id: '{T}'\n    base_url"}, id="account-id"),
        pytest.param({"    base_url": f"    mode: '{T}'\n    base_url"}, id="mode"),
        pytest.param({"{sandbox}": f"https://evil.example/{T}"}, id="base-url"),
        pytest.param({"owns: [": f"owns: ['https://hooks.example.com/{T}', "}, id="owns"),
        pytest.param({"owns:": f"protect: ['https://hooks.example.com/{T}']\nowns:"}, id="protect"),
        pytest.param({"owns:": f"absent: ['https://hooks.example.com/{T}']\nowns:"}, id="absent"),
        pytest.param({"owns:": f"secret_params: ['{T}']\nowns:"}, id="secret-params"),
        pytest.param({"token: ": "token: &t ", HOOK: "*t"}, id="alias-of-the-token"),
        pytest.param(
            {"version: 1\n": f"version: 1\nx-t: &t '{HOOK}?token={T}'\n", f"url: {HOOK}": "url: *t"}, id="x-anchor"
        ),
        pytest.param(
            {"version: 1\n": f"version: 1\nx-t: &t {{url: '{HOOK}?token={T}'}}\n", f"url: {HOOK}": "<<: *t"},
            id="merge-of-an-x-anchor",
        ),
        pytest.param(
            {"${SHIPPO_API_TOKEN}": "${OTHER_TOKEN}", HOOK: f"{HOOK}?token={T}"}, id="an-account-of-another-token"
        ),
        pytest.param(
            {"token: ${SHIPPO_API_TOKEN}\n    ": "", HOOK: f"{HOOK}?token={T}"}, id="account-with-the-usual-token"
        ),
        pytest.param({HOOK: f"{HOOK}?token=${{OTHER_TOKEN}}"}, id="token-of-no-account-here"),
        pytest.param({HOOK: f"{HOOK}?token=${{COPY}}"}, id="the-token-in-another-variable"),
        pytest.param({HOOK: f"{HOOK}?token=${{MOUNTED}}"}, id="a-token-in-a-mounted-file"),
        pytest.param(
            {"    base_url": "    account_id: '${OTHER_TOKEN}'\n    base_url"}, id="other-token-as-account-id"
        ),
    ],
)
def test_a_token_stands_nowhere_else(target: Target, changes: dict[str, str]) -> None:
    target.write(changes)
    target.check_refused("token-elsewhere")


@pytest.mark.parametrize(
    ("token", "elsewhere"),
    [("SHIPPO_API_TOKEN", "SHIPPO_API_TOKEN"), ("MY_TOKEN", "MY_TOKEN"), ("MY_TOKEN", "SHIPPO_API_TOKEN")],
)
def test_a_job_without_secrets_refuses_it_too(target: Target, token: str, elsewhere: str) -> None:
    """What a fork's pull request gets: `validate`, and no secret."""
    target.environment = {"SHIPPO_API_TOKEN": ""}
    target.write({"${SHIPPO_API_TOKEN}": f"${{{token}}}", HOOK: f"{HOOK}?token=${{{elsewhere}}}"})
    ended = target.run("validate")
    assert (ended.code, "error[token-elsewhere]" in ended.err) == (1, True)


K = "${AWS_SECRET_ACCESS_KEY}"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        pytest.param({DESCRIBED[:13]: DESCRIBED + K}, "variable-place", id="description"),
        pytest.param({DESCRIBED[:13]: DESCRIBED + f"${{NOPE:-x {K}}}"}, "variable-place", id="default"),
        pytest.param({"[all]": f"['{K}']"}, "variable-place", id="event"),
        pytest.param({"  entry:": f"  '{K}':"}, "bad-name", id="name"),
        pytest.param({"  main:": f"  '{K}':"}, "bad-name", id="name-of-an-account"),
        pytest.param({HOOK: f"https://{K}.evil.example/"}, "url-variable-host", id="host"),
        pytest.param({HOOK: f"https://evil.example:{K}/"}, "url-variable-host", id="port"),
        pytest.param({HOOK: f"{K}://evil.example/"}, "url-variable-host", id="scheme"),
        pytest.param({HOOK: f"https://x:{K}@evil.example/"}, "url-variable-host", id="user-info"),
        pytest.param({HOOK: f"'{K}'"}, "url-host", id="whole-url-that-is-none"),
        pytest.param({"owns: [": f"owns: ['https://{K}.evil.example/*', "}, "url-variable-host", id="pattern-host"),
        pytest.param({"owns:": f"secret_params: ['{K}']\nowns:"}, "variable-place", id="secret-params"),
        pytest.param({"provider: shippo": f"provider: '{K}'"}, "variable-place", id="provider"),
        pytest.param({"events:": f"account: '{K}'\n    events:"}, "variable-place", id="account"),
        pytest.param({"events:": f"active: '{K}'\n    events:"}, "boolean-value", id="boolean"),
        pytest.param({"{sandbox}": "https://api.goshippo.com", T: K}, "token-kind", id="token-of-the-provider-itself"),
        pytest.param({T: f"{K}${{SHIPPO_API_TOKEN}}"}, "token-literal", id="beside-the-token"),
        pytest.param({"    base_url": "    account_id: '${BREAK}'\n    base_url"}, "header-characters", id="header"),
        pytest.param(
            {"    base_url": '    account_id: "a\\r\\nX-Evil: 1"\n    base_url'},
            "header-characters",
            id="header-in-clear",
        ),
    ],
)
def test_a_secret_of_the_pipeline_stands_nowhere_where_it_is_shown(
    target: Target, changes: dict[str, str], code: str
) -> None:
    target.write(changes)
    target.check_refused(code)


# What a file can't say


@pytest.mark.parametrize(
    "key", ["proxy", "proxies", "verify", "ca_bundle", "headers", "token_file", "TOKEN_FILE", "netrc"]
)
def test_an_account_has_no_key_for_it(target: Target, key: str) -> None:
    target.write({"    base_url": f"    {key}: http://127.0.0.1:{{listener}}\n    base_url"})
    target.check_refused("unknown-key")


@pytest.mark.parametrize("key", ["proxy", "env_file", "include", "allow_hosts", "plugins", "base_url"])
def test_a_file_has_no_key_for_it(target: Target, key: str) -> None:
    target.write({"owns:": f"{key}: http://127.0.0.1:{{listener}}\nowns:"})
    target.check_refused("unknown-key")


@pytest.mark.parametrize("tag", ["!!python/object/apply:os.system ['true']", "!include /etc/passwd", "!env TOKEN"])
def test_a_tag_makes_nothing_happen(target: Target, tag: str) -> None:
    target.write({HOOK: tag})
    target.check_refused("yaml-tag")


def test_an_env_file_allows_nothing_and_takes_no_variables_place(target: Target) -> None:
    evil = "x.evil.example"
    (target.tool.folder / "evil.env").write_text(
        f"RECONCILER_ALLOW_HOSTS={evil}\nRECONCILER_FILE=evil.yaml\nSHIPPO_API_TOKEN=shippo_live_1\nLOOT=$COPY\n"
        "HTTP_PROXY=http://127.0.0.1:1\nLATER_FILE=mounted\n"
    )
    target.write({"{sandbox}": f"https://{evil}"})
    target.check_refused("base-url-host", "--env-file", "evil.env")
    target.write({HOOK: f"{HOOK}?token=${{LATER}}"})
    assert "`${LATER}` is not set" in target.run("plan", "--env-file", "evil.env").err
    target.write({HOOK: f"{HOOK}?token=${{LOOT}}"})
    assert target.run("apply", "--auto-approve", "--env-file", "evil.env").code == 0
    assert [hook.url for hook in target.tool.sandbox.store.list(TOKEN)] == [f"{HOOK}?token=$COPY"]


def test_the_installed_command_runs_and_reads_nothing_that_lies_beside_the_file(target: Target) -> None:
    folder: Path = target.tool.folder
    for name in ("reconciler", "click", "yaml", "requests", "sitecustomize", "usercustomize", "evil"):
        (folder / f"{name}.py").write_text("open('taken', 'w').close()\n")
    info = folder / "evil-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: evil\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[reconciler.providers]\nevil = evil:INSTALLED\nshippo = evil:INSTALLED\n")
    (folder / ".env").write_text("RECONCILER_ALLOW_HOSTS=evil.example\n")
    target.write({"provider: shippo": "provider: evil", "{sandbox}": "https://evil.example"})
    for command in COMMANDS[:2]:
        ended = target.tool.run_installed(*command, **ENVIRONMENT)
        assert (ended.code, "error[provider-unknown]" in ended.err) == (1, True), ended.all
    target.write()
    assert target.tool.run_installed("plan", **ENVIRONMENT).code == 0
    assert not (folder / "taken").exists()


# What a file does reach: said in the guarantees, so that nobody thinks otherwise


def test_the_token_goes_to_any_port_of_this_machine_that_the_file_names_once_a_plan_is_made(target: Target) -> None:
    target.write({"{sandbox}": "http://127.0.0.1:{listener}", "    base_url": f"    account_id: '{K}'\n    base_url"})
    assert (target.run("validate").code, target.received) == (0, [])
    assert target.run("plan").code == 1
    head = target.received[0].decode()
    assert head.startswith("GET /webhooks?results=100 HTTP/1.1\r\n")
    assert f"Authorization: ShippoToken {TOKEN}\r\n" in head
    assert f"SHIPPO-ACCOUNT-ID: {SECRETS['key']}\r\n" in head


def test_any_variable_can_be_a_token_for_this_machine(target: Target) -> None:
    target.write({T: K, "{sandbox}": "http://127.0.0.1:{listener}", "    base_url": "    mode: live\n    base_url"})
    assert (target.run("validate").code, target.received) == (0, [])
    assert target.run("plan").code == 1
    assert f"Authorization: ShippoToken {SECRETS['key']}\r\n" in target.received[0].decode()


@pytest.mark.parametrize("place", ["/{}", "?x={}", "?token={}"])
def test_a_variable_in_a_url_leaves_at_apply_and_not_before_and_the_plan_names_it_and_its_host(
    target: Target, place: str
) -> None:
    url = "https://evil.example/hook" + place.format(K)
    target.write({HOOK: url, "hooks.example.com/*": "evil.example/*"})
    assert (target.run("validate").code, target.methods()) == (0, [])
    planned = target.run("plan")
    assert (planned.code, set(target.methods()), url in planned.out) == (0, {"GET"}, True)
    assert target.run("apply", "--auto-approve").code == 0
    assert [hook.url for hook in target.tool.sandbox.store.list(TOKEN)] == [url.replace(K, SECRETS["key"])]
    assert (target.watch.names, target.received) == ([], [])


def test_a_pattern_tells_at_plan_whether_a_hidden_path_at_the_provider_begins_like_it(target: Target) -> None:
    """A guess a run; `validate`, which has no token, tells nothing."""
    hidden = "x7RtKw2QzVb9LmY4cNd8FhJ3"
    target.tool.sandbox.store.create(TOKEN, url=f"{HOST}/s/{hidden}", event="all", active=True, is_test=False)
    told = {}
    for guess in ("x7Rt", "x7Rs"):
        target.write({"hooks.example.com/*'": f"hooks.example.com/a', '{HOST}/s/{guess}*'"})
        ended = target.run("plan")
        told[guess] = "1 to delete" in ended.out
        assert hidden not in ended.all
    assert told == {"x7Rt": True, "x7Rs": False}
