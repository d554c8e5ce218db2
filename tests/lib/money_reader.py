"""Reads tariffs, what was rated, and what was invoiced."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from typing import Any

from psycopg2.extensions import connection

from tests.lib.money_evidence import Document, Line, LineKey, MoneyEvidence, Said, Subject, Version

TARIFFS = "SELECT name, valid_from, spec, rated_at IS NOT NULL FROM tariff ORDER BY name, valid_from"
RATED_LINES = """
SELECT tariff, valid_from, customer, period, period_end, currency, subject, quantity, fixed, rounding, amount
FROM rated_line
"""
RATED_HOURS = "SELECT tariff, valid_from, customer, period, hour, quantity, amount FROM rated_hour"
DOCUMENTS = "SELECT number, kind, corrects, customer, period, period_end, currency, total FROM invoice ORDER BY number"
LINES = """
SELECT number, position, tariff, valid_from, subject, quantity, fixed, rounding, amount
FROM invoice_line ORDER BY number, position
"""
LINE_HOURS = "SELECT number, position, hour, quantity, amount FROM invoice_hour"
HOURS = """
SELECT topic, hour, coalesce(rated.revision = state.revision, FALSE), final
FROM hour_state AS state LEFT JOIN rated_state AS rated USING (topic, hour) WHERE state.revision > 0
"""
WAITING = """
SELECT DISTINCT file.topic, file.hour
FROM archive_file AS file LEFT JOIN hour_state AS state USING (topic, hour)
WHERE file.superseded IS NULL AND file.generation > coalesce(state.published_generation, 0)
"""
BYTES = "SELECT timestamp, id, value FROM bytes_hourly WHERE type = %s"
MACHINES = "SELECT hour, machine_id, cpu_percent_s, ram_percent_s FROM machine_hour_batch"
COSTS = "SELECT hour, company, currency, cost FROM company_hour_batch"
BYTES_OF = {
    "user_bytes": "user_total_bytes", "app_bytes": "app_total_bytes", "antenna_bytes": "antenna_total_bytes"}


def read_money(session: connection) -> MoneyEvidence:
    """All of it, in the session's snapshot; nothing where there is no tariff."""
    found = MoneyEvidence()
    found.versions = [Version(*row) for row in _rows(session, TARIFFS)]
    if not found.versions:
        return found
    for *key, hour, quantity, amount in _rows(session, RATED_HOURS):
        found.rated_hours[tuple(key)][hour] = Said(quantity, amount)
    found.rated_lines = {(*row[:4],): Line(*row[4:]) for row in _rows(session, RATED_LINES)}
    found.documents = _documents(session)
    for topic, hour, is_rated, final in _rows(session, HOURS):
        found.unrated |= set() if is_rated else {(topic, hour)}
        found.unsettled |= set() if is_rated and final else {(topic, hour)}
    found.unsettled |= set(_rows(session, WAITING))
    found.quantities = _quantities(session)
    return found


def _documents(session: connection) -> list[Document]:
    hours: dict[tuple[str, int], dict[datetime, Said]] = defaultdict(dict)
    for number, position, hour, quantity, amount in _rows(session, LINE_HOURS):
        hours[number, position][hour] = Said(quantity, amount)
    lines: dict[str, list[tuple[LineKey, Line, dict[datetime, Said]]]] = defaultdict(list)
    heads = {row[0]: row for row in _rows(session, DOCUMENTS)}
    for number, position, tariff, valid_from, *rest in _rows(session, LINES):
        _, _, _, customer, period, period_end, currency, _ = heads[number]
        line = Line(period_end, currency, *rest)
        lines[number].append(((tariff, valid_from, customer, period), line, hours[number, position]))
    return [
        Document(number, kind, corrects, (customer, period, period_end, currency), total, lines[number])
        for number, kind, corrects, customer, period, period_end, currency, total in heads.values()]


def _quantities(session: connection) -> dict[Subject, dict[str, dict[datetime, Decimal]]]:
    """By subject, its part and currency: what each customer used in each hour, by the batch layer's tables."""
    found: dict[Subject, dict[str, dict[datetime, Decimal]]] = defaultdict(lambda: defaultdict(dict))
    for subject, kind in BYTES_OF.items():
        for hour, customer, value in _rows(session, BYTES, kind):
            found[subject, "", ""][customer][hour] = Decimal(value)
    for hour, machine, cpu, memory in _rows(session, MACHINES):
        found["machine_percent_hours", "cpu", ""][machine][hour] = _of_an_hour(cpu)
        found["machine_percent_hours", "memory", ""][machine][hour] = _of_an_hour(memory)
    for hour, company, currency, cost in _rows(session, COSTS):
        found["company_costs", "", currency][company][hour] = cost
    return found


def _of_an_hour(percent_s: Decimal) -> Decimal:
    """Percent-seconds as percent-hours, to 12 decimals."""
    with localcontext() as context:
        context.prec = 60
        return (percent_s / 3600).quantize(Decimal(1).scaleb(-12), ROUND_HALF_EVEN)


def _rows(session: connection, statement: str, *values: str) -> list[tuple[Any, ...]]:
    with session.cursor() as cursor:
        cursor.execute(statement, values or None)
        return cursor.fetchall()


