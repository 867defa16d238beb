"""What a value says under each aspect that conditions ask about, in Python and in SQL.

A text has its text, a date its day; a value of metadata is JSON and may have any of them.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from common.json_keys import KeyDay, KeyLength, KeyMoment, KeyNumber, KeyString, KeyText
from common.jsons import JsonValue
from common.times import parse_date, parse_moment

_TIMED = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T")


@dataclass(frozen=True, slots=True)
class View:
    """A value in Python; None under an aspect that it does not have."""

    is_known: bool
    text: str | None = None
    number: float | None = None
    day: date | None = None
    moment: datetime | None = None
    items: Sequence[JsonValue] | None = None


def view_text(value: str | None) -> View:
    return View(value is not None, text=value)


def view_number(value: int | Decimal | None) -> View:
    return View(value is not None, number=None if value is None else float(value))


def view_day(value: date | None) -> View:
    return View(value is not None, day=value)


def view_moment(value: datetime | None) -> View:
    return View(value is not None, moment=value)


def view_json(value: JsonValue) -> View:
    if isinstance(value, bool):
        return View(True, text="true" if value else "false")
    if isinstance(value, int | Decimal):
        return View(True, number=float(value))
    if isinstance(value, list):
        return View(True, items=value)
    if not isinstance(value, str):
        return View(value is not None)
    timed = parse_moment(value) if _TIMED.match(value) else None
    return View(True, text=value, day=parse_date(value), moment=timed)


@dataclass(frozen=True, slots=True)
class Columns:
    """The same in SQL: an expression for each aspect that a value may have.

    `day_is_text`, `moment_is_seconds`: how JSON has them, which knows neither. `json` names the column and the keys.
    """

    known: Any
    text: Any = None
    number: Any = None
    day: Any = None
    moment: Any = None
    length: Any = None
    json: tuple[str, tuple[str, ...]] | None = field(default=None)


def json_columns(column: str, keys: Sequence[str]) -> Columns:
    """The value at the first of `keys` that says something."""
    return Columns(
        known=KeyText(column, *keys),
        text=KeyString(column, *keys),
        number=KeyNumber(column, *keys),
        day=KeyDay(column, *keys),
        moment=KeyMoment(column, *keys),
        length=KeyLength(column, *keys),
        json=(column, tuple(keys)),
    )
