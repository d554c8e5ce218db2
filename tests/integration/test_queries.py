"""What the pages ask PostgreSQL, on rows as the layers leave them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg2
import pytest
from psycopg2.extensions import connection as Connection

from serving.queries.balance import Balance, balances
from serving.queries.buckets import Granularity, buckets_of
from serving.queries.dead_letters import dead_letters
from serving.queries.dimensions import BY, TOPIC, Finality
from serving.queries.freshness import Level, freshness, freshness_of
from serving.queries.health import StreamHealth, health, reject_shares
from serving.queries.passport import hour_corrections, hour_runs
from serving.queries.proof import HourProof, Verdict, hour_proofs
from serving.queries.quotas import every_violation, violations
from serving.queries.snapshot import one_snapshot, within_snapshot
from serving.queries.usage import (
    Selection,
    before,
    bucket_rows,
    every_bucket_row,
    every_total,
    series,
    totals,
)
from serving.ranges import TimeRange, parse_range
from tests.lib import sample_machines
from tests.lib.sample_machines import fill_machines
from tests.lib.sample_rows import CORRECTED_AGO, FAILED_AGO, USERS, Hour, fill

pytestmark = pytest.mark.stack

NOW = datetime(2026, 11, 24, 12, 4, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
CURRENT = NOW.replace(minute=0, second=0)
RANGES = [("now-24h", "now", "UTC"), ("2026-11-22", "2026-11-23", "Europe/Berlin"), ("now-3d", "now", "Asia/Kolkata")]


@pytest.fixture(scope="module")
def hours(site: None, database_url: str) -> list[Hour]:
    with closing(psycopg2.connect(database_url)) as connection:
        fill_machines(connection, NOW)
        return fill(connection, NOW)


@pytest.fixture(autouse=True)
def _hours(hours: list[Hour]) -> None:
    """Every test here looks at these rows."""


def chosen(from_text: str, to_text: str, tz: str = "UTC") -> TimeRange:
    return parse_range(from_text, to_text, tz, NOW)


def of_hour(hour: datetime, topic: str = TOPIC) -> HourProof:
    """The proof of a stream's hour."""
    [proof], _ = hour_proofs(TimeRange(hour, hour + HOUR, chosen("", "").zone, "", ""), [topic])
    return proof


def books_of(topic: str = TOPIC) -> Balance:
    [books] = balances([topic])
    return books


def health_of(topic: str) -> StreamHealth:
    return next(stream for stream in health(NOW).streams if stream.topic == topic)


def selection(of: TimeRange, by: str = "user", cut: Granularity | None = None, ids: tuple[str, ...] = ()) -> Selection:
    return Selection(buckets_of(of, cut), BY[by], ids)


def one(connection: Connection, statement: str, *parameters: object) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchone()[0]


@pytest.mark.parametrize("of", RANGES)
@pytest.mark.parametrize("by", list(BY))
def test_totals_rows_and_bars_all_add_up_to_the_view(connection: Connection, of: tuple[str, str, str], by: str) -> None:
    looked_at = selection(chosen(*of), by)
    in_view = one(
        connection, "SELECT sum(value) FROM usage WHERE type = %s AND timestamp >= %s AND timestamp < %s",
        BY[by].type, chosen(*of).start, chosen(*of).end)

    assert totals(looked_at).total == in_view > 0
    assert sum(point.value for point in series(looked_at)) == in_view
    assert sum(point.value for point in series(looked_at, most=2)) == in_view
    with one_snapshot():
        assert sum(row.value for row in every_bucket_row(looked_at)) == in_view
        assert sum(row.value for row in every_total(looked_at)) == in_view


@pytest.mark.parametrize("of", RANGES)
def test_hourly_sums_and_five_minute_sums_say_the_same(of: tuple[str, str, str]) -> None:
    hourly, fine = selection(chosen(*of), cut=Granularity.HOUR), selection(chosen(*of), cut=Granularity.FIVE_MINUTES)

    assert totals(hourly, size=99) == totals(fine, size=99)
    by_hour: dict[tuple[int, str], int] = {}
    with one_snapshot():
        for row in every_bucket_row(fine):
            number = hourly.buckets.number_of(fine.buckets.edges[row.bucket - 1])
            by_hour[number, row.id] = by_hour.get((number, row.id), 0) + row.value
        assert {(row.bucket, row.id): row.value for row in every_bucket_row(hourly)} == by_hour


def test_pages_of_a_table_hold_each_row_once_and_in_order() -> None:
    looked_at = selection(chosen("now-24h", "now"))
    pages = [bucket_rows(looked_at, "-value", page=number, size=100) for number in range(1, 6)]

    rows = [row for page, _ in pages for row in page]
    assert len(rows) == len({(row.bucket, row.id) for row in rows}) == pages[0][1]
    assert [row.value for row in rows] == sorted((row.value for row in rows), reverse=True)
    assert bucket_rows(looked_at, page=99) == ([], 0)


def test_sums_are_provisional_final_or_corrected_by_their_hour(hours: list[Hour]) -> None:
    looked_at = selection(chosen("2026-11-23", "now"), cut=Granularity.HOUR)
    marks = {}
    with one_snapshot():
        for row in every_bucket_row(looked_at):
            marks.setdefault(looked_at.buckets.edges[row.bucket - 1], set()).add(row.finality)

    assert marks[CURRENT] == marks[CURRENT - HOUR] == marks[CURRENT - FAILED_AGO * HOUR] == {Finality.PROVISIONAL}
    assert marks[CURRENT - 8 * HOUR] == {Finality.FINAL}
    assert Finality.CORRECTED in marks[CURRENT - CORRECTED_AGO * HOUR]
    assert totals(looked_at).finality is Finality.PROVISIONAL


def test_a_correction_marks_the_five_minutes_of_its_hour_too() -> None:
    start = CURRENT - CORRECTED_AGO * HOUR
    of = TimeRange(start, start + HOUR, chosen("", "").zone, "", "")

    assert totals(selection(of, cut=Granularity.FIVE_MINUTES)).finality is Finality.CORRECTED


def test_zero_is_a_row_and_no_data_is_none() -> None:
    day = selection(chosen("2026-11-23", "2026-11-23"), "app", Granularity.HOUR)
    with one_snapshot():
        rows = [row for row in every_bucket_row(day) if row.id == "HEARTBEAT"]

    assert [(row.bucket, row.value) for row in rows] == [(4, 0)]
    assert totals(selection(chosen("2020-01-01", "2020-01-02"))).total is None


def test_users_without_metadata_are_counted_and_have_no_name() -> None:
    names = {row.id: row.name for row in totals(selection(chosen("now-24h", "now"))).rows}

    assert names[USERS[4]] == "fede"
    assert names[USERS[19]] is None
    assert {row.name for row in totals(selection(chosen("now-24h", "now"), "app")).rows} == {None}


def test_a_filter_keeps_the_chosen_ids_and_no_other() -> None:
    every = {row.id: row.value for row in totals(selection(chosen("now-24h", "now"))).rows}
    two = (USERS[0], USERS[4])

    found = totals(selection(chosen("now-24h", "now"), ids=two))

    assert {row.id: row.value for row in found.rows} == {id: every[id] for id in two}
    assert found.total == every[two[0]] + every[two[1]]
    assert totals(selection(chosen("now-24h", "now"), ids=("nobody",))).total is None


def test_the_others_are_all_but_the_largest() -> None:
    looked_at = selection(chosen("now-24h", "now"))
    largest = {row.id for row in totals(looked_at).rows[:3]}

    points = series(looked_at, most=3)

    assert {point.id for point in points} == {*largest, None}


def test_a_comparison_sums_the_ids_shown_and_all() -> None:
    yesterday = selection(chosen("2026-11-23", "2026-11-23"))

    found = before(yesterday, [USERS[0], "nobody"])

    assert found.total == totals(yesterday).total
    assert found.by_id == {USERS[0]: next(row.value for row in totals(yesterday).rows if row.id == USERS[0])}
    assert before(selection(chosen("2020-01-01", "2020-01-01")), []).total is None


def test_violations_are_those_of_the_view(connection: Connection) -> None:
    in_view = one(connection, "SELECT count(*) FROM quota_violation WHERE timestamp >= %s", CURRENT - 24 * HOUR)

    found = violations(chosen("2026-11-23T12:00", "now"), size=10)

    assert found.count == in_view > 10 == len(found.rows)
    assert all(row.usage > row.quota and row.name for row in found.rows)
    assert [row.hour for row in found.rows] == sorted((row.hour for row in found.rows), reverse=True)
    rows = list(within_snapshot(lambda: every_violation(chosen("2026-11-23T12:00", "now"), ("juan@gmail.com",))))
    assert {row.email for row in rows} == {"juan@gmail.com"}


def test_every_hour_has_a_verdict() -> None:
    found, count = hour_proofs(chosen("now-24h", "now"), [TOPIC])
    verdicts = {proof.hour: proof.verdict for proof in found}

    assert count == len(found) == 24
    assert verdicts[CURRENT] is Verdict.NOT_YET
    assert verdicts[CURRENT - HOUR] is Verdict.PROVEN
    assert verdicts[CURRENT - FAILED_AGO * HOUR] is Verdict.FAILED
    failed = next(proof for proof in found if proof.verdict is Verdict.FAILED)
    assert "proof failed" in failed.why and failed.waiting
    proven = [line for proof in found if proof.verdict is Verdict.PROVEN for line in proof.lines]
    assert {(line.count.difference, len(line.alike)) for line in proven} == {(0, 3)}


def test_hours_of_all_streams_come_by_time_and_each_with_its_own_types() -> None:
    both = [TOPIC, sample_machines.TOPIC]
    pages = [hour_proofs(chosen("now-24h", "now"), both, page=number, size=20) for number in (1, 2, 3)]

    found = [proof for page, _ in pages for proof in page]
    assert {count for _, count in pages} == {48} == {len(found)}
    assert [(proof.hour, proof.topic) for proof in found] == [
        (CURRENT - ago * HOUR, topic) for ago in range(24) for topic in both]
    for proof in found:
        whole = hour_proofs(TimeRange(proof.hour, proof.hour + HOUR, chosen("", "").zone, "", ""), [proof.topic])
        assert whole == ([proof], 1)


def test_measures_with_decimals_are_told_to_the_last_digit(hours: list[Hour]) -> None:
    proof = of_hour(CURRENT - 3 * HOUR, sample_machines.TOPIC)
    counts = {count.of.type: count for count in proof.counts}
    expected = sample_machines.MachineHour(proof.hour, 300 + 7 * 3, 3, "final")

    assert (proof.verdict, proof.events, proof.repeats, proof.waiting) == (Verdict.PROVEN, 321, 3, 0)
    assert set(counts) == {*sample_machines.PERCENTS, *sample_machines.COUNTS}
    for kind, count in counts.items():
        assert (count.realtime, count.archive, count.batch, count.duplicates) == expected.sums(kind)
        assert count.difference == 0 and count.of.unit != "B"
    assert str(counts["service_minute.cpu"].batch) == "13201.125"
    assert isinstance(counts["machine_minute.samples"].batch, int)


def test_a_measure_whose_proof_fails_fails_its_hour_of_its_stream_alone() -> None:
    start = CURRENT - sample_machines.FAILED_AGO * HOUR
    proof = of_hour(start, sample_machines.TOPIC)

    assert proof.verdict is Verdict.FAILED and proof.differing == 1
    assert [line.count.of.type for line in proof.lines if line.count.difference] == [sample_machines.FAILED_TYPE]
    assert proof.waiting == proof.events and proof.events
    assert of_hour(start).verdict is Verdict.PROVEN


def test_the_fast_count_is_what_all_runs_took_over(connection: Connection) -> None:
    hour = CURRENT - 9 * HOUR
    [before_it] = of_hour(hour).lines
    assert before_it.count.fast
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO proof (run, topic, hour, type, realtime, archive, batch, duplicates, ok) "
            "SELECT run + 1000, topic, hour, type, 77, 77, batch + 77, duplicates, TRUE FROM proof "
            "WHERE hour = %s AND topic = %s", (hour, TOPIC))

    [again] = of_hour(hour).lines

    assert again.count.fast == before_it.count.fast + 77
    assert (again.count.realtime, again.count.difference) == (77, 0)


def test_dimensions_that_do_not_agree_are_told_apart(connection: Connection) -> None:
    hour = CURRENT - 10 * HOUR
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE proof SET ok = FALSE, batch = batch - 1, why = 'users are not apps' WHERE hour = %s AND type = %s",
            (hour, BY["user"].type))

    proof = of_hour(hour)

    assert proof.verdict is Verdict.FAILED
    assert [(line.count.difference, line.alike) for line in proof.lines] == [(0, ()), (1, ()), (0, ())]
    assert proof.why == "users are not apps"


def test_a_passports_numbers_know_their_measures() -> None:
    start = CURRENT - sample_machines.CORRECTED_AGO * HOUR

    runs, [correction] = hour_runs(sample_machines.TOPIC, start), hour_corrections(sample_machines.TOPIC, start)

    assert {run.of.type for run in runs if run.of} == {run.type for run in runs} >= {"machine_minute.samples"}
    assert correction.of and (correction.of.decimals, str(correction.new)) == (3, "1241.250")
    assert {run.of and run.of.topic for run in hour_runs(TOPIC, start)} == {TOPIC}


def test_every_offset_is_accounted_for_by_a_row_a_dead_letter_or_a_gap(connection: Connection) -> None:
    books = books_of()

    assert (books.difference, books.suspects) == (0, [])
    assert books.dead == one(
        connection, "SELECT count(*) FROM dead_letter WHERE reason <> 'CONFLICT' AND topic = %s", TOPIC)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE stream_offset SET next_offset = next_offset + 5 WHERE partition = 2 AND topic = %s", (TOPIC,))
    assert (books_of().difference, books_of().suspects) == (5, [2])
    other = books_of(sample_machines.TOPIC)
    assert (other.difference, len(other.partitions), other.dead) == (0, 2, 2)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO offset_gap (topic, partition, first_offset, last_offset, reason) "
            "VALUES ('devices', 2, 900000, 900004, 'retention')")
    assert (books_of().difference, books_of().missed) == (0, 5)


def test_rows_in_compacted_files_count_for_the_topic(connection: Connection) -> None:
    hour = CURRENT - 12 * HOUR
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO archive_file (path, topic, hour, rows, generation, size, sha256) "
            "SELECT 'devices/compacted', topic, hour, sum(rows), 8, 1, '' FROM archive_file WHERE hour = %s "
            "AND topic = 'devices' GROUP BY topic, hour", (hour,))
        cursor.execute(
            "UPDATE archive_file SET superseded = now() WHERE hour = %s AND kafka_partition IS NOT NULL "
            "AND topic = 'devices'", (hour,))

    books = books_of()

    assert (books.difference, books.suspects) == (0, [])
    assert books.compacted == sum(partition.elsewhere for partition in books.partitions) > 0


def test_dead_letters_come_by_reason_with_the_newest_samples(connection: Connection) -> None:
    found = dead_letters([TOPIC, sample_machines.TOPIC], samples=3)

    assert sum(reason.letters for reason in found) == one(connection, "SELECT count(*) FROM dead_letter")
    assert found[0].reason == "PARSE" and len(found[0].samples) == 3
    assert (found[-1].topic, found[-1].reason, found[-1].letters) == (sample_machines.TOPIC, "RANGE", 2)
    assert {sample.field for sample in found[-1].samples} == {"cpu"}
    for reason in found:
        times = [sample.noticed_at for sample in reason.samples]
        assert reason.meaning and times == sorted(times, reverse=True)


@pytest.fixture(params=[TOPIC, sample_machines.TOPIC])
def storm(connection: Connection, request: pytest.FixtureRequest) -> Iterator[str]:
    """2,000 rejected messages, the newest of every partition of a stream, after thousands of good ones."""
    topic = request.param
    with connection.cursor() as cursor:
        cursor.execute("UPDATE stream_offset SET next_offset = next_offset + 1000 WHERE topic = %s", (topic,))
        cursor.execute(
            'INSERT INTO dead_letter (topic, partition, "offset", reason, raw) '
            "SELECT topic, partition, next_offset - n, 'PARSE', '' FROM stream_offset, generate_series(1, 1000) AS n "
            "WHERE topic = %s", (topic,))
    yield topic
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM dead_letter WHERE raw = '' AND reason = 'PARSE' AND field = '' AND found = ''")
        cursor.execute("UPDATE stream_offset SET next_offset = next_offset - 1000 WHERE topic = %s", (topic,))


def test_a_storm_of_rejected_messages_turns_health_red_and_names_the_stream(storm: str) -> None:
    found = health(NOW)

    [told] = [finding for finding in found.findings if "messages were rejected" in finding.what]
    assert told.what.startswith(f"{storm}: ") and told.level is Level.BAD
    assert {stream.topic for stream in found.streams if stream.rejects.red} == {storm}
    assert health_of(storm).level is Level.BAD and health_of(storm).rejects.messages >= 1000


def test_few_rejected_messages_do_not(hours: list[Hour]) -> None:
    shares = reject_shares([TOPIC, sample_machines.TOPIC])

    assert set(shares) == {TOPIC, sample_machines.TOPIC}
    assert not any(share.red for share in shares.values())


def test_health_names_the_hours_that_failed_the_worst_first() -> None:
    found = health(NOW)

    assert found.level is Level.BAD
    assert [finding.what for finding in found.findings[:2]] == [
        f"devices: the hour of {CURRENT - FAILED_AGO * HOUR:%Y-%m-%d %H:%M} UTC was not published: "
        "proof failed: realtime is not the archive",
        f"resource_usage: the hour of {CURRENT - sample_machines.FAILED_AGO * HOUR:%Y-%m-%d %H:%M} UTC was not "
        "published: service_minute.ram: realtime and archive differ"]


def test_every_stream_has_its_own_runs_layers_and_lag() -> None:
    devices, machines = health_of(TOPIC), health_of(sample_machines.TOPIC)

    assert [run.run for run in devices.runs] == sorted((run.run for run in devices.runs), reverse=True)
    assert (len(devices.runs), [run.topic for run in machines.runs]) == (10, [sample_machines.TOPIC])
    assert [layer.name for layer in devices.layers] == ["speed:devices"]
    assert [layer.name for layer in machines.layers] == ["speed:resource_usage"]
    assert [layer.name for layer in health(NOW).layers] == ["batch"]
    assert devices.freshness.waiting > 0 == machines.freshness.waiting


def test_an_hour_is_overdue_counted_from_its_end_or_from_the_arrival_of_its_first_event(database_url: str) -> None:
    """History that arrives today is not late today; an hour nobody took over for long is named."""
    with closing(psycopg2.connect(database_url)) as connection, connection.cursor() as cursor:
        cursor.execute("UPDATE hour_state SET first_arrival = %s WHERE NOT final", (NOW - timedelta(minutes=1),))
        connection.commit()
        assert freshness(NOW, TOPIC).behind == ""

        cursor.execute("UPDATE hour_state SET first_arrival = hour WHERE NOT final AND topic = %s", (TOPIC,))
        connection.commit()
        late = CURRENT - FAILED_AGO * HOUR
        told = f"the batch layer has not made the hour of {late:%Y-%m-%d %H:%M} UTC final"
        assert freshness(NOW, TOPIC).behind == told
        assert freshness(NOW, sample_machines.TOPIC).behind == ""
        assert freshness(NOW).behind == f"devices: {told}"


def test_freshness_tells_how_far_the_data_reaches_and_how_far_it_is_final() -> None:
    fresh = freshness(NOW, TOPIC)

    assert (fresh.data_to, fresh.behind_s) == (NOW - timedelta(seconds=8), 8)
    assert fresh.final_to == CURRENT - FAILED_AGO * HOUR
    assert (fresh.first_hour, fresh.last_end) == (CURRENT - 71 * HOUR, CURRENT + HOUR)


def test_together_all_streams_reach_as_far_as_the_one_that_is_furthest_behind() -> None:
    devices, machines = freshness_of([TOPIC, sample_machines.TOPIC], NOW)

    both = freshness(NOW)

    assert machines.final_to == CURRENT - sample_machines.FAILED_AGO * HOUR
    assert (both.data_to, both.final_to) == (devices.data_to, devices.final_to)
    assert (both.first_hour, both.last_end) == (devices.first_hour, CURRENT + HOUR)
    assert both.waiting == devices.waiting + machines.waiting


def test_a_snapshot_reads_one_moment_and_cannot_write(connection: Connection) -> None:
    from django.db import InternalError
    from django.db import connection as asked

    looked_at = selection(chosen("now-24h", "now"))
    with one_snapshot():
        first = totals(looked_at)
        with connection.cursor() as cursor:
            cursor.execute("UPDATE bytes SET value = value + 1000 WHERE type = 'user_total_bytes'")
        assert totals(looked_at) == first
    assert totals(looked_at) != first
    with pytest.raises(InternalError, match="read-only"), one_snapshot(), asked.cursor() as cursor:
        cursor.execute("DELETE FROM bytes")


def test_an_id_that_looks_like_sql_is_an_id() -> None:
    odd = replace(selection(chosen("now-24h", "now")), ids=("'; DROP TABLE bytes; --", "%s", "{served}"))

    assert totals(odd).total is None
