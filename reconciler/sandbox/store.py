"""The sandbox's webhooks and its log of requests, in SQLite: safe under threads, and there again after a restart."""

import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from reconciler.sandbox.database import (
    from_milliseconds,
    log_entry_from_row,
    log_entry_to_row,
    milliseconds,
    open_database,
    webhook_from_text,
    webhook_to_text,
)
from reconciler.sandbox.records import OBJECT_OWNER, LogEntry, Webhook, account_key


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A stretch of an account's list, and how many webhooks the whole list has."""

    webhooks: tuple[Webhook, ...]
    count: int


class Store:
    """Webhooks per account, and an append-only log of the requests that reached them.

    One connection serves all threads, one at a time; whatever happens inside `transaction()` happens at once.
    The direct methods (`create`, `list`, `get`, `update`, `delete`) are for tests and demos: they check nothing and
    write nothing to the log, which is about requests.

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
        self._connection = open_database(path)

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

    def create(  # noqa: PLR0913 - the API's four fields, and what a test may want to settle itself
        self,
        token: str,
        *,
        url: str,
        event: str,
        active: bool = True,
        is_test: bool = False,
        object_id: str | None = None,
        created: datetime | None = None,
        updated: datetime | None = None,
        account_id: str | None = None,
    ) -> Webhook:
        """Add a webhook to an account.

        Args:
            token: the account's token.
            url: kept as it is, nothing is checked.
            event: kept as it is, nothing is checked.
            active: whether it delivers.
            is_test: whether it is one for test data.
            object_id: its id; None: a new one.
            created: when it was created, aware; None: now. The list's order follows it.
            updated: when it was last changed, aware; None: as `created`.
            account_id: the managed account of the token, if it is about one.

        Returns:
            The webhook as it is kept.
        """
        moment = _cut(created or self._now())
        webhook = Webhook(
            object_id=object_id or uuid.uuid4().hex,
            object_created=moment,
            object_updated=_cut(updated) if updated else moment,
            object_owner=OBJECT_OWNER,
            url=url,
            event=event,
            active=active,
            is_test=is_test,
        )
        values = (
            webhook.object_id,
            milliseconds(moment),
            active,
            webhook_to_text(webhook),
            account_key(token, account_id),
        )
        with self.transaction():
            self._connection.execute(
                "INSERT INTO webhooks (object_id, created, active, webhook, account) VALUES (?, ?, ?, ?, ?)", values
            )
        return webhook

    def list(self, token: str, *, account_id: str | None = None) -> tuple[Webhook, ...]:
        """All webhooks of an account, oldest first; those made in the same millisecond as they came in."""
        return self.page(token, account_id=account_id).webhooks

    def page(
        self, token: str, *, start: int = 0, size: int = -1, live_only: bool = False, account_id: str | None = None
    ) -> Page:
        """A stretch of an account's list.

        Args:
            token: the account's token.
            start: how many webhooks to leave out at the beginning.
            size: how many to give at most; -1: all.
            live_only: leave out and don't count those that aren't active.
            account_id: the managed account of the token, if it is about one.
        """
        where = "WHERE account = ? AND active >= ?"
        values = (account_key(token, account_id), int(live_only))
        with self.transaction():
            (count,) = self._connection.execute(f"SELECT COUNT(*) FROM webhooks {where}", values).fetchone()  # noqa: S608 - a constant
            rows = self._connection.execute(
                f"SELECT webhook FROM webhooks {where} ORDER BY created, position LIMIT ? OFFSET ?",  # noqa: S608 - a constant
                (*values, size, start),
            ).fetchall()
        return Page(webhooks=tuple(webhook_from_text(text) for (text,) in rows), count=count)

    def get(self, token: str, object_id: str, *, account_id: str | None = None) -> Webhook | None:
        """One webhook of an account, or None."""
        with self._lock:
            row = self._connection.execute(
                "SELECT webhook FROM webhooks WHERE account = ? AND object_id = ?",
                (account_key(token, account_id), object_id),
            ).fetchone()
        return webhook_from_text(row[0]) if row else None

    def update(  # noqa: PLR0913 - the API's four fields, and what a test may want to settle itself
        self,
        token: str,
        object_id: str,
        *,
        url: str | None = None,
        event: str | None = None,
        active: bool | None = None,
        is_test: bool | None = None,
        updated: datetime | None = None,
        account_id: str | None = None,
    ) -> Webhook | None:
        """Change a webhook; what is None stays as it is.

        Args:
            token: the account's token.
            object_id: which webhook.
            url: kept as it is, nothing is checked.
            event: kept as it is, nothing is checked.
            active: whether it delivers.
            is_test: whether it is one for test data.
            updated: when it was changed, aware; None: now.
            account_id: the managed account of the token, if it is about one.

        Returns:
            The webhook as it is now, or None if there is none of that id.
        """
        with self.transaction():
            before = self.get(token, object_id, account_id=account_id)
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
                (after.active, webhook_to_text(after), account_key(token, account_id), object_id),
            )
        return after

    def delete(self, token: str, object_id: str, *, account_id: str | None = None) -> bool:
        """Remove a webhook.

        Returns:
            Whether there was one.
        """
        with self.transaction():
            done = self._connection.execute(
                "DELETE FROM webhooks WHERE account = ? AND object_id = ?", (account_key(token, account_id), object_id)
            )
        return done.rowcount > 0

    def record(self, entry: LogEntry) -> None:
        """Append to the log, in the transaction of the effect; the entry's `sequence` is replaced."""
        with self.transaction():
            self._connection.execute(
                "INSERT INTO log (time, account, method, path, query, status, took_effect, object_id, webhook)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                log_entry_to_row(entry),
            )

    def log(self, *, after: int = 0) -> tuple[LogEntry, ...]:
        """The requests that reached the sandbox, oldest first.

        Args:
            after: leave out entries up to this sequence number, as `mark()` gave it.
        """
        with self._lock:
            rows = self._connection.execute(
                "SELECT * FROM log WHERE sequence > ? ORDER BY sequence", (after,)
            ).fetchall()
        return tuple(log_entry_from_row(row) for row in rows)

    def mark(self) -> int:
        """The last entry's sequence number, 0 if there is none: `log(after=mark)` gives what came later."""
        with self._lock:
            (last,) = self._connection.execute("SELECT COALESCE(MAX(sequence), 0) FROM log").fetchone()
        return int(last)

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)


def _cut(moment: datetime) -> datetime:
    """A time in UTC as the API can show it, without what is below a millisecond."""
    return from_milliseconds(milliseconds(moment))
