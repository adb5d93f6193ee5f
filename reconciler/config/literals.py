"""Secrets that the file holds in clear: an error, since everybody who can read the repository could use them."""

from __future__ import annotations

import re
from urllib.parse import unquote

from reconciler.config.cursor import Cursor
from reconciler.config.diagnostics import Span
from reconciler.config.interpolation import Values
from reconciler.model.endpoint import param_name
from reconciler.model.redaction import is_wordless
from reconciler.model.secret import Origin, replace
from reconciler.model.url import Url

_PLAIN_NAME = r"[A-Za-z][A-Za-z0-9_.-]*"
_USE_A_VARIABLE = "Put the value in an environment variable and write `${NAME}`"


def check_literals(url: Url, span: Span, entry: Cursor, values: Values) -> Url:
    """Report what an entry's URL holds of secrets in clear; gives the URL with what the entry calls public marked."""
    items = url.items
    if entry.has("public_params"):
        texts = entry.texts("public_params") or ()
        public = {param_name(name) for text in texts if (name := values.plain(text)) is not None}
        items = tuple(replace(item, public=True) if param_name(item.name) in public else item for item in items)
    if not url.whole_variable:
        in_clear = [item.name for item in items if item.secret and not item.public and _LITERAL & item.value_origins]
        if in_clear:
            import json  # noqa: PLC0415 - only where something is wrong

            names = (unquote(name) for name in dict.fromkeys(in_clear))
            listed = ", ".join(name if re.fullmatch(_PLAIN_NAME, name) else json.dumps(name) for name in names)
            message = "the value of a secret parameter is written in the file"
            help_ = f"{_USE_A_VARIABLE}, or, if it isn't secret, add `public_params: [{listed}]` to the entry."
            values.diagnostics.error("secret-literal", span, message, help_)
        if _has_wordless_path(url) and entry.flag("public_path") is not True:
            message = "a part of the URL's path may be a secret: it doesn't read as words"
            help_ = f"{_USE_A_VARIABLE}, or, if it isn't secret, add `public_path: true` to the entry."
            values.diagnostics.error("secret-literal", span, message, help_)
    return url if items is url.items else replace(url, items=items)


_LITERAL = frozenset({Origin.LITERAL})


def _has_wordless_path(url: Url) -> bool:
    """Whether something of the path that the file writes in clear reads as no word."""
    if url.has_clear_path:
        return url.source.parts[0].origin is Origin.LITERAL and is_wordless(url.endpoint.path)
    parts = (part for segment in url.segments for part in segment.parts if part.origin is Origin.LITERAL)
    return any(is_wordless(part.text) for part in parts)
