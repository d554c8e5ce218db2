"""SQL that Django cannot say, in files beside this module; migrations run them."""

from __future__ import annotations

from pathlib import Path

from django.db import migrations

_FOLDER = Path(__file__).parent / "sql"


def run_sql(name: str) -> migrations.RunSQL:
    """The operation that runs `sql/<name>.sql` as it stands."""
    text = (_FOLDER / f"{name}.sql").read_text(encoding="utf-8")
    return migrations.RunSQL([(text, None)], migrations.RunSQL.noop)
