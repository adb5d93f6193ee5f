"""What `reconciler help TOPIC` explains: what concerns several commands."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import fill

_ENVIRONMENT = """\
Variables for the file

  The file's ${NAME} are replaced by environment variables. `--var` and
  `--var-file` come before the environment, `--env-file` comes after it. An
  empty variable counts as unset.

  {tokens}
      The token of an account that doesn't have `token` in the file.
  NAME_FILE
      If NAME is unset, its value is read from the file that NAME_FILE
      names, such as a mounted secret.

Variables for reconciler

  RECONCILER_FILE
      The file or folder, if there is no `-f`.
  RECONCILER_ALLOW_HOSTS
      Hosts that tokens may be sent to, separated by commas, like
      `--allow-host`.

  No other variable sets an option: nothing in the environment can narrow
  what a command works on, or approve an apply.

Variables of the system

  NO_COLOR, FORCE_COLOR, CLICOLOR_FORCE, CLICOLOR, TERM
      Colors are off if NO_COLOR is set. If not, FORCE_COLOR or
      CLICOLOR_FORCE turns them on. Otherwise they are on at a terminal
      and in the log of GitHub Actions or GitLab CI, except if a terminal's
      TERM is `dumb`, or CLICOLOR or FORCE_COLOR is 0.
  GITHUB_ACTIONS, GITHUB_STEP_SUMMARY, GITHUB_WORKSPACE
      In GitHub Actions (`true`), text comes with annotations, the job
      summary, colors and groups; paths are relative to the workspace.
  GITLAB_CI, CI_PROJECT_DIR
      In GitLab CI (`true`), text comes with colors and sections, and
      `validate`, `plan` and `drift` also write the code quality report,
      `gl-code-quality-report.json` in the project's folder.
  COLUMNS
      The width of the output at a terminal.
  REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE, SSL_CERT_FILE
      A file of certificates to trust instead of the usual ones; the first
      that is set counts.
  HTTPS_PROXY, ALL_PROXY, NO_PROXY
      The proxy for requests (ALL_PROXY if there is no HTTPS_PROXY), and the
      hosts that don't need it.
"""

_EXIT_CODES = """\
  0    Done, or nothing to do.
  1    An error: in the options, in the file, at the provider; an apply that
       could not finish or was not approved. `fmt --check`: a file isn't
       formatted.
  2    There are changes: `plan --detailed-exitcode` and `drift` only.
  3    Refused by a guard, or the saved plan is out of date; nothing was
       changed. `plan` too, if `apply` would be refused.
  130  Stopped by Ctrl-C (SIGINT).
  143  Stopped by SIGTERM.
  129  Stopped by SIGHUP.

  With several accounts, if one can't be read, the others are still checked,
  and the exit code is 1.

  In a shell script:

    reconciler drift
    case $? in
      0) echo "no drift" ;;
      2) echo "drift detected" ;;
      *) echo "could not check" ;;
    esac
"""

_FORMATS = """\
  `--format FORMAT` chooses how results are written to standard output.
  Everything else (warnings, progress, questions) goes to standard error.
  `--report FORMAT=FILE` writes a format to a file, beside what is printed
  and at every end of a run: also of one that fails or is interrupted.

  text  For people. With `-v` more details, with `-q` fewer. In GitHub
        Actions also annotations, the job summary and groups, in GitLab CI
        sections and the code quality report.
  json  For programs. `plan`, `show` and `drift` write one document in the
        format of Terraform's JSON plan, `list`, `validate`, `doctor` and
        `providers` one of their own. `apply` and `destroy` write one object
        per line, as `terraform apply -json` does; the last one has the exit
        code. Errors are written as JSON, too. `apply` needs `--auto-approve`
        or a saved plan, since it can't ask.

  These are made to be shared. They count unmanaged webhooks by host; with
  `--show-unmanaged` they list them.

  markdown       For a comment on a pull request, or a job summary.
  github         Workflow commands of GitHub Actions: annotations on the
                 file's lines. Also appends to the job summary.
  junit          JUnit XML: a test case for each webhook, which fails if it
                 differs or wasn't changed as planned.
  html           One page for people who have never seen the tool.
  github-output  Outputs of a step of GitHub Actions, added to those that its
                 file has: the exit code, and how many changes there are.
                 `--report` only.
  code-quality   GitLab's code quality report. `--report` only.
  prometheus     Metrics for node_exporter's textfile collector. `--report`
                 only.

  `reconciler schema` with `plan`, `apply`, `list`, `validate`, `doctor` or
  `providers` prints the JSON Schema. Secrets are hidden in every format.

  The changes of a plan, with jq:

    reconciler plan --format json |
      jq -r '.resource_changes[] | select(.change.actions != ["no-op"]) |
             "\\(.change.actions[0]) \\(.webhook_address)"'
"""

TOPICS: Mapping[str, tuple[str, str]] = {
    "environment": (_ENVIRONMENT, "Environment variables that reconciler reads."),
    "exit-codes": (_EXIT_CODES, "What the exit codes mean."),
    "formats": (_FORMATS, "Output formats, and how programs read them."),
}
"""Each topic, its text (`topic_text` completes it), and its line in the help."""


def topic_text(name: str) -> str:
    """A topic's text, with the names of the variables that hold tokens."""
    from reconciler.providers.registry import built_in  # noqa: PLC0415 - no list of topics needs it

    tokens = ", ".join(provider.auth.variable for provider in built_in())
    return TOPICS[name][0].replace("  {tokens}", fill(tokens, initial_indent="  ", subsequent_indent="  "))
