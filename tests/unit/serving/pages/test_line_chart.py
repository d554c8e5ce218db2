"""Lines of percents: gaps, peaks and marks as numbers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from serving.line_chart import percent_chart
from serving.pages.services_chart import services_lines, services_summary
from serving.queries.buckets import HOUR, Granularity, buckets_of
from serving.queries.dimensions import Finality
from serving.queries.services import Reading, ServiceUse, together
from serving.ranges import parse_range
from tests.unit.serving.pages.test_charts import models

NOW = datetime(2026, 11, 24, 12, 4, 10, tzinfo=UTC)
START = datetime(2026, 11, 24, 8, tzinfo=UTC)
BUCKETS = buckets_of(parse_range("2026-11-24T08:00", "2026-11-24T12:00", "UTC", NOW), Granularity.HOUR)
UNKNOWN = Reading(None, 0, None, None)


def reading(total: str, known: int, peak: str, hours: float, service: str = "web") -> Reading:
    return Reading(Decimal(total), known, Decimal(peak), START + timedelta(hours=hours), service)


def use(bucket: int, cpu: Reading, mark: Finality = Finality.FINAL) -> ServiceUse:
    return ServiceUse("", bucket, cpu, cpu, UNKNOWN, 4, mark)


POINTS = [
    use(1, reading("10.000", 4, "7.000", 0.5)), use(2, reading("0.000", 3, "0.000", 1.1)),
    use(4, reading("20.001", 2, "15.500", 3.9, "db"), Finality.PROVISIONAL)]


def test_several_bars_together_keep_the_sum_and_the_earliest_highest_sample() -> None:
    whole = together([*POINTS, use(3, reading("15.500", 1, "15.500", 2.2, "web"))])

    assert whole and (whole.cpu.total, whole.cpu.known) == (Decimal("45.501"), 10)
    assert whole.cpu.average == Decimal("4.550")  # 4.5501, half up
    assert (whole.cpu.peak, whole.cpu.peak_time, whole.cpu.peak_service) == (
        Decimal("15.500"), START + timedelta(hours=2.2), "web")
    assert whole.disk == UNKNOWN and whole.disk.average is None
    assert whole.finality is Finality.PROVISIONAL and together([]) is None


def test_a_bar_without_data_is_a_gap_and_a_zero_is_a_point() -> None:
    whole = together(POINTS)
    assert whole
    drawn = services_lines(POINTS, whole, BUCKETS, NOW)

    chart = percent_chart(drawn).data()
    sources = [dict(one["attributes"]["data"]["entries"]) for one in models(chart, "ColumnDataSource")]
    [cpu] = [source for source in sources if source["who"][0] == "CPU"]
    assert cpu["y"] == [2.5, 0.0, {"type": "number", "value": "nan"}, 10.001]
    assert cpu["value"] == ["2.500 %", "0.000 %", "no data", "10.001 %"]
    assert cpu["mark"] == ["final", "final", "", "provisional"]
    [disk] = [source for source in sources if source["who"][0] == "Disk"]
    assert set(disk["value"]) == {"no data"}


def test_a_peak_stands_in_its_bar_and_says_whose_and_when() -> None:
    whole = together(POINTS)
    assert whole
    drawn = services_lines(POINTS, whole, BUCKETS, NOW)

    sources = [
        dict(one["attributes"]["data"]["entries"]) for one in models(percent_chart(drawn).data(), "ColumnDataSource")]
    peaks = [source for source in sources if source["who"][0].startswith("peak")]
    assert [(peak["x"], peak["y"], peak["who"][0], peak["when"]) for peak in peaks] == [
        ([3.5], [15.5], f"peak of {name}", ["db, 2026-11-24 11:54:00"]) for name in ("CPU", "RAM")]
    summary = services_summary(drawn, whole)
    assert (summary.bars, summary.empty_bars, summary.provisional_from) == (4, 1, START + 3 * HOUR)
