"""A reason for credits is free text, and may name a person who wants to be forgotten: it alone may be blanked."""

from typing import Any

from django.db import migrations

REFUSE = """
    RAISE EXCEPTION '% rows are never changed: post a further entry', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
"""
BLANKING = f"""
CREATE OR REPLACE FUNCTION boon_refuse_gift_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND to_jsonb(NEW) = to_jsonb(OLD) || '{{"reason": ""}}'::jsonb THEN
        RETURN NEW;
    END IF;
    {REFUSE}
END $$
"""
NEVER = f"""
CREATE OR REPLACE FUNCTION boon_refuse_gift_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    {REFUSE}
END $$
"""


def allow(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(BLANKING, params=None)


def refuse(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(NEVER, params=None)


class Migration(migrations.Migration):
    dependencies = [("gifts", "0002_journal_is_append_only")]

    operations = [migrations.RunPython(allow, refuse)]
