"""Users counted in a published hour before their metadata came."""

from django.db import migrations, models

from serving.schema.fields import composite_key


class Migration(migrations.Migration):
    dependencies = [("schema", "0003_views")]

    operations = [
        migrations.CreateModel(
            name="UnmappedUser",
            fields=[
                ("pk", composite_key("topic", "hour", "id")),
                ("topic", models.TextField()),
                ("hour", models.DateTimeField()),
                ("id", models.TextField()),
            ],
            options={
                "db_table": "unmapped_user",
                "indexes": [models.Index(fields=["id"], name="unmapped_user_by_id")],
            },
        ),
    ]
