"""Alerts in the pages: their states, delays, months and amounts."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from metering.domain.alerts import AlertState
from serving.figures import exact_number
from serving.pages.templatetags.figures import NO_DATA

register = template.Library()

_MARKS = {
    AlertState.RAISED: ("provisional", "Told from realtime; the exact count has not judged it yet"),
    AlertState.CONFIRMED: ("final", "The exact count reaches the threshold"),
    AlertState.WITHDRAWN: ("corrected", "The exact count does not reach the threshold: it was raised by mistake"),
    AlertState.MISSED: ("failed", "The exact count reaches the threshold, and nobody was told before"),
}


@register.filter
def alert_mark(state: str) -> SafeString:
    """The word of an alert's state."""
    kind, meaning = _MARKS[AlertState(state)]
    return format_html('<span class="mark mark-{}" title="{}">{}</span>', kind, meaning, state)


@register.filter
def seconds(length_s: Decimal | None) -> SafeString | str:
    """Seconds with one digit, all of them on hover; a dash where nothing was measured."""
    if length_s is None:
        return format_html('<span class="none">{}</span>', NO_DATA)
    return format_html('<data value="{}" title="{} s">{} s</data>', length_s, length_s, f"{length_s:,.1f}")


@register.filter
def trimmed(amount: Decimal) -> str:
    """Every digit of an amount, at least two after the point."""
    digits = exact_number(amount)
    whole, point, part = digits.partition(".")
    return f"{whole}.{part.rstrip('0').ljust(2, '0')}" if point else f"{whole}.00"


@register.simple_tag
def month(start: datetime) -> SafeString:
    """A calendar month, UTC."""
    at = start.astimezone(UTC)
    return format_html('<time datetime="{}">{}</time>', f"{at:%Y-%m}", f"{at:%Y-%m}")
