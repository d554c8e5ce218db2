"""`deliver`: post the changes of alerts to the webhook."""

from __future__ import annotations

import argparse
import signal
import threading
from functools import partial

from metering.clock import SystemClock
from metering.domain.errors import ServiceAway
from metering.settings import Settings
from metering.store.locked_session import LockedSession, LockHeld
from metering.telemetry import Log
from serving.webhook.delivery import LOCK, Delivery
from serving.webhook.post import post

LOG = Log("serving")

_LONGEST_PAUSE_S = 30.0


def run(options: argparse.Namespace, settings: Settings) -> int:
    """Post until stopped, or what is due `once`. Another one at work: says so and gives 0.

    Raises ServiceAway where PostgreSQL is away, or, with `once`, where the receiver did not take all.
    """
    stopping = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stopping.set())
    try:
        if options.once:
            return _once(settings, stopping)
        _go_on(settings, stopping)
    except LockHeld:
        LOG.info("another delivery is at work; this one leaves")
    return 0


def _once(settings: Settings, stopping: threading.Event) -> int:
    with LockedSession(settings.database_url, LOCK, LOCK) as session:
        waiting = _delivery(session, settings, stopping).once()
    if waiting:
        raise ServiceAway(f"the webhook's receiver did not take all: {waiting} changes wait")
    return 0


def _go_on(settings: Settings, stopping: threading.Event) -> None:
    """Without PostgreSQL: wait, and longer each time; another one may have taken over by then."""
    pause, told = 1.0, False
    while not stopping.is_set():
        try:
            with LockedSession(settings.database_url, LOCK, LOCK) as session:
                pause, told = 1.0, False
                _delivery(session, settings, stopping).go_on()
        except ServiceAway as away:
            if not told:
                LOG.warning("deliveries wait", why=away)
            told = True
            stopping.wait(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_S)


def _delivery(session: LockedSession, settings: Settings, stopping: threading.Event) -> Delivery:
    LOG.info("delivering")
    return Delivery(
        session, partial(post, settings.webhook_url), settings.webhook_secret, SystemClock(), stopping)
