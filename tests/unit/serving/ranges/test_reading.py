"""What is typed for a range, and the range it means."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.ranges import RangeFault, day_start, parse_range, zone_names

NOW = datetime(2026, 11, 24, 12, 4, 10, 500_000, tzinfo=UTC)

MEANINGS = """
from                       | to                    | tz                | start                       | end
                           |                       |                   | 2026-11-23T12:04:10.500000Z | 2026-11-24T12:04:10.500000Z
                           | 2026-01-01            |                   | 2026-01-01T00:00:00Z        | 2026-01-02T00:00:00Z
2026-11-01                 |                       |                   | 2026-11-01T00:00:00Z        | 2026-11-24T12:04:10.500000Z
2026-11-01                 | 2026-11-02            | UTC               | 2026-11-01T00:00:00Z        | 2026-11-03T00:00:00Z
2026-11-01                 | 2026-11-02            | Europe/Berlin     | 2026-10-31T23:00:00Z        | 2026-11-02T23:00:00Z
2026-03-29                 | 2026-03-29            | Europe/Berlin     | 2026-03-28T23:00:00Z        | 2026-03-29T22:00:00Z
2026-10-25                 | 2026-10-25            | Europe/Berlin     | 2026-10-24T22:00:00Z        | 2026-10-25T23:00:00Z
2018-11-04                 | 2018-11-04            | America/Sao_Paulo | 2018-11-04T03:00:00Z        | 2018-11-05T02:00:00Z
2026-11-24T10:00           | 2026-11-24T11:00      | Asia/Kolkata      | 2026-11-24T04:30:00Z        | 2026-11-24T05:30:00Z
2026-11-24T10:00Z          | 2026-11-24T13:00+02:00| Asia/Kolkata      | 2026-11-24T10:00:00Z        | 2026-11-24T11:00:00Z
2026-11-24T10:00 02:00     | 2026-11-24 11:00      |                   | 2026-11-24T08:00:00Z        | 2026-11-24T11:00:00Z
2026-03-29T02:30           | 2026-03-29T03:30      | Europe/Berlin     | 2026-03-29T01:00:00Z        | 2026-03-29T01:30:00Z
2026-10-25T02:30           | 2026-10-25T03:00      | Europe/Berlin     | 2026-10-25T00:30:00Z        | 2026-10-25T02:00:00Z
now-15m                    | now                   |                   | 2026-11-24T11:49:10.500000Z | 2026-11-24T12:04:10.500000Z
now/d                      | now                   | Asia/Kolkata      | 2026-11-23T18:30:00Z        | 2026-11-24T12:04:10.500000Z
now-1d/d                   | now/d                 | Europe/Berlin     | 2026-11-22T23:00:00Z        | 2026-11-23T23:00:00Z
now-30d                    | now                   | Europe/Berlin     | 2026-10-25T12:04:10.500000Z | 2026-11-24T12:04:10.500000Z
now-31d                    | now                   | Europe/Berlin     | 2026-10-24T11:04:10.500000Z | 2026-11-24T12:04:10.500000Z
now/M                      | now                   |                   | 2026-11-01T00:00:00Z        | 2026-11-24T12:04:10.500000Z
now-1M/M                   | now/M                 | Europe/Berlin     | 2026-09-30T22:00:00Z        | 2026-10-31T23:00:00Z
now/w                      | now/h                 |                   | 2026-11-23T00:00:00Z        | 2026-11-24T12:00:00Z
now/h                      | now/m                 | Asia/Kolkata      | 2026-11-24T11:30:00Z        | 2026-11-24T12:04:00Z
now-1y/y                   | now/y                 |                   | 2025-01-01T00:00:00Z        | 2026-01-01T00:00:00Z
1970-01-01                 | now+1h                | Asia/Tokyo        | 1969-12-31T15:00:00Z        | 2026-11-24T13:04:10.500000Z
now                        | now                   |                   | 2026-11-24T12:04:10.500000Z | 2026-11-24T12:04:10.500000Z
"""  # noqa: E501

FAULTS = """
from                | to          | tz            | field
now                 | now-1h      |               | from
2026-11-02          | 2026-10-31  |               | from
2026-11-02          | 2026-11-01  |               | from
2026-11-02          | 2026-11-01  | Asia/Kolkata  | from
2026-12-01          |             |               | from
yesterday           |             |               | from
20261101            | now         |               | from
2026-W05            | now         |               | from
2026-02-30          | now         |               | from
now-7               | now         |               | from
now-7q              | now         |               | from
now-999999y         | now         |               | from
now-1d              | now/x       |               | to
0001-01-01          | now         | Asia/Tokyo    | from
1969-12-01          | now         |               | from
2026-01-01          | 9999-12-31  |               | to
٢٠٢٦-١١-٠١          | now         |               | from
2026-01-01T25:00    | now         |               | from
                    |             | Mars/Olympus  | tz
                    |             | ../etc/passwd | tz
                    |             | europe/berlin | tz
"""


def _rows(table: str) -> list[tuple[str, ...]]:
    return [tuple(cell.strip() for cell in line.split("|")) for line in table.strip().splitlines()[1:]]


@pytest.mark.parametrize(("from_text", "to_text", "tz", "start", "end"), _rows(MEANINGS))
def test_texts_mean_a_half_open_range(from_text: str, to_text: str, tz: str, start: str, end: str) -> None:
    found = parse_range(from_text, to_text, tz, NOW)

    assert (found.start, found.end) == (datetime.fromisoformat(start), datetime.fromisoformat(end))
    assert found.start.tzinfo is UTC and found.end.tzinfo is UTC
    assert found.zone == ZoneInfo(tz or "UTC")


@pytest.mark.parametrize(("from_text", "to_text", "tz", "field"), _rows(FAULTS))
def test_a_fault_names_its_field_what_was_found_and_what_is_wanted(
    from_text: str, to_text: str, tz: str, field: str
) -> None:
    with pytest.raises(RangeFault) as fault:
        parse_range(from_text, to_text, tz, NOW)

    assert fault.value.field == field
    assert fault.value.found == {"from": from_text, "to": to_text, "tz": tz}[field]
    assert fault.value.want


def test_the_default_is_kept_as_text_that_can_be_shared() -> None:
    found = parse_range("", "", "", NOW)

    assert (found.from_text, found.to_text) == ("now-24h", "now")


@given(
    zone=st.sampled_from(sorted(zone_names())),
    day=st.dates(datetime(1975, 1, 1).date(), datetime(2037, 12, 30).date()),
    length=st.integers(0, 40),
)
def test_days_of_any_zone_join_without_gap_or_overlap(zone: str, day: date, length: int) -> None:
    """[a, b] and [b + 1, c] as whole dates meet at one instant."""
    middle = day + timedelta(days=length)
    one = parse_range(day.isoformat(), middle.isoformat(), zone, NOW + timedelta(days=365 * 40))
    after = (middle + timedelta(days=1)).isoformat()
    other = parse_range(after, after, zone, NOW + timedelta(days=365 * 40))

    assert one.end == other.start
    assert one.start <= one.end <= other.end
    assert other.first_date.isoformat() >= after


@given(st.text(max_size=30), st.text(max_size=30), st.text(max_size=20))
def test_any_text_gives_a_range_or_a_fault(from_text: str, to_text: str, tz: str) -> None:
    try:
        found = parse_range(from_text, to_text, tz, NOW)
    except RangeFault:
        return
    assert found.start <= found.end


def test_a_day_that_midnight_skips_starts_at_the_jump() -> None:
    start = day_start(datetime(2018, 11, 4).date(), ZoneInfo("America/Sao_Paulo"))

    assert start.astimezone(ZoneInfo("America/Sao_Paulo")).hour == 1
