"""Addresses of Redis that settings take and its client does not."""

from __future__ import annotations

import pytest
import redis

from metering.domain.errors import BadSettings, ServiceAway
from metering.redis.connection import connect, reaching_redis


@pytest.mark.parametrize("query", ["socket_timeout=soon", "no_such_option=1", "max_connections=x"])
def test_an_option_it_does_not_know_is_a_bad_setting_and_not_shown(query: str) -> None:
    with pytest.raises(BadSettings, match=r"REDIS_URL=\(not shown\)") as caught:
        connect(f"redis://:hidden@127.0.0.1:1/0?{query}").ping()

    assert "hidden" not in str(caught.value)


def test_nobody_there_is_a_service_away_at_once() -> None:
    with pytest.raises(ServiceAway, match=r"^Redis cannot be reached: ") as caught, reaching_redis():
        connect("redis://:hidden@127.0.0.1:1/0").ping()

    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize(("error", "said"), [
    (redis.ConnectionError("reset\nby peer"), "Redis cannot be reached: reset by peer"),
    (redis.TimeoutError(), "Redis cannot be reached: TimeoutError"),
    (redis.AuthenticationError("WRONGPASS"), "Redis cannot be reached: WRONGPASS"),
    (redis.exceptions.BusyLoadingError("loading"), "Redis cannot be reached: loading"),
    (redis.exceptions.ReadOnlyError("a replica"), "Redis refuses: a replica"),
    (redis.exceptions.OutOfMemoryError("OOM"), "Redis refuses: OOM"),
])
def test_each_of_its_errors_is_a_service_away_in_one_line(error: Exception, said: str) -> None:
    with pytest.raises(ServiceAway) as caught, reaching_redis():
        raise error

    assert str(caught.value) == said
