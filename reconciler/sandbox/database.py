"""The SQLite file under the store: its tables, how it is opened, and how values become rows."""

import json
import os
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from reconciler.sandbox.records import LogEntry, Webhook

_VERSION: Final = 1
_TABLES: Final = """
CREATE TABLE webhooks (
    position INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL, object_id TEXT NOT NULL,
    created INTEGER NOT NULL, active INTEGER NOT NULL, webhook TEXT NOT NULL, UNIQUE (account, object_id));
CREATE INDEX webhooks_in_order ON webhooks (account, created, position);
CREATE TABLE log (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT, time REAL NOT NULL, account TEXT NOT NULL, method TEXT NOT NULL,
    path TEXT NOT NULL, query TEXT NOT NULL, status INTEGER NOT NULL, took_effect INTEGER NOT NULL,
    object_id TEXT, webhook TEXT);
"""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class StoreError(Exception):
    """The store's file can't be used; the text says which and why."""


def open_database(path: Path | None) -> sqlite3.Connection:
    """Open a store's file, and make it with mode 0600 if it isn't there.

    Args:
        path: the file; None: a temporary one.

    Returns:
        A connection for all threads (one at a time) that begins no transaction by itself.

    Raises:
        StoreError: the file can't be opened, or is something else.
    """
    # SQLite takes an empty name for a temporary file that it removes itself, even when the process is killed.
    name = "" if path is None else str(path)
    try:
        if path is not None:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))  # it describes an account
        connection = sqlite3.connect(name, check_same_thread=False, isolation_level=None)
    except (OSError, sqlite3.Error) as error:
        raise StoreError(f"The store {name} can't be opened: {error}") from None
    try:
        known = _prepare(connection, temporary=path is None)
    except sqlite3.Error as error:
        connection.close()
        raise StoreError(f"The store {name} can't be used: {error}") from None
    if not known:
        connection.close()
        raise StoreError(f"The file {name} is not a store of this sandbox: name another one.")
    return connection


def milliseconds(moment: datetime) -> int:
    """An aware time as whole milliseconds since the epoch, cut, not rounded."""
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def from_milliseconds(count: int) -> datetime:
    """The time, in UTC, that many milliseconds after the epoch."""
    return _EPOCH + timedelta(milliseconds=count)


def webhook_to_text(webhook: Webhook) -> str:
    """A webhook as it stands in a row: ASCII JSON, since SQLite refuses the lone surrogates that tests like to send."""
    return json.dumps(
        {
            **webhook.document(),
            "object_created": milliseconds(webhook.object_created),
            "object_updated": milliseconds(webhook.object_updated),
        }
    )


def webhook_from_text(text: str) -> Webhook:
    """The webhook of a row."""
    document: dict[str, Any] = json.loads(text)
    return Webhook(
        **{
            **document,
            "object_created": from_milliseconds(document["object_created"]),
            "object_updated": from_milliseconds(document["object_updated"]),
        }
    )


def log_entry_from_row(row: tuple[Any, ...]) -> LogEntry:
    """The entry of a row of the log, its columns in the table's order."""
    sequence, time, account, method, path, query, status, took_effect, object_id, webhook = row
    return LogEntry(
        sequence=sequence,
        time=time,
        account=account,
        method=method,
        path=json.loads(path),
        query=query,
        status=status,
        took_effect=bool(took_effect),
        object_id=object_id,
        webhook=None if webhook is None else webhook_from_text(webhook),
    )


def log_entry_to_row(entry: LogEntry) -> tuple[float | str | int | None, ...]:
    """An entry as a row of the log, its `sequence` aside."""
    return (
        entry.time,
        entry.account,
        entry.method,
        json.dumps(entry.path),
        entry.query,
        entry.status,
        int(entry.took_effect),
        entry.object_id,
        None if entry.webhook is None else webhook_to_text(entry.webhook),
    )


def _prepare(connection: sqlite3.Connection, *, temporary: bool) -> bool:
    """Make the tables if the file is new; say whether it is one of ours now."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (tables,) = connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
    if (version == 0 and tables > 0) or version not in (0, _VERSION):
        return False
    # A store that nobody opens again needs no care for what a crash would leave of it.
    connection.execute(f"PRAGMA journal_mode = {'MEMORY' if temporary else 'WAL'}")
    connection.execute(f"PRAGMA synchronous = {'OFF' if temporary else 'NORMAL'}")
    if version == 0:
        connection.executescript(f"BEGIN IMMEDIATE; {_TABLES} PRAGMA user_version = {_VERSION}; COMMIT;")
    return True
