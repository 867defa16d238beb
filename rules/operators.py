"""From `{"$more_than": ["0"]}` to conditions, every mistake named. The operators are the contract's (g.3)."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

from common.jsons import JsonValue
from common.refusals import FieldError
from common.times import parse_date, parse_moment
from rules.conditions import (
    Condition,
    HasItem,
    InNextMonth,
    IsKnown,
    LengthCompares,
    LiesIn,
    NumberCompares,
    NumberIs,
    Test,
    TextHas,
    TextIs,
)
from rules.windows import RELATIVE, after, at, before

MOST_VALUES = 200
MOST_DAYS = 36_500
LONGEST_TEXT = 1_000
MOST_NUMBER = 10**15
_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,15})?\Z")


class Kind(StrEnum):
    """What a field holds, and so which operators it has."""

    TEXT = "text"
    NUMBER = "number"
    DAY = "day"
    MOMENT = "moment"
    JSON = "json"


EQUAL = ("$is", "$is_not", "$in", "$not_in")
KNOWN = ("$has_value", "$is_unknown")
TEXTS = ("$contains", "$not_contain", "$starts_with", "$ends_with")
COMPARED = ("$more_than", "$less_than", "$more_than_equal", "$less_than_equal")
TIMES = ("$before", "$after", *RELATIVE)
COUNTED = ("$count", "$count_less", "$count_more")
OPERATORS: Mapping[Kind, tuple[str, ...]] = {
    Kind.TEXT: (*EQUAL, *TEXTS, *KNOWN),
    Kind.NUMBER: (*COMPARED, *EQUAL, *KNOWN),
    Kind.DAY: (*TIMES, "$next_month", *EQUAL, *KNOWN),
    Kind.MOMENT: (*TIMES, *EQUAL, *KNOWN),
    Kind.JSON: (*EQUAL, *TEXTS, *COMPARED, *TIMES, *COUNTED, *KNOWN),
}
DENYING = ("$is_not", "$not_in", "$not_contain", "$is_unknown")


class Wrong(Exception):
    """An operand that will not do; the sentence goes on after the property's name (`must be …`)."""


def parse_conditions(
    raw: JsonValue, kind: Kind, path: str, spelled: Mapping[str, str] = MappingProxyType({})
) -> tuple[tuple[Condition, ...], list[FieldError]]:
    """The conditions of `{"<operator>": <operand or list of operands>, …}`, all of which must hold together.

    `spelled` has the operators that the caller spells otherwise.
    """
    if not isinstance(raw, dict) or not raw:
        return (), [_error(path, "must be an object with at least one operator", raw)]
    conditions: list[Condition] = []
    errors: list[FieldError] = []
    for operator, operand in raw.items():
        try:
            conditions.append(_condition(operator, operand, kind, spelled))
        except Wrong as wrong:
            errors.append(_error(f"{path}.{operator}", str(wrong), operand))
    return tuple(conditions), errors


def _error(path: str, words: str, actual: JsonValue) -> FieldError:
    return FieldError(path, "invalid", f"Property .{path} {words}", actual)


def _condition(name: str, operand: JsonValue, kind: Kind, spelled: Mapping[str, str]) -> Condition:
    operator = spelled.get(name, name)
    if operator not in OPERATORS[kind]:
        said = {ours: theirs for theirs, ours in spelled.items()}
        known = ", ".join(said.get(known, known) for known in OPERATORS[kind])
        raise Wrong(f"is not an operator of this field, which has {known}")
    if operator in KNOWN:
        return Condition(operator, (IsKnown(),), operator in DENYING)
    values = operand if isinstance(operand, list) else [operand]
    if not 1 <= len(values) <= MOST_VALUES:
        raise Wrong(f"must have from 1 to {MOST_VALUES} values")
    return Condition(operator, _tests(operator, values, kind), operator in DENYING)


def _tests(operator: str, values: Sequence[JsonValue], kind: Kind) -> tuple[Test, ...]:
    if operator in EQUAL:
        return _equal(values, kind)
    if operator in TEXTS:
        return _text_tests(operator, values, kind)
    if operator == "$next_month":
        if list(values) != [True]:
            raise Wrong("must be true")
        return (InNextMonth(),)
    make = _MAKERS[operator]
    return tuple(make(operator, value) for value in values)


def _equal(values: Sequence[JsonValue], kind: Kind) -> tuple[Test, ...]:
    if kind in (Kind.DAY, Kind.MOMENT):
        return tuple(LiesIn(at(_time(value))) for value in values)
    if kind == Kind.NUMBER:
        return (NumberIs(tuple(_number(value) for value in values)),)
    if kind == Kind.TEXT:
        return (TextIs(tuple(_text(value) for value in values)),)
    texts, numbers = _scalars(values)
    tests: list[Test] = [TextIs(texts)] if texts else []
    return (*tests, NumberIs(numbers)) if numbers else tuple(tests)


def _text_tests(operator: str, values: Sequence[JsonValue], kind: Kind) -> tuple[Test, ...]:
    base = "$contains" if operator == "$not_contain" else operator
    tests: list[Test] = [TextHas(base, _filled(value)) for value in values]
    if kind == Kind.JSON and base == "$contains":
        tests.append(HasItem(*_scalars(values)))
    return tuple(tests)


def _scalars(values: Sequence[JsonValue]) -> tuple[tuple[str, ...], tuple[float, ...]]:
    """The texts and the numbers that JSON may have for what was asked for: "5" is both."""
    texts = [_text(value) for value in values if isinstance(value, str | bool) or value is None]
    numbers = [
        _number(value) for value in values if not isinstance(value, str | bool | None) or _is_numeric_text(value)
    ]
    return tuple(texts), tuple(numbers)


def _is_numeric_text(value: JsonValue) -> bool:
    return isinstance(value, str) and _NUMBER.match(value) is not None


def _text(value: JsonValue) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | Decimal):
        return str(value)
    if not isinstance(value, str):
        raise Wrong("must be string")
    if len(value) > LONGEST_TEXT:
        raise Wrong(f"must NOT have more than {LONGEST_TEXT} characters")
    return value


def _filled(value: JsonValue) -> str:
    text = _text(value)
    if not text:
        raise Wrong("must NOT have fewer than 1 characters")
    return text


def _number(value: JsonValue) -> float:
    if isinstance(value, bool) or not (isinstance(value, int | Decimal) or _is_numeric_text(value)):
        raise Wrong("must be number")
    number = Decimal(value)
    if abs(number) > MOST_NUMBER:
        raise Wrong(f"must be from -{MOST_NUMBER} to {MOST_NUMBER}")
    return float(number)


def _whole(value: JsonValue, most: int) -> int:
    number = _number(value)
    if not number.is_integer() or not 0 <= number <= most:
        raise Wrong(f"must be a whole number from 0 to {most}")
    return int(number)


def _time(value: JsonValue) -> date | datetime:
    time = parse_date(value) or parse_moment(value)
    if time is None:
        raise Wrong("cannot be recognized as a ISO-8601 compliant date")
    return time


def _relative(operator: str, value: JsonValue) -> Test:
    return LiesIn(RELATIVE[operator](_whole(value, MOST_DAYS)))


_MAKERS: Mapping[str, Callable[[str, JsonValue], Test]] = {
    "$before": lambda _, value: LiesIn(before(_time(value))),
    "$after": lambda _, value: LiesIn(after(_time(value))),
    **dict.fromkeys(RELATIVE, _relative),
    **dict.fromkeys(COMPARED, lambda operator, value: NumberCompares(operator, _number(value))),
    **dict.fromkeys(COUNTED, lambda operator, value: LengthCompares(operator, _whole(value, MOST_NUMBER))),
}
