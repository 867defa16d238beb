"""The constraints of contract section c.4. Each knows its own legal values, its phrase and its test."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from decimal import Decimal
from operator import ge, gt, le, lt
from typing import Any
from urllib.parse import quote

from common.jsons import JsonObject, JsonValue, dumps
from eventschema.property_types.base import Check, InvalidOption
from eventschema.property_types.number import is_number

MOST_CHOICES = 500
LONGEST_TEXT = 10_240
# Where a JSON Schema holds the nested schemas that its objects refer to.
DEFINITIONS = "#/$defs/"


class Constraint(ABC):
    name: str
    label: str

    @abstractmethod
    def clean(self, raw: JsonValue, type_name: str) -> JsonValue:
        """The value to store. Raises InvalidOption where `raw` is none for a property of that type."""

    @abstractmethod
    def check(self, bound: Any) -> Check: ...

    @abstractmethod
    def json_schema(self, bound: Any) -> JsonObject:
        """The same in the words of JSON Schema 2020-12."""


class Length(Constraint):
    def __init__(
        self, name: str, label: str, phrase: str, compare: Callable[[int, int], bool], *keywords: str
    ) -> None:
        self.name = name
        self.label = label
        self.phrase = phrase
        self.compare = compare
        self.keywords = keywords

    def clean(self, raw: JsonValue, type_name: str) -> int:
        if isinstance(raw, Decimal) and raw == raw.to_integral_value():
            raw = int(raw)
        if not isinstance(raw, int) or isinstance(raw, bool) or not 0 <= raw <= LONGEST_TEXT:
            raise InvalidOption(f"{self.name} must be a whole number from 0 to {LONGEST_TEXT}")
        return raw

    def check(self, bound: int) -> Check:
        return Check(self.name, self.phrase.format(bound), lambda value: self.compare(len(value), bound))

    def json_schema(self, bound: int) -> JsonObject:
        return dict.fromkeys(self.keywords, bound)


class Range(Constraint):
    def __init__(self, name: str, label: str, phrase: str, compare: Callable[[Any, Any], bool], keyword: str) -> None:
        self.name = name
        self.label = label
        self.phrase = phrase
        self.compare = compare
        self.keyword = keyword

    def clean(self, raw: JsonValue, type_name: str) -> int | Decimal:
        if not is_number(raw):
            raise InvalidOption(f"{self.name} must be a number")
        number = Decimal(raw)
        _, digits, exponent = number.normalize().as_tuple()
        if len(digits) > 20 or int(exponent) < -2:
            raise InvalidOption(f"{self.name} must be a number with at most two decimals")
        return int(number) if number == number.to_integral_value() else number

    def check(self, bound: int | Decimal) -> Check:
        return Check(self.name, self.phrase.format(dumps(bound)), lambda value: self.compare(value, bound))

    def json_schema(self, bound: int | Decimal) -> JsonObject:
        return {self.keyword: bound}


class Choices(Constraint):
    """`eq` (one of) and `ne` (none of): a list of distinct strings or numbers, by the type of the property."""

    def __init__(self, name: str, label: str, phrase: str, *, wanted: bool) -> None:
        self.name = name
        self.label = label
        self.phrase = phrase
        self.wanted = wanted

    def clean(self, raw: JsonValue, type_name: str) -> list[JsonValue]:
        if not isinstance(raw, list) or not 0 < len(raw) <= MOST_CHOICES:
            raise InvalidOption(f"{self.name} must be a list of 1 to {MOST_CHOICES} values")
        fits = is_number if type_name == "number" else lambda value: isinstance(value, str)
        for position, value in enumerate(raw):
            if not fits(value):
                raise InvalidOption(f"{self.name}.{position} must be a {type_name}")
        return list(dict.fromkeys(raw))

    def check(self, bound: list[JsonValue]) -> Check:
        values = frozenset(bound)
        shown = ",".join(value if isinstance(value, str) else dumps(value) for value in bound)
        return Check(self.name, self.phrase.format(shown), lambda value: (value in values) is self.wanted)

    def json_schema(self, bound: list[JsonValue]) -> JsonObject:
        among: JsonObject = {"enum": list(bound)}
        return among if self.wanted else {"not": among}


class ObjectType(Constraint):
    """The name of the nested schema that an object's keys are checked against; the check itself is schema.py's."""

    name = "object_type"
    label = "Nested schema"

    def clean(self, raw: JsonValue, type_name: str) -> str:
        if not isinstance(raw, str) or not raw:
            raise InvalidOption("object_type must be the name of a nested schema")
        return raw

    def check(self, bound: str) -> Check:
        return Check("type", "must be an object", lambda _: True)

    def json_schema(self, bound: str) -> JsonObject:
        # A name as a step of a JSON pointer (RFC 6901) in a URI's fragment.
        return {"$ref": DEFINITIONS + quote(bound.replace("~", "~0").replace("/", "~1"), safe="")}


def _equal(one: int, other: int) -> bool:
    return one == other


CONSTRAINTS: dict[str, Constraint] = {
    constraint.name: constraint
    for constraint in (
        Length("min_length", "Min length", "must have at least {} characters", ge, "minLength"),
        Length("max_length", "Max length", "must have at most {} characters", le, "maxLength"),
        Length("exact_length", "Exact length", "must have exactly {} characters", _equal, "minLength", "maxLength"),
        Range("gt", "More than", "must be more than {}", gt, "exclusiveMinimum"),
        Range("gte", "At least", "must be at least {}", ge, "minimum"),
        Range("lt", "Less than", "must be less than {}", lt, "exclusiveMaximum"),
        Range("lte", "At most", "must be at most {}", le, "maximum"),
        Choices("eq", "One of", "must be equal to one of {}", wanted=True),
        Choices("ne", "None of", "must not be equal to any of {}", wanted=False),
        ObjectType(),
    )
}
