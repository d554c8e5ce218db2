"""The views' SQL, one statement a file beside this module; migrations run them."""

from __future__ import annotations

from pathlib import Path

from django.db import migrations

_FOLDER = Path(__file__).parent / "sql"


def create_view(name: str) -> migrations.RunSQL:
    """The operation that creates the view of `sql/<name>.sql` or replaces it (its columns stay)."""
    statement = (_FOLDER / f"{name}.sql").read_text(encoding="utf-8")
    return migrations.RunSQL([(statement, None)], migrations.RunSQL.noop)
