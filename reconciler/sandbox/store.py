"""The sandbox's webhooks, in SQLite: safe under threads, and there again after a restart."""

import hashlib
import json
import os
import sqlite3
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from msgspec import Struct
from msgspec.structs import asdict, replace

OBJECT_OWNER: Final = "shop-owner@sandbox.example"
_VERSION: Final = 2
_TABLES: Final = """
CREATE TABLE webhooks (
    position INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL, object_id TEXT NOT NULL,
    created TEXT NOT NULL, active INTEGER NOT NULL, webhook TEXT NOT NULL, UNIQUE (account, object_id));
CREATE INDEX webhooks_in_order ON webhooks (account, created, position);
"""
_PAGE: Final = "SELECT webhook FROM webhooks WHERE account = ? AND active >= ? ORDER BY created, position"
_ONE: Final = "FROM webhooks WHERE account = ? AND object_id = ?"
# The account comes first as everywhere. Python 3.12.1 warns of numbered placeholders, which could say that, too.
_UPDATE: Final = """
    WITH said (account, object_id, webhook, active) AS (VALUES (?, ?, ?, ?))
    UPDATE webhooks SET (webhook, active) = (SELECT webhook, active FROM said)
    WHERE (account, object_id) = (SELECT account, object_id FROM said)
"""


class StoreError(Exception):
    """The store's file can't be used; the text says which and why."""


class Webhook(Struct, frozen=True, kw_only=True):
    """One webhook of an account as the API shows it, with its times as `timestamp` writes them.

    `url` may hold a secret: the sandbox is the provider, and has to give back what it was given.
    """

    object_id: str
    object_created: str
    object_updated: str
    object_owner: str = OBJECT_OWNER
    event: str
    url: str
    active: bool
    is_test: bool


def timestamp(moment: datetime) -> str:
    """Write an aware time as the API does: in UTC with milliseconds, such as `2021-06-28T15:44:11.647Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Store:
    """Webhooks per account, in a file of mode 0600, or a temporary one that vanishes on `close()`.

    One connection serves all threads, one at a time. An account is any text: see `api.account_of`. Nothing that is
    kept is checked.

    Raises:
        StoreError: the file can't be opened, or is something else.
    """

    def __init__(self, path: Path | None = None, *, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._lock = threading.RLock()
        self._connection = _open(path)

    def close(self) -> None:
        """Close the file; a temporary one is gone then. Closing twice is fine."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Do all that the block does at once, or, if it raises, none of it. One inside another belongs to that."""
        with self._lock:
            if self._connection.in_transaction:
                yield
                return
            self._connection.execute("BEGIN IMMEDIATE")
            with self._connection:
                yield

    def create(  # noqa: PLR0913 - the API's four fields, and what the seed and tests settle themselves
        self,
        account: str,
        *,
        url: str,
        event: str,
        active: bool = True,
        is_test: bool = False,
        object_id: str | None = None,
        created: datetime | None = None,
    ) -> Webhook:
        """Add a webhook to an account. The list's order follows `created`, which is now if it isn't said."""
        created = created or self._now()
        webhook = Webhook(
            object_id=object_id or uuid.uuid4().hex,
            object_created=timestamp(created),
            object_updated=timestamp(created),
            event=event,
            url=url,
            active=active,
            is_test=is_test,
        )
        # In ASCII JSON, since SQLite refuses the lone surrogates that tests like to send.
        self._execute(
            "INSERT INTO webhooks (account, object_id, created, active, webhook) VALUES (?, ?, ?, ?, ?)",
            *(account, webhook.object_id, webhook.object_created, active, json.dumps(asdict(webhook))),
        )
        return webhook

    def list(self, account: str) -> tuple[Webhook, ...]:
        """All webhooks of an account, oldest first; those made in the same millisecond as they came in."""
        return self.page(account)[0]

    def page(
        self, account: str, *, start: int = 0, size: int = -1, live_only: bool = False
    ) -> tuple[tuple[Webhook, ...], int]:
        """A stretch of an account's list, of at most `size` webhooks (-1: all), and how many the whole list has.

        `live_only`: as if there were no others.
        """
        with self.transaction():
            ((count,),) = self._execute(f"SELECT COUNT(*) FROM ({_PAGE})", account, live_only)  # noqa: S608 - constant
            rows = self._execute(f"{_PAGE} LIMIT ? OFFSET ?", account, live_only, size, start).fetchall()
        return tuple(Webhook(**json.loads(text)) for (text,) in rows), count

    def get(self, account: str, object_id: str) -> Webhook | None:
        with self._lock:
            row = self._execute(f"SELECT webhook {_ONE}", account, object_id).fetchone()
        return Webhook(**json.loads(row[0])) if row else None

    def update(self, account: str, object_id: str, **changes: str | bool) -> Webhook | None:
        """Change what is named of a webhook; None: there is none of that id."""
        with self.transaction():
            before = self.get(account, object_id)
            if before is None:
                return None
            after = replace(before, object_updated=timestamp(self._now()), **changes)
            self._execute(_UPDATE, account, object_id, json.dumps(asdict(after)), after.active)
        return after

    def delete(self, account: str, object_id: str) -> bool:
        """Remove a webhook; whether there was one."""
        return self._execute(f"DELETE {_ONE}", account, object_id).rowcount > 0

    def _execute(self, statement: str, account: str, *values: str | int) -> sqlite3.Cursor:
        # The file holds a hash of the account, and so no token.
        key = hashlib.sha256(account.encode("utf-8", "surrogateescape")).hexdigest()
        with self._lock:
            return self._connection.execute(statement, (key, *values))

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)


def _open(path: Path | None) -> sqlite3.Connection:
    """A connection for all threads, one at a time, that begins no transaction by itself."""
    try:
        if path is not None:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))  # it describes an account
        with ExitStack() as opened:
            # SQLite takes an empty name for a temporary file that it removes itself, even when the process is killed.
            connection = sqlite3.connect(path or "", check_same_thread=False, isolation_level=None)
            opened.callback(connection.close)
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            (tables,) = connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
            if (version, tables) == (0, 0):
                connection.executescript(f"BEGIN IMMEDIATE; {_TABLES} PRAGMA user_version = {_VERSION}; COMMIT;")
            elif version != _VERSION:
                raise sqlite3.DatabaseError("it is not a data file of this sandbox")
            opened.pop_all()
            return connection
    except (OSError, sqlite3.Error) as error:
        raise StoreError(f"The store {path or 'in a temporary file'} can't be opened: {error}") from None
