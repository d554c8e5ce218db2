"""The explorer's columns of plays, saved dashboards, and one to begin with."""

from typing import Any

from django.db import migrations, models
from django.db.models.functions import Now

from serving.schema.statements import run_sql

_WEEK = {"q": "", "from": "now-7d", "to": "now"}
OFFERS = {
    "charts": [
        {**_WEEK, "title": "Plays", "kind": "total"},
        {**_WEEK, "title": "Offers", "kind": "total", "q": "send_event:1"},
        {**_WEEK, "title": "Undecided", "kind": "total", "q": "send_event:none"},
        {**_WEEK, "title": "SendEvent over time", "kind": "lines", "field": "send_event"},
        {**_WEEK, "title": "Plays by SendEvent", "kind": "bars", "field": "send_event"},
        {**_WEEK, "title": "Offers by level", "kind": "bars", "field": "level", "q": "send_event:1"},
        {**_WEEK, "title": "Plays by reason", "kind": "bars", "field": "reason"},
    ]
}


def _add_offers(apps: Any, schema_editor: Any) -> None:
    apps.get_model("schema", "Dashboard").objects.get_or_create(name="Offers", defaults={"definition": OFFERS})


class Migration(migrations.Migration):
    dependencies = [("schema", "0008_models")]

    operations = [
        run_sql("play_search"),
        migrations.CreateModel(
            name="Dashboard",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("name", models.TextField(unique=True)),
                ("owner", models.TextField(default="", db_default="")),
                ("definition", models.JSONField()),
                ("changed_at", models.DateTimeField(db_default=Now())),
            ],
            options={"db_table": "dashboard"},
        ),
        migrations.RunPython(_add_offers, migrations.RunPython.noop),
    ]
