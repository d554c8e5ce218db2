"""Amounts of money in documents: every digit that counts, the stored number beside it."""

from __future__ import annotations

from decimal import Decimal

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from serving.invoices.paper import amount_text
from serving.pages.templatetags.figures import NO_DATA

register = template.Library()


@register.filter
def amount(value: Decimal | None) -> SafeString:
    """An amount or a quantity; a dash where there is none."""
    if value is None:
        return format_html('<span class="none">{}</span>', NO_DATA)
    return format_html('<data value="{}">{}</data>', f"{value:f}", amount_text(value))
