from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("eventschema", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="eventdefinition",
            name="deprecated_on",
            field=models.DateField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="nestedproperty",
            name="deprecated",
            field=models.DateField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="propertydefinition",
            name="deprecated",
            field=models.DateField(blank=True, null=True),
        ),
        migrations.AddConstraint(
            model_name="eventdefinition",
            constraint=models.CheckConstraint(
                condition=models.Q(("deprecated_on", None), ("status", "deprecated"), _connector="OR"),
                name="eventschema_definition_day_of_deprecation",
            ),
        ),
    ]
