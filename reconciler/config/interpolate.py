"""Puts variables into strings, as parts that remember where they came from."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from reconciler.config.bounds import LONGEST_TEXT
from reconciler.config.complaints import Complaints
from reconciler.config.explain import NOT_ONE_VARIABLE
from reconciler.config.spot import Spot
from reconciler.config.template import Fallback, Reference, Template, TemplateError, parse_template, references
from reconciler.config.variables import Missing, Variables
from reconciler.config.written import Flag, Text
from reconciler.model.diagnostic import Place
from reconciler.model.secret import Origin, Part, SecretText

_BEGINNING = re.compile(r"(?:[^/?#]*://)?[^/?#]*")
"""What stands before the path of a URL."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What may stand in a string.

    Attributes:
        environment: whether values from the environment may, beside those from `--var`.
        needed: whether an unset variable is an error; else a placeholder stands for it.
        url: whether it is a URL or a pattern, whose beginning is shown.
        whole: whether one variable may hold the whole of it, a secret.
        shown: whether the value is shown, so that an unset variable must be given as a plain one.
    """

    environment: bool
    needed: bool
    url: bool = False
    whole: bool = False
    shown: bool = False


class Interpolator:
    """Puts variables into the strings of a configuration, and knows afterwards which stand where."""

    __slots__ = ("_complaints", "_unset", "_variables", "mentions")

    def __init__(self, variables: Variables, complaints: Complaints) -> None:
        self._variables = variables
        self._complaints = complaints
        self._unset: dict[str, list[tuple[Spot | Place | None, bool]]] = {}
        self.mentions: dict[str, list[Spot]] = {}
        """Where each variable stands outside tokens, used or not."""

    def text(self, text: Text, rule: Rule) -> SecretText | None:
        """A string with its variables put in.

        Returns:
            The text; a placeholder stands for a variable that was complained of. None where a `$` makes no sense, or
            the values are too long.
        """
        if "$" not in text.raw:
            return SecretText.literal(text.raw)
        template = self._template(text)
        if template is None:
            return None
        return self._joined(template, text.spot, rule)

    def flag(self, flag: Flag | None, *, needed: bool) -> bool | None:
        """A boolean; None where nobody says one, or nobody knows."""
        if not isinstance(flag, Text):
            return flag
        template = self._template(flag)
        if template is None:
            return None
        if len(template) != 1 or not isinstance(template[0], Reference):
            self._complaints.error(
                "boolean-value",
                flag.spot,
                "this is neither `true` nor `false`",
                "Write `true` or `false`, or exactly one variable that says one of the two.",
            )
            return None
        value = self._joined(template, flag.spot, Rule(environment=True, needed=needed))
        if value is None or Origin.PLACEHOLDER in value.origins():
            return None
        said = value.reveal()
        if said not in ("true", "false"):
            self._complaints.error(
                "boolean-value",
                flag.spot,
                f"`${{{template[0].name}}}` says neither `true` nor `false`",
                "Give it one of the two.",
            )
            return None
        return said == "true"

    def token(self, text: Text, *, needed: bool) -> SecretText | None:
        """A token: exactly one variable, which may stand in other tokens only. None where it is something else."""
        template = self._parsed(text)
        if template is None:
            return None
        # The shape's check sees how the text begins and ends: `${A:?x}y${B}` passes it.
        if len(template) != 1 or not isinstance(template[0], Reference):
            self._complaints.error("token-literal", text.spot, *NOT_ONE_VARIABLE)
            return None
        self._mention(template[0].inner, text.spot)
        value = self._joined(template, text.spot, Rule(environment=True, needed=needed))
        return None if value is None else self._checked_token(value, text.spot)

    def usual_token(self, name: str, where: Spot | Place | None, *, needed: bool) -> SecretText:
        """The token of an account that names no variable."""
        value = SecretText(tuple(self._reference(Reference(name), where, Rule(environment=True, needed=needed))))
        return self._checked_token(value, where)

    def unknown(self, name: str) -> SecretText:
        """What stands for a token that was complained of."""
        return SecretText((self._variables.placeholder(name),))

    def mentioned(self, is_meant: Callable[[str], bool]) -> tuple[str, ...]:
        """The variables that stand outside tokens, used or not, whose value is meant."""
        values = {name: self._variables.value(name) for name in self.mentions}
        return tuple(name for name, value in values.items() if isinstance(value, Part) and is_meant(value.text))

    def complain_of_unset(self) -> None:
        """Complain of the variables that no source gives: of each once, where it stands first."""
        for name, uses in self._unset.items():
            where, environment = uses[0]
            others = len({place for place, _ in uses}) - 1
            more = "" if not others else f", here and in {others} more place{'s' if others > 1 else ''}"
            self._complaints.error(
                "variable-unset", where, f"`${{{name}}}` is not set{more}", _how_to_set(name, environment=environment)
            )

    def _checked_token(self, value: SecretText, where: Spot | Place | None) -> SecretText:
        for name in value.variables(Origin.OPTION):
            self._complaints.error(
                "variable-option-secret",
                where,
                f"`${{{name}}}` is given with `--var` or `--var-file`, a plain value, and feeds a token",
                "Set it in the environment or in an env file (`--env-file`).",
            )
        return value

    def _template(self, text: Text) -> Template | None:
        template = self._parsed(text)
        if template is not None:
            self._mention(template, text.spot)
        return template

    def _parsed(self, text: Text) -> Template | None:
        try:
            return parse_template(text.raw)
        except TemplateError as error:
            self._complaints.error("variable-form", text.within(error.start, error.end), error.message, error.help)
            return None

    def _mention(self, template: Template, spot: Spot) -> None:
        for reference in references(template):
            self.mentions.setdefault(reference.name, []).append(spot)

    def _joined(self, template: Template, spot: Spot, rule: Rule) -> SecretText | None:
        """The parts as one text, or None: a variable may stand in a text a thousand times."""
        parts = tuple(self._parts(template, spot, rule))
        if sum(len(part.text) for part in parts) <= LONGEST_TEXT:
            return SecretText(parts)
        self._complaints.error(
            "too-much",
            spot,
            f"with its variables put in, this has more than {LONGEST_TEXT} characters",
            "Check the values of its variables.",
        )
        return None

    def _parts(self, template: Template, where: Spot | Place | None, rule: Rule) -> Iterator[Part]:
        before = ""
        for piece in template:
            if isinstance(piece, str):
                yield Part(piece)
                before += piece
            else:
                is_whole = rule.whole and len(template) == 1
                is_shown = rule.url and not is_whole and _BEGINNING.fullmatch(before) is not None
                yield from self._reference(piece, where, replace(rule, url=False, shown=rule.shown or is_shown))
                before += "x"

    def _reference(self, reference: Reference, where: Spot | Place | None, rule: Rule) -> Iterator[Part]:
        name = reference.name
        value = self._variables.value(name)
        if isinstance(value, Part):
            if value.origin is not Origin.ENVIRONMENT or rule.environment:
                yield value
                return
            self._complaints.error(
                "variable-place",
                where,
                f"`${{{name}}}` comes from the environment, whose values may stand in tokens, account ids, "
                "paths and queries only",
                _how_to_set(name, environment=False),
            )
        elif value is Missing.UNREADABLE:
            if rule.needed:
                self._complaints.error(
                    "variable-file",
                    where,
                    f"the file that `{name}_FILE` names can't be read as text",
                    "Check the path and who may read it.",
                )
        elif reference.fallback is Fallback.DEFAULT:
            yield from self._parts(reference.inner, where, rule)
            return
        elif rule.needed:
            self._note_unset(reference, where, rule)
        yield self._variables.placeholder(name)

    def _note_unset(self, reference: Reference, where: Spot | Place | None, rule: Rule) -> None:
        if reference.fallback is not Fallback.MESSAGE:
            self._unset.setdefault(reference.name, []).append((where, rule.environment and not rule.shown))
            return
        self._complaints.error(
            "variable-unset",
            where,
            f"`${{{reference.name}}}` is not set: {self._shown(reference.inner)}",
            _how_to_set(reference.name, environment=rule.environment and not rule.shown),
        )

    def _shown(self, template: Template) -> str:
        """A message with its variables by name, never by value."""
        return "".join(piece if isinstance(piece, str) else self._shown_reference(piece) for piece in template)

    def _shown_reference(self, reference: Reference) -> str:
        unset = self._variables.value(reference.name) is Missing.UNSET
        if unset and reference.fallback is Fallback.DEFAULT:
            return self._shown(reference.inner)
        return f"${{{reference.name}}}"


def _how_to_set(name: str, *, environment: bool) -> str:
    if environment:
        return "Set it in the environment or in an env file (`--env-file`)."
    return f"Give it with `--var {name}=VALUE`, or in a file with `--var-file`."
