"""The questions that pages ask of the database, found by asking them, and asked again as prepared statements."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import psycopg2
from django.db import connection as django_connection
from django.http import QueryDict
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor
from psycopg2.extras import register_default_jsonb

from serving.queries.snapshot import one_snapshot

PAGES: tuple[tuple[str, Mapping[str, str]], ...] = (
    ("/", {}),
    ("/usage", {"from": "now-1h"}),
    ("/usage", {"from": "now-1d", "by": "app"}),
    ("/usage", {"from": "now-1d", "compare": "previous"}),
    ("/usage", {"from": "now-7d"}),
    ("/usage", {"from": "now-7d", "by": "antenna", "show": "times"}),
    ("/usage", {"from": "now-30d", "granularity": "day"}),
    ("/usage", {"from": "now-1d", "id": "u000017"}),
)
"""The first page and the usage page as people ask for them: short and long ranges, all ids and one, a comparison."""

Question = tuple[str, Mapping[str, Any]]


def page_of(path: str, query: Mapping[str, str], now: datetime) -> Callable[[], object]:
    """The page's own asking, as a function; to be called inside of a snapshot."""
    from serving.pages.state import read_usage, read_zone_only
    from serving.pages.views import overview, usage
    from serving.queries.buckets import Granularity, buckets_of
    from serving.queries.usage import Selection

    asked = QueryDict(urlencode(query))
    if path == "/usage":
        return lambda: usage.look(read_usage(asked, now))
    chosen = read_zone_only(asked, now)
    selection = Selection(buckets_of(chosen, Granularity.HOUR), overview.CHARTED)
    return lambda: overview.look(chosen, selection, now)


def questions_of(page: Callable[[], object]) -> list[Question]:
    """The statements that a page asks, with their parameters."""
    asked: list[Question] = []

    def note(execute: Callable[..., Any], text: Any, values: Any, many: bool, context: Mapping[str, Any]) -> Any:
        if isinstance(values, Mapping):
            asked.append((_text(text, context["cursor"].cursor), values))
        return execute(text, values, many, context)

    with django_connection.execute_wrapper(note), one_snapshot():
        page()
    return asked


def answer(question: Question) -> list[tuple[Any, ...]]:
    """The rows as the page gets them."""
    with one_snapshot(), django_connection.cursor() as cursor:
        cursor.execute(*question)
        return list(cursor.fetchall())


def _text(question: Any, cursor: Cursor) -> str:
    return question if isinstance(question, str) else str(question.as_string(cursor))


@dataclass(frozen=True)
class Prepared:
    """A statement that the server has parsed and knows by name."""

    name: str
    values: tuple[Any, ...]

    def ask(self, cursor: Cursor) -> list[tuple[Any, ...]]:
        """Its rows."""
        places = f"({', '.join(['%s'] * len(self.values))})" if self.values else ""
        cursor.execute(f"EXECUTE {self.name}{places}", self.values)
        return cursor.fetchall()


def prepare(cursor: Cursor, name: str, question: Question) -> Prepared:
    """PREPARE a page's statement: each of its named places becomes a numbered one."""
    text, values = question
    used = list(dict.fromkeys(re.findall(r"%\((\w+)\)s", text)))
    cursor.execute(f"PREPARE {name} AS " + text % {place: f"${n}" for n, place in enumerate(used, 1)})
    return Prepared(name, tuple(values[place] for place in used))


def session(url: str, first: str) -> Connection:
    """A session as a page's is: UTC, no compiling; the server plans for the values given, as it does for a page."""
    opened = psycopg2.connect(url)
    opened.autocommit = True
    # As Django has it: JSON stays the text it is.
    register_default_jsonb(opened, loads=str)
    with opened.cursor() as cursor:
        cursor.execute(f"SET jit = off; SET TIME ZONE 'UTC'; SET plan_cache_mode = force_custom_plan; {first}")
    return opened
