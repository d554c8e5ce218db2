"""Plays from a seed: put into `play` or into archive files, and searched in plain Python."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from psycopg2 import sql
from psycopg2.extensions import connection as Connection
from psycopg2.extras import execute_values

from metering.arrow.schemas import archive_schema
from metering.streams.listens import LISTENS

Row = dict[str, Any]
Holds = Callable[[Row], bool]
FACETS = ("level", "gender", "is_mobile", "send_event", "reason", "zip")
TEXTS = (
    "customer_id", "track_id", "listening_zip", "event_id", "reason", "name", "age", "gender", "zip", "address",
    "sign_date", "status", "level", "campaign", "linked_with_apps")  # fmt: skip

_NAMES = ("Ann Lee", "Örjan Berg", "=cmd()", "Bo, (the second)", "ann lee", 'quo"te', "İpek", "x" * 900)


def plays(count: int, seed: int, start: datetime, end: datetime, first_offset: int = 0) -> list[Row]:
    """`count` plays of [start, end), some without a customer, some undecided; several share a moment."""
    chance = random.Random(seed)
    seconds = int((end - start).total_seconds())
    return [_play(chance, start + timedelta(seconds=chance.randrange(seconds)), first_offset + n) for n in range(count)]


def _play(chance: random.Random, when: datetime, offset: int) -> Row:
    customer = chance.randrange(40)
    known = chance.random() < 0.9
    record = random.Random(customer)
    return {
        "timestamp": when, "customer_id": f"c:{customer:03}", "track_id": f"t{chance.randrange(200)}",
        "is_mobile": chance.randrange(2), "listening_zip": f"{chance.randrange(10100, 10110)}",
        "event_id": f"e{offset}" if chance.random() < 0.8 else None, "topic": "listens", "partition": offset % 3,
        "offset": offset, "ingest_time": when + timedelta(seconds=3),
        **(_record(record) if known else dict.fromkeys(_record(record), None) | {"level": "unknown"}),
        **_decision(chance, known),
    }


def _record(chance: random.Random) -> Row:
    return {
        "name": chance.choice(_NAMES), "age": str(chance.randrange(16, 90)), "gender": chance.choice(("0", "1", None)),
        "zip": f"{chance.randrange(10100, 10130)}", "address": f"{chance.randrange(99)} Main St, Springfield",
        "sign_date": "2015-01-02", "status": chance.choice(("0", "1")),
        "level": chance.choice(("FREE", "SILVER", "GOLD")), "campaign": "0", "linked_with_apps": "1"}


def _decision(chance: random.Random, known: bool) -> Row:
    none = dict.fromkeys(("send_event", "probability", "model_version", "score_age_s", "features"))
    if not known:
        return none | {"reason": "no_customer"}
    if chance.random() < 0.2:
        return none | {"reason": "no_score"}
    probability = chance.random()
    return {
        "send_event": int(probability > 0.7), "reason": "scored", "probability": probability, "model_version": 3,
        "score_age_s": 12.5, "features": '{"night": 0.25}'}


def insert_plays(connection: Connection, rows: Sequence[Row]) -> None:
    """Rows into `play`, their days made; committed."""
    columns = [name for name in rows[0] if name != "topic"]
    statement = sql.SQL("INSERT INTO play ({}) VALUES %s ON CONFLICT DO NOTHING").format(
        sql.SQL(", ").join(map(sql.Identifier, columns)))
    with connection.cursor() as cursor:
        for day in sorted({row["timestamp"].date() for row in rows}):
            cursor.execute("SELECT play_day(%s)", (day,))
        execute_values(cursor, statement, [[row[name] for name in columns] for row in rows], page_size=500)
    connection.commit()


def archive_plays(connection: Connection, root: Path, rows: Sequence[Row]) -> None:
    """Rows into listed archive files, two for every hour; committed."""
    by_hour: dict[datetime, list[Row]] = {}
    for row in rows:
        by_hour.setdefault(row["timestamp"].replace(minute=0, second=0, microsecond=0), []).append(row)
    with connection.cursor() as cursor:
        for hour, of_hour in by_hour.items():
            for part in range(2):
                path = f"listens/{hour:%Y%m%d%H}-{part}.parquet"
                (root / "listens").mkdir(parents=True, exist_ok=True)
                table = pa.Table.from_pylist(of_hour[part::2], schema=archive_schema(LISTENS))
                pq.write_table(table, root / path)
                cursor.execute(
                    "INSERT INTO archive_file (path, topic, hour, rows, generation, size, sha256) "
                    "VALUES (%s, 'listens', %s, %s, 1, 1, '')", (path, hour, table.num_rows))
    connection.commit()


def distinct(rows: Iterable[Row]) -> list[Row]:
    """The first of each event_id within its hour."""
    first: dict[object, Row] = {}
    for row in sorted(rows, key=lambda row: (row["ingest_time"], row["partition"], row["offset"])):
        hour = row["timestamp"].replace(minute=0, second=0, microsecond=0)
        first.setdefault((hour, row["event_id"] or (row["partition"], row["offset"])), row)
    return list(first.values())


def newest_first(rows: Iterable[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: (row["timestamp"], row["partition"], row["offset"]), reverse=True)


def value(row: Row, facet: str) -> str:
    return "none" if row[facet] is None else str(row[facet])


def has_word(row: Row, word: str) -> bool:
    """A word by its own definition: character by character."""
    found: set[str] = set()
    for name in TEXTS:
        current = ""
        for one in (row[name] or "")[:200] + " ":
            if one in ' ,;"()\t\n\r':
                found.add(current)
                current = ""
            else:
                current += one.lower() if one.isascii() else one
    return word in found


def facet_counts(rows: Sequence[Row], filters: Mapping[str, Sequence[str]]) -> dict[str, dict[str, int]]:
    """facet → value → plays, its own filter left out."""
    counts: dict[str, dict[str, int]] = {}
    for facet in FACETS:
        others = {name: values for name, values in filters.items() if name != facet}
        counts[facet] = {}
        for row in filtered(rows, others):
            counts[facet][value(row, facet)] = counts[facet].get(value(row, facet), 0) + 1
    return counts


def filtered(rows: Iterable[Row], filters: Mapping[str, Sequence[str]]) -> list[Row]:
    return [row for row in rows if all(value(row, name) in wanted for name, wanted in filters.items())]

