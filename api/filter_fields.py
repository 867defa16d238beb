"""The kinds of fields that a list can be filtered by (api/filters.py), each with the contract's operators (a.5)."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import CharField, F, FloatField, IntegerField, Q, Value
from django.db.models.functions import Coalesce, Left, Right, StrIndex
from django.db.models.lookups import (
    Exact,
    GreaterThan,
    GreaterThanOrEqual,
    IsNull,
    LessThan,
    LessThanOrEqual,
)

from common.ids import parse_public_id
from common.json_keys import KeyLength, KeyMoment, KeyNumber, KeyText
from common.times import parse_date, parse_moment

MOST_DAYS = 100_000

_NUMBER = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,20})?\Z")
_WHOLE = re.compile(r"-?[0-9]{1,18}\Z")


class Malformed(Exception):
    """A condition that the field does not have; the sentence follows the parameter's name (`must be …`)."""


class Filter:
    """One field. `condition` gives the Q of an operator with its values (at least one), or raises Malformed."""

    def condition(self, operator: str, values: Sequence[str]) -> Q:
        raise NotImplementedError


class OwnFilter(Filter):
    """A field with operators of its own: `condition(operator, values)` gives the Q or raises Malformed."""

    def __init__(self, condition: Callable[[str, Sequence[str]], Q]) -> None:
        self.own = condition

    def condition(self, operator: str, values: Sequence[str]) -> Q:
        return self.own(operator, values)


class ColumnFilter(Filter):
    """A column's values: is, is not, in, not in, has a value, is unknown."""

    def __init__(self, column: str) -> None:
        self.column = column

    def value(self, text: str) -> Any:
        """The value to compare with. Raises Malformed."""
        return text

    def condition(self, operator: str, values: Sequence[str]) -> Q:
        if operator in ("$has_value", "$is_unknown"):
            return Q(**{f"{self.column}__isnull": operator == "$is_unknown"})
        if operator in ("$in", "$not_in", "$is", "$is_not"):
            return self._among(operator, values)
        return self.compared(operator, _single(values))

    def _among(self, operator: str, values: Sequence[str]) -> Q:
        texts = values if operator in ("$in", "$not_in") else [_single(values)]
        among = Q(**{f"{self.column}__in": [self.value(text) for text in texts]})
        return ~among if operator in ("$not_in", "$is_not") else among

    def compared(self, operator: str, text: str) -> Q:
        raise unknown(operator)


class TextFilter(ColumnFilter):
    """A text; `read` makes what is stored of what is asked for (a code's key of a code)."""

    def __init__(self, column: str, read: Callable[[str], str] = str) -> None:
        super().__init__(column)
        self.read = read

    def value(self, text: str) -> str:
        return self.read(text)

    def compared(self, operator: str, text: str) -> Q:
        return _matched(operator, F(self.column), self.read(_filled(text)))


class ChoiceFilter(ColumnFilter):
    """One of a closed set of words."""

    def __init__(self, column: str, choices: Sequence[str]) -> None:
        super().__init__(column)
        self.choices = choices

    def value(self, text: str) -> str:
        if text not in self.choices:
            raise Malformed(f"must be one of {', '.join(self.choices)}")
        return text


class IdFilter(ColumnFilter):
    """A public id. What is no such id finds nothing, as an id of nobody does."""

    def __init__(self, column: str, prefix: str) -> None:
        super().__init__(column)
        self.prefix = prefix

    def _among(self, operator: str, values: Sequence[str]) -> Q:
        texts = values if operator in ("$in", "$not_in") else [_single(values)]
        keys = [key for text in texts if (key := parse_public_id(self.prefix, text))]
        among = Q(**{f"{self.column}__in": keys})
        return ~among if operator in ("$not_in", "$is_not") else among


class FlagFilter(ColumnFilter):
    """A switch: true or false."""

    def value(self, text: str) -> bool:
        if text not in ("true", "false"):
            raise Malformed("must be true or false")
        return text == "true"


class NumberFilter(ColumnFilter):
    """A whole number."""

    def value(self, text: str) -> int:
        if not _WHOLE.match(text):
            raise Malformed("must be integer")
        return int(text)

    def compared(self, operator: str, text: str) -> Q:
        lookup = _LOOKUPS.get(operator)
        if lookup is None:
            raise unknown(operator)
        return Q(**{f"{self.column}__{lookup}": self.value(text)})


class MomentFilter(ColumnFilter):
    """A time: after, before, and more or less than so many days ago."""

    def value(self, text: str) -> datetime:
        return _moment(text)

    def compared(self, operator: str, text: str) -> Q:
        lookup, bound = _bound(operator, text)
        return Q(**{f"{self.column}__{lookup}": bound})


class MetadataFilter(Filter):
    """`metadata.<key>`: numbers, texts, lists and dates under a key of a JSON column."""

    def __init__(self, column: str) -> None:
        self.column = column

    def condition(self, operator: str, values: Sequence[str]) -> Q:
        raise Malformed("needs a key: metadata.<key>")

    def at(self, key: str) -> "MetadataKeyFilter":
        return MetadataKeyFilter(self.column, key)


class MetadataKeyFilter(Filter):
    def __init__(self, column: str, key: str) -> None:
        self.column, self.key = column, key

    def condition(self, operator: str, values: Sequence[str]) -> Q:
        text = KeyText(self.column, self.key)
        if operator in ("$has_value", "$is_unknown"):
            return Q(IsNull(text, operator == "$is_unknown"))
        if operator in ("$in", "$not_in", "$is", "$is_not"):
            texts = values if operator in ("$in", "$not_in") else [_single(values)]
            among = reduce(or_, [self._equal(text) for text in texts])
            return ~among if operator in ("$not_in", "$is_not") else among
        return self._compared(operator, _single(values))

    def _equal(self, text: str) -> Q:
        # Never NULL, so that its opposite holds where there is nothing under the key.
        same: Q = Q(Exact(Coalesce(KeyText(self.column, self.key), Value("\x01")), Value(text)))
        if _NUMBER.match(text):
            number = Coalesce(KeyNumber(self.column, self.key), _float("-1e300"))
            same |= Q(Exact(number, _float(text)))
        return same

    def _compared(self, operator: str, text: str) -> Q:
        if operator in ("$after", "$before"):
            lookup, bound = _bound(operator, text)
            return Q(_COMPARISONS[lookup](KeyMoment(self.column, self.key), _float(str(bound.timestamp()))))
        if operator in _LOOKUPS:
            if not _NUMBER.match(text):
                raise Malformed("must be number")
            return Q(_COMPARISONS[_LOOKUPS[operator]](KeyNumber(self.column, self.key), _float(text)))
        if operator in _COUNTS:
            if not _WHOLE.match(text):
                raise Malformed("must be integer")
            count = Value(int(text), output_field=IntegerField())
            return Q(_COMPARISONS[_COUNTS[operator]](KeyLength(self.column, self.key), count))
        return _matched(operator, KeyText(self.column, self.key), _filled(text))


_LOOKUPS = {"$more_than": "gt", "$less_than": "lt", "$more_than_equal": "gte", "$less_than_equal": "lte"}
_COUNTS = {"$count": "exact", "$count_more": "gt", "$count_less": "lt"}
_COMPARISONS: Mapping[str, Any] = {
    "exact": Exact,
    "gt": GreaterThan,
    "lt": LessThan,
    "gte": GreaterThanOrEqual,
    "lte": LessThanOrEqual,
}


def _matched(operator: str, column: Any, text: str) -> Q:
    """How a text begins, ends, or what is in it."""
    value = Value(text, output_field=CharField())
    if operator == "$starts_with":
        return Q(Exact(Left(column, len(text)), value))
    if operator == "$ends_with":
        return Q(Exact(Right(column, len(text)), value))
    position = StrIndex(Coalesce(column, Value("")), value)
    if operator == "$contains":
        return Q(GreaterThan(position, 0))
    if operator == "$not_contain":
        return Q(Exact(position, 0))
    raise unknown(operator)


def unknown(operator: str) -> Malformed:
    return Malformed(f"is not an operator of this field: {operator}")


def _single(values: Sequence[str]) -> str:
    if len(values) != 1:
        raise Malformed("takes one value")
    return values[0]


def _filled(text: str) -> str:
    if not text:
        raise Malformed("must have a value")
    return text


def _moment(text: str) -> datetime:
    moment = parse_moment(text) or (parse_moment(f"{text}T00:00:00Z") if parse_date(text) else None)
    if moment is None:
        raise Malformed("cannot be recognized as a ISO-8601 compliant date")
    return moment


def _bound(operator: str, text: str) -> tuple[str, datetime]:
    """The lookup and moment of `$after`, `$before`, and of `$more_than` and `$less_than` days ago."""
    if operator in ("$after", "$before"):
        return ("gt" if operator == "$after" else "lt"), _moment(text)
    if operator not in ("$more_than", "$less_than"):
        raise unknown(operator)
    if not (text.isascii() and text.isdigit() and len(text) < 9 and int(text) <= MOST_DAYS):
        raise Malformed("must be a whole number of days")
    return ("lt" if operator == "$more_than" else "gt"), _this_minute() - timedelta(days=int(text))


def _this_minute() -> datetime:
    """Days ago need no seconds, and a statement that stays the same for a minute keeps its total (pagination.py)."""
    return datetime.now(UTC).replace(second=0, microsecond=0)


def _float(text: str) -> Value:
    return Value(float(text), output_field=FloatField())
