"""The checker finds nothing where nothing is, what it need not ask for, and is a stranger to what it judges."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path

import pytest

import tests.lib
from tests.lib import invariants
from tests.lib.checker import Broken, Report, judge
from tests.lib.evidence import Evidence, Message
from tests.lib.sample_evidence import APPENDED_MS, BAD, HOUR, undisturbed
from tests.lib.streams_told import TOLD

PRODUCT = {"metering", "lambdameter", "local_stack", "producers", "speed_layer", "batch_layer", "serving", "ml"}
Plant = Callable[[Evidence], None]


def broken(evidence: Evidence) -> set[str]:
    return {finding.name.split()[0] for finding in judge(evidence).findings if not finding.holds}


@pytest.mark.parametrize("topic", TOLD)
def test_good_evidence_has_no_fault(topic: str) -> None:
    report = judge(undisturbed(topic))

    report.raise_if_broken()

    own = {"listens": ["I-recent"], "billing": ["I-panes"]}.get(topic, [])
    assert [finding.name.split()[0] for finding in report.findings] == ["I1", "I2", "I3", "I4", "I5", "I7", *own]
    assert {finding.topic for finding in report.findings} == {topic}


def lose_a_recent_row(evidence: Evidence) -> None:
    evidence.recent.popitem()


def keep_an_old_decision(evidence: Evidence) -> None:
    key, row = evidence.recent.popitem()
    evidence.recent[key] = (*row[:-1], "{}")


def keep_a_repeat(evidence: Evidence) -> None:
    row = evidence.rows[1]
    evidence.recent[(row.content[0], *row.place)] = (*row.content, row.ingest_us, *row.added)


def keep_what_is_not_archived(evidence: Evidence) -> None:
    key, row = next(iter(evidence.recent.items()))
    evidence.recent[(key[0], 0, 99)] = row


def decide_without_a_score(evidence: Evidence) -> None:
    row = evidence.rows[0]
    evidence.rows[0] = row._replace(added=tuple("no_score" if one == "scored" else one for one in row.added))
    evidence.recent[(row.content[0], *row.place)] = (*row.content, row.ingest_us, *evidence.rows[0].added)


@pytest.mark.parametrize("plant", [
    lose_a_recent_row, keep_an_old_decision, keep_a_repeat, keep_what_is_not_archived, decide_without_a_score])
def test_a_fault_of_the_last_days_plays_is_found(plant: Plant) -> None:
    evidence = undisturbed("listens")

    plant(evidence)

    assert broken(evidence) == {"I-recent"}


def test_plays_of_days_that_are_kept_no_longer_may_be_there_or_not() -> None:
    evidence = undisturbed("listens")
    evidence.kept_since_us = HOUR

    lose_a_recent_row(evidence)

    assert broken(evidence) == set()


def test_a_level_that_is_added_to_an_event_is_summed() -> None:
    evidence = undisturbed("listens")

    evidence.rows[0] = evidence.rows[0]._replace(added=("FREE",) * 8 + evidence.rows[0].added[8:])

    assert {"I3", "I5"} <= broken(evidence)


def test_what_kafka_has_deleted_is_not_asked_for() -> None:
    evidence = undisturbed("devices")

    evidence.messages, evidence.log_starts = evidence.messages[6:], {0: 7}

    assert broken(evidence) == set()


def test_a_marker_at_the_end_of_a_partition_is_no_lag() -> None:
    evidence = undisturbed("devices")

    evidence.log_ends = {0: 9}

    assert broken(evidence) == set()


def test_a_replayed_dead_letter_was_sent_by_no_producer() -> None:
    evidence = undisturbed("devices")
    bad = evidence.dead_letters[0, BAD]
    evidence.dead_letters |= {(0, BAD): bad._replace(is_replayed=True), (0, 8): bad}
    evidence.messages.append(Message(0, 8, APPENDED_MS, b"not JSON"))
    evidence.offsets, evidence.log_ends = {0: evidence.offsets[0]._replace(next=9)}, {0: 9}

    assert broken(evidence) == set()

    evidence = undisturbed("devices")
    evidence.dead_letters[0, 8] = bad
    evidence.messages.append(Message(0, 8, APPENDED_MS, b"not JSON"))
    evidence.offsets, evidence.log_ends = {0: evidence.offsets[0]._replace(next=9)}, {0: 9}

    assert broken(evidence) == {"I1"}


def test_two_times_that_kafka_gave_are_no_conflict() -> None:
    evidence = undisturbed("resource_usage")
    choice = evidence.choose(
        row._replace(content=row.content._replace(event_us=ingest_us), ingest_us=ingest_us)
        for row, ingest_us in zip(evidence.rows[:2], (HOUR, HOUR + 5), strict=True))

    assert (len(choice.firsts), len(choice.repeats), choice.conflicts) == (1, 1, set())


def test_a_broken_report_is_raised_with_its_numbers_and_first_differences() -> None:
    evidence = undisturbed("devices")
    usage = evidence.views["usage"]
    key = next(iter(usage))
    usage[key] = (21, True)

    with pytest.raises(Broken, match=r"devices +I5 seam +BROKEN +events=4 .*\n +1 rows of usage: .* is \(21, True\), "):
        judge(evidence).raise_if_broken()


def test_every_invariant_is_asked() -> None:
    assert [invariant.__doc__.split(":")[0] for invariant in invariants.ALL] == ["I1", "I2", "I3", "I4", "I5", "I7"]
    assert isinstance(judge(undisturbed("devices")), Report)


def sources() -> dict[str, Path]:
    """Modules of the tests' library by name."""
    root = Path(tests.lib.__file__).parent
    return {
        ".".join(("tests.lib", *path.relative_to(root).with_suffix("").parts)).removesuffix(".__init__"): path
        for path in root.rglob("*.py")}


def imported_by(path: Path) -> set[str]:
    """What a module imports, by full name."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {str(node.module)}
    return found


def test_the_checker_imports_nothing_of_the_product() -> None:
    known = sources()
    waiting, seen = {"tests.lib.checker", "tests.lib.contents", "tests.lib.served_watcher"}, set()
    while waiting:
        module = waiting.pop()
        seen.add(module)
        names = imported_by(known[module])
        assert not PRODUCT & {name.split(".")[0] for name in names}, f"{module} imports {sorted(names)}"
        waiting |= (names & known.keys()) - seen

    assert {f"tests.lib.{name}" for name in (
        "invariants", "evidence", "kafka_reader", "archive_reader", "database_reader", "message_rules", "money_reader",
        "pane_reader", "streams_told.billing")} < seen
