"""Customers of the music service."""

from django.db import migrations, models

_RECORD = (
    "name", "age", "gender", "zip", "address", "sign_date", "status", "level", "campaign", "linked_with_apps",
)  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [("schema", "0005_machines")]

    operations = [
        migrations.CreateModel(
            name="Customer",
            fields=[
                ("id", models.TextField(primary_key=True, serialize=False)),
                *((name, models.TextField()) for name in _RECORD),
            ],
            options={"db_table": "customer"},
        ),
    ]
