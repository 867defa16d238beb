"""Filters in words, for people who read them and for the lists that they choose from."""

from collections.abc import Iterator

from common.jsons import JsonObject, JsonValue

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


def in_words(stored: JsonObject) -> Iterator[str]:
    """A line for each condition of a filter."""
    for field, part in stored.items():
        if field == "junction":
            continue
        within = f" within {part['within_days']} days" if part.get("within_days") else ""
        for sentence in _sentences(field, part["conditions"]):
            yield f"{sentence}{within}{_where(part.get('where'))}"


def _where(where: JsonObject | None) -> str:
    if not where:
        return ""
    joined = f" {where.get('junction', 'and').lower()} ".join(
        sentence
        for field, part in where.items()
        if field != "junction"
        for sentence in _sentences(field, part["conditions"])
    )
    return f", where {joined}"


def _sentences(field: str, conditions: JsonObject) -> Iterator[str]:
    for operator, operand in conditions.items():
        words = OPERATOR_WORDS[operator]
        if operator in WITHOUT_VALUES:
            yield f"{field} {words}"
            continue
        values = ", ".join(texts_of(operand))
        yield f"{field} {words.replace('…', values)}" if "…" in words else f"{field} {words} {values}"


def texts_of(operand: JsonValue) -> list[str]:
    """The operands as people type them."""
    values = operand if isinstance(operand, list) else [operand]
    return [("true" if value else "false") if isinstance(value, bool) else str(value) for value in values]
