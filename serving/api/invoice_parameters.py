"""The parameters of the API's invoices, declared for its document; read by the same functions as the pages'."""

from __future__ import annotations

from typing import Literal

from ninja import Field, Schema

from serving.api.parameters import DEFAULT_LIMIT, MOST_LIMIT
from serving.queries.invoices import ORDERS

_PERIOD = "a month such as 2026-10, or a day such as 2026-10-05"


class InvoicesQuery(Schema):
    """Which documents, in which order."""

    customer: list[str] = Field([], description="only these customers; may be repeated")
    period: str = Field("", description=f"only this period: {_PERIOD}")
    currency: str = Field("", description="only this currency")
    state: list[Literal["draft", "grace", "final", "correction"]] = Field([], description="may be repeated")
    sort: str = Field("", description=", ".join(ORDERS) + " (-period)")
    page: int = Field(1, ge=1, description="page of the answer, from 1; not for CSV, which is whole")
    limit: int = Field(DEFAULT_LIMIT, ge=1, le=MOST_LIMIT, description="rows a page")
    format: Literal["json", "csv"] = Field("json", description="csv streams all rows")


class DocumentQuery(Schema):
    """How a document is given."""

    hours: bool = Field(False, description="with the hours of each line; not for CSV and PDF, which have them")
    format: Literal["json", "csv", "pdf"] = Field("json", description="csv: a row a part, the last one the total")


class DraftQuery(DocumentQuery):
    """Of which account."""

    customer: str = Field(description="the customer's id")
    period: str = Field(description=_PERIOD)
    currency: str = Field(description="such as EUR")
