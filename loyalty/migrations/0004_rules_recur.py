from django.db import migrations

import common.jsons


class Migration(migrations.Migration):
    dependencies = [
        ("loyalty", "0003_entries_are_reversed_and_cards_closed"),
    ]

    operations = [
        migrations.AddField(
            model_name="earningrule",
            name="validity",
            field=common.jsons.ExactJSONField(blank=True, default=dict),
        ),
    ]
