"""On PostgreSQL the database itself refuses to change or delete what was posted."""

from typing import Any

from django.db import migrations

FUNCTION = """
CREATE FUNCTION boon_refuse_gift_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% rows are never changed: post a further entry', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$
"""


def guard(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor != "postgresql":
        return
    schema_editor.execute(FUNCTION, params=None)
    schema_editor.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON gifts_giftentry "
        "FOR EACH ROW EXECUTE FUNCTION boon_refuse_gift_change()"
    )


def unguard(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor != "postgresql":
        return
    schema_editor.execute("DROP TRIGGER append_only ON gifts_giftentry")
    schema_editor.execute("DROP FUNCTION boon_refuse_gift_change()")


class Migration(migrations.Migration):
    dependencies = [("gifts", "0001_gift_cards")]

    operations = [migrations.RunPython(guard, unguard)]
