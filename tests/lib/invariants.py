"""I1 to I5 and I7 of the design, each a function from evidence to a finding. Exact, no tolerance."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from textwrap import shorten
from typing import Any

from tests.lib.evidence import CONFLICT, Acknowledged, Evidence, Place, Row, SumKey
from tests.lib.message_rules import HOUR_US, MICROSECONDS, Content, judge

WINDOW_US = 300 * MICROSECONDS
KEPT_RAW_BYTES = 4096
DIMENSIONS = ("antenna_total_bytes", "user_total_bytes", "app_total_bytes")
SHOWN, SHOWN_CHARACTERS = 5, 300


@dataclass
class Finding:
    """Whether one invariant holds, the numbers it was judged by, and the first differences."""

    name: str
    numbers: dict[str, int] = field(default_factory=dict)
    differences: list[str] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """No difference was found."""
        return not self.differences

    def differ(self, what: str, found: Iterable[Any]) -> None:
        """Note some of what differs; nothing when there is none."""
        found = list(found)
        if found:
            shown = ", ".join(shorten(str(each), SHOWN_CHARACTERS, placeholder="…") for each in found[:SHOWN])
            self.differences.append(f"{len(found)} {what}: {shown}{', …' if len(found) > SHOWN else ''}")

    def compare(self, what: str, found: dict, expected: dict) -> None:
        """Note every key with another value, or on one side only."""
        keys = [key for key in {**expected, **found} if found.get(key) != expected.get(key)]
        self.differ(what, (f"{key} is {found.get(key)}, should be {expected.get(key)}" for key in keys))

    def __str__(self) -> str:
        numbers = " ".join(f"{name}={number}" for name, number in self.numbers.items())
        lines = [f"{self.name:<24} {'holds' if self.holds else 'BROKEN'}  {numbers}"]
        return "\n".join(lines + [f"    {difference}" for difference in self.differences])


def no_loss(evidence: Evidence) -> Finding:
    """I1: what was acknowledged is stored or dead-lettered, and each message got what the table of bad input says."""
    finding = Finding("I1 no loss")
    reached = {partition: span.next for partition, span in evidence.offsets.items()}
    lags = {partition: end - reached.get(partition, 0) for partition, end in evidence.log_ends.items()}
    finding.differ("partitions not read to their end", (f"{p} lags by {lag}" for p, lag in lags.items() if lag))
    _compare_messages(evidence, finding)
    if evidence.acknowledged is not None:
        _compare_acknowledged(evidence, evidence.acknowledged, finding)
    return finding


def _compare_messages(evidence: Evidence, finding: Finding) -> None:
    good: dict[Place, tuple[Content, int]] = {}
    bad: dict[Place, tuple[str, bytes]] = {}
    for message in evidence.counted_messages():
        verdict, place = judge(message.value, message.append_ms, evidence.rules), message[:2]
        if isinstance(verdict, str):
            bad[place] = verdict, (message.value or b"")[:KEPT_RAW_BYTES]
        else:
            good[place] = verdict, message.append_ms * 1000
    held = good.keys() | bad.keys()
    stored = {row.place: (row.content, row.ingest_us) for row in evidence.rows if row.place in held}
    letters = {place: tuple(evidence.dead_letters[place]) for place in evidence.rejected_places & held}
    finding.numbers |= {"messages": len(held), "accepted": len(good), "rejected": len(bad)}
    finding.compare("archive rows", stored, good)
    finding.compare("dead letters", letters, bad)


def _compare_acknowledged(evidence: Evidence, acknowledged: list[Acknowledged], finding: Finding) -> None:
    sent = {row[:2] for row in acknowledged}
    rejected, gone = evidence.rejected_places, evidence.gap_places
    identities = {_sent_identity(row) for row in acknowledged if row[:2] not in rejected and row[:2] not in gone}
    stored = {identity(row) for row in evidence.rows}
    finding.numbers |= {"acknowledged": len(sent), "identities": len(stored), "in gaps": len(sent & gone)}
    finding.differ("acknowledged and not stored", sorted(identities - stored, key=repr))
    finding.differ("stored and never acknowledged", sorted(stored - identities, key=repr))
    finding.differ("dead letters never acknowledged", sorted(rejected - sent))


def _sent_identity(row: Acknowledged) -> Hashable:
    if row.event_id is None or row.event_us is None:
        return row.partition, row.offset
    return row.event_us // HOUR_US * HOUR_US, row.event_id


def offsets(evidence: Evidence) -> Finding:
    """I2: each offset that was passed is a row, a dead letter or a gap, once; listed files are as listed."""
    finding = Finding("I2 offsets", {"files at fault": len(evidence.file_faults)})
    passed: dict[int, Counter[int]] = defaultdict(Counter)
    for partition, offset in [row.place for row in evidence.rows] + [*evidence.rejected_places, *evidence.gap_places]:
        passed[partition][offset] += 1
    for partition in sorted(passed.keys() | evidence.offsets.keys()):
        span, counts = evidence.offsets.get(partition), passed[partition]
        expected = range(span.first, span.next) if span else range(0)
        finding.numbers[f"p{partition}"] = len(expected)
        finding.differ(f"offsets of partition {partition} missing", [o for o in expected if o not in counts])
        finding.differ(f"offsets of partition {partition} twice", sorted(o for o, n in counts.items() if n > 1))
        finding.differ(f"offsets of partition {partition} outside", sorted(o for o in counts if o not in expected))
    finding.differ("files", evidence.file_faults)
    return finding


def batch_view(evidence: Evidence) -> Finding:
    """I3: batch rows are the sums over the first of each identity; the later ones that differ are CONFLICT."""
    finding = Finding("I3 batch view")
    distinct, conflicts = _first_of_each(evidence)
    letters = {place for place, letter in evidence.dead_letters.items() if letter.reason == CONFLICT}
    found = evidence.sums["bytes_batch"]
    finding.numbers |= {"hours": len(evidence.hours), "events": len(distinct), "conflicts": len(conflicts)}
    finding.numbers["rows"] = len(found)
    finding.compare("rows of bytes_batch", found, sums(distinct, WINDOW_US))
    finding.compare("rows of bytes_hourly", evidence.sums["bytes_hourly"], sums(distinct, HOUR_US))
    finding.differ("conflicts without a dead letter", sorted(conflicts - letters))
    finding.differ("CONFLICT dead letters that are none", sorted(letters - conflicts))
    return finding


def realtime_view(evidence: Evidence) -> Finding:
    """I4: realtime rows are the raw sums of the generations that their hour has not published."""
    waiting = [row for rows in evidence.waiting_rows.values() for row in rows]
    finding = Finding("I4 realtime", {"events": len(waiting), "rows": len(evidence.sums["bytes"])})
    finding.compare("rows of bytes", evidence.sums["bytes"], sums(waiting, WINDOW_US))
    return finding


def seam(evidence: Evidence) -> Finding:
    """I5: what is served is exact for published generations and raw for the rest, in one snapshot."""
    counted = _first_of_each(evidence)[0] + [row for rows in evidence.waiting_rows.values() for row in rows]
    finding = Finding("I5 seam", {"events": len(counted), "rows": len(evidence.sums["usage"])})
    finding.compare("rows of usage", evidence.sums["usage"], sums(counted, WINDOW_US))
    finding.compare("rows of usage_hourly", evidence.sums["usage_hourly"], sums(counted, HOUR_US))
    return finding


def dimensions(evidence: Evidence) -> Finding:
    """I7: users = apps = antennas, per hour, in every table and view of sums."""
    finding = Finding("I7 dimensions")
    for table, rows in evidence.sums.items():
        totals: dict[int, dict[str, int]] = defaultdict(lambda: dict.fromkeys(DIMENSIONS, 0))
        for (window_us, kind, _), value in rows.items():
            hour = totals[window_us // HOUR_US * HOUR_US]
            hour[kind] = hour.get(kind, 0) + value
        finding.numbers[table] = sum(total["user_total_bytes"] for total in totals.values())
        unequal = [f"{hour} {total}" for hour, total in totals.items() if len(set(total.values())) > 1]
        finding.differ(f"hours of {table}", unequal)
    return finding


def identity(row: Row) -> Hashable:
    """The event_id within the event hour, else the place in Kafka."""
    return row.place if row.content.event_id is None else (row.content.hour_us, row.content.event_id)


def sums(rows: Iterable[Row], window_us: int) -> dict[SumKey, int]:
    """Bytes by window, dimension and id, as Python's own integers."""
    totals: dict[SumKey, int] = defaultdict(int)
    for content, *_ in rows:
        window = content.event_us // window_us * window_us
        totals[window, "antenna_total_bytes", content.antenna_id] += content.bytes
        totals[window, "user_total_bytes", content.id] += content.bytes
        totals[window, "app_total_bytes", content.app] += content.bytes
    return dict(totals)


def _first_of_each(evidence: Evidence) -> tuple[list[Row], set[Place]]:
    firsts: dict[Hashable, Row] = {}
    conflicts = set()
    for rows in evidence.published_rows.values():
        for row in rows:
            first = firsts.setdefault(identity(row), row)
            if first.content != row.content:
                conflicts.add(row.place)
    return list(firsts.values()), conflicts


ALL = (no_loss, offsets, batch_view, realtime_view, seam, dimensions)
