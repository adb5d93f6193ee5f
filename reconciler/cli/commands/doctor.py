"""`reconciler doctor`: contacts the receivers that the file names."""

from __future__ import annotations

import click

from reconciler.cli.invocation import Invocation, command, fail
from reconciler.cli.options import FILES, OUTPUT, TARGETS

_AT_ONCE = 4
_LONGEST_RUN = 300.0  # seconds until nothing new is begun


@command(
    *FILES, *TARGETS,
    click.option("--send-sample", is_flag=True,
                 help="Send a POST with a sample of each event, marked as a test, which must be answered with 2xx in "
                      "the provider's time. The receiver may act on it."),
    *OUTPUT,
    examples="""
    reconciler doctor

    # Also send samples, to one receiver
    reconciler doctor --target orders --send-sample
    """,
)  # fmt: skip
def doctor_command(invocation: Invocation, *, send_sample: bool) -> int:
    """Check the endpoints that the file names: DNS, TLS certificates, and whether they respond.

    Contacts each endpoint of an active webhook directly, without a proxy. Without --send-sample it sends one OPTIONS
    request without a body, which asks the receiver to do nothing. The provider isn't contacted, and no token is
    needed; variables in the URLs are.

    Never run it for files you don't trust: it sends requests, and the secrets in the URLs, to every host that the
    file names, also inside your network.

    Exits with 0, also with warnings, or with 1 if a check failed.
    """
    import time

    from reconciler.cli.run import Run
    from reconciler.doctor.judge import endpoint_row
    from reconciler.doctor.probe import measure, trusting_context
    from reconciler.doctor.receivers import Failure, Measurement, Receiver, receivers
    from reconciler.http.no_reply import BUNDLE
    from reconciler.operations.workers import Workers
    from reconciler.view.documents import DoctorView, diagnostic_row
    from reconciler.view.outcome import count_text, doctor_outcome

    run = Run(invocation, offline=True)
    found = receivers(run.configuration, run.selected(), send_samples=send_sample)
    try:
        context = trusting_context()
    except OSError:
        fail("the certificates of trusted authorities can't be read", BUNDLE, code="system")
    ends = time.monotonic() + _LONGEST_RUN

    def measured(receiver: Receiver) -> Measurement:
        if run.stop.is_asked() or time.monotonic() > ends:
            return Measurement(failure=Failure.NOT_CHECKED)
        return measure(receiver, context, run.stop.is_asked)

    if run.streams.live and invocation.options.quiet == 0:
        run.streams.print_message(f"Checking {count_text(len(found), 'endpoint')} ...")
    with run.stop.finishing(), Workers(_AT_ONCE, "receiver") as workers:
        measurements = workers.map(measured, found)
    run.end_if_stopped()
    now, long = invocation.clock.now(), run.configuration.qualifies_addresses
    redaction = run.configuration.redaction
    rows = (endpoint_row(*pair, redaction, now, long=long) for pair in zip(found, measurements, strict=True))
    view = DoctorView(endpoints=tuple(rows), diagnostics=tuple(map(diagnostic_row, run.diagnostics)))
    run.reporter.doctor(view)
    return run.reporter.end(doctor_outcome(view))
