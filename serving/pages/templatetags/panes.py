"""Panes in the pages: their timing as a coloured word, what became of a late event, links to companies and windows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlencode

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from serving.pages.pane_bars import NAMES
from serving.pages.templatetags.figures import moment, passport_at
from serving.queries.panes import TIMINGS, PaneCount

register = template.Library()

_MEANINGS = {
    "early": "Fired before the watermark reached the window's end",
    "on_time": "Fired when the watermark reached the window's end",
    "late": "Fired after it, with what came late",
}
_JUDGED = {
    True: ("provisional", "repeat", "The same event was counted before; it changes no sum"),
    False: ("corrected", "counted", "It is in no pane, but in the exact sums of its hour"),
    None: ("partial", "not judged", "The batch layer has not looked at it yet"),
}


@register.filter
def pane_sum(counts: Sequence[PaneCount]) -> int:
    """All panes together."""
    return sum(one.panes for one in counts)


@register.filter
def timing(word: str) -> SafeString:
    """A timing, with its colour in the chart."""
    swatch = f"series-{TIMINGS.index(word) + 1}"
    return format_html('<span title="{}"><i class="{}"></i> {}</span>', _MEANINGS[word], swatch, NAMES[word])


@register.filter
def judged(repeat: bool | None) -> SafeString:
    """What the batch layer made of an event that came too late."""
    return format_html('<span class="mark mark-{}" title="{}">{}</span>', *_mark(*_JUDGED[repeat]))


def _mark(kind: str, word: str, meaning: str) -> tuple[str, str, str]:
    return kind, meaning, word


@register.simple_tag(takes_context=True)
def company_link(context: template.Context, company: str, currency: str) -> SafeString:
    """A company, linked to its page of the same range and currency."""
    given = context["request"].GET
    kept = {name: given[name] for name in ("from", "to", "tz", "granularity") if given.get(name)}
    address = f"{reverse('company', args=[company])}?{urlencode({'currency': currency} | kept)}"
    return format_html('<a class="mono" href="{}">{}</a>', address, company)


@register.simple_tag
def window_link(start: datetime, end: datetime | None, topic: str) -> SafeString:
    """A window by its start, linked to the passport of its hour."""
    until = "" if end is None else f" – {end.isoformat().replace('+00:00', 'Z')}"
    return format_html(
        '<a href="{}" title="Runs, proofs, files and offsets behind it{}">{}</a>', passport_at(start, topic), until,
        moment(start))
