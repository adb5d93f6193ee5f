"""TLS between the tool and a provider: certificates are checked whatever is set, proxies and private authorities work.

A private authority and a proxy are set as users of `requests` set them; the tests ask `requests` itself.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from urllib.parse import urlsplit

import click
import pytest
import requests
import trustme

from reconciler.cli.main import COMMANDS, reconciler
from reconciler.http import transport
from reconciler.http.exchange import ApiRequest, Ending, NoReply
from reconciler.model.configuration import Destination
from reconciler.model.secret import SecretText
from reconciler.providers.registry import built_in
from tests.e2e.tool import HOST, TOKEN, Ended, Tool, entries, run_here
from tests.support.canaries import Canaries
from tests.support.sandbox import Sandbox
from tests.support.tls import CONNECTED, Handler, Proxy, dripping, passing_on, serving, silent
from tests.support.watch import Watch

PROVIDER = "api.provider.example"
HOOK = "Qx7vRt2mZk9pLw4n"
CANARIES = Canaries({"token": TOKEN, "hook": HOOK, "proxy": "pr0xy-pass-w0rd"})
DNS = "Check the host in `base_url`, and this machine's DNS settings."
NETWORK = "Check the network, the proxy settings and `base_url`."
BUNDLE = "Check the certificates in `REQUESTS_CA_BUNDLE`, `CURL_CA_BUNDLE` or `SSL_CERT_FILE`."
UNKNOWN = (
    "has a TLS certificate that isn't signed by an authority that this machine trusts",
    "If your own proxy intercepts TLS, point `REQUESTS_CA_BUNDLE` at its certificate; otherwise don't send it a token.",
)
OTHER_HOST = (
    "has a TLS certificate that is for another host",
    "Check `base_url`, and whether something between here and the provider intercepts TLS.",
)


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.lower().endswith(("_proxy", "_ca_bundle")) or name.startswith("SSL_CERT"):
            monkeypatch.delenv(name)


@pytest.fixture(scope="module")
def ca() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def bundle(ca: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The private authority's certificate, as a file."""
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    ca.cert_pem.write_to_path(str(path))
    return str(path)


@pytest.fixture
def _trusted(bundle: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", bundle)


@pytest.fixture
def tool(tmp_path: Path) -> Iterator[Tool]:
    """The command, with a sandbox that a server or a proxy of these tests is put in front of."""
    with Sandbox() as sandbox:
        yield Tool(folder=tmp_path, sandbox=sandbox)


def port_of(tool: Tool) -> int:
    port = urlsplit(tool.sandbox.base_url).port
    assert port is not None
    return port


def write(tool: Tool, base_url: str) -> None:
    """A file whose account is at another base URL, with a secret in its entry."""
    tool.write(entries(a="/a?token=${HOOK}"))
    file = tool.folder / "webhooks.yaml"
    file.write_text(file.read_text().replace(tool.sandbox.base_url, base_url))


def run(tool: Tool, *arguments: str) -> Ended:
    ended = run_here(tool.folder, *arguments, environment={**os.environ, "SHIPPO_API_TOKEN": TOKEN, "HOOK": HOOK})
    assert CANARIES.found_in(ended.all) == []
    return ended


def result(ended: Ended) -> tuple[int, str]:
    """The exit code, and what is said of the account."""
    return ended.code, ended.out.partition("\n\n")[0]


def not_checked(origin: str, said: str, help_: str) -> tuple[int, str]:
    """The result where the account can't be reached."""
    head = "Account default (Shippo, live mode): not checked"
    return 1, f"{head}\n  error: Shippo at {origin} {said}\n  help: {help_}"


YESTERDAY, TOMORROW, LATER = (datetime.now(UTC) + timedelta(days=days) for days in (-1, 1, 2))
Issue = Callable[[trustme.CA], trustme.LeafCert]


@pytest.mark.parametrize(
    ("issue", "host", "said"),
    [
        pytest.param(lambda _: trustme.CA().issue_cert("localhost"), "localhost", UNKNOWN, id="unknown-authority"),
        pytest.param(lambda ca: ca.issue_cert("other.example"), "localhost", OTHER_HOST, id="other-host"),
        pytest.param(lambda ca: ca.issue_cert("localhost"), "127.0.0.1", OTHER_HOST, id="name-for-an-address"),
        pytest.param(lambda ca: ca.issue_cert("*.localhost"), "localhost", OTHER_HOST, id="wildcard-a-level-below"),
        pytest.param(
            lambda ca: ca.issue_cert("localhost", not_after=YESTERDAY),
            "localhost",
            (
                "has a TLS certificate that has expired",
                "Check this machine's clock; if it is right, the provider must renew its certificate.",
            ),
            id="expired",
        ),
        pytest.param(
            lambda ca: ca.issue_cert("localhost", not_before=TOMORROW, not_after=LATER),
            "localhost",
            ("has a TLS certificate that isn't valid yet", "Check this machine's clock."),
            id="not-yet-valid",
        ),
    ],
)
@pytest.mark.usefixtures("_trusted")
def test_a_certificate_that_cannot_be_trusted_is_refused_in_words_and_nothing_gets_through(
    tool: Tool, ca: trustme.CA, issue: Issue, host: str, said: tuple[str, str]
) -> None:
    with serving(passing_on(port_of(tool)), issue(ca)) as port:
        origin = f"https://{host}:{port}"
        write(tool, origin)
        for command in (("plan",), ("apply", "--auto-approve"), ("drift", "-vv")):
            assert result(run(tool, *command)) == not_checked(origin, *said), command
        assert run(tool, "list").code == 1
    assert tool.sandbox.log() == ()


@pytest.mark.parametrize(
    ("variables", "trusted"),
    [
        pytest.param({}, False, id="nothing"),
        pytest.param({"REQUESTS_CA_BUNDLE": "ca"}, True, id="requests"),
        pytest.param({"CURL_CA_BUNDLE": "ca"}, True, id="curl"),
        pytest.param({"REQUESTS_CA_BUNDLE": "ca", "CURL_CA_BUNDLE": "other"}, True, id="requests-before-curl"),
        pytest.param({"REQUESTS_CA_BUNDLE": "other", "CURL_CA_BUNDLE": "ca"}, False, id="requests-before-curl-too"),
        pytest.param({"REQUESTS_CA_BUNDLE": "", "CURL_CA_BUNDLE": "ca"}, True, id="empty-counts-as-unset"),
        pytest.param({"REQUESTS_CA_BUNDLE": "", "CURL_CA_BUNDLE": ""}, False, id="both-empty"),
        pytest.param({"SSL_CERT_FILE": "ca"}, True, id="openssl-alone"),
        pytest.param({"REQUESTS_CA_BUNDLE": "", "CURL_CA_BUNDLE": "", "SSL_CERT_FILE": "ca"}, True, id="openssl-too"),
        pytest.param({"REQUESTS_CA_BUNDLE": "other", "SSL_CERT_FILE": "ca"}, False, id="requests-before-openssl"),
        pytest.param({"SSL_CERT_FILE": "other"}, False, id="openssl-other"),
    ],
)
def test_a_private_authority_is_trusted_where_requests_or_openssl_is_told_so(
    tool: Tool,
    ca: trustme.CA,
    monkeypatch: pytest.MonkeyPatch,
    variables: dict[str, str],
    trusted: bool,  # noqa: FBT001 - a column
) -> None:
    for name, authority in {"ca": ca, "other": trustme.CA()}.items():
        authority.cert_pem.write_to_path(str(tool.folder / name))
    monkeypatch.chdir(tool.folder)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with serving(passing_on(port_of(tool)), ca.issue_cert("localhost")) as port:
        try:
            requests.get(f"https://localhost:{port}/webhooks", timeout=10)
            trusted_by_requests = True
        except requests.exceptions.SSLError:
            trusted_by_requests = False
        mark = tool.sandbox.mark()
        write(tool, f"https://localhost:{port}")
        ended = run(tool, "apply", "--auto-approve")
    assert (ended.code, bool(tool.writes(mark))) == (int(not trusted), trusted)
    assert trusted_by_requests is (trusted and not variables.get("SSL_CERT_FILE"))
    assert trusted or tool.sandbox.log(after=mark) == ()


@pytest.mark.parametrize("value", ["empty.pem", "no.pem", "no", "false", "0", os.devnull])
def test_a_bundle_that_is_none_is_no_way_around_the_check(
    tool: Tool, ca: trustme.CA, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    (tool.folder / "empty.pem").touch()
    (tool.folder / "no.pem").write_text("-----BEGIN CERTIFICATE-----\nno\n-----END CERTIFICATE-----\n")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", value)
    with serving(passing_on(port_of(tool)), ca.issue_cert("localhost")) as port:
        write(tool, f"https://localhost:{port}")
        ended = run(tool, "apply", "--auto-approve")
    exists = value in ("empty.pem", "no.pem", os.devnull)
    why = "the certificates to verify it can't be read" if exists else "the request can't be sent"
    assert result(ended) == not_checked(f"https://localhost:{port}", f"can't be reached: {why}", BUNDLE)
    assert tool.sandbox.log() == ()


def test_no_variable_turns_the_check_off(tool: Tool, ca: trustme.CA) -> None:
    variables = {
        **dict.fromkeys(("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "REQUESTS_VERIFY", "SSL_VERIFY"), ""),
        **dict.fromkeys(("PYTHONHTTPSVERIFY", "NODE_TLS_REJECT_UNAUTHORIZED", "HTTPX_VERIFY", "VERIFY"), "0"),
        **dict.fromkeys(("CURL_INSECURE", "GIT_SSL_NO_VERIFY", "RECONCILER_INSECURE", "INSECURE"), "1"),
        **dict.fromkeys(("RECONCILER_VERIFY", "RECONCILER_TLS_VERIFY", "RECONCILER_VERIFY_TLS"), "false"),
    }
    with serving(passing_on(port_of(tool)), ca.issue_cert("localhost")) as port:
        write(tool, f"https://localhost:{port}")
        ended = tool.run_installed("apply", "--auto-approve", HOOK=HOOK, **variables)
    assert result(ended) == not_checked(f"https://localhost:{port}", *UNKNOWN)
    assert tool.sandbox.log() == ()


def names_in(schema: object) -> Iterator[str]:
    """Every property that a JSON Schema names."""
    if isinstance(schema, dict):
        properties = schema.get("properties")
        yield from properties if isinstance(properties, dict) else ()
        for value in schema.values():
            yield from names_in(value)
    elif isinstance(schema, list):
        for item in schema:
            yield from names_in(item)


def test_no_option_and_no_key_is_about_certificates_or_proxies() -> None:
    with click.Context(reconciler) as context:
        commands = [reconciler.get_command(context, name) for name in COMMANDS]
    options = {
        option for command in commands if command is not None for found in command.params for option in found.opts
    }
    assert {"--allow-host", "--auto-approve", "--file"} <= options
    assert all(isinstance(command, click.Command) for command in commands)
    schema = json.loads(files("reconciler.schemas").joinpath("webhooks.schema.json").read_text(encoding="utf-8"))
    # A provider's own fields are about what it calls, not about what calls it.
    keys = set(names_in(schema)) - {spec.name for provider in built_in() for spec in provider.own_fields}
    assert {"accounts", "base_url", "timeout"} <= keys
    about = re.compile(r"insecure|verify|cert|tls|ssl|proxy|proxies|redirect|\bca\b|skip|force|header")
    assert [name for name in sorted(options | keys) if about.search(name)] == []


@pytest.mark.parametrize("variable", ["http_proxy", "HTTP_PROXY", "all_proxy"])
def test_plain_http_to_another_host_is_refused_before_any_connection(
    tool: Tool, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    proxy = Proxy(port_of(tool))
    write(tool, f"http://{PROVIDER}")
    with serving(proxy.handle) as port:
        monkeypatch.setenv(variable, f"http://127.0.0.1:{port}")
        watch = Watch(monkeypatch)
        for command in (("validate",), ("plan",), ("apply", "--auto-approve")):
            ended = run(tool, *command, "--allow-host", PROVIDER)
            assert ended.code == 1, command
            assert "error[base-url]: the base URL is http: the token would be sent unencrypted\n" in ended.err
            assert "help: Write `https://`; http is for loopback only.\n" in ended.err
    assert (watch.names, watch.peers, proxy.heads, tool.sandbox.log()) == ([], [], [], ())


# Proxies


@pytest.mark.usefixtures("_trusted")
@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
def test_a_proxy_passes_everything_on_and_can_read_nothing(
    tool: Tool, ca: trustme.CA, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    watch = Watch(monkeypatch)
    write(tool, f"https://{PROVIDER}")
    with serving(passing_on(port_of(tool)), ca.issue_cert(PROVIDER)) as port:
        proxy = Proxy(port)
        with serving(proxy.handle) as proxy_port:
            monkeypatch.setenv(variable, f"http://user:pr0xy-pass-w0rd@127.0.0.1:{proxy_port}")
            ended = run(tool, "apply", "--auto-approve", "-vv", "--allow-host", PROVIDER)
    assert (ended.code, [hook.url for hook in tool.there()]) == (0, [f"{HOST}/a?token={HOOK}"])
    assert {head.splitlines()[0] for head in proxy.heads} == {f"CONNECT {PROVIDER}:443 HTTP/1.0"}
    assert all("Proxy-Authorization: Basic " in head for head in proxy.heads)
    assert len(proxy.tunnelled) > 1000
    for seen in ("".join(proxy.heads), proxy.tunnelled.decode("latin-1")):
        assert Canaries({"token": TOKEN, "hook": HOOK}).found_in(seen) == []
    assert watch.names == []


@pytest.mark.parametrize("value", [PROVIDER, ".provider.example", "x,provider.example", "*"])
def test_no_proxy_is_heeded(tool: Tool, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    proxy = Proxy(port_of(tool))
    write(tool, f"https://{PROVIDER}")
    with serving(proxy.handle) as port:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
        monkeypatch.setenv("NO_PROXY", value)
        watch = Watch(monkeypatch)
        ended = run(tool, "plan", "--allow-host", PROVIDER)
    assert result(ended) == not_checked(f"https://{PROVIDER}", "can't be found: its host name can't be resolved", DNS)
    assert (set(watch.names), proxy.heads) == ({PROVIDER}, [])


@pytest.mark.usefixtures("_trusted")
@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "ALL_PROXY"])
def test_https_on_this_machine_goes_through_no_proxy(
    tool: Tool, ca: trustme.CA, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    with serving(passing_on(port_of(tool)), ca.issue_cert("localhost")) as port:
        proxy = Proxy(port)
        with serving(proxy.handle) as proxy_port:
            monkeypatch.setenv(variable, f"http://127.0.0.1:{proxy_port}")
            write(tool, f"https://localhost:{port}")
            assert run(tool, "apply", "--auto-approve").code == 0
    assert (proxy.heads, len(tool.there())) == ([], 1)


@pytest.mark.usefixtures("_trusted")
def test_a_proxy_that_opens_tls_is_refused_unless_its_authority_is_trusted(
    tool: Tool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    opener = trustme.CA()
    opener.cert_pem.write_to_path(str(tmp_path / "opener.pem"))
    write(tool, f"https://{PROVIDER}")
    with serving(passing_on(port_of(tool)), opener.issue_cert(PROVIDER)) as port:
        proxy = Proxy(port)
        with serving(proxy.handle) as proxy_port:
            monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy_port}")
            refused = run(tool, "apply", "--auto-approve", "--allow-host", PROVIDER)
            log = tool.sandbox.log()
            monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "opener.pem"))
            done = run(tool, "apply", "--auto-approve", "--allow-host", PROVIDER)
    assert (result(refused), log) == (not_checked(f"https://{PROVIDER}", *UNKNOWN), ())
    assert (done.code, len(tool.there())) == (0, 1)


# Handshakes without an end


SERVER_HELLO = b"\x16\x03\x03\x3e\x80\x02\x00\x3e\x7c"
"""The head of a TLS record and of a message in it that are to have 16,000 bytes."""


NEVER_SET_UP = pytest.mark.parametrize(
    ("handler", "proxied"),
    [
        pytest.param(silent, False, id="silent"),
        pytest.param(dripping(SERVER_HELLO, b"\0"), False, id="dripping"),
        pytest.param(silent, True, id="silent-proxy"),
        pytest.param(dripping(CONNECTED, b"X: x\r\n"), True, id="dripping-proxy"),
        pytest.param(dripping(SERVER_HELLO, b"\0", in_tunnel=True), True, id="dripping-behind-a-proxy"),
    ],
)


@contextmanager
def never_set_up(handler: Handler, monkeypatch: pytest.MonkeyPatch, *, proxied: bool) -> Iterator[str]:
    """The origin of a provider whose connections, or those of the proxy before it, go to a handler."""
    monkeypatch.setattr(transport, "CONNECT_TIMEOUT", 0.1)
    with serving(handler) as port:
        if proxied:
            monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
        yield f"https://{PROVIDER}" if proxied else f"https://127.0.0.1:{port}"


@NEVER_SET_UP
def test_a_connection_that_is_never_set_up_ends(
    tool: Tool,
    monkeypatch: pytest.MonkeyPatch,
    handler: Handler,
    proxied: bool,  # noqa: FBT001 - a column
) -> None:
    with never_set_up(handler, monkeypatch, proxied=proxied) as origin:
        write(tool, origin)
        ended = run(tool, "plan", "--allow-host", PROVIDER)
    assert result(ended) == not_checked(origin, "did not set up a connection in time", NETWORK)


@NEVER_SET_UP
def test_a_create_over_a_connection_that_is_never_set_up_was_not_made(
    monkeypatch: pytest.MonkeyPatch,
    handler: Handler,
    proxied: bool,  # noqa: FBT001 - a column
) -> None:
    """It may be sent again, and nobody has to look for it."""
    with never_set_up(handler, monkeypatch, proxied=proxied) as origin:
        opened = transport.Session(
            Destination(origin=origin, path="", loopback=not proxied),
            authorization=("Authorization", SecretText.literal(TOKEN)),
            headers={},
            timeout=5.0,
        )
        outcome = opened.send(ApiRequest(method="POST", target="/webhooks", body=b"{}"))
        opened.close()
    said = "did not set up a connection in time"
    assert outcome == NoReply(ending=Ending.NOT_SENT, message=said, help=NETWORK)
