import django.db.models.deletion
from django.db import migrations, models

import common.ids
import common.jsons
import eventschema.property_types


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("projects", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="EventDefinition",
            fields=[
                ("id", models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                (
                    "name",
                    models.CharField(
                        help_text="What senders write as “event”. It cannot be changed later.", max_length=300
                    ),
                ),
                ("description", models.TextField(blank=True, max_length=2000)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("draft", "Draft: takes no events yet"),
                            ("active", "Active"),
                            ("deprecated", "Deprecated: still accepted, no longer to be used"),
                        ],
                        default="draft",
                        max_length=10,
                    ),
                ),
                (
                    "unknown",
                    models.CharField(
                        choices=[("keep", "Keep them"), ("strip", "Strip them"), ("reject", "Reject the event")],
                        default="keep",
                        max_length=6,
                        verbose_name="unknown properties",
                    ),
                ),
                ("version", models.PositiveIntegerField(default=0, editable=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(editable=False, null=True)),
                ("deleted_at", models.DateTimeField(editable=False, null=True)),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="event_definitions",
                        to="projects.project",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="MetadataSchema",
            fields=[
                ("id", models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                (
                    "related_object",
                    models.CharField(
                        help_text="The name that properties of type Object refer to.",
                        max_length=100,
                        verbose_name="name",
                    ),
                ),
                ("allow_defined_only", models.BooleanField(default=False, verbose_name="refuse undefined keys")),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(editable=False, null=True)),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="metadata_schemas",
                        to="projects.project",
                    ),
                ),
            ],
            options={
                "verbose_name": "nested schema",
            },
        ),
        migrations.CreateModel(
            name="NestedProperty",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("property_id", models.UUIDField(default=common.ids.uuid7, editable=False)),
                ("name", models.CharField(max_length=100)),
                (
                    "type",
                    models.CharField(choices=eventschema.property_types.type_choices, default="string", max_length=20),
                ),
                (
                    "array",
                    models.BooleanField(default=False, help_text="A list of such values.", verbose_name="multiple"),
                ),
                ("optional", models.BooleanField(default=True)),
                ("options", common.jsons.ExactJSONField(blank=True, default=dict)),
                ("description", models.CharField(blank=True, max_length=500)),
                ("personal", models.BooleanField(default=False, help_text="Personal data: masked in lists and logs.")),
                ("aliases", common.jsons.ExactJSONField(blank=True, default=list)),
                ("position", models.PositiveIntegerField(default=0)),
                ("deleted", models.BooleanField(default=False)),
                (
                    "schema",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="properties",
                        to="eventschema.metadataschema",
                    ),
                ),
            ],
            options={
                "verbose_name": "property",
                "verbose_name_plural": "properties",
                "ordering": ["position", "id"],
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="PropertyDefinition",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("property_id", models.UUIDField(default=common.ids.uuid7, editable=False)),
                ("name", models.CharField(max_length=100)),
                (
                    "type",
                    models.CharField(choices=eventschema.property_types.type_choices, default="string", max_length=20),
                ),
                (
                    "array",
                    models.BooleanField(default=False, help_text="A list of such values.", verbose_name="multiple"),
                ),
                ("optional", models.BooleanField(default=True)),
                ("options", common.jsons.ExactJSONField(blank=True, default=dict)),
                ("description", models.CharField(blank=True, max_length=500)),
                ("personal", models.BooleanField(default=False, help_text="Personal data: masked in lists and logs.")),
                ("aliases", common.jsons.ExactJSONField(blank=True, default=list)),
                ("position", models.PositiveIntegerField(default=0)),
                ("deleted", models.BooleanField(default=False)),
                (
                    "definition",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="properties",
                        to="eventschema.eventdefinition",
                    ),
                ),
            ],
            options={
                "verbose_name": "property",
                "verbose_name_plural": "properties",
                "ordering": ["position", "id"],
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="SchemaVersion",
            fields=[
                ("id", models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("version", models.PositiveIntegerField()),
                ("schema", common.jsons.ExactJSONField()),
                ("published_at", models.DateTimeField()),
                ("published_by", models.CharField(max_length=200)),
                (
                    "definition",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="versions",
                        to="eventschema.eventdefinition",
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="projects.project"
                    ),
                ),
            ],
            options={
                "ordering": ["definition", models.OrderBy(models.F("version"), descending=True)],
            },
        ),
        migrations.AddConstraint(
            model_name="eventdefinition",
            constraint=models.UniqueConstraint(
                condition=models.Q(("deleted_at", None)),
                fields=("project", "name"),
                name="eventschema_definition_name",
                violation_error_message="This project already has an event of that name.",
            ),
        ),
        migrations.AddConstraint(
            model_name="eventdefinition",
            constraint=models.CheckConstraint(
                condition=models.Q(("name", ""), _negated=True), name="eventschema_definition_has_name"
            ),
        ),
        migrations.AddConstraint(
            model_name="eventdefinition",
            constraint=models.CheckConstraint(
                condition=models.Q(("status", "draft"), ("version__gt", 0), _connector="OR"),
                name="eventschema_definition_live_is_published",
            ),
        ),
        migrations.AddConstraint(
            model_name="metadataschema",
            constraint=models.UniqueConstraint(
                fields=("project", "related_object"),
                name="eventschema_metadataschema_name",
                violation_error_message="This project already has a nested schema of that name.",
            ),
        ),
        migrations.AddConstraint(
            model_name="metadataschema",
            constraint=models.CheckConstraint(
                condition=models.Q(("related_object", ""), _negated=True), name="eventschema_metadataschema_has_name"
            ),
        ),
        migrations.AddConstraint(
            model_name="nestedproperty",
            constraint=models.UniqueConstraint(
                condition=models.Q(("deleted", False)),
                fields=("schema", "name"),
                name="eventschema_nestedproperty_name",
                violation_error_message="Two properties of a schema cannot have the same name.",
            ),
        ),
        migrations.AddConstraint(
            model_name="nestedproperty",
            constraint=models.CheckConstraint(
                condition=models.Q(("name", ""), _negated=True), name="eventschema_nestedproperty_has_name"
            ),
        ),
        migrations.AddConstraint(
            model_name="propertydefinition",
            constraint=models.UniqueConstraint(
                condition=models.Q(("deleted", False)),
                fields=("definition", "name"),
                name="eventschema_property_name",
                violation_error_message="Two properties of an event cannot have the same name.",
            ),
        ),
        migrations.AddConstraint(
            model_name="propertydefinition",
            constraint=models.CheckConstraint(
                condition=models.Q(("name", ""), _negated=True), name="eventschema_property_has_name"
            ),
        ),
        migrations.AddConstraint(
            model_name="schemaversion",
            constraint=models.UniqueConstraint(fields=("definition", "version"), name="eventschema_version_once"),
        ),
        migrations.AddConstraint(
            model_name="schemaversion",
            constraint=models.CheckConstraint(
                condition=models.Q(("version__gte", 1)), name="eventschema_version_from_one"
            ),
        ),
    ]
