"""What is drawn, as numbers: bars upon each other, the boundary, the labels."""

from datetime import UTC, datetime

import pytest

from serving.charts import Bars, ranked, time_ticks, usage_chart, value_ticks
from serving.figures import change_text, period_text, round_bytes, share_text, short_bytes, short_count
from serving.queries.buckets import Granularity, buckets_of
from serving.queries.dimensions import Finality
from serving.queries.usage import Point
from serving.ranges import parse_range

NOW = datetime(2026, 11, 24, 12, 4, 10, tzinfo=UTC)
FINAL, PROVISIONAL = Finality.FINAL, Finality.PROVISIONAL


def bars(points: list[Point], hours: str = "2026-11-24T08:00", to: str = "2026-11-24T12:00") -> Bars:
    cut = buckets_of(parse_range(hours, to, "UTC", NOW), Granularity.HOUR)
    return Bars(cut, points, ranked(points), {"a": "<b>ana</b>"}, NOW)


def models(chart: dict, kind: str) -> list[dict]:
    """Every model of a kind in the document, wherever it hangs."""
    found: list[dict] = []

    def walk(part: object) -> None:
        if isinstance(part, dict):
            if part.get("name") == kind:
                found.append(part)
            for inner in part.values():
                walk(inner)
        elif isinstance(part, list):
            for inner in part:
                walk(inner)

    walk(chart["item"]["doc"])
    return found


def column(chart: dict, name: str) -> list:
    [source] = models(chart, "ColumnDataSource")
    return dict(source["attributes"]["data"]["entries"])[name]


def test_each_bar_stands_on_those_before_it_and_keeps_exact_values() -> None:
    points = [Point(1, "b", 30, FINAL), Point(1, "a", 100, FINAL), Point(2, "b", 7, FINAL), Point(1, None, 1, FINAL)]

    chart = usage_chart(bars(points)).data()

    assert column(chart, "swatch") == ["series-1", "series-2", "series-2", "series-others"]
    assert column(chart, "bottom") == [0.0, 100.0, 0.0, 130.0]
    assert column(chart, "top") == [100.0, 130.0, 7.0, 131.0]
    assert column(chart, "value") == ["100 B", "30 B", "7 B", "1 B"]


def test_the_largest_come_first_and_the_others_last_however_large() -> None:
    points = [Point(1, None, 900, FINAL), Point(1, "b", 5, FINAL), Point(1, "a", 4, FINAL), Point(2, "a", 4, FINAL)]

    assert ranked(points) == ["a", "b", None]


def test_provisional_bars_are_pale_and_the_boundary_is_drawn_where_they_begin() -> None:
    points = [Point(1, "a", 5, FINAL), Point(3, "a", 5, PROVISIONAL), Point(4, "a", 5, PROVISIONAL)]

    chart = usage_chart(bars(points)).data()

    assert column(chart, "alpha") == [1.0, 0.5, 0.5]
    [span] = models(chart, "Span")
    assert span["attributes"]["location"] == 2
    [box] = models(chart, "BoxAnnotation")[-1:]
    assert (box["attributes"]["left"], box["attributes"]["right"]) == (2, 4)


def test_a_range_that_is_final_has_no_boundary() -> None:
    assert models(usage_chart(bars([Point(1, "a", 5, FINAL)])).data(), "Span") == []


def test_no_script_is_part_of_a_chart() -> None:
    text = repr(usage_chart(bars([Point(1, "a", 5, FINAL)])).data())

    assert "CustomJS" not in text


def test_the_edges_that_a_drag_chooses_from_can_be_read_as_a_range() -> None:
    edges = usage_chart(bars([Point(1, "a", 5, FINAL)])).edges

    found = parse_range(edges[1], edges[3], "UTC", NOW)

    assert (found.start.hour, found.end.hour) == (9, 11)


@pytest.mark.parametrize("top", [0, 1, 2, 9, 10, 99, 12_345, 10**18])
def test_the_value_axis_has_two_to_six_round_steps(top: int) -> None:
    steps = value_ticks(top)

    assert steps[0] == 0 and steps[-1] <= top
    assert 2 <= len(steps) <= 6 or top == 0


@pytest.mark.parametrize(
    ("from_text", "to_text", "cut", "labels"),
    [
        ("2026-11-24", "2026-11-24", "hour", ["24 Nov", "03:00", "06:00", "09:00", "12:00", "15:00", "18:00", "21:00"]),
        ("2026-11-01", "2026-11-07", "day", ["1 Nov", "2 Nov", "3 Nov", "4 Nov", "5 Nov", "6 Nov", "7 Nov"]),
    ])
def test_the_time_axis_names_full_hours_and_days(from_text: str, to_text: str, cut: str, labels: list[str]) -> None:
    found = time_ticks(buckets_of(parse_range(from_text, to_text, "Europe/Berlin", NOW), Granularity(cut)))

    assert list(found.values()) == labels


def test_a_long_range_has_no_more_labels_than_fit() -> None:
    for from_text in ("2000-01-01", "2025-11-24", "2026-06-01"):
        assert 2 <= len(time_ticks(buckets_of(parse_range(from_text, "now", "UTC", NOW)))) <= 8


def test_numbers_read_short_and_zero_is_said() -> None:
    assert [short_bytes(n) for n in (0, 999, 1_021_080, 999_999, 2**70)] == [
        "0 B", "999 B", "1.02 MB", "1.00 MB", "1181 EB"]
    assert [round_bytes(n) for n in (0, 20_000_000)] == ["0 B", "20 MB"]
    assert [short_count(n) for n in (0, 9_999, 16_405)] == ["0", "9,999", "16.4 k"]
    assert [share_text(*of) for of in ((1, 3), (1, 10**6), (0, 5))] == ["33.3 %", "<0.1 %", "0 %"]
    assert [change_text(*of) for of in ((150, 100), (90, 100), (7, 7), (5, 0))] == [
        "▲ 50.0 %", "▼ 10.0 %", "= 0 %", "▲ new"]


def test_a_period_names_only_what_it_must() -> None:
    def text(from_text: str, to_text: str) -> str:
        found = parse_range(from_text, to_text, "Europe/Berlin", NOW)
        return period_text(found.start, found.end, found.zone)

    assert text("2026-11-24", "2026-11-24") == "2026-11-24"
    assert text("2026-11-01", "2026-11-24") == "2026-11-01 – 2026-11-24"
    assert text("2026-11-24T10:00", "2026-11-24T11:00") == "2026-11-24 10:00 – 11:00"
    assert text("2026-11-23T22:00", "2026-11-24T02:00") == "2026-11-23 22:00 – 2026-11-24 02:00"
