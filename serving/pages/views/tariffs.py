"""Tariffs: the list of versions, and one tariff with its history."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from metering.clock import SystemClock
from metering.domain.billing.written import written
from metering.domain.stream import IDENTIFIER
from serving.accounts.roles import Role
from serving.csv_stream import csv_response
from serving.pages.frame import page
from serving.pages.state import one_of
from serving.queries.freshness import freshness
from serving.queries.snapshot import one_snapshot
from serving.queries.tariffs import KeptVersion, kept_versions
from serving.ranges import ParameterFault
from serving.tariff_words import customer_words, price_words, rounding_words, subject_words

LIST, ONE = "pages/tariffs.html", "pages/tariff.html"
HEAD = (
    "name", "valid_from", "until", "state", "subject", "of", "customers", "currency", "period", "unit", "price",
    "rounding", "sha256", "created_at", "created_by")


@require_safe
def tariffs(request: HttpRequest) -> HttpResponseBase:
    """Every version, those of a name together; or as CSV. 400 with the fault."""
    now = SystemClock().now()
    with one_snapshot():
        fresh = freshness(now)
        versions = kept_versions()
    try:
        as_csv = one_of(request.GET, "format", {"html": False, "csv": True}, "html")
    except ParameterFault as fault:
        return page(request, LIST, fresh, status=400, fault=fault)
    if as_csv:
        return csv_response("tariffs.csv", HEAD, (version_cells(one, now) for one in versions))
    return page(
        request, LIST, fresh, versions=list(shown(versions, now)), names=len({one.version.name for one in versions}),
        may_add=request.user.may(Role.OPERATOR))


@require_safe
def tariff(request: HttpRequest, tariff_name: str) -> HttpResponseBase:
    """The versions of one, the latest first. 404 for a name that has none."""
    now = SystemClock().now()
    with one_snapshot():
        fresh = freshness(now)
        versions = kept_versions(tariff_name) if IDENTIFIER.fullmatch(tariff_name) else []
    if not versions:
        raise Http404
    return page(
        request, ONE, fresh, name=tariff_name, versions=list(shown(versions, now))[::-1],
        may_add=request.user.may(Role.OPERATOR))


def shown(versions: Sequence[KeptVersion], now: datetime) -> Iterator[dict[str, Any]]:
    """Versions as the templates want them, in words and as text."""
    for kept in versions:
        yield {
            "kept": kept, "version": kept.version, "state": state_of(kept, now), "text": written(kept.version),
            "subject": subject_words(kept.version), "customers": customer_words(kept.version),
            "price": price_words(kept.version), "rounding": rounding_words(kept.version)}


def state_of(kept: KeptVersion, now: datetime) -> str:
    """Whether a version holds at `now`: in force, later, ended."""
    if kept.holds_at(now):
        return "in force"
    return "later" if kept.version.valid_from > now else "ended"


def version_cells(kept: KeptVersion, now: datetime) -> Sequence[object]:
    """A version's row of a CSV file, under HEAD."""
    version = kept.version
    return (
        version.name, version.valid_from, kept.until, state_of(kept, now), version.subject, version.of,
        " ".join(version.customers), version.currency, version.period, f"{version.unit:f}",
        "; ".join(price_words(version)), rounding_words(version), version.sha256, kept.created_at, kept.created_by)
