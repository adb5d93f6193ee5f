"""The action pins what it installs."""

from __future__ import annotations

import re
import tomllib

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support.workflows import ROOT

REQUIREMENTS = (ROOT / "action" / "requirements.txt").read_text("utf-8")


def test_action_pins_each_library_that_the_tool_needs() -> None:
    pinned = {
        canonicalize_name(name): version
        for name, version in re.findall(r"^([\w.-]+)==([\w.]+)", REQUIREMENTS, re.MULTILINE)
    }
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    for text in (*project["project"]["dependencies"], *project["build-system"]["requires"]):
        needed = Requirement(text)
        assert needed.specifier.contains(pinned[canonicalize_name(needed.name)]), text
