"""What a JSON column holds under one key, as SQL that gives the same on both databases and never fails.

Django's own key transforms take a key that is a number for a position, and cannot tell a number from its text.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.db.models import BooleanField, CharField, F, FloatField, Func, IntegerField, Value

from common.jsons import dumps

# A date, or a date-time, that PostgreSQL can cast: a day that does not exist would be an error of the statement.
_DAY = (
    r"(?!0000)[0-9]{4}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)"
    r"|02-(0[1-9]|1[0-9]|2[0-8]))"
)
_LEAP_DAY = r"([0-9]{2}(0[48]|[2468][048]|[13579][26])|([2468][048]|[13579][26]|0[48])00)-02-29"
_TIME = r"(T([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,9})?)?(Z|[+-](0[0-9]|1[0-4]):?[0-5][0-9])?)?"
_CASTABLE = f"^({_DAY}|{_LEAP_DAY}){_TIME}$"


class _Key(Func):
    """The value at the first of `keys` that is there and not null, of the object in `column`.

    `sqlite` is what is selected of json_each's row of the key, `postgresql` an expression over `{value}`.
    """

    sqlite = ""
    postgresql = ""

    def __init__(self, column: str, *keys: str) -> None:
        super().__init__(F(column), *(Value(key, output_field=CharField()) for key in keys))

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        column, parameters = compiler.compile(self.source_expressions[0])
        keys = [compiler.compile(key) for key in self.source_expressions[1:]]
        # One key is unique in its object; of several the first that says something is taken.
        found = " OR ".join(f"(key = {sql} AND type <> 'null')" for sql, _ in keys)
        order = "".join(f" WHEN {sql} THEN {place}" for place, (sql, _) in enumerate(keys))
        ordered = f" ORDER BY CASE key{order} END" if len(keys) > 1 else ""
        named = [parameter for _, more in keys for parameter in more] * (2 if ordered else 1)
        sql = f"(SELECT {self.sqlite} FROM json_each({column}) WHERE {found}{ordered} LIMIT 1)"
        return sql, (*parameters, *named)

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        column, parameters = compiler.compile(self.source_expressions[0])
        keys = [compiler.compile(key) for key in self.source_expressions[1:]]
        values = [f"NULLIF({column} -> {sql}, 'null')" for sql, _ in keys]
        value = f"(COALESCE({', '.join(values)}))" if len(keys) > 1 else f"({column} -> {keys[0][0]})"
        once = [parameter for _, more in keys for parameter in (*parameters, *more)]
        return self.postgresql.format(value=value), (*once,) * self.postgresql.count("{value}")


class KeyText(_Key):
    """As text: numbers as written, `true` and `false`; NULL where the key is missing or null."""

    sqlite = "CASE type WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' ELSE CAST(value AS TEXT) END"
    postgresql = "({value} #>> '{{}}')"
    output_field = CharField()


class KeyNumber(_Key):
    """The number; NULL for what is none."""

    sqlite = "CASE WHEN type IN ('integer', 'real') THEN value END"
    postgresql = "(CASE jsonb_typeof{value} WHEN 'number' THEN ({value} #>> '{{}}')::numeric END)"
    output_field = FloatField()


class KeyLength(_Key):
    """How many items a list has; NULL for what is none."""

    sqlite = "CASE type WHEN 'array' THEN json_array_length(value) END"
    postgresql = "(CASE jsonb_typeof{value} WHEN 'array' THEN jsonb_array_length{value} END)"
    output_field = IntegerField()


class KeyMoment(_Key):
    """A date or date-time as seconds since 1970; NULL for what is none."""

    sqlite = (
        "CASE WHEN type = 'text' AND value >= '0001' AND date(substr(value, 1, 10), '+0 days') = substr(value, 1, 10)"
        # Rounded: days as floating-point numbers are some microseconds off.
        " AND substr(value, 11, 1) IN ('', 'T') THEN round((julianday(value) - 2440587.5) * 86400, 3) END"
    )
    postgresql = (
        "(CASE WHEN ({value} #>> '{{}}') ~ '"
        + _CASTABLE.replace("{", "{{").replace("}", "}}")
        + "' THEN extract(epoch FROM ({value} #>> '{{}}')::timestamptz) END)"
    )
    output_field = FloatField()


class KeyString(_Key):
    """A text, `true` or `false`; NULL for numbers, lists and objects."""

    sqlite = "CASE type WHEN 'text' THEN value WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' END"
    postgresql = "(CASE WHEN jsonb_typeof{value} IN ('string', 'boolean') THEN {value} #>> '{{}}' END)"
    output_field = CharField()


class KeyDay(_Key):
    """A date without a time, as text; NULL for what is none."""

    sqlite = (
        "CASE WHEN type = 'text' AND length(value) = 10 AND value >= '0001' AND date(value, '+0 days') = value"
        " THEN value END"
    )
    postgresql = (
        "(CASE WHEN jsonb_typeof{value} = 'string' AND ({value} #>> '{{}}') ~ '"
        + f"^({_DAY}|{_LEAP_DAY})$".replace("{", "{{").replace("}", "}}")
        + "' THEN {value} #>> '{{}}' END)"
    )
    output_field = CharField()


class KeyHolds(Func):
    """Whether a list under one of the keys has one of these items: texts (also `true`, `false`) and numbers."""

    output_field = BooleanField()

    def __init__(self, column: str, keys: Sequence[str], texts: Sequence[str], numbers: Sequence[float]) -> None:
        super().__init__(F(column))
        self.keys, self.texts, self.numbers = tuple(keys), tuple(texts), tuple(numbers)

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        column, parameters = compiler.compile(self.source_expressions[0])
        texts = ", ".join(["%s"] * len(self.texts))
        numbers = ", ".join(["%s"] * len(self.numbers))
        sql = _Items(self.keys).sql(column)
        item = (
            f"(item.type = 'text' AND item.value IN ({texts})) OR (item.type IN ('true', 'false') AND"
            f" item.type IN ({texts})) OR (item.type IN ('integer', 'real') AND item.value IN ({numbers}))"
        )
        given = (*parameters, *self.keys, *self.keys[:-1], *self.texts, *self.texts, *self.numbers)
        return f"EXISTS (SELECT 1 FROM json_each({sql}) AS item WHERE {item})", given

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        column, parameters = compiler.compile(self.source_expressions[0])
        values = ", ".join(f"NULLIF({column} -> %s, 'null')" for _ in self.keys)
        named = [parameter for key in self.keys for parameter in (*parameters, key)]
        items = [dumps(text) for text in self.texts]
        items += [text for text in self.texts if text in ("true", "false")]
        items += [dumps(int(number) if number.is_integer() else Decimal(repr(number))) for number in self.numbers]
        value = f"COALESCE({values})"
        found = " OR ".join([f"{value} @> %s::jsonb"] * len(items)) or "false"
        given = [parameter for item in items for parameter in (*named, item)]
        return f"(CASE jsonb_typeof({value}) WHEN 'array' THEN ({found}) ELSE false END)", (*named, *given)


class _Items:
    """The list under the first of several keys, as SQLite's JSON."""

    def __init__(self, keys: Sequence[str]) -> None:
        self.keys = keys

    def sql(self, column: str) -> str:
        named = ", ".join(["%s"] * len(self.keys))
        order = "".join(f" WHEN %s THEN {place}" for place in range(len(self.keys) - 1))
        ordered = f" ORDER BY CASE key{order} ELSE {len(self.keys)} END" if order else ""
        return (
            f"(SELECT CASE type WHEN 'array' THEN value END FROM json_each({column})"
            f" WHERE key IN ({named}) AND type <> 'null'{ordered} LIMIT 1)"
        )
