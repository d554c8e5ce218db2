"""What the archive holds of a span of time, by the manifest."""

from __future__ import annotations

from datetime import datetime

from psycopg2.extensions import cursor as Cursor

from metering.sql import statement
from metering.store.rotation import ListedFile


def files_between(cursor: Cursor, topic: str, start: datetime | None, end: datetime | None) -> list[ListedFile]:
    """All files that count and may hold events of [start, end), published or not; None: no bound."""
    cursor.execute(statement("ml/files_between"), {"topic": topic, "start": start, "end": end})
    return [ListedFile(*row) for row in cursor.fetchall()]
