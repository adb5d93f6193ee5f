"""What the YAML parser stumbles over, in words that say what to do."""

from __future__ import annotations

import yaml

from reconciler.config.diagnostics import Diagnostics, SourceText, Span
from reconciler.model.diagnostic import Place

_FLOW = "Separate items with commas and close the {} with `{}`; quote unusual values."
_QUOTE = "Put the value in quotes."
_HELP = {
    "mapping values are not allowed in this context": "Check the indentation; quote values that contain `: `.",
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
_HELP_AT = {"\t": "Indent with spaces, never with tabs.", **dict.fromkeys("@`%", _QUOTE)}
_STANDARD_HELP = "Check the indentation, quotes and brackets here."


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
    start, end = source.line_range(source.place(index).line)
    before = source.text[start : min(index + 1, end)]
    help_ = _HELP_AT.get(source.text[index : index + 1]) or _HELP.get(problem, _STANDARD_HELP)
    if "${" in before and not {"'", '"'} & set(before):
        help_ = "Put the value with `${…}` in double quotes."
    diagnostics.error("yaml-syntax", Span(source, index, 1), f"the YAML can't be read: {problem}", help_)
