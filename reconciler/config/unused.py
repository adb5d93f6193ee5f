"""Values that were given for variables that no file has: probably a typing error, and then something else is used."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches

from reconciler.config.complaints import Complaints
from reconciler.config.plain import Document, Map, Plain, Sequence
from reconciler.model.diagnostic import Place

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)")
_MOST_NAMED = 20


def check_used(given: Mapping[str, Place | None], documents: Iterable[Document], complaints: Complaints) -> None:
    """Complain of values that no file uses.

    Args:
        given: the names that `--var` (without a place) and `--var-file` give.
        documents: all files of the configuration.
        complaints: gets the complaints, each with the nearest name that there is.
    """
    if not given:
        return
    used = {name for document in documents for text in _texts(document.root) for name in _VARIABLE.findall(text)}
    for name, place in given.items():
        if name in used:
            continue
        by_form = {other.lower(): other for other in sorted(used)}
        near = get_close_matches(name.lower(), by_form, n=1)
        if near:
            help_ = f"Did you mean `{by_form[near[0]]}`?"
        elif not used:
            help_ = "Remove it: the files have no variables."
        else:
            more = ["others"] if len(used) > _MOST_NAMED else []
            help_ = f"The variables of the files are {', '.join([*sorted(used)[:_MOST_NAMED], *more])}."
        what = f"`--var {name}=…`" if place is None else f"`{name}`"
        complaints.error("variable-unused", place, f"{what} gives a variable that no file uses", help_)


def _texts(root: Map) -> Iterator[str]:
    """Every text with a `$` in it, aliased ones once."""
    seen: set[int] = set()
    todo: list[Plain] = [root]
    while todo:
        value = todo.pop()
        if isinstance(value, str):
            if "$" in value:
                yield value
        elif isinstance(value, Map | Sequence) and id(value) not in seen:
            seen.add(id(value))
            todo.extend(value.values() if isinstance(value, Map) else value)
