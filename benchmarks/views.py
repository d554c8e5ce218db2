"""Both views of the batch layer as plain tables, to be compared to the last byte whoever counted them."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from datetime import datetime

import psycopg2
import pyarrow as pa

from batch_layer.parts import Part
from batch_layer.recount import HourCount
from batch_layer.views import HOURLY
from benchmarks.bench import WrongAnswer
from metering.arrow.schemas import UTC_MICROS
from metering.streams.devices import BYTES

Views = tuple[pa.Table, pa.Table]
"""By five minutes, by hour: type, timestamp, id, value."""

_SCHEMA = pa.schema([
    pa.field("type", pa.string()), pa.field("timestamp", UTC_MICROS), pa.field("id", pa.string()),
    pa.field("value", pa.decimal128(38, 0))])
_KEY = [("type", "ascending"), ("timestamp", "ascending"), ("id", "ascending")]
_PUBLISHED = (
    "SELECT type, timestamp, id, value FROM bytes_batch", "SELECT type, timestamp, id, value FROM bytes_hourly")


def same(side: str, found: Views, wanted: Views) -> None:
    """Raise WrongAnswer unless all rows of both views are equal; their order does not matter."""
    for name, one, other in zip(("windows", "hours"), found, wanted, strict=True):
        if not _ordered(one).equals(_ordered(other)):
            raise WrongAnswer(f"{side}: its {name} ({len(one)} rows) are not the other's ({len(other)})")


def _ordered(view: pa.Table) -> pa.Table:
    return view.select(_SCHEMA.names).cast(_SCHEMA).sort_by(_KEY).combine_chunks()


def recounted(counts: Mapping[datetime, HourCount]) -> Views:
    """What a recount found."""
    marks = (Part.EXACT.value, HOURLY)
    windows, hours = (pa.concat_tables([count.rows[mark, BYTES.name] for count in counts.values()]) for mark in marks)
    return windows, hours


def published(database_url: str) -> Views:
    """What the batch tables hold."""
    with closing(psycopg2.connect(database_url)) as connection, connection.cursor() as cursor:
        windows, hours = (_table(cursor, question) for question in _PUBLISHED)
    return windows, hours


def _table(cursor: psycopg2.extensions.cursor, question: str) -> pa.Table:
    cursor.execute(question)
    columns = list(zip(*cursor.fetchall(), strict=True)) or [()] * len(_SCHEMA)
    return pa.table([pa.array(values, field.type) for values, field in zip(columns, _SCHEMA, strict=True)],
                    schema=_SCHEMA)
