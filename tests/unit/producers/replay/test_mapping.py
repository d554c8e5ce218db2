"""From columns to fields."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metering.streams.devices import DEVICES
from producers.replay.mapping import Columns, Unmappable

ROW: dict[str, object] = {"timestamp": 1_613_768_400, "id": "u1", "antenna_id": "a1", "app": "SKYPE", "bytes": 12}


def _columns(zone: str = "UTC", **renamed: str) -> Columns:
    return Columns(DEVICES, renamed, ZoneInfo(zone))


def test_fields_are_taken_from_the_columns_they_are_mapped_to() -> None:
    row = {"when": "1613768400", "user": "u1", "antenna_id": "a1", "app": "SKYPE", "volume": "12", "more": "x"}

    event = _columns(timestamp="when", id="user", bytes="volume").event(row)

    assert event == ROW


@pytest.mark.parametrize(("found", "seconds"), [
    (1_613_768_400, 1_613_768_400),
    (1_613_768_400.25, 1_613_768_400.25),
    ("1613768400", 1_613_768_400),
    ("1613768400.25", 1_613_768_400.25),
    (Decimal("1613768400.25"), 1_613_768_400.25),
    ("2021-02-19T21:00:00Z", 1_613_768_400),
    ("2021-02-19 22:00:00", 1_613_768_400),
    ("2021-02-19T22:00:00.250", 1_613_768_400.25),
    (datetime(2021, 2, 19, 21, tzinfo=UTC), 1_613_768_400),
    (datetime(2021, 2, 19, 22), 1_613_768_400),
])
def test_a_time_is_seconds_or_iso_and_in_the_declared_zone_where_it_names_none(found: object, seconds: float) -> None:
    event = _columns("Europe/Madrid").event({**ROW, "timestamp": found})

    assert event["timestamp"] == seconds


@given(st.datetimes(datetime(1971, 1, 1), datetime(2100, 1, 1)))
def test_an_iso_time_keeps_its_microseconds(time: datetime) -> None:
    event = _columns().event({**ROW, "timestamp": time.isoformat()})

    seconds = event["timestamp"]
    assert isinstance(seconds, int | float)
    assert round(seconds * 1_000_000) == round(time.replace(tzinfo=UTC).timestamp() * 1_000_000)


@pytest.mark.parametrize("found", ["12", 12, 12.0, Decimal(12)])
def test_bytes_are_a_whole_number_whatever_type_the_file_lent_it(found: object) -> None:
    assert _columns().event({**ROW, "bytes": found})["bytes"] == 12


@pytest.mark.parametrize(("field", "found", "want"), [
    ("bytes", "x", "a whole number"), ("bytes", "1.5", "a whole number"), ("bytes", 1.5, "a whole number"),
    ("bytes", True, "a whole number"), ("bytes", None, "a value"), ("bytes", "", "a value"),
    ("bytes", float("nan"), "a whole number"), ("bytes", float("inf"), "a whole number"),
    ("timestamp", "noon", "an ISO time"), ("timestamp", True, "an ISO time"),
    ("timestamp", date(2021, 2, 19), "an ISO time"), ("timestamp", None, "a value"),
    ("id", True, "text"), ("id", 1.5, "text"), ("app", ["x"], "text"), ("antenna_id", None, "a value"),
])
def test_what_makes_no_field_is_named_with_what_was_found_and_wanted(field: str, found: object, want: str) -> None:
    with pytest.raises(Unmappable, match=f"^{field}: found .*{want}"):
        _columns().event({**ROW, field: found})


def test_a_number_as_an_identifier_becomes_its_text() -> None:
    assert _columns().event({**ROW, "id": 600_111_222})["id"] == "600111222"


def test_an_event_id_is_kept_and_an_empty_one_is_none() -> None:
    assert _columns().event({**ROW, "event_id": "e1"})["event_id"] == "e1"
    assert "event_id" not in _columns().event({**ROW, "event_id": ""})
    assert _columns(event_id="uuid").event({**ROW, "uuid": "e2"})["event_id"] == "e2"
