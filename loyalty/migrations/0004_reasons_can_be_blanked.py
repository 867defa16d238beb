"""A reason for points is free text, and may name a person who wants to be forgotten: it alone may be blanked."""

from typing import Any

from django.db import migrations

REFUSE = """
    RAISE EXCEPTION '% rows are never changed: post a reversing entry', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
"""
BLANKING = f"""
CREATE OR REPLACE FUNCTION boon_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND TG_TABLE_NAME = 'loyalty_ledgerentry'
        AND to_jsonb(NEW) = to_jsonb(OLD) || '{{"reason": ""}}'::jsonb THEN
        RETURN NEW;
    END IF;
    {REFUSE}
END $$
"""
NEVER = f"CREATE OR REPLACE FUNCTION boon_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {REFUSE} END $$"


def allow(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(BLANKING, params=None)


def refuse(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(NEVER, params=None)


class Migration(migrations.Migration):
    dependencies = [("loyalty", "0003_entries_are_reversed_and_cards_closed")]

    operations = [migrations.RunPython(allow, refuse)]
