"""The bench of pages asks, prepared, exactly what the pages ask."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime

import psycopg2
import pytest
from psycopg2.extensions import cursor as Cursor

from benchmarks.asked import PAGES, answer, page_of, prepare, questions_of, session
from tests.lib.sample_rows import fill

pytestmark = pytest.mark.stack

NOW = datetime(2026, 11, 24, 12, 4, 10, tzinfo=UTC)


@pytest.fixture(scope="module")
def bare(site: None, database_url: str) -> Iterator[Cursor]:
    with closing(psycopg2.connect(database_url)) as connection:
        fill(connection, NOW)
    with closing(session(database_url, "")) as opened, opened.cursor() as cursor:
        yield cursor


@pytest.mark.parametrize("number", range(len(PAGES)))
def test_a_pages_statements_prepared_answer_as_the_page_asks_them(bare: Cursor, number: int) -> None:
    asked = questions_of(page_of(*PAGES[number], NOW))

    prepared = [prepare(bare, f"page{number}_{n}", question) for n, question in enumerate(asked)]

    assert asked
    assert [Counter(map(str, one.ask(bare))) for one in prepared] == [
        Counter(map(str, answer(question))) for question in asked]
