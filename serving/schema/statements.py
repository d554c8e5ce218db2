"""SQL that Django cannot say, in files beside this module; migrations run them."""

from __future__ import annotations

from pathlib import Path

from django.db import migrations

_FOLDER = Path(__file__).parent / "sql"


def run_sql(name: str) -> migrations.RunSQL:
    """The operation that runs `sql/<name>.sql` as it stands."""
    return migrations.RunSQL([(read_sql(name), None)], migrations.RunSQL.noop)


def read_sql(name: str) -> str:
    """The text of `sql/<name>.sql`."""
    return (_FOLDER / f"{name}.sql").read_text(encoding="utf-8")
