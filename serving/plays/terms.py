"""What a person types to search plays, and what it means for every engine.

A word must occur in one of a play's texts as a whole; letters A–Z match in either case. `field:value` asks that the
field is the value; numbers also take `field:>value` and its like; `none` means that there is no value. All must hold.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from metering.domain.customer import RECORD_FIELDS
from serving.plays.facets import NONE, PLACES
from serving.ranges import ParameterFault

IDENTIFIERS = ("customer_id", "track_id", "listening_zip", "event_id")
WORD_FIELDS = (*IDENTIFIERS, "reason", *RECORD_FIELDS)
NUMBERS = ("is_mobile", "send_event", "probability", "model_version", "score_age_s", "partition", "offset")
FIELDS = (*WORD_FIELDS, *NUMBERS)

LONGEST_TEXT = 200
"""So many characters of a field of the record are searched for words."""

BREAKS = ',;"()\t\n\r'
"""What ends a word beside a space. serving/schema/sql/play_search.sql says the same."""

MOST_TYPED = 300
_TERM = re.compile(r'(?P<field>[a-z_]+):(?P<how><=|>=|<|>)?(?P<value>"[^"]*"|\S+)|(?P<words>\S+)')
_LOWER = str.maketrans({chr(code): chr(code + 32) for code in range(ord("A"), ord("Z") + 1)})
_SPACED = str.maketrans(dict.fromkeys(BREAKS, " "))


@dataclass(frozen=True)
class TextIs:
    """A text field is the value, in lower case; None: it has none. A facet is compared as far as facets are kept."""

    field: str
    value: str | None

    @property
    def is_facet(self) -> bool:
        return self.field in PLACES


@dataclass(frozen=True)
class NumberIs:
    """A number stands so (=, <, <=, >, >=) to the value; None: it has none."""

    field: str
    how: str
    value: float | None


Condition = TextIs | NumberIs


@dataclass(frozen=True)
class Terms:
    """All that was typed, read."""

    words: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()

    @property
    def told(self) -> list[str]:
        """Each term as it was understood."""
        return [*(f"word “{word}”" for word in self.words), *(_told(one) for one in self.conditions)]


def lower(text: str) -> str:
    """A–Z in lower case and nothing else, as PostgreSQL's collation C and pyarrow's `ascii_lower` do."""
    return text.translate(_LOWER)


def words_of(text: str) -> list[str]:
    """The words of a text, in lower case.

    >>> words_of("12 Main St, (Springfield)")
    ['12', 'main', 'st', 'springfield']
    """
    return [word for word in lower(text).translate(_SPACED).split(" ") if word]


def parse_terms(typed: str) -> Terms:
    """Read what was typed. Raises ParameterFault for `q`."""
    if len(typed) > MOST_TYPED:
        raise ParameterFault("q", f"{len(typed)} characters", f"at most {MOST_TYPED}")
    if "\0" in typed or any("\ud800" <= one <= "\udfff" for one in typed):
        raise ParameterFault("q", typed.encode("unicode_escape").decode(), "readable text")
    words: list[str] = []
    conditions: list[Condition] = []
    for term in _TERM.finditer(typed):
        if term["field"] in FIELDS:
            conditions.append(_condition(term["field"], term["how"] or "=", term["value"].strip('"')))
        else:
            words += words_of(term[0])
    return Terms(tuple(dict.fromkeys(words)), tuple(dict.fromkeys(conditions)))


def _condition(field: str, how: str, value: str) -> Condition:
    missing = value.lower() == NONE and how == "="
    if field in NUMBERS:
        number = None if missing else _number(field, value)
        if how == "=" and field in PLACES:
            return TextIs(field, None if number is None else f"{number:g}")
        return NumberIs(field, how, number)
    if how != "=":
        raise ParameterFault("q", f"{field}:{how}{value}", f"{field}:value; < and > are for " + ", ".join(NUMBERS))
    return TextIs(field, None if missing else lower(value))


def _number(field: str, value: str) -> float:
    try:
        number = float(value)
    except ValueError:
        number = float("nan")
    if not abs(number) < 2**63:
        raise ParameterFault("q", f"{field}:{value}", f"a number after {field}:, or {NONE}")
    return number


def _told(condition: Condition) -> str:
    if isinstance(condition, TextIs):
        return f"{condition.field} is “{condition.value}”" if condition.value is not None else f"no {condition.field}"
    if condition.value is None:
        return f"no {condition.field}"
    return f"{condition.field} {condition.how} {condition.value:g}"
