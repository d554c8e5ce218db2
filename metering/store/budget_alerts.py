"""Budget alerts: raised from what is served, judged by what is rated. The domain says what is crossed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from psycopg2.extensions import cursor as Cursor
from psycopg2.extras import execute_values

from metering.domain.alerts import AlertState, Period, Rule, RuleKind, crosses, judged, period_at, threshold
from metering.sql import statement
from metering.store.spending import Account, Spending, rated_spending, served_spending

MONTHS_JUDGED = 3
"""An event may be 35 days late, and its hour needs a run: later than that no month changes."""

Budgets = Mapping[Account, Decimal]


@dataclass(frozen=True)
class _Told:
    """An alert of the month, as it stands."""

    number: int
    rule: int
    percent: int
    id: str
    currency: str
    state: str
    was_raised: bool
    value: Decimal
    threshold: Decimal

    @property
    def account(self) -> Account:
        return self.id, self.currency


def raise_budget_alerts(cursor: Cursor, moment: datetime) -> int:
    """Raise what is above its threshold in the month of `moment`; returns how many. A repeat raises nothing.

    The whole of the caller's transaction, which becomes one of one snapshot: what is served and what is rated of it
    are read by several statements. Raises SerializationFailure where another one tells the same meanwhile.
    """
    cursor.execute(statement("batch/one_snapshot"))
    month = period_at(RuleKind.BUDGET, moment)
    rules, budgets = _rules(cursor, month), _budgets(cursor)
    if not (rules and budgets):
        return 0
    told = {(one.rule, *one.account) for one in _told(cursor, month)}
    served = served_spending(cursor, month, rated_spending(cursor, month, list(budgets)))
    rows = [row for row in _crossed(rules, budgets, served, month, AlertState.RAISED) if row[:3] not in told]
    return _insert(cursor, rows)


def judge_budget_alerts(cursor: Cursor, moment: datetime) -> int:
    """Judge the months that may still change, after their hours were rated; returns how many alerts changed.

    The same again changes nothing.
    """
    changed, month = 0, period_at(RuleKind.BUDGET, moment)
    for _ in range(MONTHS_JUDGED):
        changed += _judge(cursor, month)
        month = period_at(RuleKind.BUDGET, month.start - timedelta(hours=1))
    return changed


def _judge(cursor: Cursor, month: Period) -> int:
    rules, budgets, told = _rules(cursor, month), _budgets(cursor), _told(cursor, month)
    accounts = sorted({*budgets, *(one.account for one in told)})
    if not told and not (rules and budgets):
        return 0
    rated = rated_spending(cursor, month, accounts)
    served = served_spending(cursor, month, rated)
    verdicts = [verdict for one in told if (verdict := _verdict(one, budgets, rated, served))]
    if verdicts:
        execute_values(
            cursor, statement("alerts/judge_budget_alerts"), verdicts, template="(%s, %s, %s::numeric, %s::numeric)")
    known = {(one.rule, *one.account) for one in told}
    missed = [row for row in _crossed(rules, budgets, rated, month, AlertState.MISSED) if row[:3] not in known]
    return len(verdicts) + _insert(cursor, missed)


def _verdict(
    one: _Told, budgets: Budgets, rated: Spending, served: Spending
) -> tuple[int, str, Decimal, Decimal] | None:
    """What changes of an alert; None where nothing does. Of a budget that is gone the threshold stays."""
    limit = threshold(one.percent, budgets[one.account]) if one.account in budgets else one.threshold
    exact = rated[one.account]
    state = judged(
        AlertState(one.state), was_raised=one.was_raised, exact=crosses(exact, 100, limit),
        served=crosses(served[one.account], 100, limit))
    stands = state == one.state and (state is AlertState.RAISED or (one.value, one.threshold) == (exact, limit))
    return None if stands or state is None else (one.number, state.value, exact, limit)


def _crossed(
    rules: Mapping[int, Rule], budgets: Budgets, spending: Spending, month: Period, state: AlertState
) -> Iterator[tuple[object, ...]]:
    for number, rule in rules.items():
        for (customer, currency), amount in budgets.items():
            used = spending[customer, currency]
            if rule.watches(customer) and crosses(used, rule.percent, amount):
                yield (number, customer, currency, month.start, month.end, state.value, used,
                       threshold(rule.percent, amount))


def _insert(cursor: Cursor, rows: Sequence[tuple[object, ...]]) -> int:
    """Rows that are there already stay as they are: told once a month."""
    if not rows:
        return 0
    execute_values(
        cursor, statement("alerts/insert_budget_alerts"), rows, page_size=len(rows),
        template="(%s, %s, %s, %s::timestamptz, %s::timestamptz, %s, %s::numeric, %s::numeric)")
    return int(cursor.rowcount)


def _rules(cursor: Cursor, month: Period) -> dict[int, Rule]:
    cursor.execute(statement("alerts/budget_rules"), {"end": month.end})
    return {number: Rule(RuleKind.BUDGET, percent, subject) for number, percent, subject in cursor.fetchall()}


def _budgets(cursor: Cursor) -> Budgets:
    cursor.execute(statement("alerts/budgets"))
    return {(customer, currency): amount for customer, currency, amount in cursor.fetchall()}


def _told(cursor: Cursor, month: Period) -> list[_Told]:
    cursor.execute(statement("alerts/budget_alerts"), {"start": month.start})
    return [_Told(*row) for row in cursor.fetchall()]
