"""`python -m batch_layer mapreduce`: its answer beside the batch view's, equal and not; and a run killed before it
exported."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from local_stack import Stack
from tests.lib.layers import Deployment, Finished, deployed
from tests.spec.conftest import needs_mrjob

pytestmark = [pytest.mark.stack, needs_mrjob]

DAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)
SERVICES = ("web", "database", "cache", "a:b")
MINUTES, SAMPLES_A_MINUTE = 4, 5

Sample = dict[str, object]


def samples(hour: int) -> list[Sample]:
    """An hour's samples: each minute has equal peaks, a reading that is unknown, and one sent with neither event_id."""
    found = []
    for minute in range(MINUTES):
        for number in range(SAMPLES_A_MINUTE):
            for service in SERVICES:
                at = DAY + timedelta(hours=hour, minutes=minute, seconds=7.25 * number)
                found.append({
                    "machine_id": f"m{number % 2}", "service": service, "timestamp": at.timestamp(),
                    "cpu": (12.345, 0, 99.999, None, 99.999)[number], "ram": 40 + number, "interval_s": 5,
                    "event_id": f"{service}-{hour}-{minute}-{number}"})
    return found


def disturbed(sent: list[Sample]) -> list[Sample]:
    """The same, with every fifth sent twice, and two that use another's event_id for other content."""
    return [*sent, *sent[::5], *({**sample, "cpu": 1} for sample in sent[3:5])]


@pytest.fixture(scope="module")
def layers(
    stack: Stack, migrated_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployment]:
    """Hours 9 and 10 are counted by both layers, the batch layer's first run killed before it exported."""
    with deployed(stack, migrated_template, tmp_path_factory.mktemp("mapreduce"), LAMBDAMETER_GRACE_S="0") as layers:
        layers.samples.create()
        layers.samples.send([*disturbed(samples(9)), *disturbed(samples(10))])
        layers.must("speed_layer", "--once")
        yield layers


@pytest.fixture(scope="module")
def unpublished(layers: Deployment) -> Finished:
    return compare(layers)


@pytest.fixture(scope="module")
def published(layers: Deployment, unpublished: Finished) -> Deployment:
    layers.kill_at("batch-before-export", "batch_layer")
    assert view_files(layers) == []
    layers.must("batch_layer")
    return layers


def compare(layers: Deployment, *arguments: str) -> Finished:
    return layers.run("batch_layer", "mapreduce", "--day", f"{DAY:%Y-%m-%d}", *arguments)


def view_files(layers: Deployment) -> list[Path]:
    return sorted((layers.archive / "views").rglob("*.parquet"))


def test_before_anything_is_published_every_row_differs_and_it_says_why(unpublished: Finished) -> None:
    assert unpublished.status == 4, unpublished.text
    assert "hours not published yet, compared all the same, since none is: 09:00 10:00" in unpublished.text
    assert "the row: map-reduce a row, batch view no row" in unpublished.text
    assert "… and 12 more" in unpublished.text


def test_a_run_killed_before_it_exported_is_made_good_by_the_next_one(published: Deployment) -> None:
    files = view_files(published)

    assert [path.parent.name for path in files] == [
        "service=a%3Ab", "service=cache", "service=database", "service=web"]
    counted = dict(published.rows("SELECT service, sum(msg_num)::int FROM service_minute_batch GROUP BY service"))
    assert sum(pq.ParquetFile(files[3]).read()["msg_num"].to_pylist()) == counted["web"] == 2 * MINUTES * 5


@pytest.mark.parametrize(
    "arguments", [[], ["--runner", "local"], ["--rollup", "machine_minute"]], ids=["inline", "local", "machines"])
def test_the_map_reduce_equals_the_batch_view(published: Deployment, arguments: list[str]) -> None:
    done = compare(published, *arguments)

    rows = 16 if "machine_minute" in arguments else 32
    assert done.status == 0, done.text
    assert f"rows compared: {rows}; values that differ: 0" in done.text
    assert re.search(r"^  repeat: 32$", done.text, re.MULTILINE)
    assert re.search(r"^  conflict: 4$", done.text, re.MULTILINE)


def test_a_stream_without_day_files_is_compared_as_well(published: Deployment) -> None:
    done = compare(published, "--stream", "devices")

    assert done.status == 0, done.text
    assert "bytes on" in done.text


@pytest.mark.parametrize(("column", "value", "told"), [
    ("cpu", "cpu + 1", "map-reduce 212.343, batch view 213.343"),
    ("max_cpu_time", "time_stamp", "map-reduce {day}T09:01:14.500000+00:00, batch view {day}T09:01:00+00:00"),
    ("max_cpu", "NULL", "map-reduce 99.999, batch view unknown"),
])
def test_a_row_altered_by_hand_is_named_with_both_values(
    published: Deployment, column: str, value: str, told: str
) -> None:
    row = DAY + timedelta(hours=9, minutes=1)
    which = "WHERE service = 'web' AND time_stamp = %s"
    [(before,)] = published.rows(f"SELECT {column} FROM service_minute_batch {which}", row)  # noqa: S608
    published.rows(f"UPDATE service_minute_batch SET {column} = {value} {which}", row)  # noqa: S608

    done = compare(published)
    published.rows(f"UPDATE service_minute_batch SET {column} = %s {which}", before, row)  # noqa: S608

    assert done.status == 4, done.text
    assert f"  web {row.isoformat()} {column}: {told.format(day=f'{DAY:%Y-%m-%d}')}" in done.text.splitlines()
    assert "values that differ: 1" in done.text


def test_the_days_files_of_the_gateway_are_compared_and_bad_lines_named(published: Deployment) -> None:
    inbox = published.archive / "inbox"
    inbox.mkdir()
    first, late = disturbed(samples(9)), disturbed(samples(10))
    whole = [json.dumps(sample).encode() for sample in first]
    torn = whole[0][:20]
    bad = json.dumps({**first[0], "cpu": 101}).encode()
    (inbox / f"{DAY:%Y-%m-%d}.jsonl").write_bytes(b"\n".join([*whole, torn, bad, b"", whole[0]]) + b"\n" + torn)
    (inbox / f"{DAY + timedelta(days=1):%Y-%m-%d}.jsonl").write_text(
        "".join(json.dumps(sample) + "\r\n" for sample in late))

    equal = compare(published, "--from", "inbox")

    assert equal.status == 0, equal.text
    path = f"inbox/{DAY:%Y-%m-%d}.jsonl"
    assert f"  bad PARSE: 1 (first: {path}, line {len(whole) + 1})" in equal.text
    assert f"  bad RANGE cpu: 1 (first: {path}, line {len(whole) + 2})" in equal.text

    (inbox / f"{DAY + timedelta(days=1):%Y-%m-%d}.jsonl").unlink()
    without = compare(published, "--from", "inbox")
    assert without.status == 4, without.text
    assert "the row: map-reduce no row, batch view a row" in without.text


def test_late_samples_and_hours_that_are_not_published_are_named_and_left_out(published: Deployment) -> None:
    late = [{**sample, "event_id": f"late-{number}"} for number, sample in enumerate(samples(9)[:3])]
    published.samples.send([*late, *samples(12)])
    published.must("speed_layer", "--once")

    done = compare(published)

    assert done.status == 0, done.text
    assert "hours published: 09:00 10:00" in done.text
    assert "hours not published yet, left out: 12:00" in done.text
    assert "hours with newer samples that are not published yet: 09:00" in done.text

    published.must("batch_layer")
    assert "hours published: 09:00 10:00 12:00" in compare(published).text


def test_a_damaged_file_ends_it_with_4_and_is_named(published: Deployment) -> None:
    [(path,), *_] = published.rows(
        "SELECT path FROM archive_file WHERE topic = 'resource_usage' AND superseded IS NULL ORDER BY path")
    file = published.archive / path
    whole = file.read_bytes()
    file.write_bytes(whole[:-10])

    done = compare(published)
    file.write_bytes(whole)

    assert done.status == 4, done.text
    assert path in done.text
    assert done.text.count("Traceback") == 0
