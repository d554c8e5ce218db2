"""The parameters of the API, declared for its document.

They are read by the same functions as the addresses of the pages, so that both mean the same; those raise
ParameterFault, which `serving/api/app.py` answers with 400.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from django.http import QueryDict
from ninja import Field, Schema

from serving.pages.state import MOST_FILTERS, UsageState, one_of, read_usage
from serving.queries.machines import ORDERS as MACHINE_ORDERS
from serving.queries.quotas import ORDERS
from serving.queries.usage import ROW_ORDERS, TOTAL_ORDERS
from serving.ranges import ParameterFault

DEFAULT_LIMIT, MOST_LIMIT = 1000, 10_000

_MOMENT = "an ISO date or time, or relative text such as now-7d or now/d"


def _listed(orders: Iterable[str]) -> str:
    return ", ".join(orders)


class RangeQuery(Schema):
    """The range every question has, and how its answer is given."""

    from_: str = Field("", alias="from", description=f"{_MOMENT}; a day before `to` when absent")
    to: str = Field("", description=f"{_MOMENT}; exclusive for times, inclusive for dates; now when absent")
    tz: str = Field("", description="an IANA zone name; UTC when absent")
    page: int = Field(1, ge=1, description="page of the answer, from 1; not for CSV, which is whole")
    limit: int = Field(DEFAULT_LIMIT, ge=1, le=MOST_LIMIT, description="rows a page")
    format: Literal["json", "csv"] = Field("json", description="csv streams all rows")


class UsageQuery(RangeQuery):
    """By what, cut how, and of which ids."""

    by: Literal["user", "app", "antenna"] = "user"
    granularity: Literal["auto", "5min", "hour", "day"] = Field("auto", description="auto: by the range's length")
    show: Literal["times", "totals"] = Field("times", description="a row a bucket and id, or a row an id")
    id: list[str] = Field([], description="only these ids; may be repeated")
    sort: str = Field("", description=f"times: {_listed(ROW_ORDERS)} (time); totals: {_listed(TOTAL_ORDERS)} (-value)")


class ProofQuery(RangeQuery):
    """Of which stream."""

    stream: str = Field("", description="only the hours of this topic; of all when absent")


class QuotaQuery(RangeQuery):
    """Of which users."""

    email: list[str] = Field([], description="only these users; may be repeated")
    sort: str = Field("", description=f"{_listed(ORDERS)} (-time)")


class BillingQuery(RangeQuery):
    """Of which companies, in which currency. The tables' orders are those of the page /billing."""

    company: list[str] = Field([], description="only these companies; may be repeated")
    currency: str = Field("", description="only this currency; any when absent")
    sort: str = Field("", description="the table's column, with - before it for falling order")


class MachinesQuery(Schema):
    """Which machines, in which order."""

    find: str = Field("", description="only machines whose id holds this text")
    sort: str = Field("", description=f"{_listed(MACHINE_ORDERS)} (id)")
    page: int = Field(1, ge=1, description="page of the answer, from 1; not for CSV, which is whole")
    limit: int = Field(DEFAULT_LIMIT, ge=1, le=MOST_LIMIT, description="rows a page")
    format: Literal["json", "csv"] = Field("json", description="csv gives all rows")


def read_limit(query: QueryDict) -> int:
    """Rows a page. Raises ParameterFault."""
    found = query.get("limit") or str(DEFAULT_LIMIT)
    if not (found.isascii() and found.isdigit() and 1 <= int(found[:9]) <= MOST_LIMIT):
        raise ParameterFault("limit", found, f"a whole number 1 … {MOST_LIMIT}")
    return int(found)


def wants_csv(query: QueryDict) -> bool:
    """Whether the whole answer is asked for as CSV. Raises ParameterFault."""
    return one_of(query, "format", {"json": False, "csv": True}, "json")


def read_usage_over_time(query: QueryDict, now: datetime) -> UsageState:
    """The usage question; unlike the page, rows by time are the default. Raises ParameterFault."""
    given = query.copy()
    if not given.get("show"):
        given["show"] = "times"
    return read_usage(given, now)


def read_emails(query: QueryDict) -> tuple[str, ...]:
    """The mail addresses asked for, each once. Raises ParameterFault."""
    emails = tuple(dict.fromkeys(email.strip() for email in query.getlist("email") if email))
    for email in emails:
        if not email.isprintable() or not 1 <= len(email) <= 254:
            raise ParameterFault("email", email, "a mail address as the answer shows it")
    if len(emails) > MOST_FILTERS:
        raise ParameterFault("email", f"{len(emails)} addresses", f"at most {MOST_FILTERS}")
    return emails
