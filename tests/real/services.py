"""The real servers by name."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.real.emulate import Emulate
from tests.real.label_studio import LabelStudio
from tests.real.mlflow import MLflow
from tests.real.pretix import Pretix
from tests.real.service import Service

SERVICES: Mapping[str, Service] = {one.name: one for one in (MLflow(), Pretix(), LabelStudio(), Emulate())}


def on(*names: str) -> pytest.MarkDecorator:
    """Play a test on the servers of these services only."""
    return pytest.mark.parametrize("running_server", names, indirect=True)
