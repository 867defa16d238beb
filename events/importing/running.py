"""An import from the first row to the last: batches through `accept_events`, rejected rows to a file of their own."""

import fcntl
import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from common.ids import uuid7
from common.jsons import JsonObject, dumps
from common.refusals import InvalidPayload, Refusal
from events.acceptance import accept_events
from events.importing.checkpoint import Checkpoint, Task, Totals, load_checkpoint
from events.importing.lines import Unreadable, lines_of
from events.importing.rows import REJECTED, Row, json_rows
from events.importing.tables import BadHeader, Record, Table, records_of
from events.outcomes import Accepted, Outcome, Replayed
from events.payloads import EventPayload, Source, parse_event
from eventschema.schema import EventSchema, schemas_of
from projects.models import Project

CSV, JSONL = "csv", "jsonl"
FORMATS = (CSV, JSONL)


class NotImportable(Exception):
    """A file that cannot be imported at all; `str()` is one sentence."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be imported, and how. `format` is one of FORMATS, `batch` the most events of one transaction."""

    path: Path
    project: Project
    format: str
    rejected: Path
    batch: int = 500
    is_dry_run: bool = False
    is_backfill: bool = False

    @property
    def checkpoint(self) -> Path:
        return self.path.with_name(f"{self.path.name}.checkpoint.json")


@dataclass(frozen=True, slots=True)
class Report:
    """What came of an import. `resumed_at` is the line at which it went on, 1 for one from the start."""

    sha256: str
    resumed_at: int
    totals: Totals


def import_file(order: Order, *, advance: Callable[[int], object]) -> Report:
    """Imports the rows of a file; `advance` is told how many bytes are done each time.

    Rows are accepted once: by their own id, else by one that is made of the file's content and their line. So a run
    after one that was killed, or after one that was not, doubles nothing. Raises NotImportable, OSError.
    """
    if not order.path.is_file():
        raise NotImportable("It is no file" if order.path.exists() else "There is no such file")
    if order.rejected.exists() and order.rejected.samefile(order.path):
        raise NotImportable("The rejected rows need a file of their own")
    with order.path.open("rb") as file:
        _lock(file)
        if not file.read(1):
            raise NotImportable("The file is empty")
        file.seek(0)
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        task = Task(sha256, order.project.public_id, order.format, order.is_backfill, str(order.rejected))
        return _Import(order, file, task, advance).run()


def _lock(file: BinaryIO) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise NotImportable("It is being imported by another process") from error


@dataclass
class _Import:
    order: Order
    file: BinaryIO
    task: Task
    advance: Callable[[int], object]
    done: Checkpoint = field(init=False)

    def run(self) -> Report:
        found = load_checkpoint(self.order.checkpoint, self.task, self.order.project, self.order.rejected)
        self.done = Checkpoint(self.task) if found is None or self.order.is_dry_run else found
        resumed_at = self.done.line
        rows = self._rows()
        self.advance(self.done.offset)
        with self.order.rejected.open("r+b" if resumed_at > 1 else "wb") as rejected:
            rejected.truncate(self.done.rejected_size)
            rejected.seek(self.done.rejected_size)
            while batch := list(islice(rows, self.order.batch)):
                self._write(batch, rejected)
        self._clear()
        return Report(self.task.sha256, resumed_at, self.done.totals)

    def _rows(self) -> Iterator[Row]:
        """The rows that are not done, read one by one. Raises NotImportable."""
        if self.order.format == JSONL:
            return json_rows(lines_of(self.file, number=self.done.line, offset=self.done.offset))
        header = next(records_of(lines_of(self.file)), Record(1, 0, 1, Unreadable("csv", "The file is empty")))
        try:
            table = Table(header, self._schemas)
        except BadHeader as error:
            raise NotImportable(str(error)) from error
        if self.done.line == 1:
            self.done = replace(self.done, offset=table.end, line=table.next_line)
        return table.rows(records_of(lines_of(self.file, number=self.done.line, offset=self.done.offset)))

    def _schemas(self) -> Mapping[str, EventSchema]:
        return schemas_of(self.order.project)

    def _write(self, rows: Sequence[Row], rejected: BinaryIO) -> None:
        """One batch: accepted, then told, then noted as done."""
        # Definitions may change while a long file is imported.
        self.order.project.refresh_from_db()
        source = Source("IMPORT", f"import-{uuid7().hex[:18]}")
        parsed = [self._parsed(row, source) for row in rows]
        outcomes = self._accept([item for item in parsed if isinstance(item, EventPayload)])
        totals, last_id = replace(self.done.totals), self.done.last_id
        for row, item in zip(rows, parsed, strict=True):
            outcome = item if isinstance(item, Refusal) else next(outcomes)
            _count(totals, outcome)
            if isinstance(outcome, Refusal):
                rejected.write(self._told(row, outcome))
            elif isinstance(item, EventPayload):
                last_id = item.key or ""
        rejected.flush()
        advanced = rows[-1].end - self.done.offset
        self.done = Checkpoint(self.task, rows[-1].end, rows[-1].next_line, rejected.tell(), last_id, totals)
        if not self.order.is_dry_run:
            self.done.save(self.order.checkpoint)
        self.advance(advanced)

    def _accept(self, payloads: Sequence[EventPayload]) -> Iterator[Outcome]:
        return iter(
            accept_events(
                project=self.order.project,
                payloads=payloads,
                now=datetime.now(UTC),
                dry_run=self.order.is_dry_run,
                is_backfill=self.order.is_backfill,
            )
        )

    def _parsed(self, row: Row, source: Source) -> EventPayload | Refusal:
        if isinstance(row.event, Unreadable):
            return InvalidPayload.at("row", str(row.event), code=row.event.code)
        try:
            return parse_event(self._named(row.event, row), source)
        except Refusal as refusal:
            return refusal

    def _named(self, event: JsonObject, row: Row) -> JsonObject:
        """The event with an id that is the same whenever this file is imported."""
        if event.get("id") is not None:
            return event
        return {**event, "id": f"import:{self.task.sha256}:{row.line}"}

    def _told(self, row: Row, refusal: Refusal) -> bytes:
        """A line for the file of rejected rows: the event to be mended, and what is wrong with it."""
        why: JsonObject = {
            "line": row.line,
            "key": refusal.key,
            "message": refusal.details,
            "errors": [error.as_json() for error in refusal.errors],
        }
        if isinstance(row.event, Unreadable):
            return f"{dumps({REJECTED: {**why, 'text': row.event.text}})}\n".encode()
        return f"{dumps({**self._named(row.event, row), REJECTED: why})}\n".encode()

    def _clear(self) -> None:
        """What a finished import leaves behind: the rejected rows, where there are any."""
        self.order.checkpoint.unlink(missing_ok=True)
        if self.done.rejected_size == 0:
            self.order.rejected.unlink()


def _count(totals: Totals, outcome: Outcome) -> None:
    totals.total += 1
    if isinstance(outcome, Accepted):
        totals.accepted += 1
    elif isinstance(outcome, Replayed):
        totals.replayed += 1
    else:
        totals.rejected += 1
