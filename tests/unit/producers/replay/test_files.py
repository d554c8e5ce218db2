"""Files of all formats: read alike, checked before anything is sent, the same ids at every replay."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from metering.domain.errors import BadSettings
from metering.streams.devices import DEVICES
from metering.telemetry import Log
from producers.replay.mapping import Columns
from producers.replay.messages import Mapped, Message, Raw, content_id
from producers.replay.readers import columns, format_of, rows
from producers.replay.rounds import check, send
from producers.sending.delivery import Delivery
from producers.stop import Stop
from tests.lib.fake_sender import FakeSender
from tests.lib.mission_hour import published_hour

LOG = Log("test")
Write = Callable[[Path, list[dict[str, object]]], Path]


def _write_jsonl(folder: Path, events: list[dict[str, object]]) -> Path:
    path = folder / "hour.jsonl"
    path.write_text("".join(json.dumps(event) + "\n" for event in events))
    return path


def _write_csv(folder: Path, events: list[dict[str, object]]) -> Path:
    path = folder / "hour.csv"
    with path.open("w", newline="") as lines:
        writer = csv.DictWriter(lines, list(events[0]))
        writer.writeheader()
        writer.writerows(events)
    return path


def _write_parquet(folder: Path, events: list[dict[str, object]]) -> Path:
    path = folder / "hour.parquet"
    pq.write_table(pa.Table.from_pylist(events), path)
    return path


WRITERS = pytest.mark.parametrize("write", [_write_jsonl, _write_csv, _write_parquet])


def _messages(path: Path, *, with_ids: bool = True) -> list[Message]:
    prefix = content_id(path) if with_ids else None
    maker = Mapped("devices", Columns(DEVICES, {}, ZoneInfo("UTC")), prefix, max_ahead_s=300)
    return [maker.message(row) for row in rows(path, format_of(path, None))]


@WRITERS
def test_every_format_gives_the_same_events(write: Write, tmp_path: Path) -> None:
    events = published_hour()

    messages = _messages(write(tmp_path, events))

    assert not any(message.fault for message in messages)
    assert [json.loads(message.value or b"") for message in messages] == events
    assert [message.key for message in messages] == [str(event["id"]).encode() for event in events]


@WRITERS
def test_rows_without_an_event_id_get_one_that_stays_with_the_content(write: Write, tmp_path: Path) -> None:
    events = [{name: value for name, value in event.items() if name != "event_id"} for event in published_hour()]
    path = write(tmp_path, events)
    ids = [json.loads(message.value or b"")["event_id"] for message in _messages(path)]

    renamed = path.rename(path.with_stem("another-name"))
    again = [json.loads(message.value or b"")["event_id"] for message in _messages(renamed)]
    other = [json.loads(message.value or b"")["event_id"] for message in _messages(write(tmp_path, events[:-1]))]

    assert len(set(ids)) == len(ids)
    assert again == ids
    assert not set(other) & set(ids)


def test_an_event_id_may_be_left_out(tmp_path: Path) -> None:
    event = {"timestamp": 1_613_768_400, "id": "u1", "antenna_id": "a1", "app": "SKYPE", "bytes": 12}

    message = _messages(_write_jsonl(tmp_path, [event]), with_ids=False)[0]

    assert json.loads(message.value or b"") == event


@pytest.mark.parametrize(("line", "fault"), [
    ('{"timestamp":1613768400,"id":"a/b","antenna_id":"a","app":"S","bytes":1}', "id: found 'a/b'.*(ID)"),
    ('{"timestamp":1613768400,"id":"a","antenna_id":"a","app":"S","bytes":-1}', "bytes: found -1.*(RANGE)"),
    ('{"timestamp":1613768400123,"id":"a","antenna_id":"a","app":"S","bytes":1}', "timestamp: .*(FUTURE)"),
    ('{"timestamp":0,"id":"a","antenna_id":"a","app":"S","bytes":1}', "timestamp.*(ANCIENT)"),
    ('{"timestamp":1613768400,"id":"a","antenna_id":"a","app":"S"}', "bytes: found nothing"),
    ("[1]", "not a JSON object"), ("{", "not JSON"),
])
def test_a_row_that_makes_no_event_is_named_with_its_line_before_anything_is_sent(
    line: str, fault: str, tmp_path: Path
) -> None:
    path = _write_jsonl(tmp_path, published_hour()[:3])
    path.write_text(path.read_text() + "\n" + line + "\n")

    with pytest.raises(BadSettings, match=f"hour.jsonl, line 5: {fault}"):
        check(path, _messages(path), LOG, skip_bad=False)


def test_with_skip_bad_the_others_are_sent(tmp_path: Path) -> None:
    path = _write_jsonl(tmp_path, published_hour()[:3])
    path.write_text("nonsense\n" + path.read_text())
    sender = FakeSender()
    delivery = Delivery(sender, Stop(), LOG, patience_s=1, unsent=tmp_path / "unsent.jsonl")

    total = check(path, _messages(path), LOG, skip_bad=True)
    last = send(_messages(path), delivery, total)

    assert (total, last) == (3, 4)
    assert len(sender.kept) == 3


def test_twenty_faulty_rows_are_shown_and_all_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text("nonsense\n" * 50)

    with pytest.raises(BadSettings) as caught:
        check(path, _messages(path), LOG, skip_bad=False)

    assert len(caught.value.faults) == 21
    assert "50 of 50 rows" in caught.value.faults[-1]


def test_raw_lines_go_as_they_are_keyed_where_they_say_whom_they_are_of(tmp_path: Path) -> None:
    path = tmp_path / "raw.jsonl"
    path.write_bytes(b'{"id": "u1",  "bytes":"x"}\nnonsense \xff\n[1]\n{"id":7}\r\n')

    messages = [Raw("devices", DEVICES).message(row) for row in rows(path, "jsonl")]

    assert [(message.key, message.value) for message in messages] == [
        (b"u1", b'{"id": "u1",  "bytes":"x"}'), (None, b"nonsense \xff"), (None, b"[1]"), (None, b'{"id":7}')]


def test_a_csv_row_with_more_values_than_columns_is_named(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("timestamp,id\n1,a\n1,a,b\n")

    assert [row.fault for row in rows(path, "csv")] == ["", "more values than there are columns"]


def test_columns_are_told_before_the_rows_are_read(tmp_path: Path) -> None:
    events = published_hour()[:1]

    assert columns(_write_csv(tmp_path, events), "csv") == list(events[0])
    assert columns(_write_parquet(tmp_path, events), "parquet") == list(events[0])
    assert columns(_write_jsonl(tmp_path, events), "jsonl") is None


def test_what_is_no_file_of_a_known_format_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text("x")
    (tmp_path / "x.parquet").write_text("x")

    with pytest.raises(BadSettings, match="no such file"):
        format_of(tmp_path / "absent.csv", None)
    with pytest.raises(BadSettings, match="--format"):
        format_of(tmp_path / "x.txt", None)
    with pytest.raises(BadSettings, match="not a Parquet file"):
        columns(tmp_path / "x.parquet", "parquet")
