"""What a YAML syntax error means to a person, and what to do about it."""

from __future__ import annotations

import yaml

from reconciler.config.complaints import Complaints
from reconciler.config.spot import SourceText, Spot
from reconciler.model.diagnostic import Place

_QUOTE_VARIABLE = "Put the value with `${…}` into double quotes."
_QUOTE = "Put the value into quotes."
_FLOW = "Separate items with commas and close the {} with `{}`; quote unusual values."
_HELP = {
    "mapping values are not allowed in this context": "Check the indentation; put a value with `: ` in it into quotes.",
    "did not find expected key": "Check the indentation of this line and of those before it.",
    "did not find expected '-' indicator": "Check the indentation: the list's other items begin further left or right.",
    "could not find expected ':'": "Write `key: value`, with a space behind the colon.",
    "did not find expected ',' or ']'": _FLOW.format("list", "]"),
    "did not find expected ',' or '}'": _FLOW.format("mapping", "}"),
    "found unexpected end of stream": "Close the quotes that are opened here.",
    "found unknown escape character": "Write `\\\\` for a backslash in double quotes, or use single quotes.",
    "did not find expected alphabetic or numeric character": f"Text that begins with `*` or `&` is special. {_QUOTE}",
    "block sequence entries are not allowed in this context": "Begin the list on a line of its own.",
    "exceeded maximum nesting depth": "Nothing of the file needs that many levels.",
}
_STANDARD_HELP = "Check the indentation, quotes and brackets here."


def syntax_error(error: yaml.YAMLError, source: SourceText, complaints: Complaints) -> None:
    """Complain about what the YAML parser stumbled over.

    Args:
        error: the parser's.
        source: the file it read.
        complaints: gets the complaint.
    """
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        complaints.error("yaml-syntax", Place(file=source.name, line=1), "the file is no YAML", _STANDARD_HELP)
        return
    problem = error.problem or "something unexpected"
    index = min(error.problem_mark.index, len(source.text))
    if error.context_mark is not None and index == len(source.text):
        # Where the text ends says little; where the unclosed thing begins says what to close.
        index = min(error.context_mark.index, len(source.text))
    complaints.error(
        "yaml-syntax",
        Spot(source, index, index + 1),
        f"the YAML can't be read: {problem}",
        _help(problem, source, index),
    )


def _help(problem: str, source: SourceText, index: int) -> str:
    start, end = source.line_span(source.place(index).line)
    before = source.text[start : min(index + 1, end)]
    if "${" in before and not {"'", '"'} & set(before):
        return _QUOTE_VARIABLE
    if source.text[index : index + 1] == "\t":
        return "Indent with spaces, never with tabs."
    if source.text[index : index + 1] in ("@", "`", "%"):
        return _QUOTE
    return _HELP.get(problem, _STANDARD_HELP)
