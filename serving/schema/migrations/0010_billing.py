"""Billing: the rollup of costs by company and window, from its file in `serving/schema/sql`."""

from typing import Any

from django.db import migrations, models

from serving.schema.fields import SumField, composite_key
from serving.schema.statements import run_sql


def _columns(window: str) -> list[tuple[str, Any]]:
    return [
        (window, models.DateTimeField()),
        ("company", models.TextField()),
        ("currency", models.TextField()),
        ("cost", SumField(decimal_places=6)),
        ("events", models.BigIntegerField()),
    ]


_GENERATION = ("generation", models.BigIntegerField())
_PROVISIONAL = ("provisional", models.BooleanField())
_WINDOW_KEY = ("window_start", "company", "currency")
_HOUR_KEY = ("hour", "company", "currency")


def _model(name: str, table: str, key: tuple[str, ...], columns: list[tuple[str, Any]]) -> migrations.CreateModel:
    """The model of a table or view that the SQL has made."""
    return migrations.CreateModel(
        name, fields=[("pk", composite_key(*key)), *columns], options={"db_table": table, "managed": False})


class Migration(migrations.Migration):
    dependencies = [("schema", "0009_dashboards")]

    operations = [
        run_sql("company_window"),
        _model("CompanyWindowRealtime", "company_window_realtime", ("generation", *_WINDOW_KEY),
               [*_columns("window_start"), _GENERATION]),
        _model("CompanyWindowBatch", "company_window_batch", _WINDOW_KEY, _columns("window_start")),
        _model("CompanyHourBatch", "company_hour_batch", _HOUR_KEY, _columns("hour")),
        _model("CompanyWindow", "company_window", _WINDOW_KEY, [*_columns("window_start"), _PROVISIONAL]),
        _model("CompanyHour", "company_hour", _HOUR_KEY, [*_columns("hour"), _PROVISIONAL]),
    ]
