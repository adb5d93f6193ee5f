"""What an event's name may hold, in a file and so in an address."""

from __future__ import annotations

import re

_NAME = re.compile(r"[^\s\[\]\x00-\x1f\x7f-\x9f\ud800-\udfff]+")


def is_event_name(text: str) -> bool:
    """Whether it is one word, without brackets and control characters."""
    return _NAME.fullmatch(text) is not None
