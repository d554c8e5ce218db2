"""How much a page costs above its bare questions (R14), and the merged view above the batch table alone (R16).

R14: each page of a mix, asked over HTTP of the real site, by the page's own functions (Django's connection, one
snapshot, rows made into objects), and as the same statements prepared on one psycopg2 connection. R16: the same rows
from `usage` and from `bytes_batch`, by hour from `usage_hourly` and from `bytes_hourly`. The sides take turns, and
their sums are compared.
"""

from __future__ import annotations

import statistics
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from django.db import connections
from psycopg2.extensions import cursor as Cursor

from benchmarks.asked import PAGES, Prepared, answer, page_of, prepare, questions_of, session
from benchmarks.bench import Figure, Found, Room, Turns, WrongAnswer, timed
from benchmarks.databases import drop_database, fresh_database
from benchmarks.explorer import PORT, site
from benchmarks.month import HOURS, USERS, fill
from metering.clock import SystemClock
from serving.database import django_database
from serving.queries.snapshot import one_snapshot
from serving.start import start_django

ByPage = Mapping[str, list[float]]
Times = dict[str, dict[str, list[float]]]
TURNS_A_REPEAT = 4
"""Turns over all pages behind one p99."""


def get(token: str, path: str, query: Mapping[str, str]) -> bytes:
    """A page of the running site. Raises HTTPError where the answer is no page."""
    address = f"http://127.0.0.1:{PORT}{path}?{urlencode(query)}"
    with urlopen(Request(address, headers={"Authorization": f"Bearer {token}"}), timeout=60) as answer:
        return bytes(answer.read())


def page_times(url: str, now: datetime, turns: int) -> Times:
    """Side (http, page, prepared) → page → seconds of each turn; a first turn is not counted."""
    taken = _no_times("http", "page", "prepared")
    with site(url) as token, closing(session(url, "")) as bare, bare.cursor() as cursor:
        pages = [_Page.of(cursor, number, path, query, now) for number, (path, query) in enumerate(PAGES)]
        for turn in range(turns + 1):
            for page in pages:
                for side, work in page.sides(token, cursor).items():
                    seconds = timed(work)
                    if turn:
                        taken[side][page.name].append(seconds)
    return taken


@dataclass(frozen=True)
class _Page:
    path: str
    query: Mapping[str, str]
    ask: Callable[[], object]
    prepared: Sequence[Prepared]

    @property
    def name(self) -> str:
        return _name(self.path, self.query)

    @classmethod
    def of(cls, cursor: Cursor, number: int, path: str, query: Mapping[str, str], now: datetime) -> _Page:
        ask = page_of(path, query, now)
        asked = questions_of(ask)
        prepared = [prepare(cursor, f"q{number}_{n}", one) for n, one in enumerate(asked)]
        for question, one in zip(asked, prepared, strict=True):
            if Counter(map(str, one.ask(cursor))) != Counter(map(str, answer(question))):
                raise WrongAnswer(f"{path} {query}: prepared, it answers otherwise: {question[0]}")
        return cls(path, query, ask, prepared)

    def sides(self, token: str, cursor: Cursor) -> dict[str, Callable[[], object]]:
        """The three ways of asking it."""
        return {
            "http": lambda: get(token, self.path, self.query),
            "page": lambda: _within_snapshot(self.ask),
            "prepared": lambda: [one.ask(cursor) for one in self.prepared]}


def _within_snapshot(ask: Callable[[], object]) -> object:
    with one_snapshot():
        return ask()


def _name(path: str, query: Mapping[str, str]) -> str:
    return f"{path}?{urlencode(query)}" if query else path


_ALONE = """
CREATE SCHEMA IF NOT EXISTS alone;
CREATE OR REPLACE VIEW alone.usage AS SELECT timestamp, id, value, type, FALSE AS provisional FROM bytes_batch;
CREATE OR REPLACE VIEW alone.usage_hourly AS SELECT timestamp, id, value, type, FALSE AS provisional FROM bytes_hourly;
"""
"""Views of the same names with the batch tables alone: a session that looks there first asks the same questions."""


def view_times(url: str, now: datetime, turns: int) -> Times:
    """Side (merged, batch) → page → seconds of its statements over the sums, prepared on both sides."""
    taken = _no_times("merged", "batch")
    with closing(session(url, _ALONE)) as merged, closing(session(url, "SET search_path = alone, public")) as batch:
        sessions = {"merged": merged.cursor(), "batch": batch.cursor()}
        _check_merged(sessions["merged"])
        for number, (path, query) in enumerate(page for page in PAGES if page[0] == "/usage"):
            asked = [one for one in questions_of(page_of(path, query, now)) if '"usage' in one[0]]
            prepared = {
                side: [prepare(cursor, f"q{number}_{n}", one) for n, one in enumerate(asked)]
                for side, cursor in sessions.items()}
            for turn in range(turns + 1):
                for side, cursor in sessions.items():
                    seconds = timed(lambda: [one.ask(cursor) for one in prepared[side]])  # noqa: B023
                    if turn:
                        taken[side][_name(path, query)].append(seconds)
    return taken


_WHOLE = (
    "SELECT (SELECT sum(value) FROM usage), (SELECT sum(value) FROM bytes_batch), (SELECT sum(value) FROM bytes)",
    "SELECT (SELECT sum(value) FROM usage_hourly), (SELECT sum(value) FROM bytes_hourly), "
    "(SELECT sum(value) FROM bytes)",
)


def _check_merged(cursor: Cursor) -> None:
    """Raise WrongAnswer unless each merged view holds the batch table's sum and the realtime rows'."""
    for question in _WHOLE:
        cursor.execute(question)
        served, exact, live = cursor.fetchall()[0]
        if served != exact + live:
            raise WrongAnswer(f"served are {served} of {exact} and {live}: {question}")


def _no_times(*sides: str) -> Times:
    return {side: defaultdict(list) for side in sides}


def p99(seconds: Iterable[float]) -> float:
    """The 99th percentile, between the two values it lies between."""
    return statistics.quantiles(seconds, n=100, method="inclusive")[-1]


def measure(room: Room) -> Found:
    """R14 and R16 over a database as it is after a month."""
    now = SystemClock().now()
    url = _filled(room, now)
    turns = room.repeats * TURNS_A_REPEAT
    pages, views = page_times(url, now, turns), view_times(url, now, turns)
    return Found(
        {f"{side}, {page}": Turns("s", tuple(seconds)) for side, found in (pages | views).items()
         for page, seconds in found.items()},
        (_figure("R14", "page over HTTP / its SQL prepared, p99", pages["http"], pages["prepared"], 3.5),
         _figure("R14", "page's own asking / its SQL prepared, p99", pages["page"], pages["prepared"], 3.5),
         _figure("R16", "merged view / batch table alone, p99", views["merged"], views["batch"], 1.5)),
        {f"{word} {page}": round(p99(mine[page]) / p99(other[page]), 2)
         for word, mine, other in (
            ("R14 over HTTP", pages["http"], pages["prepared"]), ("R16", views["merged"], views["batch"]))
         for page in mine} | {"users": USERS, "hours": HOURS})


def _filled(room: Room, now: datetime) -> str:
    url = fresh_database(room.settings.database_url)
    room.entered.callback(drop_database, room.settings.database_url, url)
    began = time.perf_counter()
    fill(url, now)
    room.say(f"  {HOURS} hours of {USERS} users made in {time.perf_counter() - began:.0f} s")
    start_django()
    connections["default"].settings_dict.update(django_database(url))
    room.entered.callback(connections["default"].close)
    return url


def _figure(number: str, title: str, mine: ByPage, other: ByPage, at_most: float) -> Figure:
    """p99 over all turns of all pages, a value a repeat."""
    values = [
        p99(_of_repeat(mine, repeat)) / p99(_of_repeat(other, repeat))
        for repeat in range(len(next(iter(mine.values()))) // TURNS_A_REPEAT)]
    return Figure(number, title, values, at_most=at_most)


def _of_repeat(times: ByPage, repeat: int) -> list[float]:
    first = repeat * TURNS_A_REPEAT
    return [one for seconds in times.values() for one in seconds[first : first + TURNS_A_REPEAT]]
