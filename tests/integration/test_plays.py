"""Searches of plays on real PostgreSQL and real archive files, against plain Python on the same rows."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from metering.domain.errors import Damaged
from tests.lib.sample_plays import (
    Holds,
    Row,
    archive_plays,
    distinct,
    facet_counts,
    filtered,
    has_word,
    insert_plays,
    newest_first,
    plays,
    value,
)

pytestmark = pytest.mark.stack

NOW = datetime.now(UTC)
TODAY = NOW.replace(hour=0, minute=0, second=0, microsecond=0)
FLOOR = TODAY - timedelta(days=35)
RECENT = plays(3_000, 7, TODAY - timedelta(days=3), NOW)
OLDEST_KEPT = plays(40, 8, FLOOR, FLOOR + timedelta(days=1), first_offset=10_000)
OLD = plays(600, 9, FLOOR - timedelta(hours=12), FLOOR, first_offset=20_000)
REPEATS = [{**row, "offset": row["offset"] + 50_000} for row in OLD[:90] if row["event_id"]]
NOT_DROPPED_YET = OLD[:200]
EVERYTHING = [*RECENT, *OLDEST_KEPT, *OLD]

SEARCHES: dict[str, tuple[str, Holds]] = {
    "no words": ("", lambda row: True),
    "a word": ("GOLD", lambda row: has_word(row, "gold")),
    "two words": ("springfield lee", lambda row: has_word(row, "springfield") and has_word(row, "lee")),
    "a word with what breaks it": ("Bo,(the", lambda row: has_word(row, "bo") and has_word(row, "the")),
    "an identifier": ("c:007", lambda row: row["customer_id"] == "c:007"),
    "letters beyond A-Z as they stand": ("Örjan", lambda row: has_word(row, "Örjan")),
    "their other case": ("örjan", lambda row: False),
    "a long word's beginning": ("x" * 200, lambda row: bool(row["name"]) and row["name"].startswith("x")),
    "nothing": ("nowhere", lambda row: False),
    "no part of a word": ("spring", lambda row: False),
    "a field": ("track_id:T17", lambda row: row["track_id"] == "t17"),
    "a field of two words": ('name:"ann lee"', lambda row: (row["name"] or "").lower() == "ann lee"),
    "a facet as a field": ("level:gold", lambda row: row["level"] == "GOLD"),
    "an offer": ("send_event:1", lambda row: row["send_event"] == 1),
    "undecided": ("send_event:none", lambda row: row["send_event"] is None),
    "no gender": ("gender:none", lambda row: row["gender"] is None),
    "no name": ("name:none", lambda row: row["name"] is None),
    "likely": ("probability:>=0.5", lambda row: row["probability"] is not None and row["probability"] >= 0.5),
    "unlikely gold": (
        "gold probability:<0.5",
        lambda row: has_word(row, "gold") and row["probability"] is not None and row["probability"] < 0.5),
    "no model": ("model_version:none", lambda row: row["model_version"] is None),
}
FILTERS: list[Mapping[str, Sequence[str]]] = [
    {}, {"level": ("GOLD",)}, {"level": ("GOLD", "FREE"), "is_mobile": ("1",)},
    {"send_event": ("none", "1"), "gender": ("none",)}, {"zip": ("10105",), "reason": ("scored",)}]
RANGES = {
    "three hours": (NOW - timedelta(hours=3, seconds=7), NOW),
    "three days": (TODAY - timedelta(days=3), NOW),
    "all": (datetime(1970, 1, 1, tzinfo=UTC), NOW),
    "over the border": (FLOOR - timedelta(hours=5, minutes=20), FLOOR + timedelta(hours=9)),
    "the archive alone": (FLOOR - timedelta(days=2), FLOOR - timedelta(minutes=1)),
}


@pytest.fixture(scope="module", autouse=True)
def _rows(site: None, database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    archive = tmp_path_factory.mktemp("archive")
    with closing(psycopg2.connect(database_url)) as connection:
        insert_plays(connection, [*RECENT, *OLDEST_KEPT, *NOT_DROPPED_YET])
        archive_plays(connection, archive, [*OLD, *REPEATS, *OLDEST_KEPT])
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("LAMBDAMETER_ARCHIVE", str(archive))
        yield


def search_of(typed: str, filters: Mapping[str, Sequence[str]], span: tuple[datetime, datetime]) -> Any:
    from zoneinfo import ZoneInfo

    from serving.plays.search import Search
    from serving.plays.terms import parse_terms
    from serving.ranges import TimeRange

    return Search(TimeRange(*span, ZoneInfo("UTC"), "", ""), parse_terms(typed), filters)


def expected(holds: Holds, span: tuple[datetime, datetime]) -> list[Row]:
    return [row for row in distinct(EVERYTHING) if span[0] <= row["timestamp"] < span[1] and holds(row)]


@pytest.mark.parametrize("span", RANGES)
@pytest.mark.parametrize("name", SEARCHES)
def test_counts_times_and_rows_are_those_of_plain_python(name: str, span: str) -> None:
    from serving.plays.facets import PLACES, by_value, found_in
    from serving.plays.find import STEPS, find
    from serving.plays.search import PAGE_ROWS
    from serving.queries.snapshot import one_snapshot

    typed, holds = SEARCHES[name]
    rows = expected(holds, RANGES[span])
    for filters in FILTERS:
        search, wanted = search_of(typed, filters, RANGES[span]), newest_first(filtered(rows, filters))
        with one_snapshot():
            found = find(search, NOW, STEPS[-1])

        cube, counts = found.counts.cube, facet_counts(rows, filters)
        for facet in PLACES:
            others = {other: values for other, values in filters.items() if other != facet}
            assert by_value(cube, facet, others) == counts[facet], (facet, filters)
        assert found_in(cube, filters) == len(wanted)
        assert {at: plays for (at, _), plays in found.counts.times.items()} == _by_quarter(wanted), filters
        assert [play["offset"] for play in found.plays] == [row["offset"] for row in wanted[:PAGE_ROWS]], filters
        assert found.more == (len(wanted) > PAGE_ROWS)


def _by_quarter(rows: Sequence[Row]) -> Counter[datetime]:
    return Counter(
        row["timestamp"].replace(minute=row["timestamp"].minute // 15 * 15, second=0, microsecond=0) for row in rows)


@pytest.mark.parametrize(("typed", "filters"), [
    ("", {}), ("", {"level": ("GOLD",)}), ("gold", {}), ("gold", {"is_mobile": ("1",)})])
def test_every_page_after_the_other_holds_each_row_once(typed: str, filters: Mapping[str, Sequence[str]]) -> None:
    from serving.plays.find import STEPS, every, find
    from serving.plays.search import Place
    from serving.queries.snapshot import one_snapshot

    span = (FLOOR - timedelta(hours=40), TODAY - timedelta(days=2, hours=6))
    search = search_of(typed, filters, span)
    wanted = newest_first(filtered(expected(lambda row: not typed or has_word(row, typed), span), filters))
    seen, before, more = [], None, True
    with one_snapshot():
        while more and len(seen) <= len(wanted):
            found = find(search, NOW, STEPS[-1], before)
            seen += [play["offset"] for play in found.plays]
            before, more = Place.read(str(Place.of(found.plays[-1]))), found.more
        streamed = [play["offset"] for play in every(search, NOW)]

    assert seen == streamed == [row["offset"] for row in wanted]
    assert len(seen) > 100


def test_the_rows_hold_every_column() -> None:
    from serving.plays.find import STEPS, find
    from serving.plays.search import COLUMNS
    from serving.queries.snapshot import one_snapshot

    for span in ("three days", "the archive alone"):
        with one_snapshot():
            [play, *_] = find(search_of("gold", {}, RANGES[span]), NOW, STEPS[-1]).plays
        [row] = [row for row in EVERYTHING if row["offset"] == play["offset"]]
        assert {name: play[name] for name in COLUMNS} == {name: row[name] for name in COLUMNS}


@pytest.mark.parametrize("span", ["over the border", "three days"])
def test_lines_over_time_are_split_by_a_facet(span: str) -> None:
    from serving.plays.find import STEPS, count_cube, count_times
    from serving.queries.snapshot import one_snapshot

    search = search_of("scored", {}, RANGES[span])
    with one_snapshot():
        counts, archive = count_times(search, NOW, STEPS[-1], "send_event")
        cube, _ = count_cube(search, NOW)
    rows = expected(lambda row: has_word(row, "scored"), RANGES[span])

    by_value = Counter(value(row, "send_event") for row in rows)
    found: Counter[str] = Counter()
    for (_, split), count in counts.times.items():
        found[split] += count
    assert found == by_value and cube.cube.total() == len(rows)
    assert (archive is not None) == (span == "over the border")


def test_what_was_read_from_the_archive_is_told() -> None:
    from serving.plays.find import STEPS, find
    from serving.queries.snapshot import one_snapshot

    with one_snapshot():
        found = find(search_of("", {}, RANGES["all"]), NOW, STEPS[-1])
        recent = find(search_of("", {}, RANGES["three days"]), NOW, STEPS[-1])

    assert recent.archive is None
    assert found.archive and found.archive.end == FLOOR and not found.archive.is_cut
    assert found.archive.rows == len(OLD) + len(REPEATS)


def test_the_archive_is_read_back_to_a_limit_which_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    from serving.plays import find as finding
    from serving.queries.snapshot import one_snapshot

    monkeypatch.setattr(finding, "MOST_HOURS", 3)
    with one_snapshot():
        found = finding.find(search_of("", {}, RANGES["all"]), NOW, finding.STEPS[-1])

    assert found.archive and found.archive.is_cut and found.archive.hours == 3
    assert found.archive.start == FLOOR - timedelta(hours=3)
    assert found.counts.cube.total() == len(expected(lambda row: True, (found.archive.start, NOW)))


def test_an_absent_file_of_the_archive_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from serving.plays.find import STEPS, find
    from serving.queries.snapshot import one_snapshot

    monkeypatch.setenv("LAMBDAMETER_ARCHIVE", str(tmp_path))
    with one_snapshot(), pytest.raises(Damaged, match="cannot be read"):
        find(search_of("", {}, RANGES["all"]), NOW, STEPS[-1])


def test_values_that_no_index_could_hold_do_not_stop_the_stream(database_url: str) -> None:
    from serving.plays.facets import key_of, text_of

    chance = random.Random(1)
    huge = "".join(chr(chance.randrange(0x20000, 0x2A000)) for _ in range(1000))  # nothing that could be compressed
    row = plays(1, 1, TODAY, TODAY + timedelta(seconds=1), first_offset=90_000)[0] | dict.fromkeys(
        ("name", "age", "gender", "zip", "address", "sign_date", "status", "campaign", "linked_with_apps"), huge)
    row |= {"level": "a\x1fb\x1e", "timestamp": TODAY - timedelta(days=4)}
    with closing(psycopg2.connect(database_url)) as connection, connection.cursor() as cursor:
        insert_plays(connection, [row])
        cursor.execute('DELETE FROM play WHERE "offset" = 90000 RETURNING facet')
        [(facet,)] = cursor.fetchall()
        connection.commit()

    assert facet == text_of(row[name] for name in ("level", "gender", "is_mobile", "send_event", "reason", "zip"))
    assert key_of(facet)[:2] == ("a b ", huge[:64])
