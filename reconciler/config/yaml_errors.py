"""What a YAML syntax error means to a person, and what to do about it."""

from __future__ import annotations

import re

import yaml

from reconciler.config.diagnostics import Diagnostics, SourceText, Span
from reconciler.model.diagnostic import Place

# U+0085, U+2028 and U+2029 are line breaks to YAML 1.1 and none to editors.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_CONFLICT = re.compile(r"^(?:<{7}|>{7})(?= |$)", re.MULTILINE)
_FLOW = "Separate items with commas and close the {} with `{}`; quote unusual values."
_QUOTE = "Put the value in quotes."
_HELP = {
    "mapping values are not allowed in this context": (
        "Check the indentation; put a value that contains `: ` in quotes."
    ),
    "did not find expected key": "Check the indentation of this line and of those before it.",
    "did not find expected '-' indicator": "Check the indentation: the list's other items begin further left or right.",
    "could not find expected ':'": "Write `key: value`, with a space after the colon.",
    "did not find expected ',' or ']'": _FLOW.format("list", "]"),
    "did not find expected ',' or '}'": _FLOW.format("mapping", "}"),
    "found unexpected end of stream": "Close the quotes that are opened here.",
    "found unknown escape character": "Write `\\\\` for a backslash in double quotes, or use single quotes.",
    "did not find expected alphabetic or numeric character": f"Text that begins with `*` or `&` is special. {_QUOTE}",
    "block sequence entries are not allowed in this context": "Start the list on its own line.",
    "exceeded maximum nesting depth": "Use fewer levels.",
}
_STANDARD_HELP = "Check the indentation, quotes and brackets here."


def is_unfit(source: SourceText, diagnostics: Diagnostics) -> bool:
    """Whether a file holds what no parser has to see: a character that YAML lacks, or a conflict that Git left."""
    code = "yaml-character"
    found = _FORBIDDEN.search(source.text)
    if found is not None:
        message = f"U+{ord(found[0]):04X} isn't allowed in YAML, or is read as a line break"
        help_ = "Remove it, or write it as an escape in double quotes."
    else:
        # A parser may take its lines for text.
        found = _CONFLICT.search(source.text)
        code, message = "yaml-syntax", "a merge conflict isn't resolved here"
        help_ = "Keep the right lines, and remove those with `<<<<<<<`, `=======` and `>>>>>>>`."
    if found is not None:
        diagnostics.error(code, Span(source, *found.span()), message, help_)
    return found is not None


def syntax_error(error: yaml.YAMLError, source: SourceText, diagnostics: Diagnostics) -> None:
    """Say what the YAML parser stumbled over."""
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        diagnostics.error("yaml-syntax", Place(file=source.name, line=1), "the file is not valid YAML", _STANDARD_HELP)
        return
    problem = error.problem or "something unexpected"
    index = min(error.problem_mark.index, len(source.text))
    if error.context_mark is not None and index == len(source.text):
        # Where the text ends says little; where the unclosed thing begins says what to close.
        index = min(error.context_mark.index, len(source.text))
    message, help_ = f"the YAML can't be read: {problem}", _help(problem, source, index)
    diagnostics.error("yaml-syntax", Span(source, index, index + 1), message, help_)


def _help(problem: str, source: SourceText, index: int) -> str:
    start, end = source.line_range(source.place(index).line)
    before = source.text[start : min(index + 1, end)]
    if "${" in before and not {"'", '"'} & set(before):
        return "Put the value with `${…}` in double quotes."
    if source.text[index : index + 1] == "\t":
        return "Indent with spaces, never with tabs."
    if source.text[index : index + 1] in ("@", "`", "%"):
        return _QUOTE
    return _HELP.get(problem, _STANDARD_HELP)
