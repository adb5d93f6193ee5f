"""What a command's options and environment say of the files to load."""

from __future__ import annotations

import sys

from reconciler.cli.invocation import Invocation
from reconciler.config.limits import MOST_OF_A_FILE, read_stream
from reconciler.config.load import Inputs


def inputs_of(invocation: Invocation, *, offline: bool = False) -> Inputs:
    """What the loader is given: the options, and the two environment variables that may set one."""
    options, environment = invocation.options, invocation.environment
    hosts = (host.strip() for host in environment.get("RECONCILER_ALLOW_HOSTS", "").split(","))
    return Inputs(
        files=invocation.files,
        variables=options.variables,
        var_files=options.var_files,
        env_files=options.env_files,
        environment=environment,
        base_url=options.base_url,
        allowed_hosts=frozenset(options.allowed_hosts).union(filter(None, hosts)),
        accounts=options.accounts,
        allow_unset=options.allow_unset,
        offline=offline,
        standard_input=lambda: read_stream(sys.stdin.buffer, MOST_OF_A_FILE) if sys.stdin is not None else b"",
    )
