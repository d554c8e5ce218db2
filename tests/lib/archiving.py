"""Archive files of a test's own events, listed as the speed layer lists them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from psycopg2.extensions import connection as Connection

from metering.arrow.archive import hour_folder
from metering.arrow.files import split_by_hour
from metering.arrow.schemas import archive_schema
from metering.domain.stream import Stream


def events(stream: Stream, columns: Mapping[str, Any], first_offset: int = 0) -> pa.Table:
    """Rows of an archive file: `columns` as given, a place in Kafka for each, NULL for the rest."""
    schema, rows = archive_schema(stream), len(columns["timestamp"])
    known = dict(columns) | {
        "topic": pa.array([stream.topic] * rows), "partition": pa.array([0] * rows, pa.int32()),
        "offset": pa.array(range(first_offset, first_offset + rows), pa.int64()), "ingest_time": columns["timestamp"]}
    by_name = {field.name: known.get(field.name, pa.nulls(rows, field.type)).cast(field.type) for field in schema}
    return pa.table(by_name, schema=schema)


def archive(connection: Connection, root: Path, stream: Stream, rows: pa.Table) -> list[Path]:
    """Write a file an hour and list it; gives the files."""
    written = []
    for hour_us, part in split_by_hour(stream, rows):
        path = f"{hour_folder(stream.topic, hour_us)}/{uuid4().hex}.parquet"
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(part, file)
        written.append(file)
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO archive_file (path, topic, hour, rows, kafka_partition, first_offset, last_offset, "
                "generation, size, sha256) VALUES (%s, %s, to_timestamp(%s), %s, 0, %s, %s, 1, %s, %s)",
                (path, stream.topic, hour_us / 1e6, part.num_rows, pc.min(part["offset"]).as_py(),
                 pc.max(part["offset"]).as_py(), file.stat().st_size, hashlib.sha256(file.read_bytes()).hexdigest()))
    return written
