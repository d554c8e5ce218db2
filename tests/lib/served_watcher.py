"""I5 through time: polls one served total, so that a test can say that it never dipped and never doubled."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event, Thread
from types import TracebackType

import psycopg2

USERS_BYTES = "SELECT coalesce(sum(value), 0) FROM usage WHERE type = 'user_total_bytes'"


def served_total(database_url: str, statement: str = USERS_BYTES) -> Callable[[], int]:
    """A function that reads one number in one statement, on a connection of its own."""
    session = psycopg2.connect(database_url)
    session.autocommit = True

    def read() -> int:
        with session.cursor() as cursor:
            cursor.execute(statement)
            return int(cursor.fetchone()[0])

    return read


class ServedWatcher:
    """Polls in a thread while its `with` block runs; `seen` holds each value that differs from the one before."""

    def __init__(self, read: Callable[[], int], every_s: float = 0.1) -> None:
        self.seen: list[int] = []
        self.polls = 0
        self._read = read
        self._every_s = every_s
        self._over = Event()
        self._fault: BaseException | None = None
        self._thread = Thread(target=self._watch, name="served-watcher", daemon=True)

    def __enter__(self) -> ServedWatcher:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._over.set()
        self._thread.join()
        if error is None and self._fault is not None:
            raise self._fault

    @property
    def lowest(self) -> int:
        """The smallest total that was served."""
        return min(self.seen)

    @property
    def highest(self) -> int:
        """The largest total that was served."""
        return max(self.seen)

    @property
    def dips(self) -> list[tuple[int, int]]:
        """Each time a total was served that is smaller than the one before: (before, after)."""
        return [(before, after) for before, after in zip(self.seen, self.seen[1:], strict=False) if after < before]

    def raise_if_moved_outside(self, lowest: int, highest: int) -> None:
        """AssertionError when a total was served below `lowest` or above `highest`, both allowed."""
        outside = [total for total in self.seen if not lowest <= total <= highest]
        assert self.polls and not outside, f"served {outside[:5]} of {self.polls} polls, wanted {lowest} to {highest}"

    def _watch(self) -> None:
        try:
            while True:
                total = self._read()
                self.polls += 1
                if not self.seen or self.seen[-1] != total:
                    self.seen.append(total)
                if self._over.wait(self._every_s):
                    return
        except Exception as fault:
            self._fault = fault
