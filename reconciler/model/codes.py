"""Every diagnostic code, and what it means: the table that the documentation is made from."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

CODES: Mapping[str, str] = MappingProxyType(
    {
        # Options.
        "option": "An option or argument of the command is not valid. The command's `--help` lists the valid ones.",
        "account-unread": (
            "An account's webhooks could not be listed completely. Nothing in it is changed; the error says why."
        ),
        "stopped": "A signal ended the command before it had anything to report.",
        "system": "The system ran out of a resource: memory, threads, open files or disk space.",
        "bug": "A bug in this program: please report it with the lines that it prints.",
        "output-file": "A file can't be written, or already exists and is never overwritten. Give another name.",
        # Saved plans.
        "plan-altered": "The plan file was modified, or is not a saved plan. Nothing was changed. Save a new plan.",
        "plan-cut": "The plan file is incomplete. Nothing was changed. Save a new plan.",
        "plan-version": "The plan was saved by another version of this tool. Nothing was changed. Save a new plan.",
        "plan-stale": (
            "The file, a variable or the provider has changed since the plan was saved or shown. Nothing was "
            "changed. Run `plan` again."
        ),
        # Files.
        "file-missing": (
            "The file was not found. Start with `reconciler init` or `reconciler export`, or give another file "
            "with `-f`."
        ),
        "file-unreadable": "The file or folder exists and can't be read. Check the path and its permissions.",
        "file-twice": "The same file is given twice. Give it once: several files form one configuration.",
        "file-encoding": "The file is not UTF-8. Save it as UTF-8; a byte-order mark is fine.",
        "file-empty": "The file is empty. `reconciler init` writes a starter file.",
        "file-shape": "The file is a list or text. It must be a mapping that starts with `version: 1`.",
        "folder-empty": (
            "The folder has no `*.yaml` or `*.yml` file. An empty configuration would delete webhooks, so this is "
            "an error."
        ),
        "folder-left-out": (
            "Only `*.yaml` and `*.yml` files of a folder are read, and no subfolders. Nothing else in it is part "
            "of the configuration."
        ),
        "key-in-two-files": (
            "A key is set in two files. Only `webhooks`, `owns`, `absent` and `protect` are merged across files; "
            "`version` and `x-…` may repeat; any other key belongs in one file."
        ),
        # YAML.
        "yaml-syntax": (
            "The file is not valid YAML from here on. Values with `: `, ` #`, or `${…}` inside `[…]` need quotes; "
            "indent with spaces."
        ),
        "yaml-character": "YAML doesn't allow this control character. Remove it, or escape it in double quotes.",
        "yaml-duplicate-key": (
            "A key is given twice in one mapping; YAML would silently use one of them. Keep one of the two."
        ),
        "yaml-tag": (
            "Tags such as `!!str` or `!include` are not supported. Remove the tag; quote text that begins with `!`."
        ),
        "yaml-alias": (
            "An alias (`*name`) has no anchor (`&name`) before it, or is inside it. Text that begins with `*`"
            " needs quotes."
        ),
        "yaml-aliases": "Aliases of aliases expand to more values than any configuration needs. Use fewer of them.",
        "yaml-merge": "`<<` takes the alias of a mapping, or a list of such aliases. Write `<<: *name`.",
        "yaml-key": "A key is a list, a mapping or an alias. Keys are plain words.",
        "yaml-deep": "Lists or mappings are nested more deeply than any configuration needs.",
        "yaml-documents": "A second document (`---`) starts in the file. Put it in its own file.",
        "too-much": (
            "The files, or the values of variables, hold more than any configuration needs: entries, accounts, "
            "patterns, characters, or errors. The limit keeps a hostile file from blocking a run."
        ),
        # The file's shape.
        "unknown-key": ("This key is not known here; it is probably a typo. Keys that begin with `x-` are ignored."),
        "missing-key": (
            "A required key is missing. `owns` and `webhooks` are required so that nothing is deleted "
            "because a line was forgotten."
        ),
        "bad-name": "Names of webhooks and accounts may contain `a` to `z`, digits, `_` and `-`.",
        "wrong-type": "The value has the wrong type, such as text where a list is expected.",
        "wrong-value": "The value is not one of the allowed values.",
        "boolean-value": (
            "Only `true` and `false` are booleans here, without quotes; or a single variable with one of these "
            "values. `yes`, `no`, `on` and `off` are text."
        ),
        "empty-value": "The key has no value, or an empty one. Give it a value, or remove the key.",
        "repeated-item": "A list contains the same item twice. Keep one of them.",
        "url-and-id": "An item of `absent` or `known` has either a `url`, or the `id` of one webhook and nothing else.",
        "account-twice": "`account` and `accounts` can't be used together. Keep one.",
        # Variables.
        "variable-form": (
            "A `$` doesn't start one of the forms `${NAME}`, `${NAME:-default}`, `${NAME:?message}`. Write `$$` for a "
            "dollar sign."
        ),
        "variable-unset": (
            "A variable has no value, or an empty one, and no default. `--var`, `--var-file`, the environment, "
            "`--env-file` and the file that `NAME_FILE` names are tried in this order."
        ),
        "variable-file": "The environment has `NAME_FILE`, and the file that it names can't be read as UTF-8 text.",
        "variable-place": (
            "Values from the environment may be used only in tokens, account ids, paths, queries, whole URLs and "
            "booleans: elsewhere they would be shown. Use `--var` for values that aren't secret."
        ),
        "variable-option-secret": (
            "A value from `--var` or `--var-file` is used in a token or a secret parameter. Options show in "
            "process lists "
            "and logs, and variable files are not for secrets: use the environment or an env file."
        ),
        "variable-unused": (
            "`--var` or `--var-file` sets a variable that no file uses: it is probably a typo, and another value "
            "is used instead."
        ),
        "var-file": "A file given with `--var-file` can't be read, or is not a mapping of names to plain values.",
        "env-file": "An env file can't be read. Check its path, permissions and encoding (UTF-8).",
        "env-file-line": (
            "A line of an env file is not `NAME=value`. Put values with special characters in single quotes."
        ),
        # Accounts.
        "provider-unknown": (
            "No provider of this name is installed. `shippo` and `github` are built in; packages can add others."
        ),
        "token-literal": (
            "The token must be a single environment variable. If the file contains the token itself, replace it "
            "at the provider: others may have read it."
        ),
        "secret-not-variable": (
            "The secret must be a single environment variable. If the file contains the secret itself, replace "
            "it: others may have read it."
        ),
        "token-kind": (
            "The token's prefix doesn't tell whether it is live or test. On another host than the provider's own, "
            "set `mode` instead."
        ),
        "token-elsewhere": (
            "A variable that holds a token, or is the usual variable for a provider's token, is also used "
            "elsewhere, where it would be sent to others or shown."
        ),
        "header-characters": (
            "A token or account id can't be sent as it is: it is empty, has quotes, white space or a line break "
            "around or in it, a scheme such as `Bearer` before it, or is masked (`***`) or a placeholder."
        ),
        "mode-token": "`mode` names one kind of account and the token belongs to the other. Nothing was sent.",
        "place-twice": (
            "An account covers repositories or an organization, not both, and each of them once. Write two accounts, "
            "or remove the second one. Upper and lower case don't distinguish places."
        ),
        "base-url": "The base URL must be https (http on loopback only) and without a query.",
        "base-url-host": (
            "The token would be sent to a host that is neither the provider's own nor loopback. If this is "
            "intended, allow the host outside the file, with `--allow-host` or `RECONCILER_ALLOW_HOSTS`."
        ),
        "account-same": (
            "Two accounts have the same base URL, token and account id: they would undo each other's changes."
        ),
        "account-missing": (
            "There are several accounts and the entry names none. Add `account` to it, or to `defaults`."
        ),
        "account-unknown": "The entry's account isn't under `accounts`.",
        # URLs and patterns.
        "url-character": (
            "A URL or a pattern, or a variable's value in it, contains a character that isn't allowed in URLs, or "
            "quotes or a "
            "line break around it. URLs are sent as written: percent-encode the character, or remove it."
        ),
        "url-scheme": "Webhook URLs must be https; http is for loopback only.",
        "url-host": "The URL has no host, or its host is not a valid name or address.",
        "url-port": "A port is a number from 1 to 65535.",
        "url-userinfo": (
            "`user:password@` in a URL is not supported by providers and shows in logs. Use a secret parameter."
        ),
        "url-fragment": "What follows a `#` is never sent. Remove it.",
        "url-escape": "A `%` must be followed by two hexadecimal digits. Write `%25` for a percent sign.",
        "url-query": "Receivers interpret a `;` in a query differently. Escape it as `%3B`, or use `&`.",
        "url-not-https": "Events would be sent unencrypted. http is for loopback only.",
        "url-too-long": "The URL is longer than the provider accepts.",
        "url-variable-host": (
            "A value from the environment is used in a URL's scheme, host or port, which are always shown. Use `--var`."
        ),
        "url-variable-value": "A variable's value would change the URL's structure, or isn't percent-encoded.",
        "url-private": "The host is on this machine or in a private network, so the provider can't reach it.",
        "pattern-shape": "The pattern is not a URL. Write it like `https://hooks.example.com/shippo/*`.",
        "pattern-host": "In a host, `*` may only be the whole leftmost label, followed by at least two others.",
        "pattern-query": "Patterns ignore queries. Remove the `?` and what follows it.",
        # Entries and what they have to do with each other.
        "entry-twice": "An entry's name is already used. Names are unique across all files.",
        "webhook-twice": (
            "Two entries (or one entry twice) describe the same webhook: endpoint, event and `is_test` are equal. "
            "Secret parameters don't distinguish webhooks."
        ),
        "not-owned": (
            "No pattern under `owns` matches the entry's URL. Webhooks that aren't owned are never changed, so "
            "add a pattern."
        ),
        "owns-empty": (
            "`owns: []` is valid only with `webhooks: {}`. Add the URL patterns that this configuration is "
            "responsible for."
        ),
        "entry-absent": "The entry's webhook is also listed under `absent`: it must not exist.",
        "setting-unsupported": "The provider doesn't support this setting.",
        "event-characters": "An event is one word, without white space or brackets.",
        "param-twice": "A query parameter is listed under both `secret_params` and `public_params`.",
        "event-unknown": (
            "The event is not known to this version: it is probably a typo. If the provider does have it, add it "
            "to `allow_events` as well."
        ),
        # Advice.
        "allow-events-unused": "`allow_events` lists an event that is already known, or that no entry uses.",
        "secret-literal": (
            "The file contains a secret that everyone with access to the repository can read. Use a variable."
        ),
        "secret-param": (
            "A variable is used in a query parameter that isn't secret, so a new value means a new webhook. With "
            "the parameter under `secret_params` it is an update."
        ),
        "is-test-mode": "The entry describes another kind of webhook than its account's mode.",
        "delivered-twice": (
            "An event that means all events is combined with single events on one endpoint: those are delivered twice."
        ),
        "owns-unused": (
            "A pattern under `owns` matches no entry: webhooks of its kind that match it at the provider are "
            "deleted, except those under `protect` or `known`."
        ),
    }
)
"""Code → what it means and what to do."""
