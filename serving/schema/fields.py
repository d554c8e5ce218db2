"""Column types that Django does not have."""

from __future__ import annotations

from typing import Any

from django.db import models


class SumField(models.DecimalField):
    """A whole number of any size: PostgreSQL's `numeric`, as an hour of large events can pass bigint."""

    def __init__(self, *args: Any, **options: Any) -> None:
        # Python's side only: the column has no limit.
        super().__init__(*args, **options | {"max_digits": 1000, "decimal_places": 0})

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        name, path, args, options = super().deconstruct()
        return (
            name,
            path,
            args,
            {key: options[key] for key in options.keys() - {"max_digits", "decimal_places"}},
        )

    def db_type(self, connection: Any) -> str:
        return "numeric"


def composite_key(*columns: str) -> models.CompositePrimaryKey:
    """A composite primary key with the options that Django records for one in a migration."""
    return models.CompositePrimaryKey(*columns, blank=True, editable=False, primary_key=True, serialize=False)
