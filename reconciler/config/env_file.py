"""Env files (`--env-file`): `NAME=value` lines."""

from __future__ import annotations

import re
from collections.abc import Mapping
from io import StringIO
from pathlib import Path

from reconciler.config.bounded import read_bounded
from reconciler.config.bounds import MOST_BLANKS, MOST_OF_AN_ENV_FILE
from reconciler.config.complaints import Complaints
from reconciler.model.diagnostic import Place

_BLANKS = re.compile(rf"[^\S\r\n]{{{MOST_BLANKS + 1}}}")


def read_env_file(path: str, complaints: Complaints) -> Mapping[str, str]:
    """Read an env file.

    Args:
        path: as the user gave it.
        complaints: gets what can't be read, by line; its text is never quoted.
    Returns:
        The values of the lines that could be read; `$` in them means nothing.
    """
    try:
        text = read_bounded(Path(path), MOST_OF_AN_ENV_FILE).decode("utf-8-sig")
    except UnicodeDecodeError:
        complaints.error("env-file", Place(file=path), "the env file is not valid UTF-8", "Save it as UTF-8.")
        return {}
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or "its name can't be one"
        complaints.error(
            "env-file", Place(file=path), f"the env file can't be read: {reason}", "Check the path and who may read it."
        )
        return {}
    return env_values(text, path, complaints)


def env_values(text: str, path: str, complaints: Complaints) -> Mapping[str, str]:
    """The values of `NAME=value` lines; arguments and result are those of `read_env_file`."""
    from dotenv.parser import parse_stream  # few runs have an env file  # noqa: PLC0415

    blanks = _BLANKS.search(text)
    if blanks is not None:
        complaints.error(
            "env-file-line",
            Place(file=path, line=text.count("\n", 0, blanks.start()) + 1),
            f"more than {MOST_BLANKS} blanks stand in a row in this line of the env file",
            "Remove them.",
        )
        return {}
    values: dict[str, str] = {}
    for binding in parse_stream(StringIO(text)):
        if binding.error:
            # The parser counts blank lines before it as a part of it.
            said = binding.original.string
            blank = said[: len(said) - len(said.lstrip())].count("\n")
            complaints.error(
                "env-file-line",
                Place(file=path, line=binding.original.line + blank),
                "this line of the env file is no `NAME=value`",
                "Put a value with special characters into single quotes; begin a comment with `#`.",
            )
        elif binding.key is not None and binding.value is not None:
            values[binding.key] = binding.value
    return values
