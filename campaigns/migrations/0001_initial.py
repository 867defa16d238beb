import django.db.models.deletion
from django.db import migrations, models

import common.ids
import common.jsons


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("customers", "0001_initial"),
        ("projects", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Campaign",
            fields=[
                ("active", models.BooleanField(default=True)),
                ("start_date", models.DateTimeField(blank=True, null=True, verbose_name="starts")),
                ("expiration_date", models.DateTimeField(blank=True, null=True, verbose_name="ends")),
                ("id", models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=255)),
                ("description", models.TextField(blank=True)),
                (
                    "campaign_type",
                    models.CharField(
                        choices=[
                            ("DISCOUNT_COUPONS", "Discount coupons"),
                            ("REFERRAL_PROGRAM", "Referral programme"),
                            ("GIFT_VOUCHERS", "Gift cards"),
                            ("PROMOTION", "Promotion"),
                            ("LOYALTY_PROGRAM", "Loyalty programme"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "type",
                    models.CharField(
                        choices=[
                            ("AUTO_UPDATE", "New codes are made as needed"),
                            ("STATIC", "A fixed number of codes"),
                        ],
                        default="STATIC",
                        max_length=12,
                        verbose_name="codes",
                    ),
                ),
                ("join_once", models.BooleanField(default=True, verbose_name="one code per customer")),
                (
                    "auto_join",
                    models.BooleanField(
                        default=False,
                        help_text="A customer without a card gets one when a rule pays.",
                        verbose_name="join by earning",
                    ),
                ),
                ("category", models.CharField(blank=True, max_length=255)),
                ("code_config", common.jsons.ExactJSONField(blank=True, default=dict)),
                ("voucher_template", common.jsons.ExactJSONField(blank=True, default=dict)),
                ("use_voucher_metadata_schema", models.BooleanField(default=True)),
                ("metadata", common.jsons.ExactJSONField(blank=True, default=dict)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(editable=False, null=True)),
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
        ),
        migrations.CreateModel(
            name="Voucher",
            fields=[
                ("active", models.BooleanField(default=True)),
                ("start_date", models.DateTimeField(blank=True, null=True, verbose_name="starts")),
                ("expiration_date", models.DateTimeField(blank=True, null=True, verbose_name="ends")),
                ("id", models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("code", models.CharField(max_length=255)),
                ("code_key", models.CharField(editable=False, max_length=765)),
                (
                    "type",
                    models.CharField(
                        choices=[
                            ("DISCOUNT_VOUCHER", "Discount"),
                            ("GIFT_VOUCHER", "Gift card"),
                            ("LOYALTY_CARD", "Loyalty card"),
                        ],
                        max_length=20,
                    ),
                ),
                ("is_referral_code", models.BooleanField(default=False)),
                ("discount", common.jsons.ExactJSONField(blank=True, null=True)),
                ("additional_info", models.TextField(blank=True)),
                ("metadata", common.jsons.ExactJSONField(blank=True, default=dict)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(editable=False, null=True)),
                (
                    "campaign",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="vouchers",
                        to="campaigns.campaign",
                    ),
                ),
                (
                    "holder",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
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
                "verbose_name": "code",
            },
        ),
        migrations.CreateModel(
            name="Publication",
            fields=[
                ("id", models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("source_id", models.CharField(blank=True, max_length=255, null=True)),
                ("channel", models.CharField(default="API", max_length=255)),
                ("metadata", common.jsons.ExactJSONField(blank=True, default=dict)),
                ("created_at", models.DateTimeField()),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="customers.customer"
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
                (
                    "voucher",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="publications",
                        to="campaigns.voucher",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Holder",
            fields=[
                ("id", models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                (
                    "role",
                    models.CharField(
                        choices=[("OWNER", "Owner"), ("REFERRER", "Referrer"), ("REFEREE", "Referee")], max_length=10
                    ),
                ),
                ("metadata", common.jsons.ExactJSONField(blank=True, default=dict)),
                ("created_at", models.DateTimeField()),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="customers.customer"
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
                (
                    "publication",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="campaigns.publication",
                    ),
                ),
                (
                    "voucher",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="holders",
                        to="campaigns.voucher",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="campaign",
            constraint=models.UniqueConstraint(
                fields=("project", "name"),
                name="campaigns_campaign_name",
                violation_error_message="This project already has a campaign of that name.",
            ),
        ),
        migrations.AddConstraint(
            model_name="campaign",
            constraint=models.CheckConstraint(
                condition=models.Q(("name", ""), _negated=True), name="campaigns_campaign_has_name"
            ),
        ),
        migrations.AddConstraint(
            model_name="campaign",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("start_date", None),
                    ("expiration_date", None),
                    ("expiration_date__gt", models.F("start_date")),
                    _connector="OR",
                ),
                name="campaigns_campaign_window",
                violation_error_message="The end must be after the start.",
            ),
        ),
        migrations.AddIndex(
            model_name="voucher",
            index=models.Index(
                condition=models.Q(("holder", None)), fields=["campaign", "id"], name="campaigns_voucher_free"
            ),
        ),
        migrations.AddIndex(
            model_name="voucher",
            index=models.Index(fields=["campaign", "id"], name="campaigns_voucher_campaign"),
        ),
        migrations.AddIndex(
            model_name="voucher",
            index=models.Index(fields=["holder", "campaign"], name="campaigns_voucher_holder"),
        ),
        migrations.AddConstraint(
            model_name="voucher",
            constraint=models.UniqueConstraint(fields=("project", "code_key"), name="campaigns_voucher_code"),
        ),
        migrations.AddConstraint(
            model_name="voucher",
            constraint=models.CheckConstraint(
                condition=models.Q(("code", ""), _negated=True), name="campaigns_voucher_has_code"
            ),
        ),
        migrations.AddIndex(
            model_name="publication",
            index=models.Index(fields=["project", "id"], name="campaigns_publication_log"),
        ),
        migrations.AddConstraint(
            model_name="publication",
            constraint=models.UniqueConstraint(
                condition=models.Q(("source_id__isnull", False)),
                fields=("project", "source_id"),
                name="campaigns_publication_source_id",
            ),
        ),
        migrations.AddConstraint(
            model_name="holder",
            constraint=models.UniqueConstraint(fields=("voucher", "customer"), name="campaigns_holder_once"),
        ),
    ]
