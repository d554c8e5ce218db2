"""SQL of the layers outside of Django: one statement a file, named by what it does.

`{name}` stands for an identifier or a list of them, put in by psycopg2.sql; `%(name)s` for a value.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from psycopg2 import sql


@cache
def _text(name: str) -> str:
    return files(__name__).joinpath(f"{name}.sql").read_text(encoding="utf-8")


def statement(name: str, **identifiers: sql.Composable) -> sql.Composed:
    """The statement in `name`.sql with its identifiers filled in."""
    return sql.SQL(_text(name)).format(**identifiers)  # type: ignore[arg-type,unused-ignore]
