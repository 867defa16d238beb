from django.db import migrations

import common.jsons


class Migration(migrations.Migration):
    dependencies = [
        ("loyalty", "0004_reasons_can_be_blanked"),
    ]

    operations = [
        migrations.AddField(
            model_name="earningrule",
            name="validity",
            field=common.jsons.ExactJSONField(blank=True, default=dict),
        ),
    ]
