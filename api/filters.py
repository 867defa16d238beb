"""The `filters` of lists (contract a.5): `filters[<field>][conditions][<operator>]=value`, `filters[junction]=and|or`.

A list says once which fields it has, and which column each reads:

    FILTERS: Filters = {
        "id": IdFilter("pk", "cust"),
        "name": TextFilter("name"),
        "points": NumberFilter("balance"),
        "created_at": MomentFilter("created_at"),
        "type": ChoiceFilter("campaign_type", CampaignType.values),
        "is_referral_code": FlagFilter("is_referral_code"),
        "metadata": MetadataFilter("metadata"),          # serves metadata.<key>
        "active": OwnFilter(is_active),                  # (operator, values) -> Q; raises Malformed
    }

    rows = filtered(Customer.objects.filter(project=project), query, FILTERS)

The conditions of one field hold together, fields as the junction says (and). Whatever is wrong is collected in the
query, whose `done` (called by `page_of` and `slice_of`) raises InvalidQuery. `FILTER_PARAMETERS` goes into the view's
`queries`. Texts are compared with regard to case.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from functools import reduce
from operator import and_, or_
from typing import TypeVar

from django.db.models import Model, Q, QuerySet
from django.http import QueryDict

from api.filter_fields import (
    ChoiceFilter,
    Filter,
    FlagFilter,
    IdFilter,
    Malformed,
    MetadataFilter,
    MomentFilter,
    NumberFilter,
    OwnFilter,
    TextFilter,
    unknown,
)
from api.pagination import Query, texts_of
from common.jsons import JsonObject, JsonValue, dumps

__all__ = [
    "FILTER_PARAMETERS",
    "ChoiceFilter",
    "Filter",
    "Filters",
    "FlagFilter",
    "IdFilter",
    "Malformed",
    "MetadataFilter",
    "MomentFilter",
    "NumberFilter",
    "OwnFilter",
    "TextFilter",
    "filtered",
    "unknown",
]

M = TypeVar("M", bound=Model)
Filters = Mapping[str, Filter]

FILTER_PARAMETERS = ("filters",)
# A statement has its limits (SQLite's expressions are at most 1000 deep), and no person writes more.
MOST_CONDITIONS = 40
MOST_VALUES = 100

# The Python SDK leaves `[conditions]` out where it lists transactions.
_CONDITION = re.compile(
    r"filters\[(?P<field>.+?)\](\[conditions\]|(?=\[\$))\[(?P<operator>\$?\w+)\](\[[0-9]*\])?\Z", re.DOTALL
)
_JUNCTION = "filters[junction]"
# What the Python SDK writes for each field of its filter that was left out.
_LEFT_OUT = "None"
_SPELLINGS = {"$more_than_or_equal": "$more_than_equal", "$less_than_or_equal": "$less_than_equal"}


def filtered(rows: QuerySet[M], query: Query, filters: Filters) -> QuerySet[M]:
    """The rows that the query's `filters` leave. Complaints collect in the query."""
    fields: defaultdict[str, list[Q]] = defaultdict(list)
    for name, field, operator, values in _conditions(query):
        chosen = _chosen(filters, field)
        if chosen is None:
            query.complain(name, f"is not a filter of this list, which has {', '.join(filters)}", values[0])
            continue
        try:
            fields[field].append(chosen.condition(_SPELLINGS.get(operator, operator), values))
        except Malformed as why:
            query.complain(name, str(why), values[0])
    junction = _junction(query)
    if not fields or query.errors:
        return rows
    return rows.filter(reduce(junction, [reduce(and_, conditions) for conditions in fields.values()]))


def query_of(sent: JsonObject) -> Query:
    """Filters that came in a body, `{"created_at": {"conditions": {"$after": "…"}}, "junction": "or"}`, as a query.

    What is null was left out: so the SDKs write it.
    """
    parameters = QueryDict(mutable=True)
    for field, said in sent.items():
        if field == "junction" and isinstance(said, str):
            parameters[_JUNCTION] = said
            continue
        conditions = said.get("conditions", said) if isinstance(said, dict) else said
        for operator, value in conditions.items() if isinstance(conditions, dict) else [("", conditions)]:
            values = [_text(item) for item in (value if isinstance(value, list) else [value]) if item is not None]
            parameters.setlist(f"filters[{field}][conditions][{operator}]", values)
    return Query.of(parameters)


def _text(value: JsonValue) -> str:
    return value if isinstance(value, str) else dumps(value)


def _chosen(filters: Filters, field: str) -> Filter | None:
    name, _, key = field.partition(".")
    chosen = filters.get(name)
    if isinstance(chosen, MetadataFilter) and key:
        return chosen.at(key)
    return filters.get(field)


def _junction(query: Query) -> Callable[[Q, Q], Q]:
    word = query.parameters.get(_JUNCTION, "and")
    if word.lower() not in ("and", "or"):
        query.complain(_JUNCTION, "must be and or or", word)
    return or_ if word.lower() == "or" else and_


def _conditions(query: Query) -> Iterator[tuple[str, str, str, list[str]]]:
    """(parameter, field, operator, values) of every condition; parameters that are none are complained about."""
    found: dict[tuple[str, str], list[str]] = {}
    for name in query.parameters:
        values = [value for value in query.parameters.getlist(name) if value != _LEFT_OUT]
        if not name.startswith("filters") or name == _JUNCTION or not values:
            continue
        match = _CONDITION.match(name)
        if match is None:
            query.complain(name, "must be filters[<field>][conditions][<operator>]", values[0])
        else:
            found.setdefault((match["field"], match["operator"]), []).extend(_listed(match["operator"], values))
    if len(found) > MOST_CONDITIONS or any(len(values) > MOST_VALUES for values in found.values()):
        query.complain("filters", f"has more than {MOST_CONDITIONS} conditions or {MOST_VALUES} values in one", "")
        return
    for (field, operator), values in found.items():
        yield f"filters[{field}][conditions][{operator}]", field, operator, values


def _listed(operator: str, values: list[str]) -> list[str]:
    return texts_of(values) if operator in ("$in", "$not_in") else values
