"""The accounts of a fleet, as a file says them: a list of names, a file with one in each line, or all."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Collection, Sequence
from pathlib import Path, PurePosixPath, PureWindowsPath

from reconciler.config.cursor import Cursor, Text
from reconciler.config.diagnostics import Location
from reconciler.config.interpolation import Values
from reconciler.config.limits import MOST_OF_A_FILE, MOST_PLACES, read_bounded, why_unreadable
from reconciler.model.place import EVERY, FILE, PlaceSetting
from reconciler.model.provider import Provider

_Error = Callable[[str, Location, str, str], None]


def fleet_names(place: PlaceSetting, provider: Provider, cursor: Cursor, values: Values) -> tuple[str, ...]:
    """The names that the file says, or a file that it names; none where the provider lists them, or one is unset.

    They are one account until they are looked at: entries aren't read again for each of thousands.
    """
    key, one, error = place.setting, cursor.text(place.setting), values.diagnostics.error
    if cursor.has(place.one):
        message, help_ = f"this account has both `{place.one}` and `{key}`", f"Add its id to `{key}`."
        error("place-twice", cursor.key_span(place.one), message, help_)
    texts = (one,) if one is not None else cursor.texts(key) or ()
    secrets = values.secrets(provider.auth.variable)
    found: dict[str, str] = {}
    is_whole = True
    for text in texts:
        known = values.plain(text)
        if known is None or known == EVERY:
            is_whole = False
        if known is None or (known == EVERY and text is one and place.listed is not None):
            continue
        is_file = text is one and known.startswith(FILE)
        lines = _lines(known.removeprefix(FILE), text, error) if is_file else [(0, known)]
        for line, name in lines:
            where = f" in line {line} of its file" if line else ""
            usual = "Write one in each line." if line else "Check the value of its variables."
            fault = _fault(name, where, place, provider, secrets)
            if fault:
                error("wrong-value", text.span, fault, usual)
            elif place.normal(name) in found:
                alike = ": upper and lower case make no difference" if place.is_caseless else ""
                error("place-twice", text.span, f"this name is listed twice{where}{alike}", "Keep one of the two.")
            else:
                found[place.normal(name)] = name
                continue
            break  # one error says what is wrong with a file of thousands
    if len(found) > MOST_PLACES:
        message = f"`{key}` names more than {MOST_PLACES}"
        values.diagnostics.too_much(texts[0].span, message, "Split them into several configurations.")
    return tuple(found.values()) if is_whole else ()


def _fault(name: str, where: str, place: PlaceSetting, provider: Provider, secrets: Collection[str]) -> str:
    """What is wrong with a name; names are shown everywhere, so none may be a secret."""
    if not place.accepts(name) or name.casefold() == EVERY:
        return f"expected a {place.examples}{where}"
    if provider.prefix_of(name):
        return f"the name{where} begins like a token of {provider.title}, and names are shown"
    message = f"the name{where} is the value of a variable that holds a secret, and names are shown"
    return message if name in secrets else ""


def _lines(path: str, text: Text, error: _Error) -> Sequence[tuple[int, str]]:
    """The names in a file, with their lines."""
    source = text.span.source.name
    try:
        file = None if "$" in text.raw else _below(os.path.dirname(source), path)  # noqa: PTH120 - nothing for standard input
        data = b"" if file is None else read_bounded(file, MOST_OF_A_FILE)
        content = data.decode("utf-8-sig")
    except (OSError, ValueError) as failure:
        why = "it is not UTF-8" if isinstance(failure, UnicodeDecodeError) else why_unreadable(failure)
        message, help_ = f"the file of {text.quoted()} can't be read: {why}", "Check the path and its permissions."
        error("file-unreadable", text.span, message, help_)
        return ()
    if file is None:
        message = "the name of a file of names may lead nowhere but below the folder of the file that names it"
        if "$" in text.raw:
            message = "the name of a file of names has a variable in it"
        help_ = "Put the file beside this one, and write its name, such as `@tenants.txt`."
        error("file-outside", text.span, message, help_)
        return ()
    numbered = enumerate((line.strip() for line in content.splitlines()), 1)
    lines = [(number, line) for number, line in numbered if line and not line.startswith("#")]
    if not lines:
        error("wrong-value", text.span, f"the file of {text.quoted()} names none", "Write one in each line.")
    return lines


def _below(folder: str, path: str) -> Path | None:
    """A regular file at a relative path, links followed; None where it isn't below the folder.

    Whoever writes the file of a pull request could otherwise have any file of the machine read and shown, such as a
    mounted secret.

    Raises:
        OSError, ValueError: there is none.
    """
    parts = (*PurePosixPath(path).parts, *PureWindowsPath(path).parts)
    if path.startswith(("/", "\\")) or PureWindowsPath(path).drive or ".." in parts:
        return None
    root, found = Path(folder).resolve(), Path(folder, path).resolve()
    if not found.is_relative_to(root):
        return None
    if not stat.S_ISREG(found.stat().st_mode):
        raise OSError(None, "it is no file")
    return found
