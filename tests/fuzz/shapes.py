"""Plain JSON values, and documents with one value of them replaced, taken away, doubled or moved."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

from tests.view.hostile import HOSTILE

Path = tuple[str | int, ...]

NUMBERS = st.sampled_from([0, 1, -1, 2**31, 2**63, -(2**64), 10**4000, 0.5, -0.0, 1e308])
TEXTS = st.sampled_from(HOSTILE) | st.sampled_from(["1", "true", "null", "../x", "..", "/", "create", "delete"])
ANYTHING: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
"""Whatever JSON can say, hostile strings and numbers among it."""


def paths(value: Any, path: Path = ()) -> Iterator[Path]:  # noqa: ANN401 - plain JSON
    """Where each value inside a value stands."""
    inner: Any = ()
    if isinstance(value, dict):
        inner = value.items()
    elif isinstance(value, list):
        inner = enumerate(value)
    for step, found in inner:
        yield (*path, step)
        yield from paths(found, (*path, step))


@st.composite
def spoiled(draw: st.DrawFn, document: Any) -> Any:  # noqa: ANN401 - plain JSON
    """A document after one change, or two, of any of its values."""
    made = copy.deepcopy(document)
    for _ in range(draw(st.integers(1, 2))):
        there = sorted(paths(made), key=str)
        if not there:
            break
        path = draw(st.sampled_from(there))
        _spoil(draw, made, path)
    return made


def _spoil(draw: st.DrawFn, document: Any, path: Path) -> None:  # noqa: ANN401 - plain JSON
    above: Any = document
    for step in path[:-1]:
        above = above[step]
    last: Any = path[-1]
    match draw(st.sampled_from(["replace", "replace", "wrap", "remove", "double", "add"])):
        case "replace":
            above[last] = draw(ANYTHING)
        case "wrap":
            above[last] = draw(st.sampled_from([[above[last]], {"x": above[last]}, [above[last], above[last]]]))
        case "remove":
            del above[last]
        case "double" | "add":
            double = copy.deepcopy(above[last])
            if isinstance(above, list):
                above.insert(0, double)
            else:
                above[draw(TEXTS)] = double
