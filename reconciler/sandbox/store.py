"""The sandbox's webhooks, in SQLite: safe under threads, and there again after a restart."""

import hashlib
import json
import os
import sqlite3
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

OBJECT_OWNER: Final = "shop-owner@sandbox.example"
_VERSION: Final = 2
_TABLES: Final = """
CREATE TABLE webhooks (
    position INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL, object_id TEXT NOT NULL,
    created TEXT NOT NULL, active INTEGER NOT NULL, webhook TEXT NOT NULL, UNIQUE (account, object_id));
CREATE INDEX webhooks_in_order ON webhooks (account, created, position);
"""


class StoreError(Exception):
    """The store's file can't be used; the text says which and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """One webhook of an account, as the store keeps it.

    `object_created` and `object_updated` are aware, in UTC, cut to milliseconds. `url` may hold a secret: the sandbox
    is the provider, and has to give back what it was given.
    """

    object_id: str
    object_created: datetime
    object_updated: datetime
    object_owner: str
    url: str
    event: str
    active: bool
    is_test: bool

    def document(self) -> dict[str, str | bool]:
        """The webhook as the API shows it, ready for JSON."""
        return {
            "object_id": self.object_id,
            "object_created": timestamp(self.object_created),
            "object_updated": timestamp(self.object_updated),
            "object_owner": self.object_owner,
            "event": self.event,
            "url": self.url,
            "active": self.active,
            "is_test": self.is_test,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPage:
    """A stretch of an account's list, and how many webhooks the whole list has."""

    webhooks: tuple[Webhook, ...]
    count: int


def account_key(account: str) -> str:
    """What stands for an account in the file: a hash, so that no token is kept."""
    return hashlib.sha256(account.encode("utf-8", "surrogateescape")).hexdigest()


def timestamp(moment: datetime) -> str:
    """Write an aware time as the API does: in UTC with milliseconds, such as `2021-06-28T15:44:11.647Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Store:
    """Webhooks per account.

    One connection serves all threads, one at a time; whatever happens inside `transaction()` happens at once.
    An account is any text: see `api.account_of`. Nothing that is kept is checked.

    Args:
        path: the file to keep everything in, made with mode 0600; None: a temporary one that vanishes on `close()`.
        clock: gives the present, in seconds since the epoch.

    Raises:
        StoreError: the file can't be opened, or is something else.
    """

    def __init__(self, path: Path | None = None, *, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._lock = threading.RLock()
        self._depth = 0
        self._connection = _open(path)

    def close(self) -> None:
        """Close the file; a temporary one is gone then. Closing twice is fine."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Do all that the block does at once, or, if it raises, none of it. May be nested."""
        with self._lock:
            if self._depth == 0:
                self._connection.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
            except BaseException:
                if self._depth == 1:
                    self._connection.execute("ROLLBACK")
                raise
            else:
                if self._depth == 1:
                    self._connection.execute("COMMIT")
            finally:
                self._depth -= 1

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
        updated: datetime | None = None,
    ) -> Webhook:
        """Add a webhook to an account.

        Args:
            account: whose.
            url: where it delivers to.
            event: what it delivers.
            active: whether it delivers.
            is_test: whether it is one for test data.
            object_id: its id; None: a new one.
            created: when it was created, aware; None: now. The list's order follows it.
            updated: when it was last changed, aware; None: as `created`.

        Returns:
            The webhook as it is kept.
        """
        moment = created or self._now()
        webhook = Webhook(
            object_id=object_id or uuid.uuid4().hex,
            object_created=_cut(moment),
            object_updated=_cut(updated or moment),
            object_owner=OBJECT_OWNER,
            url=url,
            event=event,
            active=active,
            is_test=is_test,
        )
        with self._lock:
            self._connection.execute(
                "INSERT INTO webhooks (object_id, created, active, webhook, account) VALUES (?, ?, ?, ?, ?)",
                (webhook.object_id, timestamp(moment), active, _to_text(webhook), account_key(account)),
            )
        return webhook

    def list(self, account: str) -> tuple[Webhook, ...]:
        """All webhooks of an account, oldest first; those made in the same millisecond as they came in."""
        return self.page(account).webhooks

    def page(self, account: str, *, start: int = 0, size: int = -1, live_only: bool = False) -> StoredPage:
        """A stretch of an account's list.

        Args:
            account: whose.
            start: how many webhooks to leave out at the beginning.
            size: how many to give at most; -1: all.
            live_only: leave out and don't count those that aren't active.
        """
        where = "WHERE account = ? AND active >= ?"
        values = (account_key(account), int(live_only))
        with self.transaction():
            (count,) = self._connection.execute(f"SELECT COUNT(*) FROM webhooks {where}", values).fetchone()  # noqa: S608 - a constant
            rows = self._connection.execute(
                f"SELECT webhook FROM webhooks {where} ORDER BY created, position LIMIT ? OFFSET ?",  # noqa: S608 - a constant
                (*values, size, start),
            ).fetchall()
        return StoredPage(webhooks=tuple(_from_text(text) for (text,) in rows), count=count)

    def get(self, account: str, object_id: str) -> Webhook | None:
        """One webhook of an account, or None."""
        with self._lock:
            row = self._connection.execute(
                "SELECT webhook FROM webhooks WHERE account = ? AND object_id = ?", (account_key(account), object_id)
            ).fetchone()
        return _from_text(row[0]) if row else None

    def update(  # noqa: PLR0913 - the API's four fields, and what a test settles itself
        self,
        account: str,
        object_id: str,
        *,
        url: str | None = None,
        event: str | None = None,
        active: bool | None = None,
        is_test: bool | None = None,
        updated: datetime | None = None,
    ) -> Webhook | None:
        """Change a webhook; what is None stays as it is, `updated` aside, which is then now.

        Returns:
            The webhook as it is now, or None if there is none of that id.
        """
        with self.transaction():
            before = self.get(account, object_id)
            if before is None:
                return None
            after = replace(
                before,
                url=before.url if url is None else url,
                event=before.event if event is None else event,
                active=before.active if active is None else active,
                is_test=before.is_test if is_test is None else is_test,
                object_updated=_cut(updated or self._now()),
            )
            self._connection.execute(
                "UPDATE webhooks SET active = ?, webhook = ? WHERE account = ? AND object_id = ?",
                (after.active, _to_text(after), account_key(account), object_id),
            )
        return after

    def delete(self, account: str, object_id: str) -> bool:
        """Remove a webhook; whether there was one."""
        with self._lock:
            done = self._connection.execute(
                "DELETE FROM webhooks WHERE account = ? AND object_id = ?", (account_key(account), object_id)
            )
        return done.rowcount > 0

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)


def _open(path: Path | None) -> sqlite3.Connection:
    """A connection for all threads, one at a time, that begins no transaction by itself."""
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


def _cut(moment: datetime) -> datetime:
    """A time in UTC as the API can show it, without what is below a millisecond."""
    return moment.astimezone(UTC).replace(microsecond=moment.microsecond // 1000 * 1000)


def _to_text(webhook: Webhook) -> str:
    """A webhook as it stands in a row: ASCII JSON, since SQLite refuses the lone surrogates that tests like to send."""
    return json.dumps(webhook.document())


def _from_text(text: str) -> Webhook:
    document = json.loads(text)
    for name in ("object_created", "object_updated"):
        document[name] = datetime.fromisoformat(document[name])
    return Webhook(**document)
