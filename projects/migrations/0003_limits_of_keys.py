"""How many requests a key may make, and how many it made in its latest minute."""

from typing import Any

import django.db.models.deletion
from django.db import migrations, models


def unlog(apps: Any, schema_editor: Any) -> None:
    """What is counted is worth nothing after a minute: it need not reach the disk before an answer."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE projects_requestcount SET UNLOGGED")


class Migration(migrations.Migration):
    dependencies = [
        ("projects", "0002_add_async_actions"),
    ]

    operations = [
        migrations.AddField(
            model_name="apikey",
            name="rate_limit",
            field=models.PositiveIntegerField(
                blank=True,
                help_text="Empty for what this installation allows; 0 for no limit.",
                null=True,
                verbose_name="requests a minute",
            ),
        ),
        migrations.CreateModel(
            name="RequestCount",
            fields=[
                (
                    "key",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="request_count",
                        serialize=False,
                        to="projects.apikey",
                    ),
                ),
                ("minute", models.BigIntegerField()),
                ("count", models.BigIntegerField()),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="projects.project"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("count__gt", 0)), name="projects_requestcount_counts")
                ],
            },
        ),
        migrations.RunPython(unlog, migrations.RunPython.noop),
    ]
