"""How much files and variables may hold, far above what anybody needs: so that no file holds a run or its memory."""

from __future__ import annotations

MOST_OF_A_FILE = 32 * 2**20
"""Bytes of all files of a configuration together; ten thousand entries need two million."""

MOST_OF_A_PLAN = 64 * 2**20
"""Bytes of a saved plan; that of an account with 100,000 webhooks has 45 million."""

MOST_OF_A_VALUE = 2**20
"""Bytes of a file that holds a single value."""

MOST_OF_AN_ENV_FILE = 16 * 2**20
"""Bytes; an export of 100,000 webhooks writes eight million."""

MOST_BLANKS = 200
"""In a row, in an env file: its parser goes through all of them again from each of them."""

PATIENCE = 60.0
"""Seconds that a pipe may take, from when it is opened to its end."""

MOST_VALUES = 1_000_000
"""Keys and values of all files together; ten thousand entries have 80,000."""

LONGEST_TEXT = 10_000
"""Characters of a key, or of a text with its variables put in."""

MOST_DIAGNOSTICS = 10_000
"""Errors after which the reading ends, and warnings after which no more are told."""

MOST_ACCOUNTS = 1000

MOST_PARAMS = 1000
"""Names under `secret_params`, and under `public_params`."""

MOST_WITH_A_STAR = 500
"""Patterns of a list that aren't exact: each of them is held against each webhook."""

MOST_WANTED = 200_000
"""Webhooks of all entries together, one for each account and event."""
