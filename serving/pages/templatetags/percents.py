"""Percents and money in the pages: short, with every digit on hover, a dash where nothing is known."""

from __future__ import annotations

from decimal import Decimal

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from serving.figures import exact_number, short_number
from serving.pages.templatetags.figures import NO_DATA
from serving.percents import exact_money, exact_percent, short_money, short_percent

register = template.Library()

_NONE = '<span class="none" title="{}">{}</span>'


@register.filter
def percent(value: Decimal | None) -> SafeString:
    """A reading of a sample, or an average of readings."""
    if value is None:
        return format_html(_NONE, "no data", NO_DATA)
    return format_html('<data value="{}" title="{}">{}</data>', value, exact_percent(value), short_percent(value))


@register.filter
def percent_sum(value: Decimal | None) -> SafeString:
    """A sum of readings, in short."""
    if value is None:
        return format_html(_NONE, "no data", NO_DATA)
    exactly = exact_number(value)
    return format_html('<data value="{}" title="{}">{}</data>', value, exactly, short_number(value))


@register.filter
def every_digit(value: Decimal) -> SafeString:
    """A sum that is priced, so that the price can be computed again."""
    return format_html('<data value="{}">{}</data>', value, exact_number(value))


@register.filter
def money(value: Decimal | None) -> SafeString:
    """A price in short."""
    if value is None:
        return format_html(_NONE, "no tariff", NO_DATA)
    return format_html('<data value="{}" title="{}">{}</data>', value, exact_money(value), short_money(value))


@register.filter
def exact(value: Decimal | None) -> SafeString:
    """A price with all its digits, so that a column can be added up."""
    if value is None:
        return format_html('<span class="none">{}</span>', "no tariff")
    return format_html('<data value="{}">{}</data>', value, exact_money(value))
