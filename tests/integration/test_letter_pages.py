"""The pages and lists of dead letters and gaps: found, shown safely, discarded, acknowledged, and who may do so."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing

import psycopg2
import pytest
from django.test import Client

from metering.streams import STREAMS
from tests.integration.people import client_of, counted_queries

pytestmark = pytest.mark.stack

TOPIC, OTHER = list(STREAMS)[:2]
KAFKA_DELETED = "Kafka deleted these records before they were read"


@pytest.fixture(autouse=True)
def _rows(site: None, database_url: str) -> Iterator[None]:
    with closing(psycopg2.connect(database_url)) as connection:
        with connection, connection.cursor() as cursor:
            cursor.execute("TRUNCATE dead_letter, offset_gap, stream_offset")
            cursor.execute("INSERT INTO stream_offset (topic, partition, first_offset, next_offset, last_append) "
                           "VALUES (%s, 0, 0, 10, now())", (TOPIC,))
            for topic, offset, reason, raw, state in (
                    (TOPIC, 7, "PARSE", b"<script>alert(1)</script>\x00\xe2\x80\xae", "open"),
                    (TOPIC, 8, "CONFLICT", b'{"id": "x"}', "open"), (TOPIC, 9, "PARSE", b"seen", "replayed"),
                    (OTHER, 7, "ID", b"needle", "discarded")):
                cursor.execute(
                    'INSERT INTO dead_letter (topic, partition, "offset", reason, raw, raw_size, state, found) VALUES '
                    "(%s, 0, %s, %s, %s, %s, %s, 'Such A Thing')", (topic, offset, reason, raw, len(raw), state))
            cursor.execute("UPDATE dead_letter SET replay_offset = 9 WHERE topic = %s AND \"offset\" = 7", (TOPIC,))
            cursor.execute("INSERT INTO offset_gap (topic, partition, first_offset, last_offset, reason) VALUES "
                           "(%s, 0, 3, 5, %s)", (TOPIC, KAFKA_DELETED))
        yield


@pytest.fixture(scope="module")
def operator(site: None) -> Client:
    return client_of("operator")


def found(client: Client, query: str) -> list[tuple[str, int]]:
    answer = json.loads(client.get(f"/api/v1/dead-letters?{query}").content)
    assert answer["count"] == len(answer["rows"])
    return sorted((row["topic"], row["offset"]) for row in answer["rows"])


def test_letters_are_found_by_topic_reason_state_and_what_they_hold(operator: Client) -> None:
    assert len(found(operator, "")) == 4
    assert found(operator, f"topic={TOPIC}&reason=PARSE&state=open") == [(TOPIC, 7)]
    assert found(operator, "q=needle") == [(OTHER, 7)]
    assert len(found(operator, "q=such a")) == 4
    assert found(operator, "from=2020-01-01&to=2020-01-02") == []
    assert operator.get("/api/v1/dead-letters?state=lost").status_code == 400


def test_the_page_and_its_csv_show_what_the_address_says(operator: Client) -> None:
    page = operator.get(f"/dead-letters?topic={TOPIC}&reason=PARSE").content.decode()
    assert "2 letters" in page.replace('<data value="2" title="2">2</data>', "2")
    assert f"{TOPIC}/0/7" in page and f"{OTHER}/0/7" not in page
    assert "<script>alert" not in page and "&lt;script&gt;alert" in page

    lines = b"".join(operator.get(f"/dead-letters?topic={TOPIC}&format=csv").streaming_content).decode().splitlines()
    assert len(lines) == 4 and lines[0].startswith("topic,partition,offset,reason,state,")
    assert operator.get("/dead-letters?reason=NONE").status_code == 400


def test_one_letter_is_shown_whole_with_nothing_in_it_that_could_act(operator: Client) -> None:
    page = operator.get(f"/dead-letters/{TOPIC}/0/7").content.decode()

    assert "&lt;script&gt;alert(1)&lt;/script&gt;\\x00\\u202e" in page
    assert f'href="/dead-letters/{TOPIC}/0/9"' in page and "rejected again" in page
    assert f'href="/dead-letters/{TOPIC}/0/7"' in operator.get(f"/dead-letters/{TOPIC}/0/9").content.decode()
    assert "can only be discarded" in operator.get(f"/dead-letters/{TOPIC}/0/8").content.decode()
    assert operator.get(f"/dead-letters/{TOPIC}/0/99999999999999999999").status_code == 404


def test_an_operator_discards_with_a_reason_and_the_second_click_is_told(operator: Client) -> None:
    form = {"place": f"{TOPIC}/0/8", "why": "a <b>test"}
    assert operator.post("/dead-letters/discard", {"place": f"{TOPIC}/0/8", "why": " "}).status_code == 400

    done, again = operator.post("/dead-letters/discard", form), operator.post("/dead-letters/discard", form)

    assert (done.status_code, done["Location"]) == (302, f"/dead-letters/{TOPIC}/0/8")
    assert again.status_code == 409 and "it is discarded already" in again.content.decode()
    page = operator.get(f"/dead-letters/{TOPIC}/0/8").content.decode()
    assert "a &lt;b&gt;test" in page and ", operator" in page and "<form method=\"post\" action=\"/dead" not in page


def test_a_replay_by_the_site_without_kafka_is_503_and_changes_nothing(
    operator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:9")

    answer = operator.post("/dead-letters/replay", {"place": f"{TOPIC}/0/7"})

    assert answer.status_code == 503 and "cannot be reached" in answer.content.decode()
    assert found(operator, "state=open&reason=PARSE") == [(TOPIC, 7)]


def test_a_viewer_sees_all_and_is_offered_nothing(operator: Client) -> None:
    viewer = client_of("viewer")
    for path in ("/dead-letters", f"/dead-letters/{TOPIC}/0/7", "/gaps"):
        page = viewer.get(path)
        assert page.status_code == 200
        assert 'name="place"' not in page.content.decode()
        assert 'name="place"' in operator.get(path).content.decode()
    assert viewer.post("/dead-letters/discard", {"place": f"{TOPIC}/0/7", "why": "x"}).status_code == 403


def test_a_gap_warns_until_an_operator_acknowledges_it(operator: Client) -> None:
    warning = "3 messages were deleted from Kafka"
    assert warning in operator.get("/health").content.decode()
    assert f"{TOPIC}/0/3" in operator.get("/gaps").content.decode()

    done = operator.post("/gaps/acknowledge", {"place": f"{TOPIC}/0/3", "why": "sent again"})

    assert (done.status_code, done["Location"]) == (302, "/gaps")
    assert warning not in operator.get("/health").content.decode()
    assert f"{TOPIC}/0/3" not in operator.get("/gaps").content.decode()
    assert "operator: sent again" in operator.get("/gaps?acknowledged=yes").content.decode()
    [row] = json.loads(operator.get("/api/v1/gaps?acknowledged=any").content)["rows"]
    assert (row["acknowledged_by"], row["acknowledged_reason"], row["messages"]) == ("operator", "sent again", 3)


def test_pages_ask_the_same_number_of_questions_for_few_letters_as_for_many(operator: Client) -> None:
    with counted_queries() as few:
        operator.get(f"/dead-letters?topic={TOPIC}&reason=CONFLICT")
    with counted_queries() as many:
        operator.get("/dead-letters")
    assert len(few) == len(many) <= 12
