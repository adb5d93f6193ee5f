"""An HTML page in one file, for people who have never seen this tool. It has no script, and loads nothing."""

from __future__ import annotations

import re
from base64 import b64encode
from functools import cache
from hashlib import sha256
from importlib.resources import files

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup, escape

from reconciler.model.diagnostic import Diagnostic
from reconciler.output.document import DocumentReporter, Found
from reconciler.output.escaping import shown_time, visible
from reconciler.output.losses_text import ABSENT_WORDS, absent_lines, events_text, remedy_text
from reconciler.output.page import page_parts
from reconciler.output.plan_text import value_text
from reconciler.output.reasons import NOT_CHECKED_AFTER_CREATES, endpoint_text
from reconciler.output.unmanaged_text import SWITCHED_OFF, hint_text
from reconciler.view.deliveries import Delivery, State
from reconciler.view.outcome import GUARD_WORDS

_MOST_AROUND = 100
"""How many characters of a source line are shown on each side of what is meant."""
_CODE = re.compile("`([^`]+)`")


class HtmlReporter(DocumentReporter):
    """Writes the page."""

    is_brief = False

    def document(self, found: Found) -> str:
        return _template().render(page_parts(found))


def _coded(text: str) -> Markup:
    """Words, in which what stands in backticks is code."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(visible(text)))))  # noqa: S704 - escaped just here


def _excerpt(diagnostic: Diagnostic) -> tuple[str, str, str]:
    """A source line around what is meant: what stands before it, itself, and what stands behind it."""
    place = diagnostic.place
    start = max(place.column - 1, 0) if place is not None else 0
    end = start + diagnostic.width if place is not None and place.column else start
    source = diagnostic.source
    return source[max(0, start - _MOST_AROUND) : start], source[start:end], source[end : end + _MOST_AROUND]


@cache
def _cell(delivery: Delivery | None, word: str) -> Markup:
    """A cell of the matrix: its sign is the style's; a count, and words for who can't see it, are the text's."""
    if delivery is None:
        return Markup("<td>")
    count = ""
    if delivery.state is State.TWICE:
        before, after = delivery.before, delivery.after
        count = f"{before}×" if before == after else f"{before}→{after}"
    # Of most cells of most pages, heard again and again.
    word = "yes" if delivery.state is State.IN_STEP else word
    via = " via" if delivery.is_by_all else ""
    said = f"{word}, as every event" if via else word
    return Markup('<td class="{}{}">{}<i> {}</i>').format(delivery.state.value, via, count, said)


def _visible(value: object) -> str:
    """All that the template is filled in with, made visible; what is HTML already was made so before."""
    return value if isinstance(value, Markup) else visible(str(value))


@cache
def _template() -> Template:
    style = _text_of("page.css")
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, finalize=_visible, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"code": _coded, "value": value_text}
    environment.globals |= {
        "style": Markup(style),  # noqa: S704 - our own
        "style_hash": f"sha256-{b64encode(sha256(style.encode()).digest()).decode()}",
        "absent_lines": absent_lines,
        "absent_words": ABSENT_WORDS,
        "cell": _cell,
        "endpoint_text": endpoint_text,
        "events_text": events_text,
        "excerpt": _excerpt,
        "guard_words": GUARD_WORDS,
        "hint_text": hint_text,
        "switched_off": SWITCHED_OFF,
        "not_checked_after_creates": NOT_CHECKED_AFTER_CREATES,
        "remedy_text": remedy_text,
        "shown_time": shown_time,
    }
    return environment.from_string(_text_of("page.html"))


def _text_of(name: str) -> str:
    return files(__package__).joinpath(name).read_text("utf-8")


reporter = HtmlReporter
