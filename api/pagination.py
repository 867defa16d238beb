"""Lists as the contract has them (a.5): pages with a total, and newest-first lists with an id cursor."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import F, Model, QuerySet
from rest_framework.request import Request

from common.ids import parse_public_id
from common.jsons import JsonObject
from common.refusals import FieldError, InvalidQuery
from common.times import parse_date, parse_moment

M = TypeVar("M", bound=Model)

# The query parameters of the two kinds of lists, for the OpenAPI document.
PAGE_PARAMETERS = ("limit", "page", "order")
CURSOR_PARAMETERS = ("limit", "starting_after_id")

DEFAULT_LIMIT = 10
HIGHEST_LIMIT = 100
HIGHEST_PAGE = 100


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list: `rows`, how many there are in all, and whether more follow."""

    rows: Sequence[Any]
    total: int
    has_more: bool


class Query:
    """The query parameters of a list call, read one by one; `done` raises InvalidQuery with every error."""

    def __init__(self, request: Request) -> None:
        self.parameters = request.query_params
        self.errors: list[FieldError] = []

    def text(self, name: str) -> str | None:
        return self.parameters.get(name) or None

    def integer(self, name: str, default: int, lowest: int, highest: int) -> int:
        text = self.parameters.get(name)
        if text is None:
            return default
        if not (text.isascii() and text.isdigit() and len(text) < 10):
            self._complain(name, f"must be integer from {lowest} to {highest}", text)
            return default
        if not lowest <= int(text) <= highest:
            word, bound = ("lower", lowest) if int(text) < lowest else ("higher", highest)
            self._complain(name, f"cannot be {word} than {bound}", text)
            return default
        return int(text)

    def limit(self) -> int:
        return self.integer("limit", DEFAULT_LIMIT, 1, HIGHEST_LIMIT)

    def choice(self, name: str, allowed: Sequence[str]) -> str | None:
        text = self.text(name)
        if text is not None and text not in allowed:
            self._complain(name, f"must be one of {', '.join(allowed)}", text)
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
            self._complain(name, "cannot be recognized as a ISO-8601 compliant date", text)
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
            self._complain(name, "is not an id of this list", text)
        return key

    def done(self) -> None:
        if self.errors:
            raise InvalidQuery.of(self.errors)

    def _complain(self, name: str, message: str, actual: str) -> None:
        self.errors.append(FieldError(name, "invalid", f"Property .{name} {message}", actual))


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


def page_of(rows: QuerySet[M], query: Query) -> Page:
    """The page that the query asks for; two statements."""
    limit = query.limit()
    page = query.integer("page", 1, 1, HIGHEST_PAGE)
    query.done()
    start = (page - 1) * limit
    total = rows.count()
    return Page(list(rows[start : start + limit]), total, has_more=total > start + limit)


def slice_of(rows: QuerySet[M], query: Query, prefix: str) -> tuple[list[M], bool]:
    """The rows after the cursor, newest first, and whether more follow; one statement."""
    limit = query.limit()
    after = query.cursor(prefix)
    query.done()
    if after is not None:
        rows = rows.filter(pk__lt=after)
    found = list(rows.order_by("-pk")[: limit + 1])
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
