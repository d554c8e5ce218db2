"""A thread of the gateway."""

from __future__ import annotations

import threading


class Part(threading.Thread):
    """Does its `work` until it is ended. `failure` tells what ended it before its time."""

    def __init__(self, name: str) -> None:
        super().__init__(name=name, daemon=True)
        self.failure: BaseException | None = None

    def run(self) -> None:
        try:
            self.work()
        except BaseException as failure:
            self.failure = failure

    def work(self) -> None:
        raise NotImplementedError
