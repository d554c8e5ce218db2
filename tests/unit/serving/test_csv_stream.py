"""CSV that a spreadsheet may open, whatever the cells hold."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.csv_stream import csv_cell, csv_lines, file_name


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_text_that_would_run_is_quoted(text: str) -> None:
    assert csv_cell(text) == f"'{text}"


@pytest.mark.parametrize(("value", "cell"), [
    (None, ""), (True, "true"), (False, "false"), (-5, -5), (0, 0), ("a=b", "a=b"),
    (datetime(2021, 2, 19, 21, tzinfo=UTC), "2021-02-19T21:00:00+00:00")])
def test_other_values_stay_what_they_are(value: object, cell: object) -> None:
    assert csv_cell(value) == cell


@given(st.lists(st.tuples(st.text(), st.integers()), max_size=20))
def test_what_is_written_can_be_read(rows: list[tuple[str, int]]) -> None:
    text = "".join(csv_lines(["text", "number"], rows))

    [header, *lines] = list(csv.reader(io.StringIO(text, newline="")))

    assert header == ["text", "number"]
    assert lines == [[str(csv_cell(cell)), str(number)] for cell, number in rows]


def test_long_tables_are_sent_in_parts() -> None:
    parts = list(csv_lines(["n"], ([n] for n in range(1200))))

    assert len(parts) == 3
    assert "".join(parts).count("\r\n") == 1201


def test_a_file_name_has_no_colon() -> None:
    start, end = datetime(2021, 2, 19, 21, tzinfo=UTC), datetime(2021, 2, 20, tzinfo=UTC)

    assert file_name("usage", start, end) == "usage_2021-02-19T21-00+0000_2021-02-20T00-00+0000.csv"
