"""Makes foreign text harmless: for terminals, logs, pipelines, and the shell that a command is typed into."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Sequence

from reconciler.model.characters import is_seen

_PLAIN_YAML = r"(?!0[box]|[0-9]+[eE][0-9]+\Z)[0-9A-Za-z]*[A-Za-z][0-9A-Za-z]*"
_YAML_WORDS = {"true", "false", "yes", "no", "on", "off", "y", "n", "null"}
_COMMAND = re.compile(r"^([ \t]*)::", re.MULTILINE)


def visible(text: str) -> str:
    """Foreign text with everything escaped that a terminal or a pipeline's log would act on, or that can't be seen.

    Escaped are control and format characters (bidirectional and zero-width ones too), odd spaces, line breaks, lone
    surrogates, and the `##[` that begins a command in a GitHub log.
    """
    if "##[" in text:
        text = text.replace("##[", "#\\x23[")
    if text.isascii() and text.isprintable():
        return text
    escaped = (one if one == " " or is_seen(one) else one.encode("unicode_escape").decode("ascii") for one in text)
    return "".join(escaped)


def all_visible(texts: Sequence[str]) -> Sequence[str]:
    """Many texts, each made harmless; mostly there is nothing to escape, and one look at all of them shows that."""
    together = " ".join(texts)
    return texts if visible(together) == together else [*map(visible, texts)]


def without_commands(text: str) -> str:
    """Lines without what GitHub's runner takes for a command, wherever the pieces met that make one.

    It acts on a line that begins with `::` behind blanks, and on `##[` anywhere. Source: `ActionCommand.cs` of
    actions/runner.
    """
    if "::" in text:
        text = _COMMAND.sub(r"\1\\x3a:", text)
    return text.replace("##[", "#\\x23[")


def shell_word(text: str) -> str:
    """Foreign text as one word of a command that can be typed, harmless to print.

    What can't be printed is escaped in ANSI-C quotes, which bash, zsh and POSIX shells from 2024 on read.
    """

    def escaped(character: str) -> str:
        as_given = "surrogateescape" if "\udc80" <= character <= "\udcff" else "surrogatepass"  # a byte that is no text
        return "".join(f"\\x{byte:02x}" for byte in character.encode("utf-8", as_given))

    if visible(text) == text:
        return shlex.quote(text)
    plain = "".join(one if visible(one) == one and one not in "\\'" else escaped(one) for one in text)
    return f"$'{visible(plain)}'"


def yaml_word(text: str) -> str:
    """Foreign text as one value of YAML that is read as that text, harmless to print."""
    is_plain = re.fullmatch(_PLAIN_YAML, text) is not None and text.lower() not in _YAML_WORDS
    return text if is_plain else "'" + visible(text).replace("'", "''") + "'"


def shown_time(text: str | None) -> str:
    """A published time as people write it."""
    return shown_times([text], zone=" UTC")[0]


def shown_times(texts: Iterable[str | None], *, zone: str) -> Sequence[str]:
    """Many published times; `zone` stands behind each."""
    shown = all_visible([text or "" for text in texts])
    return [text.replace("T", " ").replace("Z", zone) for text in shown]
