"""Plays of the last days in PostgreSQL: counted by facets and by time, and listed, as a search wants them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from psycopg2 import sql

from metering.store.recent import oldest_kept
from metering.streams.listens import LISTENS
from serving.plays.facets import NONE, NULL, PLACES, SEPARATOR, Key, cut, key_of
from serving.plays.search import COLUMNS, Place, Play, Search
from serving.plays.terms import LONGEST_TEXT, NumberIs, TextIs, words_of
from serving.queries.snapshot import ask, composed, statement, stream

TOPIC = LISTENS.topic
FEW = 20_000
"""So many found plays are sorted faster than the walk through all others takes."""


def recent_from(now: datetime) -> datetime:
    """Since when PostgreSQL holds every play: the first day kept, or the oldest day there is, if that is later.

    `now` where it holds none at all.
    """
    names = ask(statement("play_days"), {}, lambda name: name)
    if not names:
        return now
    oldest = datetime.strptime(names[0], "play_%Y_%m_%d").replace(tzinfo=UTC)
    return max(oldest, datetime.combine(oldest_kept(now), datetime.min.time(), UTC))


def prefer_index() -> None:
    """Let the statements of this transaction read the primary key's index alone where it answers."""
    ask(statement("prefer_index"), {}, lambda cost: cost)


def play_cube(search: Search) -> Counter[Key]:
    """How many plays of each combination of facets hold the terms; the search's own filters are left out."""
    where = _Where(search, filtered=False)
    rows = ask(composed("play_cube", where=where.text), where.parameters, lambda facet, plays: (key_of(facet), plays))
    cube: Counter[Key] = Counter()
    for key, plays in rows:
        cube[key] += plays
    return cube


def play_times(search: Search, step: timedelta, split: str = "") -> Counter[tuple[datetime, str]]:
    """Found plays by (start of the step, value of the facet `split`, or "")."""
    where = _Where(search)
    by = _facet(split) if split else sql.Literal("")
    question = composed("play_times", where=where.text, split=by)
    times: Counter[tuple[datetime, str]] = Counter()
    for at, value, plays in ask(
        question, {**where.parameters, "step": step}, lambda at, value, plays: (at, value, plays)
    ):
        times[at, NONE if value == NULL else value] += plays
    return times


def play_rows(search: Search, found: int, before: Place | None, limit: int) -> list[Play]:
    """The newest `limit` plays before a place. `found`: how many the search finds, by which the way is chosen."""
    where = _Where(search, before=before)
    way = "play_rows"
    if not search.terms.words and (search.filters or search.terms.conditions) and where.by_index:
        way = "play_rows_by_facet"
    elif found <= FEW and where.has_words:
        way = "play_rows_of_few"
    question = composed(way, where=where.text, columns=_columns(COLUMNS))
    return ask(question, {**where.parameters, "limit": limit}, _play)


def every_play(search: Search) -> Iterator[Play]:
    """All plays that a search finds, the newest first, streamed; within a snapshot."""
    where = _Where(search)
    question = composed("play_rows", where=where.text, columns=_columns(COLUMNS))
    return stream(question, {**where.parameters, "limit": None}, _play)


class _Where:
    """A search as the condition of a statement, with its parameters."""

    def __init__(self, search: Search, *, filtered: bool = True, before: Place | None = None) -> None:
        self.parameters: dict[str, Any] = {"start": search.start, "end": search.end}
        self._parts: list[sql.Composable] = [sql.SQL("timestamp >= %(start)s AND timestamp < %(end)s")]
        self.by_index = True
        self._add_words(search)
        for condition in search.terms.conditions:
            self._add_number(condition) if isinstance(condition, NumberIs) else self._add_text(condition)
        for name, values in search.filters.items() if filtered else ():
            self._add_filter(name, values)
        if before:
            self.parameters["before"] = (before.timestamp, before.partition, before.offset)
            self._parts.append(sql.SQL('(timestamp, partition, "offset") < %(before)s'))

    @property
    def text(self) -> sql.Composed:
        return sql.SQL("\n    AND ").join(self._parts)

    @property
    def has_words(self) -> bool:
        return "words" in self.parameters

    def _add_words(self, search: Search) -> None:
        """All words, and those of the values that fields are asked for, since one index finds them all."""
        words = list(search.terms.words)
        for condition in search.terms.conditions:
            if isinstance(condition, TextIs) and not condition.is_facet and len(condition.value or "") <= LONGEST_TEXT:
                words += words_of(condition.value or "")
        if words:
            self.by_index = False
            self.parameters["words"] = words
            self._parts.append(sql.SQL("words @> %(words)s"))

    def _add_filter(self, name: str, values: Sequence[str]) -> None:
        kept = [cut(value) for value in values] + ([NULL] if NONE in values else [])
        self._parts.append(sql.SQL("{} = ANY({})").format(_facet(name), self._given(kept)))

    def _add_text(self, condition: TextIs) -> None:
        if condition.is_facet:
            values = [NULL, NONE] if condition.value is None else [cut(condition.value)]
            self._parts.append(sql.SQL("lower({}) = ANY({})").format(_facet(condition.field), self._given(values)))
            return
        self.by_index = False
        column = sql.Identifier(condition.field)
        if condition.value is None:
            self._parts.append(sql.SQL("{} IS NULL").format(column))
        else:
            self._parts.append(
                sql.SQL('lower({} COLLATE "C") = {}').format(column, self._given(condition.value)))

    def _add_number(self, condition: NumberIs) -> None:
        self.by_index = False
        column = sql.Identifier(condition.field)
        if condition.value is None:
            self._parts.append(sql.SQL("{} IS NULL").format(column))
        else:
            self._parts.append(
                sql.SQL("{} {} {}").format(column, _HOW[condition.how], self._given(condition.value)))

    def _given(self, value: Any) -> sql.Placeholder:
        name = f"given_{len(self.parameters)}"
        self.parameters[name] = value
        return sql.Placeholder(name)


_HOW = {how: sql.SQL(how) for how in ("=", "<", "<=", ">", ">=")}


def _facet(name: str) -> sql.Composed:
    return sql.SQL("split_part(facet, {}, {})").format(sql.Literal(SEPARATOR), sql.Literal(PLACES[name] + 1))


def _columns(names: Sequence[str]) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(name) for name in names)


def _play(**columns: Any) -> Play:
    return columns
