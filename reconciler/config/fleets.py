"""The accounts of a fleet, as a file says them: a list of names, a file with one in each line, or all."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from reconciler.config.cursor import Cursor, Text
from reconciler.config.diagnostics import Location
from reconciler.config.interpolation import Values
from reconciler.config.limits import MOST_OF_A_FILE, MOST_PLACES, read_bounded, why_unreadable
from reconciler.model.place import EVERY, FILE, PlaceSetting

_Error = Callable[[str, Location, str, str], None]


def fleet_names(place: PlaceSetting, cursor: Cursor, values: Values) -> tuple[str, ...]:
    """The names that the file says, or a file that it names; none where the provider lists them, or one is unset.

    They are one account until they are looked at: entries aren't read again for each of thousands.
    """
    key, one, error = place.setting, cursor.text(place.setting), values.diagnostics.error
    if cursor.has(place.one):
        message, help_ = f"this account has both `{place.one}` and `{key}`", f"Add its id to `{key}`."
        error("place-twice", cursor.key_span(place.one), message, help_)
    texts = (one,) if one is not None else cursor.texts(key) or ()
    found: dict[str, str] = {}
    is_whole = True
    for text in texts:
        known = values.plain(text)
        if known is None or known == EVERY:
            is_whole = False
        if known is None or (known == EVERY and text is one and place.listed is not None):
            continue
        is_file = text is one and known.startswith(FILE)
        lines = _lines(known.removeprefix(FILE), text, error) if is_file else {0: known}
        for line, name in lines.items():
            where = f" in line {line} of its file" if line else ""
            if not place.accepts(name) or name == EVERY:
                message = f"expected a {place.examples}{where}"
                help_ = "Write one in each line." if line else "Check the value of its variables."
                error("wrong-value", text.span, message, help_)
            elif name.casefold() in found:
                message = f"this name is listed twice{where}: upper and lower case make no difference"
                error("place-twice", text.span, message, "Keep one of the two.")
            else:
                found[name.casefold()] = name
                continue
            break  # one error says what is wrong with a file of thousands
    if len(found) > MOST_PLACES:
        message = f"`{key}` names more than {MOST_PLACES}"
        values.diagnostics.too_much(texts[0].span, message, "Split them into several configurations.")
    return tuple(found.values()) if is_whole else ()


def _lines(path: str, text: Text, error: _Error) -> Mapping[int, str]:
    """The names in a file by their lines; a relative path is relative to the file that names it."""
    folder = os.path.dirname(text.span.source.name)  # noqa: PTH120 - nothing for standard input
    try:
        data = read_bounded(Path(folder, path), MOST_OF_A_FILE).decode("utf-8-sig")
    except (OSError, ValueError) as failure:
        why = "it is not UTF-8" if isinstance(failure, UnicodeDecodeError) else why_unreadable(failure)
        message, help_ = f"the file of {text.quoted()} can't be read: {why}", "Check the path and its permissions."
        error("file-unreadable", text.span, message, help_)
        return {}
    numbered = enumerate((line.strip() for line in data.splitlines()), 1)
    lines = {number: line for number, line in numbered if line and not line.startswith("#")}
    if not lines:
        error("wrong-value", text.span, f"the file of {text.quoted()} names none", "Write one in each line.")
    return lines
