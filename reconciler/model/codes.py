"""Every diagnostic code, and what it means: the table that the documentation is made from."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

CODES: Mapping[str, str] = MappingProxyType(
    {
        # Options.
        "option": "An option or argument of the command can't be used. `--help` of the command shows what there is.",
        "account-unread": "An account could not be listed to its end. Nothing is written to it; its error says why.",
        "stopped": "A signal ended the command before it had anything to report.",
        "system": "The system gave no more of something: memory, threads, open files, space on a disk.",
        "bug": "A mistake in this program: please report it with the lines that it prints.",
        "output-file": "A file can't be written, or already exists and is never overwritten. Give another name.",
        # Saved plans.
        "plan-altered": "The plan file is not as it was saved, or is none. Nothing was changed. Save a plan again.",
        "plan-cut": "The plan file ends too early. Nothing was changed. Save a plan again.",
        "plan-version": "Another version of this tool saved the plan. Nothing was changed. Save a plan again.",
        "plan-stale": (
            "The file, a variable or the provider has changed since the plan was saved or shown. Nothing was changed. "
            "Plan again."
        ),
        # Files.
        "file-missing": (
            "There is no such file. Begin with `reconciler init` or `reconciler export`, or name it by `-f`."
        ),
        "file-unreadable": "The file or folder exists and can't be read. Check the path and its permissions.",
        "file-twice": "The same file is given twice. Name it once: several files are one configuration.",
        "file-encoding": "The file is not UTF-8. Save it as UTF-8; a byte-order mark is fine.",
        "file-empty": "There is nothing in the file. `reconciler init` writes a starter file.",
        "file-shape": "The file is a list or a text. It must be a mapping that begins with `version: 1`.",
        "folder-empty": (
            "The folder given has no `*.yaml` or `*.yml` file. An empty configuration would delete webhooks, so "
            "nothing is assumed."
        ),
        "folder-left-out": (
            "Of a folder only `*.yaml` and `*.yml` are read, and no folders in it. The rest of it isn't part of the "
            "configuration."
        ),
        "key-in-two-files": (
            "A key stands in two files. Only `webhooks`, `owns`, `absent` and `protect` add up; `version` and "
            "`x-…` may repeat; keep all else in one file."
        ),
        # YAML.
        "yaml-syntax": (
            "The file is no YAML from here on. Values with `: `, ` #`, or `${…}` inside `[…]` need quotes; "
            "indentation is spaces."
        ),
        "yaml-character": "YAML doesn't allow this control character. Remove it, or escape it in double quotes.",
        "yaml-duplicate-key": "A key is given twice in one mapping; YAML would silently take one. Keep one of the two.",
        "yaml-tag": "Tags such as `!!str` or `!include` are not used here. Remove it; quote text that begins with `!`.",
        "yaml-alias": (
            "An alias (`*name`) has no anchor (`&name`) before it, or stands inside it. Text that begins with `*`"
            " needs quotes."
        ),
        "yaml-aliases": "Aliases of aliases expand to more values than any configuration needs. Write fewer of them.",
        "yaml-merge": "`<<` takes the alias of one mapping, or one list of such. Write `<<: *name`.",
        "yaml-key": "A key is a list, a mapping or an alias. Keys are plain words.",
        "yaml-deep": "Lists or mappings are nested deeper than anything the file has a use for.",
        "yaml-documents": "A second document (`---`) begins in the file. Put it into a file of its own.",
        "too-much": (
            "The files, or the values of variables, hold more than any configuration needs: entries, accounts, "
            "patterns, characters, or errors. Reading on would let a hostile file hold a run."
        ),
        # The file's shape.
        "unknown-key": (
            "This key means nothing here; it is probably a typing error. Keys that begin with `x-` are ignored."
        ),
        "missing-key": (
            "A key that is required isn't there. `owns` and `webhooks` are required so that nothing is deleted "
            "because a line was forgotten."
        ),
        "bad-name": "Names of webhooks and accounts are made of `a` to `z`, digits, `_` and `-`.",
        "wrong-type": "A list, a mapping, a text or a number stands where another of them is due.",
        "wrong-value": "The value is not one of those that are possible here.",
        "boolean-value": (
            "Only `true` and `false` are booleans here, without quotes; or exactly one variable that says one of "
            "the two. `yes`, `no`, `on` and `off` are text."
        ),
        "empty-value": "The key has no value, or an empty one. Give it one, or leave the key out.",
        "repeated-item": "A list names the same item twice. Name it once.",
        "url-and-id": "An item of `absent` or `known` names webhooks by `url`, or one webhook by its `id` alone.",
        "account-twice": "`account` and `accounts` exclude each other. Keep one.",
        # Variables.
        "variable-form": (
            "A `$` begins none of the forms `${NAME}`, `${NAME:-default}`, `${NAME:?message}`. Write `$$` for a "
            "dollar sign."
        ),
        "variable-unset": (
            "A variable has no value, or an empty one, and no default. `--var`, `--var-file`, the environment, "
            "`--env-file` and the file that `NAME_FILE` names are looked at in this order."
        ),
        "variable-file": "The environment has `NAME_FILE`, and the file that it names can't be read as UTF-8 text.",
        "variable-place": (
            "Values from the environment may stand only in tokens, account ids, paths, queries, whole URLs and "
            "booleans: elsewhere they would be shown. Use `--var` for what is no secret."
        ),
        "variable-option-secret": (
            "A value from `--var` or `--var-file` feeds a token or a secret parameter. Options show in process lists "
            "and logs, and their files are plain: use the environment or an env file."
        ),
        "variable-unused": (
            "`--var` or `--var-file` gives a variable that no file has: it is probably a typing error, and another "
            "value is used in its place."
        ),
        "var-file": "A file of `--var-file` can't be read, or is no mapping of names to plain values.",
        "env-file": "An env file can't be read. Check its path, permissions and encoding (UTF-8).",
        "env-file-line": (
            "A line of an env file is no `NAME=value`. Put values with special characters into single quotes."
        ),
        # Accounts.
        "provider-unknown": "No provider of this name is installed. `shippo` is built in; packages bring others.",
        "token-literal": (
            "A token stands in the file, or more than one variable. Name one environment variable, and replace a "
            "token that others could read."
        ),
        "secret-not-variable": (
            "A secret stands in the file, or more than one variable. Name one environment variable, and replace a "
            "secret that others could read."
        ),
        "token-kind": (
            "The token's prefix says neither live nor test. Off the provider's own host, `mode` may say it instead."
        ),
        "token-elsewhere": (
            "A variable that feeds a token, holds one, or is where a provider's token usually stands, stands elsewhere "
            "too, where it would be sent to others or shown."
        ),
        "header-characters": (
            "A token or account id is not written as it is sent: it is empty, has quotes, white space or a line break "
            "around or in it, a scheme such as `Bearer` before it, or is masked (`***`) or a placeholder."
        ),
        "mode-token": "`mode` pins one kind of account and the token is of the other. Nothing was sent.",
        "place-twice": (
            "An account covers repositories or an organization, not both, and each of them once. Write two accounts, "
            "or remove the second one. Upper and lower case don't tell places apart."
        ),
        "base-url": "The base URL must be https (http on loopback only) and without a query.",
        "base-url-host": (
            "The token would go to a host that is neither the provider's own nor loopback. Allow it outside the "
            "file, by `--allow-host` or `RECONCILER_ALLOW_HOSTS`, if that is meant."
        ),
        "account-same": "Two accounts have one base URL, token and account id: they would undo each other's work.",
        "account-missing": "There are several accounts and the entry doesn't say which. Add `account`, or `defaults`.",
        "account-unknown": "The entry names an account that isn't under `accounts`.",
        # URLs and patterns.
        "url-character": (
            "A URL or a pattern, or a variable's value in it, has a character that URLs can't hold, or quotes or a "
            "line break around it. What is shown is what is sent: percent-encode the character, or remove it."
        ),
        "url-scheme": "Only https URLs are delivered to, and http ones on loopback.",
        "url-host": "The URL has no host, or one that is no name and no address in its usual form.",
        "url-port": "A port is a number from 1 to 65535.",
        "url-userinfo": (
            "`user:password@` in a URL is not supported by providers and shows in logs. Use a secret parameter."
        ),
        "url-fragment": "What follows a `#` is never sent. Remove it.",
        "url-escape": "A `%` must begin an escape of two hexadecimal digits. Write `%25` for a percent sign.",
        "url-query": "Receivers read a `;` in a query in different ways. Escape it as `%3B`, or use `&`.",
        "url-not-https": "Events would travel in clear. http is for loopback only.",
        "url-too-long": "The provider refuses URLs of this length.",
        "url-variable-host": (
            "A value from the environment stands in a URL's scheme, host or port, which are always shown. Use `--var`."
        ),
        "url-variable-value": "A variable's value would change the URL's structure, or isn't percent-encoded.",
        "url-private": "The host is on this machine or in a private network, where a provider can't reach it.",
        "pattern-shape": "The pattern is no URL. Write it like `https://hooks.example.com/shippo/*`.",
        "pattern-host": "In a host, `*` may only be the whole leftmost label, before two literal ones or more.",
        "pattern-query": "Patterns don't look at queries. Remove the `?` and what follows it.",
        # Entries and what they have to do with each other.
        "entry-twice": "An entry's name is taken by another file's entry. Names are unique across files.",
        "webhook-twice": (
            "Two entries (or one entry twice) want the same webhook: endpoint, event and `is_test` are equal. "
            "Secret parameters don't tell webhooks apart."
        ),
        "not-owned": (
            "The entry's URL is matched by no pattern under `owns`. What isn't owned is never changed, so add one."
        ),
        "owns-empty": "`owns: []` is for `webhooks: {}` only. Name what this configuration is responsible for.",
        "entry-absent": "`absent` says that the entry's webhook must not exist.",
        "setting-unsupported": "The provider's webhooks have no such setting.",
        "event-characters": "An event is one word, without white space or brackets.",
        "param-twice": "A query parameter is named under both `secret_params` and `public_params`.",
        "event-unknown": (
            "The provider has no event of this name that this version knows: it is probably a typing error. One that "
            "the provider has all the same is named under `allow_events` too."
        ),
        # Advice.
        "allow-events-unused": "`allow_events` names an event that is known anyway, or that no entry has.",
        "secret-literal": (
            "A secret stands in the file in clear, for everybody who can read the repository. Use a variable."
        ),
        "secret-param": (
            "A variable stands in a query parameter that isn't known as secret, so a new value means a new "
            "webhook. `secret_params` makes it an update."
        ),
        "is-test-mode": "The entry wants the other kind of webhook than its account's mode says.",
        "delivered-twice": "An event that stands for all is beside single events on one endpoint: those arrive twice.",
        "owns-unused": (
            "A pattern under `owns` matches no entry: the webhooks of its kind that it matches at the provider are "
            "deleted, except those that `protect` or `known` names."
        ),
    }
)
"""Code → what it means and what to do."""
