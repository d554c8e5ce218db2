"""The limit that is typed for a what-if, and how a range is cut where periods begin."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from metering.domain.billing.periods import cut
from serving.pages.what_if_state import read_limit_then
from serving.queries.quota_what_if import Limit
from serving.ranges import ParameterFault


@pytest.mark.parametrize(("text", "limit"), [
    ("5000000", Limit(5_000_000, None)), ("0", Limit(0, None)), ("120%", Limit(None, Decimal(120))),
    ("99.5 %", Limit(None, Decimal("99.5")))])
def test_a_limit_is_bytes_or_percent(text: str, limit: Limit) -> None:
    assert read_limit_then(text) == limit


@pytest.mark.parametrize("text", ["", "lots", "-1", "1.5", "1e9", "12%%", "٣", "1234567890123456"])
def test_anything_else_is_a_fault(text: str) -> None:
    with pytest.raises(ParameterFault, match="bytes an hour"):
        read_limit_then(text)


def test_a_range_is_cut_where_periods_begin() -> None:
    start, end = datetime(2026, 1, 30, 5, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC)

    months = cut(start, end, "month")
    assert months == [
        (start, datetime(2026, 2, 1, tzinfo=UTC)),
        (datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)),
        (datetime(2026, 3, 1, tzinfo=UTC), end)]
    assert len(cut(start, end, "day")) == 31
    assert cut(end, start, "day") == []
