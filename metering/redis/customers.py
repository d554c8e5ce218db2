"""Customers' records in Redis, each a hash under the customer's id."""

from __future__ import annotations

from collections.abc import Iterable

import redis

from metering.domain.customer import Customer
from metering.redis.chunks import chunks
from metering.redis.connection import reaching_redis


def save_customers(client: redis.Redis, customers: Iterable[Customer]) -> int:
    """Put each record in place of what its key holds, whatever that is, as a whole; gives their number.

    Records follow one another: a fault leaves earlier ones saved. Repeating it changes nothing. Raises ServiceAway.
    """
    saved = 0
    for piece in chunks(customers):
        with reaching_redis(), client.pipeline(transaction=True) as pipe:
            for customer in piece:
                # Deleted first: a key of another type, or a field that is no longer one, would stay.
                pipe.delete(customer.id)
                pipe.hset(customer.id, items=[word for pair in customer.record.items() for word in pair])
            pipe.execute()
        saved += len(piece)
    return saved
