"""The checker finds a planted fault of each kind, and is a stranger to what it judges."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

import tests.lib
from tests.lib import invariants
from tests.lib.checker import Broken, judge
from tests.lib.evidence import Acknowledged, DeadLetter, Evidence, Gap, Hour, Message, Row, Span
from tests.lib.message_rules import HOUR_US, MICROSECONDS, Content

HOUR = 450_000 * HOUR_US
LATER = HOUR + HOUR_US
APPENDED_MS = HOUR // 1000 + 60_000
PRODUCT = {"metering", "lambdameter", "local_stack", "producers", "speed_layer", "batch_layer", "serving", "ml"}


def value(**changes) -> bytes:
    message = {"timestamp": HOUR // MICROSECONDS + 30, "id": "u1", "antenna_id": "a1", "app": "SKYPE", "bytes": 10}
    return json.dumps(message | changes).encode()


def row(offset: int, content: Content, generation: int) -> Row:
    hour = content.hour_us
    return Row(content, 0, offset, APPENDED_MS * 1000, hour, generation)


def content(*, hour: int = HOUR, amount: int = 10, event_id: str | None = None) -> Content:
    return Content(hour + 30 * MICROSECONDS, "u1", "a1", "SKYPE", amount, event_id)


def sums(totals: dict[int, int]) -> dict:
    kinds = {"user_total_bytes": "u1", "antenna_total_bytes": "a1", "app_total_bytes": "SKYPE"}
    return {(hour, kind, name): total for hour, total in totals.items() for kind, name in kinds.items()}


@pytest.fixture
def evidence() -> Evidence:
    """Offsets 0 to 6: an hour that is published, with a repeat and a conflict; a row that waits; one bad; a gap."""
    values = [
        value(event_id="e1"),
        value(event_id="e1"),
        value(event_id="e1", bytes=11),
        value(timestamp=LATER // MICROSECONDS + 30 - 3600, bytes=5),
        value(event_id="e1", timestamp=HOUR // MICROSECONDS - 3570),
        b"not JSON",
    ]
    stored = [
        row(0, content(event_id="e1"), 1),
        row(1, content(event_id="e1"), 1),
        row(2, content(event_id="e1", amount=11), 1),
        row(3, content(amount=5), 1),
        row(4, content(hour=HOUR - HOUR_US, event_id="e1"), 2),
    ]
    sent_us = HOUR + 30 * MICROSECONDS
    return Evidence(
        messages=[Message(0, offset, APPENDED_MS, raw) for offset, raw in enumerate(values)],
        log_ends={0: 7},
        acknowledged=[
            *(Acknowledged(0, offset, "e1", sent_us) for offset in (0, 1, 2)),
            Acknowledged(0, 3, None, sent_us),
            Acknowledged(0, 4, "e1", sent_us - HOUR_US),
            Acknowledged(0, 5, None, None),
        ],
        rows=stored,
        offsets={0: Span(0, 7)},
        gaps=[Gap(0, 6, 6)],
        dead_letters={(0, 2): DeadLetter("CONFLICT", b"{}"), (0, 5): DeadLetter("PARSE", b"not JSON")},
        hours={HOUR: Hour(1, False)},
        sums={
            "bytes": sums({HOUR - HOUR_US: 10}),
            "bytes_batch": sums({HOUR: 15}),
            "bytes_hourly": sums({HOUR: 15}),
            "usage": sums({HOUR: 15, HOUR - HOUR_US: 10}),
            "usage_hourly": sums({HOUR: 15, HOUR - HOUR_US: 10}),
        },
    )


def broken(evidence: Evidence) -> set[str]:
    return {finding.name.split()[0] for finding in judge(evidence).findings if not finding.holds}


def test_good_evidence_has_no_fault(evidence):
    report = judge(evidence)

    report.raise_if_broken()

    assert [finding.name.split()[0] for finding in report.findings] == ["I1", "I2", "I3", "I4", "I5", "I7"]


def lose_a_row(evidence):
    del evidence.rows[3]


def change_a_row(evidence):
    evidence.rows[0] = evidence.rows[0]._replace(content=content(event_id="e1", amount=12))


def change_an_arrival(evidence):
    evidence.rows[3] = evidence.rows[3]._replace(ingest_us=1)


def change_a_reason(evidence):
    evidence.dead_letters[0, 5] = DeadLetter("SCHEMA", b"not JSON")


def forget_what_was_raw(evidence):
    evidence.dead_letters[0, 5] = DeadLetter("PARSE", b"")


def acknowledge_another(evidence):
    evidence.acknowledged.append(Acknowledged(0, 7, "e2", HOUR))


def store_what_nobody_sent(evidence):
    evidence.acknowledged.pop(3)


def leave_a_message_unread(evidence):
    evidence.log_ends = {0: 8}


def count_a_row_twice(evidence):
    evidence.rows.append(evidence.rows[0])


def pass_over_an_offset(evidence):
    evidence.gaps.clear()


def truncate_a_file(evidence):
    evidence.file_faults.append("x.parquet: 1 rows, listed are 2")


def set_sum(table, hour, total):
    def plant(evidence):
        evidence.sums[table].update(sums({hour: total}))

    plant.__name__ = f"{table}_of_{total}"
    return plant


def forget_a_conflict(evidence):
    del evidence.dead_letters[0, 2]


def keep_a_conflict_that_is_none(evidence):
    evidence.dead_letters[0, 1] = DeadLetter("CONFLICT", b"{}")


def leave_realtime_rows_behind(evidence):
    evidence.hours[HOUR - HOUR_US] = Hour(2, False)


def lose_a_dimension(evidence):
    del evidence.sums["usage"][HOUR, "app_total_bytes", "SKYPE"]


@pytest.mark.parametrize(
    ("plant", "found"),
    [
        (lose_a_row, {"I1", "I2", "I3", "I5"}),
        (change_a_row, {"I1", "I3", "I5"}),
        (change_an_arrival, {"I1"}),
        (change_a_reason, {"I1"}),
        (forget_what_was_raw, {"I1"}),
        (acknowledge_another, {"I1"}),
        (store_what_nobody_sent, {"I1"}),
        (leave_a_message_unread, {"I1"}),
        (count_a_row_twice, {"I2"}),
        (pass_over_an_offset, {"I2"}),
        (truncate_a_file, {"I2"}),
        (set_sum("bytes_batch", HOUR, 25), {"I3"}),
        (set_sum("bytes_batch", LATER, 0), {"I3"}),
        (set_sum("bytes_hourly", HOUR, 16), {"I3"}),
        (forget_a_conflict, {"I3"}),
        (keep_a_conflict_that_is_none, {"I3"}),
        (set_sum("bytes", HOUR - HOUR_US, 20), {"I4"}),
        (leave_realtime_rows_behind, {"I3", "I4"}),
        (set_sum("usage", HOUR, 14), {"I5"}),
        (set_sum("usage_hourly", HOUR, 30), {"I5"}),
        (lose_a_dimension, {"I5", "I7"}),
    ],
    ids=lambda each: each.__name__ if callable(each) else "",
)
def test_a_planted_fault_is_found_and_named(evidence, plant, found):
    plant(evidence)

    assert broken(evidence) == found


def test_every_invariant_has_a_planted_fault_that_it_alone_finds_or_shares():
    assert {invariant.__doc__.split()[0].rstrip(":") for invariant in invariants.ALL} == {
        "I1",
        "I2",
        "I3",
        "I4",
        "I5",
        "I7",
    }


def test_a_broken_report_is_raised_with_its_numbers_and_first_differences(evidence):
    set_sum("usage", HOUR, 14)(evidence)

    with pytest.raises(Broken, match=r"I5 seam +BROKEN +events=3 rows=6\n +3 rows of usage: .*is 14, should be 15"):
        judge(evidence).raise_if_broken()


def imported_by(module: str) -> set[str]:
    """What the source of a module of tests.lib imports, by full name."""
    source = Path(tests.lib.__file__).with_name(f"{module}.py").read_text(encoding="utf-8")
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
    return found


def test_the_checker_imports_nothing_of_the_product():
    waiting, seen = {"checker", "contents", "served_watcher"}, set()
    while waiting:
        module = waiting.pop()
        seen.add(module)
        names = imported_by(module)
        assert not PRODUCT & {name.split(".")[0] for name in names}, f"{module} imports {sorted(names)}"
        ours = {name.split(".")[2] for name in names if name.startswith("tests.lib.")}
        waiting |= {name for name in ours if Path(tests.lib.__file__).with_name(f"{name}.py").exists()} - seen

    assert {"invariants", "evidence", "kafka_reader", "archive_reader", "database_reader", "message_rules"} < seen
