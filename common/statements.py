"""Statements of the event path, compiled once: sets of rows in one JSON parameter, rows back as model instances.

The ORM compiles a statement anew each time it runs, which costs more than the database takes for it. These have a
fixed text, so that PostgreSQL can prepare them, and take their rows as one JSON document, at a tenth of the cost of a
parameter for each value. What they write and read is what the ORM would.
"""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import cache, cached_property
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connection, connections, models
from django.db.models import Field

from common.jsons import JsonValue, dumps
from common.rows import stored_row

M = TypeVar("M", bound=models.Model)
R = TypeVar("R")
Encode = Callable[[Any], JsonValue]


class JsonRows:
    """A relation `new`, or of another name, of some columns of a model, made of one JSON parameter."""

    def __init__(self, fields: Sequence[Any], *, name: str = "new") -> None:
        self._name = name
        self._is_postgresql = connection.vendor == "postgresql"
        self._fields = fields
        self.columns = [field.column for field in fields]
        self._names = [field.attname for field in fields]
        self._encoders = [_encoder(field, self._is_postgresql) for field in fields]

    @property
    def relation(self) -> str:
        if self._is_postgresql:
            columns = ", ".join(f"{_quoted(field.column)} {field.db_type(connection)}" for field in self._fields)
            return f"jsonb_to_recordset(%s::jsonb) AS {self._name} ({columns})"
        columns = ", ".join(
            f"json_extract(value, '$[{place}]') AS {_quoted(field.column)}" for place, field in enumerate(self._fields)
        )
        return f"(SELECT {columns} FROM json_each(%s)) AS {self._name}"

    def encode(self, rows: Sequence[Any]) -> str:
        """The parameter, of one row at least: objects for PostgreSQL, arrays for SQLite."""
        columns = [_encoded(values, encode) for values, encode in zip(self._values(rows), self._encoders, strict=True)]
        arrays = zip(*columns, strict=True)
        if self._is_postgresql:
            return dumps([dict(zip(self.columns, values, strict=True)) for values in arrays])
        return dumps(list(arrays))

    def _values(self, rows: Sequence[Any]) -> Iterator[list[Any]]:
        """The values of each column; of models out of their `__dict__`, past the descriptors of foreign keys."""
        if isinstance(rows[0], models.Model | dict):
            stored = [row if isinstance(row, dict) else row.__dict__ for row in rows]
            return ([values[name] for values in stored] for name in self._names)
        return ([getattr(row, name) for row in rows] for name in self._names)


class Insert(Generic[M]):
    """Inserts rows of a model, every column of them, by one statement.

    With `unless_there` those that a unique key keeps out are left out, and the keys of the others come back.
    """

    def __init__(self, model: type[M], *, unless_there: bool = False) -> None:
        self._model = model
        self._unless_there = unless_there

    @cached_property
    def _rows(self) -> JsonRows:
        return JsonRows(_columns_of(self._model))

    @cached_property
    def _sql(self) -> str:
        meta = self._model._meta
        names = ", ".join(_quoted(field.column) for field in _columns_of(self._model))
        # WHERE: without it SQLite takes ON for a part of the join.
        sql = f"INSERT INTO {_quoted(meta.db_table)} ({names}) SELECT {names} FROM {self._rows.relation} WHERE true"
        if not self._unless_there:
            return sql
        return f"{sql} ON CONFLICT DO NOTHING RETURNING {_quoted(meta.pk.column)}"

    @cached_property
    def _dated(self) -> list[Any]:
        return [field for field in _columns_of(self._model) if getattr(field, "auto_now_add", False)]

    def _prepare(self, rows: Sequence[Any]) -> str:
        """The parameter; times that are to be those of the insert are set, models know that they are stored."""
        for row in rows:
            for field in self._dated:
                field.pre_save(row, add=True)
            if isinstance(row, models.Model):
                row._state.adding = False
                row._state.db = DEFAULT_DB_ALIAS
        return self._rows.encode(rows)

    def __call__(self, rows: Sequence[R]) -> list[R]:
        """The rows that this call inserted, in their order. A dict of the columns is a row, too."""
        if not rows:
            return []
        if not self._unless_there:
            write(self._model._meta.db_table, self._sql, self._prepare(rows))
            return list(rows)
        found = execute(self._sql, [self._prepare(rows)])
        to_python = self._model._meta.pk.to_python
        ours = {to_python(key) for (key,) in found}
        return [row for row in rows if getattr(row, self._key) in ours]

    @cached_property
    def _key(self) -> str:
        return self._model._meta.pk.attname


class Update(Generic[M]):
    """Changes rows of a model by one statement; `sets` gives each column its value, as SQL over `new`.

    `columns` are those that `new` has beside the key, by the model's own fields or by those given. `where` is one more
    condition on the rows.
    """

    def __init__(
        self, model: type[M], sets: Mapping[str, str], fields: Sequence[Any] = (), *, where: str = "true"
    ) -> None:
        self._model = model
        self._sets = sets
        self._extra = fields
        self._where = where

    @cached_property
    def _rows(self) -> JsonRows:
        meta = self._model._meta
        return JsonRows([meta.pk, *(self._extra or [meta.get_field(name) for name in self._sets])])

    @cached_property
    def _sql(self) -> str:
        table, key = _quoted(self._model._meta.db_table), _quoted(self._model._meta.pk.column)
        sets = ", ".join(f"{_quoted(column)} = {value}" for column, value in self._sets.items())
        own = f"{table}.{key} = new.{key}"
        return f"UPDATE {table} SET {sets} FROM {self._rows.relation} WHERE {own} AND {self._where}"

    def __call__(self, rows: Sequence[Any]) -> None:
        """`rows` have the key and the columns as attributes."""
        if rows:
            write(self._model._meta.db_table, self._sql, self._rows.encode(rows))


class Select(Generic[M]):
    """Rows of a model by a fixed condition.

    In `where`, `IN %s` takes a list and `%s` a single value. `lock` locks the rows until the transaction ends; on
    SQLite, where a transaction has the only right to write, it says nothing. `joined` are foreign keys, each with the
    fields of its row that are read.
    """

    def __init__(
        self, model: type[M], where: str, *, lock: str = "", joined: Mapping[str, Sequence[str]] | None = None
    ) -> None:
        self._model = model
        self._where = where
        self._lock = lock
        self._joined = joined or {}

    @cached_property
    def _parts(self) -> list["_Part"]:
        meta = self._model._meta
        others = [_Part(meta.get_field(name).related_model, name, fields) for name, fields in self._joined.items()]
        return [_Part(self._model), *others]

    @cached_property
    def _sql(self) -> str:
        own = _quoted(self._model._meta.db_table)
        columns = ", ".join(column for part in self._parts for column in part.columns)
        joins = "".join(_join(self._model, name) for name in self._joined)
        lock = f" {self._lock} OF {own}" if self._lock and connection.vendor == "postgresql" else ""
        return f"SELECT {columns} FROM {own}{joins} WHERE {self._where_of_vendor}{lock}"

    @property
    def _where_of_vendor(self) -> str:
        listed = "= ANY(%s)" if connection.vendor == "postgresql" else "IN (SELECT value FROM json_each(%s))"
        return self._where.replace("IN %s", listed)

    @cached_property
    def _tables(self) -> frozenset[str]:
        return frozenset(part.table for part in self._parts)

    def __call__(self, *values: Any) -> list[M]:
        """One value for each `%s`: lists of UUIDs or texts where the condition says `IN %s`."""
        with _reading(self._tables):
            rows = execute(self._sql, [_parameter(value) for value in values])
        return [self._made(row) for row in rows]

    def _made(self, row: Sequence[Any]) -> M:
        start = 0
        made: list[models.Model | None] = []
        for part in self._parts:
            made.append(part.made(row[start : start + len(part.columns)]))
            start += len(part.columns)
        own: Any = made[0]
        own._state.fields_cache.update(zip(self._joined, made[1:], strict=True))
        return own  # type: ignore[no-any-return]  # the first part is of the model itself


class _Part:
    """The columns of one model in a SELECT, and how they become an instance."""

    def __init__(self, model: Any, name: str = "", only: Sequence[str] = ()) -> None:
        self._model = model
        self.table: str = model._meta.db_table
        self._fields = [field for field in model._meta.concrete_fields if not only or field.attname in only]
        table = _quoted(name or model._meta.db_table)
        self.columns = [f"{table}.{_quoted(field.column)}" for field in self._fields]
        self._names = [field.attname for field in self._fields]
        self._key = self._names.index(model._meta.pk.attname)
        self._converters = [
            (place, column, converters)
            for place, column in enumerate(field.get_col(model._meta.db_table) for field in self._fields)
            if (converters := _converters(column))
        ]

    def made(self, row: Sequence[Any]) -> models.Model | None:
        """None for a row that a left join did not find."""
        if row[self._key] is None:
            return None
        values = list(row)
        for place, column, converters in self._converters:
            for convert in converters:
                values[place] = convert(values[place], column, connection)
        made: models.Model = stored_row(self._model, dict(zip(self._names, values, strict=True)))
        return made


class _Together(threading.local):
    """The writes of a thread that wait for one another; None outside of `together`.

    `reading` names the tables that the statement at hand reads, where that is known.
    """

    waiting: list[tuple[str, str, str]] | None = None
    reading: frozenset[str] | None = None


_together = _Together()


@contextmanager
def together() -> Iterator[None]:
    """Sends the writes of the block, which nobody waits for, to PostgreSQL as one statement.

    Any other statement sends what is waiting first, so reading sees what was written; only a Select of other tables
    does not. Two writes to one table are two statements: parts of one would not see each other's rows. Where the block
    fails, what still waits is forgotten.
    """
    if connection.vendor != "postgresql":
        yield
        return
    _together.waiting = []
    try:
        with connections[DEFAULT_DB_ALIAS].execute_wrapper(_send_first):
            yield
            _send_waiting()
    finally:
        _together.waiting = None


def write(table: str, sql: str, parameter: str) -> None:
    """Runs a statement that returns nothing, at once or together with its neighbours."""
    waiting = _together.waiting
    if waiting is None:
        execute(sql, [parameter], returns=False)
        return
    if any(table == other for other, _, _ in waiting):
        _send_waiting()
    waiting.append((table, sql, parameter))


def _send_first(run: Callable[..., Any], sql: str, parameters: Any, many: bool, context: Any) -> Any:
    reading, waiting = _together.reading, _together.waiting or ()
    if reading is None or any(table in reading for table, _, _ in waiting):
        _send_waiting()
    return run(sql, parameters, many, context)


@contextmanager
def _reading(tables: frozenset[str]) -> Iterator[None]:
    _together.reading = tables
    try:
        yield
    finally:
        _together.reading = None


def _send_waiting() -> None:
    if _together.waiting:
        parts, _together.waiting[:] = list(_together.waiting), []
        execute(_joined(tuple(sql for _, sql, _ in parts)), [parameter for _, _, parameter in parts], returns=False)


@cache
def _joined(parts: tuple[str, ...]) -> str:
    """One statement of several that write: all but the last as common table expressions."""
    named = ", ".join(f"part_{place} AS ({sql})" for place, sql in enumerate(parts[:-1]))
    return f"WITH {named} {parts[-1]}" if named else parts[-1]


def execute(sql: str, parameters: Sequence[Any], *, returns: bool = True) -> list[Any]:
    """Runs a statement through Django's own wrappers: tests count it, errors are Django's, `atomic` holds."""
    database: Any = connections[DEFAULT_DB_ALIAS]
    if database.vendor != "postgresql":
        with database.cursor() as cursor:
            cursor.execute(sql, parameters)
            return list(cursor.fetchall()) if returns else []
    cursor = database._prepare_cursor(_server_cursor(database))
    cursor.execute(sql, parameters)
    return list(cursor.fetchall()) if returns else []


def _server_cursor(database: Any) -> Any:
    """One that binds on PostgreSQL's side, which lets statements be prepared (PREPARED_STATEMENTS).

    It is kept as long as its connection, since making one takes as long as a short statement; and it reads times by
    psycopg's compiled loader, Django's being written in Python.
    """
    from django.db.backends.postgresql.base import ServerBindingCursor  # needs psycopg, which SQLite can do without
    from psycopg.types.datetime import TimestamptzLoader

    database.ensure_connection()
    kept = getattr(database, "boon_cursor", None)
    if kept is None or kept.connection is not database.connection:
        with database.wrap_database_errors:
            kept = ServerBindingCursor(database.connection)  # type: ignore[call-arg]  # by the stubs, of none
            kept.adapters.register_loader("timestamptz", TimestamptzLoader)  # type: ignore[attr-defined]  # of psycopg
        database.boon_cursor = kept
    return kept


def _parameter(value: Any) -> Any:
    """Lists as one text, PostgreSQL's of an array: psycopg takes longer to write one than the statement to run."""
    if connection.vendor == "postgresql":
        return f"{{{','.join(map(_array_item, value))}}}" if isinstance(value, list) else value
    if isinstance(value, list):
        return dumps([_parameter(item) for item in value])
    return value.hex if isinstance(value, UUID) else value


def _array_item(value: UUID | str) -> str:
    """PostgreSQL documentation, 8.15.6: quoted, quotes and backslashes behind a backslash."""
    if isinstance(value, UUID):
        return value.hex
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _columns_of(model: type[models.Model]) -> Sequence[Any]:
    return model._meta.concrete_fields


def _join(model: type[models.Model], name: str) -> str:
    field: Any = model._meta.get_field(name)
    kind = "LEFT JOIN" if field.null else "JOIN"
    other, own = field.related_model._meta, _quoted(model._meta.db_table)
    alias = _quoted(name)
    return (
        f" {kind} {_quoted(other.db_table)} AS {alias}"
        f" ON {own}.{_quoted(field.column)} = {alias}.{_quoted(other.pk.column)}"
    )


def _converters(column: Any) -> list[Callable[..., Any]]:
    return [*connection.ops.get_db_converters(column), *column.get_db_converters(connection)]


def _quoted(name: str | None) -> str:
    return connection.ops.quote_name(name or "")


def _encoder(field: Any, is_postgresql: bool) -> Encode | None:
    """From a value to what JSON says of it, so that the column gets what the ORM would store; None for itself."""
    while field.remote_field is not None:
        field = field.target_field
    kinds: list[tuple[type[Field[Any, Any]], Encode | None]] = [
        (models.UUIDField, _hex),
        # On SQLite a text, which json_extract hands over untouched.
        (models.JSONField, None if is_postgresql else dumps),
        (models.DateTimeField, datetime.isoformat if is_postgresql else _naive),
        (models.DateField, date.isoformat),
        (models.CharField, None),
        (models.TextField, None),
        (models.IntegerField, None),
        (models.BooleanField, None),
    ]
    found = [encode for kind, encode in kinds if isinstance(field, kind)]
    if not found:
        raise TypeError(f"{field} is of a kind that statements do not write")
    return found[0]


def _encoded(values: list[Any], encode: Encode | None) -> list[JsonValue]:
    """Each value as JSON says it; what neighbours share (their project, their time) is encoded once."""
    if encode is None:
        return values
    encoded: list[JsonValue] = []
    last: Any = None
    said: JsonValue = None
    for value in values:
        if value is not last:
            last, said = value, None if value is None else encode(value)
        encoded.append(said)
    return encoded


def _hex(value: UUID) -> str:
    return value.hex


def _naive(value: datetime) -> str:
    return str(value.astimezone(UTC).replace(tzinfo=None))
