"""The music service's own CSV lines: with a header or without, quoted, spaced, in local time."""

from __future__ import annotations

import json
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from metering.domain.stream import Stream
from metering.streams.clicks import CLICKS
from metering.streams.listens import LISTENS
from metering.streams.machines import RESOURCE_USAGE
from producers.__main__ import main
from producers.replay.mapping import Columns, Unmappable
from producers.replay.messages import Mapped, Message
from producers.replay.readers import rows

NOWHERE = ("--kafka", "127.0.0.1:9")
PLAY = {
    "customer_id": "48", "track_id": "453", "timestamp": 1_414_034_760, "is_mobile": 0, "listening_zip": "72132",
    "event_id": "0"}
CLICK = {"customer_id": "48", "ad": "ADV_REDUCED_1DAY", "timestamp": 1_414_034_760, "event_id": "7"}


def _messages(
    path: Path, stream: Stream, text: str, named: tuple[str, ...] | None = None, **renamed: str
) -> list[Message]:
    path.write_text(text, encoding="utf-8")
    maker = Mapped(stream.topic, Columns(stream, renamed, ZoneInfo("America/New_York")), None, max_ahead_s=300)
    return [maker.message(row) for row in rows(path, "csv", named)]


def _events(messages: list[Message]) -> list[dict[str, object]]:
    assert not [message.fault for message in messages if message.fault]
    return [json.loads(message.value or b"") for message in messages]


@pytest.mark.parametrize("text", [
    'event_id,customer_id,track_id,datetime,ismobile,listening_zip\n0,48,453,"2014-10-22 23:26:00",0,"72132"\n',
    'Event ID,Customer ID,Track ID,DateTime,IsMobile,Listening ZIP\r\n0,48,453,2014-10-22 23:26:00,0,72132\r\n',
    '\ufeff"event id" , "customer id", "track id", "datetime", "is mobile", "listening zip"\n'
    ' 0 , 48, 453 ,"2014-10-22 23:26:00", 0 , "72132" \n\n',
])
def test_a_play_is_found_by_the_names_in_the_header(text: str, tmp_path: Path) -> None:
    assert _events(_messages(tmp_path / "tracks.csv", LISTENS, text)) == [PLAY]


@pytest.mark.parametrize("name", ["localtime", "local time", "local_time", "Local Time", "timestamp"])
def test_a_clicks_time_may_have_its_own_name(name: str, tmp_path: Path) -> None:
    text = f'event_id,customer_id,ad,{name}\n7,48,"ADV_REDUCED_1DAY","2014-10-22 23:26:00"\n'

    assert _events(_messages(tmp_path / "clicks.csv", CLICKS, text)) == [CLICK]


def test_a_file_without_a_header_loses_no_line(tmp_path: Path) -> None:
    text = '0,48,453,"2014-10-22 23:26:00",0,"72132"\n1,49,453,"2014-10-22 23:26:00",1,"72132"\n'
    named = ("event_id", "customer_id", "track_id", "datetime", "ismobile", "listening_zip")

    events = _events(_messages(tmp_path / "tracks.csv", LISTENS, text, named))

    assert events == [PLAY, {**PLAY, "event_id": "1", "customer_id": "49", "is_mobile": 1}]


def test_a_header_is_no_event_where_there_should_be_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "clicks.csv"
    file.write_text('event_id,customer_id,ad,localtime\n7,48,ADV,"2014-10-22 23:26:00"\n')

    assert main(["replay", str(file), "--topic", "clicks", "--no-header", *NOWHERE]) == 2
    assert "clicks.csv, line 1: timestamp: found 'localtime'" in capsys.readouterr().err


def test_a_first_line_that_names_no_columns_is_not_eaten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "clicks.csv"
    file.write_text('7,48,ADV,"2014-10-22 23:26:00"\n')

    assert main(["replay", str(file), "--topic", "clicks", *NOWHERE]) == 2
    assert "customer_id: no column 'customer_id'; the file has 7, 48, ADV" in (said := capsys.readouterr().err)
    assert "--no-header" in said


@pytest.mark.parametrize("options", [
    ("--no-header",), ("--columns", "event_id,customer_id,ad,local time"), ("--columns", "a, b, c, d", "--map",
    "event_id=a", "--map", "customer_id=b", "--map", "ad=c", "--map", "timestamp=d")])
def test_the_command_takes_a_file_without_a_header(
    options: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "clicks.csv"
    file.write_text('7,48,ADV,"2014-10-22 23:26:00"\n8,4/8,ADV,"2014-10-22 23:26:00"\n')

    assert main(["replay", str(file), "--topic", "clicks", *options, *NOWHERE]) == 2

    said = capsys.readouterr().err
    assert "line 2: customer_id: found '4/8'" in said
    assert "1 of 2 rows make no event" in said


def test_columns_are_of_csv_files_only(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "clicks.jsonl"
    file.write_text("{}\n")

    assert main(["replay", str(file), "--topic", "clicks", "--no-header", *NOWHERE]) == 2
    assert "--no-header: want a CSV file, not jsonl" in capsys.readouterr().err


def test_a_field_with_two_columns_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "clicks.csv"
    file.write_text("customer_id,ad,localtime,local_time\n48,ADV,1,2\n")

    assert main(["replay", str(file), "--topic", "clicks", *NOWHERE]) == 2
    assert "timestamp: columns 'localtime', 'local_time'; want one, or --map timestamp=" in capsys.readouterr().err


def test_too_few_and_too_many_values_are_named(tmp_path: Path) -> None:
    text = "event_id,customer_id,ad,localtime\n7,48,ADV\n7,48,ADV,1,2\n"

    faults = [message.fault for message in _messages(tmp_path / "clicks.csv", CLICKS, text)]

    assert faults == [
        "timestamp: found nothing, want a value in column 'timestamp'", "more values than there are columns"]


@pytest.mark.parametrize(("local", "utc"), [
    ("2026-10-31 01:30:00", 1_793_424_600),  # summer time, four hours behind
    ("2026-11-01 01:30:00", 1_793_511_000),  # shown twice: the first, in summer time
    ("2026-11-01 02:30:00", 1_793_518_200),  # winter time, five hours behind
    ("2026-03-08 02:30:00", 1_772_955_000),  # left out: half an hour after the change
    ("2026-03-08 03:30:00", 1_772_955_000),
])
def test_a_local_time_at_the_change_of_clocks(local: str, utc: int, tmp_path: Path) -> None:
    text = f'event_id,customer_id,ad,localtime\n7,48,ADV,"{local}"\n'

    fields = next(rows(_written(tmp_path, text), "csv")).fields

    assert fields is not None
    assert Columns(CLICKS, {}, ZoneInfo("America/New_York")).event(fields)["timestamp"] == utc


def _written(folder: Path, text: str) -> Path:
    path = folder / "clicks.csv"
    path.write_text(text)
    return path


def test_an_optional_field_may_be_missing_and_a_nullable_one_empty() -> None:
    columns = Columns(RESOURCE_USAGE, {}, ZoneInfo("UTC"))
    row = {"machine_id": "m1", "cpu_usage": "12.345", "memory_usage": "", "disk": None}

    assert columns.event(row) == {"machine_id": "m1", "cpu": 12.345, "ram": None}
    with pytest.raises(Unmappable, match=r"^cpu: found 'nan', want a number"):
        columns.event({**row, "cpu_usage": "nan"})


def test_a_row_that_has_a_field_twice_is_named_with_both() -> None:
    row = {"customer_id": "48", "ad": "ADV", "localtime": 1_414_034_760, "local_time": 1_414_034_761}

    with pytest.raises(Unmappable, match=r"^timestamp: found 'localtime and local_time', want one column"):
        Columns(CLICKS, {}, ZoneInfo("UTC")).event(row)
