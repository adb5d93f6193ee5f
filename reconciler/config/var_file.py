"""Files of plain values (`--var-file`): a YAML mapping, or `NAME=value` lines."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from reconciler.config.bounded import read_bounded
from reconciler.config.bounds import MOST_OF_AN_ENV_FILE
from reconciler.config.complaints import Complaints
from reconciler.config.document import decode, parse
from reconciler.config.env_file import env_values
from reconciler.config.plain import Document, Map, Plain, Sequence
from reconciler.config.sources import Source
from reconciler.config.spot import SourceText
from reconciler.model.diagnostic import Place

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_IS_ENV = re.compile(r"(?:[^\S\n]*+(?:#[^\n]*+)?\n)*+[^\S\n]*+(?:export[^\S\n]++)?[A-Za-z_][A-Za-z0-9_]*+[^\S\n]*+=")
"""Blank lines and comments, then a line that no mapping begins with."""
_SHAPE_HELP = "Write `NAME: value` lines, or `NAME=value` lines as in an env file."


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainValue:
    """A value, and where it stands."""

    text: str
    place: Place


def read_var_file(path: str, complaints: Complaints) -> Mapping[str, PlainValue]:
    """Read a file of plain values.

    Args:
        path: as the user gave it.
        complaints: gets what can't be read.
    Returns:
        The values that could be read; `$` in them means nothing.
    """
    try:
        data = read_bounded(Path(path), MOST_OF_AN_ENV_FILE)
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or "its name can't be one"
        complaints.error("var-file", Place(file=path), f"the file can't be read: {reason}", "Check the path.")
        return {}
    noted = Complaints()
    source = decode(Source(name=path, data=data, quotable=False), noted)
    found: Mapping[str, PlainValue] = {}
    if source is not None and _IS_ENV.match(source.text):
        values = env_values(source.text, path, noted)
        found = {name: PlainValue(text=text, place=Place(file=path)) for name, text in values.items()}
    elif source is not None:
        document = parse(source, noted)
        found = _yaml_values(document, source, noted) if document is not None else {}
    for diagnostic in noted.found:
        if diagnostic.code == "file-shape":
            message = "expected a mapping of names to values"
            complaints.error("var-file", diagnostic.place, message, _SHAPE_HELP)
        elif diagnostic.code != "file-empty":
            complaints.error(diagnostic.code, diagnostic.place, diagnostic.message, diagnostic.help)
    return found


def _yaml_values(document: Document, source: SourceText, complaints: Complaints) -> dict[str, PlainValue]:
    found: dict[str, PlainValue] = {}
    for name, value in document.root.items():
        spot = document.key_spot((name,))
        if not _NAME.fullmatch(name):
            complaints.error("var-file", spot, "this is not a variable's name", "Use letters, digits and `_`.")
        elif isinstance(value, Map | Sequence):
            what = "a list" if isinstance(value, Sequence) else "a mapping"
            complaints.error("var-file", spot, f"expected text, found {what}", "Give each variable one plain value.")
        else:
            found[name] = PlainValue(text=_text(value, document, source, name), place=spot.place)
    return found


def _text(value: Plain, document: Document, source: SourceText, name: str) -> str:
    """A scalar as the file writes it: `8443` and `true` are their own text."""
    if isinstance(value, str):
        return value
    spot = document.spot((name,))
    return "" if value is None else source.text[spot.start : spot.end]
