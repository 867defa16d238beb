"""What a JSON column holds under one key, as SQL that gives the same on both databases and never fails.

Django's own key transforms take a key that is a number for a position, and cannot tell a number from its text.
"""

from typing import Any

from django.db.models import CharField, F, FloatField, Func, IntegerField, Value

# A date, or a date-time, that PostgreSQL can cast: a day that does not exist would be an error of the statement.
_DAY = (
    r"(?!0000)[0-9]{4}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)"
    r"|02-(0[1-9]|1[0-9]|2[0-8]))"
)
_LEAP_DAY = r"([0-9]{2}(0[48]|[2468][048]|[13579][26])|([2468][048]|[13579][26]|0[48])00)-02-29"
_TIME = r"(T([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,9})?)?(Z|[+-](0[0-9]|1[0-4]):?[0-5][0-9])?)?"
_CASTABLE = f"^({_DAY}|{_LEAP_DAY}){_TIME}$"


class _Key(Func):
    """The value at `key` of the object in `column`; `sqlite` is what is selected of json_each's row of the key."""

    sqlite = ""
    postgresql = ""

    def __init__(self, column: str, key: str) -> None:
        super().__init__(F(column), Value(key, output_field=CharField()))

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template = f"(SELECT {self.sqlite} FROM json_each(%(expressions)s LIMIT 1)"
        return self.as_sql(compiler, connection, template=template, arg_joiner=") WHERE key = ", **context)

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        column, parameters = compiler.compile(self.source_expressions[0])
        key, more = compiler.compile(self.source_expressions[1])
        places = self.postgresql.count("{value}")
        sql = self.postgresql.format(value=f"({column} -> {key})")
        return sql, (*parameters, *more) * places


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
        " AND substr(value, 11, 1) IN ('', 'T') THEN (julianday(value) - 2440587.5) * 86400 END"
    )
    postgresql = (
        "(CASE WHEN ({value} #>> '{{}}') ~ '"
        + _CASTABLE.replace("{", "{{").replace("}", "}}")
        + "' THEN extract(epoch FROM ({value} #>> '{{}}')::timestamptz) END)"
    )
    output_field = FloatField()
