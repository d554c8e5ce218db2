"""Listens and clicks: their rollups, and the plays of the last days, each from its file in `serving/schema/sql`."""

from typing import Any

from django.db import migrations, models

from serving.schema.fields import SumField, composite_key
from serving.schema.statements import run_sql

_LEVEL: list[tuple[str, Any]] = [
    ("timestamp", models.DateTimeField()),
    ("level", models.TextField()),
    ("listens", models.BigIntegerField()),
    ("offers", SumField()),
]
_AD: list[tuple[str, Any]] = [
    ("timestamp", models.DateTimeField()),
    ("ad", models.TextField()),
    ("clicks", models.BigIntegerField()),
]
_PROVISIONAL = ("provisional", models.BooleanField())

_PLAY: list[tuple[str, Any]] = [
    ("timestamp", models.DateTimeField()),
    ("customer_id", models.TextField()),
    ("track_id", models.TextField()),
    ("is_mobile", models.SmallIntegerField()),
    ("listening_zip", models.TextField()),
    ("event_id", models.TextField(null=True)),
    ("partition", models.IntegerField()),
    ("offset", models.BigIntegerField()),
    ("ingest_time", models.DateTimeField()),
    ("name", models.TextField(null=True)),
    ("age", models.TextField(null=True)),
    ("gender", models.TextField(null=True)),
    ("zip", models.TextField(null=True)),
    ("address", models.TextField(null=True)),
    ("sign_date", models.TextField(null=True)),
    ("status", models.TextField(null=True)),
    ("level", models.TextField()),
    ("campaign", models.TextField(null=True)),
    ("linked_with_apps", models.TextField(null=True)),
    ("send_event", models.SmallIntegerField(null=True)),
    ("reason", models.TextField()),
    ("probability", models.FloatField(null=True)),
    ("model_version", models.BigIntegerField(null=True)),
    ("score_age_s", models.FloatField(null=True)),
    ("features", models.TextField(null=True)),
]


def _model(name: str, table: str, key: tuple[str, ...], columns: list[tuple[str, Any]]) -> migrations.CreateModel:
    """The model of a table or view that the SQL has made."""
    return migrations.CreateModel(
        name, fields=[("pk", composite_key(*key)), *columns], options={"db_table": table, "managed": False})


class Migration(migrations.Migration):
    dependencies = [("schema", "0006_customers")]

    operations = [
        run_sql("level_listens"),
        run_sql("ad_clicks"),
        run_sql("play"),
        _model("LevelListens", "level_listens", ("timestamp", "level"), [*_LEVEL, _PROVISIONAL]),
        _model("LevelListensHourly", "level_listens_hourly", ("timestamp", "level"), [*_LEVEL, _PROVISIONAL]),
        _model("AdClicks", "ad_clicks", ("timestamp", "ad"), [*_AD, _PROVISIONAL]),
        _model("AdClicksHourly", "ad_clicks_hourly", ("timestamp", "ad"), [*_AD, _PROVISIONAL]),
        _model("Play", "play", ("timestamp", "partition", "offset"), _PLAY),
    ]
