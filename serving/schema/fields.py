"""Column types that Django does not have."""

from __future__ import annotations

from typing import Any

from django.db import models

_UNSAID = (("max_digits", 1000), ("decimal_places", 0))


class SumField(models.DecimalField):
    """An exact number of any size: PostgreSQL's `numeric`, as an hour of large events can pass bigint.

    A whole one unless `decimal_places` says otherwise.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        # Python's side only: the column has no limit.
        super().__init__(*args, **{"decimal_places": 0} | options | {"max_digits": 1000})

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        name, path, args, options = super().deconstruct()
        return (
            name,
            path,
            args,
            {key: value for key, value in options.items() if (key, value) not in _UNSAID},
        )

    def db_type(self, connection: Any) -> str:
        return "numeric"


def composite_key(*columns: str) -> models.CompositePrimaryKey:
    """A composite primary key with the options that Django records for one in a migration."""
    return models.CompositePrimaryKey(*columns, blank=True, editable=False, primary_key=True, serialize=False)
