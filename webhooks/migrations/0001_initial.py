import django.db.models.deletion
from django.db import migrations, models

import common.ids
import common.jsons


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("projects", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Webhook",
            fields=[
                ("id", models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("target_url", models.CharField(max_length=2000, verbose_name="address")),
                ("events", common.jsons.ExactJSONField(default=list)),
                ("events_as_sent", common.jsons.ExactJSONField(editable=False, null=True)),
                ("active", models.BooleanField(default=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(editable=False, null=True)),
                (
                    "project",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="webhooks",
                        to="projects.project",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["project", "id"], name="webhooks_webhook_project")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("target_url", ""), _negated=True), name="webhooks_webhook_has_address"
                    )
                ],
            },
        ),
    ]
