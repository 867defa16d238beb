import django.db.models.deletion
from django.db import migrations, models

import common.ids


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("campaigns", "0001_initial"),
        ("customers", "0001_initial"),
        ("eventschema", "0001_initial"),
        ("projects", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="ReferralProgram",
            fields=[
                (
                    "campaign",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="referral_program",
                        serialize=False,
                        to="campaigns.campaign",
                    ),
                ),
                (
                    "conversion_event_type",
                    models.CharField(
                        choices=[("custom_event", "A custom event"), ("redemption", "The redemption of the code")],
                        default="custom_event",
                        max_length=12,
                    ),
                ),
                (
                    "referee_reward_type",
                    models.CharField(
                        blank=True, choices=[("LOYALTY_CARD", "Points on a loyalty card")], max_length=20
                    ),
                ),
                ("referee_reward_amount", models.PositiveIntegerField(blank=True, null=True)),
                (
                    "definition",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="eventschema.eventdefinition",
                        verbose_name="event",
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="projects.project"
                    ),
                ),
                (
                    "referee_reward_campaign",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="campaigns.campaign",
                    ),
                ),
            ],
            options={
                "verbose_name": "referral programme",
            },
        ),
        migrations.CreateModel(
            name="Conversion",
            fields=[
                ("id", models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("event_id", models.UUIDField(null=True)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("counted", "Counted"),
                            ("held", "Held for review"),
                            ("rejected", "Rejected"),
                            ("voided", "Voided"),
                        ],
                        default="counted",
                        max_length=10,
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=40)),
                ("converted_at", models.DateTimeField()),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="projects.project"
                    ),
                ),
                (
                    "referee",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="customers.customer"
                    ),
                ),
                (
                    "referrer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="customers.customer"
                    ),
                ),
                (
                    "voucher",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="campaigns.voucher"
                    ),
                ),
                (
                    "program",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="conversions",
                        to="referrals.referralprogram",
                        verbose_name="programme",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ReferralTier",
            fields=[
                ("id", models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                (
                    "criterion",
                    models.CharField(choices=[("EACH", "Each referee who converts")], default="EACH", max_length=10),
                ),
                ("banner", models.CharField(blank=True, max_length=255, verbose_name="name")),
                (
                    "reward_type",
                    models.CharField(
                        choices=[("LOYALTY_CARD", "Points on a loyalty card")], default="LOYALTY_CARD", max_length=20
                    ),
                ),
                ("amount", models.PositiveIntegerField()),
                ("active", models.BooleanField(default=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(editable=False, null=True)),
                ("deleted_at", models.DateTimeField(editable=False, null=True)),
                (
                    "program",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tiers",
                        to="referrals.referralprogram",
                        verbose_name="programme",
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="projects.project"
                    ),
                ),
                (
                    "reward_campaign",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="campaigns.campaign"
                    ),
                ),
            ],
            options={
                "ordering": ["created_at", "id"],
            },
        ),
        migrations.AddConstraint(
            model_name="referralprogram",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("conversion_event_type", "redemption"), ("definition", None)),
                    models.Q(("conversion_event_type", "custom_event"), ("definition__isnull", False)),
                    _connector="OR",
                ),
                name="referrals_program_conversion",
                violation_error_message="A conversion by custom event needs the event, one by redemption has none.",
            ),
        ),
        migrations.AddConstraint(
            model_name="referralprogram",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("referee_reward_amount", None), ("referee_reward_campaign", None), ("referee_reward_type", "")
                    ),
                    models.Q(
                        models.Q(("referee_reward_type", ""), _negated=True),
                        ("referee_reward_amount__isnull", False),
                        ("referee_reward_campaign__isnull", False),
                        ("referee_reward_amount__gte", 1),
                    ),
                    _connector="OR",
                ),
                name="referrals_program_referee_reward",
                violation_error_message="A referee reward needs its type, its campaign and an amount.",
            ),
        ),
        migrations.AddConstraint(
            model_name="conversion",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status__in", ("counted", "held"))),
                fields=("program", "referee"),
                name="referrals_conversion_once_per_referee",
            ),
        ),
        migrations.AddConstraint(
            model_name="conversion",
            constraint=models.CheckConstraint(
                condition=models.Q(("referrer", models.F("referee")), _negated=True),
                name="referrals_conversion_not_of_oneself",
            ),
        ),
        migrations.AddConstraint(
            model_name="referraltier",
            constraint=models.CheckConstraint(condition=models.Q(("amount__gte", 1)), name="referrals_tier_pays"),
        ),
    ]
