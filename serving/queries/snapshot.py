"""One view of the database for a whole request, and the statements asked in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from django.db import connection, transaction
from psycopg2 import sql

Row = TypeVar("Row")

_FOLDER = Path(__file__).parent / "sql"
_READ_ONLY = (
    "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY; "
    "SET LOCAL statement_timeout = '20s'; "
    "SET LOCAL jit = off"  # compiling costs more than these short statements do
)


@contextmanager
def one_snapshot() -> Iterator[None]:
    """Ask all questions within it of one moment: read only, repeatable read, at most 20 s each.

    Inside of a transaction that already runs it joins that one.
    """
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_READ_ONLY)
        yield


@cache
def statement(name: str) -> str:
    """The text of `sql/<name>.sql`."""
    return (_FOLDER / f"{name}.sql").read_text(encoding="utf-8")


def composed(name: str, **parts: sql.Composable) -> sql.Composed:
    """A statement whose `{places}` are filled with others of the folder, or with fixed text of the program."""
    return sql.SQL(statement(name)).format(**parts)


def ask(
    question: str | sql.Composed, parameters: Mapping[str, Any], make: Callable[..., Row]
) -> list[Row]:
    """The answer's rows, each made of its columns by name."""
    with connection.cursor() as cursor:
        cursor.execute(question, parameters)
        names = [column.name for column in cursor.description]
        return [make(**dict(zip(names, row, strict=True))) for row in cursor.fetchall()]


def stream(
    question: str | sql.Composed, parameters: Mapping[str, Any], make: Callable[..., Row], rows: int = 2000
) -> Iterator[Row]:
    """The same, `rows` at a time from a cursor of the database, so that no answer is held in memory whole.

    To be read inside of a transaction.
    """
    with connection.chunked_cursor() as cursor:
        cursor.execute(question, parameters)
        while block := cursor.fetchmany(rows):
            names = [column.name for column in cursor.description]
            for row in block:
                yield make(**dict(zip(names, row, strict=True)))


def within_snapshot(rows: Callable[[], Iterable[Row]]) -> Iterator[Row]:
    """The rows, all from one snapshot that lasts for as long as they are read."""
    with one_snapshot():
        yield from rows()


def whole(number: Any) -> int:
    """A sum of the database (numeric, or None where nothing was summed) as a Python integer."""
    return int(number or 0)
