"""The offers page: its numbers against plain Python on random plays and clicks, its faults, its empty states."""

from __future__ import annotations

import csv
import io
import json
import random
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg2
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.test import Client
from psycopg2.extensions import connection as Connection

from metering.arrow.schemas import archive_schema
from metering.streams.clicks import CLICKS
from tests.integration.people import client_of
from tests.lib.sample_model import COEFFICIENT, insert_model
from tests.lib.sample_plays import insert_plays, plays

pytestmark = pytest.mark.stack

NOW = datetime.now(UTC)
START = NOW.replace(minute=0, second=0, microsecond=0) - timedelta(hours=2)
END = START + timedelta(hours=1)
ROWS = plays(150, 11, START - timedelta(hours=1), END + timedelta(minutes=30))
RANGE = f"from={START:%Y-%m-%dT%H:%MZ}&to={END:%Y-%m-%dT%H:%MZ}"
INSIDE = [row for row in ROWS if START <= row["timestamp"] < END]


def clicks(seed: int = 5) -> list[dict[str, Any]]:
    chance = random.Random(seed)
    ads = ("ADV_REDUCED_1DAY", "ADV_REDUCED_1DAY_SUMMER", "ADV_OTHER")
    rows: list[dict[str, Any]] = []
    for offset in range(60):
        when = START + timedelta(seconds=chance.randrange(-1800, 5400))
        rows.append({
            "customer_id": f"c:{chance.randrange(45):03}", "ad": chance.choice(ads), "timestamp": when,
            "event_id": f"k{offset}", "topic": "clicks", "partition": 0, "offset": offset,
            "ingest_time": when + timedelta(seconds=1)})
    # A resent click is not counted again, even under another ad and customer.
    first = next(row for row in rows if row["ad"] == "ADV_OTHER" and START <= row["timestamp"] < END)
    return [*rows, first | {
        "offset": 99, "ingest_time": first["ingest_time"] + timedelta(seconds=9), "ad": "ADV_REDUCED_1DAY"}]


CLICKED = clicks()


@pytest.fixture(scope="module", autouse=True)
def _rows(site: None, database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    archive = tmp_path_factory.mktemp("archive")
    with closing(psycopg2.connect(database_url)) as connection:
        insert_plays(connection, ROWS)
        archive_clicks(connection, archive)
        insert_model(connection)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("LAMBDAMETER_ARCHIVE", str(archive))
        yield


def archive_clicks(connection: Connection, root: Path) -> None:
    by_hour: dict[datetime, list[dict[str, Any]]] = {}
    for row in CLICKED:
        by_hour.setdefault(row["timestamp"].replace(minute=0, second=0, microsecond=0), []).append(row)
    (root / "clicks").mkdir()
    with connection.cursor() as cursor:
        for hour, rows in by_hour.items():
            path = f"clicks/{hour:%Y%m%d%H}.parquet"
            pq.write_table(pa.Table.from_pylist(rows, schema=archive_schema(CLICKS)), root / path)
            cursor.execute(
                "INSERT INTO archive_file (path, topic, hour, rows, generation, size, sha256) "
                "VALUES (%s, 'clicks', %s, %s, 1, 1, '')", (path, hour, len(rows)))
    connection.commit()


@pytest.fixture(scope="module")
def viewer(_rows: None) -> Client:
    return client_of("viewer")


def text_of(client: Client, address: str, status: int = 200) -> str:
    response = client.get(address)
    assert response.status_code == status, response.content[:2000]
    return str(response.content.decode())


def cells(page: str, part: str) -> list[list[str]]:
    """The cells of the first table under an element of the page."""
    body = re.search(rf'id="{part}".*?<tbody>(.*?)</tbody>', page, re.S)
    assert body, part
    rows = re.findall(r"<tr>(.*?)</tr>", body[1], re.S)
    return [
        [re.sub(r"<[^>]+>", "", cell).strip() for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S)]
        for row in rows]


def first_offers() -> dict[str, datetime | None]:
    found: dict[str, datetime | None] = {}
    for row in sorted(INSIDE, key=lambda row: row["timestamp"]):
        before = found.setdefault(row["customer_id"], None)
        if before is None and row["send_event"] == 1:
            found[row["customer_id"]] = row["timestamp"]
    return found


def test_totals_and_reasons_are_those_of_plain_python_and_lead_to_the_events(viewer: Client) -> None:
    page = text_of(viewer, f"/offers?{RANGE}")

    found = {row[0]: (int(row[1]), int(row[3])) for row in cells(page, "reasons")}
    assert {reason: plays for reason, (plays, _) in found.items()} == Counter(row["reason"] for row in INSIDE)
    assert sum(offers for _, offers in found.values()) == sum(row["send_event"] == 1 for row in INSIDE) > 0
    decided = re.search(r'id="decided".*?<data value="(\d+)"', page, re.S)
    assert decided and int(decided[1]) == sum(first is not None for first in first_offers().values())
    [address] = re.findall(r'href="(/events\?[^"]*reason=no_score[^"]*)"', page)
    events = text_of(viewer, address.replace("&amp;", "&"))
    assert re.search(rf'id="total"><data value="{found["no_score"][0]}"', events)


def test_each_customer_who_was_offered_is_there_once_with_the_newest_offer_and_why(viewer: Client) -> None:
    newest = {row["customer_id"]: row for row in sorted(
        (row for row in INSIDE if row["send_event"] == 1),
        key=lambda row: (row["timestamp"], row["partition"], row["offset"]))}

    answer = viewer.get(f"/offers?{RANGE}&format=csv")
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))  # type: ignore[arg-type]

    assert [row["customer_id"] for row in rows] == sorted(
        newest, key=lambda one: (-newest[one]["timestamp"].timestamp(), one))
    for row in rows:
        kept = newest[row["customer_id"]]
        assert (float(row["probability"]), row["level"]) == (kept["probability"], kept["level"])
        assert json.loads(row["contributions"]) == {"night": COEFFICIENT * 0.25}
    page = text_of(viewer, f"/offers?{RANGE}")
    assert [row[0] for row in cells(page, "who")] == [row["customer_id"] for row in rows][:50]
    assert "share of plays from 22:00 to 5:00, local time = 0.250 → -0.625" in page


def test_levels_are_summed_and_what_is_not_proven_is_provisional(viewer: Client, database_url: str) -> None:
    windows = [(START, 5, 2), (START + timedelta(minutes=55), 3, 1), (END, 100, 100)]
    with closing(psycopg2.connect(database_url)) as connection, connection, connection.cursor() as cursor:
        for when, listens, offers in windows:
            cursor.execute(
                "INSERT INTO level_listens_realtime (level, timestamp, listens, offers, generation) "
                "VALUES ('GOLD', %s, %s, %s, 1)", (when, listens, offers))

    assert cells(text_of(viewer, f"/offers?{RANGE}"), "levels") == [["GOLD", "8", "3", "37.5 %", "provisional"]]


def test_take_up_is_that_of_plain_python_and_a_repeat_counts_once(viewer: Client) -> None:
    offers, clicked = first_offers(), {True: set[str](), False: set[str]()}
    for row in CLICKED[:-1]:
        who, when = row["customer_id"], row["timestamp"]
        if "ADV_REDUCED_1DAY" in row["ad"] and START <= when < END and who in offers:
            first = offers[who]
            if first is None or when > first:
                clicked[first is not None].add(who)
    with_offer = sum(first is not None for first in offers.values())

    found = cells(text_of(viewer, f"/offers?{RANGE}"), "take-up")

    assert [(int(row[1]), int(row[2])) for row in found] == [
        (with_offer, len(clicked[True])), (len(offers) - with_offer, len(clicked[False]))]
    assert clicked[True] and clicked[False]


def test_the_models_are_there_with_measures_and_calibration(viewer: Client) -> None:
    page = text_of(viewer, f"/offers?{RANGE}")

    [row] = cells(page, "models")
    assert re.sub(r"\s+", " ", row[0]) == "3 current"
    assert row[2:] == ["300", "0.0121", "0.0383", "-", "0.860", "0.0274", "0.9968"]
    assert cells(page, "bins")[2] == ["0.2 to 0.3", "2", "0.250", "0.200"]
    assert 'data-chart="chart-data"' in page


def test_reading_clicks_for_too_long_tells_no_half_of_them(tmp_path: Path) -> None:
    from serving.plays.take_up import TooLong, label_clicks
    from serving.queries.archive_files import HourFile

    with pytest.raises(TooLong):
        label_clicks(str(tmp_path), [HourFile("clicks/a.parquet", START, 1)], START, END, most_s=-1)


@pytest.mark.parametrize("query", ["from=x", "from=2026-02-01&to=2026-01-01", "tz=Nowhere", "page=0", "format=xml"])
def test_what_cannot_be_read_is_a_400(viewer: Client, query: str) -> None:
    assert "Nothing is shown until" in text_of(viewer, f"/offers?{query}", 400)


def test_a_range_without_plays_says_what_to_run(viewer: Client) -> None:
    page = text_of(viewer, "/offers?from=2020-01-01&to=2020-01-02")

    assert "No plays in this range" in page and "producers audience" in page
    assert "nobody played in this range" in page
    assert [row[1:] for row in cells(page, "take-up")] == [["-", "-", "-"]] * 2


def test_without_a_model_it_says_what_to_run(viewer: Client, database_url: str) -> None:
    with closing(psycopg2.connect(database_url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE kept AS SELECT * FROM model_version")
        cursor.execute("DELETE FROM model_version")
        connection.commit()
        try:
            page = text_of(viewer, f"/offers?{RANGE}")
        finally:
            cursor.execute("INSERT INTO model_version SELECT * FROM kept")

    assert "python -m ml run" in page and "its model is not kept" in page


def test_a_stranger_is_sent_to_the_form() -> None:
    assert Client().get("/offers").status_code == 302
