import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import common.ids
import common.jsons
import projects.models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Project",
            fields=[
                ("id", models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=200)),
                ("slug", models.SlugField(max_length=80)),
                (
                    "time_zone",
                    models.CharField(default="UTC", max_length=64, validators=[projects.models.validate_time_zone]),
                ),
                ("revision", models.PositiveBigIntegerField(default=1, editable=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "unknown_events",
                    models.CharField(
                        choices=[
                            ("reject", "Reject events without a definition"),
                            ("accept", "Accept and store them"),
                        ],
                        default="reject",
                        max_length=10,
                    ),
                ),
                (
                    "max_event_age_days",
                    models.PositiveIntegerField(
                        default=365,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(36500),
                        ],
                    ),
                ),
                ("case_sensitive_codes", models.BooleanField(default=False)),
                ("client_redeem_enabled", models.BooleanField(default=False, verbose_name="redeem from browsers")),
                ("client_publish_enabled", models.BooleanField(default=False, verbose_name="publish from browsers")),
                (
                    "client_list_vouchers_enabled",
                    models.BooleanField(default=False, verbose_name="list vouchers from browsers"),
                ),
                (
                    "client_create_customer_enabled",
                    models.BooleanField(default=False, verbose_name="create customers from browsers"),
                ),
                (
                    "client_loyalty_events_enabled",
                    models.BooleanField(default=False, verbose_name="earn and refer from browsers"),
                ),
                (
                    "client_set_voucher_expiration_date_enabled",
                    models.BooleanField(default=False, verbose_name="set voucher expiry from browsers"),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("slug",), name="projects_project_slug")],
            },
        ),
        migrations.CreateModel(
            name="Membership",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("viewer", "Viewer: reads everything"),
                            ("marketer", "Marketer: changes definitions, campaigns and rules"),
                            ("admin", "Admin: also keys, members and settings"),
                        ],
                        default="viewer",
                        max_length=10,
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="memberships",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="memberships", to="projects.project"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("user", "project"), name="projects_membership_once")],
            },
        ),
        migrations.CreateModel(
            name="AuditEntry",
            fields=[
                ("id", models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("actor_kind", models.CharField(max_length=10)),
                ("actor", models.CharField(max_length=200)),
                ("action", models.CharField(max_length=60)),
                ("target_type", models.CharField(max_length=40)),
                ("target_id", models.CharField(max_length=64)),
                ("target_name", models.CharField(blank=True, max_length=300)),
                ("before", common.jsons.ExactJSONField(null=True)),
                ("after", common.jsons.ExactJSONField(null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="audit_entries",
                        to="projects.project",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "audit log",
                "indexes": [
                    models.Index(fields=["project", "target_type", "target_id", "id"], name="projects_audit_target")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("action", ""), _negated=True), name="projects_auditentry_says_what"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ApiKey",
            fields=[
                ("id", models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("server", "Server: back ends, /v1"),
                            ("client", "Client: browsers and apps, /client/v1"),
                            ("management", "Management: definitions, /management/v1"),
                        ],
                        max_length=12,
                    ),
                ),
                ("key_id", models.CharField(editable=False, max_length=36, verbose_name="id")),
                ("token_hash", models.CharField(editable=False, max_length=64)),
                ("label", models.CharField(blank=True, max_length=100)),
                (
                    "trusted_domains",
                    common.jsons.ExactJSONField(
                        blank=True,
                        default=list,
                        help_text="For client keys: *, host names, or full origins such as https://shop.example:8443.",
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("revoked_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("last_used_at", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="api_keys", to="projects.project"
                    ),
                ),
            ],
            options={
                "verbose_name": "API key",
                "constraints": [
                    models.UniqueConstraint(fields=("key_id",), name="projects_apikey_key_id"),
                    models.UniqueConstraint(fields=("token_hash",), name="projects_apikey_token"),
                ],
            },
        ),
    ]
