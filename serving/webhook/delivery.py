"""The changes of the outbox, posted one after the other."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from metering.clock import Clock
from metering.domain.webhook import KEY, SIGNATURE, canonical, pause_s, signature
from metering.store.locked_session import LockedSession
from metering.store.outbox import Answer, Change, begin_try, count_waiting, due, end_try
from metering.telemetry import Log

LOG = Log("serving")

LOCK = "serving deliver"
_LONGEST_AWAY_S = 60
_LOOK_EVERY_S = 1.0

Post = Callable[[bytes, Mapping[str, str]], Answer]


@dataclass
class Delivery:
    """Posts what is due, on the session that holds the lock. `post` sends a body with headers."""

    session: LockedSession
    post: Post
    secret: str
    clock: Clock
    stopping: threading.Event
    silent: int = 0
    """Tries in a row without any answer: then the receiver is left alone for a while."""

    def once(self) -> int:
        """Post all that is due; returns how many changes still wait. Nothing is posted twice but after a crash."""
        while not self.stopping.is_set() and not self.silent:
            changes = self._due()
            if not changes:
                break
            self._post_all(changes)
        with self.session.transaction() as cursor:
            return count_waiting(cursor)

    def go_on(self) -> None:
        """Post what is due and what becomes due, until stopped. Raises ServiceAway without PostgreSQL."""
        while not self.stopping.is_set():
            changes = self._due()
            self._post_all(changes)
            if self.silent:
                self.stopping.wait(min(pause_s(self.silent), _LONGEST_AWAY_S))
            elif not changes:
                self.stopping.wait(_LOOK_EVERY_S)

    def _due(self) -> list[Change]:
        with self.session.transaction() as cursor:
            return due(cursor)

    def _post_all(self, changes: list[Change]) -> None:
        """Up to the first that gets no answer: behind a silent receiver each would wait out its time."""
        for change in changes:
            if self.stopping.is_set():
                return
            answer = self._post(change)
            self.silent = self.silent + 1 if answer.status is None else 0
            if self.silent:
                return

    def _post(self, change: Change) -> Answer:
        with self.session.transaction() as cursor:
            number = begin_try(cursor, change.id)
        body = canonical({"change": change.id, **change.payload})
        answer = self.post(body, {
            "Content-Type": "application/json", "User-Agent": "lambdameter", KEY: str(change.id),
            SIGNATURE: signature(self.secret, int(self.clock.now().timestamp()), body)})
        with self.session.transaction() as cursor:
            end_try(cursor, number, change, answer)
        self._tell(change, answer)
        return answer

    def _tell(self, change: Change, answer: Answer) -> None:
        about = {"change": change.id, "alert": change.payload["alert"], "state": change.payload["state"],
                 "tries": change.tries + 1}
        if answer.taken:
            LOG.info("delivered", **about)
        else:
            LOG.warning("not delivered", why=answer.error, again_in_s=pause_s(change.tries + 1), **about)
