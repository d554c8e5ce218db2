"""How fast the page of events answers: 50 searches over a million plays of 35 days, by its own queries and over HTTP.

Fills a fresh database with seeded plays of 5,000 customers, lets PostgreSQL vacuum it as it does by itself, then runs
the mix in turns: nothing typed, words (rare, common, none), fields, facets; over an hour, a day, a week and all. The
sums of facets and bars are compared; where they differ the bench ends. Needs DATABASE_URL of a server where databases
may be made.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import psycopg2

from benchmarks.databases import fresh_database
from metering.clock import SystemClock
from metering.settings import child_environment, load

SECRET = "a secret of the bench, long enough for anyone"
PORT = 18_700

_FILL = """
INSERT INTO play (
    timestamp, customer_id, track_id, is_mobile, listening_zip, event_id, partition, "offset", ingest_time, name, age,
    gender, zip, address, sign_date, status, level, campaign, linked_with_apps, send_event, reason, probability,
    model_version, score_age_s, features)
SELECT
    %(now)s - INTERVAL '34 days' * n / %(rows)s, 'c' || to_char(c, 'FM00000'),
    't' || to_char(random() * 20000, 'FM000000'), random()::int, (10000 + random() * 400)::int::text, 'e' || n,
    n %% 4, n, %(now)s, 'First' || c %% 300 || ' Last' || c %% 901, (16 + c %% 70)::text, (c %% 3)::text,
    (10000 + c %% 400)::text, c %% 300 || ' Street' || c %% 211 || ', Town' || c %% 50,
    '2015-01-02', (c %% 2)::text, (ARRAY['FREE', 'SILVER', 'GOLD'])[1 + c %% 3], '0', (c %% 2)::text,
    CASE WHEN d < 0.1 THEN NULL WHEN d < 0.2 THEN 1 ELSE 0 END,
    CASE WHEN d < 0.05 THEN 'no_score' WHEN d < 0.1 THEN 'old_score' ELSE 'scored' END,
    CASE WHEN d >= 0.1 THEN d END, CASE WHEN d >= 0.1 THEN 3 END, CASE WHEN d >= 0.1 THEN 400.5 END,
    CASE WHEN d >= 0.1 THEN '{"morning": 0.12, "afternoon": 0.34, "evening": 0.22, "night": 0.11, "mobile": 0.5}' END
FROM (
    SELECT n, (random() * 4999)::int AS c, random() AS d FROM generate_series(%(first)s, %(last)s) AS n
) AS made
"""
_SPANS = ("now-1h", "now-1d", "now-7d", "now-34d")
_TYPED: tuple[dict[str, Any], ...] = (
    {}, {"q": "c00017"}, {"q": "gold"}, {"q": "town7 street17"}, {"q": "nowhere"}, {"q": "customer_id:c00017"},
    {"q": "probability:>0.99"}, {"q": "level:gold"}, {"level": ["GOLD", "FREE"]}, {"send_event": ["1"]},
    {"send_event": ["none"], "reason": ["old_score"]}, {"zip": ["10017"], "is_mobile": ["1"]},
    {"q": "gold scored", "send_event": ["1"]})
MIX = [{**typed, "from": span} for span in _SPANS for typed in _TYPED][2:]
"""Fifty searches: thirteen kinds over four ranges, less two of the shortest."""


def fill(url: str, rows: int, now: datetime) -> None:
    """Seeded plays of the last 34 days, evenly over time."""
    with closing(psycopg2.connect(url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("SELECT setseed(0.5)")
            for day in range(36):
                cursor.execute("SELECT play_day(%s)", ((now - timedelta(days=day)).date(),))
            for first in range(1, rows + 1, 50_000):
                last = min(first + 49_999, rows)
                cursor.execute(_FILL, {"now": now, "rows": rows, "first": first, "last": last})
            cursor.execute("VACUUM (ANALYZE) play")


def by_queries(url: str, repeats: int) -> list[tuple[float, str]]:
    """Seconds of each search through the page's functions, each checked once."""
    from django.db import connections
    from django.http import QueryDict

    from serving.database import django_database
    from serving.pages.explorer_state import cut_range, read_explorer
    from serving.plays.facets import found_in
    from serving.plays.find import find
    from serving.queries.snapshot import one_snapshot

    connections["default"].settings_dict.update(django_database(url))
    taken = []
    for turn in range(repeats + 1):
        for one in MIX:
            state = read_explorer(QueryDict(urlencode(one, doseq=True)), SystemClock().now())
            began = time.perf_counter()
            with one_snapshot():
                found = find(state.search, state.now, cut_range(state.chosen)[1], state.before)
            if turn:
                taken.append((time.perf_counter() - began, str(one)))
            if sum(found.counts.times.values()) != found_in(found.counts.cube, state.search.filters):
                raise SystemExit(f"a wrong answer scores nothing: {one}")
    return taken


def over_http(url: str, repeats: int) -> list[tuple[float, str]]:
    """Seconds of each search as a page of the real site, its chart and table included."""
    with site(url) as token:
        return [taken for turn in range(repeats + 1) for one in MIX if (taken := _ask(token, one)) and turn]


def _ask(token: str, one: dict[str, Any]) -> tuple[float, str]:
    address = f"http://127.0.0.1:{PORT}/events?{urlencode(one, doseq=True)}"
    began = time.perf_counter()
    with urlopen(Request(address, headers={"Authorization": f"Bearer {token}"}), timeout=60) as answer:
        answer.read()
    return time.perf_counter() - began, str(one)


@contextmanager
def site(url: str) -> Iterator[str]:
    """The site on the database; gives a token of a viewer."""
    with TemporaryDirectory() as home:
        environment = child_environment(DATABASE_URL=url, SECRET_KEY=SECRET, LAMBDAMETER_HOME=home)
        made = subprocess.run(
            [sys.executable, "-m", "serving", "tokens", "create", "bench", "--role", "viewer"], env=environment,
            capture_output=True, text=True, check=True)
        running = subprocess.Popen(
            [sys.executable, "-m", "serving", "--port", str(PORT)], env=environment, stderr=subprocess.DEVNULL)
        try:
            _wait()
            yield made.stdout.split()[-1]
        finally:
            running.terminate()
            running.wait(30)


def _wait() -> None:
    for _ in range(200):
        try:
            urlopen(f"http://127.0.0.1:{PORT}/healthz", timeout=5).close()
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("the site does not answer")


def report(side: str, taken: list[tuple[float, str]]) -> None:
    """Median, 95th percentile, the slowest three."""
    seconds = sorted(one for one, _ in taken)
    p95 = statistics.quantiles(seconds, n=20)[-1]
    print(f"{side:8} {len(taken)} searches  median {statistics.median(seconds) * 1000:.0f} ms  "
          f"p95 {p95 * 1000:.0f} ms  slowest {seconds[-1] * 1000:.0f} ms", flush=True)
    for one, name in sorted(taken, reverse=True)[:3]:
        print(f"         {one * 1000:6.0f} ms  {name}", flush=True)


def main() -> int:
    """Fill, measure, print."""
    parser = argparse.ArgumentParser(
        description=(__doc__ or "").splitlines()[0], epilog="example: python -m benchmarks.explorer --rows 1000000")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    asked = parser.parse_args()
    url = fresh_database(load("database").database_url)
    began = time.perf_counter()
    fill(url, asked.rows, SystemClock().now())
    print(f"{asked.rows:,} plays made in {time.perf_counter() - began:.0f} s on {platform.platform()}", flush=True)
    from serving.start import start_django

    start_django()
    report("queries", by_queries(url, asked.repeats))
    report("HTTP", over_http(url, 1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
