"""Machines: the rollups of samples, each from its file in `serving/schema/sql`."""

from typing import Any

from django.db import migrations, models

from serving.schema.fields import SumField, composite_key
from serving.schema.statements import run_sql


def _service_columns() -> list[tuple[str, Any]]:
    return [
        ("service", models.TextField()),
        ("time_stamp", models.DateTimeField()),
        ("cpu", SumField(decimal_places=3)),
        ("ram", SumField(decimal_places=3)),
        ("disk", SumField(decimal_places=3)),
        ("max_cpu_time", models.DateTimeField(null=True)),
        ("max_cpu", SumField(decimal_places=3, null=True)),
        ("max_ram_time", models.DateTimeField(null=True)),
        ("max_ram", SumField(decimal_places=3, null=True)),
        ("max_disk_time", models.DateTimeField(null=True)),
        ("max_disk", SumField(decimal_places=3, null=True)),
        ("msg_num", models.BigIntegerField()),
        ("cpu_known", models.BigIntegerField(default=0)),
        ("ram_known", models.BigIntegerField(default=0)),
        ("disk_known", models.BigIntegerField(default=0)),
    ]


def _machine_columns(window: str) -> list[tuple[str, Any]]:
    return [
        ("machine_id", models.TextField()),
        (window, models.DateTimeField()),
        ("cpu", SumField(decimal_places=3)),
        ("ram", SumField(decimal_places=3)),
        ("cpu_percent_s", SumField(decimal_places=3)),
        ("ram_percent_s", SumField(decimal_places=3)),
        ("sampled_s", SumField()),
        ("samples", models.BigIntegerField()),
    ]


_GENERATION = ("generation", models.BigIntegerField())
_PROVISIONAL = ("provisional", models.BooleanField())


def _model(name: str, table: str, key: tuple[str, ...], columns: list[tuple[str, Any]]) -> migrations.CreateModel:
    """The model of a table or view that the SQL has made."""
    return migrations.CreateModel(
        name, fields=[("pk", composite_key(*key)), *columns], options={"db_table": table, "managed": False})


class Migration(migrations.Migration):
    dependencies = [("schema", "0004_unmapped_user")]

    operations = [
        run_sql("service_minute"),
        run_sql("machine_minute"),
        _model("ServiceMinuteRealtime", "service_minute_realtime", ("generation", "time_stamp", "service"),
               [*_service_columns(), _GENERATION]),
        _model("ServiceMinuteBatch", "service_minute_batch", ("time_stamp", "service"), _service_columns()),
        _model("ServiceHourBatch", "service_hour_batch", ("time_stamp", "service"), _service_columns()),
        _model("ServiceMinute", "service_minute", ("time_stamp", "service"), [*_service_columns(), _PROVISIONAL]),
        _model("ServiceHour", "service_hour", ("time_stamp", "service"), [*_service_columns(), _PROVISIONAL]),
        _model("MachineMinuteRealtime", "machine_minute_realtime", ("generation", "minute", "machine_id"),
               [*_machine_columns("minute"), _GENERATION]),
        _model("MachineMinuteBatch", "machine_minute_batch", ("minute", "machine_id"), _machine_columns("minute")),
        _model("MachineHourBatch", "machine_hour_batch", ("hour", "machine_id"), _machine_columns("hour")),
        _model("MachineMinute", "machine_minute", ("minute", "machine_id"),
               [*_machine_columns("minute"), _PROVISIONAL]),
        _model("MachineHour", "machine_hour", ("hour", "machine_id"), [*_machine_columns("hour"), _PROVISIONAL]),
    ]
