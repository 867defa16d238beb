import django.db.models.deletion
from django.db import migrations, models

import common.ids
import common.jsons


class Migration(migrations.Migration):
    dependencies = [
        ("projects", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="AsyncAction",
            fields=[
                ("id", models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("type", models.CharField(max_length=60)),
                ("payload", common.jsons.ExactJSONField(default=dict)),
                ("request_id", models.CharField(max_length=40)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("ENQUEUED", "Waiting"),
                            ("IN_PROGRESS", "At work"),
                            ("DONE", "Done"),
                            ("FAILED", "Failed"),
                        ],
                        default="ENQUEUED",
                        max_length=12,
                    ),
                ),
                (
                    "operation_status",
                    models.CharField(
                        choices=[("UNKNOWN", "Not known yet"), ("SUCCESS", "Success"), ("FAILED", "Failure")],
                        default="UNKNOWN",
                        max_length=8,
                    ),
                ),
                ("progress", models.PositiveSmallIntegerField(default=0, verbose_name="progress in %")),
                ("done_count", models.PositiveBigIntegerField(default=0)),
                ("failed_count", models.PositiveBigIntegerField(default=0)),
                ("failed", common.jsons.ExactJSONField(default=list)),
                ("message", models.CharField(blank=True, max_length=2000)),
                ("created_at", models.DateTimeField()),
                ("updated_at", models.DateTimeField()),
                ("started_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
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
                "indexes": [models.Index(fields=["project", "created_at", "id"], name="projects_asyncaction_list")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("type", ""), _negated=True), name="projects_asyncaction_has_type"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("progress__lte", 100)), name="projects_asyncaction_progress"
                    ),
                ],
            },
        ),
    ]
