"""Clients of Redis that never wait long, and what their errors mean."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from metering.domain.errors import BadSettings, ServiceAway

TIMEOUT_S = 0.5
"""A slice waits no longer than this for an answer; a healthy Redis answers a block within some tens of milliseconds."""


def connect(url: str, timeout_s: float = TIMEOUT_S) -> redis.Redis:
    """A client of `url` that gives bytes; it connects when first used, and may be shared by threads.

    Waits `timeout_s` at most to connect, and as long for each answer. A connection that turns out to have been closed
    is made anew, once and at once; silence is not asked a second time. Raises BadSettings for a URL it cannot use.
    """
    # Only a closed connection is tried again: to try a silent one again would wait twice.
    retry = Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,))
    try:
        client = redis.Redis.from_url(
            url, socket_timeout=timeout_s, socket_connect_timeout=timeout_s, retry=retry, driver_info=None)
        # An option in the URL that it does not know would else come up at the first command, as a TypeError.
        client.connection_pool.connection_class(**client.connection_pool.connection_kwargs)
        return client
    except (ValueError, TypeError) as error:
        raise BadSettings(["REDIS_URL=(not shown): want redis://:password@host:port/0"]) from error


@contextmanager
def reaching_redis() -> Iterator[None]:
    """Turn a Redis that is lost, absent or silent, or that refuses, into ServiceAway."""
    try:
        yield
    except redis.ResponseError as error:
        raise ServiceAway(f"Redis refuses: {_line(error)}") from error
    except redis.RedisError as error:
        raise ServiceAway(f"Redis cannot be reached: {_line(error)}") from error


def _line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
