"""Puts variables into strings, as parts that remember where they came from."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from reconciler.config.cursor import Flag, Text
from reconciler.config.diagnostics import Diagnostics, Span
from reconciler.config.limits import LONGEST_TEXT
from reconciler.config.template import Fallback, Reference, Template, TemplateError, parse_template, references
from reconciler.config.variables import Missing, Variables
from reconciler.model.characters import is_masked
from reconciler.model.diagnostic import Place
from reconciler.model.secret import Origin, Part, SecretText

_BEGINNING = re.compile(r"(?:[^/?#]*://)?[^/?#]*")
"""What stands before the path of a URL."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextRule:
    """What may stand in a string.

    Attributes:
        environment: whether values from the environment may, beside those from `--var`.
        url: whether it is a URL or a pattern, whose beginning is shown.
        whole: whether one variable may hold the whole of it, a secret.
    """

    environment: bool = False
    url: bool = False
    whole: bool = False


PLAIN = TextRule()
SECRET = TextRule(environment=True)
PATTERN = TextRule(environment=True, url=True)
ENTRY_URL = TextRule(environment=True, url=True, whole=True)


class Interpolation:
    """Puts variables into the strings of a configuration, and knows afterwards which stand where.

    Args:
        variables: their values.
        diagnostics: gets what is wrong.
        selected: patterns of the accounts that are worked on; none means all.
        offline: whether no variable must be set.

    Attributes:
        mentions: where each variable stands outside tokens, used or not.
    """

    __slots__ = ("_offline", "_selected", "_unset", "diagnostics", "mentions", "variables")

    def __init__(
        self, variables: Variables, diagnostics: Diagnostics, selected: tuple[str, ...] = (), *, offline: bool = False
    ) -> None:
        self.variables = variables
        self.diagnostics = diagnostics
        self.mentions: dict[str, list[Span]] = {}
        self._selected = selected
        self._offline = offline
        self._unset: dict[str, list[tuple[Span | Place | None, bool]]] = {}

    def for_accounts(self, *names: str) -> Values:
        """The values of what belongs to some accounts: unset variables are errors where one of them is worked on."""
        selected = not self._selected or any(
            _selecting(self._selected).fullmatch(name.partition(":")[0]) for name in names
        )
        return Values(self, is_required=selected and not self._offline)

    @property
    def for_all(self) -> Values:
        """The values of what every account needs."""
        return Values(self, is_required=not self._offline)

    def mentioned(self, is_meant: Callable[[str], bool]) -> tuple[str, ...]:
        """The variables that stand outside tokens, used or not, whose value is meant."""
        values = {name: self.variables.value(name) for name in self.mentions}
        return tuple(name for name, value in values.items() if isinstance(value, Part) and is_meant(value.text))

    def mention(self, template: Template, span: Span) -> None:
        """Note where variables stand."""
        for reference in references(template):
            self.mentions.setdefault(reference.name, []).append(span)

    def note_unset(self, name: str, where: Span | Place | None, *, is_secret: bool) -> None:
        """Note that a variable isn't set, to be reported with all its places."""
        self._unset.setdefault(name, []).append((where, is_secret))

    def report_unset(self) -> None:
        """Report the variables that no source gives: each once, where it stands first."""
        for name, uses in self._unset.items():
            where, is_secret = uses[0]
            others = len({place for place, _ in uses}) - 1
            more = "" if not others else f", here and in {others} more place{'s' if others > 1 else ''}"
            help_ = _how_to_set(name, is_secret=is_secret)
            self.diagnostics.error("variable-unset", where, f"`${{{name}}}` is not set{more}", help_)


class Values:
    """Values of strings; unset variables in them are errors, or get placeholders where nobody needs them."""

    __slots__ = ("_diagnostics", "_interpolation", "_is_required")

    def __init__(self, interpolation: Interpolation, *, is_required: bool) -> None:
        self._interpolation = interpolation
        self._diagnostics = interpolation.diagnostics
        self._is_required = is_required

    def text(self, text: Text, rule: TextRule) -> SecretText | None:
        """A string with its variables put in.

        Returns:
            The text; a placeholder stands for a variable that an error was reported of. None where a `$` makes no
            sense, or the values are too long.
        """
        if "$" not in text.raw:
            return SecretText.literal(text.raw)
        template = self._template(text)
        return None if template is None else self._joined(template, text.span, rule)

    def plain(self, text: Text | None) -> str | None:
        """A string that only the file and `--var` may write; None where it isn't known."""
        if text is None or "$" not in text.raw:
            return None if text is None else text.raw
        value = self.text(text, PLAIN)
        return None if value is None or Origin.PLACEHOLDER in value.origins() else value.reveal()

    def flag(self, flag: Flag | None) -> bool | None:
        """A boolean; None where nobody says one, or nobody knows."""
        if not isinstance(flag, Text):
            return flag
        template = self._template(flag)
        if template is None:
            return None
        if not _is_one_variable(template):
            self._diagnostics.error(
                "boolean-value",
                flag.span,
                "this is neither `true` nor `false`",
                "Write `true` or `false`, or a single variable with one of these values.",
            )
            return None
        value = self._joined(template, flag.span, SECRET)
        if value is None or Origin.PLACEHOLDER in value.origins():
            return None
        said = value.reveal()
        if said not in ("true", "false"):
            (name,) = (piece.name for piece in template if isinstance(piece, Reference))
            message = f"`${{{name}}}` is neither `true` nor `false`"
            self._diagnostics.error("boolean-value", flag.span, message, "Set it to `true` or `false`.")
            return None
        return said == "true"

    def secret(self, text: Text, what: str) -> SecretText | None:
        """A secret field: exactly one variable, from the environment. None where it is something else."""
        template = self._template(text)
        value = None if template is None else self._one_secret(template, text, "secret-not-variable", what)
        if value is not None and Origin.PLACEHOLDER not in value.origins() and is_masked(value.reveal()):
            names = " and ".join(f"`${{{name}}}`" for name in value.variables())
            message = f"{names} holds a mask, as services show it in place of a secret"
            self._diagnostics.error("secret-not-variable", text.span, message, "Set it to the secret itself.")
        return value

    def token(self, text: Text) -> SecretText | None:
        """A token: exactly one variable, which may stand in other tokens only. None where it is something else."""
        template = self._parsed(text)
        if template is None:
            return None
        for reference in template:
            if isinstance(reference, Reference):
                self._interpolation.mention(reference.inner, text.span)
        return self._one_secret(template, text, "token-literal", "token")

    def _one_secret(self, template: Template, text: Text, code: str, what: str) -> SecretText | None:
        # The shape's check sees how a text begins and ends: `${A:?x}y${B}` passes it.
        match template:
            case (Reference(fallback=Fallback.NONE | Fallback.MESSAGE),):
                value = self._joined(template, text.span, SECRET)
                return None if value is None else self._from_outside(value, text.span)
        self._diagnostics.error(code, text.span, *not_one_variable(what))
        return None

    def usual_token(self, name: str, where: Span | Place | None, *, is_optional: bool = False) -> SecretText:
        """The token of an account that names no variable; empty where it may be and is."""
        if is_optional and self._interpolation.variables.value(name) is Missing.UNSET:
            return SecretText(())
        value = SecretText(tuple(self._reference(Reference(name), where, SECRET)))
        return self._from_outside(value, where)

    def unknown(self, name: str) -> SecretText:
        """What stands for a token that an error was reported of."""
        return SecretText((self._interpolation.variables.placeholder(name),))

    def _from_outside(self, value: SecretText, where: Span | Place | None) -> SecretText:
        for name in value.variables(Origin.OPTION):
            self._diagnostics.error(
                "variable-option-secret",
                where,
                f"`${{{name}}}` is set with `--var` or `--var-file`, which are not for secrets, but is used as a token",
                "Set it in the environment or in an env file (`--env-file`).",
            )
        return value

    def _template(self, text: Text) -> Template | None:
        template = self._parsed(text)
        if template is not None:
            self._interpolation.mention(template, text.span)
        return template

    def _parsed(self, text: Text) -> Template | None:
        try:
            return parse_template(text.raw)
        except TemplateError as error:
            self._diagnostics.error("variable-form", text.within(error.start, error.end), error.message, error.help)
            return None

    def _joined(self, template: Template, span: Span, rule: TextRule) -> SecretText | None:
        """The parts as one text, or None: a variable may stand in a text a thousand times."""
        parts = tuple(self._parts(template, span, rule))
        if sum(len(part.text) for part in parts) <= LONGEST_TEXT:
            return SecretText(parts)
        message = f"with its variables substituted, this has more than {LONGEST_TEXT} characters"
        self._diagnostics.error("too-much", span, message, "Check the values of its variables.")
        return None

    def _parts(
        self, template: Template, where: Span | Place | None, rule: TextRule, *, is_shown: bool = False
    ) -> Iterator[Part]:
        before = ""
        for piece in template:
            if isinstance(piece, str):
                yield Part(piece)
                before += piece
            else:
                is_whole = rule.whole and len(template) == 1
                in_beginning = rule.url and not is_whole and _BEGINNING.fullmatch(before) is not None
                yield from self._reference(piece, where, rule, is_shown=is_shown or in_beginning)
                before += "x"

    def _reference(
        self, reference: Reference, where: Span | Place | None, rule: TextRule, *, is_shown: bool = False
    ) -> Iterator[Part]:
        name, variables = reference.name, self._interpolation.variables
        value = variables.value(name)
        if isinstance(value, Part):
            if value.origin is not Origin.ENVIRONMENT or rule.environment:
                yield value
                return
            self._diagnostics.error(
                "variable-place",
                where,
                f"`${{{name}}}` comes from the environment, whose values may be used only in tokens, account ids, "
                f"paths and queries",
                _how_to_set(name, is_secret=False),
            )
        elif value is Missing.UNREADABLE:
            if self._is_required:
                message = f"the file that `{name}_FILE` names can't be read as text"
                self._diagnostics.error("variable-file", where, message, "Check the path and its permissions.")
        elif reference.fallback is Fallback.DEFAULT:
            inner = SECRET if rule.environment else PLAIN
            yield from self._parts(reference.inner, where, inner, is_shown=is_shown)
            return
        elif self._is_required:
            # A value that is shown must be given as a plain one.
            self._report_unset(reference, where, is_secret=rule.environment and not is_shown)
        yield variables.placeholder(name)

    def _report_unset(self, reference: Reference, where: Span | Place | None, *, is_secret: bool) -> None:
        name = reference.name
        if reference.fallback is not Fallback.MESSAGE:
            self._interpolation.note_unset(name, where, is_secret=is_secret)
            return
        message = f"`${{{name}}}` is not set: {self._shown(reference.inner)}"
        self._diagnostics.error("variable-unset", where, message, _how_to_set(name, is_secret=is_secret))

    def _shown(self, template: Template) -> str:
        """A message with its variables by name, never by value."""
        return "".join(piece if isinstance(piece, str) else self._shown_reference(piece) for piece in template)

    def _shown_reference(self, reference: Reference) -> str:
        unset = self._interpolation.variables.value(reference.name) is Missing.UNSET
        if unset and reference.fallback is Fallback.DEFAULT:
            return self._shown(reference.inner)
        return f"${{{reference.name}}}"


def not_one_variable(what: str) -> tuple[str, str]:
    """What is wrong with a key's value that has to be exactly one variable, and what to do."""
    help_ = f"Put the value in an environment variable and write that variable here, such as `${{{what.upper()}}}`."
    return f"`{what}` must be a single variable", help_


@lru_cache(maxsize=8)
def _selecting(patterns: tuple[str, ...]) -> re.Pattern[str]:
    """What matches the names that one of the patterns matches; `*` is the only wildcard, and places are aside."""
    names = (pattern.partition(":")[0].split("*") for pattern in patterns)
    return re.compile("|".join(".*".join(map(re.escape, name)) for name in names), re.DOTALL)


def _is_one_variable(template: Template) -> bool:
    return len(template) == 1 and isinstance(template[0], Reference)


def _how_to_set(name: str, *, is_secret: bool) -> str:
    if is_secret:
        return "Set it in the environment or in an env file (`--env-file`)."
    return f"Set it with `--var {name}=VALUE`, or in a file with `--var-file`."
