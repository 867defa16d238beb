"""The event log's table on PostgreSQL: partitioned by `received_at` beneath an unchanged Django model."""

from typing import Any

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import ProjectState

PARTITION_COLUMN = "received_at"


class CreatePartitionedModel(migrations.CreateModel):
    """CreateModel, but on PostgreSQL the table is partitioned by range and has a default partition.

    PostgreSQL wants the partition column in every unique key, so the key of the table is (id, received_at) while
    Django keeps addressing rows by id, which is unique by construction (uuid7).
    """

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        if schema_editor.connection.vendor != "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        model: Any = to_state.apps.get_model(app_label, self.name)
        table = schema_editor.quote_name(model._meta.db_table)
        columns, parameters = schema_editor.table_sql(model)
        plain_key = '"id" uuid NOT NULL PRIMARY KEY'
        if plain_key not in columns:
            raise ValueError(f"no {plain_key} in {columns}")
        columns = columns.replace(plain_key, '"id" uuid NOT NULL').removesuffix(")")
        schema_editor.execute(
            f'{columns}, PRIMARY KEY ("id", "{PARTITION_COLUMN}")) PARTITION BY RANGE ("{PARTITION_COLUMN}")',
            parameters or None,
        )
        default = schema_editor.quote_name(f"{model._meta.db_table}_default")
        schema_editor.execute(f"CREATE TABLE {default} PARTITION OF {table} DEFAULT")
        schema_editor.deferred_sql.extend(schema_editor._model_indexes_sql(model))  # type: ignore[attr-defined]  # as create_model does
