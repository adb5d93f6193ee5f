"""What somebody means who uses the words of another tool, or mistypes ours: Terraform's, Git's, gh's and kubectl's."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import chain, takewhile

import click

_NO_STATE = "There is no state: every run reads what the provider has, so there is nothing to refresh, lock or store."
_USUAL_LIKENESS = 0.6  # of 1, as `difflib` has it
_ALIKE = 0.7  # of 1; both dashes count, so that with less `--strict` would be `--target`
_FOLDER = "Give the file or its folder with `-f PATH`."

_COMMANDS: Mapping[str, str] = {
    **dict.fromkeys(("diff", "preview", "dry-run", "show-changes"), "plan"),
    **dict.fromkeys(("import", "pull", "dump", "download", "backup"), "export"),
    **dict.fromkeys(("status", "refresh"), "drift"),
    **dict.fromkeys(("up", "deploy", "sync", "push", "create", "update"), "apply"),
    **dict.fromkeys(("delete", "remove", "rm", "down"), "destroy"),
    **dict.fromkeys(("ls", "get"), "list"),
    **dict.fromkeys(("check", "lint", "test"), "validate"),
    **dict.fromkeys(("ping", "health"), "doctor"),
    **dict.fromkeys(("format", "tidy"), "fmt"),
    **dict.fromkeys(("new", "generate"), "init"),
    **dict.fromkeys(("serve", "server", "mock"), "sandbox"),
    **dict.fromkeys(("man", "docs"), "help"),
}
"""Ours for the commands of other tools."""

_COMMAND_HELP: Mapping[str, str] = {
    **dict.fromkeys(("state", "taint", "untaint", "force-unlock", "workspace"), _NO_STATE),
    **dict.fromkeys(("login", "auth"), "There is no login: see `reconciler help environment` for the tokens."),
}
"""What to do instead, where no command does it."""

_OPTIONS: Mapping[str, Sequence[str]] = {
    **dict.fromkeys(("--yes", "-y", "--approve", "--assume-yes", "--no-input"), ("--auto-approve",)),
    **dict.fromkeys(("--output", "-o"), ("--out", "--format")),
    **dict.fromkeys(("--json", "--fmt"), ("--format",)),
    **dict.fromkeys(("--config", "--filename", "-c"), ("--file",)),
    **dict.fromkeys(("--debug", "--trace", "--log-level", "-d"), ("--verbose",)),
    **dict.fromkeys(("--silent", "-s"), ("--quiet",)),
    **dict.fromkeys(("--exit-code", "--detailed-exit-code"), ("--detailed-exitcode",)),
    **dict.fromkeys(("--skip", "--ignore"), ("--exclude",)),
    **dict.fromkeys(("--only", "--include"), ("--target",)),
    "-V": ("--version",),
}
"""Ours for the options of other tools: as many as the command has."""

_OPTION_HELP: Mapping[str, str] = {
    **dict.fromkeys(("--dry-run", "-n", "--noop"), "`reconciler plan` shows what apply would do, and changes nothing."),
    **dict.fromkeys(("--state", "--refresh", "--refresh-only", "--lock", "--lock-timeout", "--backend"), _NO_STATE),
    **dict.fromkeys(("--chdir", "-C"), _FOLDER),
    "--force": "Nothing can be forced: `--auto-approve` doesn't ask for approval, `--allow-losses N` allows losses.",
    "--input": "Without a terminal nothing is ever asked; `--auto-approve` applies without asking.",
}


class UnknownWordError(click.UsageError):
    """A word that the command line doesn't have.

    Attributes:
        hint: what is probably meant; nothing where nobody can tell.
    """

    def __init__(self, message: str, hint: str, ctx: click.Context) -> None:
        super().__init__(message, ctx)
        self.hint = hint


def unknown_command(name: str, commands: Collection[str], ctx: click.Context) -> UnknownWordError:
    """The error of a name that is no command's, nor a help topic's."""
    word = _same_word(name, {*_COMMANDS, *_COMMAND_HELP, *commands})
    meant = [_COMMANDS[word]] if word in _COMMANDS else _nearest(word, commands)
    hint = _COMMAND_HELP.get(word) or _did_you_mean(f"{ctx.command_path} {one}" for one in meant)
    return UnknownWordError(f"No such command '{name}'.", hint, ctx)


def _same_word(word: str, known: Iterable[str]) -> str:
    """The known word that differs in case and dashes at most, `dry-run` for `DryRun`; else the word itself."""

    def plain(one: str) -> str:
        name = one.lstrip("-")
        return one[: len(one) - len(name)] + name.lower().replace("-", "").replace("_", "")

    return word if word in known else {plain(one): one for one in known}.get(plain(word), word)


class SuggestsOptions(click.Command):
    """A command whose unknown options raise UnknownWordError."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not ctx.resilient_parsing:  # what is completed isn't complete
            _check_dashes(args, ctx)
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            raise _unknown_option(error.option_name, ctx) from None


def _unknown_option(option: str, ctx: click.Context) -> UnknownWordError:
    return UnknownWordError(f"No such option '{option}'.", _hint(option, ctx), ctx)


def _check_dashes(arguments: Iterable[str], ctx: click.Context) -> None:
    """Raise UnknownWordError where an option has one dash, as Terraform's do: `-out` would be read as `-o`, `-u`, `-t`.

    Only what is an option with two dashes, here or elsewhere, is taken for one.
    """

    def may_be_option(argument: str) -> bool:
        """Whether options can still follow; those of a group end at its command."""
        return argument != "--" and (ctx.allow_interspersed_args or argument[:1] == "-")

    for argument in takewhile(may_be_option, arguments):
        word = argument.partition("=")[0]
        if word[:1] == "-" and word[1:2].isalpha() and len(word) > 2:  # noqa: PLR2004 - more than a dash and a letter
            known = {*_names(ctx.command), *_OPTIONS, *_OPTION_HELP}
            if f"-{word}" in known:
                raise UnknownWordError(f"No such option '{word}'.", _hint(f"-{word}", ctx), ctx)


def _hint(option: str, ctx: click.Context) -> str:
    option = _same_word(option, [name for name in (*_OPTIONS, *_OPTION_HELP) if name.startswith("--")])
    if option in _OPTION_HELP:
        return _OPTION_HELP[option]
    own, wanted = _names(ctx.command), _OPTIONS.get(option, (option,))
    return (
        _did_you_mean(one for one in wanted if one in own)
        or _did_you_mean(_nearest(option, own, _ALIKE))
        or _did_you_mean(one for one in own if option.startswith("--") and one.startswith(option))
    )


def _nearest(word: str, known: Collection[str], likeness: float = _USUAL_LIKENESS) -> list[str]:
    """The known word that is most like one, if any is."""
    from difflib import get_close_matches  # noqa: PLC0415 - only where a word is wrong

    return get_close_matches(word, known, n=1, cutoff=likeness)


def _names(command: click.Command) -> list[str]:
    """The names of a command's options."""
    return [*chain.from_iterable(one.opts for one in command.params if isinstance(one, click.Option)), "--help"]


def _did_you_mean(found: Iterable[str]) -> str:
    named = " or ".join(f"`{one}`" for one in found)
    return f"Did you mean {named}?" if named else ""
