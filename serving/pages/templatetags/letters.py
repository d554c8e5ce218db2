"""Places and facets of dead letters in the pages."""

from __future__ import annotations

from django import template

from metering.domain.event import Position
from serving.letters.outcome import place_text
from serving.queries.letters import Facet

register = template.Library()


@register.filter
def place(found: Position) -> str:
    """A place as forms and commands take it."""
    return place_text(found)


@register.simple_tag(takes_context=True)
def facet(context: template.Context, name: str, one: Facet) -> str:
    """The address with the facet's value chosen, or no longer."""
    query = context["request"].GET.copy()
    query.pop("page", None)
    others = [value for value in query.getlist(name) if value and value != one.value]
    query.setlist(name, others if one.is_chosen else [*others, one.value])
    return f"?{query.urlencode()}"
