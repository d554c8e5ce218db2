"""A line of the kernel or of a layer that names a stream is found; prose and plain words are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from metering.domain.rollup import Cut, Measure, MeasureKind, Rollup
from metering.domain.stream import Field, Kind, Stream
from metering.streams import STREAMS
from tests.lib.stream_names import check

VISITS = Stream(
    topic="doors",
    fields=(Field("timestamp", Kind.TIME), Field("door_id", Kind.IDENTIFIER), Field("count", Kind.INTEGER)),
    subject="door_id",
    rollups=(
        Rollup(
            name="visits", window_s=300, window_column="timestamp", key=("timestamp", "kind", "id"),
            cuts=(Cut(takes={"id": "door_id"}, constants={"kind": "visits_by_door"}),),
            measures=(Measure("value", MeasureKind.SUM, of="count"),),
            realtime="visits_realtime", batch="visits_batch", merged="visits"),),
)


def planted(root: Path, path: str, text: str) -> list[tuple[int, str]]:
    """(line, name) of what is found in a tree with this one file."""
    file = root / path
    file.parent.mkdir(parents=True)
    file.write_text(text, encoding="utf-8")
    return [(found.line, found.name) for found in check(root, [VISITS])]


@pytest.mark.parametrize(
    ("path", "text", "found"),
    [
        ("metering/store/a.py", "TOPIC = 'doors'\n", [(1, "doors")]),
        ("metering/store/a.py", "x = 1\nlog(f'at doors: {x}')\n", [(2, "doors")]),
        ("metering/store/a.py", "from metering.streams.doors import DOORS\n", [(1, "DOORS"), (1, "doors")]),
        ("speed_layer/a.py", "row['door_id']\n", [(1, "door_id")]),
        ("speed_layer/a.py", "door_id = 1\n", [(1, "door_id")]),
        ("batch_layer/a.py", "X = 'SELECT 1 FROM visits'\n", [(1, "visits")]),
        ("batch_layer/a.py", "X = '''SELECT 1\nFROM\n  visits_batch'''\n", [(3, "visits_batch")]),
        ("batch_layer/a.py", "rollup('visits')\n", [(1, "visits")]),
        ("batch_layer/a.py", "if kind == 'visits_by_door': pass\n", [(1, "visits_by_door")]),
        ("metering/arrow/a.py", 'def f():\n    """As in\n\n    >>> f("doors")\n    1\n    """\n', [(4, "doors")]),
        ("metering/sql/a.sql", "SELECT 1\nFROM visits\nWHERE 1 = 1\n", [(2, "visits")]),
        ("metering/sql/a.sql", "DELETE FROM Visits_Batch\n", [(1, "visits_batch")]),
        ("metering/sql/a.sql", "SELECT 1 FROM final_span WHERE topic = 'doors'\n", [(1, "doors")]),
    ],
)
def test_a_planted_name_is_found_with_its_line(
    tmp_path: Path, path: str, text: str, found: list[tuple[int, str]]
) -> None:
    assert planted(tmp_path, path, text) == found


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("metering/store/a.py", '"""A topic, such as doors."""\n# one of doors, by door_id\n'),
        ("metering/store/a.py", "def f():\n    '''Counts visits of doors.'''\n"),
        ("metering/store/a.py", "visits = [] # a plain word\nlog('3 visits were lost')\n"),
        ("metering/sql/a.sql", "-- such as doors\nSELECT visits, outdoors, doors_open FROM final_span\n"),
        ("metering/streams/doors.py", "TOPIC = 'doors'\n"),
        ("metering/store/a.py", "from metering.domain.doors.locks import Lock\nstatement('doors/insert_lock')\n"),
        ("serving/a.py", "TOPIC = 'doors'\n"),
    ],
)
def test_prose_plain_words_declarations_and_the_site_may(tmp_path: Path, path: str, text: str) -> None:
    assert planted(tmp_path, path, text) == []


def test_what_is_declared_is_named_nowhere_in_the_kernel_and_the_two_layers() -> None:
    assert len(STREAMS) > 1
    assert [str(found) for found in check()] == []
