"""The constraint let a reward without an amount pass: in SQL, what is unknown is no breach."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0001_initial"),
        ("eventschema", "0001_initial"),
        ("projects", "0001_initial"),
        ("referrals", "0001_initial"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="referralprogram",
            name="referrals_program_referee_reward",
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
    ]
