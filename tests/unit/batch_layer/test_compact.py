"""Which files of an hour are made into one."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

from batch_layer.compact import ROWS_AT_ONCE, WHOLE_ROWS, groups_of
from metering.store.rotation import ListedFile

HOUR = datetime(2026, 11, 24, 9, tzinfo=UTC)


def file(number: int, rows: int) -> ListedFile:
    """The file that was written so many slices after the hour began."""
    return ListedFile(HOUR, f"{number}", rows, generation=1 + number // 4, size=1,
                      first_ingest=HOUR + timedelta(seconds=number))


def paths(groups: list[list[ListedFile]]) -> list[list[str]]:
    return [[one.path for one in group] for group in groups]


def test_a_small_hour_becomes_one_file() -> None:
    assert paths(groups_of([file(2, 10), file(0, 10), file(1, 10)])) == [["0", "1", "2"]]


def test_one_file_is_left_alone() -> None:
    assert groups_of([file(0, 10)]) == []


def test_a_large_hour_is_cut_in_order_of_arrival_and_no_group_is_too_large() -> None:
    files = [file(number, 3_000_000) for number in range(12)]
    random.Random(7).shuffle(files)

    groups = groups_of(files)

    assert paths(groups) == [["0", "1", "2", "3", "4"], ["5", "6", "7", "8", "9"], ["10", "11"]]
    assert all(sum(one.rows for one in group) <= ROWS_AT_ONCE for group in groups)


def test_what_is_whole_is_not_written_again() -> None:
    files = [file(0, WHOLE_ROWS), file(1, 5), file(2, 15_000_000), file(3, 6)]

    assert paths(groups_of(files)) == [["1", "3"]]
