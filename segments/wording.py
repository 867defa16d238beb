"""Filters in words, for people who read them and for the lists that they choose from."""

from collections.abc import Iterator

from common.jsons import JsonObject
from rules.wording import condition_in_words


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
        yield f"{field} {condition_in_words(operator, operand)}"
