"""I1 to I5 and I7 of the design, each a function from a stream's evidence to a finding. Exact, no tolerance."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable
from itertools import pairwise

from tests.lib.evidence import Acknowledged, Evidence, Place, digest
from tests.lib.finding import Finding
from tests.lib.folded import View, by_hour, merge
from tests.lib.message_rules import HOUR_US, Content, judge
from tests.lib.streams_told.shapes import RollupTold, Share

KEPT_RAW_BYTES = 4096


def no_loss(evidence: Evidence) -> Finding:
    """I1: what was acknowledged is stored or dead-lettered, and each message got what the table of bad input says."""
    finding = Finding("I1 no loss")
    unread = Counter(message.partition for message in evidence.unread_messages())
    finding.differ("partitions not read to their end", (f"{p} lags by {lag}" for p, lag in sorted(unread.items())))
    finding.differ("partitions whose deleted records no gap tells", [
        f"{partition} begins at {start}, read up to {evidence.offsets[partition].next}"
        for partition, start in evidence.log_starts.items()
        if partition in evidence.offsets and start > evidence.offsets[partition].next])
    finding.differ("partitions read beyond their end", [
        f"{partition} ends at {end}" for partition, end in evidence.log_ends.items()
        if partition in evidence.offsets and end < evidence.offsets[partition].next])
    _compare_messages(evidence, finding)
    if evidence.acknowledged is not None:
        _compare_acknowledged(evidence, evidence.acknowledged, finding)
    return finding


def _compare_messages(evidence: Evidence, finding: Finding) -> None:
    good: dict[Place, tuple[Content, int]] = {}
    bad: dict[Place, tuple[str, bytes, int, str, int]] = {}
    for message in evidence.counted_messages():
        verdict, place = judge(evidence.told, message.value, message.append_ms, evidence.rules), message[:2]
        if isinstance(verdict, str):
            raw = message.value or b""
            bad[place] = verdict, raw[:KEPT_RAW_BYTES], len(raw), digest(message.value), message.append_ms * 1000
        else:
            good[place] = verdict, message.append_ms * 1000
    held = good.keys() | bad.keys()
    stored = {row.place: (row.content, row.ingest_us) for row in evidence.rows if row.place in held}
    letters = {place: evidence.dead_letters[place][:5] for place in evidence.rejected_places & held}
    finding.numbers |= {"messages": len(held), "accepted": len(good), "rejected": len(bad)}
    finding.compare("archive rows", stored, good)
    finding.compare("dead letters", letters, bad)


def _compare_acknowledged(evidence: Evidence, acknowledged: list[Acknowledged], finding: Finding) -> None:
    sent = {row[:2] for row in acknowledged}
    rejected, gone = evidence.rejected_places, evidence.gap_places
    identities = {_sent_identity(row) for row in acknowledged if row[:2] not in rejected and row[:2] not in gone}
    stored = {row.identity for row in evidence.rows}
    by_operator = {row.identity for row in evidence.rows if row.place in evidence.replays}
    finding.numbers |= {"acknowledged": len(sent), "identities": len(stored), "in gaps": len(sent & gone)}
    finding.differ("acknowledged and not stored", sorted(identities - stored, key=repr))
    finding.differ("stored and never acknowledged", sorted(stored - identities - by_operator, key=repr))
    finding.differ("dead letters never acknowledged", sorted(rejected - sent - evidence.replays))


def _sent_identity(row: Acknowledged) -> Hashable:
    if row.event_id is None or row.event_us is None:
        return row.partition, row.offset
    return row.event_us // HOUR_US * HOUR_US, row.event_id


def offsets(evidence: Evidence) -> Finding:
    """I2: each offset that was passed is a row, a dead letter or a gap, once; listed files are as listed."""
    finding = Finding("I2 offsets", {"files at fault": len(evidence.file_faults)})
    passed: dict[int, list[int]] = defaultdict(list)
    for partition, offset in [row.place for row in evidence.rows] + [*evidence.rejected_places, *evidence.gap_places]:
        passed[partition].append(offset)
    for partition in sorted(passed.keys() | evidence.offsets.keys()):
        span, found = evidence.offsets.get(partition), sorted(passed[partition])
        expected = range(span.first, span.next) if span else range(0)
        finding.numbers[f"p{partition}"] = len(expected)
        if found == list(expected):
            continue
        of = f"offsets of partition {partition}"
        finding.differ(f"{of} missing", sorted(set(expected).difference(found)))
        finding.differ(f"{of} twice", [one for one, other in pairwise(found) if one == other])
        finding.differ(f"{of} outside", [one for one in found if one not in expected])
    finding.differ("files", evidence.file_faults)
    return finding


def batch_view(evidence: Evidence) -> Finding:
    """I3: batch rows are the sums over the first of each identity; the later ones that differ are CONFLICT."""
    finding = Finding("I3 batch view")
    events = evidence.published
    finding.numbers |= {"hours": len(evidence.hours), "events": len(events.firsts), "conflicts": len(events.conflicts)}
    for rollup in evidence.told.rollups:
        exact = evidence.exact[rollup.name]
        _compare_view(evidence, finding, rollup.batch, exact)
        _compare_view(evidence, finding, rollup.hourly_batch, by_hour(rollup, exact))
    finding.differ("conflicts without a dead letter", sorted(events.conflicts - evidence.conflict_places))
    finding.differ("CONFLICT dead letters that are none", sorted(evidence.conflict_places - events.conflicts))
    _compare_counts(evidence, finding)
    return finding


def _compare_view(evidence: Evidence, finding: Finding, table: str, expected: View) -> None:
    found = evidence.views.get(table, {})
    finding.numbers[table] = len(found)
    finding.compare(f"rows of {table}", found, expected)


def _compare_counts(evidence: Evidence, finding: Finding) -> None:
    """What hour_state says of each published hour."""
    events = evidence.published
    firsts, repeats = (Counter(row.hour_us for row in rows) for rows in (events.firsts, events.repeats))
    conflicts = Counter(row.hour_us for row in events.repeats if row.place in events.conflicts)
    published = {hour for hour, state in evidence.hours.items() if state.published_generation}
    finding.compare(
        "published hours, as (events, duplicates, conflicts),",
        {hour: tuple(evidence.hours[hour][2:]) for hour in published},
        {hour: (firsts[hour], repeats[hour], conflicts[hour]) for hour in published})


def realtime_view(evidence: Evidence) -> Finding:
    """I4: realtime rows are the raw sums of the generations that their hour has not published, each its own."""
    finding = Finding("I4 realtime", {"events": len(evidence.waiting)})
    for rollup in evidence.told.rollups:
        raw = evidence.raw[rollup.name]
        expected = {(generation, *key): values for generation, view in raw.items() for key, values in view.items()}
        _compare_view(evidence, finding, rollup.realtime, expected)
    return finding


def seam(evidence: Evidence) -> Finding:
    """I5: what is served is exact for published generations and raw for the rest, in one snapshot, and marked so."""
    finding = Finding("I5 seam", {"events": len(evidence.published.firsts) + len(evidence.waiting)})
    for rollup in evidence.told.rollups:
        served = merge(rollup, [evidence.exact[rollup.name], *evidence.raw[rollup.name].values()])
        _compare_view(evidence, finding, rollup.merged, _marked(evidence, served))
        _compare_view(evidence, finding, rollup.hourly_merged, _marked(evidence, by_hour(rollup, served)))
    return finding


def _marked(evidence: Evidence, view: View) -> View:
    """With `provisional` last: an hour that is not final, or has realtime rows."""
    live = {row.hour_us for row in evidence.waiting}
    done = {hour for hour, state in evidence.hours.items() if state.final} - live
    return {key: (*values, key[0] // HOUR_US * HOUR_US not in done) for key, values in view.items()}


def equal_sums(evidence: Evidence) -> Finding:
    """I7: sums that count the same events another way are the same, per hour, in every table and view."""
    finding = Finding("I7 equal sums")
    rollups = {rollup.name: rollup for rollup in evidence.told.rollups}
    for shares in evidence.told.equal:
        for tables in zip(*(rollups[share.rollup].tables for share in shares), strict=True):
            totals = [
                _by_hour(evidence, rollups[share.rollup], share, table)
                for share, table in zip(shares, tables, strict=True)]
            finding.numbers[f"{tables[0]}.{shares[0].measure}"] = int(sum(totals[0].values()))
            hours = {hour: [total[hour] for total in totals] for total in totals for hour in total}
            unequal = [f"{hour} {told}" for hour, told in hours.items() if len(set(told)) > 1]
            finding.differ(f"hours of {tables[0]} ({' = '.join(map(str, shares))})", unequal)
    return finding


def _by_hour(evidence: Evidence, rollup: RollupTold, share: Share, table: str) -> Counter[int]:
    skipped = 1 if table == rollup.realtime else 0
    place = next(number for number, measure in enumerate(rollup.measures) if measure.column == share.measure)
    wanted = [(rollup.dimensions.index(column), value) for column, value in share.where]
    hours: Counter[int] = Counter()
    for key, values in evidence.views.get(table, {}).items():
        start, *dimensions = key[skipped:]
        if all(dimensions[number] == value for number, value in wanted):
            hours[start // HOUR_US * HOUR_US] += values[place]
    return hours


ALL = (no_loss, offsets, batch_view, realtime_view, seam, equal_sums)
