"""CSV files: a record a row, its cells typed by the published definition of its event."""

import csv
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from common.jsons import InvalidJson, JsonObject, JsonValue, check_limits, parse
from customers.profiles import ADDRESS_FIELDS, DATE_FIELDS, TEXT_FIELDS
from events.importing.lines import Line, Unreadable
from events.importing.rows import Row
from eventschema.property_types.number import is_number
from eventschema.schema import EventSchema

# A quote that is never closed must not swallow the file.
MOST_LINES_A_RECORD = 100
STILL_OPEN = "unexpected end of data"
PLAIN_COLUMNS = {
    *("event", "id", "occurred_at", "referral.code", "loyalty.code", "customer.id", "customer.source_id"),
    *(f"customer.{name}" for name in (*TEXT_FIELDS, *DATE_FIELDS)),
    *(f"customer.address.{name}" for name in ADDRESS_FIELDS),
}
JSON_COLUMNS = {"metadata", "customer.metadata"}
OPEN_COLUMNS = ("metadata.", "customer.metadata.")
BOOLEANS = {"true": True, "false": False}

Schemas = Callable[[], Mapping[str, EventSchema]]


class BadHeader(ValueError):
    """The first line of a table names no columns that can be imported."""


@dataclass(frozen=True, slots=True)
class Record:
    """`end` is the byte behind it, `next_line` the number of the line there."""

    line: int
    end: int
    next_line: int
    cells: Sequence[str] | Unreadable


class Table:
    """The columns of a CSV file, and what its records mean."""

    def __init__(self, header: Record, schemas: Schemas) -> None:
        """Raises BadHeader."""
        if isinstance(header.cells, Unreadable):
            raise BadHeader(str(header.cells))
        self.columns = [name.strip() for name in header.cells]
        self.end, self.next_line = header.end, header.next_line
        self._schemas = schemas
        _check(self.columns)
        # What holds a whole object comes first, so that a column of its own completes it.
        self._order = sorted(range(len(self.columns)), key=lambda index: self.columns[index] not in JSON_COLUMNS)

    def rows(self, records: Iterable[Record]) -> Iterator[Row]:
        for record in records:
            if record.cells:
                yield Row(record.line, record.end, record.next_line, self._event(record))

    def _event(self, record: Record) -> JsonObject | Unreadable:
        if isinstance(record.cells, Unreadable):
            return record.cells
        try:
            return self._request(record.cells)
        except Unreadable as error:
            error.text = ",".join(record.cells)
            return error

    def _request(self, cells: Sequence[str]) -> JsonObject:
        """The event request; an empty cell says nothing. Raises Unreadable."""
        if len(cells) != len(self.columns):
            raise Unreadable("columns", f"The row has {len(cells)} cells, not {len(self.columns)}")
        said = {self.columns[index]: cells[index] for index in self._order if cells[index]}
        schema = self._schemas().get(said.get("event", ""))
        request: JsonObject = {}
        for column, cell in said.items():
            _put(request, column, _value(column, cell, schema))
        try:
            check_limits(request)
        except InvalidJson as error:
            raise Unreadable("unstorable", str(error).replace("The body", "The row")) from error
        return request


def _check(columns: Sequence[str]) -> None:
    unknown = [
        name
        for name in columns
        if name not in PLAIN_COLUMNS | JSON_COLUMNS
        and not any(name.startswith(start) and name != start for start in OPEN_COLUMNS)
    ]
    if unknown:
        raise BadHeader(f"There is no column {', '.join(map(repr, unknown[:10]))}")
    if len(set(columns)) != len(columns):
        raise BadHeader("A column stands twice in the first line")
    if "event" not in columns:
        raise BadHeader("The first line names no column 'event'")


def _value(column: str, cell: str, schema: EventSchema | None) -> JsonValue:
    if column in JSON_COLUMNS:
        try:
            return parse(cell.encode(errors="surrogatepass"))
        except InvalidJson as error:
            message = str(error).replace("The body", f"Column {column}")
            raise Unreadable("json", message) from error
    if column.startswith("metadata.") and schema is not None:
        return _typed(schema, column.removeprefix("metadata."), cell)
    return cell


def _typed(schema: EventSchema, name: str, cell: str) -> JsonValue:
    """What the cell says to a property of that name. What is none of its type stays text, and is refused later."""
    compiled = schema.properties.by_key.get(name)
    spec = next((spec for spec in schema.specs if compiled is not None and spec.name == compiled.name), None)
    if spec is None:
        return cell
    if spec.type == "boolean" and not spec.array:
        return BOOLEANS.get(cell.strip().lower(), cell)
    if spec.type in ("number", "object") or spec.array:
        try:
            value = parse(cell.encode(errors="surrogatepass"))
        except InvalidJson:
            return cell
        return value if spec.type != "number" or spec.array or is_number(value) else cell
    return cell


def _put(request: JsonObject, column: str, value: JsonValue) -> None:
    """Puts a cell where its column says: `customer.metadata.VIP` into the metadata of the customer."""
    for start in OPEN_COLUMNS:
        if column.startswith(start):
            path, name = start.rstrip(".").split("."), column.removeprefix(start)
            break
    else:
        *path, name = column.split(".")
    owner = request
    for part in path:
        owner = owner.setdefault(part, {})
        if not isinstance(owner, dict):
            return  # a JSON column that is no object, of which acceptance will complain
    owner[name] = value


def records_of(lines: Iterator[Line]) -> Iterator[Record]:
    """The records of a CSV file. Where one cannot be read, reading goes on at the line after its first."""
    again: deque[Line] = deque()
    taken: list[Line] = []
    while True:
        line = again.popleft() if again else next(lines, None)
        if line is None and not taken:
            return
        if line is not None:
            taken.append(line)
        cells = _cells(taken, is_last=line is None or len(taken) >= MOST_LINES_A_RECORD)
        if cells is None:
            continue
        if isinstance(cells, Unreadable):
            again.extendleft(reversed(taken[1:]))
            del taken[1:]
        yield Record(taken[0].number, taken[-1].end, taken[-1].number + 1, cells)
        taken = []


def _cells(lines: Sequence[Line], *, is_last: bool) -> Sequence[str] | Unreadable | None:
    """The cells of these lines, which are one record; None where a quote is still open."""
    try:
        return next(csv.reader([line.text() for line in lines], strict=True), [])
    except csv.Error as error:
        if str(error) == STILL_OPEN and not is_last:
            return None
        return Unreadable("csv", f"The row is not CSV: {error}", lines[0].shown())
    except Unreadable as error:
        if len(lines) == 1:
            return error
        return Unreadable("csv", f"The row is not CSV: {STILL_OPEN}", lines[0].shown())
