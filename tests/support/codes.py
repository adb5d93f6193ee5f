"""Every diagnostic code and what it means, as its page says."""

from __future__ import annotations

import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "codes.md"
CODES = dict(re.findall(r"^## (\S+)\n\n(.+)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE))
