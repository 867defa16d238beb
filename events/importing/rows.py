"""Rows of a file: each an event request, or the reason why none can be read there."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from common.jsons import InvalidJson, JsonObject, parse
from events.importing.lines import Line, Unreadable

# In a file of rejected rows, what is ours; the rest is the event request, to be mended and imported again.
REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Row:
    """`line` is where it begins, `end` the byte behind it, `next_line` the number of the line there."""

    line: int
    end: int
    next_line: int
    event: JsonObject | Unreadable


def json_rows(lines: Iterable[Line]) -> Iterator[Row]:
    """An event request a line; empty lines are none."""
    for line in lines:
        if line.raw.strip():
            yield Row(line.number, line.end, line.number + 1, _request(line))


def _request(line: Line) -> JsonObject | Unreadable:
    try:
        raw = parse(line.checked())
    except InvalidJson as error:
        return Unreadable("json", str(error).replace("The body", "The line"), line.shown())
    except Unreadable as error:
        return error
    if not isinstance(raw, dict):
        return Unreadable("type", "The line must hold an object", line.shown())
    return {name: value for name, value in raw.items() if name != REJECTED}
