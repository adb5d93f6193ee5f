"""How a sandbox is to behave."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from reconciler.sandbox.faults import Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxOptions:
    """How a sandbox is to behave; left alone, on a free port, as Shippo's documentation says, but without limits."""

    port: int = 0
    data: Path | None = None  # the file to keep the webhooks in; None: a temporary one
    limits: bool = False  # the published rate limits apply
    latency: float = 0.0  # seconds that every answer takes longer
    page_size: int | None = None  # whatever the caller asks for; None: as asked, 25 by default, 100 at most
    hide_inactive: bool = False  # the list leaves out webhooks that aren't active
    clock: Callable[[], float] = time.time  # seconds since the epoch, for limits and times
    faults: tuple[Rule, ...] = ()
    fault_seed: int = 0  # what chance starts from, so that runs are alike
