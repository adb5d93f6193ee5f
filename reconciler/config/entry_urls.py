"""The URLs of entries, of which most have a query in common: it is read once."""

from __future__ import annotations

from reconciler.config.cursor import Cursor, Text
from reconciler.config.diagnostics import Span
from reconciler.config.interpolation import Purpose, Values
from reconciler.config.limits import LONGEST_TEXT
from reconciler.config.literals import check_literals
from reconciler.config.template import parse_template, references
from reconciler.config.urls import read_url
from reconciler.model.configuration import Account
from reconciler.model.diagnostic import UrlError
from reconciler.model.known_urls import UrlTail
from reconciler.model.redaction import is_wordless
from reconciler.model.url import Url, check_wanted

USUAL_KEYS = ("url", "events")  # that every entry has; most have no others
_MOST_TAILS = 256  # queries of URLs that are kept for those that follow


class EntryUrls:
    """Reads and checks the URLs of entries; `usual` are the accounts and the values of entries that say none."""

    def __init__(self, secret_params: frozenset[str], usual: tuple[Account, ...], values: Values) -> None:
        self._secret_params = secret_params
        self._default_values = values
        self._limit = min((LONGEST_TEXT, *(account.provider.url_limit for account in usual)))
        self._tails: dict[str, tuple[UrlTail, tuple[str, ...]]] = {}  # each with the variables that it names

    def like_another(self, written: str) -> tuple[Url, tuple[str, ...]] | None:
        """The URL of an entry without unusual keys, and the variables that it names, if an earlier one had its query.

        Else, and where something may be wrong with it, None: it is to be read.
        """
        head, mark, query = written.partition("?")
        tail, mentioned = self._tails.get(mark + query, (None, ()))
        url = None if tail is None or "$" in head else tail.behind(head)
        if url is None or url.length >= self._limit or is_wordless(url.endpoint.path):
            return None
        return url, mentioned

    def read(
        self, written: Text, span: Span, accounts: tuple[Account, ...], values: Values, entry: Cursor
    ) -> Url | None:
        """An entry's URL; None where it is none, which a diagnostic says."""
        errors = values.diagnostics.errors
        text = values.text(written, Purpose.ENTRY_URL)
        url = None if text is None else read_url(text, span, self._secret_params, values.diagnostics)
        if url is not None:
            url = check_literals(url, span, entry, values)
        if url is not None and accounts:
            try:
                check_wanted(url, min(account.provider.url_limit for account in accounts))
            except UrlError as error:
                values.diagnostics.error(error.code, span, error.message, error.help)
        head, mark, query = written.raw.partition("?")
        is_usual = values is self._default_values and len(entry.values) == len(USUAL_KEYS) and "$" not in head
        has_room = len(self._tails) < _MOST_TAILS
        if is_usual and has_room and url is not None and values.diagnostics.errors == errors:
            mentioned = tuple(reference.name for reference in references(parse_template(mark + query)))
            self._tails[mark + query] = UrlTail(url, head), mentioned
        return url
