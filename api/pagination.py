"""Lists as the contract has them (a.5): pages with a total, and newest-first lists with an id cursor."""

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, TypeVar
from uuid import UUID

from django.core.cache import cache
from django.db.models import F, Model, QuerySet
from rest_framework.request import Request

from api.parameters import DEFAULT_LIMIT, HIGHEST_LIMIT
from api.views import unstorable
from common.ids import parse_public_id
from common.jsons import JsonObject
from common.refusals import FieldError, InvalidQuery, Refusal
from common.times import parse_date, parse_moment

M = TypeVar("M", bound=Model)

# The query parameters of the two kinds of lists, for the OpenAPI document.
PAGE_PARAMETERS = ("limit", "page", "order")
CURSOR_PARAMETERS = ("limit", "starting_after_id")

HIGHEST_PAGE = 100
# The list of publications goes on to here (contract a.5), and has a refusal of its own beyond.
HIGHEST_PAGE_OF_LONG_LISTS = 1_000

# Totals are counted to here at each call; beyond, a count is good for so many seconds.
EXACT_TOTAL = 10_000
TOTAL_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list: `rows`, how many there are in all, and whether more follow."""

    rows: Sequence[Any]
    total: int
    has_more: bool


class PageOverLimit(Refusal):
    key = "page_over_limit"
    message = f"Listing resource above {HIGHEST_PAGE_OF_LONG_LISTS} page is not supported"


class Query:
    """The query parameters of a list call, read one by one; `done` raises InvalidQuery with every error."""

    def __init__(self, request: Request) -> None:
        self.parameters = request.query_params
        self.errors: list[FieldError] = []

    def text(self, name: str) -> str | None:
        return self.parameters.get(name) or None

    def texts(self, name: str) -> list[str]:
        """A list of values: `ids=a&ids=b`, `ids[0]=a&ids[1]=b`, or one value as the Python SDK writes it."""
        written = [key for key in self.parameters if re.fullmatch(rf"{re.escape(name)}(\[[0-9]*\])?", key)]
        return texts_of([value for key in written for value in self.parameters.getlist(key)])

    def integer(self, name: str, default: int, lowest: int, highest: int) -> int:
        text = self.parameters.get(name)
        if text is None:
            return default
        if not (text.isascii() and text.isdigit() and len(text) < 10):
            self.complain(name, f"must be integer from {lowest} to {highest}", text)
            return default
        if name == "page" and highest == HIGHEST_PAGE_OF_LONG_LISTS < int(text):
            raise PageOverLimit(f"Property .page cannot be higher than {highest}")
        if not lowest <= int(text) <= highest:
            word, bound = ("lower", lowest) if int(text) < lowest else ("higher", highest)
            self.complain(name, f"cannot be {word} than {bound}", text)
            return default
        return int(text)

    def limit(self) -> int:
        return self.integer("limit", DEFAULT_LIMIT, 1, HIGHEST_LIMIT)

    def choice(self, name: str, allowed: Sequence[str]) -> str | None:
        text = self.text(name)
        if text is not None and text not in allowed:
            self.complain(name, f"must be one of {', '.join(allowed)}", text)
            return None
        return text

    def order(self, fields: Sequence[str], default: str) -> str:
        allowed = [sign + name for name in fields for sign in ("", "-")]
        return self.choice("order", allowed) or default

    def flag(self, name: str) -> bool:
        return self.choice(name, ("true", "false")) == "true"

    def moment(self, name: str) -> datetime | None:
        """A date-time, or a date, which stands for its first moment in UTC."""
        text = self.text(name)
        if text is None:
            return None
        moment = parse_moment(text) or (parse_moment(f"{text}T00:00:00Z") if parse_date(text) else None)
        if moment is None:
            self.complain(name, "cannot be recognized as a ISO-8601 compliant date", text)
        return moment

    def period(self, name: str, column: str) -> dict[str, datetime]:
        """`name[after]` and `name[before]` as filters of a column, both exclusive."""
        bounds = {f"{column}__gt": self.moment(f"{name}[after]"), f"{column}__lt": self.moment(f"{name}[before]")}
        return {lookup: moment for lookup, moment in bounds.items() if moment is not None}

    def cursor(self, prefix: str, name: str = "starting_after_id") -> UUID | None:
        text = self.text(name)
        if text is None:
            return None
        key = parse_public_id(prefix, text)
        if key is None:
            self.complain(name, "is not an id of this list", text)
        return key

    def done(self) -> None:
        if self.errors:
            raise InvalidQuery.of(self.errors)

    def complain(self, name: str, message: str, actual: str) -> None:
        """Keeps an error; the sentence goes on after the parameter's name (`must be …`)."""
        self.errors.append(FieldError(name, "invalid", f"Property .{name} {message}", actual))


def texts_of(values: list[str]) -> list[str]:
    """The values of a list, which the Python SDK writes as Python does, in a single one: `['a', 'b']`."""
    if len(values) != 1 or not values[0].startswith(("['", '["')):
        return values
    try:
        items = ast.literal_eval(values[0])
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return values
    if not isinstance(items, list) or not all(isinstance(item, str) and not unstorable(item) for item in items):
        return values
    return items


def ordered(rows: QuerySet[M], order: str) -> QuerySet[M]:
    """The rows by a column, descending with a `-`; the key settles ties, so that no row is on two pages.

    Rows without a value are the lowest, whichever database sorts: PostgreSQL takes them for the highest.
    """
    name, descending = order.removeprefix("-"), order.startswith("-")
    if rows.model._meta.get_field(name).null:
        column = F(name)
        return rows.order_by(
            column.desc(nulls_last=True) if descending else column.asc(nulls_first=True), "-pk" if descending else "pk"
        )
    return rows.order_by(order, "-pk" if descending else "pk")


def page_of(rows: QuerySet[M], query: Query, *, highest_page: int = HIGHEST_PAGE) -> Page:
    """The page that the query asks for; two statements, and a third where a long list was not counted lately.

    Raises InvalidQuery, and PageOverLimit beyond a `highest_page` of a thousand.
    """
    limit = query.limit()
    page = query.integer("page", 1, 1, highest_page)
    query.done()
    start = (page - 1) * limit
    found = list(_rows_from(rows, start, limit + 1))
    return Page(found[:limit], total_of(rows), has_more=len(found) > limit)


def _rows_from(rows: QuerySet[M], start: int, count: int) -> QuerySet[M]:
    """`count` rows from `start` on. What is passed over is read as keys alone, which keeps late pages cheap."""
    if not start:
        return rows[:count]
    return rows.filter(pk__in=rows.values("pk")[start : start + count])


def total_of(rows: QuerySet[M], *, exact_to: int = EXACT_TOTAL) -> int:
    """How many rows there are: exact up to `exact_to`, above it at most a minute old. One statement, or two."""
    unordered = rows.order_by()
    total = unordered[: exact_to + 1].count()
    if total <= exact_to:
        return total
    key = f"total-{sha256(repr(unordered.query.sql_with_params()).encode()).hexdigest()}"
    return cache.get_or_set(key, unordered.count, TOTAL_SECONDS) or total


def slice_of(rows: QuerySet[M], query: Query, prefix: str, *, orders: Sequence[str] = ()) -> tuple[list[M], bool]:
    """The rows after the cursor, and whether more follow; one statement.

    Newest first, unless `order` says otherwise where the list has it: `orders` names what it may be called by, each of
    which is the order of the keys (`id`, `created_at`).
    """
    limit = query.limit()
    ascending = bool(orders) and not query.order(orders, "-id").startswith("-")
    after = query.cursor(prefix)
    query.done()
    if after is not None:
        rows = rows.filter(pk__gt=after) if ascending else rows.filter(pk__lt=after)
    found = list(rows.order_by("pk" if ascending else "-pk")[: limit + 1])
    return found[:limit], len(found) > limit


def listing(data_ref: str, items: Sequence[JsonObject], page: Page) -> JsonObject:
    return {
        "object": "list",
        "data_ref": data_ref,
        data_ref: list(items),
        "total": page.total,
        "has_more": page.has_more,
    }


def cursor_listing(items: Sequence[JsonObject], has_more: bool) -> JsonObject:
    """The newer form of lists: `more_starting_after` is the cursor of the next call."""
    return {
        "object": "list",
        "data_ref": "data",
        "data": list(items),
        "has_more": has_more,
        "more_starting_after": items[-1]["id"] if has_more else None,
    }
