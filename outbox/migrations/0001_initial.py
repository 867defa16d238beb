import django.db.models.deletion
from django.db import migrations, models

import common.ids
import common.jsons


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("projects", "0002_add_async_actions"),
    ]

    operations = [
        migrations.CreateModel(
            name="OutboxMessage",
            fields=[
                ("id", models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("topic", models.CharField(max_length=60)),
                ("payload", common.jsons.ExactJSONField(default=dict)),
                ("dedupe_key", models.CharField(max_length=200)),
                ("attempts", models.PositiveIntegerField(default=0)),
                ("last_error", models.TextField(blank=True, verbose_name="error of the last try")),
                ("created_at", models.DateTimeField()),
                ("available_at", models.DateTimeField(verbose_name="not before")),
                ("claimed_until", models.DateTimeField(null=True)),
                ("done_at", models.DateTimeField(null=True)),
                ("dead_at", models.DateTimeField(null=True, verbose_name="parked at")),
                (
                    "project",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="projects.project",
                    ),
                ),
            ],
            options={
                "verbose_name": "outbox message",
                "db_table": "outbox_message",
                "indexes": [
                    models.Index(
                        condition=models.Q(("dead_at", None), ("done_at", None)),
                        fields=["available_at", "id"],
                        name="outbox_message_open",
                    ),
                    models.Index(
                        condition=models.Q(("done_at__isnull", False)), fields=["done_at"], name="outbox_message_done"
                    ),
                    models.Index(
                        condition=models.Q(("dead_at__isnull", False)),
                        fields=["project", "id"],
                        name="outbox_message_parked",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("project", "dedupe_key"), name="outbox_message_once"),
                    models.CheckConstraint(
                        condition=models.Q(("topic", ""), _negated=True), name="outbox_message_has_topic"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("done_at", None), ("dead_at", None), _connector="OR"),
                        name="outbox_message_ends_once",
                    ),
                ],
            },
        ),
    ]
