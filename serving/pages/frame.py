"""What every page has around it: navigation, freshness, the picker, the pager."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone

from serving.pages.state import RangeState
from serving.periods import PRESETS, Preset
from serving.queries.freshness import Freshness
from serving.ranges import ParameterFault, RangeFault, TimeRange, parse_zone, zone_names

NAV = (
    ("overview", "Overview"), ("usage", "Usage"), ("quotas", "Quotas"), ("alerts", "Alerts"),
    ("services", "Services"), ("machines", "Machines"), ("billing", "Billing"),
    ("tariffs", "Tariffs"), ("invoices", "Invoices"), ("explorer", "Events"), ("offers", "Offers"),
    ("dashboards", "Dashboards"), ("proof", "Proof"), ("dead-letters", "Dead letters"),
    ("health", "Health"))


@dataclass(frozen=True)
class Picker:
    """The range as the form shows it. What was typed wrongly stays in its field."""

    from_date: str
    to_date: str
    from_text: str
    to_text: str
    preset: Preset | None
    previous: TimeRange | None
    following: TimeRange | None
    query: QueryDict
    presets: Sequence[Preset] = PRESETS

    @property
    def carried(self) -> list[tuple[str, str]]:
        """Hidden fields of the forms that choose the range."""
        return carried(self.query, ("from", "to", "page", "format"))

    @property
    def carried_but_zone(self) -> list[tuple[str, str]]:
        return carried(self.query, ("tz", "page", "format"))

    @property
    def carried_but_options(self) -> list[tuple[str, str]]:
        return carried(self.query, ("granularity", "compare", "page", "format"))

    @property
    def carried_search(self) -> list[tuple[str, str]]:
        return carried(self.query, ("q", "page", "format"))

    @property
    def carried_columns(self) -> list[tuple[str, str]]:
        return carried(self.query, ("column", "page", "format"))

    @property
    def carried_all(self) -> list[tuple[str, str]]:
        return carried(self.query, ("page", "format"))

    @property
    def both_dates(self) -> bool:
        """Whether the date fields can show what was given."""
        return bool(self.from_date and self.to_date)

    @property
    def zones(self) -> list[str]:
        return zone_choices()


@dataclass(frozen=True)
class Pager:
    """Where in a long table the page is."""

    page: int
    size: int
    count: int

    @property
    def pages(self) -> int:
        return -(-self.count // self.size)

    @property
    def first(self) -> int:
        return (self.page - 1) * self.size + 1

    @property
    def last(self) -> int:
        return min(self.page * self.size, self.count)

    @property
    def before(self) -> int:
        return self.page - 1

    @property
    def after(self) -> int:
        return self.page + 1


def page(
    request: HttpRequest, template: str, fresh: Freshness | None, *, status: int = 200, **context: Any
) -> HttpResponse:
    """Render a page in the zone that its address names; in UTC, as a 400 that says so, where there is none such."""
    try:
        zone = parse_zone(request.GET.get("tz", ""))
    except RangeFault as fault:
        zone, status = parse_zone("UTC"), 400
        context = {"fault": fault} | context
    name = str(zone)
    kept_zone = "" if name == "UTC" else "?" + _with(tz=name).urlencode()
    around = {"nav": NAV, "fresh": fresh, "zone": name, "kept_zone": kept_zone}
    with timezone.override(zone):
        return render(request, template, around | context, status=status)


def picker(request: HttpRequest, state: RangeState) -> Picker:
    """The picker of a range that could be read."""
    chosen = state.chosen
    return Picker(
        chosen.first_date.isoformat(), chosen.last_date.isoformat(), chosen.from_text, chosen.to_text,
        state.preset, state.previous, state.following, request.GET)


def faulty_picker(request: HttpRequest) -> Picker:
    """The picker of an address that could not be read: what was typed stays."""
    given_from, given_to = request.GET.get("from", ""), request.GET.get("to", "")
    return Picker(
        _as_date(given_from), _as_date(given_to), given_from, given_to, None, None, None,
        request.GET)


def faulty_page(
    request: HttpRequest, template: str, fault: ParameterFault, fresh: Freshness | None, **context: Any
) -> HttpResponse:
    """The page with its controls and the fault beside them; status 400."""
    shown = context | {"fault": fault, "picker": faulty_picker(request)}
    return page(request, template, fresh, status=400, **shown)


def carried(query: QueryDict, without: Sequence[str]) -> list[tuple[str, str]]:
    """The parameters that a form hands on as hidden fields."""
    return [(name, value) for name, values in query.lists() if name not in without for value in values]


@cache
def zone_choices() -> list[str]:
    """The zones to choose from: those named by a place."""
    regions = ("Africa/", "America/", "Antarctica/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Indian/",
               "Pacific/")
    return sorted(name for name in zone_names() if name.startswith(regions))


def _with(**values: str) -> QueryDict:
    query = QueryDict(mutable=True)
    query.update(values)
    return query


def _as_date(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat() if len(text) == 10 else ""
    except ValueError:
        return ""
