"""PostgreSQL as far as the protocol leans on it: READ COMMITTED transactions, row locks, advisory locks.

A statement is one step. Its label is yielded before it runs, so that anything may happen in between; while it
has to wait for another transaction's row lock it yields `Blocked`. It sees what has committed when it runs.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from typing import Any, NamedTuple

SHARE, EXCLUSIVE = "share", "exclusive"
TABLES = (
    "generation",
    "stream_offset",
    "offset_gap",
    "archive_file",
    "dead_letter",
    "bytes",
    "bytes_batch",
    "hour_state",
    "hour_quota",
    "user_metadata",
    "user_quota_limit",
    "correction",
)
Steps = Iterator[Any]
_GONE = object()


def always(_row: Any) -> bool:
    """A WHERE clause that is not there."""
    return True


class Blocked(NamedTuple):
    """A step that waits: its transaction wants a row that another one holds."""

    label: str
    transaction: Transaction
    row: tuple[str, Hashable]
    mode: str


class Database:
    """Committed rows, the row locks of open transactions, and the advisory locks of sessions."""

    def __init__(self) -> None:
        self.tables: dict[str, dict[Hashable, Any]] = {name: {} for name in TABLES}
        self.locks: dict[tuple[str, Hashable], dict[Transaction, str]] = {}
        self.advisory: dict[str, str] = {}
        self.open: list[Transaction] = []
        self.commits = 0

    def rows(self, table: str) -> dict[Hashable, Any]:
        """What one statement outside a transaction sees of a table."""
        return dict(self.tables[table])

    def begin(self, session: str) -> Transaction:
        """A transaction of a session; nobody else sees its writes before the commit."""
        transaction = Transaction(self, session)
        self.open.append(transaction)
        return transaction

    def grants(self, transaction: Transaction, row: tuple[str, Hashable], mode: str) -> bool:
        """Whether no other transaction holds the row in a mode that excludes this one."""
        return all(
            holder is transaction or (mode == SHARE and held == SHARE)
            for holder, held in self.locks.get(row, {}).items()
        )

    def end_session(self, session: str) -> None:
        """A process died, or its connection did: its transactions roll back and its locks are free."""
        for transaction in [each for each in self.open if each.session == session]:
            transaction.rollback()
        self.release_advisory(session)

    def release_advisory(self, session: str) -> None:
        """The session lets go of its advisory locks, by its end or by a timeout it does not know of."""
        self.advisory = {name: owner for name, owner in self.advisory.items() if owner != session}

    def backup(self) -> dict[str, dict[Hashable, Any]]:
        """A copy of all tables; rows are immutable."""
        return {name: dict(rows) for name, rows in self.tables.items()}


class Transaction:
    """One READ COMMITTED transaction: its writes are kept aside until the commit."""

    def __init__(self, database: Database, session: str) -> None:
        self.database = database
        self.session = session
        self.writes: dict[str, dict[Hashable, Any]] = {}

    def rows(self, table: str) -> dict[Hashable, Any]:
        """What a statement that starts now sees: committed rows, and this transaction's own changes."""
        merged = {**self.database.tables[table], **self.writes.get(table, {})}
        return {key: row for key, row in merged.items() if row is not _GONE}

    def lock(self, label: str, table: str, key: Hashable, *, mode: str) -> Steps:
        """SELECT … FOR SHARE or FOR UPDATE of one row; returns the row as it is once locked."""
        yield label
        yield from self._acquire(label, table, key, mode)
        return self.rows(table).get(key)

    def update(
        self, label: str, table: str, keys: list[Hashable], change: Callable[[Any], Any], where: Callable = always
    ) -> Steps:
        """UPDATE … WHERE; a row that had to be waited for is judged again; returns how many rows changed."""
        yield label
        changed = 0
        for key in [key for key in keys if key in self.rows(table) and where(self.rows(table)[key])]:
            yield from self._acquire(label, table, key, EXCLUSIVE)
            row = self.rows(table).get(key)
            if row is not None and where(row):
                self._write(table, key, change(row))
                changed += 1
        return changed

    def insert(self, label: str, table: str, rows: dict[Hashable, Any]) -> Steps:
        """INSERT … ON CONFLICT DO NOTHING; returns how many rows were new."""
        yield label
        inserted = 0
        for key, row in rows.items():
            yield from self._acquire(label, table, key, EXCLUSIVE)
            if key not in self.rows(table):
                self._write(table, key, row)
                inserted += 1
        return inserted

    def add(self, label: str, table: str, values: dict[Hashable, int]) -> Steps:
        """INSERT … ON CONFLICT DO UPDATE SET value = value + EXCLUDED.value, rows sorted by key."""
        yield label
        for key in sorted(values, key=repr):
            yield from self._acquire(label, table, key, EXCLUSIVE)
            self._write(table, key, self.rows(table).get(key, 0) + values[key])

    def delete(self, label: str, table: str, where: Callable[[Any], bool]) -> Steps:
        """DELETE of the rows whose key fits; returns what they held."""
        yield label
        deleted = {}
        for key in [key for key in self.rows(table) if where(key)]:
            yield from self._acquire(label, table, key, EXCLUSIVE)
            if key in self.rows(table):
                deleted[key] = self.rows(table)[key]
                self._write(table, key, _GONE)
        return deleted

    def commit(self, label: str) -> Steps:
        """COMMIT: all writes become visible in one step, and the row locks are free."""
        yield label
        for table, rows in self.writes.items():
            merged = {**self.database.tables[table], **rows}
            self.database.tables[table] = {key: row for key, row in merged.items() if row is not _GONE}
        self.database.commits += 1
        self._end()

    def rollback(self) -> None:
        """ROLLBACK: nothing was written, the row locks are free."""
        self._end()

    def _end(self) -> None:
        self.writes = {}
        self.database.open.remove(self)
        for holders in self.database.locks.values():
            holders.pop(self, None)

    def _acquire(self, label: str, table: str, key: Hashable, mode: str) -> Steps:
        while not self.database.grants(self, (table, key), mode):
            yield Blocked(label, self, (table, key), mode)
        holders = self.database.locks.setdefault((table, key), {})
        holders[self] = EXCLUSIVE if EXCLUSIVE in (mode, holders.get(self)) else SHARE

    def _write(self, table: str, key: Hashable, row: Any) -> None:
        self.writes.setdefault(table, {})[key] = row
