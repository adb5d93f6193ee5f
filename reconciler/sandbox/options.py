"""How a sandbox is to behave."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from reconciler.sandbox.lies import HONEST, Lies
from reconciler.sandbox.limits import PUBLISHED, Limits
from reconciler.sandbox.rules import Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxOptions:
    """How a sandbox is to behave; left alone, it behaves as Shippo's documentation says, on a free port of loopback.

    Attributes:
        host: the address to listen on.
        port: the port to listen on; 0: a free one.
        data: the file to keep the webhooks and the log in; None: a temporary one.
        limits: the rate limits; None: none.
        latency: seconds that every answer takes longer.
        page_size: webhooks on a page, whatever the caller asks for; None: as asked, 25 by default, 100 at most.
        hide_inactive: the list leaves out webhooks that aren't active.
        rewrite_url: how the provider changes a URL before it keeps it; None: not at all.
        lies: in which ways lists are wrong.
        clock: gives the present in seconds since the epoch, for limits and times.
        threads: how many requests are worked on at once.
        faults: rules for a fault proxy in front of the server; its address is the sandbox's then.
        fault_seed: what chance starts from in rules with a probability.
        proxy: put the fault proxy in front also without rules, so that some can be added later.
    """

    host: str = "127.0.0.1"
    port: int = 0
    data: Path | None = None
    limits: Limits | None = PUBLISHED
    latency: float = 0.0
    page_size: int | None = None
    hide_inactive: bool = False
    rewrite_url: Callable[[str], str] | None = None
    lies: Lies = HONEST
    clock: Callable[[], float] = time.time
    threads: int = 16
    faults: tuple[Rule, ...] = ()
    fault_seed: int = 0
    proxy: bool = False
