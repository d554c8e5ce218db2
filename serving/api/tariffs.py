"""Tariffs in versions."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from ninja import Field, Query, Router, Schema

from metering.clock import SystemClock
from serving.api.answers import Fault
from serving.api.parameters import wants_csv
from serving.csv_stream import csv_response
from serving.pages.state import read_ids
from serving.pages.views.tariffs import HEAD, state_of, version_cells
from serving.queries.snapshot import one_snapshot
from serving.queries.tariffs import KeptVersion, kept_versions
from serving.tariff_words import price_words, rounding_words

router = Router(tags=["tariffs"])


class TariffQuery(Schema):
    """Of which names."""

    name: list[str] = Field([], description="only tariffs of these names; may be repeated")
    format: Literal["json", "csv"] = "json"


class TariffRow(Schema):
    """A version. `spec` is what its SHA-256 is of, as JSON with keys in order and no blanks."""

    name: str
    valid_from: datetime
    until: datetime | None = Field(description="exclusive; null while no later version ends it")
    state: Literal["in force", "later", "ended"]
    subject: str
    of: str = Field(description="the part of a machine's use, else empty")
    customers: list[str]
    currency: str
    period: Literal["month", "day"]
    unit: Decimal
    price: list[str] = Field(description="in words")
    rounding: str = Field(description="in words")
    spec: dict[str, Any]
    sha256: str
    created_at: datetime
    created_by: str
    is_rated: bool = Field(description="whether the batch layer has rated what it covers since it was added")


@router.get(
    "/tariffs", operation_id="tariffs", summary="What the numbers cost", response={200: list[TariffRow], 400: Fault})
def tariffs(request: HttpRequest, query: Query[TariffQuery]) -> list[TariffRow] | HttpResponseBase:
    """Every version, by name and valid_from."""
    now, names = SystemClock().now(), read_ids(request.GET, "name")
    as_csv = wants_csv(request.GET)
    with one_snapshot():
        found = [one for one in kept_versions() if not names or one.version.name in names]
    if as_csv:
        return csv_response("tariffs.csv", HEAD, (version_cells(one, now) for one in found))
    return [_row(one, now) for one in found]


def _row(kept: KeptVersion, now: datetime) -> TariffRow:
    version = kept.version
    return TariffRow(
        name=version.name, valid_from=version.valid_from, until=kept.until, state=state_of(kept, now),
        subject=version.subject, of=version.of, customers=list(version.customers), currency=version.currency,
        period=version.period, unit=version.unit, price=price_words(version), rounding=rounding_words(version),
        spec=version.spec, sha256=version.sha256, created_at=kept.created_at, created_by=kept.created_by,
        is_rated=kept.is_rated)
