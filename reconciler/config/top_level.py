"""The keys at the top of the files, which are one configuration."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from reconciler.config.accounts import FileAccount
from reconciler.config.cursor import Cursor, Text
from reconciler.config.diagnostics import Diagnostics
from reconciler.config.interpolation import Values
from reconciler.config.limits import MOST_PARAMS
from reconciler.model.configuration import DEFAULT_ACCOUNT
from reconciler.model.diagnostic import Place
from reconciler.model.endpoint import BUILT_IN_SECRET_PARAMS, param_name

_IN_ONE_FILE = (
    *("accounts", "unmanaged", "known", "limits", "defaults"),
    *("secret_params", "public_params", "allow_events"),
)
_OWNS_HELP = (
    "Add the URL patterns this configuration is responsible for, such as `https://hooks.example.com/shippo/*`; "
    "webhooks that match them and aren't in the file are deleted."
)
_IN_ONE_FILE_HELP = "Keep it in one of them; only `webhooks`, `owns`, `absent` and `protect` are merged across files."


class TopLevel:
    """What stands at the top of the files that could be read; complete where these are all."""

    def __init__(self, files: Sequence[Cursor], diagnostics: Diagnostics, *, is_complete: bool) -> None:
        self._files = files
        self._diagnostics = diagnostics
        self._error = diagnostics.error
        self.is_complete = is_complete
        self.accounts = next((file for file in files if file.has("accounts")), None)  # the file that has them
        self.place = Place(file=files[0].document.source.name)

    @property
    def account_names(self) -> frozenset[str] | None:
        """The names of all accounts, those of the wrong shape too; None where they aren't known."""
        if self.accounts is None:
            return frozenset({DEFAULT_ACCOUNT}) if self.is_complete else None
        accounts = self.accounts.map("accounts")
        return None if accounts is None else frozenset(accounts.values) or None

    def map(self, key: str) -> Cursor | None:
        """The mapping of a key that stands in one file."""
        return next((found for file in self._files if (found := file.map(key)) is not None), None)

    def listed(self, key: str) -> tuple[Text, ...]:
        return tuple(text for file in self._files for text in file.texts(key) or ())

    def check_in_one_file(self) -> None:
        for key in _IN_ONE_FILE:
            spans = [file.key_span(key) for file in self._files if file.has(key)]
            for span in spans[1:]:
                message = f"`{key}` is set in two files: first at {spans[0].place}"
                self._error("key-in-two-files", span, message, _IN_ONE_FILE_HELP)

    def check_missing(self, accounts: Iterable[FileAccount]) -> None:
        if not self.is_complete:
            return
        place = Place(file=self.place.file, line=1, column=1)
        if not any(file.has("webhooks") for file in self._files):
            help_ = "Add entries, or write `webhooks: {}` if there are none."
            self._error("missing-key", place, "the file has no `webhooks`", help_)
        if any(file.has("owns") for file in self._files):
            return
        for account in accounts:
            if account.is_default:
                self._error("missing-key", place, "the file has no `owns`", _OWNS_HELP)
            elif not account.cursor.has("owns"):
                self._error("missing-key", account.where, "neither this account nor the file has `owns`", _OWNS_HELP)

    def params(self, values: Values) -> tuple[frozenset[str], frozenset[str]]:
        """Of query parameters the secret ones, and those that the file calls public, as `param_name` gives them."""
        found: list[dict[str, Text]] = []
        for key in ("secret_params", "public_params"):
            texts = self.listed(key)
            if len(texts) > MOST_PARAMS:
                message = f"more than {MOST_PARAMS} parameters are listed"
                self._diagnostics.too_much(texts[MOST_PARAMS].span, message, "List fewer of them.")
            names = [(values.plain(text), text) for text in texts]
            found.append({param_name(name): text for name, text in names if name is not None})
        secret, public = found
        for name, text in public.items():
            if name in secret:
                message = "this parameter is also listed under `secret_params`"
                self._error("param-twice", text.span, message, "Keep it in one of the two.")
        return BUILT_IN_SECRET_PARAMS.union(secret).difference(public), frozenset(public)
