"""Shell completion: click's own, with scripts that also take `--option=value`, and names that hold `:` or `[`."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import ClassVar

import click
from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    ShellComplete,
    ZshComplete,
    split_arg_string,
)
from msgspec.structs import replace

from reconciler.cli.invocation import Invocation
from reconciler.cli.loading import inputs_of
from reconciler.cli.options import COMPLETION_SHELLS, COMPLETION_VARIABLE, Options
from reconciler.config.files import STANDARD_INPUT
from reconciler.config.load import load
from reconciler.model.accounts import Accounts
from reconciler.model.configuration import Configuration
from reconciler.providers.registry import INSTALLED

_SPECIAL = re.compile(r"[^@%+=:,./\w-]")

_BASH = """\
%(complete_func)s() {
    local type value line="${COMP_LINE:0:COMP_POINT}" word="${COMP_WORDS[COMP_CWORD]}"
    COMPREPLY=()
    while IFS=, read -r type value; do
        case $type in
            dir) compopt -o dirnames ;;
            file) compopt -o default ;;
            plain) COMPREPLY+=("$value") ;;
        esac
    done < <(%(complete_var)s=bash_complete COMP_WORDS="$line" COMP_CWORD="$word" "$1" 2>/dev/null)
}
complete -o nosort -F %(complete_func)s %(prog_name)s
"""
_ZSH = """\
#compdef %(prog_name)s
%(complete_func)s() {
    local -a plain described
    local type key help
    while IFS= read -r type && IFS= read -r key && IFS= read -r help; do
        case $type in
            dir) [[ $PREFIX == --*=* ]] && compset -P '*='; _path_files -/ ;;
            file) [[ $PREFIX == --*=* ]] && compset -P '*='; _path_files -f ;;
            plain) if [[ $help == _ ]]; then plain+=("$key"); else described+=("$key:$help"); fi ;;
        esac
    done < <(%(complete_var)s=zsh_complete COMP_WORDS="${(j: :)words[1,CURRENT]}" \\
        COMP_CWORD=$((CURRENT-1)) %(prog_name)s 2>/dev/null)
    (( $#described )) && _describe -V %(prog_name)s described -U
    (( $#plain )) && compadd -U -V %(prog_name)s -a plain
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    %(complete_func)s "$@"
else
    compdef %(complete_func)s %(prog_name)s
fi
"""
_FISH = """\
function %(complete_func)s
    for line in (env %(complete_var)s=fish_complete COMP_WORDS=(commandline -cp | string collect) \\
            COMP_CWORD=(commandline -ct | string collect) %(prog_name)s 2>/dev/null)
        set -l parts (string split -m 1 , -- $line)
        switch $parts[1]
            case dir
                __fish_complete_directories $parts[2]
            case file
                set -l option (string match -r -- '^--[^=]+=' (commandline -ct))
                for path in (__fish_complete_path $parts[2])
                    echo -- "$option$path"
                end
            case plain
                echo -- "$parts[2]"
        end
    end
end
complete --no-files --command %(prog_name)s --arguments '(%(complete_func)s)'
"""


class _WithOption(ShellComplete):
    """Completes what stands behind `--option=` together with it, as shells replace the whole word."""

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem[str]]:
        found = super().get_completions(args, incomplete)
        option = re.match(r"--[^=]+=", incomplete)
        for item in found if option else ():
            item.value = option[0] + item.value if option and item.type == "plain" else item.value
        return found


class _Bash(_WithOption, BashComplete):
    """Gets the whole line in COMP_WORDS, and in COMP_CWORD what bash calls the word, which ends at `:` and `=`."""

    source_template: ClassVar[str] = _BASH

    def source(self) -> str:
        return ShellComplete.source(self)  # without starting a bash to look at its version

    def get_completion_args(self) -> tuple[list[str], str]:
        line, word = os.environ["COMP_WORDS"], os.environ["COMP_CWORD"]
        words = split_arg_string(line)
        incomplete = words.pop() if len(words) > 1 and not line[-1].isspace() else ""
        self._before = incomplete.removesuffix("".join(split_arg_string(word)).lstrip(":="))
        self._is_quoted = word[:1] in ("'", '"')
        return words[1:], incomplete

    def format_completion(self, item: CompletionItem[str]) -> str:
        value = item.value.removeprefix(self._before)
        if not self._is_quoted:
            value = _SPECIAL.sub(r"\\\g<0>", value)
        return f"{item.type},{value}"


class _Zsh(_WithOption, ZshComplete):
    source_template: ClassVar[str] = _ZSH


class _Fish(_WithOption, FishComplete):
    source_template: ClassVar[str] = _FISH


_SHELLS: Mapping[str, type[ShellComplete]] = dict(zip(COMPLETION_SHELLS, (_Bash, _Zsh, _Fish), strict=True))


def script(shell: str) -> str:
    """What a shell has to read so that it completes `reconciler`."""
    return _SHELLS[shell](click.Command("reconciler"), {}, "reconciler", COMPLETION_VARIABLE).source()


def complete(group: click.Group, invocation: Invocation, instruction: str) -> None:
    """Print what a script asks for; nothing if anything is wrong."""
    shell, _, what = instruction.partition("_")
    if what == "complete" and shell in _SHELLS:
        with suppress(Exception):
            found = _SHELLS[shell](group, {"obj": invocation}, "reconciler", COMPLETION_VARIABLE).complete()
            invocation.streams.print_result(found)


def account_names(context: click.Context, incomplete: str) -> list[str]:
    """The files' accounts and their places that begin with what is typed."""
    names = (name for account in _configuration(context).accounts for name in (account.group, account.name))
    return _beginning(names, incomplete)


def addresses(context: click.Context, incomplete: str) -> list[str]:
    """The addresses in the files that begin with what is typed: entries, and the webhooks of an entry that is typed."""
    configuration, found = _configuration(context), list[str]()
    for wanted in configuration.desired:
        short, long = wanted.address.text(long=False), wanted.address.text(long=True)
        forms = (short, long) if len(configuration.accounts) > 1 else (short,)
        found += [name for form in forms for name in (form.partition("[")[0], form)]
    starting = _beginning(found, incomplete)
    names = [name for name in starting if "[" not in name]
    return starting if names in ([], [incomplete]) else names


def _configuration(context: click.Context) -> Configuration:
    """The files' configuration, read offline, without variables and standard input; an empty one if it has errors."""
    invocation, found = context.find_object(Invocation), None
    files, hosts = (context.params.get(name) or () for name in ("files", "allowed_hosts"))
    if invocation is not None and STANDARD_INPUT not in files:
        invocation.options = Options(files=files, allowed_hosts=hosts)
        found = load(replace(inputs_of(invocation, offline=True), environment={}), INSTALLED).configuration
    return found or Configuration(accounts=Accounts())


def _beginning(names: Iterable[str], incomplete: str) -> list[str]:
    return [name for name in dict.fromkeys(names) if name.startswith(incomplete)]
