"""The views of usage read the batch tables as those alone would be read, and ask first what is planned once a session.

An index keeps the look for hours that failed from reading all hours. The views' columns stay as they are.
"""

from django.db import migrations, models

from serving.schema.statements import run_sql


class Migration(migrations.Migration):
    dependencies = [("schema", "0016_repair")]

    operations = [
        run_sql("reading_spans"),
        run_sql("usage_by_filter"),
        migrations.AddIndex(
            "HourState",
            models.Index(
                condition=models.Q(("failed", ""), _negated=True), fields=["topic", "-hour"], name="hour_state_failed"
            ),
        ),
    ]
