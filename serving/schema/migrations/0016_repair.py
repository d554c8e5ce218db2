"""What a compacted file has of each partition: from which offset to which, so that it can be read from Kafka again."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("schema", "0015_letters")]

    operations = [
        migrations.AddField(
            "ArchiveFile", "spans", models.JSONField(db_default=models.Value({}, models.JSONField()))),
    ]
