"""A play's values in the table of the explorer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from serving.pages.templatetags.figures import NO_DATA, moment
from serving.plays.terms import NUMBERS

register = template.Library()

_DIGITS = {"probability": ".4f", "score_age_s": ",.0f"}


@register.simple_tag
def play_cell(play: Mapping[str, Any], name: str) -> SafeString:
    """The cell of one column: a dash where there is no value, which is not zero."""
    value = play[name]
    if value is None:
        kind = "number" if name in NUMBERS else "mono"
        return format_html('<td class="{}"><span class="none" title="no value">{}</span></td>', kind, NO_DATA)
    if isinstance(value, datetime):
        return format_html('<td class="nowrap">{}</td>', moment(value))
    if isinstance(value, int | float):
        text = format(value, _DIGITS.get(name, ""))
        return format_html('<td class="number" title="{}">{}</td>', value, text)
    return format_html('<td class="mono">{}</td>', value)
