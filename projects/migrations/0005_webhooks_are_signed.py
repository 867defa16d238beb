from typing import Any

import django.core.validators
from django.db import migrations, models

from projects.webhook_secrets import new_webhook_secret, new_webhook_token


def give_each_its_own(apps: Any, schema_editor: Any) -> None:
    """Adding a column writes one value into every row, and a key that two projects share is none."""
    projects = apps.get_model("projects", "Project").objects
    for project in projects.all():
        project.webhook_token, project.webhook_secret = new_webhook_token(), new_webhook_secret()
        project.save(update_fields=["webhook_token", "webhook_secret"])


class Migration(migrations.Migration):
    dependencies = [
        ("projects", "0004_access_tokens"),
    ]

    operations = [
        migrations.AddField(
            model_name="project",
            name="currency",
            field=models.CharField(
                blank=True,
                help_text="Three letters of ISO 4217, such as EUR.",
                max_length=3,
                validators=[
                    django.core.validators.RegexValidator(
                        "^[A-Z]{3}\\Z", "Three capital letters of ISO 4217, such as EUR."
                    )
                ],
            ),
        ),
        migrations.AddField(
            model_name="project",
            name="description",
            field=models.CharField(blank=True, max_length=1000),
        ),
        migrations.AddField(
            model_name="project",
            name="webhook_secret",
            field=models.CharField(default=new_webhook_secret, editable=False, max_length=64),
        ),
        migrations.AddField(
            model_name="project",
            name="webhook_token",
            field=models.CharField(default=new_webhook_token, editable=False, max_length=64),
        ),
        migrations.RunPython(give_each_its_own, migrations.RunPython.noop),
    ]
