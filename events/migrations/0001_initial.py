import django.db.models.deletion
from django.db import migrations, models

import common.ids
import common.jsons
from events.partitioning import CreatePartitionedModel


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("customers", "0001_initial"),
        ("eventschema", "0001_initial"),
        ("projects", "0001_initial"),
    ]

    operations = [
        CreatePartitionedModel(
            name="Event",
            fields=[
                ("id", models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("version", models.PositiveIntegerField()),
                ("name", models.CharField(max_length=300, verbose_name="event")),
                ("metadata", common.jsons.ExactJSONField(default=dict)),
                ("codes", common.jsons.ExactJSONField(default=dict)),
                ("channel", models.CharField(max_length=12)),
                ("group_id", models.CharField(max_length=40)),
                ("occurred_at", models.DateTimeField()),
                ("received_at", models.DateTimeField()),
                (
                    "customer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="customers.customer",
                    ),
                ),
                (
                    "definition",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="eventschema.eventdefinition",
                    ),
                ),
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
                    models.Index(fields=["project", "id"], name="events_event_log"),
                    models.Index(
                        fields=["project", "definition", "occurred_at"],
                        include=("customer",),
                        name="events_event_by_definition",
                    ),
                    models.Index(fields=["customer", "definition", "occurred_at"], name="events_event_by_customer"),
                ],
            },
        ),
        migrations.CreateModel(
            name="StoredEffect",
            fields=[
                ("id", models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("cause_kind", models.CharField(max_length=40)),
                ("cause_id", models.UUIDField()),
                ("event_id", models.UUIDField(null=True)),
                ("seq", models.PositiveSmallIntegerField()),
                ("kind", models.CharField(max_length=40)),
                ("data", common.jsons.ExactJSONField(default=dict)),
                ("group_id", models.CharField(max_length=40)),
                ("created_at", models.DateTimeField()),
                (
                    "customer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="customers.customer",
                    ),
                ),
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
                "verbose_name": "effect",
                "db_table": "events_effect",
                "indexes": [
                    models.Index(fields=["project", "customer", "id"], name="events_effect_by_customer"),
                    models.Index(fields=["event_id"], name="events_effect_by_event"),
                ],
                "constraints": [models.UniqueConstraint(fields=("cause_id", "seq"), name="events_effect_once")],
            },
        ),
    ]
