"""JSON that any reader takes and no pipeline acts on."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

Json = None | bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"]


def json_text(document: Json, *, indent: int | None = 2) -> str:
    """A document as JSON in ASCII.

    Args:
        document: plain values.
        indent: spaces a level; None for one line.
    Returns:
        The text. Lone surrogates, which are no text at all, are written as visible escapes; `##[`, which begins a
        command in a GitHub log, is written with a JSON escape.
    """
    text = json.dumps(document, indent=indent, ensure_ascii=True)
    if "\\ud" in text:  # half of a character, or a lone surrogate
        text = json.dumps(_whole(document), indent=indent, ensure_ascii=True)
    return text.replace("##[", "\\u0023#[")


def _whole(value: Json) -> Json:
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(value, dict):
        return {str(_whole(key)): _whole(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_whole(inner) for inner in value]
    return value
