"""Conditions and validation rules in words, for people who read them and for the lists that they choose from."""

import re
from collections.abc import Iterator

from common.jsons import JsonObject, JsonValue
from rules.grammar import OTHER_NAMES, SPELLED
from rules.tree import CUSTOMER_METADATA, CUSTOMER_SEGMENT, EVENT_METADATA

OPERATOR_WORDS = {
    "$is": "is",
    "$is_not": "is not",
    "$in": "is one of",
    "$not_in": "is none of",
    "$contains": "contains",
    "$not_contain": "does not contain",
    "$starts_with": "starts with",
    "$ends_with": "ends with",
    "$more_than": "is more than",
    "$less_than": "is less than",
    "$more_than_equal": "is at least",
    "$less_than_equal": "is at most",
    "$before": "is before",
    "$after": "is after",
    "$less_than_ago": "is less than … days ago",
    "$more_than_ago": "is more than … days ago",
    "$is_days_ago": "is exactly … days ago",
    "$less_than_future": "is less than … days ahead",
    "$more_than_future": "is more than … days ahead",
    "$is_days_in_future": "is exactly … days ahead",
    "$next_month": "is next month",
    "$count": "has exactly … items",
    "$count_more": "has more than … items",
    "$count_less": "has less than … items",
    "$has_value": "is known",
    "$is_unknown": "is unknown",
}
WITHOUT_VALUES = ("$has_value", "$is_unknown", "$next_month")
_NAMES = {EVENT_METADATA: "the event's", CUSTOMER_METADATA: "the customer's"}


def condition_in_words(operator: str, operand: JsonValue) -> str:
    """What stands behind the name of a field: "is more than 5"."""
    words = OPERATOR_WORDS[SPELLED.get(operator, operator)]
    if operator in WITHOUT_VALUES:
        return words
    values = ", ".join(texts_of(operand))
    return words.replace("…", values) if "…" in words else f"{words} {values}"


def texts_of(operand: JsonValue) -> list[str]:
    """The operands as people type them."""
    values = operand if isinstance(operand, list) else [operand]
    return [("true" if value else "false") if isinstance(value, bool) else str(value) for value in values]


def rules_in_words(stored: JsonObject, segments: dict[str, str]) -> Iterator[str]:
    """A line for each rule, with those within, and one that says how they are joined where not all must hold.

    `segments` are names by public id.
    """
    keys = [key for key in stored if key != "logic"]
    numbers = {key: str(place) for place, key in enumerate(keys, 1)}
    for key in keys:
        yield from _rule_in_words(numbers[key], stored[key], segments)
    logic = re.sub(r"\w+", lambda found: numbers.get(found[0], found[0].lower()), stored.get("logic") or "")
    if "or" in logic:
        yield f"it holds if {logic}"


def _rule_in_words(number: str, rule: JsonObject, segments: dict[str, str]) -> Iterator[str]:
    conditions = rule.get("conditions") or {}
    said = " and ".join(_said(rule, operator, operand, segments) for operator, operand in conditions.items())
    yield f"{number}. {said or 'what follows'}"
    for line in rules_in_words(rule.get("rules") or {}, segments):
        yield f"{number}. — {line}"


def _said(rule: JsonObject, operator: str, operand: JsonValue, segments: dict[str, str]) -> str:
    name = str(OTHER_NAMES.get(rule["name"], rule["name"]))
    if name == CUSTOMER_SEGMENT:
        named = " or ".join(f"'{segments.get(text, text)}'" for text in texts_of(operand))
        return f"the customer is {'not ' if operator in ('$is_not', '$not_in') else ''}in {named}"
    subject = f"{_NAMES[name]} {rule['property']}" if name in _NAMES else f"the customer's {name.partition('.')[2]}"
    return f"{subject.replace('_', ' ') if name not in _NAMES else subject} {condition_in_words(operator, operand)}"
