"""Versions of the model."""

from django.db import migrations, models
from django.db.models.functions import Now


class Migration(migrations.Migration):
    dependencies = [("schema", "0007_listens")]

    operations = [
        migrations.CreateModel(
            name="ModelVersion",
            fields=[
                ("version", models.BigAutoField(primary_key=True, serialize=False)),
                ("created_at", models.DateTimeField(db_default=Now())),
                ("kind", models.TextField(db_default=models.Value("logistic_regression"))),
                ("coefficients", models.JSONField()),
                ("sha256", models.TextField()),
                ("fingerprint", models.TextField()),
                ("parameters", models.JSONField()),
                ("metrics", models.JSONField()),
                ("is_current", models.BooleanField(db_default=models.Value(False))),
            ],
            options={
                "db_table": "model_version",
                "constraints": [models.UniqueConstraint(
                    fields=["is_current"], condition=models.Q(is_current=True), name="one_current_model")],
            },
        ),
    ]
