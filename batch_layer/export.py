"""The batch view as Parquet: for each value of a rollup's `parquet_by` one file, replaced whole.

`views/openings/door=north/view.parquet`: the value is in the folder's name alone, as readers of Parquet expect
it. Every file says of which state of the view it is, so a run that finds another one writes it again, whatever
happened to the run before.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any
from urllib.parse import quote

import pyarrow as pa
import pyarrow.parquet as pq

from metering.arrow.archive import Archive
from metering.arrow.files import UNFINISHED, FileWriter
from metering.arrow.partial import partial_schema
from metering.domain.errors import ServiceAway
from metering.domain.rollup import Rollup
from metering.domain.stream import Stream
from metering.failpoints import reach
from metering.store.batch_view import published_state, rows_by_value, snapshot, values_of
from metering.telemetry import Log

LOG = Log("batch_layer")

VIEWS = "views"
FILE = "view.parquet"
_STATE = b"lambdameter.state"
_ROWS_AT_ONCE = 10_000


def export_views(database_url: str, stream: Stream, archive: Archive) -> int:
    """Write every view file that is absent or of another state; returns how many. Again with nothing new: none.

    What is published stays right without it, so a fault is told and left to the next run.
    """
    written = 0
    for rollup in stream.rollups:
        if rollup.parquet_by:
            try:
                written += _export(database_url, stream.topic, rollup, rollup.parquet_by, archive)
            except (OSError, pa.ArrowException, ServiceAway) as why:
                LOG.warning("views not exported", rollup=rollup.name, why=why)
    return written


def _export(database_url: str, topic: str, rollup: Rollup, by: str, archive: Archive) -> int:
    """The state names the count of values too, so that a missing file shows without a look at the whole view."""
    found = dict(_states(archive, rollup))
    with snapshot(database_url, "batch_layer export") as cursor:
        revisions, hours = published_state(cursor, topic)
        if found and set(found.values()) == {_state(revisions, hours, len(found))}:
            return 0
        values = values_of(cursor, rollup, by)
        state = _state(revisions, hours, len(values))
        stale = {value for value in values if found.get(_path(rollup, by, value)) != state}
        if stale:
            reach("batch-before-export")
            schema = _schema(rollup, by, state)
            for value, rows in rows_by_value(cursor, rollup, by, schema.names):
                if value in stale:
                    _write(archive, schema, _path(rollup, by, value), rows)
    kept = {_path(rollup, by, value) for value in values}
    _remove_others(archive, rollup, kept)
    if stale or found.keys() - kept:
        LOG.info("views exported", rollup=rollup.name, files=len(stale), of=len(values))
    return len(stale)


def _state(revisions: int, hours: int, values: int) -> str:
    return f"revisions {revisions}, hours {hours}, values {values}"


def _path(rollup: Rollup, by: str, value: str) -> str:
    """The file of a value. A colon, which HDFS allows in no name, is written %3A, as other writers of Parquet do."""
    return f"{VIEWS}/{rollup.name}/{by}={quote(value, safe='')}/{FILE}"


def _schema(rollup: Rollup, by: str, state: str) -> pa.Schema:
    fields = [field for field in partial_schema(rollup) if field.name != by]
    return pa.schema(fields, metadata={_STATE: state})


def _states(archive: Archive, rollup: Rollup) -> Iterator[tuple[str, str]]:
    """Each file below the rollup's folder, with the state it is of; empty for one that tells none."""
    for found in archive.list(f"{VIEWS}/{rollup.name}"):
        path = archive.relative(found)
        yield path, _state_in(archive, path) if path.endswith(f"/{FILE}") else ""


def _state_in(archive: Archive, path: str) -> str:
    try:
        told = pq.read_metadata(archive.full(path), filesystem=archive.files).metadata or {}
    except (OSError, pa.ArrowException):
        return ""
    return bytes(told.get(_STATE, b"")).decode("ascii", "replace")


def _write(archive: Archive, schema: pa.Schema, path: str, rows: Iterable[Sequence[Any]]) -> None:
    """A name of its own until it is whole, so that a run that was overtaken writes into no file of another; one that
    begins as no reader's does, so that a folder can be read meanwhile."""
    folder = path.removesuffix(FILE)
    writer = FileWriter(archive, schema, path, unfinished=f"{folder}_{uuid.uuid4().hex}{UNFINISHED}")
    try:
        for table in _tables(schema, rows):
            writer.write(table)
        writer.finish()
    except BaseException:
        writer.abandon()
        raise


def _tables(schema: pa.Schema, rows: Iterable[Sequence[Any]]) -> Iterator[pa.Table]:
    taken = iter(rows)
    while chunk := list(islice(taken, _ROWS_AT_ONCE)):
        columns = zip(*chunk, strict=True)
        yield pa.table([pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)], schema)


def _remove_others(archive: Archive, rollup: Rollup, kept: set[str]) -> None:
    """Remove files of values that are gone, with their folders, and what killed runs left half written."""
    for path in [archive.relative(found) for found in archive.list(f"{VIEWS}/{rollup.name}")]:
        if path not in kept:
            folder = path.rpartition("/")[0]
            archive.remove(path)
            if f"{folder}/{FILE}" not in kept:
                archive.remove_folder(folder)
