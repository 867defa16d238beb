"""Filters in words, for people who read them and for the lists that they choose from."""

from collections.abc import Iterator

from common.jsons import JsonObject
from customers.facts import fact_sources
from rules.facts import CUSTOMER_FIELDS
from rules.wording import condition_in_words
from segments.catalogue import LABELS, MEASURES
from segments.filters import EVENT_FIELD


def in_words(stored: JsonObject) -> Iterator[str]:
    """A line for each condition of a filter."""
    for field, part in stored.items():
        if field == "junction":
            continue
        within = f" within {part['within_days']} days" if part.get("within_days") else ""
        for sentence in _sentences(_label(field), part["conditions"]):
            yield f"{sentence}{within}{_where(part.get('where'))}"


def _where(where: JsonObject | None) -> str:
    if not where:
        return ""
    joined = f" {where.get('junction', 'and').lower()} ".join(
        sentence
        for field, part in where.items()
        if field != "junction"
        for sentence in _sentences(field.removeprefix("metadata."), part["conditions"])
    )
    return f", where {joined}"


def _label(field: str) -> str:
    """As the lists of choices call it (segments/catalogue.py)."""
    event = EVENT_FIELD.match(field)
    if event:
        return f"{event['name']}: {MEASURES[event['what']][0]}"
    if field in CUSTOMER_FIELDS:
        return LABELS.get(field, field.capitalize())
    prefix, _, rest = field.partition(".")
    if prefix == "address":
        return rest.replace("_", " ").capitalize()
    return next((source.label_of(field) for source in fact_sources().values() if source.has_form(field)), field)


def _sentences(field: str, conditions: JsonObject) -> Iterator[str]:
    for operator, operand in conditions.items():
        yield f"{field} {condition_in_words(operator, operand)}"
