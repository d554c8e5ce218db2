"""Rules, periods, the border of a threshold, and what the batch layer makes of an alert."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metering.domain.alerts import AlertState, Rule, RuleKind, crosses, judged, period_at, threshold

RAISED, CONFIRMED, WITHDRAWN, MISSED = AlertState

AMOUNTS = st.decimals(min_value=0, max_value=10**30, places=6, allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize(
    ("used", "percent", "limit", "crossed"),
    [
        ("800", 80, "1000", True),
        ("799", 80, "1000", False),
        ("1000", 100, "1000", True),
        ("1200", 120, "1000", True),
        ("1199.999999", 120, "1000", False),
        ("0.8", 80, "1", True),  # 80 % of a small quota is no whole number
        ("1", 1, "1", True),
        ("10", 1000, "1", True),
        ("0", 80, "0", False),  # nothing was used
        ("1", 80, "0", True),  # a quota of nothing is reached by anything
        ("-5", 80, "0", False),  # a credit
        ("0.000001", 100, "0.000001", True),
        ("99999999999999999999999999999999", 100, "100000000000000000000000000000000", False),
    ],
)
def test_on_the_border_a_threshold_is_reached_and_just_below_it_is_not(
    used: str, percent: int, limit: str, crossed: bool
) -> None:
    assert crosses(Decimal(used), percent, Decimal(limit)) is crossed


@given(used=AMOUNTS, percent=st.integers(1, 1000), limit=AMOUNTS)
def test_crossing_is_the_comparison_of_exact_fractions(used: Decimal, percent: int, limit: Decimal) -> None:
    assert crosses(used, percent, limit) == (used > 0 and Fraction(used) * 100 >= percent * Fraction(limit))
    assert Fraction(threshold(percent, limit)) == Fraction(limit) * percent / 100


def test_a_quotas_period_is_the_hour_and_a_budgets_the_calendar_month_in_utc() -> None:
    moment = datetime(2026, 3, 1, 0, 59, 59, tzinfo=timezone(timedelta(hours=1)))  # 23:59:59 of February in UTC

    hour, month = period_at(RuleKind.QUOTA, moment), period_at(RuleKind.BUDGET, moment)

    assert (hour.start, hour.end) == (datetime(2026, 2, 28, 23, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC))
    assert (month.start, month.end) == (datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC))


@given(st.datetimes(datetime(1971, 1, 1), datetime(2999, 1, 1), timezones=st.just(UTC)), st.sampled_from(RuleKind))
def test_every_moment_lies_in_one_period_and_the_next_begins_where_it_ends(moment: datetime, kind: RuleKind) -> None:
    period = period_at(kind, moment)

    assert period.start <= moment < period.end
    assert period_at(kind, period.end).start == period.end
    assert period_at(kind, period.end - timedelta(microseconds=1)) == period


def test_a_rule_watches_everyone_or_one_id_and_its_percent_has_bounds() -> None:
    assert Rule(RuleKind.QUOTA, 80).watches("u1")
    assert Rule(RuleKind.QUOTA, 80, "u1").watches("u1")
    assert not Rule(RuleKind.QUOTA, 80, "u1").watches("u2")
    for percent in (0, -1, 1001):
        with pytest.raises(ValueError, match="want 1"):
            Rule(RuleKind.BUDGET, percent)


@pytest.mark.parametrize(
    ("before", "was_raised", "exact", "served", "after"),
    [
        (None, False, False, False, None),  # nothing to tell
        (None, False, False, True, None),  # the speed layer's to raise
        (None, False, True, True, MISSED),
        (RAISED, True, True, True, CONFIRMED),
        (RAISED, True, False, True, RAISED),  # what crossed is not taken over yet
        (RAISED, True, False, False, WITHDRAWN),  # a repeat had raised it
        (WITHDRAWN, True, False, False, WITHDRAWN),
        (WITHDRAWN, True, False, True, WITHDRAWN),  # only an exact count brings it back
        (WITHDRAWN, True, True, True, CONFIRMED),  # a late event
        (WITHDRAWN, False, True, True, MISSED),
        (CONFIRMED, True, True, True, CONFIRMED),
        (CONFIRMED, True, False, False, WITHDRAWN),  # corrected: a larger quota, a credit
        (CONFIRMED, True, False, True, CONFIRMED),
        (MISSED, False, True, True, MISSED),
        (MISSED, False, False, False, WITHDRAWN),
    ],
)
def test_the_batch_layer_judges(
    before: AlertState | None, was_raised: bool, exact: bool, served: bool, after: AlertState | None
) -> None:
    assert judged(before, was_raised=was_raised, exact=exact, served=served) is after


@given(st.sampled_from([None, *AlertState]), st.booleans(), st.booleans(), st.booleans())
def test_judging_the_same_again_changes_nothing(
    before: AlertState | None, was_raised: bool, exact: bool, served: bool
) -> None:
    once = judged(before, was_raised=was_raised, exact=exact, served=served)

    assert judged(once, was_raised=was_raised, exact=exact, served=served) is once
