"""Puts variables into strings, as parts that remember where they came from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from copy import copy
from enum import Enum

from msgspec.structs import replace

from reconciler.config.cursor import Flag, Text
from reconciler.config.diagnostics import Diagnostics, Location, SourceText, Span
from reconciler.config.limits import LONGEST_TEXT
from reconciler.config.template import (
    DEFAULT,
    EACH_KEY,
    EACH_VALUE,
    MESSAGE,
    Reference,
    Template,
    TemplateError,
    parse_template,
    references,
    refers_to,
    variables_in,
    with_each,
)
from reconciler.config.variables import Missing, Variables
from reconciler.model.characters import is_masked
from reconciler.model.pattern import matches_name
from reconciler.model.secret import Origin, Part, SecretText

_BEGINNING = re.compile(r"(?:[^/?#]*://)?[^/?#]*")  # what stands before the path of a URL


class Purpose(Enum):
    """What a string is for, and so which values may stand in it."""

    PLAIN = "plain"  # only values from `--var`
    SECRET = "secret"  # values from the environment too  # noqa: S105
    PATTERN = "pattern"  # the same, in a URL, whose beginning is shown
    ENTRY_URL = "url"  # the same, and one variable may hold the whole of it, a secret
    HOOK_SECRET = "hook secret"  # values from the environment too, of a webhook's own secret  # noqa: S105
    BEGINNING = "beginning"  # a URL's: it is shown, so that the URL's reader refuses what the environment gives


_OF_WEBHOOKS = (Purpose.PATTERN, Purpose.ENTRY_URL, Purpose.HOOK_SECRET)


class Values:
    """Values of strings: an unset variable in them is an error, or gets a placeholder where nobody needs it.

    Nobody does offline, nor in accounts that no pattern selects (no pattern means all). Where unset ones are allowed,
    those of webhooks get placeholders too, and `left_unset` names them; accounts always need theirs.
    """

    def __init__(
        self,
        variables: Variables,
        diagnostics: Diagnostics,
        selected: tuple[str, ...] = (),
        *,
        offline: bool = False,
        allow_unset: bool = False,
    ) -> None:
        self.variables = variables
        self.diagnostics = diagnostics
        self.mentions: dict[str, list[Span]] = {}  # where each variable stands outside tokens, used or not
        self._selected = [pattern.partition(":")[0] for pattern in selected]
        self.left_unset: dict[str, None] = {}  # in the order of the files
        self._is_required = not offline
        self._allow_unset = allow_unset
        self._unset: dict[str, tuple[Location, bool]] = {}  # where each stands first
        self._each: Mapping[str, Template] = {}  # what stands for `${each.key}` and `${each.value}`
        self._each_span: Span | None = None  # where that value stands
        self.texts: tuple[SourceText, ...] = ()  # the files
        self._more_help: dict[str, str] = {}  # what else can be done where a variable isn't set

    def for_accounts(self, *names: str) -> Values:
        """The values of what belongs to some accounts: variables must be set where one of them is worked on."""
        if any(map(self.are_of, names)):
            return self
        found = copy(self)
        found._is_required = False  # noqa: SLF001 - a copy of this
        return found

    def are_of(self, account: str) -> bool:
        """Whether an account is one of those that are worked on."""
        group = account.partition(":")[0]
        return not self._selected or any(matches_name(one, group) for one in self._selected)

    def for_key(self, key: str, value: Text) -> Values | None:
        """The values of an entry for one key of its `for_each`, as if they were written there.

        None where a `$` in the key's value makes no sense.
        """
        template = self._template(value)
        if template is None:
            return None
        found = copy(self)
        pieces = (replace(piece, where=value.span) if isinstance(piece, Reference) else piece for piece in template)
        found._each, found._each_span = {EACH_KEY: (key,), EACH_VALUE: tuple(pieces)}, value.span  # noqa: SLF001 - a copy of this
        return found

    def text(self, text: Text, purpose: Purpose) -> SecretText | None:
        """A string with its variables put in; None where a `$` makes no sense, or the values are too long.

        A placeholder stands for a variable that an error was reported of.
        """
        if "$" not in text.raw:
            return SecretText.literal(text.raw)
        template = self._template(text)
        return None if template is None else self._joined(template, text.span, purpose)

    def plain(self, text: Text | None) -> str | None:
        """A string that only the file and `--var` may write; None where it isn't known."""
        if text is None or "$" not in text.raw:
            return None if text is None else text.raw
        value = self.text(text, Purpose.PLAIN)
        return value.reveal() if value is not None and value.is_known else None

    def flag(self, flag: Flag | None) -> bool | None:
        """A boolean; None where nobody says one, or nobody knows."""
        if not isinstance(flag, Text):
            return flag
        template = self._template(flag)
        if template is None:
            return None
        what = "this"
        match template:
            case (Reference(name),):
                what = f"`${{{name}}}`"
                value = self._joined(template, flag.span, Purpose.SECRET)
                if value is None or not value.is_known:
                    return None
                if value.reveal() in ("true", "false"):
                    return value.reveal() == "true"
        self.diagnostics.error("boolean-value", flag.span, *not_boolean(what))
        return None

    def secret(self, text: Text, what: str) -> SecretText | None:
        """A secret field: exactly one variable, from the environment. None where it is something else."""
        value = self._one_secret(self._template(text), text, "secret-not-variable", what, Purpose.HOOK_SECRET)
        return self._unmasked(value, text.span)

    def _unmasked(self, value: SecretText | None, span: Span) -> SecretText | None:
        parts = () if value is None or not value.is_known else value.parts
        masked = [part.name for part in parts if part.name and is_masked(part.text)]
        if masked:
            names = " and ".join(f"`${{{name}}}`" for name in masked)
            message = f"{names} contains a masked value, as services show it instead of a secret"
            self.diagnostics.error("secret-not-variable", span, message, "Set it to the secret itself.")
        return value

    def header(self, text: Text, what: str) -> SecretText | None:
        """A header's value: text with variables from the environment in it. None where it is something else."""
        template = self._template(text)
        if template is None:
            return None
        variables = [piece for piece in template if isinstance(piece, Reference)]
        if not variables or any(one.mark == DEFAULT for one in variables):
            message = f"a value of `{what}` must have a variable in it, without a default"
            help_ = "Put what is secret of it in an environment variable, such as `Bearer ${HOOK_TOKEN}`."
            self.diagnostics.error("secret-not-variable", text.span, message, help_)
            return None
        value = self._joined(template, text.span, Purpose.HOOK_SECRET)
        if value is not None:
            check_not_option(value, text.span, f"in `{what}`", self.diagnostics)
        return self._unmasked(value, text.span)

    def token(self, text: Text) -> SecretText | None:
        """A token: exactly one variable, which may stand in other tokens only. None where it is something else."""
        return self._one_secret(self._template(text, is_token=True), text, "token-literal", "token")

    def usual_token(self, name: str, where: Location, *, is_optional: bool = False) -> SecretText:
        """The token of an account that names no variable; empty where it may be and is."""
        if is_optional and self.variables.value(name) is Missing.UNSET:
            return SecretText(())
        value = SecretText(tuple(self._reference(Reference(name), where, Purpose.SECRET)))
        check_not_option(value, where, "as a token", self.diagnostics)
        return value

    def secrets(self, *more: str) -> frozenset[str]:
        """The lines of what the environment gives for the variables of the files, and for more."""
        names = {*more, *(name for text in self.texts for name in variables_in(text.text))}
        return self.variables.secrets(names)

    def add_help(self, name: str, help_: str) -> None:
        """Say more where a variable isn't set."""
        self._more_help[name] = help_

    def report_unset(self) -> None:
        """Report the variables that no source gives: each once, where it stands first."""
        for name, (where, is_secret) in self._unset.items():
            help_ = _how_to_set(name, is_secret=is_secret) + self._more_help.get(name, "")
            self.diagnostics.error("variable-unset", where, f"`${{{name}}}` is not set", help_)

    def _one_secret(
        self, template: Template | None, text: Text, code: str, what: str, purpose: Purpose = Purpose.SECRET
    ) -> SecretText | None:
        if template is None:
            return None
        # The shape's check sees how a text begins and ends: `${A:?x}y${B}` passes it.
        match template:
            case (Reference(mark=mark),) if mark != DEFAULT:
                value = self._joined(template, text.span, purpose)
                if value is not None:
                    check_not_option(value, text.span, f"as a {what}", self.diagnostics)
                return value
        where = self._each_span if self._each_span is not None and refers_to(text.raw, EACH_VALUE) else text.span
        self.diagnostics.error(code, where, *not_one_variable(what))
        return None

    def _template(self, text: Text, *, is_token: bool = False) -> Template | None:
        """A text's template, its variables noted; None where a `$` makes no sense."""
        try:
            template = parse_template(text.raw)
        except TemplateError as error:
            self.diagnostics.error("variable-form", text.within(error.start, error.end), error.message, error.help)
            return None
        outer = {id(piece) for piece in template} if is_token else ()
        for reference in references(template):
            if "." in reference.name:
                if not self._each:
                    written = f"${{{reference.name}}}"
                    start = text.raw.find(written)
                    message = f"`{written}` is used where there is no key of a `for_each`"
                    help_ = "It works in the URL, the description and the settings of an entry with `for_each`."
                    self.diagnostics.error("each-place", text.within(start, start + len(written)), message, help_)
                    return None
            elif id(reference) not in outer:
                self.mention((reference.name,), text.span)
        return with_each(template, self._each) if self._each else template

    def mention(self, names: Iterable[str], span: Span) -> None:
        """Note where variables stand."""
        for name in names:
            self.mentions.setdefault(name, []).append(span)

    def _joined(self, template: Template, span: Span, purpose: Purpose) -> SecretText | None:
        """The parts as one text, or None: a variable may stand in a text a thousand times."""
        parts = tuple(self._parts(template, span, purpose))
        if sum(len(part.text) for part in parts) <= LONGEST_TEXT:
            return SecretText(parts)
        message = f"with its variables substituted, this has more than {LONGEST_TEXT} characters"
        self.diagnostics.error("too-much", span, message, "Check the values of its variables.")
        return None

    def _parts(self, template: Template, where: Location, purpose: Purpose) -> Iterator[Part]:
        is_url = purpose is Purpose.PATTERN or (purpose is Purpose.ENTRY_URL and len(template) > 1)
        before = ""
        for piece in template:
            if isinstance(piece, str):
                yield Part(piece)
                before += piece
            else:
                in_beginning = is_url and _BEGINNING.fullmatch(before) is not None
                yield from self._reference(piece, where, Purpose.BEGINNING if in_beginning else purpose)
                before += "x"

    def _reference(self, reference: Reference, where: Location, purpose: Purpose) -> Iterator[Part]:
        name, value = reference.name, self.variables.value(reference.name)
        where = reference.where or where
        is_secret = purpose not in (Purpose.PLAIN, Purpose.BEGINNING)  # what is shown must be given as a plain value
        if isinstance(value, Part):
            if value.origin is not Origin.ENVIRONMENT or purpose is not Purpose.PLAIN:
                yield value
                return
            message = (
                f"`${{{name}}}` comes from the environment, whose values may be used only in tokens, account ids, "
                f"paths and queries"
            )
            self.diagnostics.error("variable-place", where, message, _how_to_set(name, is_secret=False))
        elif value is Missing.UNREADABLE:
            if self._is_required:
                message = f"the file that `{name}_FILE` points to can't be read as text"
                self.diagnostics.error("variable-file", where, message, "Check the path and its permissions.")
        elif reference.mark == DEFAULT:
            inner = Purpose.SECRET if is_secret else purpose
            yield from self._parts(reference.inner, where, Purpose.HOOK_SECRET if purpose in _OF_WEBHOOKS else inner)
            return
        elif self._is_required and self._allow_unset and purpose in _OF_WEBHOOKS:
            self.left_unset[name] = None
        elif self._is_required:
            if reference.mark == MESSAGE:
                message = f"`${{{name}}}` is not set: {self._shown(reference.inner)}"
                self.diagnostics.error("variable-unset", where, message, _how_to_set(name, is_secret=is_secret))
            else:
                self._unset.setdefault(name, (where, is_secret))
        yield self.variables.placeholder(name)

    @staticmethod
    def _shown(template: Template) -> str:
        """A message with its variables by name, never by value."""
        return "".join(piece if isinstance(piece, str) else f"${{{piece.name}}}" for piece in template)


def check_not_option(text: SecretText, where: Location, use: str, diagnostics: Diagnostics) -> None:
    """Report the variables in a secret that options set: those are for everybody to see."""
    for name in text.variables(Origin.OPTION):
        message = f"`${{{name}}}` is set with `--var` or `--var-file`, which are not for secrets, but is used {use}"
        diagnostics.error("variable-option-secret", where, message, _how_to_set(name, is_secret=True))


def not_one_variable(what: str) -> tuple[str, str]:
    """What is wrong with a key's value that has to be exactly one variable, and what to do."""
    help_ = f"Put the value in an environment variable and write that variable here, such as `${{{what.upper()}}}`."
    return f"`{what}` must be a single variable", help_


def not_boolean(what: str) -> tuple[str, str]:
    """The same of a value that has to be a boolean."""
    help_ = "Write `true` or `false`, or a single variable with one of these values."
    return f"{what} is neither `true` nor `false`", help_


def _how_to_set(name: str, *, is_secret: bool) -> str:
    if is_secret:
        return "Set it in the environment or in an env file (`--env-file`)."
    return f"Set it with `--var {name}=VALUE`, or in a file with `--var-file`."
