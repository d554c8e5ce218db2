"""Numbers, times and marks in the pages: what a person reads, with the exact value on hover."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import get_current_timezone

from serving.figures import exact_bytes, exact_number, period_text, short_bytes, short_count, short_number
from serving.periods import moment_text as address_text
from serving.queries.buckets import HOUR, Bucket
from serving.queries.dimensions import Finality
from serving.queries.freshness import ago
from serving.queries.proof import Verdict
from serving.queries.streams import ProvenType, first_topic

register = template.Library()

NO_DATA = "—"
_MARKS = {
    Finality.PROVISIONAL: "Counted by the speed layer, or its hour is not final yet",
    Finality.FINAL: "Counted exactly and proven; it does not change any more",
    Finality.CORRECTED: "Was final, then changed by a late event; the old value is kept",
}


@register.filter
def size(number: int | None) -> SafeString | str:
    """Bytes, short; a dash where there is no data, which is not zero."""
    if number is None:
        return format_html('<span class="none" title="no data">{}</span>', NO_DATA)
    return format_html('<data value="{}" title="{}">{}</data>', number, exact_bytes(number), short_bytes(number))


@register.filter
def figure(number: int | Decimal | None, of: ProvenType | None) -> SafeString | str:
    """A sum in the unit of its measure: bytes as `size` shows them, else a plain number."""
    if number is None or (of is not None and of.is_bytes):
        return size(None if number is None else int(number))
    exact = number
    if of is not None and isinstance(number, Decimal):
        exact = round(number, of.decimals)
    return format_html(
        '<data value="{}" title="{}">{}</data>', str(exact), exact_number(exact), short_number(exact))


@register.filter
def count(number: int | None) -> SafeString:
    """A count, short from 10,000 on."""
    if number is None:
        return format_html('<span class="none" title="no data">{}</span>', NO_DATA)
    return format_html('<data value="{}" title="{}">{}</data>', number, f"{number:,}", short_count(number))


@register.filter
def is_number(value: object) -> bool:
    """Whether a field's value stands in a column of numbers."""
    return value is None or isinstance(value, int | Decimal)


@register.filter
def cell(value: object) -> SafeString | str:
    """A field's value in every digit; a dash where it is unknown, which is not zero."""
    if value is None:
        return format_html('<span class="none" title="unknown">{}</span>', NO_DATA)
    return exact_number(value) if isinstance(value, int | Decimal) else str(value)


@register.filter
def plain(number: int | None) -> SafeString | str:
    """Every digit of a number, for offsets and rows."""
    return format_html('<span class="none">{}</span>', NO_DATA) if number is None else f"{number:,}"


@register.filter
def times_text(share: float | None) -> str:
    """A multiple; a quota of nothing has none."""
    return "no quota" if share is None else f"{share:,.2f}×"


@register.filter
def verdict(found: Verdict) -> SafeString:
    """The word of a proof's verdict."""
    kind = {Verdict.PROVEN: "final", Verdict.FAILED: "failed", Verdict.NOT_YET: "provisional"}[found]
    return format_html('<span class="mark mark-{}">{}</span>', kind, found.value)


@register.simple_tag
def passport(bucket: Bucket, by: str, id: str) -> str:
    """Where the numbers of a bar come from: its hour's passport, or the proofs of its hours."""
    if bucket.end - bucket.start <= HOUR:
        return _of_hour("passport", bucket.start, {"by": by, "id": id})
    query = urlencode({"from": address_text(bucket.start), "to": address_text(bucket.end), **_zone_query()})
    return f"{reverse('proof')}?{query}"


@register.simple_tag
def passport_at(hour: datetime, topic: str = "") -> str:
    """The address of the passport of a stream's hour."""
    return _of_hour("passport", hour, _stream_query(topic))


@register.simple_tag(takes_context=True)
def events_at(context: template.Context, hour: datetime, topic: str = "") -> str:
    """The address of the raw events of a stream's hour, of the id that this page is about where it is about one."""
    given = context["request"].GET
    about = {name: given[name] for name in ("by", "id") if given.get(name)}
    return _of_hour("events", hour, about | _stream_query(topic))


def _of_hour(page: str, hour: datetime, about: dict[str, str]) -> str:
    address = reverse(page, args=[f"{hour.astimezone(UTC):%Y-%m-%dT%H}"])
    query = urlencode(about | _zone_query())
    return f"{address}?{query}" if query else address


def _stream_query(topic: str) -> dict[str, str]:
    return {} if topic in ("", first_topic()) else {"stream": topic}


def _zone_query() -> dict[str, str]:
    name = str(_zone())
    return {} if name == "UTC" else {"tz": name}


@register.filter
def span(seconds: int | timedelta) -> str:
    """A length of time in its two largest units."""
    return ago(seconds if isinstance(seconds, timedelta) else timedelta(seconds=seconds))


@register.filter
def mark(finality: Finality) -> SafeString:
    """The word that says how far a number can be trusted."""
    return format_html(
        '<span class="mark mark-{}" title="{}">{}</span>', finality.value, _MARKS[finality], finality.value)


_FORMS = {
    "second": "%Y-%m-%d %H:%M:%S", "minute": "%Y-%m-%d %H:%M", "clock": "%H:%M:%S", "hour": "%H:%M",
    "brief": "%d %b %H:%M", "peak": "%d %b %H:%M:%S"}


@register.simple_tag
def moment(at: datetime | None, form: str = "second") -> SafeString:
    """A time in the chosen zone, its exact UTC instant on hover.

    `form`: second, minute, brief and peak (no year), or clock and hour, which name the day only where it is not today.
    """
    if at is None:
        return format_html('<span class="none">{}</span>', NO_DATA)
    zone = _zone()
    wall = at.astimezone(zone)
    text = wall.strftime(_FORMS[form])
    if form in ("clock", "hour") and wall.date() != datetime.now(zone).date():
        text = f"{wall:%Y-%m-%d} {text}"
    exact = at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return format_html('<time datetime="{}" title="{}">{}</time>', exact, exact, text)


@register.simple_tag
def period(start: datetime, end: datetime) -> str:
    """A half-open range in the chosen zone."""
    return period_text(start, end, _zone())


@register.simple_tag(takes_context=True)
def sort_link(context: template.Context, key: str, label: str, falling: bool = True) -> SafeString:
    """A column's head that sorts by it; a second click turns the order. `falling`: the first click's order."""
    given = context["sort"]
    first, second = (f"-{key}", key) if falling else (key, f"-{key}")
    target = second if given == first else first
    query = context["request"].GET.copy()
    query.pop("page", None)
    query["sort"] = target
    arrow = "" if given not in (first, second) else " ▾" if given.startswith("-") else " ▴"
    return format_html('<a href="?{}">{}{}</a>', query.urlencode(), label, arrow)


@register.simple_tag(takes_context=True)
def sorted_as(context: template.Context, key: str) -> str:
    """The value of aria-sort for a column."""
    given = context["sort"]
    return {key: "ascending", f"-{key}": "descending"}.get(given, "none")


def _zone() -> ZoneInfo:
    zone = get_current_timezone()
    return zone if isinstance(zone, ZoneInfo) else ZoneInfo("UTC")
