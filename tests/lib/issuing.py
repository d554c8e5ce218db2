"""The product's issuing on a database, without Kafka: `python -m tests.lib.issuing URL NOW` for one that is killed."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import datetime, timedelta

from batch_layer.invoicing import Issuing
from metering.store.locked_session import LockedSession

GRACE = timedelta(days=3)


def issue(
    database_url: str, now: datetime, read_past: Callable[[str, datetime], bool] = lambda topic, moment: True
) -> list[str]:
    """The numbers of what was issued, as a batch run at `now` would issue it, streams being read as far as is said."""
    with LockedSession(database_url, "batch_layer", "batch_layer") as session:
        return Issuing(session, GRACE, now, read_past).run()


if __name__ == "__main__":
    print(*issue(sys.argv[1], datetime.fromisoformat(sys.argv[2])))
