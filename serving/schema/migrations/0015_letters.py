"""Who replayed or discarded a dead letter, and when; where its replay is in Kafka. Who acknowledged a gap, and when."""

from django.db import migrations, models
from django.db.models import Q, Value


class Migration(migrations.Migration):
    dependencies = [("schema", "0014_alerts")]

    operations = [
        migrations.AddField("DeadLetter", "state_by", models.TextField(db_default=Value(""))),
        migrations.AddField("DeadLetter", "state_at", models.DateTimeField(null=True)),
        migrations.AddField("DeadLetter", "replay_from", models.BigIntegerField(null=True)),
        migrations.AddField("DeadLetter", "replay_number", models.JSONField(null=True)),
        migrations.AddField("DeadLetter", "replay_offset", models.BigIntegerField(null=True)),
        migrations.RemoveConstraint("DeadLetter", "dead_letter_state"),
        migrations.AddConstraint(
            "DeadLetter",
            models.CheckConstraint(
                condition=Q(state__in=["open", "replaying", "replayed", "discarded"]), name="dead_letter_state")),
        migrations.AddIndex("DeadLetter", models.Index(fields=["-noticed_at"], name="dead_letter_latest")),
        migrations.AddField("OffsetGap", "acknowledged_at", models.DateTimeField(null=True)),
    ]
