"""The set of customers who were decided to be sent the offer, and how far in Kafka it has come."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import redis
from redis.client import Pipeline

from metering.domain.errors import ServiceAway
from metering.redis.chunks import chunks
from metering.redis.connection import reaching_redis
from metering.redis.keys import CURSOR, OFFERED
from metering.redis.texts import readable

Cursor = Mapping[int, int]
"""Kafka partition → first offset not yet applied; a partition that is not named stands at 0."""


class CursorMoved(ServiceAway):
    """The set is not as it was when its cursor was read: nothing was added. Read the cursor again, go on from there."""


def read_cursor(client: redis.Redis) -> dict[int, int]:
    """How far the set has come; empty where nothing was applied yet, or where set or cursor are not what was written.

    Raises ServiceAway.
    """
    with reaching_redis(), client.pipeline(transaction=True) as pipe:
        pipe.watch(OFFERED, CURSOR)
        return _read(pipe) or {}


def add_offers(client: redis.Redis, customer_ids: Iterable[str], cursor: Cursor, was: Cursor | None = None) -> None:
    """Add to the set and move the named partitions' cursor, in one MULTI. Repeating it changes nothing.

    `was`: where these partitions have to stand for that, so that a Redis which was emptied since the cursor was
    read does not end with a set that lacks what came before; None: not asked. Raises CursorMoved where they stand
    elsewhere, and where someone else put something other under either key: then both are removed, to begin again.
    Raises ServiceAway where the answer is lost, and then it may have been done: the cursor tells.
    """
    with reaching_redis(), client.pipeline(transaction=True) as pipe:
        pipe.watch(OFFERED, CURSOR)
        found = _read(pipe)
        if found is None:
            client.delete(OFFERED, CURSOR)
            raise CursorMoved("the offer set, or its cursor, was spoilt in Redis: it is made anew from the kept plays")
        if was is not None and any(found.get(one, 0) != was.get(one, 0) for one in cursor):
            raise CursorMoved(f"the offer set's cursor stands at {found}, not at {dict(was)}")
        pipe.multi()
        for piece in chunks(customer_ids):
            pipe.sadd(OFFERED, *piece)
        if cursor:
            pipe.hset(CURSOR, items=[word for pair in cursor.items() for word in pair])
        _execute(pipe)


def offered(client: redis.Redis) -> set[str]:
    """The customers in the set. Raises ServiceAway, also where the key holds no set."""
    with reaching_redis():
        return {readable(member) for member in client.smembers(OFFERED)}


def _execute(pipe: Pipeline) -> None:
    try:
        pipe.execute()
    except redis.WatchError as error:
        raise CursorMoved(f"the offer set changed while it was added to: {error}") from error


def _read(pipe: Pipeline) -> dict[int, int] | None:
    """The cursor, while it is watched; None where it, or the set, is not what `add_offers` wrote."""
    if pipe.type(OFFERED) not in (b"set", b"none") or pipe.type(CURSOR) not in (b"hash", b"none"):
        return None
    try:
        return {int(partition): int(offset) for partition, offset in pipe.hgetall(CURSOR).items()}
    except ValueError:
        return None
