"""The set of customers who get the offer: it follows the committed decisions, from a cursor that lies beside it."""

from __future__ import annotations

from datetime import UTC, datetime

from psycopg2.extensions import connection as Connection
from redis import Redis

from metering.domain.stream import Stream
from metering.redis.connection import connect as connect_redis
from metering.redis.offer_set import add_offers, read_cursor
from metering.store.connection import connect, reaching_postgresql
from metering.store.ledger import note_layer, read_offsets
from metering.store.recent import sent_in
from speed_layer.beside import Beside
from speed_layer.job import Job


class OfferSet(Beside):
    """Follows after every commit and once a slice length; after a fault the cursor stays where it is."""

    def __init__(self, job: Job) -> None:
        super().__init__(
            "offer set", lambda: follow(job), "the offer set waits", every_s=job.settings.slice_s,
            wake=job.progress.after_commit())

    def finish(self) -> None:
        """Follow once more: the last slice was committed a moment ago."""
        self.turn()


def follow(job: Job) -> None:
    """Bring the set up to the committed decisions. A repeat changes nothing. Raises ServiceAway."""
    streams = [stream for stream in job.streams.values() if stream.recent and stream.added]
    if not (streams and job.settings.redis_url):
        return
    client = connect_redis(job.settings.redis_url)
    try:
        with reaching_postgresql():
            connection = connect(job.settings.database_url, "speed_layer offers")
            try:
                for stream in streams:
                    sent = _follow(client, connection, stream)
                    note_layer(connection, f"offers:{stream.topic}", job.started_at,
                               {"sent_to": sent, "followed_at": datetime.now(UTC).isoformat(timespec="seconds")})
            finally:
                connection.close()
    finally:
        client.close()


def _follow(client: Redis, connection: Connection, stream: Stream) -> int:
    """Apply what was decided since the cursor; how many customers that were, the same one perhaps more than once."""
    added = 0
    committed, reached = read_offsets(connection, stream.topic), read_cursor(client)
    with connection, connection.cursor() as cursor:
        for partition, after in committed.items():
            first = reached.get(partition, 0)
            # A cursor ahead of the ledger belongs to a database that was restored since.
            for sent in sent_in(cursor, stream, partition, first if first <= after else 0, after):
                stands = {partition: reached.get(partition, 0)}
                add_offers(client, sent.subjects, {partition: sent.next_offset}, was=stands)
                reached[partition] = sent.next_offset
                added += len(sent.subjects)
    return added
