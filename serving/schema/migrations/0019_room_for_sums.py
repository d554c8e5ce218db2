"""Realtime tables keep room on each page for all its rows again, also those that were made with less."""

from django.db import migrations

from serving.schema.statements import run_sql


class Migration(migrations.Migration):
    dependencies = [("schema", "0018_reading_views")]

    operations = [run_sql("room_for_sums")]
