"""The test of the tests: each planted defect shows in a small case, which breaks no promise without it."""

from __future__ import annotations

import pytest

from tests.robustness.defects import DEFECTS
from tests.robustness.judge import play
from tests.robustness.smallest_cases import SMALLEST


def test_every_defect_has_its_case() -> None:
    assert len(DEFECTS) >= 20
    assert list(SMALLEST) == list(DEFECTS)


@pytest.mark.parametrize("defect", DEFECTS)
def test_defect_is_found_by_the_promise_that_it_breaks(defect: str) -> None:
    kind, case = SMALLEST[defect]
    assert kind in play(case, defect).kinds


@pytest.mark.parametrize("defect", DEFECTS)
def test_case_of_a_defect_breaks_no_promise_without_it(defect: str) -> None:
    _, case = SMALLEST[defect]
    played = play(case)
    assert not played.broken, played.text()
