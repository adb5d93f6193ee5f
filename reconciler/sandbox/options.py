"""How a sandbox is to behave."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from reconciler.sandbox.faults import Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxOptions:
    """How a sandbox is to behave; left alone, on a free port, as Shippo's documentation says, but without limits.

    Attributes:
        data: the file to keep the webhooks in; None: a temporary one.
        limits: whether the published rate limits apply.
        latency: seconds that every answer takes longer.
        page_size: webhooks on a page, whatever the caller asks for; None: as asked, 25 by default, 100 at most.
        hide_inactive: the list leaves out webhooks that aren't active.
        clock: gives the present in seconds since the epoch, for limits and times.
        fault_seed: what chance starts from, so that runs are alike.
    """

    port: int = 0
    data: Path | None = None
    limits: bool = False
    latency: float = 0.0
    page_size: int | None = None
    hide_inactive: bool = False
    clock: Callable[[], float] = time.time
    faults: tuple[Rule, ...] = ()
    fault_seed: int = 0
