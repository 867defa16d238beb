"""The constraint let a proportional rule without a step pass: in SQL, what is unknown is no breach."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("eventschema", "0001_initial"),
        ("loyalty", "0002_ledger_is_append_only"),
        ("projects", "0001_initial"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="earningrule",
            name="loyalty_rule_formula",
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
