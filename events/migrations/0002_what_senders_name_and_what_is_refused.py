import django.db.models.deletion
from django.db import migrations, models

import common.ids
import common.jsons


class Migration(migrations.Migration):
    dependencies = [
        ("events", "0001_initial"),
        ("projects", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="RejectedTally",
            fields=[
                (
                    "project",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="projects.project",
                    ),
                ),
                ("dropped_count", models.PositiveBigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="EventVoid",
            fields=[
                ("event_id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("reason", models.CharField(blank=True, max_length=500)),
                ("forced", models.BooleanField(default=False)),
                ("shortfall", models.BigIntegerField(default=0)),
                ("affected_later", common.jsons.ExactJSONField(default=list)),
                ("actor", models.CharField(max_length=200)),
                ("group_id", models.CharField(max_length=40)),
                ("voided_at", models.DateTimeField()),
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
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("shortfall__gte", 0)), name="events_void_shortfall")
                ],
            },
        ),
        migrations.CreateModel(
            name="IdempotencyKey",
            fields=[
                ("event_id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("key", models.CharField(max_length=200)),
                ("fingerprint", models.CharField(max_length=64)),
                ("answer", models.TextField()),
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
                "constraints": [models.UniqueConstraint(fields=("project", "key"), name="events_idempotencykey_once")],
            },
        ),
        migrations.CreateModel(
            name="RejectedEvent",
            fields=[
                ("id", models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=300, verbose_name="event")),
                ("key", models.CharField(max_length=60)),
                ("cause", models.CharField(max_length=300)),
                ("payload", common.jsons.ExactJSONField(default=dict)),
                ("errors", common.jsons.ExactJSONField(default=list)),
                ("source_id", models.CharField(max_length=200, null=True)),
                ("channel", models.CharField(max_length=12)),
                ("group_id", models.CharField(max_length=40)),
                ("occurred_at", models.DateTimeField()),
                ("created_at", models.DateTimeField()),
                ("attempts", models.PositiveIntegerField(default=1)),
                ("reaction", models.CharField(blank=True, max_length=200)),
                ("event_id", models.UUIDField(null=True)),
                ("effects", common.jsons.ExactJSONField(default=list)),
                ("replayed_at", models.DateTimeField(null=True)),
                ("replayed_as", models.UUIDField(null=True)),
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
                "indexes": [
                    models.Index(
                        condition=models.Q(("replayed_at", None)),
                        fields=["project", "id"],
                        name="events_rejected_open",
                    ),
                    models.Index(
                        condition=models.Q(("replayed_at", None)),
                        fields=["project", "cause"],
                        name="events_rejected_by_cause",
                    ),
                    models.Index(
                        condition=models.Q(("event_id__isnull", False)),
                        fields=["event_id"],
                        name="events_rejected_by_event",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("event_id", None), ("reaction", "")),
                            models.Q(models.Q(("reaction", ""), _negated=True), ("event_id__isnull", False)),
                            _connector="OR",
                        ),
                        name="events_rejected_is_refused_or_failed",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="UsedTicket",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("event_id", models.UUIDField()),
                ("expires_at", models.DateTimeField()),
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
                "indexes": [models.Index(fields=["expires_at"], name="events_usedticket_expired")],
            },
        ),
    ]
