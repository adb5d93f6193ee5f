"""The ways in which Python shows a value to whoever debugs, logs or stores it."""

from __future__ import annotations

import copy
import json
import pickle
import pprint
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, astuple, is_dataclass
from typing import Any


def _by_fields(value: Any) -> object:  # noqa: ANN401 - as `json` gives it
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else vars(value)


_WAYS: Mapping[str, Callable[[Any], object]] = {
    "repr": repr,
    "str": str,
    "format": lambda value: f"{value}",
    "in-a-list": lambda value: str([value, {"key": value}]),
    "pprint": pprint.pformat,
    "vars": vars,
    "asdict": asdict,
    "astuple": astuple,
    "copy": lambda value: repr(copy.copy(value)),
    "deepcopy": lambda value: repr(copy.deepcopy(value)),
    "json-str": lambda value: json.dumps(value, default=str, ensure_ascii=False),
    "json-repr": lambda value: json.dumps(value, default=repr, ensure_ascii=False),
    "json-vars": lambda value: json.dumps(value, default=vars, ensure_ascii=False, skipkeys=True),
    "json-fields": lambda value: json.dumps(value, default=_by_fields, ensure_ascii=False, skipkeys=True),
    "pickle": lambda value: pickle.dumps(value).decode("utf-8", "replace"),
    "state": lambda value: value.__getstate__(),
    "exception": lambda value: repr(ValueError(value)),
}


def shown_in_every_way(value: object) -> Iterator[tuple[str, str]]:
    """Each way, and what a value looks like then; what is refused shows the refusal."""
    for way, show in _WAYS.items():
        try:
            found = show(value)
        except (TypeError, AttributeError, ValueError, pickle.PicklingError) as error:
            found = error
        yield way, str(found)
