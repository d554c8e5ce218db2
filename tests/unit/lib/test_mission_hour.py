"""The published hour's events add up to what was published."""

from __future__ import annotations

import csv
import io
from collections import Counter
from datetime import UTC, datetime

from tests.lib import mission_hour


def _sums(events: list[dict[str, object]]) -> Counter[tuple[str, str]]:
    sums: Counter[tuple[str, str]] = Counter()
    for event in events:
        for kind, field in (("user", "id"), ("app", "app"), ("antenna", "antenna_id")):
            sums[f"{kind}_total_bytes", str(event[field])] += int(str(event["bytes"]))
    return sums


def test_the_published_hour_adds_up_to_all_29_totals() -> None:
    events = mission_hour.published_hour()

    sums = _sums(events)

    assert len(mission_hour.EXPECTED) == 29
    assert dict(sums) == mission_hour.EXPECTED
    for kind in ("user", "app", "antenna"):
        assert sum(value for key, value in sums.items() if key[0].startswith(kind)) == mission_hour.TOTAL


def test_every_event_of_the_published_hour_lies_within_it_and_all_12_windows_are_used() -> None:
    times = [int(str(event["timestamp"])) for event in mission_hour.published_hour()]

    start = int(mission_hour.HOUR.timestamp())

    assert all(start <= time < start + 3600 for time in times)
    assert {(time - start) // 300 for time in times} == set(range(12))


def test_ids_are_unique_and_the_same_at_every_call() -> None:
    events = mission_hour.published_hour() + mission_hour.later_hours()

    again = mission_hour.published_hour() + mission_hour.later_hours()

    assert len({event["event_id"] for event in events}) == len(events)
    assert again == events


def test_the_later_hours_add_up_for_the_users_that_were_published() -> None:
    sums: Counter[tuple[datetime, str]] = Counter()
    for event in mission_hour.later_hours():
        hour = datetime.fromtimestamp(int(str(event["timestamp"])) // 3600 * 3600, UTC)
        sums[hour, str(event["id"])] += int(str(event["bytes"]))

    assert sums == {(hour, user): value for hour, user, value in mission_hour.LATER}


def test_the_users_file_has_20_rows_and_exactly_the_published_violations() -> None:
    rows = {row["id"]: row for row in csv.DictReader(io.StringIO(mission_hour.users_csv()))}
    usages = [(mission_hour.HOUR, user, value) for user, value in mission_hour.USERS.items()]

    violations = [
        (rows[user]["email"], value, int(rows[user]["quota"]), hour)
        for hour, user, value in [*usages, *mission_hour.LATER]
        if value > int(rows[user]["quota"])
    ]

    assert len(rows) == len({row["email"] for row in rows.values()}) == 20
    assert violations == list(mission_hour.VIOLATIONS)
