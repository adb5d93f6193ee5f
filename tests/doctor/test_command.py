"""`reconciler doctor` against receivers on loopback: slow, redirecting and hostile ones, and odd certificates."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme
from msgspec import Struct, field
from msgspec.structs import replace

from reconciler.cli import run as run_module
from reconciler.doctor import probe
from reconciler.provider import Delivery
from reconciler.providers.shippo import SHIPPO
from tests.e2e.forked import Forked
from tests.e2e.tool import COMMAND, Ended
from tests.support.canaries import Canaries
from tests.support.here import main_here
from tests.support.tls import Handler, dripping, serving, silent
from tests.support.watch import Watch
from tests.view.published import judged

HOOK = "Qx7vRt2mZk9pLw4n"
CANARIES = Canaries({"hook": HOOK})
LIMIT = 0.3  # seconds that the provider of these tests waits


@pytest.fixture(autouse=True)
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    """Nothing leaves this machine, and nothing of the tests' own environment counts."""
    for name in os.environ:
        if name.lower().endswith(("_proxy", "_ca_bundle")) or name.startswith("SSL_CERT"):
            monkeypatch.delenv(name)
    return Watch(monkeypatch)


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """A provider that waits less long than Shippo."""
    provider = replace(SHIPPO, delivery=Delivery(timeout=LIMIT, samples=SHIPPO.delivery.samples))
    monkeypatch.setattr(run_module, "INSTALLED", {"shippo": provider})


class Receiver(Struct):
    """Takes requests and gives one response to all of them; `{echo}` in it stands for the request's target."""

    response: str = "HTTP/1.1 204 No Content\r\n\r\n"
    delay: float = 0.0
    requests: list[tuple[str, str]] = field(default_factory=list)  # head and body of each

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = re.search(r"Content-Length: (\d+)", head)
        body = await reader.readexactly(int(length[1]) if length else 0)
        self.requests.append((head, body.decode()))
        await asyncio.sleep(self.delay)
        writer.write(self.response.replace("{echo}", head.split()[1]).encode("utf-8", "surrogateescape"))
        await writer.drain()


class Doctor(Struct):
    """The command, in a folder with a file whose provider is on this machine, and isn't there."""

    folder: Path
    open: ExitStack

    def serve(self, receiver: Receiver, certificate: trustme.LeafCert | None = None) -> int:
        return self.open.enter_context(serving(receiver.handle, certificate))

    def write(self, *entries: str, base_url: str = "http://127.0.0.1:1", more: str = "") -> None:
        """Write a file with entries of `url events`."""
        lines = [
            "version: 1",
            f"accounts: {{default: {{provider: shippo, token: '${{TOKEN}}', base_url: {base_url}}}}}",
            f"owns: {json.dumps([entry.split()[0].split('?')[0] for entry in entries])}",
            f"{more}webhooks:",
        ]
        for number, entry in enumerate(entries):
            url, *events = entry.split()
            lines.append(f"  e{number}: {{url: {json.dumps(url)}, events: [{', '.join(events) or 'track_updated'}]}}")
        (self.folder / "webhooks.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")

    def run(self, *arguments: str, **variables: str) -> Ended:
        code, out, err = main_here(self.folder, ["doctor", *arguments], {"HOOK": HOOK, **variables})
        ended = Ended(code=code, out=out, err=err)
        assert "this is a bug" not in err
        assert CANARIES.found_in(ended.all) == []
        return ended

    def findings(self, *arguments: str) -> tuple[int, list[str]]:
        """The exit code, and the findings of the only endpoint."""
        ended = self.run("--format", "json", *arguments)
        (endpoint,) = judged("doctor", ended.out)["endpoints"]
        return ended.code, [f"{one['severity']} {one['code']}: {one['summary']}" for one in endpoint["findings"]]


@pytest.fixture
def doctor(tmp_path: Path) -> Iterator[Doctor]:
    with ExitStack() as stack:
        yield Doctor(folder=tmp_path, open=stack)


# What is sent


def test_each_endpoint_is_asked_once_without_a_body_a_token_or_the_provider(doctor: Doctor, watch: Watch) -> None:
    there, provider = Receiver(), Receiver()
    port, own = doctor.serve(there), doctor.serve(provider)
    at = f"http://127.0.0.1:{port}/in?token=${{HOOK}}&a=b"
    doctor.write(f"{at} track_updated batch_created", f"{at} transaction_created", base_url=f"http://127.0.0.1:{own}")
    ended = doctor.run("-v")
    (head, body), *others = there.requests
    assert head == (
        f"OPTIONS /in?token={HOOK}&a=b HTTP/1.1\r\nAccept-Encoding: identity\r\nHost: 127.0.0.1:{port}\r\n"
        f"User-Agent: {probe._USER_AGENT}\r\nConnection: close\r\n\r\n"
    )
    assert (body, others, provider.requests, watch.peers) == ("", [], [], [("127.0.0.1", port)])
    assert re.sub(r"\d+ ms", "9 ms", ended.out) == (
        f"✓ ok  e0, e1  {at}\n"
        "    webhooks: e0[track_updated], e0[batch_created], e1[transaction_created]\n"
        "    addresses: 127.0.0.1\n"
        "    OPTIONS: 204 in 9 ms\n\n"
        "1 endpoint checked: 1 ok.\n"
    )
    assert (ended.code, ended.err) == (0, "")


def test_sample_of_each_event_is_posted(doctor: Doctor) -> None:
    there = Receiver()
    doctor.write(f"http://127.0.0.1:{doctor.serve(there)}/in?token=${{HOOK}} track_updated batch_created")
    ended = doctor.run("--send-sample")
    assert (ended.code, [head.split("\r\n")[0] for head, _ in there.requests]) == (
        0,
        [f"POST /in?token={HOOK} HTTP/1.1"] * 2,
    )
    assert all("\r\nContent-Type: application/json\r\n" in head for head, _ in there.requests)
    sent = [json.loads(body) for _, body in there.requests]
    assert sent == [SHIPPO.delivery.samples[event] for event in ("track_updated", "batch_created")]
    assert re.sub(r"\d+ ms", "9 ms", ended.out).splitlines()[1] == (
        "    POST track_updated: 204 in 9 ms, POST batch_created: 204 in 9 ms"
    )


def test_filters_select_what_is_contacted(doctor: Doctor) -> None:
    first, second = Receiver(), Receiver()
    doctor.write(*(f"http://127.0.0.1:{doctor.serve(one)}/in" for one in (first, second)))
    assert doctor.run("--target", "e1", "--account", "def*").code == 0
    assert (len(first.requests), len(second.requests)) == (0, 1)
    assert doctor.run("--target", 'shippo_webhook.e1["track_updated"]').code == 0
    assert (len(first.requests), len(second.requests)) == (0, 2)
    for option, what in (("--target", "webhook"), ("--account", "account")):
        ended = doctor.run(option, "nowhere")
        assert (ended.code, f"`{option} nowhere`: {what} not found" in ended.err) == (1, True)


def test_variable_that_is_not_set_fails_its_endpoint_alone(doctor: Doctor) -> None:
    there = Receiver()
    port = doctor.serve(there)
    doctor.write(f"http://127.0.0.1:{port}/a?token=${{UNSET}}", f"http://127.0.0.1:{port}/b?token=${{HOOK}}")
    ended = doctor.run()
    assert (ended.code, len(there.requests)) == (1, 1)
    assert "error: not checked: `${UNSET}` is not set" in ended.out
    assert ended.out.endswith("2 endpoints checked: 1 ok, 1 failed.\n")


def test_file_without_active_webhooks_has_nothing_to_check(doctor: Doctor) -> None:
    doctor.write("http://127.0.0.1:1/in", more="defaults: {active: false}\n")
    ended = doctor.run()
    assert (ended.code, ended.out) == (0, "No active webhooks to check.\n")
    assert judged("doctor", doctor.run("--format", "json").out)["endpoints"] == []


# What is found


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize(
    ("response", "delay", "finding"),
    [
        pytest.param(
            "HTTP/1.1 404 Not Here\x1b[2J {echo}\r\n\r\n",
            0,
            "error receiver-status: OPTIONS was answered with 404 Not Found",
            id="404",
        ),
        pytest.param(
            "HTTP/1.1 301 Moved\r\nLocation: /in/\r\n\r\n",
            0,
            "error receiver-redirect: OPTIONS was redirected to the same path with a `/` at its end (301)",
            id="redirect",
        ),
        pytest.param(
            "HTTP/1.1 302 Found\r\nLocation: https://login.example.com{echo}#\x1b[2J\udc9b\r\n\r\n",
            0,
            "error receiver-redirect: OPTIONS was redirected (302)",
            id="hostile-redirect",
        ),
        pytest.param(
            "HTTP/1.1 302 Found\r\nLocation: /login?next={echo}\r\n\r\n",
            0,
            "error receiver-redirect: OPTIONS was redirected to another path or query of the same host (302)",
            id="redirect-to-a-login",
        ),
        pytest.param(
            "HTTP/1.1 204 No Content\r\n\r\n",
            2 * LIMIT,
            "error receiver-slow: OPTIONS was not answered within 0.3 s, the time that Shippo waits",
            id="slow",
        ),
        pytest.param("", 0, "error receiver-response: the connection was closed without a response", id="no-response"),
        pytest.param("{echo}\r\n\r\n", 0, "error receiver-response: the response isn't valid HTTP", id="no-http"),
        pytest.param(
            "HTTP/1.1 204 No Content\r\n" + "X: {echo}\r\n" * 500 + "\r\n",
            0,
            "error receiver-response: the response isn't valid HTTP",
            id="many-headers",
        ),
        pytest.param(
            "HTTP/1.1 204 " + "x" * 100_000 + "\r\n\r\n",
            0,
            "error receiver-response: the response isn't valid HTTP",
            id="long-reason",
        ),
    ],
)
def test_response_that_is_an_error(doctor: Doctor, response: str, delay: float, finding: str) -> None:
    doctor.write(f"http://127.0.0.1:{doctor.serve(Receiver(response, delay))}/in?token=${{HOOK}}")
    assert doctor.findings() == (1, [finding])


def test_body_of_a_response_is_not_read(doctor: Doctor) -> None:
    doctor.write(f"http://127.0.0.1:{doctor.serve(Receiver('HTTP/1.1 200 OK' + 2 * chr(13) + chr(10)))}/in")
    endless = dripping(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 1000)
    with serving(endless) as port:
        doctor.write(f"http://127.0.0.1:{port}/in")
        began = time.monotonic()
        assert doctor.findings() == (0, [])
    assert time.monotonic() - began < 2


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize(
    "handler",
    [
        pytest.param(silent, id="silent"),
        pytest.param(dripping(b"HTTP/1.1 204 No Content\r\n", b"X: x\r\n"), id="headers-without-an-end"),
        pytest.param(dripping(b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n"), id="interim"),
    ],
)
def test_response_without_an_end_ends(doctor: Doctor, handler: Handler) -> None:
    with serving(handler) as port:
        doctor.write(f"http://127.0.0.1:{port}/in")
        began = time.monotonic()
        code, findings = doctor.findings()
    assert (code, [finding.partition(":")[0] for finding in findings]) == (1, ["error receiver-slow"])
    assert time.monotonic() - began < 2


def test_shippo_waits_three_seconds(doctor: Doctor) -> None:
    doctor.write(f"http://127.0.0.1:{doctor.serve(Receiver(delay=30))}/in")
    began = time.monotonic()
    finding = "error receiver-slow: POST (track_updated) was not answered within 3 s, the time that Shippo waits"
    assert doctor.findings("--send-sample") == (1, [finding])
    assert 3 <= time.monotonic() - began < 10


def test_name_that_does_not_resolve_and_port_that_refuses(doctor: Doctor) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    doctor.write("https://hooks.invalid/in")
    assert doctor.findings() == (1, ["error receiver-dns: the host name can't be resolved"])
    doctor.write(f"http://127.0.0.1:{port}/in")
    assert doctor.findings() == (1, ["error receiver-connection: the connection was refused"])


def test_resolver_that_does_not_answer_ends(doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    answered = threading.Event()
    monkeypatch.setattr(probe, "RESOLVE_TIMEOUT", 0.05)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [answered.wait(60)])
    doctor.write("https://hooks.example.com/in")
    assert doctor.findings() == (1, ["error receiver-dns: the host name can't be resolved"])
    answered.set()


def test_public_name_of_a_private_address_is_a_warning(doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    there = Receiver("HTTP/1.1 405 Method Not Allowed\r\n\r\n")
    port, look_up = doctor.serve(there), socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda _, *rest, **more: look_up("127.0.0.1", *rest, **more))
    certificate = trustme.CA().issue_cert("hooks.example.com")
    doctor.write(
        f"https://hooks.example.com:{doctor.serve(there, certificate)}/in", base_url="https://api.goshippo.com"
    )
    private = "warning receiver-private: the host resolves to 127.0.0.1, a private address: "
    code, findings = doctor.findings()
    assert (code, findings[1:]) == (1, [f"{private}a provider on the internet can't reach it"])
    doctor.write(f"http://127.0.0.1:{port}/in", base_url="https://api.goshippo.com")
    code, findings = doctor.findings()
    assert (code, findings) == (0, [f"{private}a provider on the internet can't reach it"])


# Certificates


@pytest.fixture(scope="module")
def ca() -> trustme.CA:
    return trustme.CA()


NOW = datetime.now(UTC)
SOON = f", on {NOW + timedelta(days=9, hours=1):%Y-%m-%d}"
NOT_TRUSTED = "error receiver-tls: the certificate isn't signed by an authority that this machine trusts"
UNSENT = "; no request was sent"


def _self_signed() -> trustme.LeafCert:
    """An authority's own certificate in a server's place."""
    own = trustme.CA()
    own_key = own.private_key_pem.bytes()
    return trustme.LeafCert(own_key, own.cert_pem.bytes(), [])


@pytest.mark.parametrize(
    ("name", "days", "findings"),
    [
        pytest.param("localhost", (-1, 90), [], id="valid"),
        pytest.param(
            "localhost", (-1, 9), [f"warning receiver-tls: the certificate expires in 9 days{SOON}"], id="soon"
        ),
        pytest.param("localhost", (-9, -1), [f"error receiver-tls: the certificate has expired{UNSENT}"], id="expired"),
        pytest.param(
            "localhost", (1, 9), [f"error receiver-tls: the certificate isn't valid yet{UNSENT}"], id="not-yet"
        ),
        pytest.param(
            "other.example", (-1, 90), [f"error receiver-tls: the certificate is for another host{UNSENT}"], id="host"
        ),
    ],
)
def test_certificate(
    doctor: Doctor,
    ca: trustme.CA,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    days: tuple[int, int],
    findings: list[str],
) -> None:
    ca.cert_pem.write_to_path(str(doctor.folder / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(doctor.folder / "ca.pem"))
    there, (first, last) = Receiver(), (NOW + timedelta(days=number, hours=1) for number in days)
    port = doctor.serve(there, ca.issue_cert(name, not_before=first, not_after=last))
    code = int(any(finding.startswith("error") for finding in findings))
    doctor.write(f"https://localhost:{port}/in?token=${{HOOK}}")
    assert doctor.findings() == (code, findings)
    assert len(there.requests) == (code == 0)
    if not findings:
        assert "; certificate valid for 90 days\n" in doctor.run().out


@pytest.mark.parametrize(
    ("certificate", "finding"),
    [
        pytest.param(trustme.CA().issue_cert("localhost"), f"{NOT_TRUSTED}{UNSENT}", id="unknown-issuer"),
        pytest.param(_self_signed(), f"error receiver-tls: the certificate is self-signed{UNSENT}", id="self-signed"),
    ],
)
def test_certificate_of_nobody_known(doctor: Doctor, certificate: trustme.LeafCert, finding: str) -> None:
    there = Receiver()
    doctor.write(f"https://localhost:{doctor.serve(there, certificate)}/in?token=${{HOOK}}")
    assert (doctor.findings(), there.requests) == ((1, [finding]), [])


def test_port_that_speaks_no_tls(doctor: Doctor) -> None:
    with serving(dripping(b"HTTP/1.1 400 Bad Request\r\n\r\n", b"", drops=0)) as port:
        doctor.write(f"https://localhost:{port}/in")
        assert doctor.findings() == (1, ["error receiver-tls: the TLS handshake failed"])


def test_authorities_that_can_not_be_read(doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(doctor.folder / "nowhere.pem"))
    doctor.write("https://localhost/in")
    ended = doctor.run()
    assert (ended.code, "the certificates of trusted authorities can't be read" in ended.err) == (1, True)


# How it is said


def test_quiet_leaves_out_what_is_well_and_verbose_shows_everything(doctor: Doctor) -> None:
    port = doctor.serve(Receiver())
    doctor.write(f"http://127.0.0.1:{port}/in", "https://hooks.invalid/in")
    quiet, verbose = doctor.run("-q").out, doctor.run("-v").out
    assert quiet == (
        "✗ failed  e1  https://hooks.invalid/in\n"
        "    error: the host name can't be resolved\n"
        "    help: Check its spelling and its DNS records.\n\n"
        "2 endpoints checked: 1 ok, 1 failed.\n"
    )
    assert ("OPTIONS: 204" in verbose, "addresses: (none)" in verbose) == (True, True)


def test_what_takes_too_long_altogether_is_not_checked(doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reconciler.cli.commands.doctor._LONGEST_RUN", -1.0)
    there = Receiver()
    doctor.write(f"http://127.0.0.1:{doctor.serve(there)}/in")
    finding = "error receiver-unchecked: not checked: the time for all endpoints was over"
    assert (doctor.findings(), there.requests) == ((1, [finding]), [])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_ends_it(doctor: Doctor, number: signal.Signals) -> None:
    there = Receiver(delay=1)
    at = f"http://127.0.0.1:{doctor.serve(there)}"
    doctor.write(*(f"{at}/{letter}" for letter in "abcdefgh"))
    with Forked(doctor.folder, "doctor") as command:
        while len(there.requests) < 4:
            time.sleep(0.01)
        command.signal(number)
        ended = command.end()
    assert (ended.code, len(there.requests)) == (128 + number, 4)
    assert ended.err.endswith("Stopped. Nothing was changed.\n")


def test_commands_of_the_how_to_work(doctor: Doctor) -> None:
    page = (Path(__file__).parents[2] / "docs" / "how-to" / "check-receivers.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```sh\n(.*?)```", page, re.DOTALL)
    there = Receiver()
    doctor.write(f"http://127.0.0.1:{doctor.serve(there)}/in?token=${{HOOK}}")
    file = doctor.folder / "webhooks.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("  e0:", "  orders:"), encoding="utf-8")
    environment = {"PATH": f"{Path(COMMAND).parent}:/usr/bin:/bin", "HOOK": HOOK}
    for block in blocks:
        subprocess.run(["sh", "-ec", block], cwd=doctor.folder, env=environment, check=True)
    assert [head.split()[0] for head, _ in there.requests] == ["OPTIONS", "POST", "OPTIONS"]
    judged("doctor", (doctor.folder / "doctor.json").read_text(encoding="utf-8"))
