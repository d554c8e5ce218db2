"""CSV of the original's form: header or not, quotes, local times, repeats, and bad lines."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest

from metering.domain.errors import BadSettings
from metering.streams import STREAMS
from ml.csv_rows import MOST_FAULTS, CsvFile, read_csv
from ml.span import Span

LISTENS, CLICKS = STREAMS["listens"], STREAMS["clicks"]


def read(folder: Path, text: str, *, stream: str = "listens", zone: str = "UTC", span: Span | None = None) -> pa.Table:
    file = folder / "rows.csv"
    file.write_text(text, encoding="utf-8")
    return read_csv(CsvFile(file, STREAMS[stream], ZoneInfo(zone)), span or Span())


def test_lines_without_a_header_are_in_the_originals_order(tmp_path: Path) -> None:
    [row] = read(tmp_path, '0,48,453,"2014-10-23 03:26:20",0,72132\n').to_pylist()

    assert (row["customer_id"], row["track_id"], row["is_mobile"], row["listening_zip"]) == ("48", "453", 0, "72132")
    assert row["timestamp"] == datetime(2014, 10, 23, 3, 26, 20, tzinfo=UTC)


@pytest.mark.parametrize("header", [
    "EventID,CustID,TrackID,DateTime,Mobile,ListeningZip", "event_id,track_id,datetime,ismobile,listening_zip"])
def test_a_header_without_a_column_is_refused(tmp_path: Path, header: str) -> None:
    with pytest.raises(BadSettings, match="no column 'customer_id'"):
        read(tmp_path, f"{header}\n0,48,453,2014-10-23 03:26:20,0,72132\n")


def test_a_header_names_columns_in_any_order(tmp_path: Path) -> None:
    [row] = read(
        tmp_path, "\ufeffAd, local time ,Customer ID,note\n ADV_X , 2026-11-24 08:00:00,7,\n", stream="clicks",
        zone="Europe/Madrid").to_pylist()

    assert (row["ad"], row["customer_id"]) == ("ADV_X", "7")
    assert row["timestamp"] == datetime(2026, 11, 24, 7, tzinfo=UTC)


@pytest.mark.parametrize(("local", "instant"), [
    ("2026-11-01 01:30:00", datetime(2026, 11, 1, 5, 30, tzinfo=UTC)),
    ("2026-03-08 02:30:00", datetime(2026, 3, 8, 7, 30, tzinfo=UTC)),
    ("2026-03-08T02:30:00+02:00", datetime(2026, 3, 8, 0, 30, tzinfo=UTC))])
def test_times_that_come_twice_or_never_have_one_reading(tmp_path: Path, local: str, instant: datetime) -> None:
    [row] = read(tmp_path, f"e1,c1,t1,{local},1,z\n", zone="America/New_York").to_pylist()

    assert row["timestamp"] == instant


def test_an_event_id_counts_once_in_its_hour_and_the_first_line_wins(tmp_path: Path) -> None:
    table = read(tmp_path, """e1,c1,t1,2026-11-24 08:00:00,1,z
e1,c1,t2,2026-11-24 08:59:59,1,z
e1,c1,t3,2026-11-24 09:00:00,1,z
,c1,t4,2026-11-24 08:00:00,1,z
,c1,t4,2026-11-24 08:00:00,1,z
""")

    assert table["track_id"].to_pylist() == ["t1", "t3", "t4", "t4"]


def test_the_cut_off_is_half_open(tmp_path: Path) -> None:
    cut = datetime(2026, 11, 24, 8, tzinfo=UTC)
    lines = "e1,c1,t1,2026-11-24 07:59:59,1,z\ne2,c1,t2,2026-11-24 08:00:00,1,z\n"

    before, after = read(tmp_path, lines, span=Span(end=cut)), read(tmp_path, lines, span=Span(start=cut))

    assert (before["track_id"].to_pylist(), after["track_id"].to_pylist()) == (["t1"], ["t2"])


@pytest.mark.parametrize(("line", "told"), [
    ("e2,c1,t1,2026-11-24 25:00:00,1,z", "timestamp: found '2026-11-24 25:00:00', want a local time"),
    ("e2,c1,t1,2026-11-24 08:00:00,2,z", "is_mobile: found '2', want 0 or 1"),
    ("e2,c1,t1,2026-11-24 08:00:00,yes,z", "is_mobile: found 'yes'"),
    ("e2,=c1,t1,2026-11-24 08:00:00,1,z", "customer_id: found '=c1', want an identifier"),
    ("e2,,t1,2026-11-24 08:00:00,1,z", "customer_id: found ''"),
    ("e2,c1,t1", "found 3 columns, want 6")])
def test_a_bad_line_is_told_with_its_number(tmp_path: Path, line: str, told: str) -> None:
    with pytest.raises(BadSettings) as error:
        read(tmp_path, f"e1,c1,t1,2026-11-24 08:00:00,1,z\n{line}\n")

    assert error.value.faults[0].startswith(f"{tmp_path}/rows.csv:2: {told}")


def test_of_many_bad_lines_some_are_told_and_the_rest_counted(tmp_path: Path) -> None:
    with pytest.raises(BadSettings) as error:
        read(tmp_path, "1,2,3\n" * (MOST_FAULTS + 5))

    assert len(error.value.faults) == MOST_FAULTS + 1
    assert "5 more bad lines" in error.value.faults[-1]


@pytest.mark.parametrize("content", [b"\xff\xfe", b'"e1,c1\x00'])
def test_what_is_no_csv_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "rows.csv"
    file.write_bytes(content)

    with pytest.raises(BadSettings):
        read_csv(CsvFile(file, LISTENS, ZoneInfo("UTC")), Span())


def test_an_absent_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match="cannot be read"):
        read_csv(CsvFile(tmp_path / "none.csv", CLICKS, ZoneInfo("UTC")), Span())
