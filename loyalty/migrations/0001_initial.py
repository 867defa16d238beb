import django.db.models.deletion
from django.db import migrations, models

import common.ids
import common.jsons


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
            name="EarningRule",
            fields=[
                ("active", models.BooleanField(default=True)),
                ("start_date", models.DateTimeField(blank=True, null=True, verbose_name="starts")),
                ("expiration_date", models.DateTimeField(blank=True, null=True, verbose_name="ends")),
                ("id", models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                (
                    "banner",
                    models.CharField(
                        blank=True, help_text="Shown to customers and in reports.", max_length=255, verbose_name="name"
                    ),
                ),
                (
                    "formula",
                    models.CharField(
                        choices=[
                            ("FIXED", "A fixed number of points"),
                            ("PROPORTIONAL", "Points for every so much of a number property"),
                        ],
                        default="FIXED",
                        max_length=12,
                    ),
                ),
                ("points", models.PositiveIntegerField(help_text="Points given, or points for every full step.")),
                (
                    "every",
                    models.DecimalField(
                        blank=True,
                        decimal_places=6,
                        help_text="The step of the number property.",
                        max_digits=20,
                        null=True,
                        verbose_name="for every",
                    ),
                ),
                ("property_name", models.CharField(blank=True, max_length=100, verbose_name="number property")),
                ("metadata", common.jsons.ExactJSONField(blank=True, default=dict)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(editable=False, null=True)),
                ("deleted_at", models.DateTimeField(editable=False, null=True)),
                (
                    "definition",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="eventschema.eventdefinition",
                        verbose_name="event",
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
        ),
        migrations.CreateModel(
            name="LoyaltyCard",
            fields=[
                (
                    "voucher",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="loyalty_card",
                        serialize=False,
                        to="campaigns.voucher",
                    ),
                ),
                ("balance", models.BigIntegerField(default=0)),
                ("lifetime", models.BigIntegerField(default=0)),
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
            ],
        ),
        migrations.CreateModel(
            name="LedgerEntry",
            fields=[
                ("id", models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("earn", "Earned by a rule"),
                            ("reward", "Paid as a reward"),
                            ("addition", "Added by hand"),
                            ("removal", "Removed by hand"),
                        ],
                        max_length=10,
                    ),
                ),
                ("points", models.BigIntegerField()),
                ("source", models.CharField(max_length=200)),
                ("event_id", models.UUIDField(null=True)),
                ("reason", models.CharField(blank=True, max_length=500)),
                ("source_id", models.CharField(max_length=255, null=True)),
                ("balance_after", models.BigIntegerField()),
                ("lifetime_after", models.BigIntegerField()),
                ("expires_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField()),
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
                    "reverses",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="loyalty.ledgerentry",
                    ),
                ),
                (
                    "rule",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="loyalty.earningrule",
                    ),
                ),
                (
                    "card",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="entries",
                        to="loyalty.loyaltycard",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "ledger entries",
            },
        ),
        migrations.CreateModel(
            name="LoyaltyProgram",
            fields=[
                (
                    "campaign",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="loyalty_program",
                        serialize=False,
                        to="campaigns.campaign",
                    ),
                ),
                ("initial_points", models.PositiveBigIntegerField(default=0)),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="projects.project"
                    ),
                ),
            ],
            options={
                "verbose_name": "loyalty programme",
            },
        ),
        migrations.AddField(
            model_name="loyaltycard",
            name="program",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="cards",
                to="loyalty.loyaltyprogram",
                verbose_name="programme",
            ),
        ),
        migrations.AddField(
            model_name="earningrule",
            name="program",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="earning_rules",
                to="loyalty.loyaltyprogram",
                verbose_name="programme",
            ),
        ),
        migrations.CreateModel(
            name="Allocation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("points", models.BigIntegerField()),
                (
                    "lot",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="uses", to="loyalty.ledgerentry"
                    ),
                ),
                (
                    "spending",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="allocations",
                        to="loyalty.ledgerentry",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("spending", "lot"), name="loyalty_allocation_once"),
                    models.CheckConstraint(condition=models.Q(("points__gt", 0)), name="loyalty_allocation_positive"),
                ],
            },
        ),
        migrations.AddIndex(
            model_name="ledgerentry",
            index=models.Index(fields=["card", "id"], name="loyalty_entry_by_card"),
        ),
        migrations.AddIndex(
            model_name="ledgerentry",
            index=models.Index(
                condition=models.Q(("expires_at__isnull", False)), fields=["expires_at"], name="loyalty_entry_expiring"
            ),
        ),
        migrations.AddConstraint(
            model_name="ledgerentry",
            constraint=models.UniqueConstraint(fields=("card", "source"), name="loyalty_entry_once_per_source"),
        ),
        migrations.AddConstraint(
            model_name="ledgerentry",
            constraint=models.UniqueConstraint(
                condition=models.Q(("reverses__isnull", False)),
                fields=("reverses",),
                name="loyalty_entry_reversed_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="ledgerentry",
            constraint=models.CheckConstraint(
                condition=models.Q(("points", 0), _negated=True), name="loyalty_entry_moves_points"
            ),
        ),
        migrations.AddConstraint(
            model_name="ledgerentry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind__in", ("earn", "reward", "addition")), ("points__gt", 0)),
                    models.Q(("kind__in", ("removal",)), ("points__lt", 0)),
                    _connector="OR",
                ),
                name="loyalty_entry_sign_fits_kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="ledgerentry",
            constraint=models.CheckConstraint(
                condition=models.Q(("balance_after__gte", 0)), name="loyalty_entry_balance_not_negative"
            ),
        ),
        migrations.AddConstraint(
            model_name="loyaltycard",
            constraint=models.UniqueConstraint(fields=("program", "customer"), name="loyalty_card_once_per_customer"),
        ),
        migrations.AddConstraint(
            model_name="loyaltycard",
            constraint=models.CheckConstraint(
                condition=models.Q(("balance__gte", 0)), name="loyalty_card_never_below_zero"
            ),
        ),
        migrations.AddConstraint(
            model_name="earningrule",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("start_date", None),
                    ("expiration_date", None),
                    ("expiration_date__gt", models.F("start_date")),
                    _connector="OR",
                ),
                name="loyalty_rule_window",
                violation_error_message="The end must be after the start.",
            ),
        ),
        migrations.AddConstraint(
            model_name="earningrule",
            constraint=models.CheckConstraint(condition=models.Q(("points__gte", 1)), name="loyalty_rule_pays"),
        ),
        migrations.AddConstraint(
            model_name="earningrule",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("every", None), ("formula", "FIXED"), ("property_name", "")),
                    models.Q(
                        ("every__gt", 0),
                        ("every__isnull", False),
                        ("formula", "PROPORTIONAL"),
                        models.Q(("property_name", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="loyalty_rule_formula",
                violation_error_message="A proportional rule needs a number property and a step; a fixed one neither.",
            ),
        ),
    ]
