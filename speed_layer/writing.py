"""What Spark calls for each slice: the slice is evaluated here, and committed while the next one is read."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pyarrow as pa
from pyspark.sql import DataFrame


class SliceFailed(Exception):
    """Tells Spark to end the query; what happened is kept in `Writing.fault`."""


class _Commit(threading.Thread):
    """The commit of one slice. A daemon, so that a frozen database holds up no end of the program."""

    def __init__(self, write: Callable[[pa.Table], None], findings: pa.Table) -> None:
        super().__init__(name="commit", daemon=True)
        self._write, self._findings = write, findings
        self.fault: BaseException | None = None
        self.start()

    def run(self) -> None:
        try:
            self._write(self._findings)
        except BaseException as error:
            self.fault = error


class Writing:
    """Evaluates each slice's frame exactly once, since each evaluation writes files, and commits in their order.

    At most one slice waits for the commit of the one before. A slice that failed is the last: `fault` says why, the
    slice read meanwhile is dropped, and its events are read again at the next start.
    """

    def __init__(self, write: Callable[[pa.Table], None]) -> None:
        self._write = write
        self._busy = threading.Lock()
        self._closed = False
        self._commit: _Commit | None = None
        self._fault: BaseException | None = None

    @property
    def fault(self) -> BaseException | None:
        """What ended the writing, of a slice or its commit; known at the latest when the commit has ended."""
        return self._fault or (self._commit.fault if self._commit else None)

    def __call__(self, frame: DataFrame, slice_number: int) -> None:
        with self._busy:
            if self._closed:
                raise SliceFailed("stopping")
            try:
                findings = frame.toArrow()
            except BaseException as error:
                self._fault = self.fault or error
            self._wait()
            if self.fault:
                # Spark would print the whole trace of two languages; the driver tells `fault` in a line.
                raise SliceFailed(type(self.fault).__name__) from None
            self._commit = _Commit(self._write, findings)

    def _wait(self, seconds: float | None = None) -> bool:
        """Wait for the commit in hand; False: it has not ended yet."""
        if self._commit:
            self._commit.join(seconds)
        return not (self._commit and self._commit.is_alive())

    def finish(self) -> None:
        """Wait for the last commit; raises what ended the writing."""
        self._wait()
        if self.fault:
            raise self.fault

    def close(self, seconds: float) -> bool:
        """Let no further slice begin; wait until none is being written, at most `seconds`. False: one still is."""
        self._closed = True
        deadline = time.monotonic() + seconds
        if not self._busy.acquire(timeout=seconds):
            return False
        self._busy.release()
        return self._wait(max(0.0, deadline - time.monotonic()))
