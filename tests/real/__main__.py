"""Real servers of webhook APIs on this machine: `python -m tests.real --help`."""

from __future__ import annotations

import argparse
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

from tests.real.service import FOLDER_VARIABLE, NoServerError, installed, running
from tests.real.services import SERVICES

_LONGEST = 600  # seconds that a test may take, with the start of its server
Work = Callable[[argparse.Namespace], int]


def main() -> int:
    """Do what the command line asks for; 1 where a server can't be had, or a test fails."""
    folder = f"They are installed below ${FOLDER_VARIABLE}, or else in the user's cache."
    parser = argparse.ArgumentParser(prog="python -m tests.real", description=__doc__, epilog=folder)
    commands = parser.add_subparsers(required=True)
    work: Sequence[tuple[str, Work, str]] = (
        ("install", _install, "install the servers, and prepare what they start with"),
        ("run", _run, "install and start the servers, say how to reach each, and end them at Ctrl-C"),
        ("test", _test, "install the servers, and run the tests on them"),
    )
    for name, function, text in work:
        command = commands.add_parser(name, help=text)
        command.add_argument("services", nargs="*", metavar="SERVICE", help=f"of {', '.join(SERVICES)} [all]")
        command.set_defaults(work=function)
    options, pytest_options = parser.parse_known_args()
    if unknown := set(options.services) - set(SERVICES):
        parser.error(f"no service is called {', '.join(sorted(unknown))}")
    if pytest_options and options.work is not _test:
        parser.error(f"unrecognized arguments: {' '.join(pytest_options)}")
    options.services = options.services or list(SERVICES)
    options.pytest = pytest_options
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        code: int = options.work(options)
    except NoServerError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        return 0 if options.work is _run else 130
    return code


def _install(options: argparse.Namespace) -> int:
    for name in options.services:
        began = time.monotonic()
        home, _ = installed(SERVICES[name])
        _say(f"{name}: {home} ({time.monotonic() - began:.0f} s)")
    return 0


def _run(options: argparse.Namespace) -> int:
    with ExitStack() as stack:
        for name in options.services:
            _install(argparse.Namespace(services=[name]))
            began = time.monotonic()
            server = stack.enter_context(running(SERVICES[name]))
            _say(f"  ready in {time.monotonic() - began:.1f} s, process {server.pid}, log {server.log}")
            for header, value in server.headers.items():
                _say(f"  {header}: {value}")
            for place in server.places or ("",):
                _say(f"  {server.base_url}{server.hooks(place)}")
        signal.pause()
    return 0


def _test(options: argparse.Namespace) -> int:
    _install(options)
    ours = ("-m", "real", "-k", " or ".join(options.services), "-o", f"faulthandler_timeout={_LONGEST}")
    command = [sys.executable, "-m", "pytest", *ours, *options.pytest, str(Path(__file__).parent)]
    return subprocess.run(command, check=False).returncode


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
